import type { TransactionReceipt } from 'viem'
import type { ChainClient } from '../../l1/client.ts'
import {
  announceOpeningsCall,
  approveOrderCall,
  type ApproverRole,
  closeOrderCall,
  discloseOrderCall,
  type Filing,
  filedOrder,
  fileOrderCall,
  markOrderCall,
  rejectOrderCall,
  unsealOrderCall,
} from '../../l1/orderCalls.ts'
import type { ChainDeployment } from '../../l1/deployment.ts'
import type { ContractCall } from '../../l1/calls.ts'
import { getDestinationScope } from '../../l1/orders.ts'
import { submitTransaction, type TransactionAccount } from '../../l1/submitTransaction.ts'
import type { TransactionStore } from '../../l1/transactionStore.ts'
import { bytesToHex } from '../../protocol/field.ts'
import type { RandomBytes } from '../../protocol/memo.ts'
import { type Announcement, type Case, hashDocument, type Item, type Scope } from './documents.ts'
import { OrderNotFiledError } from './errors.ts'

/** Who acts on the disclosure log: an account with the role, and where it keeps its transactions. */
export type Actor = {
  readonly client: ChainClient
  readonly deployment: ChainDeployment
  readonly account: TransactionAccount
  readonly store: TransactionStore
}

export type FiledOrder = {
  readonly order: bigint
  readonly transactionHash: `0x${string}`
}

/** Names the log in a scope or an announcement. */
export function logOf({ chainId, contracts }: Pick<ChainDeployment, 'chainId' | 'contracts'>): {
  chainId: string
  log: `0x${string}`
} {
  return { chainId: chainId.toString(), log: contracts.disclosureLog }
}

/**
 * Files an order with the hashes of its documents. However often it is called with the same documents, one order is filed. An
 * alert becomes an order here: its facts are the case file.
 */
export async function fileOrder(
  actor: Actor,
  {
    scope,
    caseDocument,
    legalBasis,
    limit,
    isEmergency = false,
  }: {
    scope: Scope
    caseDocument: Case
    legalBasis: number
    limit: number
    isEmergency?: boolean
  },
): Promise<FiledOrder> {
  const filing: Filing = {
    ...{ kind: scope.kind, isEmergency, legalBasis, limit },
    caseHash: hashDocument(caseDocument),
    scopeHash: hashDocument(scope),
  }
  const receipt = await send(
    actor,
    `file order ${filing.scopeHash}`,
    fileOrderCall(actor.deployment, filing),
  )
  return numberOf(actor, receipt)
}

/**
 * Files an order that allows one change of one identity's destination, and opens nothing. The scope is hashed as the disclosure
 * log hashes it (D5); the new leaf's fresh salt hides what it is about. It is never an emergency (D5).
 */
export async function fileDestinationOrder(
  actor: Actor,
  {
    leaves: { index, oldLeaf, newLeaf },
    caseDocument,
    legalBasis,
  }: {
    leaves: { index: number; oldLeaf: bigint; newLeaf: bigint }
    caseDocument: Case
    legalBasis: number
  },
): Promise<FiledOrder> {
  const scopeHash = await getDestinationScope(actor, { index, oldLeaf, newLeaf })
  const filing: Filing = {
    ...{ kind: 'destination', isEmergency: false, legalBasis, limit: 0 },
    ...{ caseHash: hashDocument(caseDocument), scopeHash },
  }
  const call = fileOrderCall(actor.deployment, filing)
  return numberOf(actor, await send(actor, `file order ${scopeHash}`, call))
}

export function approveOrder(actor: Actor, approval: { order: bigint; role: ApproverRole }) {
  return send(
    actor,
    `approve order ${approval.order.toString()} as ${approval.role}`,
    approveOrderCall(actor.deployment, approval),
  )
}

/** @param reason stays with the approver; its hash is on the chain. */
export function rejectOrder(
  actor: Actor,
  { order, role, reason }: { order: bigint; role: ApproverRole; reason: string },
) {
  const reasonHash = hashDocument({ type: 'cinnabar.reason', version: 1, reason })
  return send(
    actor,
    `reject order ${order.toString()} as ${role}`,
    rejectOrderCall(actor.deployment, { order, role, reasonHash }),
  )
}

/** The list of what is about to be opened, salted; `announceOpenings` puts its hash on the chain. */
export function makeAnnouncement(
  deployment: Pick<ChainDeployment, 'chainId' | 'contracts'>,
  { order, items, randomBytes }: { order: bigint; items: Item[]; randomBytes: RandomBytes },
): Announcement {
  return {
    type: 'cinnabar.announcement',
    version: 1,
    ...logOf(deployment),
    order: order.toString(),
    items,
    salt: bytesToHex(randomBytes(32)),
  }
}

export function announceOpenings(actor: Actor, announcement: Announcement) {
  const recordsHash = hashDocument(announcement)
  const order = BigInt(announcement.order)
  return send(
    actor,
    `announce ${recordsHash}`,
    announceOpeningsCall(actor.deployment, {
      ...{ order, recordsHash },
      count: announcement.items.length,
    }),
  )
}

export function discloseOrder(
  actor: Actor,
  { order, bundleHash }: { order: bigint; bundleHash: `0x${string}` },
) {
  return send(
    actor,
    `disclose order ${order.toString()} ${bundleHash}`,
    discloseOrderCall(actor.deployment, { order, bundleHash }),
  )
}

/** @param notice to the subject, or the reasons why there is none. */
export function unsealOrder(actor: Actor, { order, notice }: { order: bigint; notice: string }) {
  const noticeHash = hashDocument({ type: 'cinnabar.notice', version: 1, notice })
  return send(
    actor,
    `unseal order ${order.toString()}`,
    unsealOrderCall(actor.deployment, { order, noticeHash }),
  )
}

export function closeOrder(actor: Actor, order: bigint) {
  return send(actor, `close order ${order.toString()}`, closeOrderCall(actor.deployment, order))
}

/** Anybody may do it, with any account. */
export function markOrder(
  actor: Actor,
  mark: { order: bigint; as: 'lapse' | 'markOverdue' | 'markViolation' },
) {
  return send(
    actor,
    `${mark.as} order ${mark.order.toString()}`,
    markOrderCall(actor.deployment, mark),
  )
}

function numberOf({ deployment }: Actor, receipt: TransactionReceipt): FiledOrder {
  const order = filedOrder(deployment, receipt)
  if (order === undefined) throw new OrderNotFiledError({ transaction: receipt.transactionHash })
  return { order, transactionHash: receipt.transactionHash }
}

function send({ client, account, store, deployment }: Actor, what: string, call: ContractCall) {
  return submitTransaction({
    ...{ client, account, store, purpose: what, chainId: deployment.chainId, pollMs: 250 },
    ...call,
  })
}
