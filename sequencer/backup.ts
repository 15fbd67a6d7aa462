import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { link, open, unlink } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { requeueProofs } from '../prover/farm/store/requeueProofs.ts'
import { openFarm } from '../prover/farm/store/openFarm.ts'
import { listProofJobs } from '../prover/farm/store/listProofJobs.ts'
import { BackupFileError, DatabaseNotEmptyError } from './errors.ts'
import { continueNumbers, listDecisionTables, readRows, writeRows } from './store/copyTables.ts'
import { barReceiptSigner } from './store/barReceiptSigner.ts'
import type { Connection, Database } from './store/database.ts'
import { migrate, readAppliedMigrations, readMigrations } from './store/migrate.ts'

/** Lines of a backup: this, then `<table> <row>` for each row, then `end <rows> <hash of all before>`. */
type Header = {
  format: 'cinnabar sequencer backup'
  version: 1
  createdAt: string
  migrations: string[]
  tables: string[]
}

export type BackupSummary = { createdAt: string; rows: number; tables: readonly string[] }

/** Rows kept before they are written. */
const BLOCK = 500

/**
 * Writes what this node decided (receipts, transfers, batches, proofs wanted, settle calls) to a new file, as of one
 * moment; the sequencer may go on. No key is in it. The file is there whole or not at all, readable by its owner only.
 *
 * @throws {BackupFileError}
 */
export async function backupSequencer(
  database: Database,
  { path, now = new Date() }: { path: string; now?: Date },
): Promise<BackupSummary> {
  const partial = `${path}.partial`
  const fail = (cause: unknown): never => {
    throw new BackupFileError({ path, reason: reasonOf(cause), cause })
  }
  const file = await open(partial, 'wx', 0o600).catch(fail)
  try {
    // A connection of its own: one moment for all tables, whoever leads.
    const connection = await database.dedicated(() => undefined)
    let summary: BackupSummary
    try {
      await connection.query({
        text: 'begin isolation level repeatable read, read only',
        values: [],
      })
      const header: Header = {
        ...{ format: 'cinnabar sequencer backup', version: 1, createdAt: now.toISOString() },
        migrations: await readAppliedMigrations(connection),
        tables: await listDecisionTables(connection),
      }
      const counted = { rows: 0 }
      const lines = Readable.from(writeLines(connection, header, counted))
      await pipeline(lines, createGzip(), async (bytes: AsyncIterable<Buffer>) => {
        for await (const part of bytes) await file.appendFile(part)
      })
      summary = { createdAt: header.createdAt, rows: counted.rows, tables: header.tables }
    } finally {
      await connection.close()
    }
    await file.sync()
    // Unlike a rename, a link never takes another file's place.
    await link(partial, path).catch(fail)
    return summary
  } finally {
    await file.close()
    await unlink(partial)
  }
}

async function* writeLines(
  connection: Connection,
  header: Header,
  counted: { rows: number },
): AsyncGenerator<string> {
  const hash = createHash('sha256')
  const say = (line: string) => {
    hash.update(line)
    return line
  }
  yield say(`${JSON.stringify(header)}\n`)
  for (const table of header.tables) {
    for await (const row of readRows(connection, table)) {
      counted.rows += 1
      // Postgres writes a row on one line.
      yield say(`${table} ${row}\n`)
    }
  }
  yield `end ${String(counted.rows)} ${hash.digest('hex')}\n`
}

/**
 * Brings a backup into an empty database, all of it or nothing, and the schema to this version. Proofs that were wanted
 * are wanted again, with all attempts; killed before that, they show as given up, to be requeued. What the base chain settled since is taken in at the next start. The receipt key
 * that led last is ended (docs/decisions/0118), unless the operator knows that nothing was sealed since.
 *
 * @throws {BackupFileError} for a file that is damaged, cut off, or of a later version.
 * @throws {DatabaseNotEmptyError}
 */
export async function restoreSequencer(
  database: Database,
  {
    path,
    keepsReceiptKey = false,
    now = new Date(),
  }: { path: string; keepsReceiptKey?: boolean; now?: Date },
): Promise<BackupSummary & { barredSigner: `0x${string}` | undefined }> {
  // First whole, to the end and its hash, before the database is touched.
  const header = await checkBackup(path)
  if ((await readAppliedMigrations(database)).length > 0) throw new DatabaseNotEmptyError()
  const known = await readMigrations()
  const applied = known.slice(0, header.migrations.length)
  if (String(applied.map(({ name }) => name)) !== String(header.migrations)) {
    throw new BackupFileError({ path, reason: 'it was made by another or a later version' })
  }
  await migrate(database, applied)
  const has = (table: string) => header.tables.includes(table)
  const { rows, barredSigner } = await database.transaction(async (connection) => {
    const count = await load(connection, path)
    for (const table of header.tables) await continueNumbers(connection, table)
    if (has('proof_job')) await buryAll(connection)
    // With the rows: killed between the two, a sequencer with the key of before could start here. An older backup, of
    // before there were such tables, names no key.
    const isBarred = !keepsReceiptKey && has('barred_receipt_signer')
    const barred = isBarred ? await barReceiptSigner(connection, { now }) : undefined
    return { rows: count, barredSigner: barred }
  })
  await migrate(database, known)
  await requeueAll(database)
  return { createdAt: header.createdAt, rows, tables: header.tables, barredSigner }
}

/** Reads all of it. @returns its header. */
async function checkBackup(path: string): Promise<Header> {
  const fail = (reason: string, cause?: unknown): never => {
    throw new BackupFileError({ path, reason, cause })
  }
  const hash = createHash('sha256')
  let header: Header | undefined
  let rows = 0
  let isWhole = false
  try {
    for await (const line of linesOf(path)) {
      if (isWhole) return fail('something stands behind its end')
      const end = /^end (\d+) ([0-9a-f]{64})$/.exec(line)
      if (end !== null) {
        isWhole = Number(end[1]) === rows && end[2] === hash.digest('hex')
        if (!isWhole) return fail('it was changed or damaged')
      } else {
        hash.update(`${line}\n`)
        if (header === undefined) header = parseHeader(line) ?? fail('it is no backup')
        else rows += 1
      }
    }
  } catch (error) {
    if (error instanceof BackupFileError) throw error
    return fail(reasonOf(error), error)
  }
  return header === undefined || !isWhole ? fail('it is cut off') : header
}

async function load(connection: Connection, path: string): Promise<number> {
  let count = 0
  let block: { table: string; rows: string[] } = { table: '', rows: [] }
  const write = async () => {
    await writeRows(connection, block.table, block.rows)
    count += block.rows.length
  }
  let isHeader = true
  for await (const line of linesOf(path)) {
    const at = line.indexOf(' ')
    const table = line.slice(0, at)
    if (!isHeader && table !== 'end') {
      if (block.table !== table || block.rows.length === BLOCK) {
        await write()
        block = { table, rows: [] }
      }
      block.rows.push(line.slice(at + 1))
    }
    isHeader = false
  }
  await write()
  return count
}

/** The queue's own rows are not in a backup: what was queued is marked as given up, to be given all attempts again. */
async function buryAll(connection: Connection): Promise<void> {
  await connection.query({
    text: `update proof_job set status = 'dead', worker = null`,
    values: [],
  })
}

async function requeueAll(database: Database): Promise<void> {
  const { url } = database
  const farm = await openFarm({ url, name: 'migration', isKeeper: true, poolSize: 2 })
  try {
    const jobs = await listProofJobs(farm)
    await requeueProofs(
      farm,
      jobs.map(({ job }) => job),
    )
  } finally {
    await farm.close()
  }
}

function linesOf(path: string): AsyncIterable<string> {
  const source = createReadStream(path)
  const text = source.pipe(createGunzip())
  source.on('error', (error) => text.destroy(error))
  return createInterface({ input: text, crlfDelay: Infinity })
}

function parseHeader(line: string): Header | undefined {
  try {
    const header = JSON.parse(line) as Header
    return header.format === 'cinnabar sequencer backup' && header.version === 1
      ? header
      : undefined
  } catch {
    return undefined
  }
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'EEXIST') return 'it exists already, and a backup is never overwritten'
  if (code === 'ENOENT') return 'it, or its folder, does not exist'
  if (code?.startsWith('Z_') === true) return 'it is damaged or cut off'
  return message
}
