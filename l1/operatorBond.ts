import { type Address, encodeFunctionData, type Hex, type Log, parseEventLogs } from 'viem'
import type { PossessionProof } from '../protocol/auditKeyPossession.ts'
import type { NullifierAbsence } from '../protocol/bondClaim.ts'
import { ask } from './ask.ts'
import { abis, contractOf } from './bindings.ts'
import type { ContractCall } from './calls.ts'
import type { ChainDeployment } from './deployment.ts'
import { encodeForcedEntry, type ForcedEntry } from './forcedEntry.ts'
import { type NewestBlock, oncePerBlock } from './oncePerBlock.ts'
import type { ChainView } from './reads.ts'

/** An operator's bond in the newest block. Times are the settlement clock's, in seconds; amounts wei. */
export type OperatorBondState = {
  /** Undefined where nobody registered one. */
  readonly owner: Address | undefined
  readonly amount: bigint
  /** Undefined where no withdrawal was announced. */
  readonly withdrawableAt: bigint | undefined
  /** Whether receipts may promise. */
  readonly isBonded: boolean
  readonly promiseTime: bigint
  readonly holdTime: bigint
  readonly notice: bigint
  readonly payout: bigint
  readonly minBond: bigint
  readonly time: bigint
  /** Unix seconds of the block: what `time` was at. */
  readonly blockTime: bigint
}

/** The bond of whoever signs receipts as `sequencer`. */
export async function getOperatorBond(
  view: ChainView,
  sequencer: Address,
): Promise<OperatorBondState> {
  return readOperatorBond(view, sequencer, await ask('newest block', () => view.client.getBlock()))
}

/** The same for whoever asks again and again: see oncePerBlock. */
export function watchOperatorBond(
  view: ChainView,
  sequencer: Address,
): () => Promise<OperatorBondState> {
  return oncePerBlock(view.client, (block) => readOperatorBond(view, sequencer, block))
}

async function readOperatorBond(
  { client, deployment }: ChainView,
  sequencer: Address,
  { number: blockNumber, timestamp }: NewestBlock,
): Promise<OperatorBondState> {
  const bond = { ...contractOf(deployment, 'operatorBond'), blockNumber }
  const clock = { ...contractOf(deployment, 'clock'), blockNumber }
  const read = client.readContract
  const [state, isBonded, promiseTime, holdTime, notice, payout, minBond, time] = await ask(
    'operator bond',
    () =>
      Promise.all([
        read({ ...bond, functionName: 'bondOf', args: [sequencer] }),
        read({ ...bond, functionName: 'isBonded', args: [sequencer] }),
        read({ ...bond, functionName: 'PROMISE_TIME' }),
        read({ ...bond, functionName: 'HOLD_TIME' }),
        read({ ...bond, functionName: 'NOTICE' }),
        read({ ...bond, functionName: 'PAYOUT' }),
        read({ ...bond, functionName: 'MIN_BOND' }),
        read({ ...clock, functionName: 'time' }),
      ]),
  )
  return {
    owner: BigInt(state.owner) === 0n ? undefined : (state.owner.toLowerCase() as Address),
    amount: state.amount,
    withdrawableAt: state.withdrawableAt === 0n ? undefined : state.withdrawableAt,
    ...{ isBonded, promiseTime, holdTime, notice, payout, minBond, time, blockTime: timestamp },
  }
}

/** What a claim rests on: the entry that `forceForClaimCall` made. */
export function findForcedForClaim(
  { contracts }: Pick<ChainDeployment, 'contracts'>,
  logs: readonly Log[],
): { entryId: bigint; nullifierRoot: bigint } | undefined {
  const own = logs.filter(({ address }) => address.toLowerCase() === contracts.operatorBond)
  const [forced] = parseEventLogs({ abi: abis.operatorBond, eventName: 'Forced', logs: own })
  return forced?.args
}

/** The nullifier root when an entry was made for a claim; undefined for another entry. */
export async function getForcedNullifierRoot(
  { client, deployment }: ChainView,
  entryId: bigint,
): Promise<bigint | undefined> {
  const root = await ask('forced entry', () =>
    client.readContract({
      ...contractOf(deployment, 'operatorBond'),
      functionName: 'nullifierRootOf',
      args: [entryId],
    }),
  )
  return root === 0n ? undefined : root
}

/** Whether a transfer's broken promise was paid for. */
export function isBondClaimed(
  { client, deployment }: ChainView,
  statementId: Hex,
): Promise<boolean> {
  return ask('claim', () =>
    client.readContract({
      ...contractOf(deployment, 'operatorBond'),
      functionName: 'isClaimed',
      args: [statementId],
    }),
  )
}

/**
 * The version of a registry that was current at a clock time, if it has this root. One root may have had several
 * versions, of which a claim must name the one of that time.
 */
export async function findVersionAt(
  { client, deployment }: ChainView,
  {
    registry,
    root,
    time,
  }: { registry: 'identityRegistry' | 'policyRegistry'; root: bigint; time: bigint },
): Promise<bigint | undefined> {
  const { address } = contractOf(deployment, registry)
  // Both registries have these functions; one of the ABIs serves for both.
  const { abi } = contractOf(deployment, 'identityRegistry')
  const rootAt = (version: bigint) =>
    ask('root', () =>
      client.readContract({ address, abi, functionName: 'rootAt', args: [version] }),
    )
  let [version] = await ask('root', () =>
    client.readContract({ address, abi, functionName: 'current' }),
  )
  for (let [known] = await rootAt(version); ; version--) {
    // Superseded is a version when the next one is published.
    const [before, publishedAt] = version === 0n ? [0n, 0n] : await rootAt(version - 1n)
    if (publishedAt <= time) return known === root ? version : undefined
    known = before
  }
}

export type BondReceipt = {
  readonly statementId: Hex
  /** Unix milliseconds. */
  readonly admittedAt: number
  /** Seconds of the settlement clock. */
  readonly settleBy: number
  readonly sequencer: Address
  readonly signature: Hex
}

export type BondClaim = {
  readonly receipt: BondReceipt
  /** What the statement id is the hash of. */
  readonly statement: Hex
  readonly entryId: bigint
  readonly identityVersion: bigint
  readonly policyVersion: bigint
  readonly absence: NullifierAbsence
  readonly possession: PossessionProof
  readonly payee: Address
}

type At = Pick<ChainDeployment, 'contracts'>

function bondCall({ contracts }: At, data: Hex, value = 0n): ContractCall {
  return { to: contracts.operatorBond, data, value }
}

/** Makes the sender owner of a bond, and posts `value`. `consent`: api/typedData.ts, signBondOwner. */
export function registerBondCall(
  at: At,
  { sequencer, consent, value }: { sequencer: Address; consent: Hex; value: bigint },
): ContractCall {
  const args = [sequencer, consent] as const
  const data = encodeFunctionData({ abi: abis.operatorBond, functionName: 'register', args })
  return bondCall(at, data, value)
}

/** Adds to a bond. */
export function postOperatorBondCall(
  at: At,
  { sequencer, value }: { sequencer: Address; value: bigint },
): ContractCall {
  const args = [sequencer] as const
  const data = encodeFunctionData({ abi: abis.operatorBond, functionName: 'post', args })
  return bondCall(at, data, value)
}

/** Starts, or ends, the notice of a withdrawal. */
export function bondNoticeCall(
  at: At,
  { sequencer, isLeaving }: { sequencer: Address; isLeaving: boolean },
): ContractCall {
  const functionName = isLeaving ? 'announceWithdrawal' : 'cancelWithdrawal'
  const data = encodeFunctionData({ abi: abis.operatorBond, functionName, args: [sequencer] })
  return bondCall(at, data)
}

/** Pays the whole bond out, after the notice. */
export function withdrawOperatorBondCall(
  at: At,
  { sequencer, to }: { sequencer: Address; to: Address },
): ContractCall {
  const args = [sequencer, to] as const
  return bondCall(
    at,
    encodeFunctionData({ abi: abis.operatorBond, functionName: 'withdraw', args }),
  )
}

/** As forceCall, and keeps what was spent by then. */
export function forceForClaimCall(
  at: At,
  { entry, value }: { entry: ForcedEntry; value: bigint },
): ContractCall {
  const args = [encodeForcedEntry(entry)] as const
  const data = encodeFunctionData({ abi: abis.operatorBond, functionName: 'force', args })
  return bondCall(at, data, value)
}

/** Has a broken promise paid. */
export function claimBondCall(at: At, claim: BondClaim): ContractCall {
  const data = encodeFunctionData({
    abi: abis.operatorBond,
    functionName: 'claim',
    args: [claimWords(claim) as never],
  })
  return bondCall(at, data)
}

/** A claim as the contract's struct has it. */
export function claimWords({ receipt, absence, possession, ...rest }: BondClaim) {
  const { admittedAt, settleBy, ...signed } = receipt
  return {
    receipt: { ...signed, admittedAt: BigInt(admittedAt), settleBy: BigInt(settleBy) },
    absence,
    possession: { r: [possession.r.x, possession.r.y], s: possession.s },
    ...rest,
  }
}
