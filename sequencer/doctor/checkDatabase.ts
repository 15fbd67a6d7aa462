import type { ChainDeployment } from '../../l1/deployment.ts'
import { measureSpend } from '../figures.ts'
import { openDatabase, type Database } from '../store/database.ts'
import { findDatabaseFacts } from '../store/findDatabaseFacts.ts'
import { findDrain } from '../store/drain.ts'
import { findFigures } from '../store/findFigures.ts'
import { isReceiptSignerBarred } from '../store/isReceiptSignerBarred.ts'
import { readAppliedMigrations, readMigrations } from '../store/migrate.ts'
import type { Findings } from './findings.ts'

const LEAST_VERSION = 14
const MAX_SKEW_SECONDS = 5
const MAX_UNSETTLED_SECONDS = 3_600
const SPEND_MS = 7 * 86_400_000

/** Reachable, durable, of this version and this deployment; how far settlement is. */
export async function checkDatabase(
  findings: Findings,
  {
    url,
    deployment,
    receiptSigner,
    now,
  }: {
    url: string
    deployment: ChainDeployment | undefined
    receiptSigner: `0x${string}` | undefined
    now: Date
  },
): Promise<{ weiPerDay: number | undefined; isMigrated: boolean } | undefined> {
  const database = await findings.attempt('database', () => openDatabase({ url, poolSize: 2 }))
  if (database === undefined) return undefined
  try {
    await checkServer(findings, database, now)
    const isMigrated = (await checkMigrations(findings, database)) === true
    if (!isMigrated) return { weiPerDay: undefined, isMigrated }
    if (deployment !== undefined) await checkOwner(findings, database, deployment)
    if (receiptSigner !== undefined) await checkReceiptKey(findings, database, receiptSigner)
    await checkProgress(findings, database, now)
    const since = new Date(now.getTime() - SPEND_MS)
    return { weiPerDay: await measureSpend(database, { since, now }), isMigrated }
  } finally {
    await database.close()
  }
}

async function checkServer(findings: Findings, database: Database, now: Date): Promise<void> {
  await findings.attempt('database', async () => {
    const facts = await findDatabaseFacts(database)
    if (facts.version < LEAST_VERSION) {
      findings.fail(
        'database',
        `Postgres ${String(facts.version)}.`,
        `Use Postgres ${String(LEAST_VERSION)} or later.`,
      )
    } else if (!facts.isDurable) {
      findings.fail(
        'database',
        'fsync or synchronous_commit is off: a receipt could be given for what is lost with the power.',
        'Set fsync = on and synchronous_commit = on (or stricter), and reload Postgres.',
      )
    } else {
      const who = facts.isInUse ? 'a sequencer works with it' : 'no sequencer works with it'
      findings.ok('database', `Postgres ${String(facts.version)}, durable; ${who}.`)
    }
    const skew = Math.round((facts.now.getTime() - now.getTime()) / 1_000)
    if (Math.abs(skew) > MAX_SKEW_SECONDS) {
      findings.warn(
        'clock',
        `The database’s clock differs by ${String(skew)} s from this machine’s.`,
        'Set both by NTP.',
      )
    }
  })
}

function checkMigrations(findings: Findings, database: Database): Promise<boolean | undefined> {
  return findings.attempt('schema', async () => {
    const applied = await readAppliedMigrations(database)
    const known = await readMigrations()
    const missing = known.filter(({ name }) => !applied.includes(name))
    const unknown = applied.filter((one) => !known.some(({ name }) => name === one))
    if (unknown.length > 0) {
      findings.fail(
        'schema',
        `The database is of a later version: ${unknown.join(', ')}.`,
        'Start the version that belongs to it; schemas go forward only.',
      )
      return false
    }
    if (missing.length > 0) {
      findings.warn(
        'schema',
        `${String(missing.length)} migrations are not applied yet, from ${missing[0]?.name ?? ''} on.`,
        'Back up, then: cinnabar sequencer migrate. (A start applies them too.)',
      )
      return false
    }
    findings.ok('schema', `Up to date: ${known.at(-1)?.name ?? ''}.`)
    return true
  })
}

async function checkOwner(
  findings: Findings,
  database: Database,
  { chainId, contracts }: ChainDeployment,
): Promise<void> {
  await findings.attempt('deployment', async () => {
    const { deployment } = await findDatabaseFacts(database)
    const expected = `${String(chainId)} ${contracts.rollup.toLowerCase()}`
    if (deployment === undefined || deployment === expected) {
      findings.ok(
        'deployment',
        deployment === undefined
          ? 'The database belongs to no deployment yet.'
          : 'The database belongs to this deployment.',
      )
    } else {
      findings.fail(
        'deployment',
        `The database belongs to another deployment: ${deployment}.`,
        'Check --database-url and --deployment: every deployment has a database of its own.',
      )
    }
  })
}

async function checkReceiptKey(
  findings: Findings,
  database: Database,
  receiptSigner: `0x${string}`,
): Promise<void> {
  await findings.attempt('receipt key', async () => {
    if (await isReceiptSignerBarred(database, receiptSigner)) {
      findings.fail(
        'receipt key',
        `${receiptSigner} was ended when this database was restored from a backup: a start refuses it.`,
        'Make a new key and name it with --receipt-key-file.',
      )
    } else findings.ok('receipt key', `${receiptSigner} may sign receipts.`)
  })
}

async function checkProgress(findings: Findings, database: Database, now: Date): Promise<void> {
  await findings.attempt('settlement', async () => {
    const { settledAt, unsettledSince } = await findFigures(database)
    const age = (moment: Date) => Math.round((now.getTime() - moment.getTime()) / 1_000)
    const last =
      settledAt === undefined
        ? 'No batch has been settled yet'
        : `The last batch was settled ${String(age(settledAt))} s ago`
    if (unsettledSince !== undefined && age(unsettledSince) > MAX_UNSETTLED_SECONDS) {
      findings.fail(
        'settlement',
        `${last}; one has waited for ${String(age(unsettledSince))} s.`,
        'See docs/runbooks/not-settling.md.',
      )
    } else findings.ok('settlement', `${last}.`)
    const drain = await findDrain(database)
    if (drain !== undefined) {
      findings.warn(
        'admission',
        `Nothing is admitted: a drain stands since ${drain.requestedAt.toISOString()}.`,
        'When the work is done: cinnabar sequencer resume',
      )
    }
  })
}
