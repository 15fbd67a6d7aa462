import type { Epoch } from '../chainView.ts'
import type { KeyEvent } from '../follower/keyHistory.ts'
import type { ClockStop } from '../follower/settlementClock.ts'
import { type Connection, fromBytes, fromField, sql } from './database.ts'

/** What the base chain had said when a block was made, as far as `settle` depends on it. */
export type SettlementFacts = {
  readonly stops: readonly ClockStop[]
  readonly keyEvents: readonly KeyEvent[]
  /** Ascending by start. */
  readonly epochs: readonly Epoch[]
  /** Highest fee by asset, protocol units. */
  readonly maxFees: ReadonlyMap<bigint, bigint>
}

/** Of the observed blocks up to and with `block`. */
export async function findSettlementFacts(
  connection: Connection,
  block: bigint,
): Promise<SettlementFacts> {
  const stops = await connection.query<{ from_time: string; until_time: string }>(sql`
    select
      stop.from_time,
      coalesce(
        (
          select min(resumption.at_time) from l1_clock_resumption resumption
          where resumption.at_time between stop.from_time and stop.until_time
            and resumption.l1_block_number <= ${block}
        ),
        stop.until_time
      ) as until_time
    from l1_clock_stop stop where stop.l1_block_number <= ${block}
    order by stop.from_time
  `)
  const keyEvents = await connection.query<{
    kind: KeyEvent['kind']
    circuit_id: number
    key_version: string
    key_hash: Buffer | null
    until: string | null
    log_index: number
    l1_block_number: string
  }>(sql`
    select kind, circuit_id, key_version, key_hash, until, log_index, l1_block_number
    from l1_key_event where l1_block_number <= ${block} order by l1_block_number, log_index
  `)
  const epochs = await connection.query<{
    epoch: number
    start_day: number
    audit_key_s_x: Buffer
    audit_key_s_y: Buffer
    audit_key_i_x: Buffer
    audit_key_i_y: Buffer
    audit_key_l_x: Buffer
    audit_key_l_y: Buffer
  }>(sql`
    select epoch, start_day, audit_key_s_x, audit_key_s_y, audit_key_i_x, audit_key_i_y,
      audit_key_l_x, audit_key_l_y
    from l1_epoch where l1_block_number <= ${block} order by start_day, epoch
  `)
  const assets = await connection.query<{ asset: number; max_fee: string }>(sql`
    select distinct on (asset) asset, max_fee from l1_asset
    where l1_block_number <= ${block}
    order by asset, l1_block_number desc, log_index desc
  `)
  return {
    stops: stops.map((row) => ({ from: BigInt(row.from_time), until: BigInt(row.until_time) })),
    keyEvents: keyEvents.map(
      (row) =>
        ({
          kind: row.kind,
          circuitId: row.circuit_id,
          version: Number(row.key_version),
          blockNumber: BigInt(row.l1_block_number),
          logIndex: row.log_index,
          ...(row.key_hash === null ? {} : { keyHash: fromBytes(row.key_hash) }),
          ...(row.until === null ? {} : { until: BigInt(row.until) }),
        }) as KeyEvent,
    ),
    epochs: epochs.map((row) => ({
      epoch: BigInt(row.epoch),
      startDay: BigInt(row.start_day),
      auditKeyS: { x: fromField(row.audit_key_s_x), y: fromField(row.audit_key_s_y) },
      auditKeyI: { x: fromField(row.audit_key_i_x), y: fromField(row.audit_key_i_y) },
      auditKeyL: { x: fromField(row.audit_key_l_x), y: fromField(row.audit_key_l_y) },
    })),
    maxFees: new Map(assets.map((row) => [BigInt(row.asset), BigInt(row.max_fee)])),
  }
}
