import { readFile } from 'node:fs/promises'
import type { Address, Hash, Hex } from 'viem'
import { replaceFile } from '../files/replaceFile.ts'
import { TransactionStoreError } from './errors.ts'

/**
 * pending ──▶ mined    it, or another of its nonce and purpose, is in the chain
 *    └──────▶ dead     its nonce was used by something else: it can never be mined
 */
export const transactionStatuses = ['pending', 'mined', 'dead'] as const
export type TransactionStatus = (typeof transactionStatuses)[number]

/** A signed transaction. Nothing secret: whoever has it can only send it. */
export type SignedTransaction = {
  /** The caller's key: what this transaction is for, e.g. `settle 12`. */
  readonly purpose: string
  readonly hash: Hash
  readonly sender: Address
  readonly nonce: bigint
  /** Ready to send, and to send again. */
  readonly raw: Hex
  /** Wei. */
  readonly maxFeePerGas: bigint
  readonly signedAt: Date
  readonly status: TransactionStatus
}

/**
 * Where signed transactions are kept. What `insert` was given must survive a crash from the moment
 * it resolves: only then is it sent. Two implementations: the sequencer's Postgres and a file.
 */
export type TransactionStore = {
  /** All of a purpose, oldest first. */
  listByPurpose(purpose: string): Promise<readonly SignedTransaction[]>
  /** All of a sender that are pending, by nonce. */
  listPending(sender: Address): Promise<readonly SignedTransaction[]>
  /** All of a sender from a nonce on that are not dead, by nonce: mined ones too, which a reorg may have taken back. */
  listFrom(sender: Address, nonce: bigint): Promise<readonly SignedTransaction[]>
  /**
   * Signing is deterministic, so after a reorg a call for another purpose may come out as the very bytes that
   * were signed before: they stand for the new purpose then, and are pending again.
   */
  insert(transaction: SignedTransaction): Promise<void>
  /** Sets the status of every transaction of a purpose and nonce. */
  setStatus(purpose: string, nonce: bigint, status: TransactionStatus): Promise<void>
}

type Row = {
  purpose: string
  hash: Hash
  sender: Address
  nonce: string
  raw: Hex
  maxFeePerGas: string
  signedAt: string
  status: TransactionStatus
}

/**
 * A store in one JSON file, replaced and flushed to disk with each change. For one process at a time.
 *
 * @throws {TransactionStoreError} from each method, when the file cannot be read or written.
 */
export function fileTransactionStore(path: string): TransactionStore {
  let queue: Promise<unknown> = Promise.resolve()
  /** One change at a time: each reads the file that the last one wrote. */
  const exclusively = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = queue.then(work)
    queue = done.catch(() => undefined)
    return done
  }
  const select = (matches: (row: Row) => boolean): Promise<SignedTransaction[]> =>
    exclusively(async () => (await readRows(path)).filter(matches).map(fromRow))
  return {
    listByPurpose: (purpose) => select((row) => row.purpose === purpose),
    listPending: async (sender) => {
      const pending = await select(
        (row) => row.status === 'pending' && row.sender === sender.toLowerCase(),
      )
      return pending.sort(byNonce)
    },
    listFrom: async (sender, nonce) => {
      const found = await select(
        (row) =>
          row.status !== 'dead' &&
          row.sender === sender.toLowerCase() &&
          BigInt(row.nonce) >= nonce,
      )
      return found.sort(byNonce)
    },
    insert: (transaction) =>
      exclusively(async () => {
        const rows = await readRows(path)
        const { hash, purpose } = transaction
        if (rows.some((row) => row.hash === hash && row.purpose === purpose)) return
        const others = rows.filter((row) => row.hash !== hash)
        // None is ever dropped: a purpose that is forgotten would be sent again.
        writeRows(path, [...others, toRow(transaction)])
      }),
    setStatus: (purpose, nonce, status) =>
      exclusively(async () => {
        const rows = await readRows(path)
        for (const row of rows) {
          if (row.purpose === purpose && BigInt(row.nonce) === nonce) row.status = status
        }
        writeRows(path, rows)
      }),
  }
}

const byNonce = (one: SignedTransaction, other: SignedTransaction) =>
  Number(one.nonce - other.nonce)

async function readRows(path: string): Promise<Row[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new TransactionStoreError({ path, reason: 'it cannot be opened', cause })
  }
  try {
    return (JSON.parse(text) as { transactions: Row[] }).transactions
  } catch (cause) {
    throw new TransactionStoreError({ path, reason: 'it is malformed', cause })
  }
}

function writeRows(path: string, transactions: Row[]): void {
  try {
    replaceFile(path, `${JSON.stringify({ transactions }, null, 2)}\n`)
  } catch (cause) {
    throw new TransactionStoreError({ path, reason: 'it cannot be written', cause })
  }
}

function toRow({ nonce, maxFeePerGas, signedAt, sender, ...rest }: SignedTransaction): Row {
  return {
    ...rest,
    sender: sender.toLowerCase() as Address,
    nonce: nonce.toString(),
    maxFeePerGas: maxFeePerGas.toString(),
    signedAt: signedAt.toISOString(),
  }
}

function fromRow({ nonce, maxFeePerGas, signedAt, ...rest }: Row): SignedTransaction {
  return {
    ...rest,
    nonce: BigInt(nonce),
    maxFeePerGas: BigInt(maxFeePerGas),
    signedAt: new Date(signedAt),
  }
}
