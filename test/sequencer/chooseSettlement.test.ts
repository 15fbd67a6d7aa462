import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { encodeSettleInput, type SettleTransfer } from '../../l1/codec.ts'
import { BATCH_CIRCUITS, type BatchCircuit, MEMO_BYTES } from '../../protocol/constants.ts'
import {
  type BatchLoad,
  estimateCall,
  gasOfBatch,
  gasSavedByJoining,
} from '../../sequencer/gasModel.ts'
import {
  chooseSettlement,
  type NextProof,
  type ProvedLoad,
  type SettlementMeans,
} from '../../sequencer/settlement/chooseSettlement.ts'
import type { SettlementGas } from '../support/settlementGas.ts'

const GWEI = 10n ** 9n
const now = new Date(1_000_000)
const nothing = { transfers: 0, collects: 0, withdrawals: 0, deposits: 0 }
const usual: SettlementMeans = {
  now,
  maxBatches: 16,
  maxGas: 15_000_000,
  maxBytes: 120_000,
  settleAgeMs: 600_000,
  baseFee: GWEI,
  delayPrice: 100n * GWEI,
}

const aProved = (number: number, changes: Partial<ProvedLoad> = {}): ProvedLoad => ({
  ...nothing,
  circuit: 'batch-16',
  number: BigInt(number),
  transfers: 15,
  sealedAt: new Date(now.getTime() - 5_000),
  ...changes,
})
const aNext = (changes: Partial<NextProof> = {}): NextProof => ({
  ...aProved(99),
  sealedAt: new Date(now.getTime() - 1_000),
  proofSeconds: 3,
  ...changes,
})
const choose = (
  proved: readonly ProvedLoad[],
  next?: NextProof,
  means: Partial<SettlementMeans> = {},
) => {
  const { count, reason } = chooseSettlement(proved, next, { ...usual, ...means })
  return [count, reason]
}

describe('the gas model', () => {
  test('behavior: is what the contracts were measured to cost', async () => {
    const pins = new URL('../contracts/gas.json', import.meta.url)
    const gas = JSON.parse(await readFile(pins, 'utf8')) as SettlementGas
    assert.equal(gasOfBatch('batch-4'), gas.batch)
    assert.equal(gasOfBatch('batch-16'), gas.batchOf16)
    assert.equal(gasOfBatch('batch-64'), gas.batchOf64)
    assert.equal(gasSavedByJoining('batch-16'), gas.fixed - gas.batchOf16)
    const full = { ...nothing, circuit: 'batch-16' as const, transfers: 15 }
    const once = gas.fixed + gas.context + 15 * gas.marginalTransferWithFee
    const estimated = (batches: readonly BatchLoad[]) => estimateCall(batches).gas
    // 4,000: the fixed part was measured with a batch of 16, and the model counts what one has more than one of 4.
    const within = (value: number, expected: number) => {
      assert.ok(value >= expected && value <= expected * 1.03, `${value}, measured ${expected}`)
    }
    within(estimated([full]), once)
    within(
      estimated([full, full]),
      once + gas.batchOf16 + gas.context + 15 * gas.marginalTransferWithFee,
    )
    const mixed = {
      ...nothing,
      circuit: 'batch-4' as const,
      collects: 1,
      withdrawals: 1,
      deposits: 2,
    }
    within(
      estimated([full, mixed]),
      once +
        gas.batch +
        gas.context +
        gas.batchKey +
        gas.collectKey +
        gas.marginalCollect +
        gas.withdrawal +
        2 * gas.depositTaken,
    )
  })

  test('property: never fewer bytes than the call has', () => {
    const load = fc
      .constantFrom(...(Object.keys(BATCH_CIRCUITS) as BatchCircuit[]))
      .chain((circuit) => {
        const limit = BATCH_CIRCUITS[circuit].transferSlots
        return fc.record({
          circuit: fc.constant(circuit),
          deposits: fc.nat({ max: 4 }),
          kinds: fc.array(
            fc.record({ kind: fc.constantFrom('transfer', 'collect'), isWithdrawal: fc.boolean() }),
            { maxLength: Math.min(limit, 6) },
          ),
        })
      })
    fc.assert(
      fc.property(fc.array(load, { minLength: 1, maxLength: 4 }), (loads) => {
        const data = encodeSettleInput({
          contexts: [{ identityVersion: 1n, policyVersion: 1n, day: 20_000n }],
          batches: loads.map(({ circuit, deposits, kinds }, i) => ({
            circuit,
            batchNumber: BigInt(i + 1),
            feeRecipient: `0x${'ab'.repeat(20)}`,
            newNoteRoot: 1n,
            newNullifierRoot: 2n,
            depositIds: Array.from({ length: deposits }, (_, id) => BigInt(id)),
            c: 3n,
            proof: [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n] as const,
            slots: kinds.map(({ kind, isWithdrawal }) => aSlot(kind, isWithdrawal)),
          })),
        })
        const { bytes } = estimateCall(
          loads.map(({ circuit, deposits, kinds }) => ({
            circuit,
            deposits,
            transfers: kinds.filter(({ kind }) => kind === 'transfer').length,
            collects: kinds.filter(({ kind }) => kind === 'collect').length,
            withdrawals: kinds.filter(({ isWithdrawal }) => isWithdrawal).length,
          })),
        )
        const actual = data.length / 2 - 1
        assert.ok(bytes >= actual && bytes <= actual + 250, `${bytes} for ${actual}`)
      }),
      { numRuns: 50 },
    )
  })
})

describe('chooseSettlement', () => {
  test('behavior: nothing proved, nothing settled', () => {
    assert.deepEqual(choose([]), [0, 'nothing-proved'])
    assert.deepEqual(choose([], aNext()), [0, 'nothing-proved'])
  })
  test('behavior: all that is proved goes when nothing follows', () => {
    assert.deepEqual(choose([aProved(1), aProved(2)]), [2, 'nothing-follows'])
  })
  test('behavior: without a price nothing waits for a cheaper call', () => {
    assert.deepEqual(choose([aProved(1)], aNext(), { delayPrice: undefined }), [1, 'no-price'])
    assert.deepEqual(choose([aProved(1)], aNext(), { baseFee: undefined }), [1, 'no-price'])
  })
  test('behavior: waits for a proof that is near, and not for one whose delay costs more', () => {
    assert.deepEqual(choose([aProved(1)], aNext()), [0, 'next-proof-saves-more'])
    const soon = { baseFee: GWEI / 1000n }
    assert.deepEqual(choose([aProved(1)], aNext(), soon), [1, 'delay-costs-more'])
    const slow = aNext({ proofSeconds: 900 })
    assert.deepEqual(choose([aProved(1)], slow), [1, 'delay-costs-more'])
  })
  test('behavior: a proof that is overdue is waited for ever less', () => {
    const overdue = (ms: number) =>
      choose([aProved(1)], aNext({ sealedAt: new Date(now.getTime() - ms) }))
    assert.deepEqual(overdue(10_000), [0, 'next-proof-saves-more'])
    assert.deepEqual(overdue(400_000), [1, 'delay-costs-more'])
  })
  test('behavior: the oldest is due by its age, whatever it would save to wait', () => {
    const old = aProved(1, { sealedAt: new Date(now.getTime() - 600_000) })
    const dear = { baseFee: 1_000_000n * GWEI }
    assert.deepEqual(choose([old], aNext(), dear), [1, 'due'])
  })
  test('behavior: a call takes what fits by number, gas and bytes, and waits for nothing then', () => {
    const many = Array.from({ length: 20 }, (_, i) => aProved(i + 1, { transfers: 1 }))
    assert.deepEqual(choose(many, aNext()), [16, 'call-full'])
    assert.deepEqual(choose(many.slice(0, 16), aNext()), [16, 'call-full'])
    const large = [1, 2, 3].map((i) => aProved(i, { circuit: 'batch-64', transfers: 63 }))
    // 2 x 63 x 906 bytes fit, three do not.
    assert.deepEqual(choose(large), [2, 'call-full'])
    assert.deepEqual(choose(large.slice(0, 2), aNext()), [2, 'call-full'])
    assert.deepEqual(choose(large, undefined, { maxBytes: 10 ** 9 }), [3, 'nothing-follows'])
    assert.deepEqual(choose(large, undefined, { maxBytes: 10 ** 9, maxGas: 9.2e6 }), [
      2,
      'call-full',
    ])
  })
  test('behavior: one that is too large for any call goes alone', () => {
    const large = [1, 2].map((i) => aProved(i, { circuit: 'batch-64', transfers: 63 }))
    assert.deepEqual(choose(large, undefined, { maxGas: 1_000_000 }), [1, 'call-full'])
  })
  test('behavior: the choice says what it was made from', () => {
    const { facts } = chooseSettlement([aProved(1)], aNext(), usual)
    const { gas, bytes, ...rest } = facts
    assert.deepEqual({ gas, bytes }, estimateCall([aProved(1)]))
    assert.deepEqual(rest, {
      proved: 1,
      transfers: 15,
      oldestAgeMs: 5_000,
      baseFee: '1000000000',
      nextProofSeconds: 2,
      delayCost: 15 * 2 * 1e11,
      gasSaving: gasSavedByJoining('batch-16') * 1e9,
    })
  })

  const proved = fc.array(
    fc.record({
      circuit: fc.constantFrom(...(Object.keys(BATCH_CIRCUITS) as BatchCircuit[])),
      transfers: fc.nat({ max: 63 }),
      deposits: fc.nat({ max: 4 }),
      ageMs: fc.nat({ max: 700_000 }),
    }),
    { maxLength: 20 },
  )
  const means = fc.record({
    maxBatches: fc.integer({ min: 1, max: 20 }),
    maxGas: fc.integer({ min: 600_000, max: 16_000_000 }),
    maxBytes: fc.integer({ min: 2_000, max: 200_000 }),
    baseFee: fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n }), { nil: undefined }),
    delayPrice: fc.option(fc.bigInt({ min: 0n, max: 10n ** 13n }), { nil: undefined }),
  })
  test('property: settles what is due, within the limits of a call, in order', () => {
    fc.assert(
      fc.property(proved, fc.boolean(), means, (loads, hasNext, given) => {
        const batches = loads.map(({ ageMs, ...load }, i) =>
          aProved(i + 1, { ...load, sealedAt: new Date(now.getTime() - ageMs) }),
        )
        const next = hasNext ? aNext() : undefined
        const { count, facts } = chooseSettlement(batches, next, { ...usual, ...given })
        assert.ok(count <= Math.min(batches.length, given.maxBatches))
        const isDue = (loads[0]?.ageMs ?? 0) >= usual.settleAgeMs
        if (batches.length > 0 && (isDue || !hasNext)) assert.ok(count > 0)
        if (count > 1) {
          assert.ok(facts.gas <= given.maxGas && facts.bytes <= given.maxBytes)
          assert.equal(facts.gas, estimateCall(batches.slice(0, count)).gas)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})

function aSlot(kind: 'transfer' | 'collect', isWithdrawal: boolean): SettleTransfer {
  return {
    kind,
    context: 0,
    anchorBatch: 0n,
    nullifier: 7n,
    outputs: [1n, 2n, 3n, 4n],
    withdrawal: isWithdrawal ? (1n << 16n) | 1n : 0n,
    fee: { amount: 5n, asset: 1n },
    traceTag: 1n,
    ephemeral: [1n, 2n],
    statisticsCiphertext: [1n, 2n],
    investigationCiphertext: kind === 'collect' ? [1n, 2n] : [1n],
    memo: new Uint8Array(MEMO_BYTES),
    proof: [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n],
  }
}
