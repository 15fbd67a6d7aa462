import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { OperatorBondState } from '../../l1/operatorBond.ts'
import { BondWatcher, type NoPromise } from '../../sequencer/settlement/bondWatcher.ts'

const NOON = 1_790_000_000
const bonded: OperatorBondState = {
  ...{ owner: `0x${'0b'.repeat(20)}`, amount: 20n, withdrawableAt: undefined, isBonded: true },
  ...{ promiseTime: 3_600n, holdTime: 300n, notice: 700_000n, payout: 5n, minBond: 10n },
  // A guardian once stopped the clock for 100 s.
  time: BigInt(NOON - 100),
  blockTime: BigInt(NOON),
}

/** A watcher of a bond that changes, and what it said. */
function watch({ batchAgeMs = 10_000, headTime = 0 } = {}) {
  const said: (NoPromise | null)[] = []
  const now = { bond: bonded, oldestAt: undefined as Date | undefined }
  const watcher = new BondWatcher({
    getBond: () => Promise.resolve(now.bond),
    batchAgeMs,
    getHeadTime: () => (headTime === 0 ? undefined : headTime * 1000),
    getOldestAt: () => now.oldestAt,
    now: () => new Date(NOON * 1000),
    intervalMs: 1_000,
    reporter: { onFailure: (_loop, error) => assert.fail(String(error)) },
    onChange: (reason) => said.push(reason),
  })
  const read = (bond: OperatorBondState) => {
    now.bond = bond
    return watcher.tick()
  }
  const wait = (seconds: number) => {
    now.oldestAt = new Date((NOON - seconds) * 1000)
  }
  const at = (seconds: number) => watcher.settleBy(new Date(seconds * 1000 + 999))
  return { watcher, said, read, at, wait }
}

describe('BondWatcher', () => {
  test('default: promises the time of the contract, on the settlement clock', async () => {
    const { at, read, watcher, said } = watch()
    // Nothing before the first look.
    assert.deepEqual([at(NOON), watcher.promise], [0, undefined])
    await read(bonded)
    assert.equal(at(NOON), NOON - 100 + 3_600)
    assert.equal(at(NOON + 7), NOON + 7 - 100 + 3_600)
    assert.equal(watcher.promise, bonded)
    await read(bonded)
    assert.deepEqual(said, [null])
  })

  test('behavior: never counts from before the newest block', async () => {
    const { at, read } = watch({ headTime: NOON + 50 })
    await read(bonded)
    assert.equal(at(NOON - 1_000), NOON + 50 - 100 + 3_600)
    assert.equal(at(NOON + 60), NOON + 60 - 100 + 3_600)
    const ahead = watch()
    await ahead.read(bonded)
    assert.equal(ahead.at(NOON - 1_000), NOON - 100 + 3_600)
  })

  test('rejects: promises nothing without a bond, with too low a one, or while it is leaving', async () => {
    const { at, read, said, watcher } = watch()
    await read({ ...bonded, owner: undefined, amount: 0n, isBonded: false })
    assert.equal(at(NOON), 0)
    await read({ ...bonded, amount: 9n, isBonded: false })
    assert.equal(at(NOON), 0)
    await read(bonded)
    assert.notEqual(at(NOON), 0)
    await read({ ...bonded, withdrawableAt: 1n, isBonded: false })
    assert.deepEqual([at(NOON), watcher.promise], [0, undefined])
    assert.deepEqual(said, ['bond-missing', 'bond-too-low', null, 'bond-leaving'])
  })

  test('rejects: promises nothing where batches wait too long to be sealed in time', async () => {
    const slow = watch({ batchAgeMs: 151_000 })
    await slow.read(bonded)
    assert.deepEqual([slow.at(NOON), slow.said], [0, ['batches-too-slow']])
    const quick = watch({ batchAgeMs: 150_000 })
    await quick.read(bonded)
    assert.notEqual(quick.at(NOON), 0)
  })

  test('rejects: promises nothing while what was promised is late by half of the time', async () => {
    const { at, read, said, wait } = watch()
    wait(1_800)
    await read(bonded)
    assert.notEqual(at(NOON), 0)
    wait(1_801)
    await read(bonded)
    assert.equal(at(NOON), 0)
    wait(10)
    await read(bonded)
    assert.notEqual(at(NOON), 0)
    assert.deepEqual(said, [null, 'settling-late', null])
  })
})
