import { type Address, encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import { ask } from './ask.ts'
import { abis, contractOf } from './bindings.ts'
import type { ContractCall } from './calls.ts'
import type { ChainClient } from './client.ts'
import type { ChainDeployment } from './deployment.ts'
import { getLogs } from './getLogs.ts'

type At = Pick<ChainDeployment, 'contracts'>
type View = { readonly client: ChainClient; readonly deployment: At }

export const screeningListings = ['none', 'allowed', 'denied'] as const
export type ScreeningListing = (typeof screeningListings)[number]

/** Why an address is denied, by code (docs/spec/screening.md). */
export const screeningReasons = {
  sanctions: 1,
  courtOrder: 2,
  stolenFunds: 3,
  suspectedLaundering: 4,
} as const
export type ScreeningReason = keyof typeof screeningReasons
/** The contract's own: only listed addresses may deposit, and this one is not. */
export const REASON_NOT_ALLOWED = 65_535

export type ScreenedAddress = {
  readonly listing: ScreeningListing
  /** 0 where it is not denied. */
  readonly reason: number
  /** Unix seconds; 0 where nothing is listed. An entry that has ended says nothing. */
  readonly until: bigint
  /** Version of the list that it came with. */
  readonly version: bigint
  /** What counts now: 0 where it may. */
  readonly againstDeposit: number
  readonly againstPayout: number
}

/** `sanctions`, or the code of a reason that this version does not know. */
export function nameOfReason(code: number): string {
  if (code === REASON_NOT_ALLOWED) return 'notAllowed'
  const known = Object.entries(screeningReasons).find(([, value]) => value === code)
  return known?.[0] ?? `reason ${String(code)}`
}

/** What the list says of an address, and what follows from it now. */
export async function getScreening(
  { client, deployment }: View,
  account: Address,
): Promise<ScreenedAddress> {
  const screening = contractOf(deployment, 'screening')
  const against = (purpose: number) =>
    ask('screening', () =>
      client.readContract({
        ...screening,
        functionName: 'reasonAgainst',
        args: [account, purpose],
      }),
    )
  const [{ listing, reason, until, version }, deposit, payout] = await Promise.all([
    ask('screening', () =>
      client.readContract({ ...screening, functionName: 'entryOf', args: [account] }),
    ),
    against(0),
    against(1),
  ])
  return {
    listing: screeningListings[listing] ?? 'none',
    ...{ reason, version, until: BigInt(until) },
    againstDeposit: Number(deposit),
    againstPayout: Number(payout),
  }
}

/** Changes made so far. */
export function getListVersion({ client, deployment }: View): Promise<bigint> {
  return ask('screening', () =>
    client.readContract({ ...contractOf(deployment, 'screening'), functionName: 'version' }),
  )
}

/** One change of the list. */
export type ListChange = {
  readonly version: bigint
  readonly listing: ScreeningListing
  readonly reason: number
  readonly until: bigint
  readonly source: Hex
  readonly accounts: readonly Address[]
  readonly blockNumber: bigint
  readonly transactionHash: Hex
}

/** All changes of the list, oldest first. */
export async function readListChanges({
  client,
  deployment,
}: {
  client: ChainClient
  deployment: At & Pick<ChainDeployment, 'startBlock'>
}): Promise<ListChange[]> {
  const { abi, address } = contractOf(deployment, 'screening')
  const logs = await getLogs(client, {
    address: [address],
    from: deployment.startBlock,
    to: await ask('newest block', () => client.getBlockNumber()),
  })
  const listed = parseEventLogs({ abi, eventName: 'AddressListed', logs })
  return parseEventLogs({ abi, eventName: 'ListChanged', logs }).map(
    ({ args, blockNumber, transactionHash }) => ({
      ...{ version: args.version, reason: args.reason, source: args.source },
      listing: screeningListings[args.listing] ?? 'none',
      until: BigInt(args.until),
      accounts: listed
        .filter((event) => event.args.version === args.version)
        .map((event) => event.args.account),
      ...{ blockNumber, transactionHash },
    }),
  )
}

type Named = { accounts: readonly Address[]; source: Hex }

/** Screener. `until` in Unix seconds. */
export function denyCall(
  { contracts }: At,
  { accounts, reason, until, source }: Named & { reason: number; until: bigint },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.screening,
    functionName: 'deny',
    args: [accounts, reason, Number(until), source],
  })
  return { to: contracts.screening, data, value: 0n }
}

export function allowCall(
  { contracts }: At,
  { accounts, until, source }: Named & { until: bigint },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.screening,
    functionName: 'allow',
    args: [accounts, Number(until), source],
  })
  return { to: contracts.screening, data, value: 0n }
}

export function removeCall({ contracts }: At, { accounts, source }: Named): ContractCall {
  const data = encodeFunctionData({
    abi: abis.screening,
    functionName: 'remove',
    args: [accounts, source],
  })
  return { to: contracts.screening, data, value: 0n }
}
