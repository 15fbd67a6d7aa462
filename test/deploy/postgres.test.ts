import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { startEmbeddedPostgres, startPostgres } from '../../deploy/devnet/postgres.ts'
import { isAlive } from '../support/isAlive.ts'

async function rows(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  // The server may be killed under the connection, which is no failure of the test.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}

describe('startEmbeddedPostgres', () => {
  test('default: temporary data that goes with the server', async (t) => {
    const temporaries = await mkdtemp(join(tmpdir(), 'cinnabar-test-'))
    await chmod(temporaries, 0o711)
    const configured = process.env['TMPDIR']
    process.env['TMPDIR'] = temporaries
    t.after(async () => {
      if (configured === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = configured
      await rm(temporaries, { recursive: true })
    })
    const postgres = await startEmbeddedPostgres()
    assert.deepEqual(await rows(postgres.url, 'select current_database() as name'), [
      { name: 'cinnabar' },
    ])
    assert.equal((await readdir(temporaries)).length, 1)
    await postgres.stop()
    assert.equal(isAlive(postgres.pid), false)
    assert.deepEqual(await readdir(temporaries), [])
  })

  describe('on a data directory', () => {
    let parent: string
    before(async () => {
      parent = await mkdtemp(join(tmpdir(), 'cinnabar-test-'))
      // As root the server runs as another user, who has to pass.
      await chmod(parent, 0o711)
    })
    after(() => rm(parent, { recursive: true }))

    test('behavior: keeps committed rows through SIGKILL, with its lock left behind', async () => {
      const dataDir = join(parent, 'killed')
      const first = await startEmbeddedPostgres({ dataDir })
      await rows(first.url, 'create table payment (id int)')
      await rows(first.url, 'insert into payment values (1), (2)')
      await first.kill()
      assert.ok(existsSync(join(dataDir, 'postmaster.pid')))

      const second = await startEmbeddedPostgres({ dataDir })
      assert.deepEqual(await rows(second.url, 'select id from payment order by id'), [
        { id: 1 },
        { id: 2 },
      ])
      await second.stop()
    })

    test('behavior: starts over a lock whose process id belongs to another program', async () => {
      const dataDir = join(parent, 'locked')
      const first = await startEmbeddedPostgres({ dataDir })
      await first.stop()
      await writeFile(join(dataDir, 'postmaster.pid'), `${process.ppid}\n${dataDir}\n0\n0\n\n\n`)
      const second = await startEmbeddedPostgres({ dataDir })
      await second.stop()
    })

    test('rejects: a directory with something else in it, leaving it as it was', async () => {
      const dataDir = await mkdtemp(join(parent, 'foreign-'))
      await writeFile(join(dataDir, 'letter.txt'), 'dear reader')
      await assert.rejects(startEmbeddedPostgres({ dataDir }), {
        code: 'DEVNET_POSTGRES_START_FAILED',
      })
      assert.deepEqual(await readdir(dataDir), ['letter.txt'])
      assert.deepEqual(
        (await readdir(parent)).filter((name) => name.includes('.new-')),
        [],
      )
    })

    test('rejects: a port that is taken', async () => {
      const first = await startEmbeddedPostgres()
      const port = Number(new URL(first.url).port)
      await assert.rejects(startEmbeddedPostgres({ port }), {
        code: 'DEVNET_POSTGRES_START_FAILED',
        message: /port \d+ is taken/,
      })
      await first.stop()
    })
  })

  test('behavior: refuses a connection without the password', async () => {
    const postgres = await startEmbeddedPostgres()
    const url = new URL(postgres.url)
    url.password = 'guess'
    await assert.rejects(rows(url.href, 'select 1'), { code: '28P01' })
    await postgres.stop()
  })
})

describe('startPostgres with DATABASE_URL', () => {
  test('makes databases of its own and drops them, whoever is connected', async (t) => {
    const server = await startEmbeddedPostgres()
    const configured = process.env['DATABASE_URL']
    process.env['DATABASE_URL'] = server.url
    t.after(async () => {
      if (configured === undefined) delete process.env['DATABASE_URL']
      else process.env['DATABASE_URL'] = configured
      await server.stop()
    })

    const [one, two] = [await startPostgres(), await startPostgres()]
    assert.notEqual(one.url, two.url)
    await rows(one.url, 'create table payment (id int)')
    await assert.rejects(rows(two.url, 'select * from payment'), { code: '42P01' })

    const idle = new pg.Client({ connectionString: one.url })
    idle.on('error', () => undefined)
    await idle.connect()
    await one.stop()
    await two.stop()
    const left = await rows(
      server.url,
      `select datname from pg_database where datname like 'cinnabar\\_%'`,
    )
    assert.deepEqual(left, [])
  })

  test('rejects: a server that does not answer, naming the variable', async (t) => {
    const configured = process.env['DATABASE_URL']
    process.env['DATABASE_URL'] = 'postgres://nobody@127.0.0.1:1/none'
    t.after(() => {
      if (configured === undefined) delete process.env['DATABASE_URL']
      else process.env['DATABASE_URL'] = configured
    })
    await assert.rejects(startPostgres(), {
      code: 'DEVNET_POSTGRES_START_FAILED',
      message: /DATABASE_URL/,
    })
  })
})
