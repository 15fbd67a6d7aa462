import { type Address, type Hex, parseEventLogs } from 'viem'
import { ask } from './ask.ts'
import { contractOf } from './bindings.ts'
import type { ChainClient } from './client.ts'
import type { ChainDeployment } from './deployment.ts'
import { getLogs } from './getLogs.ts'

export const orderKinds = ['transfers', 'subject', 'destination'] as const
export type OrderKind = (typeof orderKinds)[number]

export const orderStates = [
  'none',
  'filed',
  'authorised',
  'executing',
  'disclosed',
  'unsealed',
  'rejected',
  'closed',
] as const
export type OrderState = (typeof orderStates)[number]

/** An order of the disclosure log (docs/spec/disclosure-log.md). Times are Unix seconds. */
export type Order = {
  readonly number: bigint
  readonly state: OrderState
  readonly kind: OrderKind
  readonly isEmergency: boolean
  readonly isOverdue: boolean
  readonly isViolation: boolean
  /** An emergency whose ratification was refused after something was opened. */
  readonly isRefused: boolean
  readonly legalBasis: number
  readonly limit: number
  /** Announced so far. */
  readonly opened: number
  readonly deadline: bigint
  /** 0 where no ratification is due. */
  readonly ratifyBy: bigint
  readonly filer: Address
  readonly reviewer: Address
  readonly judge: Address
  readonly caseHash: Hex
  readonly scopeHash: Hex
  /** Zeros before the disclosure. */
  readonly bundleHash: Hex
}

/** Who did what with an order, and when. */
export type OrderAct = {
  readonly act:
    | 'filed'
    | 'approvedAsReviewer'
    | 'approvedAsJudge'
    | 'authorised'
    | 'ratified'
    | 'rejected'
    | 'announced'
    | 'disclosed'
    | 'unsealed'
    | 'closed'
    | 'overdue'
    | 'violated'
    | 'used'
  /** Sender of the transaction. */
  readonly account: Address
  readonly blockNumber: bigint
  readonly timestamp: bigint
  readonly transactionHash: Hex
  /** Of an announcement: hash of the list, and how many it has. */
  readonly recordsHash?: Hex
  readonly count?: number
}

export type OrderCounters = {
  readonly filed: bigint
  readonly emergencies: bigint
  readonly authorised: bigint
  readonly rejected: bigint
  readonly disclosed: bigint
  readonly overdue: bigint
  readonly violations: bigint
  readonly recordsOpened: bigint
}

export type OrderView = {
  readonly client: ChainClient
  readonly deployment: Pick<ChainDeployment, 'contracts' | 'startBlock'>
}
/** State after this block; the newest where absent. */
type AtBlock = { readonly blockNumber?: bigint }

/** Undefined for a number that was never given. */
export async function getOrder(
  { client, deployment }: OrderView,
  number: bigint,
  { blockNumber }: AtBlock = {},
): Promise<Order | undefined> {
  const log = contractOf(deployment, 'disclosureLog')
  const at = blockNumber === undefined ? {} : { blockNumber }
  const count = await ask('orders', () =>
    client.readContract({ ...log, functionName: 'orderCount', ...at }),
  )
  if (number < 1n || number > count) return undefined
  const order = await ask('order', () =>
    client.readContract({ ...log, functionName: 'orderAt', args: [number], ...at }),
  )
  const state = orderStates[order.state]
  const kind = orderKinds[order.kind]
  if (state === undefined || kind === undefined) return undefined
  return {
    ...order,
    ...{ number, state, kind },
    filer: lower(order.filer),
    reviewer: lower(order.reviewer),
    judge: lower(order.judge),
  }
}

/** Whether members may answer under it in the newest block. */
export function isOrderExecutable(
  { client, deployment }: OrderView,
  number: bigint,
): Promise<boolean> {
  return ask('order', () =>
    client.readContract({
      ...contractOf(deployment, 'disclosureLog'),
      functionName: 'isExecutable',
      args: [number],
    }),
  )
}

export function isAnnounced(
  { client, deployment }: OrderView,
  { order, recordsHash }: { order: bigint; recordsHash: Hex },
  { blockNumber }: AtBlock = {},
): Promise<boolean> {
  return ask('announcement', () =>
    client.readContract({
      ...contractOf(deployment, 'disclosureLog'),
      functionName: 'isAnnounced',
      args: [order, recordsHash],
      ...(blockNumber === undefined ? {} : { blockNumber }),
    }),
  )
}

export function getOrderCount({ client, deployment }: OrderView): Promise<bigint> {
  return ask('orders', () =>
    client.readContract({ ...contractOf(deployment, 'disclosureLog'), functionName: 'orderCount' }),
  )
}

export function getOrderCounters({ client, deployment }: OrderView): Promise<OrderCounters> {
  return ask('counters', () =>
    client.readContract({ ...contractOf(deployment, 'disclosureLog'), functionName: 'counters' }),
  )
}

/** What a destination order's `scopeHash` must be for exactly this change (D5). */
export function getDestinationScope(
  {
    client,
    deployment,
  }: Pick<OrderView, 'client'> & { deployment: Pick<ChainDeployment, 'contracts'> },
  { index, oldLeaf, newLeaf }: { index: number; oldLeaf: bigint; newLeaf: bigint },
): Promise<Hex> {
  return ask('scope', () =>
    client.readContract({
      ...contractOf(deployment, 'disclosureLog'),
      functionName: 'destinationScope',
      args: [index, oldLeaf, newLeaf],
    }),
  )
}

/** Everything that happened to an order, oldest first. */
export async function getOrderHistory(view: OrderView, number: bigint): Promise<OrderAct[]> {
  const { client, deployment } = view
  const { abi, address } = contractOf(deployment, 'disclosureLog')
  const head = await ask('newest block', () => client.getBlockNumber())
  const logs = await getLogs(client, {
    address: [address],
    from: deployment.startBlock,
    to: head,
  })
  const acts: OrderAct[] = []
  for (const event of parseEventLogs({ abi, logs })) {
    if (!('order' in event.args) || event.args.order !== number) continue
    const act = actOf(event)
    if (act === undefined) continue
    const { blockNumber, transactionHash } = event
    const [block, transaction] = await Promise.all([
      ask('block', () => client.getBlock({ blockNumber })),
      ask('transaction', () => client.getTransaction({ hash: transactionHash })),
    ])
    const { timestamp } = block
    acts.push({
      ...act,
      ...{ account: lower(transaction.from), blockNumber, timestamp, transactionHash },
    })
  }
  return acts
}

type LogEvent = ReturnType<
  typeof parseEventLogs<(typeof import('./abi/disclosureLog.ts'))['disclosureLogAbi']>
>[number]

function actOf(event: LogEvent): Pick<OrderAct, 'act' | 'recordsHash' | 'count'> | undefined {
  switch (event.eventName) {
    case 'OrderFiled':
      return { act: 'filed' }
    case 'OrderApproved':
      return { act: event.args.asJudge ? 'approvedAsJudge' : 'approvedAsReviewer' }
    case 'OrderAuthorised':
      return { act: 'authorised' }
    case 'OrderRatified':
      return { act: 'ratified' }
    case 'OrderRejected':
      return { act: 'rejected' }
    case 'OpeningsAnnounced': {
      const { recordsHash, count } = event.args
      return { act: 'announced', recordsHash, count }
    }
    case 'OrderDisclosed':
      return { act: 'disclosed' }
    case 'OrderUnsealed':
      return { act: 'unsealed' }
    case 'OrderClosed':
      return { act: 'closed' }
    case 'OrderOverdue':
      return { act: 'overdue' }
    case 'OrderViolated':
      return { act: 'violated' }
    case 'DestinationOrderUsed':
      return { act: 'used' }
    default:
      return undefined
  }
}

function lower(address: Address): Address {
  return address.toLowerCase() as Address
}
