import type { SettledTransfer } from '../l1/chainEvents.ts'
import type { Account } from '../protocol/account.ts'
import { TRANSFER_CIRCUITS } from '../protocol/constants.ts'
import type { Keys } from '../protocol/keys.ts'
import { commitNote } from '../protocol/note.ts'
import { notePrf } from '../protocol/notePrf.ts'
import { unpackWord } from '../protocol/words.ts'
import type { SpendRecord } from './ledger.ts'
import type { OpenedNote } from './openReceivedNotes.ts'

/**
 * The notes that one of our own transfers made for ourselves, without their ciphertexts: their blinding
 * is a PRF of the seed over what the transfer was about. That takes in every recipient's key, so it
 * works where all recipients were ourselves, which is what a transfer to oneself is.
 */
export function rebuildOwnNotes(
  { keys, nextAccount }: { keys: Pick<Keys, 'blindingKey' | 'ownerKey'>; nextAccount: Account },
  { publicInputs, firstLeafIndex }: Pick<SettledTransfer, 'publicInputs' | 'firstLeafIndex'>,
  spend: Pick<SpendRecord, 'kind' | 'inputs' | 'payments' | 'nullifier' | 'asset'>,
): OpenedNote[] {
  const { owner } = nextAccount
  const { payments, asset } = spend
  const isAllOurs = payments.every(({ recipientIndex }) => recipientIndex === owner.identityIndex)
  if (!isAllOurs) return []
  const nobody = { owner: { ownerKey: 0n, identityIndex: 0n }, amount: 0n }
  const { amount, recipient } = unpackWord('withdrawal', publicInputs.withdrawal)
  const fee = unpackWord('fee', publicInputs.fee)
  const prf = notePrf({
    blindingKey: keys.blindingKey,
    nullifier: spend.nullifier,
    nextState: nextAccount,
    inputs: Array.from({ length: TRANSFER_CIRCUITS[spend.kind].notesIn }, (_, i) => {
      const input = spend.inputs[i]
      return input === undefined ? 0n : input.leafIndex + 1n
    }),
    notes: ([1, 2, 3] as const).map((slot) => {
      const payment = payments.find((candidate) => candidate.slot === slot)
      return payment === undefined ? nobody : { owner, amount: payment.amount }
    }),
    withdrawal: { amount, recipient },
    fee: { amount: fee.amount, epoch: fee.epoch },
    identityRoot: publicInputs.identityRoot,
  })
  return payments.flatMap(({ slot, amount: paid }) => {
    const blinding = prf('blinding', slot)
    const commitment = commitNote({ asset, amount: paid, owner, blinding })
    if (commitment !== publicInputs.outputs[slot]) return []
    const leafIndex = firstLeafIndex + BigInt(slot)
    return [{ leafIndex, asset, amount: paid, blinding, userMemo: '' }]
  })
}
