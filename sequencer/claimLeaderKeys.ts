import { ReceiptKeyBarredError, StandbyKeysError } from './errors.ts'
import type { Connection } from './store/database.ts'
import { findLeaderKeys, type LeaderKeys } from './store/findLeaderKeys.ts'
import { isReceiptSignerBarred } from './store/isReceiptSignerBarred.ts'
import { recordLeaderKeys } from './store/recordLeaderKeys.ts'

/**
 * A standby that signs with other keys than the leader would break promises when it leads: receipts of a signer that
 * nobody announced, settle calls of an account that may have no role.
 *
 * @throws {StandbyKeysError | ReceiptKeyBarredError}
 */
export async function checkStandbyKeys(connection: Connection, own: LeaderKeys): Promise<void> {
  await checkReceiptSigner(connection, own)
  const leaders = await findLeaderKeys(connection)
  if (leaders === undefined) return
  for (const key of ['l1Account', 'receiptSigner'] as const) {
    const [expected, actual] = [leaders[key], own[key]]
    if (expected !== actual) throw new StandbyKeysError({ key, expected, actual })
  }
}

/** Of a leader, in its term. @throws {ReceiptKeyBarredError} */
export async function claimLeaderKeys(connection: Connection, own: LeaderKeys): Promise<void> {
  await checkReceiptSigner(connection, own)
  await recordLeaderKeys(connection, own)
}

async function checkReceiptSigner(
  connection: Connection,
  { receiptSigner }: LeaderKeys,
): Promise<void> {
  if (await isReceiptSignerBarred(connection, receiptSigner)) {
    throw new ReceiptKeyBarredError({ receiptSigner })
  }
}
