import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Grouping } from '../../../sequencer/admission/grouping.ts'

const base = { most: 4, timeoutMs: 5_000, onTimeout: () => new Error('too late') }

describe('Grouping', () => {
  test('default: what arrives while a group is under way goes together, in order', async () => {
    const groups: number[][] = []
    const [begun, gate] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
    const grouping = new Grouping<number, number>({
      ...base,
      async work(items) {
        groups.push([...items])
        begun.resolve(undefined)
        await gate.promise
        return items.map((item) => 10 * item)
      },
    })
    const first = grouping.add(0)
    await begun.promise
    const others = [1, 2, 3, 4, 5, 6].map((item) => grouping.add(item))
    gate.resolve(undefined)
    assert.deepEqual(await Promise.all([first, ...others]), [0, 10, 20, 30, 40, 50, 60])
    assert.deepEqual(groups, [[0], [1, 2, 3, 4], [5, 6]])
  })

  test('behavior: an error fails its item alone', async () => {
    const grouping = new Grouping<number, number>({
      ...base,
      work: async (items) => items.map((item) => (item === 2 ? new Error('bad') : item)),
    })
    const results = await Promise.allSettled([1, 2, 3].map((item) => grouping.add(item)))
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
  })

  test('behavior: a failed group does not end the next', async () => {
    let calls = 0
    const grouping = new Grouping<number, number>({
      ...base,
      async work(items) {
        calls += 1
        if (calls === 1) throw new Error('broken')
        return items
      },
    })
    await assert.rejects(grouping.add(1), { message: 'broken' })
    assert.equal(await grouping.add(2), 2)
  })

  test('behavior: a group that hangs is given up, and others are worked on', async () => {
    const begun = Promise.withResolvers<undefined>()
    const grouping = new Grouping<number, number>({
      ...base,
      timeoutMs: 30,
      work(items) {
        begun.resolve(undefined)
        return items.includes(1) ? new Promise(() => undefined) : Promise.resolve(items)
      },
    })
    const hung = grouping.add(1)
    await begun.promise
    const next = grouping.add(2)
    await assert.rejects(hung, { message: 'too late' })
    assert.equal(await next, 2)
  })

  test('rejects: fewer results than items', async () => {
    const grouping = new Grouping<number, number>({ ...base, work: async () => [] })
    await assert.rejects(grouping.add(1), RangeError)
  })
})
