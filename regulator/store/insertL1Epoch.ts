import type { ChainEventOf } from '../../l1/chainEvents.ts'
import { type Connection, sql, toField } from './database.ts'

export async function insertL1Epoch(
  connection: Connection,
  { epoch, startDay, auditKeyS, blockNumber }: ChainEventOf<'epochScheduled'>,
): Promise<void> {
  await connection.query(sql`
    insert into l1_epoch (epoch, start_day, audit_key_s_x, audit_key_s_y, l1_block_number)
    values (
      ${epoch}, ${startDay}, ${toField(auditKeyS.x)}, ${toField(auditKeyS.y)}, ${blockNumber}
    )
    on conflict do nothing
  `)
}
