import { toReason } from './admission/errors.ts'
import { BatchInFlightError, BatchSettledError, DatabaseInUseError } from './errors.ts'
import { BatchVoidError } from './settlement/errors.ts'
import type { Database } from './store/database.ts'
import { findNewestSettledNumber } from './store/findNewestSettledNumber.ts'
import { findSettlementReaching } from './store/findSettlementReaching.ts'
import { holdLeadership } from './store/holdLeadership.ts'
import { voidBatches } from './store/voidBatches.ts'

/**
 * Voids sealed batches by the operator's word, where they cannot settle and do not free themselves. Their transfers
 * wait to be sealed again, their deposits and forced transfers are free. The sequencer takes its state back when it
 * starts.
 *
 * @returns the numbers voided.
 * @throws {DatabaseInUseError} while a sequencer leads.
 * @throws {BatchSettledError | BatchInFlightError}
 */
export async function voidSealed(
  database: Database,
  { from, now = new Date() }: { from: bigint; now?: Date },
): Promise<bigint[]> {
  return database.transaction(async (connection) => {
    // Whoever leads has these batches in memory, and a proof or call of them under way.
    const leader = await holdLeadership(connection)
    if (leader !== undefined) throw new DatabaseInUseError(leader)
    const settled = await findNewestSettledNumber(connection)
    if (from <= settled) throw new BatchSettledError({ from, settled })
    const call = await findSettlementReaching(connection, from)
    if (call !== undefined) throw new BatchInFlightError({ from, ...call })
    const reason = toReason(new BatchVoidError())
    return voidBatches(connection, { from, reason, isSealedAgain: true, now })
  })
}
