import type { SettledDeposit, SettledTransfer } from '../l1/chainEvents.ts'
import { isSubgroupPoint, mulPoint } from '../protocol/babyjubjub.ts'
import type { Keys, Owner } from '../protocol/keys.ts'
import { openDeposit, openWithShared } from '../protocol/memo.ts'
import { commitNote, deriveRecipient } from '../protocol/note.ts'

/** A note of ours with its opening. */
export type OpenedNote = {
  readonly leafIndex: bigint
  readonly asset: bigint
  readonly amount: bigint
  readonly blinding: bigint
  readonly userMemo: string
}

const SLOTS = [1, 2, 3] as const

/**
 * Tries all three ciphertexts of a transfer's memo. A note counts when its ciphertext opens and what
 * it says is what was committed to (W2): a sender can write anything into a memo.
 */
export function openTransferNotes(
  { keys, owner }: { keys: Pick<Keys, 'viewingKey'>; owner: Owner },
  transfer: Pick<SettledTransfer, 'publicInputs' | 'memo' | 'firstLeafIndex'>,
): OpenedNote[] {
  const { publicInputs, memo, firstLeafIndex } = transfer
  const [x, y] = publicInputs.ephemeral
  const ephemeral = { x, y }
  // The proof makes R a multiple of Base8; a wallet does not rest its key on another's proof.
  if (!isSubgroupPoint(ephemeral)) return []
  const shared = mulPoint(ephemeral, keys.viewingKey)
  return SLOTS.flatMap((slot) => {
    const opened = openWithShared({ memo, ephemeral, shared, slot })
    if (opened === undefined || opened.amount === 0n) return []
    const { asset, amount, blinding, userMemo } = opened
    if (commitNote({ asset, amount, owner, blinding }) !== publicInputs.outputs[slot]) return []
    return [{ leafIndex: firstLeafIndex + BigInt(slot), asset, amount, blinding, userMemo }]
  })
}

/**
 * The blinding of a deposit to us: from its ciphertext, or, where that is noise, one of those that
 * our own seed gives (`knownRecipients`: recipient → blinding). undefined when it is another's.
 */
export function openDepositNote(
  { keys, owner }: { keys: Pick<Keys, 'viewingKey'>; owner: Owner },
  deposit: Pick<SettledDeposit, 'recipient' | 'ciphertext'>,
  knownRecipients: ReadonlyMap<bigint, bigint>,
): bigint | undefined {
  const { recipient, ciphertext } = deposit
  const blinding = openDeposit({ ciphertext, viewingKey: keys.viewingKey })
  if (blinding !== undefined && deriveRecipient(owner, blinding) === recipient) return blinding
  return knownRecipients.get(recipient)
}
