import { FIELD_ORDER, OUTPUTS_PER_SLOT } from '../protocol/constants.ts'
import { NULLIFIER_LIMIT } from '../protocol/lowerEnds.ts'
import { NODE_BYTES, writeNode } from '../protocol/nodeStore.ts'
import type { Kernels } from '../prover/kernels.ts'
import type { StateSource } from '../sequencer/state/lmdbStateStore.ts'

/**
 * A state of `count` nullifier leaves, none empty, and four times as many note leaves: nullifiers spread
 * over the range as hashes are, at leaves in another order than theirs. Hashes of intervals are real, so
 * that what is inserted later is inserted into a sound tree.
 */
export function largeState(count: number, kernels: Kernels): StateSource {
  const step = NULLIFIER_LIMIT / BigInt(count)
  const [toLeaf, toRank] = permutation(count)
  const fromOf = (rank: number): bigint =>
    rank === 0 ? 0n : BigInt(rank) * step + ((BigInt(rank) * NOISE) & (step / 2n - 1n))
  return {
    slotCount: count,
    ends: (function* () {
      for (let rank = 0; rank < count; rank++) yield { from: fromOf(rank), index: toLeaf(rank) }
    })(),
    nullifierLeaves(from, length) {
      const rows = new Uint8Array(2 * NODE_BYTES * length)
      for (let i = 0; i < length; i++) {
        const rank = toRank(from + i)
        const to = rank + 1 === count ? NULLIFIER_LIMIT : fromOf(rank + 1)
        writeNode(rows, 2 * NODE_BYTES * i, fromOf(rank))
        writeNode(rows, 2 * NODE_BYTES * i + NODE_BYTES, to)
      }
      return kernels.hashMany({ initialState: 'INTERVAL', arity: 2, inputs: rows })
    },
    noteLeaves(from, length) {
      const bytes = new Uint8Array(NODE_BYTES * length)
      for (let i = 0; i < length; i++) writeNode(bytes, NODE_BYTES * i, noteLeaf(from + i))
      return Promise.resolve(bytes)
    },
  }
}

/** Below the field's order and never 0; what it is does not matter to a tree. */
function noteLeaf(index: number): bigint {
  return (BigInt(index + 1) * NOISE) % (FIELD_ORDER / BigInt(OUTPUTS_PER_SLOT))
}

const NOISE = 0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95n

/** rank → rank · k mod count and back; 0 stays. */
function permutation(count: number): [(rank: number) => number, (leaf: number) => number] {
  const modulus = BigInt(count)
  // Prime, and none of the sizes is a multiple of it.
  const factor = 2_654_435_761n % modulus
  const inverse = invert(factor, modulus)
  return [
    (rank) => Number((BigInt(rank) * factor) % modulus),
    (leaf) => Number((BigInt(leaf) * inverse) % modulus),
  ]
}

function invert(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value, modulus, 1n, 0n]
  while (b !== 0n) {
    const quotient = a / b
    ;[a, b] = [b, a - quotient * b]
    ;[x, y] = [y, x - quotient * y]
  }
  if (a !== 1n) throw new RangeError('no inverse')
  return ((x % modulus) + modulus) % modulus
}
