import type { TransferCircuit } from '../../protocol/constants.ts'
import type { TransferPublicInputs } from '../../protocol/publicInputs.ts'
import { type Connection, sql, toField } from './database.ts'
import { nullifierToBytes } from './transferRow.ts'

/** An entry of the forced queue in a batch's slot, with the words that the contract compares. */
export type ForcedSlot = Pick<
  TransferPublicInputs,
  'nullifier' | 'outputs' | 'withdrawal' | 'fee'
> & {
  readonly slot: number
  readonly entryId: bigint
  readonly takenAs: TransferCircuit | 'void'
}

/** The entries of the forced queue that a batch takes, live and void. */
export async function insertBatchForced(
  connection: Connection,
  { batchId, forced }: { batchId: bigint; forced: readonly ForcedSlot[] },
): Promise<void> {
  for (const { slot, entryId, takenAs, nullifier, outputs, withdrawal, fee } of forced) {
    await connection.query(sql`
      insert into batch_forced
        (batch_id, slot, entry_id, taken_as, nullifier, outputs, withdrawal, fee)
      values (
        ${batchId}, ${slot}, ${entryId}, ${takenAs}, ${nullifierToBytes(nullifier)},
        ${outputs.map(toField)}::bytea[]::field_element[], ${toField(withdrawal)}, ${toField(fee)}
      )
    `)
  }
}
