import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import {
  access,
  chmod,
  chown,
  constants,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  statfs,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { freemem, tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { PostgresStartError } from './errors.ts'
import { startGuardedProcess } from './guardedProcess.ts'
import type { GuardedProcess } from './guardedProcess.ts'
import { choosePostgresUser, findPostgresBinaries } from './postgresBinaries.ts'
import type { PostgresBinaries, PostgresUser } from './postgresBinaries.ts'

export type Database = { url: string; drop: () => Promise<void> }

export type Postgres = {
  /** Connection string of a database of one's own. */
  url: string
  /** Makes another empty database on the same server. */
  createDatabase: () => Promise<Database>
  stop: () => Promise<void>
}

export type EmbeddedPostgres = Postgres & {
  /** Process id of the server. */
  pid: number
  /** SIGKILL, as a crash would. Start again on the same `dataDir` to recover. */
  kill(): Promise<void>
}

export type StartPostgresParameters = {
  /**
   * Where the data lives and stays. Default: a temporary directory that goes with the server; it is in memory where
   * there is room, and does without fsync, since nothing of it is to survive the machine.
   */
  dataDir?: string
  /** Default: any free one. */
  port?: number
}

const USER = 'cinnabar'
const DATABASE = 'cinnabar'
/** Random, made with the data, readable by the server's user only: other users of the machine stay out. */
const PASSWORD_FILE = 'cinnabar.password'
const READY = 'database system is ready to accept connections'
const START_TIMEOUT_MS = 60_000
/** Linux has a file system in memory here. A database is hundreds of small files, ten times as fast to make there. */
const MEMORY_DIRECTORY = '/dev/shm'
/** Left free there, at the least, for whatever else a machine keeps in memory. */
const MEMORY_BYTES = 4 * 2 ** 30
const TEMPORARY_WAL = '128MB'
/** How long a server that is just going down on the same data may take; it has 10 s before it is killed. */
const PREDECESSOR_TIMEOUT_MS = 15_000
const FREE_PORT_ATTEMPTS = 5

/**
 * A Postgres for development and tests: a fresh database on the server that `DATABASE_URL` names, dropped
 * by `stop`, else the server of the npm package.
 *
 * @throws {PostgresStartError} with the remedy.
 */
export function startPostgres(parameters: StartPostgresParameters = {}): Promise<Postgres> {
  const serverUrl = process.env['DATABASE_URL']
  return serverUrl === undefined || serverUrl === ''
    ? startEmbeddedPostgres(parameters)
    : useExternalPostgres(serverUrl)
}

/** The server of the npm package, whatever `DATABASE_URL` says. @throws {PostgresStartError} */
export async function startEmbeddedPostgres({
  dataDir,
  port,
}: StartPostgresParameters = {}): Promise<EmbeddedPostgres> {
  const user = choosePostgresUser()
  const binaries = await findPostgresBinaries(user)
  const isTemporary = dataDir === undefined
  // Under a directory of its own, since `initialise` puts the finished data in place by a rename.
  const temporary = isTemporary ? await makeVolatileDirectory('cinnabar-postgres-') : undefined
  const removeTemporary = async () => {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true })
  }
  const directory = resolve(dataDir ?? join(temporary ?? '', 'data'))
  const flags = isTemporary ? ['-c', 'fsync=off', '-c', `max_wal_size=${TEMPORARY_WAL}`] : []
  let server: Awaited<ReturnType<typeof startServer>>
  try {
    if (!existsSync(join(directory, 'PG_VERSION'))) await initialise(binaries, user, directory)
    server = await startServer({ binaries, user, directory, flags, port, temporary })
  } catch (error) {
    await removeTemporary()
    throw error
  }

  const password = await readFile(join(directory, PASSWORD_FILE), 'utf8')
  const serverUrl = `postgres://${USER}:${password}@127.0.0.1:${String(server.port)}/postgres`
  const url = withDatabase(serverUrl, DATABASE)
  const exists = await query(serverUrl, `select 1 from pg_database where datname = '${DATABASE}'`)
  if (exists === 0) await query(serverUrl, `create database ${DATABASE}`)
  return {
    url,
    pid: server.process.pid,
    createDatabase: () => createDatabase(serverUrl),
    stop: () => server.process.stop(),
    async kill() {
      await server.process.kill()
      await removeTemporary()
    },
  }
}

/** A directory for data that need not survive the machine. As root the server runs as another user, who may pass. */
export async function makeVolatileDirectory(prefix: string): Promise<string> {
  const directory = await mkdtemp(join(await temporaryRoot(), prefix))
  await chmod(directory, 0o711)
  return directory
}

/** `TMPDIR` where it is set, else memory where there is much of it, else the system's. */
async function temporaryRoot(): Promise<string> {
  if ((process.env['TMPDIR'] ?? '') !== '') return tmpdir()
  try {
    await access(MEMORY_DIRECTORY, constants.W_OK)
    const { bavail, bsize } = await statfs(MEMORY_DIRECTORY)
    if (Math.min(bavail * bsize, freemem()) > MEMORY_BYTES) return MEMORY_DIRECTORY
  } catch {
    // Another system, or a container without one.
  }
  return tmpdir()
}

async function useExternalPostgres(serverUrl: string): Promise<Postgres> {
  try {
    const { url, drop } = await createDatabase(serverUrl)
    return { url, createDatabase: () => createDatabase(serverUrl), stop: drop }
  } catch (cause) {
    throw new PostgresStartError({
      reason: 'the server that DATABASE_URL names gave no database',
      output: [cause instanceof Error ? cause.message : String(cause)],
      remedy:
        'Its user must be allowed to create databases. Unset DATABASE_URL to use the embedded server.',
      cause,
    })
  }
}

async function createDatabase(serverUrl: string): Promise<Database> {
  const name = `cinnabar_${randomBytes(8).toString('hex')}`
  await query(serverUrl, `create database ${name}`)
  return {
    url: withDatabase(serverUrl, name),
    async drop() {
      await query(serverUrl, `drop database if exists ${name} with (force)`)
    },
  }
}

function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

/** Runs one statement on a connection of its own and returns how many rows it gave. */
async function query(url: string, statement: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rowCount ?? 0
  } finally {
    await client.end()
  }
}

/** Makes the data directory, whole or not at all: `initdb` works beside it, and a rename puts it in place. */
async function initialise(
  { initdb }: PostgresBinaries,
  user: PostgresUser,
  directory: string,
): Promise<void> {
  await mkdir(dirname(directory), { recursive: true })
  const unfinished = await mkdtemp(`${directory}.new-`)
  const passwordFile = `${unfinished}.password`
  const password = randomBytes(16).toString('hex')
  try {
    await giveTo(user, unfinished)
    await writeFile(passwordFile, password, { mode: 0o600 })
    await giveTo(user, passwordFile)
    checkReachable(user, unfinished)
    const options = ['--username', USER, '--pwfile', passwordFile, '--auth', 'scram-sha-256']
    // Locale C exists everywhere and sorts by bytes, as the queries expect.
    options.push('--locale', 'C', '--encoding', 'UTF8', '--no-instructions')
    await promisify(execFile)(initdb, ['--pgdata', unfinished, ...options], {
      ...user,
      cwd: unfinished,
      env: { ...process.env, LC_ALL: 'C' },
    })
    await rename(passwordFile, join(unfinished, PASSWORD_FILE))
    await rename(unfinished, directory)
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true })
    await rm(passwordFile, { force: true })
    if (cause instanceof PostgresStartError) throw cause
    throw new PostgresStartError({
      reason: `the data directory ${directory} could not be made`,
      output: [cause instanceof Error ? cause.message : String(cause)],
      remedy: 'The directory must be empty or absent. Or set DATABASE_URL to a Postgres that runs.',
      cause,
    })
  }
}

async function giveTo({ uid, gid }: PostgresUser, path: string): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid)
}

function checkReachable(user: PostgresUser, directory: string): void {
  const { status } = spawnSync('/bin/sh', ['-c', 'cd "$0"', directory], { ...user, cwd: '/' })
  if (status === 0) return
  throw new PostgresStartError({
    reason: `as root it runs as another user, who may not enter ${dirname(directory)}`,
    remedy:
      'Choose a data directory that every user may pass through (mode o+x), or set DATABASE_URL.',
  })
}

type ServerParameters = {
  binaries: PostgresBinaries
  user: PostgresUser
  directory: string
  flags: readonly string[]
  port: number | undefined
  /** Removed with the server, even when we are not there any more to do it. */
  temporary: string | undefined
}

/** Starts the server, trying other free ports and waiting for a predecessor on the same data to go. */
async function startServer(
  parameters: ServerParameters,
): Promise<{ process: GuardedProcess; port: number }> {
  const deadline = Date.now() + PREDECESSOR_TIMEOUT_MS
  for (let attempt = 1; ; attempt++) {
    const port = parameters.port ?? (await findFreePort())
    await removeStaleLock(parameters.directory)
    const server = await launch(parameters, port)
    const failure = await waitUntilReady(server)
    if (failure === undefined) return { process: server, port }

    const output = server.lastOutput()
    const says = (text: string) => output.some((line) => line.includes(text))
    const isPortTaken = says('Address already in use')
    const isDataTaken = says('postmaster.pid') || says('pre-existing shared memory block')
    if (isPortTaken && parameters.port === undefined && attempt < FREE_PORT_ATTEMPTS) continue
    if (isDataTaken && Date.now() < deadline) {
      await delay(250)
      continue
    }
    throw new PostgresStartError({
      reason: isPortTaken
        ? `port ${String(port)} is taken`
        : isDataTaken
          ? `another server is running on ${parameters.directory}`
          : failure,
      output,
      remedy: isPortTaken
        ? 'Leave the port out so that a free one is taken.'
        : isDataTaken
          ? 'Stop the other one first.'
          : 'Read the output above. Or set DATABASE_URL to a Postgres that runs.',
    })
  }
}

function launch(
  { binaries, user, directory, flags, temporary }: ServerParameters,
  port: number,
): Promise<GuardedProcess> {
  return startGuardedProcess({
    command: binaries.postgres,
    args: [
      ...['-D', directory, '-p', String(port), '-c', 'listen_addresses=127.0.0.1'],
      // No socket file: its directory would have to be writable for the server's user.
      ...['-c', 'unix_socket_directories=', ...flags],
    ],
    cwd: directory,
    env: { LC_ALL: 'C' },
    // Fast shutdown: ends the sessions, writes everything out.
    stopSignal: 'SIGINT',
    graceMs: 10_000,
    ...user,
    ...(temporary === undefined ? {} : { removeAfterwards: temporary }),
  })
}

/** Resolves with undefined once it accepts connections, else with what happened instead. */
async function waitUntilReady(server: GuardedProcess): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const outcome = await Promise.race([
    new Promise<undefined>((resolve) => {
      if (server.lastOutput().some((line) => line.includes(READY))) resolve(undefined)
      server.onLine((line) => {
        if (line.includes(READY)) resolve(undefined)
      })
    }),
    server.exited.then((code) => `it exited with code ${String(code)}`),
    new Promise<string>((resolve) => {
      timer = setTimeout(resolve, START_TIMEOUT_MS, 'it was not ready in time')
    }),
  ])
  clearTimeout(timer)
  if (outcome !== undefined) await server.kill()
  return outcome
}

/**
 * Removes the lock of a server that was killed when its process id belongs to some other program by now.
 * Postgres sees only that the number is alive. (A dead one it recognises itself.)
 */
async function removeStaleLock(directory: string): Promise<void> {
  const lock = join(directory, 'postmaster.pid')
  const [pid] = (await readFile(lock, 'utf8').catch(() => '')).split('\n')
  const commandLine = await readFile(`/proc/${pid ?? ''}/cmdline`, 'utf8').catch(() => '')
  const [program = ''] = commandLine.split('\0')
  if (program !== '' && basename(program) !== 'postgres') await rm(lock, { force: true })
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
  })
}
