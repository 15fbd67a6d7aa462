import {
  type ApiClient,
  ApiRequestError,
  encodeSubmission,
  type Receipt,
  type TransferState,
  verifyReceipt,
} from '../api/index.ts'
import { ReceiptError, SequencerUnreachableError } from './errors.ts'
import { entriesToSend, findEntry, type JournalEntry, moveEntry, openStages } from './journal.ts'
import { updateState, type Wallet } from './wallet.ts'

type Connection = { wallet: Wallet; api: ApiClient }

/**
 * Sends a proved statement and records the answer. `sent` is durable before the first byte leaves, so
 * that a crash at any point is followed by the same bytes, which the sequencer takes as the same.
 *
 * @throws {SequencerUnreachableError} when there is no answer; the statement stays `sent`.
 * @throws {ReceiptError} when the receipt is not validly signed.
 */
export async function submitEntry({ wallet, api }: Connection, id: number): Promise<JournalEntry> {
  const entry = requireEntry(wallet, id)
  const { circuit, publicInputs, memo, anchorBatch, proof } = entry
  if (proof === undefined) throw new RangeError('a statement without its proof cannot be sent')
  move(wallet, id, 'sent', { sentAt: entry.sentAt ?? wallet.now() })
  try {
    const { receipt, status } = await api.submitTransfer(
      encodeSubmission({ circuit, proof, publicInputs, memo, anchorBatch }),
    )
    recordReceipt(wallet, entry, receipt)
    if (status === 'sealed' || status === 'settled') return await refreshEntry({ wallet, api }, id)
    return requireEntry(wallet, id)
  } catch (error) {
    return recordRefusal(wallet, id, error)
  }
}

/** Asks the sequencer where a sent statement is. A statement that it does not know is sent again. */
export async function refreshEntry({ wallet, api }: Connection, id: number): Promise<JournalEntry> {
  const { statementId } = requireEntry(wallet, id)
  let answer: TransferState
  try {
    answer = await api.getTransfer(statementId)
  } catch (error) {
    if (error instanceof ApiRequestError && error.httpStatus === 404) {
      return submitEntry({ wallet, api }, id)
    }
    return recordRefusal(wallet, id, error)
  }
  const batchNumber =
    answer.batchNumber === undefined ? {} : { batchNumber: BigInt(answer.batchNumber) }
  switch (answer.status) {
    case 'received':
    case 'forced':
      break
    case 'admitted':
      move(wallet, id, 'admitted')
      break
    case 'sealed':
    case 'settled':
      // `settled` is for the base chain to say, and the ledger's sync to believe.
      move(wallet, id, 'sealed', {
        ...batchNumber,
        ...(answer.assurance === undefined ? {} : { assurance: answer.assurance }),
      })
      break
    case 'rejected': {
      if (requireEntry(wallet, id).forced !== undefined) break
      const rejection = answer.reason ?? { code: 'TX_REJECTED', message: 'No reason was given.' }
      move(wallet, id, 'rejected', { rejection })
    }
  }
  return requireEntry(wallet, id)
}

/**
 * Brings every undecided statement forward: what was proved is sent, what was sent is asked about.
 *
 * @throws {SequencerUnreachableError} when the sequencer is silent.
 */
export async function resumeJournal(connection: Connection): Promise<void> {
  const { wallet } = connection
  for (const { id } of entriesToSend(wallet.state.journal)) await submitEntry(connection, id)
  for (const { id, stage } of wallet.state.journal) {
    if (openStages.includes(stage)) await refreshEntry(connection, id)
  }
}

export function requireEntry(wallet: Wallet, id: number): JournalEntry {
  const entry = findEntry(wallet.state.journal, id)
  if (entry === undefined) throw new RangeError('no such transfer in the journal')
  return entry
}

export function move(
  wallet: Wallet,
  id: number,
  stage: Parameters<typeof moveEntry>[2],
  facts?: Parameters<typeof moveEntry>[3],
): void {
  updateState(wallet, { journal: moveEntry(wallet.state.journal, id, stage, facts) })
}

function recordReceipt(wallet: Wallet, entry: JournalEntry, receipt: Receipt): void {
  const { chainId, rollup } = wallet.deployment
  const { sequencer } = wallet.state
  const isValid =
    sequencer !== undefined &&
    receipt.statementId === entry.statementId &&
    verifyReceipt({ chainId, rollup }, receipt, sequencer)
  if (!isValid) throw new ReceiptError({ id: entry.id })
  move(wallet, entry.id, 'admitted', { receipt })
}

/** An answer that refuses decides; silence, overload and faults of the sequencer do not. */
function recordRefusal(wallet: Wallet, id: number, error: unknown): JournalEntry {
  if (!(error instanceof ApiRequestError)) {
    if (error instanceof ReceiptError) throw error
    throw new SequencerUnreachableError({ cause: error })
  }
  const { httpStatus, code, shortMessage } = error
  // It stands in the forced queue: whoever refuses it must settle it all the same.
  if (requireEntry(wallet, id).forced !== undefined) return requireEntry(wallet, id)
  if (httpStatus >= 500 || httpStatus === 429 || httpStatus === 408) {
    throw new SequencerUnreachableError({ cause: error })
  }
  move(wallet, id, 'rejected', { rejection: { code, message: shortMessage } })
  return requireEntry(wallet, id)
}
