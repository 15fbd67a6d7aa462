import { encodeFunctionData, type Hex, parseEventLogs, type TransactionReceipt } from 'viem'
import { abis } from './bindings.ts'
import type { ContractCall } from './calls.ts'
import type { ChainDeployment } from './deployment.ts'
import { type OrderKind, orderKinds } from './orders.ts'

type At = Pick<ChainDeployment, 'contracts'>
export type ApproverRole = 'reviewer' | 'judge'

/** What is filed: hashes, codes and counts. */
export type Filing = {
  readonly kind: OrderKind
  readonly isEmergency: boolean
  /** Code of a published table, not 0. */
  readonly legalBasis: number
  /** Trace keys and records that may be opened at most; 0 for a destination. */
  readonly limit: number
  readonly caseHash: Hex
  readonly scopeHash: Hex
}

export function fileOrderCall({ contracts }: At, { kind, ...filing }: Filing): ContractCall {
  const data = encodeFunctionData({
    abi: abis.disclosureLog,
    functionName: 'file',
    args: [{ kind: orderKinds.indexOf(kind), ...filing }],
  })
  return { to: contracts.disclosureLog, data, value: 0n }
}

/** The number that the log gave the order that this transaction filed. */
export function filedOrder({ contracts }: At, { logs }: TransactionReceipt): bigint | undefined {
  const own = logs.filter(
    ({ address }) => address.toLowerCase() === contracts.disclosureLog.toLowerCase(),
  )
  return parseEventLogs({ abi: abis.disclosureLog, eventName: 'OrderFiled', logs: own }).at(0)?.args
    .order
}

export function approveOrderCall(
  { contracts }: At,
  { order, role }: { order: bigint; role: ApproverRole },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.disclosureLog,
    functionName: role === 'judge' ? 'approveAsJudge' : 'approveAsReviewer',
    args: [order],
  })
  return { to: contracts.disclosureLog, data, value: 0n }
}

export function rejectOrderCall(
  { contracts }: At,
  { order, role, reasonHash }: { order: bigint; role: ApproverRole; reasonHash: Hex },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.disclosureLog,
    functionName: role === 'judge' ? 'rejectAsJudge' : 'rejectAsReviewer',
    args: [order, reasonHash],
  })
  return { to: contracts.disclosureLog, data, value: 0n }
}

export function announceOpeningsCall(
  { contracts }: At,
  { order, recordsHash, count }: { order: bigint; recordsHash: Hex; count: number },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.disclosureLog,
    functionName: 'announceOpenings',
    args: [order, recordsHash, count],
  })
  return { to: contracts.disclosureLog, data, value: 0n }
}

export function discloseOrderCall(
  { contracts }: At,
  { order, bundleHash }: { order: bigint; bundleHash: Hex },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.disclosureLog,
    functionName: 'disclose',
    args: [order, bundleHash],
  })
  return { to: contracts.disclosureLog, data, value: 0n }
}

export function unsealOrderCall(
  { contracts }: At,
  { order, noticeHash }: { order: bigint; noticeHash: Hex },
): ContractCall {
  const data = encodeFunctionData({
    abi: abis.disclosureLog,
    functionName: 'unseal',
    args: [order, noticeHash],
  })
  return { to: contracts.disclosureLog, data, value: 0n }
}

export function closeOrderCall({ contracts }: At, order: bigint): ContractCall {
  const data = encodeFunctionData({
    abi: abis.disclosureLog,
    functionName: 'close',
    args: [order],
  })
  return { to: contracts.disclosureLog, data, value: 0n }
}

/** Anybody's: an order that was not approved, disclosed, unsealed or ratified in time. */
export function markOrderCall(
  { contracts }: At,
  { order, as }: { order: bigint; as: 'lapse' | 'markOverdue' | 'markViolation' },
): ContractCall {
  const data = encodeFunctionData({ abi: abis.disclosureLog, functionName: as, args: [order] })
  return { to: contracts.disclosureLog, data, value: 0n }
}
