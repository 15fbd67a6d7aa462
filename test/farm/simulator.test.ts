import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { simulateFarm } from '../../bench/farmSimulator.ts'

const isNear = (found: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(found / expected - 1) < tolerance, `${String(found)} for ${String(expected)}`)

describe('simulateFarm', () => {
  test('default: one worker and equal proofs wait as Pollaczek and Khinchine say (M/D/1)', () => {
    for (const load of [0.3, 0.6, 0.9]) {
      const { meanWaitSeconds, utilisation } = simulateFarm({
        ...{ arrivalsPerSecond: load / 2, workers: 1, proofSeconds: 2, batches: 400_000, seed: 7 },
      })
      isNear(meanWaitSeconds, (load * 2) / (2 * (1 - load)), 0.05)
      isNear(utilisation, load, 0.02)
    }
  })

  test('default: many workers and exponential proofs wait as Erlang says (M/M/c)', () => {
    const [workers, load] = [8, 0.85]
    const offered = workers * load
    let blocking = 1
    for (let n = 1; n <= workers; n++) blocking = (offered * blocking) / (n + offered * blocking)
    const delayed = blocking / (1 - load * (1 - blocking))
    const { meanWaitSeconds } = simulateFarm({
      ...{ arrivalsPerSecond: offered, workers, batches: 400_000, seed: 11 },
      proofSeconds: (random) => -Math.log(1 - random()),
    })
    isNear(meanWaitSeconds, delayed / (workers * (1 - load)), 0.05)
  })

  test("behavior: Little's law holds, and more arrive than are completed once it is full", () => {
    const model = { workers: 10, proofSeconds: 1, databaseSeconds: 0.01, batches: 200_000, seed: 3 }
    const light = simulateFarm({ ...model, arrivalsPerSecond: 7 })
    isNear(light.meanInSystem, 7 * (light.meanWaitSeconds + 1), 0.02)
    const full = simulateFarm({ ...model, arrivalsPerSecond: 30 })
    isNear(full.completedPerSecond, 10, 0.02)
    // The database is what is full with workers enough.
    const database = simulateFarm({ ...model, workers: 1_000, arrivalsPerSecond: 200 })
    isNear(database.completedPerSecond, 100, 0.02)
    const wider = { ...model, workers: 1_000, databaseAtOnce: 3, arrivalsPerSecond: 400 }
    isNear(simulateFarm(wider).completedPerSecond, 300, 0.02)
  })

  test('behavior: the same seed gives the same figures', () => {
    const model = { arrivalsPerSecond: 3, workers: 4, proofSeconds: 1, batches: 1_000, seed: 5 }
    assert.deepEqual(simulateFarm(model), simulateFarm(model))
    assert.notDeepEqual(simulateFarm(model), simulateFarm({ ...model, seed: 6 }))
  })
})
