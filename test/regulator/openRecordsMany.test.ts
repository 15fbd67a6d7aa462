import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ChainEventOf, SettledTransfer } from '../../l1/chainEvents.ts'
import { addPoints, mulBase8 } from '../../protocol/babyjubjub.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import { openKernels, openPortableKernels } from '../../prover/kernels.ts'
import { auditKeyFromSecret, auditKeyRing } from '../../regulator/auditKeys.ts'
import { LeafTable } from '../../regulator/leafTable.ts'
import { openRecords } from '../../regulator/openRecords.ts'
import { openRecordsMany } from '../../regulator/openRecordsMany.ts'
import { syntheticChain } from '../support/syntheticChain.ts'

/** Batches of `count` transfers under real audit keys, with some that do not open. */
async function someBatches(count: number) {
  const [s, i] = [auditKeyFromSecret('statistics', 11n), auditKeyFromSecret('investigation', 12n)]
  const chain = await syntheticChain({
    kernels: openKernels(),
    transfers: count,
    auditKeys: { statistics: s, investigation: i },
  })
  const { number } = await chain.getHead()
  const events = await chain.getEvents({ from: 1n, to: number })
  const batches = events.filter((event) => event.type === 'batchSettled')
  const keys = { statistics: auditKeyRing([s]), investigation: auditKeyRing([i]) }
  return { batches, keys }
}

type PublicInputs = SettledTransfer['publicInputs']
type BatchSettled = ChainEventOf<'batchSettled'>

function changed(batches: readonly BatchSettled[], changes: readonly Partial<PublicInputs>[]) {
  let at = 0
  return batches.map((batch) => ({
    ...batch,
    transfers: batch.transfers.map((transfer) => ({
      ...transfer,
      publicInputs: { ...transfer.publicInputs, ...changes[at++] },
    })),
  }))
}

describe('openRecordsMany', () => {
  test('behavior: gives what openRecords gives, also for what does not open', async () => {
    const { batches, keys } = await someBatches(40)
    const other = mulBase8(99n)
    const mixed = changed(batches, [
      {},
      { ephemeral: [1n, 1n] },
      { ephemeral: [FIELD_ORDER, 1n] },
      { ephemeral: [0n, 1n] },
      { ephemeral: [0n, FIELD_ORDER - 1n] },
      { auditKeyS: [other.x, other.y] },
      { auditKeyI: [other.x, other.y] },
      { statisticsCiphertext: [FIELD_ORDER - 1n, 0n] },
      { investigationCiphertext: [5n, 6n] },
      { ephemeral: toTuple(addPoints(other, { x: 0n, y: FIELD_ORDER - 1n })) },
    ])
    const expected = mixed.map((batch) => openRecords(batch, keys))
    assert.equal(typeof expected.flat()[0]!.statistics, 'object')
    for (const kernels of [openKernels(), openPortableKernels()]) {
      assert.deepEqual(await openRecordsMany({ kernels, keys }, mixed), expected)
      assert.deepEqual(
        await openRecordsMany({ kernels, keys: { statistics: keys.statistics } }, mixed),
        mixed.map((batch) => openRecords(batch, { statistics: keys.statistics })),
      )
    }
  })

  test('default: no batches, and batches without transfers', async () => {
    const { batches, keys } = await someBatches(3)
    const kernels = openKernels()
    assert.deepEqual(await openRecordsMany({ kernels, keys }, []), [])
    const empty = batches.map((batch) => ({ ...batch, transfers: [] }))
    const opened = await openRecordsMany({ kernels, keys }, [...empty, ...batches])
    assert.deepEqual(
      opened.map((transfers) => transfers.length),
      [...empty.map(() => 0), ...batches.map(({ transfers }) => transfers.length)],
    )
  })
})

function toTuple({ x, y }: { x: bigint; y: bigint }): readonly [bigint, bigint] {
  return [x, y]
}

describe('LeafTable', () => {
  test('behavior: keeps what is known of each leaf, to the ends of their ranges', () => {
    const table = new LeafTable()
    const leaves = [
      { asset: 0n, amount: undefined, recipient: undefined },
      { asset: 65_535n, amount: 2n ** 64n - 1n, recipient: 2n ** 20n - 1n },
      { asset: 1n, amount: 0n, recipient: undefined },
      { asset: 1n, amount: undefined, recipient: 0n },
    ]
    const indexes = [0n, 4_095n, 4_096n, 2n ** 36n - 1n]
    leaves.forEach((leaf, i) => table.set(indexes[i]!, leaf))
    leaves.forEach((leaf, i) => assert.deepEqual(table.get(indexes[i]!), leaf))
    assert.equal(table.get(1n), undefined)
    assert.equal(table.get(2n ** 30n), undefined)
  })

  test('behavior: a leaf is taken once, whatever is learnt of it later', () => {
    const table = new LeafTable()
    table.set(7n, { asset: 1n, amount: 5n, recipient: 3n })
    assert.equal(table.take(7n), false)
    table.set(7n, { asset: 1n, amount: 6n, recipient: 3n })
    assert.equal(table.take(7n), true)
    assert.equal(table.take(8n), false)
  })
})
