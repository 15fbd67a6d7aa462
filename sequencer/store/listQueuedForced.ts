import type { TransferCircuit } from '../../protocol/constants.ts'
import { publicInputsFromArray, type TransferPublicInputs } from '../../protocol/publicInputs.ts'
import { type Connection, fromField, sql } from './database.ts'

/** An entry of the forced queue, as it was let in. */
export type QueuedForced = {
  readonly id: bigint
  readonly kind: TransferCircuit
  readonly publicInputs: TransferPublicInputs
}

/**
 * Entries behind the newest one that a standing batch before `batchNumber` consumed, in queue order, of the observed
 * blocks up to and with `block`.
 */
export async function listQueuedForced(
  connection: Connection,
  { batchNumber, block, limit }: { batchNumber: bigint; block: bigint; limit: number },
): Promise<QueuedForced[]> {
  const rows = await connection.query<{
    id: string
    circuit: TransferCircuit
    public_inputs: Buffer[]
  }>(sql`
    select id, circuit, public_inputs::bytea[] as public_inputs from l1_forced_transfer
    where l1_block_number <= ${block} and id > coalesce(
      (
        select entry_id from batch_forced join batch on batch.id = batch_id
        where batch.status <> 'void' and batch.number < ${batchNumber}
        order by entry_id desc limit 1
      ),
      0
    )
    order by id limit ${limit}
  `)
  return rows.map((row) => ({
    id: BigInt(row.id),
    kind: row.circuit,
    publicInputs: publicInputsFromArray(row.circuit, row.public_inputs.map(fromField)),
  }))
}
