import { type ChainClient } from '../../l1/client.ts'
import type { ChainDeployment } from '../../l1/deployment.ts'
import { submitTransaction, type TransactionAccount } from '../../l1/submitTransaction.ts'
import { anchorLogCall, readLogAnchors } from '../../l1/supervisionLog.ts'
import type { TransactionStore } from '../../l1/transactionStore.ts'
import type { Connection } from '../store/database.ts'
import { findLogHead } from '../store/findLogHead.ts'
import { LogAnchorAheadError } from './errors.ts'

export type AnchorLogParameters = {
  readonly connection: Connection
  readonly client: ChainClient
  readonly deployment: ChainDeployment
  /** An officer of DisclosureLog. */
  readonly account: TransactionAccount
  readonly store: TransactionStore
  readonly confirmations?: number
  readonly pollMs?: number
}

/**
 * Anchors the log's head on the base chain where it has grown since the last anchor. The head is one of its purpose, so a
 * crash at any moment sends it once.
 *
 * @returns what was anchored; undefined where nothing is new.
 * @throws {LogAnchorAheadError} when the newest anchor is not of this log, or of more of it than there is.
 */
export async function anchorLog({
  connection,
  client,
  deployment,
  account,
  store,
  confirmations,
  pollMs,
}: AnchorLogParameters): Promise<{ length: bigint; transactionHash: string } | undefined> {
  const { length, hash: head } = await findLogHead(connection)
  const newest = (await readLogAnchors(client, deployment)).at(-1)
  if (newest !== undefined && newest.length > length) {
    throw new LogAnchorAheadError({ ...newest, logLength: length })
  }
  if (length === 0n || newest?.length === length) return undefined
  const { transactionHash } = await submitTransaction({
    ...{ client, account, store, chainId: deployment.chainId },
    ...anchorLogCall(deployment, { head, length }),
    purpose: `anchor supervision log ${length} ${head}`,
    ...(confirmations === undefined ? {} : { confirmations }),
    ...(pollMs === undefined ? {} : { pollMs }),
  })
  return { length, transactionHash }
}
