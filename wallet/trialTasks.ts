import { type CurvePoint, decompressPoint } from '../protocol/babyjubjub.ts'
import { DEPOSIT_CIPHERTEXT_BYTES, FIELD_ORDER, MEMO_BYTES } from '../protocol/constants.ts'
import { BaseError } from '../protocol/errors.ts'
import { findSealedSlots, isDepositSealed } from '../protocol/memo.ts'
import { NODE_BYTES, readNode, writeNode } from '../protocol/nodeStore.ts'

/** x, then y, 32 bytes each, little endian: as prover/kernels.ts has points. */
export const POINT_BYTES = 2 * NODE_BYTES

/** Points and ciphertexts of many stand one after the other. Shared points of zeros are none. */
export type TrialRequest =
  | {
      readonly kind: 'memos'
      readonly memos: Uint8Array
      readonly ephemerals: Uint8Array
      readonly shared: Uint8Array
    }
  | { readonly kind: 'depositPoints'; readonly ciphertexts: Uint8Array }
  | { readonly kind: 'deposits'; readonly ciphertexts: Uint8Array; readonly shared: Uint8Array }

/**
 * What can be found out about ciphertexts from public data and shared points, without a key: runs in
 * this thread or in another one.
 *
 * @returns for `memos` the slots of each as `findSealedSlots` has them; for `depositPoints` the point R
 * of each, zeros where it is none; for `deposits` 1 for each that is sealed under the shared point.
 */
export function runTrial(request: TrialRequest): Uint8Array<ArrayBuffer> {
  switch (request.kind) {
    case 'memos': {
      const { memos, ephemerals, shared } = request
      const found = new Uint8Array(memos.length / MEMO_BYTES)
      return found.map((_, i) => {
        const packed = packAt(shared, i)
        const ephemeral = packAt(ephemerals, i)
        if (packed === undefined || ephemeral === undefined) return 0
        const memo = memos.subarray(i * MEMO_BYTES, (i + 1) * MEMO_BYTES)
        return findSealedSlots({ memo, ephemeral, shared: packed })
      })
    }
    case 'depositPoints': {
      const { ciphertexts } = request
      const points = new Uint8Array((ciphertexts.length / DEPOSIT_CIPHERTEXT_BYTES) * POINT_BYTES)
      for (let i = 0; i < points.length / POINT_BYTES; i++) {
        const start = i * DEPOSIT_CIPHERTEXT_BYTES
        const point = decompress(ciphertexts.subarray(start, start + 32))
        if (point !== undefined) writePoint(points, i, point)
      }
      return points
    }
    case 'deposits': {
      const { ciphertexts, shared } = request
      const found = new Uint8Array(ciphertexts.length / DEPOSIT_CIPHERTEXT_BYTES)
      return found.map((_, i) => {
        const packed = packAt(shared, i)
        const start = i * DEPOSIT_CIPHERTEXT_BYTES
        const ciphertext = ciphertexts.subarray(start, start + DEPOSIT_CIPHERTEXT_BYTES)
        return packed !== undefined && isDepositSealed({ ciphertext, shared: packed }) ? 1 : 0
      })
    }
  }
}

export function readPoint(points: Uint8Array, i: number): CurvePoint {
  return {
    x: readNode(points, i * POINT_BYTES),
    y: readNode(points, i * POINT_BYTES + NODE_BYTES),
  }
}

/** @throws {NonCanonicalFieldElementError} */
export function writePoint(points: Uint8Array, i: number, { x, y }: CurvePoint): void {
  writeNode(points, i * POINT_BYTES, x)
  writeNode(points, i * POINT_BYTES + NODE_BYTES, y)
}

const HALF_ORDER = FIELD_ORDER >> 1n

/** `packPoint`, straight from bytes; undefined for zeros, which are no point. */
function packAt(points: Uint8Array, i: number): Uint8Array | undefined {
  const start = i * POINT_BYTES
  const x = readNode(points, start)
  const packed = points.slice(start + NODE_BYTES, start + POINT_BYTES).reverse()
  if (x === 0n && packed.every((byte) => byte === 0)) return undefined
  // A canonical y leaves the top bits free.
  if (x > HALF_ORDER) packed[0] = (packed[0] ?? 0) | 0x80
  return packed
}

function decompress(bytes: Uint8Array): CurvePoint | undefined {
  try {
    return decompressPoint(bytes)
  } catch (error) {
    // Anybody can write anything into a deposit.
    if (error instanceof BaseError) return undefined
    throw error
  }
}
