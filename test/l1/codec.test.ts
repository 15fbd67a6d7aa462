import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { encodeFunctionData, parseAbi } from 'viem'
import {
  decodeSettle,
  decodeSettleInput,
  encodeSettle,
  encodeSettleInput,
  type Hex,
  type ProofWords,
  SETTLE_SELECTOR,
  type SettleBatch,
  type SettleCall,
  type SettleForced,
  type SettleSlot,
  type SettleTransfer,
} from '../../l1/codec.ts'
import {
  BATCH_CIRCUITS,
  type BatchCircuit,
  FIELD_ORDER,
  MEMO_BYTES,
} from '../../protocol/constants.ts'
import { packWord } from '../../protocol/words.ts'

/** Plain objects, as literals are. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true })
const field = fc.bigInt({ min: 0n, max: FIELD_ORDER - 1n })
const uint = (bits: bigint, min = 0n) => fc.bigInt({ min, max: 2n ** bits - 1n })
const proof = fc
  .array(uint(256n), { minLength: 8, maxLength: 8 })
  .map((words) => words as unknown as ProofWords)
const flag = fc.constantFrom({}, { isSunsetKey: true as const })
const address = uint(160n).map((value): Hex => `0x${value.toString(16).padStart(40, '0')}`)

const withdrawalWord = fc.oneof(
  fc.constant(0n),
  record({ asset: uint(16n), amount: uint(64n, 1n), recipient: uint(160n) }).map((fields) =>
    packWord('withdrawal', fields),
  ),
)
const fee = fc.oneof(
  fc.constant({ amount: 0n, asset: 0n }),
  record({ amount: uint(64n, 1n), asset: uint(16n) }),
)

const transfer = (contextCount: number): fc.Arbitrary<SettleTransfer> =>
  record({
    kind: fc.constantFrom('transfer' as const, 'collect' as const),
    context: fc.nat(contextCount - 1),
    anchorBatch: uint(40n),
    nullifier: uint(248n, 1n),
    outputs: fc.tuple(field, field, field, field),
    withdrawal: withdrawalWord,
    fee,
    traceTag: field,
    ephemeral: fc.tuple(field, field),
    statisticsCiphertext: fc.tuple(field, field),
    investigationCiphertext: fc.tuple(field, field),
    memo: fc.uint8Array({ minLength: MEMO_BYTES, maxLength: MEMO_BYTES }),
    proof,
  }).chain((slot) =>
    flag.map((sunset) => ({
      ...slot,
      ...sunset,
      investigationCiphertext:
        slot.kind === 'collect'
          ? slot.investigationCiphertext
          : slot.investigationCiphertext.slice(0, 1),
    })),
  )

const forced: fc.Arbitrary<SettleForced> = record({
  kind: fc.constant('forced' as const),
  takenAs: fc.constantFrom('transfer' as const, 'collect' as const, 'void' as const),
  entryId: uint(40n),
  nullifier: uint(248n, 1n),
  outputs: fc.tuple(field, field, field, field),
  withdrawal: withdrawalWord,
  fee,
})

const batch = (contextCount: number): fc.Arbitrary<Omit<SettleBatch, 'batchNumber'>> =>
  fc
    .constantFrom(...(Object.keys(BATCH_CIRCUITS) as BatchCircuit[]))
    .chain((circuit) =>
      record({
        circuit: fc.constant(circuit),
        feeRecipient: address,
        newNoteRoot: field,
        newNullifierRoot: field,
        depositIds: fc.array(uint(40n), { maxLength: BATCH_CIRCUITS[circuit].deposits }),
        c: field,
        proof,
        slots: fc.array(
          fc.oneof(fc.constant<SettleSlot>({ kind: 'empty' }), transfer(contextCount), forced),
          { maxLength: Math.min(4, BATCH_CIRCUITS[circuit].transferSlots) },
        ),
      }),
    )
    .chain((value) => flag.map((sunset) => ({ ...value, ...sunset })))

const call: fc.Arbitrary<SettleCall> = fc
  .array(record({ identityVersion: uint(32n), policyVersion: uint(32n), day: uint(16n) }), {
    minLength: 1,
    maxLength: 3,
  })
  .chain((contexts) =>
    fc
      .tuple(uint(39n), fc.array(batch(contexts.length), { minLength: 1, maxLength: 3 }))
      .map(([first, batches]) => ({
        contexts,
        batches: batches.map((value, i) => ({ ...value, batchNumber: first + BigInt(i) })),
      })),
  )

/** One batch with one transfer; every field distinct. */
function aCall(changes: Partial<SettleBatch> = {}, slot: Partial<SettleTransfer> = {}): SettleCall {
  const proofOf = (first: bigint) =>
    Array.from({ length: 8 }, (_, i) => first + BigInt(i)) as unknown as ProofWords
  return {
    contexts: [{ identityVersion: 1n, policyVersion: 2n, day: 20_000n }],
    batches: [
      {
        circuit: 'batch-4',
        batchNumber: 5n,
        feeRecipient: `0x${'fe'.repeat(20)}`,
        newNoteRoot: 11n,
        newNullifierRoot: 12n,
        depositIds: [7n],
        c: 13n,
        proof: proofOf(100n),
        slots: [
          {
            kind: 'transfer',
            context: 0,
            anchorBatch: 4n,
            nullifier: 21n,
            outputs: [31n, 32n, 33n, 34n],
            withdrawal: 0n,
            fee: { amount: 0n, asset: 0n },
            traceTag: 41n,
            ephemeral: [42n, 43n],
            statisticsCiphertext: [44n, 45n],
            investigationCiphertext: [46n],
            memo: new Uint8Array(MEMO_BYTES).fill(0xaa),
            proof: proofOf(200n),
            ...slot,
          },
        ],
        ...changes,
      },
    ],
  }
}

const codeOf = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'no error'
}

describe('encodeSettle', () => {
  test('behavior: decodeSettle gives back what was encoded', () => {
    fc.assert(
      fc.property(call, (value) => {
        assert.deepEqual(decodeSettle(encodeSettle(value)), value)
      }),
      { numRuns: 60 },
    )
  })

  test('behavior: the input is the ABI encoding of settle(bytes)', () => {
    const value = aCall()
    const expected = encodeFunctionData({
      abi: parseAbi(['function settle(bytes data)']),
      args: [encodeSettle(value)],
    })
    assert.equal(encodeSettleInput(value), expected)
    assert.equal(expected.slice(0, 10), SETTLE_SELECTOR)
    assert.deepEqual(decodeSettleInput(expected), value)
  })

  test('default: a transfer takes 896 bytes, a collect 928, an empty slot 1', () => {
    const length = (slots: readonly SettleSlot[]) => encodeSettle(aCall({ slots })).length / 2 - 1
    const [slot] = aCall().batches[0]?.slots ?? []
    const none = length([])
    assert.ok(slot !== undefined && 'proof' in slot)
    assert.equal(length([slot]) - none, 896)
    const collect = { ...slot, kind: 'collect' as const, investigationCiphertext: [1n, 2n] }
    assert.equal(length([collect]) - none, 928)
    assert.equal(length([{ kind: 'empty' }]) - none, 1)
    assert.equal(length([{ ...slot, fee: { amount: 1n, asset: 1n } }]) - none, 906)
    assert.equal(length([{ ...slot, withdrawal: 1n << 16n }]) - none, 926)
  })

  test('rejects: values that do not fit their places', () => {
    const rejected: (() => unknown)[] = [
      () => encodeSettle({ contexts: [], batches: [] }),
      () => encodeSettle(aCall({ newNoteRoot: FIELD_ORDER })),
      () => encodeSettle(aCall({ c: FIELD_ORDER })),
      () => encodeSettle(aCall({ depositIds: [1n << 40n] })),
      () => encodeSettle(aCall({ depositIds: [1n, 2n, 3n, 4n, 5n] })),
      () => encodeSettle(aCall({ feeRecipient: '0x01' })),
      () => encodeSettle(aCall({}, { nullifier: 0n })),
      () => encodeSettle(aCall({}, { nullifier: 1n << 248n })),
      () => encodeSettle(aCall({}, { context: 1 })),
      () => encodeSettle(aCall({}, { memo: new Uint8Array(MEMO_BYTES - 1) })),
      () => encodeSettle(aCall({}, { traceTag: FIELD_ORDER })),
      () => encodeSettle(aCall({}, { fee: { amount: 0n, asset: 1n } })),
      () => encodeSettle(aCall({}, { withdrawal: 1n })),
      () => encodeSettle(aCall({}, { kind: 'collect' })),
    ]
    for (const run of rejected) assert.equal(codeOf(run), 'SETTLE_DATA_INVALID')
    const [first] = aCall().batches
    assert.ok(first !== undefined)
    assert.equal(
      codeOf(() => encodeSettle({ contexts: [], batches: [{ ...first, slots: [] }, first] })),
      'SETTLE_DATA_INVALID',
      'batches that are not consecutive',
    )
  })
})

describe('decodeSettle', () => {
  test('default: reads the example of docs/spec/settlement.md', async () => {
    const page = await readFile(new URL('../../docs/spec/settlement.md', import.meta.url), 'utf8')
    const example = /```settle\n([0-9a-f\n]+)```/.exec(page)?.[1]
    assert.ok(example !== undefined)
    const proofOf = (first: bigint) =>
      Array.from({ length: 8 }, (_, i) => first + BigInt(i)) as unknown as ProofWords
    const expected: SettleCall = {
      contexts: [{ identityVersion: 3n, policyVersion: 1n, day: 20_780n }],
      batches: [
        {
          circuit: 'batch-4',
          batchNumber: 5n,
          feeRecipient: `0x${'fe'.repeat(20)}`,
          newNoteRoot: 0x11n,
          newNullifierRoot: 0x12n,
          depositIds: [7n],
          c: 0x13n,
          proof: proofOf(0x20n),
          slots: [
            {
              kind: 'transfer',
              context: 0,
              anchorBatch: 4n,
              nullifier: 0x31n,
              outputs: [0x41n, 0x42n, 0x43n, 0x44n],
              withdrawal: packWord('withdrawal', {
                asset: 1n,
                amount: 1_000n,
                recipient: BigInt(`0x${'cd'.repeat(20)}`),
              }),
              fee: { amount: 300n, asset: 1n },
              traceTag: 0x51n,
              ephemeral: [0x52n, 0x53n],
              statisticsCiphertext: [0x54n, 0x55n],
              investigationCiphertext: [0x56n],
              memo: new Uint8Array(MEMO_BYTES).fill(0xaa),
              proof: proofOf(0x60n),
            },
          ],
        },
      ],
    }
    assert.deepEqual(decodeSettle(`0x${example.replaceAll('\n', '')}`), expected)
  })

  test('rejects: every shorter piece of the data', () => {
    const data = encodeSettle(aCall({}, { fee: { amount: 1n, asset: 1n }, withdrawal: 1n << 16n }))
    for (let length = 2; length < data.length; length += 2) {
      assert.equal(
        codeOf(() => decodeSettle(data.slice(0, length) as Hex)),
        'SETTLE_DATA_TRUNCATED',
      )
    }
  })

  test('rejects: data behind the contents', () => {
    assert.equal(
      codeOf(() => decodeSettle(`${encodeSettle(aCall())}00`)),
      'SETTLE_DATA_TRAILING',
    )
  })

  test('rejects: another version, unknown circuits, head bytes and contexts', () => {
    const bytes = Buffer.from(encodeSettle(aCall()).slice(2), 'hex')
    const changed = (offset: number, value: number): Hex => {
      const copy = Buffer.from(bytes)
      copy[offset] = value
      return `0x${copy.toString('hex')}`
    }
    const slotAt = 8 + 10 + 375 + 5
    for (const data of [
      changed(0, 2),
      changed(7, 0),
      changed(18, 1),
      changed(slotAt, 3),
      changed(slotAt, 0x21),
      changed(slotAt, 4),
      changed(slotAt + 1, 1),
    ]) {
      const code = codeOf(() => decodeSettle(data))
      assert.ok(code === 'SETTLE_DATA_INVALID' || code === 'SETTLE_DATA_TRAILING', String(code))
    }
  })

  test('rejects: field elements that are not canonical', () => {
    const data = encodeSettle(aCall())
    const word = (value: bigint) => value.toString(16).padStart(64, '0')
    for (const value of [11n, 12n, 13n, 31n, 34n, 41n, 46n]) {
      const twin = data.replace(word(value), word(value + FIELD_ORDER)) as Hex
      assert.notEqual(twin, data)
      assert.equal(
        codeOf(() => decodeSettle(twin)),
        'SETTLE_DATA_INVALID',
      )
    }
  })

  test('rejects: an input that is no settle call or points beyond its end', () => {
    const input = encodeSettleInput(aCall())
    const word = (value: bigint): string => value.toString(16).padStart(64, '0')
    assert.equal(
      codeOf(() => decodeSettleInput('0xdeadbeef')),
      'SETTLE_CALL_UNKNOWN',
    )
    for (const malformed of [
      SETTLE_SELECTOR,
      `${SETTLE_SELECTOR}${word(32n)}`,
      `${SETTLE_SELECTOR}${word((1n << 256n) - 1n)}${input.slice(74)}`,
      `${SETTLE_SELECTOR}${word(32n)}${word(1n << 64n)}${input.slice(138)}`,
    ] as const) {
      assert.equal(
        codeOf(() => decodeSettleInput(malformed)),
        'SETTLE_DATA_TRUNCATED',
      )
    }
  })

  test('behavior: another ABI encoding that Solidity reads the same way is read the same way', () => {
    const call = aCall()
    const input = encodeSettleInput(call)
    const dirty = `${input.slice(0, -2)}01` as Hex
    const moved = `${SETTLE_SELECTOR}${'40'.padStart(64, '0')}${'ab'.repeat(32)}${input.slice(74)}`
    for (const other of [dirty, `${input}00`, moved as Hex] as const) {
      assert.deepEqual(decodeSettleInput(other), call)
    }
  })
})
