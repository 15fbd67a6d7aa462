import type { CurvePoint } from '../../protocol/babyjubjub.ts'
import { type Connection, fromField, sql } from './database.ts'

export type Epoch = {
  readonly epoch: bigint
  readonly startDay: bigint
  readonly auditKeyS: CurvePoint
}

/** All scheduled epochs, ascending: one a month. */
export async function listEpochs(connection: Connection): Promise<Epoch[]> {
  const rows = await connection.query<{
    epoch: number
    start_day: number
    audit_key_s_x: Buffer
    audit_key_s_y: Buffer
  }>(sql`select epoch, start_day, audit_key_s_x, audit_key_s_y from l1_epoch order by epoch`)
  return rows.map((row) => ({
    epoch: BigInt(row.epoch),
    startDay: BigInt(row.start_day),
    auditKeyS: { x: fromField(row.audit_key_s_x), y: fromField(row.audit_key_s_y) },
  }))
}
