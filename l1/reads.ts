import {
  type Abi,
  type AbiFunction,
  type Address,
  getAbiItem,
  parseEventLogs,
  toFunctionSelector,
} from 'viem'
import type { CurvePoint } from '../protocol/babyjubjub.ts'
import type { Policy } from '../protocol/policy.ts'
import { ask } from './ask.ts'
import { erc20Abi } from './abi/erc20.ts'
import { contractOf } from './bindings.ts'
import type { ChainClient } from './client.ts'
import type { ChainDeployment, ContractName } from './deployment.ts'
import { getLogs } from './getLogs.ts'

/** Everything below reads the newest block, unless another is named. */
export type ChainView = {
  readonly client: ChainClient
  readonly deployment: Pick<ChainDeployment, 'contracts'>
}

export type SettledState = {
  readonly batchNumber: bigint
  readonly slotCount: bigint
  readonly noteRoot: bigint
  readonly nullifierRoot: bigint
}

export async function getSettledState(
  { client, deployment }: ChainView,
  blockNumber?: bigint,
): Promise<SettledState> {
  const [batchNumber, slotCount, noteRoot, nullifierRoot] = await ask('settled state', () =>
    client.readContract({
      ...contractOf(deployment, 'rollup'),
      functionName: 'state',
      ...(blockNumber === undefined ? {} : { blockNumber }),
    }),
  )
  return { batchNumber, slotCount, noteRoot, nullifierRoot }
}

/**
 * The contracts that the rollup itself names, lower case: what a deployment file says of them can be
 * compared.
 */
export async function getNamedContracts({
  client,
  deployment,
}: ChainView): Promise<Partial<Record<ContractName, Address>>> {
  const names = {
    clock: 'CLOCK',
    vault: 'VAULT',
    identityRegistry: 'IDENTITIES',
    policyRegistry: 'POLICIES',
    supervisionRegistry: 'SUPERVISION',
    verifierRegistry: 'VERIFIERS',
  } as const
  const rollup = contractOf(deployment, 'rollup')
  const named = await Promise.all(
    Object.entries(names).map(async ([name, functionName]) => {
      const address = await ask('contracts', () => client.readContract({ ...rollup, functionName }))
      return [name, address.toLowerCase()] as const
    }),
  )
  return Object.fromEntries(named)
}

/** alpha, beta and gamma of all verification keys, in the precompiles' order; fixed at deployment. */
export function getCommonKey({ client, deployment }: ChainView): Promise<readonly bigint[]> {
  return ask('verification keys', () =>
    client.readContract({
      ...contractOf(deployment, 'verifierRegistry'),
      functionName: 'commonKey',
    }),
  )
}

/** Delays of the deposit queue, seconds of the settlement clock; fixed at deployment. */
export async function getDepositDelays({
  client,
  deployment,
}: ChainView): Promise<{ due: bigint; deadline: bigint }> {
  const vault = contractOf(deployment, 'vault')
  const [due, deadline] = await Promise.all([
    ask('due delay', () => client.readContract({ ...vault, functionName: 'DEPOSIT_DUE_DELAY' })),
    ask('deadline', () => client.readContract({ ...vault, functionName: 'DEPOSIT_DEADLINE' })),
  ])
  return { due, deadline }
}

/** Of the newest block, wei per gas; undefined on a chain without one. */
export async function getBaseFee(client: ChainClient): Promise<bigint | undefined> {
  const { baseFeePerGas } = await ask('base fee', () => client.getBlock({ blockTag: 'latest' }))
  return baseFeePerGas ?? undefined
}

/** Of the newest block, seconds. */
export async function getHeadTime(client: ChainClient): Promise<bigint> {
  const { timestamp } = await ask('newest block', () => client.getBlock({ blockTag: 'latest' }))
  return timestamp
}

/** Whether the access manager lets an account call a restricted function now, without a delay. */
export async function mayCall(
  { client, deployment }: ChainView,
  { account, contract, name }: { account: Address; contract: ContractName; name: string },
): Promise<boolean> {
  const { address, abi } = contractOf(deployment, contract)
  const item = (abi as Abi).find(
    (entry): entry is AbiFunction => entry.type === 'function' && entry.name === name,
  )
  if (item === undefined) throw new Error(`no function ${name}`)
  const [isImmediate] = await ask('permission', () =>
    client.readContract({
      ...contractOf(deployment, 'accessManager'),
      functionName: 'canCall',
      args: [account, address, toFunctionSelector(item)],
    }),
  )
  return isImmediate
}

export function getNoteRoot(
  { client, deployment }: ChainView,
  batchNumber: bigint,
): Promise<bigint> {
  return ask('note root', () =>
    client.readContract({
      ...contractOf(deployment, 'rollup'),
      functionName: 'noteRootOf',
      args: [batchNumber],
    }),
  )
}

export type RootVersion = { readonly version: bigint; readonly root: bigint }

export async function getIdentityRoot({ client, deployment }: ChainView): Promise<RootVersion> {
  const [version, root] = await ask('identity root', () =>
    client.readContract({
      ...contractOf(deployment, 'identityRegistry'),
      functionName: 'current',
    }),
  )
  return { version, root }
}

export async function getPolicyRoot({ client, deployment }: ChainView): Promise<RootVersion> {
  const [version, root] = await ask('policy root', () =>
    client.readContract({ ...contractOf(deployment, 'policyRegistry'), functionName: 'current' }),
  )
  return { version, root }
}

/** T of an index; undefined where it has no owner (in the block, where one is named). */
export async function getTracePoint(
  { client, deployment }: ChainView,
  index: bigint,
  { blockNumber }: { blockNumber?: bigint } = {},
): Promise<CurvePoint | undefined> {
  const [x, y] = await ask('trace point', () =>
    client.readContract({
      ...contractOf(deployment, 'identityRegistry'),
      functionName: 'tracePointOf',
      args: [Number(index)],
      ...(blockNumber === undefined ? {} : { blockNumber }),
    }),
  )
  return x === 0n && y === 0n ? undefined : { x, y }
}

export type EpochKeys = {
  readonly epoch: bigint
  readonly auditKeyS: CurvePoint
  readonly auditKeyI: CurvePoint
  readonly auditKeyL: CurvePoint
}

/** Reverts with EpochUnknown before the first epoch. */
export async function getKeysOfDay(
  { client, deployment }: ChainView,
  day: bigint,
): Promise<EpochKeys> {
  const [epoch, sx, sy, ix, iy, lx, ly] = await ask('audit keys', () =>
    client.readContract({
      ...contractOf(deployment, 'supervisionRegistry'),
      functionName: 'keysOfDay',
      args: [day],
    }),
  )
  return {
    epoch,
    auditKeyS: { x: sx, y: sy },
    auditKeyI: { x: ix, y: iy },
    auditKeyL: { x: lx, y: ly },
  }
}

/** An epoch's keys, and the Unix day that it starts with. */
export type Epoch = EpochKeys & { readonly startDay: bigint }

/** All epochs, in order; scheduled ones included. */
export async function getEpochs({ client, deployment }: ChainView): Promise<Epoch[]> {
  const registry = contractOf(deployment, 'supervisionRegistry')
  const count = await ask('epochs', () =>
    client.readContract({ ...registry, functionName: 'epochCount' }),
  )
  return Promise.all(
    Array.from({ length: Number(count) }, async (_, epoch) => {
      const { startDay, statisticsKey, investigationKey, largeValueKey } = await ask('epoch', () =>
        client.readContract({ ...registry, functionName: 'epochAt', args: [epoch] }),
      )
      return {
        epoch: BigInt(epoch),
        startDay: BigInt(startDay),
        auditKeyS: { x: statisticsKey[0], y: statisticsKey[1] },
        auditKeyI: { x: investigationKey[0], y: investigationKey[1] },
        auditKeyL: { x: largeValueKey[0], y: largeValueKey[1] },
      }
    }),
  )
}

export type ListedAsset = {
  readonly asset: bigint
  /** The zero address for ETH. */
  readonly token: Address
  readonly isOpen: boolean
  /** Base-chain amount of one protocol unit. */
  readonly unit: bigint
  readonly maxFee: bigint
}

export async function getAssets(view: ChainView): Promise<ListedAsset[]> {
  const { client, deployment } = view
  const vault = contractOf(deployment, 'vault')
  const count = await ask('assets', () =>
    client.readContract({ ...vault, functionName: 'assetCount' }),
  )
  const ids = Array.from({ length: count }, (_, i) => BigInt(i + 1))
  return Promise.all(ids.map((asset) => getAsset(view, asset)))
}

export async function getAsset(
  { client, deployment }: ChainView,
  asset: bigint,
): Promise<ListedAsset> {
  const { token, isOpen, unit, maxFee } = await ask('asset', () =>
    client.readContract({
      ...contractOf(deployment, 'vault'),
      functionName: 'assetOf',
      args: [Number(asset)],
    }),
  )
  return { asset, token: token.toLowerCase() as Address, isOpen, unit, maxFee }
}

/** What the vault owes and holds of an asset, base-chain amounts: held ≥ owed always. */
export async function getEscrow(
  { client, deployment }: ChainView,
  asset: bigint,
): Promise<{ owed: bigint; held: bigint }> {
  const [owed, held] = await ask('escrow', () =>
    client.readContract({
      ...contractOf(deployment, 'vault'),
      functionName: 'escrowOf',
      args: [Number(asset)],
    }),
  )
  return { owed, held }
}

/** Where an asset's units are. */
export function getLedger(
  { client, deployment }: ChainView,
  asset: bigint,
): Promise<{ queued: bigint; inRollup: bigint; claimable: bigint }> {
  return ask('ledger', () =>
    client.readContract({
      ...contractOf(deployment, 'vault'),
      functionName: 'ledgerOf',
      args: [Number(asset)],
    }),
  )
}

/** Units that an account can claim. */
export function getClaimable(
  { client, deployment }: ChainView,
  { account, asset }: { account: Address; asset: bigint },
): Promise<bigint> {
  return ask('claimable amount', () =>
    client.readContract({
      ...contractOf(deployment, 'vault'),
      functionName: 'claimableOf',
      args: [account, Number(asset)],
    }),
  )
}

/** Units that a claim would pay now: less than is credited where the asset has a daily limit. */
export function getPayable(
  { client, deployment }: ChainView,
  { account, asset }: { account: Address; asset: bigint },
): Promise<bigint> {
  return ask('payable amount', () =>
    client.readContract({
      ...contractOf(deployment, 'vault'),
      functionName: 'payableOf',
      args: [account, Number(asset)],
    }),
  )
}

export const depositStatuses = ['none', 'queued', 'reclaiming', 'taken', 'refunded'] as const
export type DepositStatus = (typeof depositStatuses)[number]

export type DepositState = {
  readonly depositor: Address
  readonly asset: bigint
  readonly amount: bigint
  readonly recipient: bigint
  readonly status: DepositStatus
}

/** Undefined for an id that was never given. */
export async function getDeposit(
  { client, deployment }: ChainView,
  id: bigint,
): Promise<DepositState | undefined> {
  const { depositor, asset, amount, recipient, status } = await ask('deposit', () =>
    client.readContract({
      ...contractOf(deployment, 'vault'),
      functionName: 'depositOf',
      args: [id],
    }),
  )
  const name = depositStatuses[status]
  if (name === undefined || name === 'none') return undefined
  return {
    depositor: depositor.toLowerCase() as Address,
    ...{ asset: BigInt(asset), amount, recipient, status: name },
  }
}

/** The next deposit that a batch can take, and the next id to be given. */
export async function getDepositQueue({
  client,
  deployment,
}: ChainView): Promise<{ head: bigint; tail: bigint }> {
  const [head, tail] = await ask('deposit queue', () =>
    client.readContract({ ...contractOf(deployment, 'vault'), functionName: 'queue' }),
  )
  return { head, tail }
}

/** Fee for queueing a deposit, wei. */
export function getEntryFee({ client, deployment }: ChainView): Promise<bigint> {
  return ask('entry fee', () =>
    client.readContract({ ...contractOf(deployment, 'vault'), functionName: 'entryFee' }),
  )
}

/** What forcing a transfer costs now, wei; it doubles with every 64 that wait. */
export function getForcedEntryFee({ client, deployment }: ChainView): Promise<bigint> {
  return ask('forced entry fee', () =>
    client.readContract({ ...contractOf(deployment, 'forcedQueue'), functionName: 'entryFee' }),
  )
}

/** Versions that are looked through for a root: a superseded one is of no use for long. */
const ROOT_VERSIONS = 64n

/** The newest version of a registry with this root; undefined where none of the last ones has it. */
export async function findRootVersion(
  { client, deployment }: ChainView,
  { registry, root }: { registry: 'identityRegistry' | 'policyRegistry'; root: bigint },
): Promise<bigint | undefined> {
  const { address } = contractOf(deployment, registry)
  // Both registries have these functions; one of the ABIs serves for both.
  const { abi } = contractOf(deployment, 'identityRegistry')
  const [newest] = await ask('root', () =>
    client.readContract({ address, abi, functionName: 'current' }),
  )
  for (let version = newest; version >= 0n && newest - version < ROOT_VERSIONS; version--) {
    const [known] = await ask('root', () =>
      client.readContract({ address, abi, functionName: 'rootAt', args: [version] }),
    )
    if (known === root) return version
  }
  return undefined
}

/** Seconds of the settlement clock, which deadlines and windows are in; and whether it is stopped. */
export async function getClock({
  client,
  deployment,
}: ChainView): Promise<{ time: bigint; isStopped: boolean }> {
  const clock = contractOf(deployment, 'clock')
  const [time, isStopped] = await Promise.all([
    ask('clock', () => client.readContract({ ...clock, functionName: 'time' })),
    ask('clock', () => client.readContract({ ...clock, functionName: 'isStopped' })),
  ])
  return { time, isStopped }
}

export function getEtherBalance(
  { client }: Pick<ChainView, 'client'>,
  account: Address,
): Promise<bigint> {
  return ask('balance', () => client.getBalance({ address: account }))
}

/** Transactions of an account that are mined. */
export function getTransactionCount(
  { client }: Pick<ChainView, 'client'>,
  account: Address,
): Promise<number> {
  return ask('nonce', () => client.getTransactionCount({ address: account }))
}

export function getTokenBalance(
  { client }: Pick<ChainView, 'client'>,
  { token, account }: { token: Address; account: Address },
): Promise<bigint> {
  return ask('token balance', () =>
    client.readContract({
      ...{ address: token, abi: erc20Abi },
      functionName: 'balanceOf',
      args: [account],
    }),
  )
}

/** What the vault may still take of an account's tokens. */
export function getAllowance(
  { client, deployment }: ChainView,
  { token, account }: { token: Address; account: Address },
): Promise<bigint> {
  return ask('token allowance', () =>
    client.readContract({
      ...{ address: token, abi: erc20Abi },
      functionName: 'allowance',
      args: [account, deployment.contracts.vault],
    }),
  )
}

/** The policies in force, from their event; none before the first publication. */
export async function getPolicies(
  view: ChainView & { readonly deployment: Pick<ChainDeployment, 'contracts' | 'startBlock'> },
): Promise<RootVersion & { readonly policies: readonly Policy[] }> {
  const { client, deployment } = view
  const { version, root } = await getPolicyRoot(view)
  if (version === 0n) return { version, root, policies: [] }
  const { abi, address } = contractOf(deployment, 'policyRegistry')
  const event = getAbiItem({ abi, name: 'PolicyPublished' })
  const head = await ask('newest block', () => client.getBlockNumber())
  const range = { from: deployment.startBlock, to: head }
  const logs = await getLogs(client, {
    ...range,
    address: [address],
    event,
    args: { version: [version] },
  })
  const policies = parseEventLogs({ abi, eventName: 'PolicyPublished', logs }).at(-1)?.args.policies
  return {
    ...{ version, root },
    policies: (policies ?? []).map(({ tier, asset, ...limits }) => ({
      ...{ tier: BigInt(tier), asset: BigInt(asset) },
      ...limits,
    })),
  }
}
