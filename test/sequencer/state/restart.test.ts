import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { NODE_BYTES, writeNode } from '../../../protocol/nodeStore.ts'
import { hashInterval } from '../../../protocol/nullifierTree.ts'
import { BatchExpiredError, toReason } from '../../../sequencer/admission/errors.ts'
import type { Database } from '../../../sequencer/store/database.ts'
import { voidBatches } from '../../../sequencer/store/voidBatches.ts'
import { aServer, type TestServer } from '../../support/databases.ts'
import { fieldOf } from '../../support/identities.ts'
import { aSequencer, aSubmission, noon, type TestSequencer } from '../../support/sequencers.ts'

const batchAgeMs = 10_000

describe('a sequencer with a state directory', () => {
  let server: TestServer
  let database: Database
  let close: () => Promise<void>
  let here: TestSequencer
  let root: string
  let directory: string
  let lines: Record<string, unknown>[]

  before(async () => {
    server = await aServer()
  })
  after(() => server.stop())
  beforeEach(async () => {
    ;({ database, close } = await server.open())
    root = mkdtempSync(join(tmpdir(), 'cinnabar-restart-'))
    directory = join(root, 'state')
    lines = []
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(JSON.parse(String(chunk)) as Record<string, unknown>)
        done()
      },
    })
    here = await aSequencer(database, {
      settings: { batchAgeMs },
      ports: { stateDirectory: directory, logger: { level: 'info', stream } },
    })
  })
  afterEach(async () => {
    await here.sequencer.stop()
    await close()
    rmSync(root, { recursive: true, force: true })
  })

  const admit = async (label: string) => {
    const { status, body } = await here.post(aSubmission(label))
    assert.equal(status, 202, JSON.stringify(body))
    return String(body['id'])
  }
  const seal = async (labels: readonly string[]) => {
    const ids: string[] = []
    for (const label of labels) {
      ids.push(await admit(label))
      here.clock.now += batchAgeMs
      await here.sequencer.loops.sealer.tick()
    }
    return ids
  }
  const head = async () => (await here.get('/v1/status')).body['sealed']
  const statusOf = async (id: string) => (await here.get(`/v1/transfers/${id}`)).body['status']
  const logged = (message: string) => lines.filter(({ msg }) => msg === message)
  /** Swaps the directory while nobody has it open. */
  const restartWith = async (change: () => void | Promise<void>) => {
    await here.sequencer.stop()
    await change()
    lines.length = 0
    here = await here.restart()
  }

  test('behavior: a start replays nothing, whatever the number of batches', async () => {
    assert.deepEqual(here.sequencer.restoration, { reverted: 0, replayed: 0 })
    await seal(['one', 'two', 'three', 'four', 'five'])
    const before = await head()
    await restartWith(() => undefined)
    assert.deepEqual(here.sequencer.restoration, { reverted: 0, replayed: 0 })
    assert.deepEqual(await head(), before)
    const [line] = logged('state restored')
    assert.deepEqual([line?.['batchNumber'], line?.['replayed']], ['5', 0])
    const [id] = await seal(['six'])
    assert.equal(await statusOf(String(id)), 'sealed')
  })

  test('behavior: batches above the stored ones are replayed, and no others', async () => {
    await seal(['one', 'two'])
    const copy = join(root, 'copy')
    await restartWith(() => {
      cpSync(directory, copy, { recursive: true })
    })
    await seal(['three', 'four', 'five'])
    const before = await head()
    await restartWith(() => {
      rmSync(directory, { recursive: true })
      cpSync(copy, directory, { recursive: true })
    })
    assert.deepEqual(here.sequencer.restoration, { reverted: 0, replayed: 3 })
    assert.deepEqual(await head(), before)
  })

  test('behavior: stored batches that are void are taken back, without a replay', async () => {
    await seal(['one', 'two'])
    const before = await head()
    const [first] = await seal(['three', 'four', 'five'])
    await restartWith(async () => {
      const voided = await database.transaction((connection) =>
        voidBatches(connection, {
          from: 3n,
          reason: toReason(new BatchExpiredError()),
          now: new Date(noon),
        }),
      )
      assert.deepEqual(voided, [3n, 4n, 5n])
    })
    assert.deepEqual(here.sequencer.restoration, { reverted: 3, replayed: 0 })
    assert.deepEqual(await head(), before)
    assert.equal(await statusOf(String(first)), 'rejected')
    // What they had spent is free again, and the chain goes on with other batches of their numbers.
    await seal(['three', 'another'])
    const after = await head()
    await restartWith(() => undefined)
    assert.deepEqual(here.sequencer.restoration, { reverted: 0, replayed: 0 })
    assert.deepEqual(await head(), after)
  })

  test('behavior: a damaged directory is rebuilt, and the log says why', async () => {
    await seal(['one', 'two', 'three'])
    const before = await head()
    await restartWith(() => {
      writeFileSync(join(directory, 'data.mdb'), 'not a database')
    })
    assert.equal(here.sequencer.restoration.replayed, 3)
    assert.deepEqual(await head(), before)
    const [line] = logged('state rebuilt')
    assert.deepEqual(
      [line?.['level'], line?.['replayed'], line?.['because']],
      [40, 3, 'its file is none of LMDB'],
    )
  })

  test('behavior: damage found while sealing is repaired, and no transfer is blamed for it', async () => {
    await seal(['one', 'two', 'three'])
    await restartWith(() => {
      // The first interval's leaf. Opening reads the top of the trees only.
      const lowest = ['one', 'two', 'three']
        .map((label) => fieldOf(`${label} nullifier`) >> 8n)
        .reduce((low, value) => (value < low ? value : low))
      const file = join(directory, 'data.mdb')
      const bytes = readFileSync(file)
      assert.ok(damageNode(bytes, hashInterval(0n, lowest)) > 0)
      writeFileSync(file, bytes)
    })
    assert.deepEqual(here.sequencer.restoration, { reverted: 0, replayed: 0 })
    const id = await admit('four')
    here.clock.now += batchAgeMs
    await assert.rejects(here.sequencer.loops.sealer.tick(), { code: 'STATE_DAMAGED' })
    assert.equal(await statusOf(id), 'admitted')
    assert.deepEqual(
      logged('state rebuilt').map(({ replayed }) => replayed),
      [3],
    )
    await here.sequencer.loops.sealer.tick()
    assert.equal(await statusOf(id), 'sealed')
    await restartWith(() => undefined)
    assert.deepEqual(here.sequencer.restoration, { reverted: 0, replayed: 0 })
  })

  test('rejects: to start with a directory that cannot be one', async () => {
    await here.sequencer.stop()
    const file = join(root, 'file')
    writeFileSync(file, '')
    await assert.rejects(aSequencer(database, { ports: { stateDirectory: file } }), {
      code: 'STATE_DIRECTORY_UNUSABLE',
    })
    here = await here.restart()
  })
})

/** Changes the node wherever it stands, in old copies of its page too. */
function damageNode(bytes: Buffer, node: bigint): number {
  const wanted = Buffer.alloc(NODE_BYTES)
  writeNode(wanted, 0, node)
  let places = 0
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1)) {
    bytes[at] = (bytes[at] ?? 0) ^ 1
    places += 1
  }
  return places
}
