import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findDemoProblems } from '../../scripts/checkDemo.ts'

const good = {
  transfersSettled: 6,
  batchesSettled: 2,
  statisticsRecordsOpened: 6,
  investigationRecordsOpened: 6,
  recordsExpected: 6,
  conservation: true,
  withdrawalPaid: true,
  recoveredFromSeed: true,
  bundleVerified: true,
  followerAgrees: true,
  refusals: ['LIMIT', 'SUSPENDED', 'SPENT', 'SPENT_ON_CHAIN', 'NO_ORDER'],
  seconds: { total: 120.5 },
  gas: { settle: 1_200_000 },
}

describe('findDemoProblems', () => {
  test('default: nothing is wrong with a demonstration that went well', () => {
    assert.deepEqual(findDemoProblems(good), [])
  })

  for (const [change, problem] of [
    [{ batchesSettled: 0 }, 'batchesSettled is not a number above 0'],
    [{ investigationRecordsOpened: 5 }, 'investigationRecordsOpened differs from recordsExpected'],
    [{ transfersSettled: 7 }, 'transfersSettled differs from recordsExpected'],
    [{ conservation: 'true' }, 'conservation is not true'],
    [{ recoveredFromSeed: undefined }, 'recoveredFromSeed is not true'],
    [{ bundleVerified: false }, 'bundleVerified is not true'],
    [{ followerAgrees: undefined }, 'followerAgrees is not true'],
    [{ refusals: ['LIMIT'] }, 'refusals has fewer than 5 entries'],
    [{ refusals: undefined }, 'refusals is not a list of error codes'],
    [{ seconds: {} }, 'seconds is not a table of numbers above 0'],
    [{ gas: { settle: null } }, 'gas is not a table of numbers above 0'],
  ] as const) {
    test(`rejects: ${JSON.stringify(change)}`, () => {
      assert.deepEqual(findDemoProblems({ ...good, ...change }), [problem])
    })
  }
})
