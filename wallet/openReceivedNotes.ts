import type { SettledDeposit, SettledTransfer } from '../l1/chainEvents.ts'
import { type CurvePoint, isSubgroupPoint, mulPoint } from '../protocol/babyjubjub.ts'
import type { Keys, Owner } from '../protocol/keys.ts'
import { openDeposit, openWithShared } from '../protocol/memo.ts'
import { commitNote, deriveRecipient } from '../protocol/note.ts'
import type { Found, Trials } from './tryCiphertexts.ts'

/** A note of ours with its opening. */
export type OpenedNote = {
  readonly leafIndex: bigint
  readonly asset: bigint
  readonly amount: bigint
  readonly blinding: bigint
  readonly userMemo: string
}

/** Who reads. With `trials`, what they did not find is not tried again. */
export type NoteReader = {
  readonly keys: Pick<Keys, 'viewingKey'>
  readonly owner: Owner
  readonly trials?: Trials
}

const SLOTS = [1, 2, 3] as const

/**
 * Tries all three ciphertexts of a transfer's memo. A note counts when its ciphertext opens and what
 * it says is what was committed to (W2): a sender can write anything into a memo.
 */
export function openTransferNotes(
  { keys, owner, trials }: NoteReader,
  transfer: SettledTransfer,
): OpenedNote[] {
  const { publicInputs, memo, firstLeafIndex } = transfer
  const [x, y] = publicInputs.ephemeral
  const ephemeral = { x, y }
  const found = trials === undefined ? tryAlone(ephemeral, keys) : trials.get(transfer)
  if (found === undefined) return []
  return found.slots.flatMap((slot) => {
    const opened = openWithShared({ memo, ephemeral, shared: found.shared, slot })
    if (opened === undefined || opened.amount === 0n) return []
    const { asset, amount, blinding, userMemo } = opened
    if (commitNote({ asset, amount, owner, blinding }) !== publicInputs.outputs[slot]) return []
    return [{ leafIndex: firstLeafIndex + BigInt(slot), asset, amount, blinding, userMemo }]
  })
}

/** The proof makes R a multiple of Base8; a wallet does not rest its key on another's proof. */
function tryAlone(ephemeral: CurvePoint, { viewingKey }: NoteReader['keys']): Found | undefined {
  if (!isSubgroupPoint(ephemeral)) return undefined
  return { shared: mulPoint(ephemeral, viewingKey), slots: SLOTS }
}

/**
 * The blinding of a deposit to us: from its ciphertext, or, where that is noise, one of those that
 * our own seed gives (`knownRecipients`: recipient → blinding). undefined when it is another's.
 */
export function openDepositNote(
  { keys, owner, trials }: NoteReader,
  deposit: Pick<SettledDeposit, 'recipient' | 'ciphertext'>,
  knownRecipients: ReadonlyMap<bigint, bigint>,
): bigint | undefined {
  const { recipient, ciphertext } = deposit
  const isOpening = trials === undefined || trials.has(deposit)
  const blinding = isOpening ? openDeposit({ ciphertext, viewingKey: keys.viewingKey }) : undefined
  if (blinding !== undefined && deriveRecipient(owner, blinding) === recipient) return blinding
  return knownRecipients.get(recipient)
}
