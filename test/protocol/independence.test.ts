import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { encodeSubmission } from '../../api/index.ts'
import { encodeSettle, type SettleTransfer } from '../../l1/codec.ts'
import { buildTransfer } from '../../protocol/buildTransfer.ts'
import { hexToBytes } from '../../protocol/field.ts'
import { countPublicInputs, publicInputsToArray } from '../../protocol/publicInputs.ts'
import { anIntent, aWorld, type TransferOptions, type TransferWorld } from '../support/transfers.ts'

// What the public sees of a settled transfer, byte for byte, and what the sequencer sees of a submitted one, must not
// depend on amounts, assets or parties. Two very different kinds of traffic are made with the real builder and the
// real encodings, and their bits and words compared. Everything is seeded, so the outcome is the same each time; planted
// leaks show that the comparison would have seen one. When and from where something is sent is not looked at here.

const COUNT = 60
/** Two versions of the same transfer must differ in what they hide and in nothing else. */
type Profile = (world: TransferWorld, i: number) => TransferOptions
const people = aWorld()

/** One small payment out of one note, in one asset, by the poor. */
const small: Profile = ({ bob }, i) => ({
  ...{
    label: `small ${String(i)}`,
    asset: 7n,
    fee: 0n,
    account: { balance: 3n, nonce: BigInt(i) + 1n },
  },
  ...{ inputs: [{ amount: 1n }], payments: [{ to: bob, amount: 1n + BigInt(i % 2) }] },
})
/** Three large ones out of a large balance, to others and to oneself, in another asset, with a message. */
const large: Profile = ({ alice, bob, carol }, i) => ({
  ...{ label: `large ${String(i)}`, asset: 9n, fee: 0n, inputs: [] },
  account: { balance: 1n << 60n, nonce: (1n << 31n) + BigInt(i), cursor: 1n << 30n },
  identity: { tier: 3n, jurisdiction: 156n },
  policy: { perTransfer: 1n << 62n, perDay: 1n << 62n, accountCap: 1n << 62n },
  payments: [carol, bob, alice].map((to, k) => ({
    ...{ to, amount: (1n << 57n) + BigInt(1_000 * i + k), userMemo: 'a message of some length' },
  })),
})

type Sample = {
  /** The slot as calldata, without what every transfer has in common. */
  readonly calldata: Uint8Array
  readonly submission: string
  readonly words: ReadonlyMap<string, bigint>
}

function sample(profile: Profile, i: number): Sample {
  const named = profile(people, i)
  const world = aWorld(named)
  const { publicInputs, memo } = buildTransfer(anIntent(named, world))
  const proof = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n] as const
  const slot: SettleTransfer = {
    ...publicInputs,
    ...{
      kind: 'transfer',
      context: 0,
      anchorBatch: 1n,
      fee: { amount: 0n, asset: 0n },
      memo,
      proof,
    },
  }
  const calldata = hexToBytes(
    encodeSettle({
      contexts: [{ identityVersion: 1n, policyVersion: 1n, day: publicInputs.day }],
      batches: [
        {
          ...{ circuit: 'batch-4', batchNumber: 2n, newNoteRoot: 0n, newNullifierRoot: 0n, c: 0n },
          ...{ feeRecipient: `0x${'00'.repeat(20)}`, depositIds: [], proof, slots: [slot] },
        },
      ],
    }),
  )
  // Roots are public and the same for all who are current; each sample here has trees of its own.
  const shared = { ...publicInputs, anchor: 0n, identityRoot: 0n, policyRoot: 0n }
  const submission = encodeSubmission({
    ...{ circuit: 'transfer', proof, publicInputs: shared, memo, anchorBatch: 1n },
  })
  const { nullifier, outputs, traceTag, ephemeral } = publicInputs
  const words = new Map<string, bigint>([
    ...outputs.map((output, k) => [`output ${String(k)}`, output] as const),
    ...[...publicInputs.statisticsCiphertext, ...publicInputs.investigationCiphertext].map(
      (word, k) => [`ciphertext ${String(k)}`, word] as const,
    ),
    ['nullifier', nullifier << 5n],
    ['trace tag', traceTag],
    ['ephemeral', ephemeral[0]],
    ['memo hash', publicInputs.memoHash << 5n],
  ])
  assert.equal(publicInputsToArray('transfer', publicInputs).length, countPublicInputs('transfer'))
  return { calldata, submission: JSON.stringify(submission), words }
}

/**
 * For each bit the chi-square statistic (one degree of freedom) of the table of profiles and values. Bits that
 * never change tell nothing.
 */
function bitStatistics(one: readonly Uint8Array[], other: readonly Uint8Array[]): number[] {
  const length = 8 * one[0]!.length
  const ones = (samples: readonly Uint8Array[]): Float64Array => {
    const counts = new Float64Array(length)
    for (const bytes of samples) {
      for (let bit = 0; bit < length; bit++) counts[bit]! += (bytes[bit >> 3]! >> (bit & 7)) & 1
    }
    return counts
  }
  const [left, right] = [ones(one), ones(other)]
  const statistics: number[] = []
  for (let bit = 0; bit < length; bit++) {
    const share = (left[bit]! + right[bit]!) / (one.length + other.length)
    if (share === 0 || share === 1) continue
    const difference = left[bit]! / one.length - right[bit]! / other.length
    const variance = share * (1 - share) * (1 / one.length + 1 / other.length)
    statistics.push(difference ** 2 / variance)
  }
  return statistics
}

/** Largest distance of two empirical distributions (Kolmogorov and Smirnov). */
function ksDistance(one: readonly bigint[], other: readonly bigint[]): number {
  const all = [
    ...one.map((value) => ({ value, step: 1 / one.length })),
    ...other.map((value) => ({ value, step: -1 / other.length })),
  ].sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0))
  let [sum, largest] = [0, 0]
  all.forEach(({ value, step }, i) => {
    sum += step
    if (all[i + 1]?.value !== value) largest = Math.max(largest, Math.abs(sum))
  })
  return largest
}

/** A bit that shows the profile always has 2·COUNT; one in a million has this by chance. */
const BIT_BOUND = 30
/** Of the sum's standard deviations. */
const SUM_BOUND = 6
/** Of two samples, passed by chance once in 100,000 (asymptotically). */
const KS_BOUND = 2.48 * Math.sqrt(2 / COUNT)

function judgeBits(one: readonly Uint8Array[], other: readonly Uint8Array[]) {
  const statistics = bitStatistics(one, other)
  const total = statistics.reduce((sum, statistic) => sum + statistic, 0)
  return {
    bits: statistics.length,
    largest: Math.max(...statistics),
    deviation: (total - statistics.length) / Math.sqrt(2 * statistics.length),
  }
}

describe('what the public and the sequencer see', () => {
  let left: Sample[]
  let right: Sample[]
  before(() => {
    left = Array.from({ length: COUNT }, (_, i) => sample(small, i))
    right = Array.from({ length: COUNT }, (_, i) => sample(large, i))
  })

  test('default: every transfer has the same size, settled and submitted', () => {
    const sizes = (samples: readonly Sample[]) =>
      samples.map(
        ({ calldata, submission }) => `${String(calldata.length)} ${String(submission.length)}`,
      )
    assert.equal(new Set([...sizes(left), ...sizes(right)]).size, 1)
  })

  test('default: no bit of the calldata tells the two apart', () => {
    const { bits, largest, deviation } = judgeBits(
      left.map(({ calldata }) => calldata),
      right.map(({ calldata }) => calldata),
    )
    // All but positions, day, proof and the like, which every transfer has alike.
    assert.ok(bits > 4_500, `${String(bits)} bits change`)
    assert.ok(largest < BIT_BOUND, `largest ${String(largest)}`)
    assert.ok(Math.abs(deviation) < SUM_BOUND, `deviation ${String(deviation)}`)
  })

  test('default: nor does the submission, nor the size of any word', () => {
    const bytesOf = ({ submission }: Sample) => new TextEncoder().encode(submission)
    const { largest } = judgeBits(left.map(bytesOf), right.map(bytesOf))
    assert.ok(largest < BIT_BOUND, `largest ${String(largest)}`)
    for (const name of left[0]!.words.keys()) {
      const distance = ksDistance(
        left.map(({ words }) => words.get(name)!),
        right.map(({ words }) => words.get(name)!),
      )
      assert.ok(distance < KS_BOUND, `${name}: ${String(distance)}`)
    }
  })

  test('control: leaks that one might build are seen', () => {
    const leaking = (change: (bytes: Uint8Array, isLarge: boolean, i: number) => void) => {
      const changed = (samples: readonly Sample[], isLarge: boolean) =>
        samples.map(({ calldata }, i) => {
          const bytes = calldata.slice()
          change(bytes, isLarge, i)
          return bytes
        })
      return judgeBits(changed(left, false), changed(right, true))
    }
    const at = left[0]!.calldata.length - 40
    // One bit that is the profile in seven cases of ten, and else chance.
    const biased = leaking((bytes, isLarge, i) => {
      const shown = i % 10 < 7 ? Number(isLarge) : i & 1
      bytes[at] = (bytes[at]! & 0xfe) | shown
    })
    assert.ok(biased.largest > BIT_BOUND, `largest ${String(biased.largest)}`)
    // A slight lean of many bits, none of which would stand out alone.
    const leaning = leaking((bytes, isLarge, i) => {
      if (!isLarge) return
      for (let k = 0; k < 200; k++) if ((i + k) % 3 === 0) bytes[at - k]! |= 1 << (k % 8)
    })
    assert.ok(leaning.deviation > SUM_BOUND, `deviation ${String(leaning.deviation)}`)
    // Words without a mask, and unused notes that are smaller than used ones.
    const values = (samples: readonly Sample[], name: string) =>
      samples.map(({ words }) => words.get(name)!)
    const unmasked = ksDistance(
      values(left, 'ciphertext 0'),
      values(right, 'ciphertext 0').map((word) => word >> 100n),
    )
    assert.ok(unmasked > KS_BOUND)
    const smaller = ksDistance(
      values(left, 'output 3').map((word) => word / 2n),
      values(right, 'output 3'),
    )
    assert.ok(smaller > KS_BOUND)
  })
})
