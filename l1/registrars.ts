import { type Address, encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import { ask } from './ask.ts'
import { abis, contractOf } from './bindings.ts'
import type { ContractCall } from './calls.ts'
import type { ChainClient } from './client.ts'
import type { ChainDeployment } from './deployment.ts'
import { getLogs } from './getLogs.ts'

type At = Pick<ChainDeployment, 'contracts'>
type View = { readonly client: ChainClient; readonly deployment: At }

/** What governance lets an account do (docs/spec/identity-registry.md). An empty range: nothing. */
export type RegistrarLimits = {
  readonly firstIndex: number
  readonly endIndex: number
  readonly tierCap: number
  readonly dailyQuota: number
}

export async function getRegistrarLimits(
  { client, deployment }: View,
  account: Address,
): Promise<RegistrarLimits> {
  const [limits] = await ask('limits of a registrar', () =>
    client.readContract({
      ...contractOf(deployment, 'identityRegistry'),
      functionName: 'limitsOf',
      args: [account],
    }),
  )
  return limits
}

/** Every account that ever was a registrar, with what it may do now. */
export async function listRegistrars(
  view: View,
): Promise<(RegistrarLimits & { readonly account: Address })[]> {
  const { client, deployment } = view
  const accounts = await ask('registrars', () =>
    client.readContract({
      ...contractOf(deployment, 'identityRegistry'),
      functionName: 'registrars',
    }),
  )
  return Promise.all(
    accounts.map(async (account) => ({ account, ...(await getRegistrarLimits(view, account)) })),
  )
}

/** How often any registrar's limits were set. */
export async function countRegistrarChanges({
  client,
  deployment,
}: View & { readonly deployment: Pick<ChainDeployment, 'startBlock'> }): Promise<number> {
  const { abi, address } = contractOf(deployment, 'identityRegistry')
  const to = await ask('newest block', () => client.getBlockNumber())
  const logs = await getLogs(client, { address: [address], from: deployment.startBlock, to })
  return parseEventLogs({ abi, eventName: 'RegistrarSet', logs }).length
}

/** Governance. */
export function setRegistrarCall(
  { contracts }: At,
  { account, limits }: { account: Address; limits: RegistrarLimits },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.identityRegistry,
    functionName: 'setRegistrar',
    args: [account, limits],
  })
  return { to: contracts.identityRegistry, data, value: 0n }
}

/** When an account may make a call: at once, never, or from a time on that it has yet to set or has set. */
export type Permission =
  | { readonly kind: 'none' }
  | { readonly kind: 'immediate' }
  | {
      readonly kind: 'delayed'
      /** Seconds. */
      readonly delay: number
      /** Unix seconds; undefined where it is not scheduled, or was and has lapsed. */
      readonly scheduledFor: number | undefined
      /** How often it was scheduled so far. */
      readonly nonce: number
    }

/** What the access manager says of a restricted call (docs/governance.md). */
export async function getPermission(
  { client, deployment }: View,
  account: Address,
  { to, data }: ContractCall,
): Promise<Permission> {
  const manager = contractOf(deployment, 'accessManager')
  const selector = data.slice(0, 10) as Hex
  const [isImmediate, delay] = await ask('permission', () =>
    client.readContract({ ...manager, functionName: 'canCall', args: [account, to, selector] }),
  )
  if (isImmediate) return { kind: 'immediate' }
  if (delay === 0) return { kind: 'none' }
  const id = await ask('operation', () =>
    client.readContract({ ...manager, functionName: 'hashOperation', args: [account, to, data] }),
  )
  const [time, nonce] = await Promise.all([
    ask('schedule', () =>
      client.readContract({ ...manager, functionName: 'getSchedule', args: [id] }),
    ),
    ask('schedule', () =>
      client.readContract({ ...manager, functionName: 'getNonce', args: [id] }),
    ),
  ])
  return { kind: 'delayed', delay, scheduledFor: time === 0 ? undefined : time, nonce }
}

/** Has the access manager keep a call that its role may make only after a delay. */
export function scheduleCall({ contracts }: At, { to, data }: ContractCall): ContractCall {
  const scheduled = encodeFunctionData({
    abi: abis.accessManager,
    functionName: 'schedule',
    args: [to, data, 0],
  })
  return { to: contracts.accessManager, data: scheduled, value: 0n }
}
