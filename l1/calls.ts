import { type Address, encodeFunctionData, type Hex } from 'viem'
import type { PossessionProof } from '../protocol/auditKeyPossession.ts'
import type { CurvePoint } from '../protocol/babyjubjub.ts'
import { bytesToHex } from '../protocol/field.ts'
import type { Policy } from '../protocol/policy.ts'
import { erc20Abi } from './abi/erc20.ts'
import { abis } from './bindings.ts'
import { encodeSettleInput, type SettleCall } from './codec.ts'
import type { ChainDeployment } from './deployment.ts'
import { encodeForcedEntry, type ForcedEntry } from './forcedEntry.ts'

/** A call as submitTransaction takes it. */
export type ContractCall = {
  readonly to: Address
  readonly data: Hex
  /** Wei. */
  readonly value: bigint
}

type At = Pick<ChainDeployment, 'contracts'>

/** Lets the vault take `baseAmount` of a token. Needed before a deposit of it. */
export function approveCall(
  { contracts }: At,
  { token, baseAmount }: { token: Address; baseAmount: bigint },
): ContractCall {
  const data = encodeFunctionData({
    abi: erc20Abi,
    functionName: 'approve',
    args: [contracts.vault, baseAmount],
  })
  return { to: token, data, value: 0n }
}

export type DepositCallParameters = {
  asset: bigint
  /** The zero address for ETH. */
  token: Address
  /** Base-chain amount: protocol units times the asset's unit. */
  baseAmount: bigint
  /** H(RECIPIENT, …), what the note is locked to. */
  recipient: bigint
  /** DEPOSIT_CIPHERTEXT_BYTES. */
  ciphertext: Uint8Array
  /** Wei; getEntryFee. */
  entryFee: bigint
}

export function depositCall(
  { contracts }: At,
  { asset, token, baseAmount, recipient, ciphertext, entryFee }: DepositCallParameters,
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.vault,
    functionName: 'deposit',
    args: [Number(asset), baseAmount, recipient, bytesToHex(ciphertext)],
  })
  const isEther = BigInt(token) === 0n
  return { to: contracts.vault, data, value: isEther ? baseAmount + entryFee : entryFee }
}

/** Puts a transfer into the forced queue. `value` in wei: what is above the fee comes back. */
export function forceCall(
  { contracts }: At,
  { entry, value }: { entry: ForcedEntry; value: bigint },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.forcedQueue,
    functionName: 'enter',
    args: [encodeForcedEntry(entry)],
  })
  return { to: contracts.forcedQueue, data, value }
}

/** Starts to take an overdue deposit back. */
export function requestReclaimCall({ contracts }: At, id: bigint): ContractCall {
  const data = encodeFunctionData({
    abi: abis.vault,
    functionName: 'requestReclaim',
    args: [id],
  })
  return { to: contracts.vault, data, value: 0n }
}

/** Credits a reclaimed deposit back; then it can be claimed. */
export function refundCall({ contracts }: At, id: bigint): ContractCall {
  const data = encodeFunctionData({ abi: abis.vault, functionName: 'refund', args: [id] })
  return { to: contracts.vault, data, value: 0n }
}

/** Pays out all that `account` was credited in an asset, to itself. Anybody may send it. */
export function claimCall(
  { contracts }: At,
  { account, asset }: { account: Address; asset: bigint },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.vault,
    functionName: 'claimFor',
    args: [account, Number(asset)],
  })
  return { to: contracts.vault, data, value: 0n }
}

export function settleCall({ contracts }: At, call: SettleCall): ContractCall {
  return { to: contracts.rollup, data: encodeSettleInput(call), value: 0n }
}

export function publishPoliciesCall(
  { contracts }: At,
  { root, policies }: { root: bigint; policies: readonly Policy[] },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.policyRegistry,
    functionName: 'publish',
    args: [
      root,
      policies.map(({ tier, asset, ...limits }) => ({
        ...{ tier: Number(tier), asset: Number(asset) },
        ...limits,
      })),
    ],
  })
  return { to: contracts.policyRegistry, data, value: 0n }
}

/** Starts the timelock of a destination change (docs/spec/identity-registry.md). */
export function announceDestinationCall(
  { contracts }: At,
  { index, oldLeaf, newLeaf }: { index: bigint; oldLeaf: bigint; newLeaf: bigint },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.identityRegistry,
    functionName: 'announceDestination',
    args: [Number(index), oldLeaf, newLeaf],
  })
  return { to: contracts.identityRegistry, data, value: 0n }
}

/** Q with its proof of possession, as the registry takes a key (docs/spec/supervision-registry.md). */
export type AuditKeyRegistrationWords = {
  readonly q: CurvePoint
  readonly proof: PossessionProof
}

/** Schedules the next epoch with its keys. */
export function scheduleEpochCall(
  { contracts }: At,
  {
    startDay,
    statistics,
    investigation,
    largeValue,
  }: {
    startDay: bigint
    statistics: AuditKeyRegistrationWords
    investigation: AuditKeyRegistrationWords
    largeValue: AuditKeyRegistrationWords
  },
): ContractCall {
  const words = ({ q, proof: { r, s } }: AuditKeyRegistrationWords) => ({
    q: [q.x, q.y] as const,
    r: [r.x, r.y] as const,
    s,
  })
  const data = encodeFunctionData({
    abi: abis.supervisionRegistry,
    functionName: 'scheduleEpoch',
    args: [Number(startDay), words(statistics), words(investigation), words(largeValue)],
  })
  return { to: contracts.supervisionRegistry, data, value: 0n }
}
