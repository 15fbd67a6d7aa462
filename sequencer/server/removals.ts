import { readFile, stat } from 'node:fs/promises'
import { keccak256 } from 'viem'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { MemoRemoval } from '../../api/batches.ts'
import { Closed } from '../../api/primitives.ts'
import { createChainClient } from '../../l1/client.ts'
import type { ChainDeployment } from '../../l1/deployment.ts'
import { getOrder, type Order } from '../../l1/orders.ts'
import { canonicalBytes } from '../../protocol/canonicalJson.ts'
import { BaseError } from '../../protocol/errors.ts'

export class RemovalsFileError extends BaseError {
  override readonly name = 'RemovalsFileError'
  constructor({ path, reason }: { path: string; reason: string }) {
    super('The list of removed memos cannot be read.', {
      code: 'REMOVALS_FILE_INVALID',
      metaMessages: [
        `File: ${path}`,
        `Reason: ${reason}`,
        'It is {"type":"cinnabar.removals","removals":[{"order":"7","scope":{…}}]}: docs/spec/sequencer-api.md.',
      ],
    })
  }
}

export class RemovalNotOrderedError extends BaseError {
  override readonly name = 'RemovalNotOrderedError'
  constructor({ order, reason }: { order: string; reason: string }) {
    super('The base chain has no order for the removal of a memo.', {
      code: 'REMOVAL_NOT_ORDERED',
      metaMessages: [
        `Order:  ${order}`,
        `Reason: ${reason}`,
        'Take the entry out of the list, or have the order approved first.',
      ],
    })
  }
}

const Removal = Closed({
  order: MemoRemoval.properties.order,
  scope: MemoRemoval.properties.scope,
})
/** The order that removes memos, with the document whose hash it has: both are shown in each memo's place. */
export type Removal = Static<typeof Removal>

const RemovalsFile = Closed({
  type: Type.Literal('cinnabar.removals'),
  removals: Type.Array(Removal),
})

/**
 * Memos that a regulator's order removed from a service's answers. What is settled stays on the base chain, whose
 * data nobody can take back: this is about what a service goes on spreading.
 */
export type Removals = {
  /** By the nullifier of each transfer that the scopes name. */
  read(): Promise<ReadonlyMap<string, Removal>>
}

export const noRemovals: Removals = { read: () => Promise.resolve(new Map()) }

/** An order of the base chain's log. */
export type FindOrder = (number: bigint) => Promise<Order | undefined>

export type FileRemovalsParameters = {
  readonly findOrder: FindOrder
  readonly onFailure?: (error: BaseError) => void
  /** Milliseconds. */
  readonly now?: () => number
}

/** Where the base chain was away, or an order not approved yet, the same list may be good later. */
const LOOK_AGAIN_MS = 60_000

/**
 * A list in a file, read again when it has changed. A change that cannot be read, or that no order backs, leaves the last
 * list in force: a typing error must not bring back what an order removed.
 *
 * @throws {RemovalsFileError | RemovalNotOrderedError} at the start.
 */
export async function fileRemovals(
  path: string,
  {
    findOrder,
    onFailure = ({ message }) => {
      process.stderr.write(`${message}\n`)
    },
    now = Date.now,
  }: FileRemovalsParameters,
): Promise<Removals> {
  let known = await readRemovals(path, findOrder)
  let failed: { version: string; at: number } | undefined
  return {
    async read() {
      const version = await versionOf(path)
      if (version === known.version) return known.removals
      if (version === failed?.version && now() - failed.at < LOOK_AGAIN_MS) return known.removals
      // Before anything is awaited: requests that come meanwhile do not all ask the base chain.
      failed = { version, at: now() }
      try {
        known = await readRemovals(path, findOrder)
        failed = undefined
      } catch (error) {
        if (!(error instanceof BaseError)) throw error
        onFailure(error)
      }
      return known.removals
    },
  }
}

/** The same with the orders of a deployment's log. */
export function openRemovals(
  path: string,
  { rpc, deployment }: { rpc: string; deployment: ChainDeployment },
): Promise<Removals> {
  return fileRemovals(path, { findOrder: findOrderOf({ rpc, deployment }) })
}

function findOrderOf({ rpc, deployment }: { rpc: string; deployment: ChainDeployment }): FindOrder {
  const client = createChainClient({ rpcUrl: rpc, chainId: deployment.chainId })
  return (number) => getOrder({ client, deployment }, number)
}

/** States of an order that two approvers, or one in an emergency, let be carried out. */
const APPROVED: readonly Order['state'][] = ['authorised', 'executing', 'disclosed', 'unsealed']

/** An officer alone can close what it filed: what is closed counts only where both had approved it. */
function isApproved({ state, reviewer, judge }: Order): boolean {
  if (APPROVED.includes(state)) return true
  return state === 'closed' && [reviewer, judge].every((approver) => BigInt(approver) !== 0n)
}

/**
 * Why a removal is not what the log's order says; undefined where it is. Whoever reads an answer can ask the same: the scope's
 * hash is the order's, and it names the transfer by the nullifier that stands beside it.
 */
export function whyNotOrdered(
  { scope }: Removal,
  order: Order | undefined,
  nullifier?: string,
): string | undefined {
  if (order === undefined) return 'the log has no order with that number'
  if (order.kind !== 'transfers') return 'it is not an order about transfers'
  if (order.scopeHash !== keccak256(canonicalBytes(scope))) return 'it was filed for another scope'
  if (!isApproved(order)) return `it is ${order.state} and was not approved`
  if (order.isViolation) return 'it is marked as a violation'
  if (nullifier !== undefined && !scope.transfers.some((named) => named.nullifier === nullifier)) {
    return 'its scope does not name the transfer'
  }
  return undefined
}

type Known = { version: string; removals: ReadonlyMap<string, Removal> }

async function readRemovals(path: string, findOrder: FindOrder): Promise<Known> {
  // Before the contents: a change in between shows at the next look.
  const version = await versionOf(path)
  const removals = await readRemovalsFile(path)
  for (const removal of removals) {
    const reason = whyNotOrdered(removal, await findOrder(BigInt(removal.order)))
    if (reason !== undefined) throw new RemovalNotOrderedError({ order: removal.order, reason })
  }
  return {
    version,
    removals: new Map(
      removals.flatMap((removal) =>
        removal.scope.transfers.map(({ nullifier }) => [nullifier, removal] as const),
      ),
    ),
  }
}

/** @throws {RemovalsFileError} */
export async function readRemovalsFile(path: string): Promise<readonly Removal[]> {
  const fail = (reason: string) => new RemovalsFileError({ path, reason })
  const text = await readFile(path, 'utf8').catch(() => {
    throw fail('it cannot be opened')
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw fail('it is not JSON')
  }
  if (!Value.Check(RemovalsFile, value)) {
    const fault = Value.Errors(RemovalsFile, value).First()
    throw fail(`${fault?.path ?? ''}: ${fault?.message ?? 'it is malformed'}`)
  }
  return value.removals
}

async function versionOf(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined)
  return stats === undefined ? 'missing' : `${stats.ino} ${stats.mtimeNs} ${stats.size}`
}
