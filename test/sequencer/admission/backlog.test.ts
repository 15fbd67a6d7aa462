import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Backlog, type BacklogMeans } from '../../../sequencer/admission/backlog.ts'
import { SequencerBacklogError } from '../../../sequencer/admission/errors.ts'
import type { BacklogView } from '../../../sequencer/store/findBacklog.ts'

const nothing: BacklogView = { admitted: 0, unproved: [], proving: 0, oldestAt: undefined }
const means: BacklogMeans = {
  circuits: ['batch-4', 'batch-16'],
  proofSeconds: { 'batch-4': 1, 'batch-16': 3, 'batch-64': 20 },
  provers: 2,
}

function follow({ promiseSeconds = undefined as number | undefined } = {}) {
  const now = { view: nothing, means, promiseSeconds, during: () => undefined as unknown }
  const backlog = new Backlog({
    find: () => {
      now.during()
      return Promise.resolve(now.view)
    },
    getMeans: () => now.means,
    getPromiseSeconds: () => now.promiseSeconds,
    intervalMs: 1_000,
    reporter: { onFailure: (_loop, error) => assert.fail(String(error)) },
  })
  return { backlog, now }
}
const refusal = (backlog: Backlog): SequencerBacklogError | undefined => {
  try {
    backlog.check()
    return undefined
  } catch (error) {
    assert.ok(error instanceof SequencerBacklogError)
    return error
  }
}

describe('Backlog', () => {
  test('default: the proving of sealed batches and of full ones of what waits, by all provers', async () => {
    const { backlog, now } = follow()
    assert.equal(backlog.seconds, undefined)
    backlog.check()
    now.view = {
      admitted: 150,
      unproved: [
        { circuit: 'batch-4', count: 2 },
        { circuit: 'batch-64', count: 1 },
      ],
      proving: 2,
      oldestAt: new Date(5),
    }
    await backlog.tick()
    // 150 in full ones of 15 (3 s each), 2 of 1 s, and one of 20 s that another setting left.
    assert.equal(backlog.seconds, (30 + 2 + 20) / 2)
    assert.deepEqual(backlog.oldestAt, new Date(5))
    now.means = { ...means, provers: 4 }
    assert.equal(backlog.seconds, (30 + 2 + 20) / 4)
    // A farm that is larger than the operator said.
    now.view = { ...now.view, proving: 40 }
    await backlog.tick()
    assert.equal(backlog.seconds, (30 + 2 + 20) / 40)
  })

  test('behavior: counts what is admitted between two looks, and while it looks', async () => {
    const { backlog, now } = follow()
    await backlog.tick()
    for (let i = 0; i < 30; i++) backlog.noteAdmitted()
    assert.equal(backlog.seconds, 3)
    now.view = { ...nothing, admitted: 30 }
    now.during = () => {
      backlog.noteAdmitted()
    }
    await backlog.tick()
    assert.ok(Math.abs((backlog.seconds ?? 0) - 3.1) < 1e-9)
  })

  test('rejects: what would not be proved within half of the promise, or half an hour', async () => {
    for (const [promiseSeconds, most] of [
      [undefined, 1_800],
      [100_000, 1_800],
      [600, 300],
    ] as const) {
      const { backlog, now } = follow({ promiseSeconds })
      now.view = { ...nothing, admitted: most * 10 }
      await backlog.tick()
      assert.equal(backlog.seconds, most)
      assert.equal(refusal(backlog), undefined)
      for (let i = 0; i < 25; i++) backlog.noteAdmitted()
      assert.deepEqual(
        [refusal(backlog)?.code, refusal(backlog)?.retryAfterSeconds],
        ['SEQUENCER_BACKLOG', 3],
      )
      for (let i = 0; i < 100_000; i++) backlog.noteAdmitted()
      assert.equal(refusal(backlog)?.retryAfterSeconds, 60)
    }
  })

  test('behavior: admits again when the work was done, or there are more provers', async () => {
    const { backlog, now } = follow()
    now.view = { ...nothing, admitted: 20_000 }
    await backlog.tick()
    assert.notEqual(refusal(backlog), undefined)
    now.means = { ...means, provers: 3 }
    assert.equal(refusal(backlog), undefined)
    now.means = means
    now.view = { ...nothing, admitted: 17_000 }
    await backlog.tick()
    assert.equal(refusal(backlog), undefined)
  })
})
