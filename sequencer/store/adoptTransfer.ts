import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import type { RejectReason, Statement } from '../transfer.ts'
import { type Connection, sql, toBytes, toField } from './database.ts'
import { nullifierToBytes } from './transferRow.ts'

/**
 * Writes a transfer that a batch takes and this node did not admit: of a settled batch that another sealed, or by force. One that this node had admitted, or
 * rejected, keeps its receipt; another one with the same nullifier is rejected: it was spent.
 */
export async function adoptTransfer(
  connection: Connection,
  {
    statement,
    batchId,
    slot,
    settledAt,
    spent,
  }: {
    statement: Statement
    batchId: bigint
    slot: number
    settledAt: Date
    spent: RejectReason
  },
): Promise<void> {
  const { id, circuit, publicInputs, memo, anchorBatch } = statement
  const nullifier = nullifierToBytes(publicInputs.nullifier)
  await connection.query(sql`
    update transfer
    set status = 'rejected', reject_code = ${spent.code}, reject_message = ${spent.message}
    where nullifier = ${nullifier} and status = 'admitted' and id <> ${toBytes(id)}
  `)
  const fields = publicInputsToArray(circuit, publicInputs).map(toField)
  await connection.query(sql`
    insert into transfer (
      id, status, circuit, public_inputs, nullifier, memo, anchor_batch, admitted_at, batch_id, slot
    )
    values (
      ${toBytes(id)}, 'sealed', ${circuit}, ${fields}::bytea[]::field_element[], ${nullifier},
      ${memo}, ${anchorBatch}, ${settledAt}, ${batchId}, ${slot}
    )
    on conflict (id) do update set
      status = 'sealed', batch_id = excluded.batch_id, slot = excluded.slot,
      reject_code = null, reject_message = null
  `)
}
