import { type FieldElement } from './field.ts'
import { type Owner } from './keys.ts'
import { hash } from './poseidon.ts'
import { packWord } from './words.ts'

/** Private record of value. */
export type Note = {
  readonly asset: bigint
  /** Protocol units, u64. */
  readonly amount: bigint
  readonly owner: Owner
  /** Makes equal notes have different commitments, and hides the owner. */
  readonly blinding: bigint
}

/** recipient = H(RECIPIENT, ownerKey, identityIndex, blinding): what a note is locked to. */
export function deriveRecipient(owner: Owner, blinding: bigint): FieldElement {
  return hash('RECIPIENT', [owner.ownerKey, owner.identityIndex, blinding])
}

/** H(NOTE, recipient, asset | amount). Deposits use it too: the batch circuit has no blinding. */
export function commitToRecipient({
  recipient,
  asset,
  amount,
}: {
  recipient: bigint
  asset: bigint
  amount: bigint
}): FieldElement {
  return hash('NOTE', [recipient, packWord('note', { asset, amount })])
}

/** Twin: circuits/src/note-commitment.circom. Spec: docs/spec/note.md. */
export function commitNote({ asset, amount, owner, blinding }: Note): FieldElement {
  return commitToRecipient({
    recipient: deriveRecipient(owner, blinding),
    asset,
    amount,
  })
}
