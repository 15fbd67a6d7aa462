import { type Connection, sql } from './database.ts'

/** Opened records of one day, asset, tier and jurisdiction. Amounts in protocol units. */
export type Aggregate = {
  readonly day: bigint
  readonly asset: bigint
  readonly tier: number
  readonly jurisdiction: number
  readonly transfers: number
  /** Pseudonyms that sent: people, as far as one asset and day go. */
  readonly senders: number
  readonly sent: bigint
  readonly takenIn: bigint
  readonly withdrawn: bigint
  readonly fees: bigint
}

export async function aggregateRecords(
  connection: Connection,
  { fromDay, toDay }: { fromDay: bigint; toDay: bigint },
): Promise<Aggregate[]> {
  const rows = await connection.query<{
    day: number
    asset: number
    tier: number
    jurisdiction: number
    transfers: string
    senders: string
    sent: string
    taken_in: string
    withdrawn: string
    fees: string
  }>(sql`
    select
      day, asset, tier, jurisdiction, count(*) as transfers, count(distinct pseudonym) as senders,
      sum(amount_1 + amount_2 + amount_3) as sent, sum(amount_in) as taken_in,
      sum(withdrawal_amount) as withdrawn, sum(fee_amount) as fees
    from record
    where status = 'opened' and day between ${fromDay} and ${toDay}
    group by day, asset, tier, jurisdiction
    order by day, asset, tier, jurisdiction
  `)
  return rows.map((row) => ({
    day: BigInt(row.day),
    asset: BigInt(row.asset),
    tier: row.tier,
    jurisdiction: row.jurisdiction,
    transfers: Number(row.transfers),
    senders: Number(row.senders),
    sent: BigInt(row.sent),
    takenIn: BigInt(row.taken_in),
    withdrawn: BigInt(row.withdrawn),
    fees: BigInt(row.fees),
  }))
}
