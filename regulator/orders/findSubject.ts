import type { ChainEventOf } from '../../l1/chainEvents.ts'
import { bigintToBytes, bytesToBigint, formatField } from '../../protocol/field.ts'
import { unpackWord } from '../../protocol/words.ts'
import { ELEMENT_BYTES, type Kernels } from '../../prover/kernels.ts'
import { isInPeriod, type Item, type Scope } from './documents.ts'

/** Tags computed at a time. */
const CHUNK = 16_384

/**
 * A subject's transfers in one epoch, and in the period where there is one: those whose trace tag is H(TAG, k, asset, nonce) for some asset and nonce. The tag of
 * anybody else's cannot be made from k, so nothing of theirs is found.
 *
 * The nonce counts the transfers of an account, so it is below the number of all settled ones: that many tags an asset are
 * tried.
 */
export async function findSubjectTransfers(
  kernels: Kernels,
  {
    batches,
    epoch,
    traceKey,
    assets,
    period,
  }: {
    /** All settled ones. */
    batches: readonly ChainEventOf<'batchSettled'>[]
    epoch: number
    traceKey: bigint
    assets: readonly bigint[]
    /** Days of the statements; all where absent. */
    period?: Scope['period']
  },
): Promise<Extract<Item, { type: 'record' }>[]> {
  const byTag = new Map<bigint, { batch: bigint; slot: number; nullifier: bigint }>()
  let settled = 0
  for (const { batchNumber, transfers } of batches) {
    settled += transfers.length
    for (const { slot, publicInputs } of transfers) {
      if (unpackWord('fee', publicInputs.fee).epoch !== BigInt(epoch)) continue
      if (!isInPeriod(publicInputs.day, period)) continue
      const { nullifier, traceTag } = publicInputs
      byTag.set(traceTag, { batch: batchNumber, slot, nullifier })
    }
  }
  const found: Extract<Item, { type: 'record' }>[] = []
  for (const asset of assets) {
    for (let first = 0; first < settled; first += CHUNK) {
      const count = Math.min(CHUNK, settled - first)
      const inputs = new Uint8Array(3 * count * ELEMENT_BYTES)
      for (let i = 0; i < count; i++) {
        ;[traceKey, asset, BigInt(first + i)].forEach((value, place) => {
          inputs.set(littleEndian(value), (3 * i + place) * ELEMENT_BYTES)
        })
      }
      const tags = await kernels.hashMany({ initialState: 'TAG', arity: 3, inputs })
      for (let i = 0; i < count; i++) {
        const tag = tags.slice(i * ELEMENT_BYTES, (i + 1) * ELEMENT_BYTES).reverse()
        const named = byTag.get(bytesToBigint(tag))
        if (named === undefined) continue
        found.push({
          type: 'record',
          batch: named.batch.toString(),
          slot: named.slot,
          nullifier: formatField(named.nullifier),
          asset: asset.toString(),
          nonce: String(first + i),
        })
      }
    }
  }
  return found.sort(
    (one, other) => Number(BigInt(one.batch) - BigInt(other.batch)) || one.slot - other.slot,
  )
}

function littleEndian(value: bigint): Uint8Array {
  return bigintToBytes(value, ELEMENT_BYTES).reverse()
}
