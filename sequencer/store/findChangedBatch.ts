import { PUBLIC_INPUTS } from '../../protocol/constants.ts'
import { type Connection, sql } from './database.ts'

/** Of Postgres' arrays, which count from 1. The same for both circuits. */
function placeOf(wanted: string): number {
  const before = PUBLIC_INPUTS.transfer.slice(
    0,
    PUBLIC_INPUTS.transfer.findIndex(([name]) => name === wanted),
  )
  return before.reduce((place, [, count]) => place + count, 1)
}

const NULLIFIER = placeOf('nullifier')
const OUTPUTS = placeOf('outputs')
const WITHDRAWAL = placeOf('withdrawal')
const FEE = placeOf('fee')

/**
 * The first sealed batch, not settled, with a deposit or forced transfer that is another one now: a reorg gave its id
 * to somebody else's. Its words are not those that the contract has, so that nothing settles it any more.
 */
export async function findChangedBatch(connection: Connection): Promise<bigint | undefined> {
  const [row] = await connection.query<{ number: string }>(sql`
    with unsettled as (
      select id, number from batch
      where status <> 'void' and number > coalesce((select max(batch_number) from batch_on_l1), 0)
    )
    select number from (
      select unsettled.number
      from unsettled
      join batch_deposit taken on taken.batch_id = unsettled.id
      join l1_deposit queued on queued.id = taken.deposit_id
      where (taken.asset, taken.amount, taken.recipient, taken.ciphertext)
        <> (queued.asset, queued.amount, queued.recipient, queued.ciphertext)
      union all
      select unsettled.number
      from unsettled
      join batch_forced taken on taken.batch_id = unsettled.id
      join l1_forced_transfer queued on queued.id = taken.entry_id
      where taken.nullifier <> queued.public_inputs[${NULLIFIER}]
        or taken.outputs <> queued.public_inputs[${OUTPUTS}:${OUTPUTS + 3}]
        or taken.withdrawal <> queued.public_inputs[${WITHDRAWAL}]
        or taken.fee <> queued.public_inputs[${FEE}]
        or taken.taken_as not in ('void', queued.circuit)
    ) changed
    order by number limit 1
  `)
  return row === undefined ? undefined : BigInt(row.number)
}
