import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { type BatchPage, type Receipt, verifyAnchor, verifyReceipt } from '../../api/index.ts'
import { listProofJobs } from '../../prover/farm/store/listProofJobs.ts'
import { backupSequencer, restoreSequencer } from '../../sequencer/backup.ts'
import type { SequencerPorts } from '../../sequencer/sequencer.ts'
import { listDecisionTables } from '../../sequencer/store/copyTables.ts'
import type { Database } from '../../sequencer/store/database.ts'
import { openDatabase } from '../../sequencer/store/database.ts'
import { openSettlement } from '../../sequencer/store/openSettlement.ts'
import { aServer, type TestServer } from '../support/databases.ts'
import { runCinnabar } from '../support/runCinnabar.ts'
import {
  aDepositQueued,
  aSequencer,
  aSubmission,
  batchSettled,
  testDeployment,
  type TestSequencer,
} from '../support/sequencers.ts'

// The rehearsal: a machine is lost after its backup, and another is set up from the backup and the base chain.

describe('backup and restore', () => {
  let server: TestServer
  let database: Database
  let url: string
  let close: () => Promise<void>
  let here: TestSequencer
  let dir: string

  before(async () => {
    server = await aServer()
    dir = await mkdtemp(join(tmpdir(), 'cinnabar-backup-'))
  })
  after(async () => {
    await server.stop()
    await rm(dir, { recursive: true })
  })
  beforeEach(async () => {
    ;({ database, url, close } = await server.open())
    here = await aSequencer(database)
  })
  afterEach(async () => {
    await here.sequencer.stop()
    await close()
  })

  const submit = async (label: string) => {
    const { status, body } = await here.post(aSubmission(label))
    assert.equal(status, 202, JSON.stringify(body))
    return body['id'] as string
  }
  const seal = async () => {
    here.clock.now += 60_000
    await here.sequencer.loops.sealer.tick()
  }
  const settle = async (number: number) => {
    const { batches } = (await here.get('/v1/batches?count=64')).body as unknown as BatchPage
    const batch = batches.find(({ anchor }) => anchor.batchNumber === number)
    assert.ok(batch !== undefined)
    here.chain.mine(batchSettled(batch))
    await here.sequencer.loops.observer.tick()
  }
  const stateOf = async (id: string) => (await here.get(`/v1/transfers/${id}`)).body
  const headOf = async () => (await here.get('/v1/status')).body['sealed']

  /** Another machine: its database is new, and the sequencer there begins with what is in it. */
  async function moveTo(
    target: Awaited<ReturnType<TestServer['open']>>,
    { ports = {} }: { ports?: Partial<SequencerPorts> } = {},
  ): Promise<void> {
    const { chain, settlement, clock } = here
    await here.sequencer.stop()
    await close()
    ;({ database, url, close } = target)
    here = await aSequencer(database, { chain, settlement, clock, ports })
  }

  test('default: nothing promised before is lost, nor after where the base chain has it', async () => {
    const settledBefore = await submit('settled before')
    here.chain.mine(aDepositQueued(1n))
    await here.sequencer.loops.observer.tick()
    await seal()
    await settle(1)
    const sealedBefore = await submit('sealed before')
    await seal()
    const admittedBefore = await submit('admitted before')
    const stale = await submit('to be rejected')
    await openSettlement(database, {
      ...{ firstBatch: 2n, lastBatch: 2n, calldata: Uint8Array.of(1, 2), now: new Date() },
    })
    const promised = await Promise.all(
      [settledBefore, sealedBefore, admittedBefore].map(
        async (id) => (await stateOf(id))['receipt'] as Receipt,
      ),
    )
    const path = join(dir, 'rehearsal.gz')
    // As an operator does it, and while the sequencer runs.
    const backup = await runCinnabar(['sequencer', 'backup', '--out', path], { DATABASE_URL: url })
    assert.equal(backup.code, 0, backup.stderr)
    assert.equal((await stat(path)).mode & 0o777, 0o600)

    // The hours after the backup.
    await seal()
    await settle(2)
    await settle(3)
    const settledAfter = await submit('settled after')
    await seal()
    await settle(4)
    const onlyAdmitted = await submit('admitted after')
    assert.equal((await stateOf(stale))['status'], 'settled')
    const head = await headOf()

    // The machine is gone. Another has the backup and the base chain.
    const target = await server.open()
    const restored = await runCinnabar(['sequencer', 'restore', '--from', path], {
      DATABASE_URL: target.url,
    })
    assert.equal(restored.code, 0, restored.stderr)
    assert.match(restored.stdout, /^Receipt key 0x[0-9a-f]{40} signs here no more/m)
    // Batches were sealed since, and their numbers are sealed anew: not under the key of before, not as a standby either.
    for (const isStandby of [false, true]) {
      const refused = await openDatabase({ url: target.url, poolSize: 4 })
      await assert.rejects(aSequencer(refused, { ports: { isStandby } }), {
        code: 'RECEIPT_KEY_BARRED',
      })
      await refused.close()
    }
    await moveTo(target, { ports: { receiptKey: new Uint8Array(32).fill(8) } })

    assert.deepEqual(await headOf(), head)
    // Anchors of before are given under the key that clients are told of now.
    const { sequencer: signer } = (await here.get('/v1/status')).body as {
      sequencer: `0x${string}`
    }
    assert.notEqual(signer, promised[0]?.sequencer)
    const page = (await here.get('/v1/batches?count=64')).body as unknown as BatchPage
    assert.ok(page.batches.length >= 3)
    for (const { anchor } of page.batches) assert.ok(verifyAnchor(testDeployment, anchor, signer))
    for (const [i, id] of [settledBefore, sealedBefore, admittedBefore].entries()) {
      const state = await stateOf(id)
      assert.equal(state['status'], 'settled')
      // The very receipt that was given, valid under the key that gave it.
      const receipt = promised[i]
      assert.ok(receipt !== undefined && verifyReceipt(testDeployment, receipt, receipt.sequencer))
      assert.deepEqual(state['receipt'], receipt)
    }
    assert.equal((await stateOf(settledAfter))['status'], 'settled')
    // What is lost, and no more: what was admitted since and is not on the base chain.
    assert.equal((await stateOf(onlyAdmitted))['code'], 'TX_UNKNOWN')
    assert.equal(await submit('admitted after'), onlyAdmitted)
    await seal()
    assert.equal((await stateOf(onlyAdmitted))['status'], 'sealed')
    // The call that was open is open still: the base chain decides what becomes of it.
    const [open] = await database.query<{ n: string }>({
      text: `select count(*) as n from settlement where status = 'open' and calldata = '\\x0102'`,
      values: [],
    })
    assert.equal(open?.n, '1')
  })

  test('behavior: every row comes back as it was, and numbers go on', async () => {
    for (const label of ['one', 'two', 'three']) {
      await submit(label)
      await seal()
    }
    await submit('four')
    const path = join(dir, 'exact.gz')
    const { rows, tables } = await backupSequencer(database, { path })
    assert.ok(rows >= 10)
    const target = await server.open()
    await restoreSequencer(target.database, { path, keepsReceiptKey: true })
    assert.deepEqual(await listDecisionTables(target.database), tables)
    for (const table of tables) {
      // Its lease is the queue's, which begins anew.
      const but = table === 'proof_job' ? ` - '{lease,worker}'::text[]` : ''
      const text = `select (to_jsonb(t)${but})::text as row from ${table} t order by 1`
      const query = { text, values: [] }
      assert.deepEqual(await target.database.query(query), await database.query(query), table)
    }
    await moveTo(target)
    // Proofs that were wanted are wanted, and a worker gets them.
    const jobs = await listProofJobs(database)
    assert.deepEqual(
      jobs.map(({ state }) => state),
      ['waiting', 'waiting', 'waiting'],
    )
    await here.sequencer.worker?.runAvailable()
    assert.ok((await listProofJobs(database)).some(({ lastWorker }) => lastWorker === 'sequencer'))
    await seal()
    assert.equal(((await headOf()) as { batchNumber: number }).batchNumber, 4)
  })

  test('behavior: killed once the rows are there, it has ended the receipt key already', async () => {
    await submit('one')
    await seal()
    const path = join(dir, 'killed.gz')
    await backupSequencer(database, { path })
    const target = await server.open()
    const killed: Database = {
      ...target.database,
      async transaction(work) {
        const result = await target.database.transaction(work)
        const [table] = await target.database.query<{ batch: string | null }>({
          text: `select to_regclass('batch') as batch`,
          values: [],
        })
        if (typeof table?.batch !== 'string') return result
        const written = await target.database.query({ text: 'select from batch', values: [] })
        if (written.length > 0) throw new Error('killed')
        return result
      },
    }
    await assert.rejects(restoreSequencer(killed, { path }), /^Error: killed$/)
    await assert.rejects(restoreSequencer(target.database, { path }), {
      code: 'DATABASE_NOT_EMPTY',
    })
    const { chain, settlement, clock } = here
    await assert.rejects(aSequencer(target.database, { chain, settlement, clock }), {
      code: 'RECEIPT_KEY_BARRED',
    })
    // The proof that was wanted is not lost from sight.
    const jobs = await listProofJobs(target.database)
    assert.deepEqual(
      jobs.map(({ state }) => state),
      ['dead'],
    )
    await target.close()
  })

  test('rejects: a database that is not empty, and files that are damaged, cut off or none', async () => {
    await submit('one')
    const path = join(dir, 'whole.gz')
    await backupSequencer(database, { path })
    await assert.rejects(restoreSequencer(database, { path }), { code: 'DATABASE_NOT_EMPTY' })
    await assert.rejects(backupSequencer(database, { path }), {
      code: 'BACKUP_FILE',
      message: /never overwritten/,
    })
    const target = await server.open()
    const bytes = await readFile(path)
    const text = gunzipSync(bytes).toString()
    const lines = text.split('\n')
    for (const [name, content, reason] of [
      ['cut', bytes.subarray(0, bytes.length - 20), /damaged or cut off/],
      ['short', gzipSync(lines.slice(0, -2).join('\n') + '\n'), /cut off/],
      ['changed', gzipSync(text.replace('"admitted"', '"rejected"')), /changed or damaged/],
      ['longer', gzipSync(`${text}transfer {}\n`), /behind its end/],
      ['words', gzipSync('no backup\n'), /no backup/],
      ['plain', Buffer.from('no gzip'), /damaged or cut off/],
      ['empty', gzipSync(''), /cut off/],
    ] as const) {
      const bad = join(dir, name)
      await writeFile(bad, content)
      await assert.rejects(restoreSequencer(target.database, { path: bad }), (error: Error) => {
        assert.equal((error as Error & { code?: string }).code, 'BACKUP_FILE', name)
        assert.match(error.message, reason)
        return true
      })
    }
    await assert.rejects(restoreSequencer(target.database, { path: join(dir, 'none') }), {
      code: 'BACKUP_FILE',
    })
    // None of them touched it.
    await restoreSequencer(target.database, { path })
    await target.close()
    assert.equal(
      (await readdir(dir)).some((name) => name.endsWith('.partial')),
      false,
    )
  })

  test('behavior: an older backup is brought to this version; what is not a decision is left out', async () => {
    const tables = await listDecisionTables(database)
    for (const table of ['transfer', 'batch', 'batch_deposit', 'settlement', 'l1_transaction']) {
      assert.ok(tables.includes(table), table)
    }
    for (const table of ['l1_block', 'l1_deposit', 'batch_on_l1', 'migration', 'proof_result']) {
      assert.equal(tables.includes(table), false, table)
    }
    assert.ok(tables.indexOf('batch') < tables.indexOf('batch_deposit'))
    const path = join(dir, 'now.gz')
    await backupSequencer(database, { path })
    const [first = '', ...rest] = gunzipSync(await readFile(path))
      .toString()
      .split('\n')
    const header = JSON.parse(first) as { migrations: string[] }
    header.migrations = ['000001_domains.sql', '000002_others.sql']
    await writeFile(join(dir, 'other.gz'), gzipSync([JSON.stringify(header), ...rest].join('\n')))
    const target = await openDatabase({ url })
    await assert.rejects(restoreSequencer(target, { path: join(dir, 'other.gz') }), {
      code: 'BACKUP_FILE',
    })
    await target.close()
  })
})
