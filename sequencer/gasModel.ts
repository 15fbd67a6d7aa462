import type { BatchCircuit } from '../protocol/constants.ts'

/**
 * What a `settle` call costs, in gas: measured on the contracts, data and base fee of the transaction included.
 * test/sequencer/gasModel.test.ts holds it equal to test/contracts/gas.json. Rounded up nowhere: see `MARGIN`.
 */
const GAS = {
  /** A call with one batch of 16, but for its transfers. One batch key and one transfer key among it. */
  fixed: 579_276,
  transferWithFee: 64_415,
  collectWithFee: 64_625 + 473,
  withdrawal: 26_767,
  depositTaken: 9_562,
  context: 7_399,
  collectKey: 203_001,
  batchKey: 72_897,
  batch: { 'batch-4': 87_559, 'batch-16': 91_376, 'batch-64': 106_546 },
} as const

/** Bytes of a call's data beside its slots: selector, ABI, header and a few contexts. */
const CALL_BYTES = 200
/** docs/spec/settlement.md: header of a batch, a deposit's id, slots with fee, a withdrawal. */
const BATCH_BYTES = 375
const DEPOSIT_BYTES = 5
const TRANSFER_BYTES = 896 + 10
const COLLECT_BYTES = 928 + 10
const WITHDRAWAL_BYTES = 30

/** What the model does not know: a day's first write of a slot, zero and other bytes. */
const MARGIN = 1.02

/** What a batch has that costs. */
export type BatchLoad = {
  readonly circuit: BatchCircuit
  readonly transfers: number
  readonly collects: number
  readonly withdrawals: number
  readonly deposits: number
}

/** Gas that one more batch adds to a call, without what is in it. */
export function gasOfBatch(circuit: BatchCircuit): number {
  return GAS.batch[circuit]
}

/** Gas that batches save by going in one call with others, each. */
export function gasSavedByJoining(circuit: BatchCircuit): number {
  return GAS.fixed - GAS.batch[circuit]
}

/** Gas and bytes of a call with these batches, from above. */
export function estimateCall(batches: readonly BatchLoad[]): { gas: number; bytes: number } {
  const circuits = new Set(batches.map(({ circuit }) => circuit))
  const hasCollects = batches.some(({ collects }) => collects > 0)
  // Another context may come with each batch: the registrar and midnight see to that.
  let gas = GAS.fixed + (hasCollects ? GAS.collectKey : 0) + batches.length * GAS.context
  let bytes = CALL_BYTES
  gas += Math.max(0, circuits.size - 1) * GAS.batchKey
  for (const [place, { circuit, ...load }] of batches.entries()) {
    gas += place === 0 ? GAS.batch[circuit] - GAS.batch['batch-4'] : GAS.batch[circuit]
    gas += load.transfers * GAS.transferWithFee + load.collects * GAS.collectWithFee
    gas += load.withdrawals * GAS.withdrawal + load.deposits * GAS.depositTaken
    bytes += BATCH_BYTES + load.deposits * DEPOSIT_BYTES + load.withdrawals * WITHDRAWAL_BYTES
    bytes += load.transfers * TRANSFER_BYTES + load.collects * COLLECT_BYTES
  }
  return { gas: Math.ceil(gas * MARGIN), bytes }
}
