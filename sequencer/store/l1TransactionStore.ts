import type {
  SignedTransaction,
  TransactionStatus,
  TransactionStore,
} from '../../l1/transactionStore.ts'
import { failPoint } from '../failPoint.ts'
import { type Connection, fromBytes, sql, toBytes } from './database.ts'

type Row = {
  purpose: string
  hash: Buffer
  sender: Buffer
  nonce: string
  raw: Buffer
  max_fee_per_gas: string
  signed_at: Date
  status: TransactionStatus
}

/** l1/'s durable store in Postgres: what `insert` was given survives a crash once it resolves. */
export function l1TransactionStore(connection: Connection): TransactionStore {
  return {
    async listByPurpose(purpose) {
      const rows = await connection.query<Row>(sql`
        select purpose, hash, sender, nonce, raw, max_fee_per_gas, signed_at, status
        from l1_transaction where purpose = ${purpose} order by arrival
      `)
      return rows.map(fromRow)
    },
    async listPending(sender) {
      const rows = await connection.query<Row>(sql`
        select purpose, hash, sender, nonce, raw, max_fee_per_gas, signed_at, status
        from l1_transaction
        where sender = ${toBytes(sender)} and status = 'pending' order by nonce
      `)
      return rows.map(fromRow)
    },
    async listFrom(sender, nonce) {
      const rows = await connection.query<Row>(sql`
        select purpose, hash, sender, nonce, raw, max_fee_per_gas, signed_at, status
        from l1_transaction
        where sender = ${toBytes(sender)} and status <> 'dead' and nonce >= ${nonce} order by nonce
      `)
      return rows.map(fromRow)
    },
    async insert(transaction) {
      failPoint('settle.signed')
      await connection.query(sql`
        insert into l1_transaction (
          purpose, hash, sender, nonce, raw, max_fee_per_gas, signed_at, status
        )
        values (
          ${transaction.purpose}, ${toBytes(transaction.hash)}, ${toBytes(transaction.sender)},
          ${transaction.nonce}, ${toBytes(transaction.raw)}, ${transaction.maxFeePerGas},
          ${transaction.signedAt}, ${transaction.status}
        )
        on conflict (hash) do update
        set purpose = excluded.purpose, status = excluded.status, signed_at = excluded.signed_at
        where l1_transaction.purpose <> excluded.purpose
      `)
      failPoint('settle.stored')
    },
    async setStatus(purpose, nonce, status) {
      await connection.query(sql`
        update l1_transaction set status = ${status}
        where purpose = ${purpose} and nonce = ${nonce}
      `)
    },
  }
}

function fromRow(row: Row): SignedTransaction {
  return {
    purpose: row.purpose,
    hash: fromBytes(row.hash),
    sender: fromBytes(row.sender),
    nonce: BigInt(row.nonce),
    raw: fromBytes(row.raw),
    maxFeePerGas: BigInt(row.max_fee_per_gas),
    signedAt: row.signed_at,
    status: row.status,
  }
}
