import { randomUUID } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Address, Hash, Hex } from 'viem'
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
      return pending.sort((one, other) => Number(one.nonce - other.nonce))
    },
    insert: (transaction) =>
      exclusively(async () => {
        const rows = await readRows(path)
        if (rows.some(({ hash }) => hash === transaction.hash)) return
        // None is ever dropped: a purpose that is forgotten would be sent again.
        await writeRows(path, [...rows, toRow(transaction)])
      }),
    setStatus: (purpose, nonce, status) =>
      exclusively(async () => {
        const rows = await readRows(path)
        for (const row of rows) {
          if (row.purpose === purpose && BigInt(row.nonce) === nonce) row.status = status
        }
        await writeRows(path, rows)
      }),
  }
}

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

async function writeRows(path: string, transactions: Row[]): Promise<void> {
  try {
    const temporary = `${path}.${randomUUID()}`
    const file = await open(temporary, 'wx', 0o600)
    await file.writeFile(`${JSON.stringify({ transactions }, null, 2)}\n`)
    await file.sync()
    await file.close()
    await rename(temporary, path)
    // The new name too must survive a power cut.
    const directory = await open(dirname(path), 'r')
    await directory.sync()
    await directory.close()
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
