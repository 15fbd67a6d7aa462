import { type BatchCircuit, PUBLIC_INPUTS } from '../../protocol/constants.ts'
import { type Connection, sql, toField } from './database.ts'

/** What of a standing batch decides on its settlement. */
export type BatchSummary = {
  number: bigint
  circuit: BatchCircuit
  isProved: boolean
  sealedAt: Date
  transfers: number
  collects: number
  withdrawals: number
  deposits: number
}

/** Of Postgres' arrays, which count from 1. The same for both circuits. */
const WITHDRAWAL = PUBLIC_INPUTS.transfer
  .slice(
    0,
    PUBLIC_INPUTS.transfer.findIndex(([name]) => name === 'withdrawal'),
  )
  .reduce((place, [, count]) => place + count, 1)

/** Standing batches with numbers in [from, from + limit), ascending, up to the first that is not proved. */
export async function summarizeBatches(
  connection: Connection,
  { from, limit }: { from: bigint; limit: number },
): Promise<BatchSummary[]> {
  const rows = await connection.query<{
    number: string
    circuit: BatchCircuit
    is_proved: boolean
    sealed_at: Date
    transfers: string
    collects: string
    withdrawals: string
    deposits: string
  }>(sql`
    select
      batch.number, batch.circuit, batch.sealed_at,
      batch.status = 'proved' and batch.proof is not null as is_proved,
      -- A forced one costs a quarter of it, void or live: counted in full, it is well inside.
      count(transfer.id) filter (where transfer.circuit = 'transfer') + (
        select count(*) from batch_forced
        where batch_forced.batch_id = batch.id and batch_forced.taken_as = 'void'
      ) as transfers,
      count(transfer.id) filter (where transfer.circuit = 'collect') as collects,
      count(transfer.id) filter (
        where transfer.public_inputs[${WITHDRAWAL}] <> ${toField(0n)}
      ) as withdrawals,
      (select count(*) from batch_deposit where batch_deposit.batch_id = batch.id) as deposits
    from batch
    left join transfer on transfer.batch_id = batch.id and transfer.status = 'sealed'
    where batch.status <> 'void' and batch.number >= ${from} and batch.number < ${from + BigInt(limit)}
    group by batch.id
    order by batch.number
  `)
  const consecutive: BatchSummary[] = []
  for (const row of rows) {
    if (BigInt(row.number) !== from + BigInt(consecutive.length)) break
    consecutive.push({
      number: BigInt(row.number),
      circuit: row.circuit,
      isProved: row.is_proved,
      sealedAt: row.sealed_at,
      transfers: Number(row.transfers),
      collects: Number(row.collects),
      withdrawals: Number(row.withdrawals),
      deposits: Number(row.deposits),
    })
    if (!row.is_proved) break
  }
  return consecutive
}
