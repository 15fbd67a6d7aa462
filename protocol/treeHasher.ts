import { type Domain } from './constants.ts'
import { NODE_BYTES, readNode, writeNode } from './nodeStore.ts'
import { hash } from './poseidon.ts'

/**
 * Poseidon over bytes, many at a time, for trees. What the circuits prove is fixed; who computes it
 * is not: services put native code in the place of `portableHasher`.
 */
export type TreeHasher = {
  /**
   * H(domain, row) of each row of `arity` elements. Elements have 32 bytes, little endian,
   * canonical: 32·arity·n bytes in, 32·n bytes out, which the caller may keep.
   */
  hashMany(domain: Domain, arity: number, rows: Uint8Array): Uint8Array
}

/** One after the other, by `hash`. */
export const portableHasher: TreeHasher = {
  hashMany(domain, arity, rows) {
    const count = rows.length / (NODE_BYTES * arity)
    const hashes = new Uint8Array(NODE_BYTES * count)
    for (let row = 0; row < count; row++) {
      const inputs = Array.from({ length: arity }, (_, i) =>
        readNode(rows, NODE_BYTES * (row * arity + i)),
      )
      writeNode(hashes, NODE_BYTES * row, hash(domain, inputs))
    }
    return hashes
  },
}
