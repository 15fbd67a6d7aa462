import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { privateKeyToAccount } from 'viem/accounts'
import { fileTransactionStore } from '../l1/transactionStore.ts'
import { parseIsoDay } from '../protocol/calendar.ts'
import { BaseError } from '../protocol/errors.ts'
import { FileUnreadableError } from './errors.ts'
import { anchorLog } from './log/anchorLog.ts'
import { SYSTEM_ACCOUNT } from './log/entry.ts'
import type { Connection } from './options.ts'
import { appendLogEntry } from './store/appendLogEntry.ts'
import { type Database, openDatabase } from './store/database.ts'
import { migrate } from './store/migrate.ts'

/** What the command line can lend: a Postgres for development, where no other is named. */
export type RegulatorCliHost = {
  startPostgres?: (parameters: {
    dataDir: string
  }) => Promise<{ url: string; stop(): Promise<void> }>
}

export class StoreMissingError extends BaseError {
  override readonly name = 'StoreMissingError'
  constructor() {
    super('No database was named.', {
      code: 'DATABASE_MISSING',
      metaMessages: [
        'Give --database-url, or set CINNABAR_REGULATOR_DATABASE_URL, to a Postgres of version 14 or later.',
      ],
    })
  }
}

export class L1KeyInvalidError extends BaseError {
  override readonly name = 'L1KeyInvalidError'
  constructor() {
    super('The base-chain key is missing or is no key.', {
      code: 'KEY_INVALID',
      metaMessages: ['A key is 0x and 64 hex digits, in a file or in CINNABAR_REGULATOR_L1_KEY.'],
    })
  }
}

export type StoreOptions = { databaseUrl?: string; dataDir: string }

/**
 * The supervisor's store, brought to this version. Its variable is its own: a supervisor and a sequencer on one
 * machine must not meet in one database because both read DATABASE_URL.
 */
export async function openStore(
  { databaseUrl, dataDir }: StoreOptions,
  host: RegulatorCliHost,
): Promise<{ database: Database; close(): Promise<void> }> {
  const named = databaseUrl ?? process.env['CINNABAR_REGULATOR_DATABASE_URL']
  const isNamed = named !== undefined && named !== ''
  if (!isNamed && host.startPostgres === undefined) throw new StoreMissingError()
  const embedded = isNamed ? undefined : await host.startPostgres?.({ dataDir })
  try {
    const database = await openDatabase({ url: embedded?.url ?? named ?? '' })
    await migrate(database)
    return {
      database,
      async close() {
        await database.close()
        await embedded?.stop()
      },
    }
  } catch (error) {
    await embedded?.stop()
    throw error
  }
}

/** @throws {FileUnreadableError} */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    throw new FileUnreadableError({ path, reason: 'it cannot be opened' })
  }
}

/** @throws {FileUnreadableError} */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path)
  try {
    return JSON.parse(text)
  } catch {
    throw new FileUnreadableError({ path, reason: 'it is not JSON' })
  }
}

/** From --l1-key-file, else CINNABAR_REGULATOR_L1_KEY; never from an argument. @throws {L1KeyInvalidError} */
export async function readL1Key(file: string | undefined): Promise<`0x${string}`> {
  const text = file === undefined ? process.env['CINNABAR_REGULATOR_L1_KEY'] : await readText(file)
  const key = (text ?? '').trim().toLowerCase()
  if (!/^0x[0-9a-f]{64}$/.test(key)) throw new L1KeyInvalidError()
  return key as `0x${string}`
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

export function bigNumber(text: string): bigint {
  if (!/^[1-9]\d{0,30}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return BigInt(text)
}

export function address(text: string): `0x${string}` {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text))
    throw new InvalidArgumentError('Write 0x and 40 hex digits.')
  return text.toLowerCase() as `0x${string}`
}

/** An ISO day as a Unix day. */
export function isoDay(text: string): bigint {
  const day = parseIsoDay(text)
  if (day === undefined) throw new InvalidArgumentError('Write a day as 2026-11-30.')
  return day
}

/** Resolves at Ctrl-C or a request to end. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
}

const TRANSACTIONS_FILE = 'supervision-transactions.json'
const DATA_DIR = '.cinnabar/regulator-postgres'

export type ChainOptions = { rpc: string; deployment: string }

export function withStore(command: Command): Command {
  return command
    .option(
      '--database-url <url>',
      'Postgres; default: CINNABAR_REGULATOR_DATABASE_URL, else an embedded one',
    )
    .option('--data-dir <dir>', 'data of the embedded Postgres', DATA_DIR)
}

export function withChain(command: Command): Command {
  return command
    .requiredOption('--rpc <url>', 'node of the base chain')
    .requiredOption('--deployment <file>', 'deployment file')
}

export function withKeys(command: Command): Command {
  return command
    .option('--statistics-key <file...>', 'audit keys S, one a file, of any epochs', [])
    .option('--passphrase-file <file>', 'file with the passphrase (else CINNABAR_PASSPHRASE)')
    .option('--confirmations <blocks>', 'blocks to wait before reading', wholeNumber, 0)
}

/** Runs with the store open, and closes it whatever happens. */
export type OnStore = <T>(
  options: StoreOptions,
  work: (database: Database) => Promise<T>,
) => Promise<T>

export function onStoreOf(host: RegulatorCliHost): OnStore {
  return async (options, work) => {
    const store = await openStore(options, host)
    try {
      return await work(store.database)
    } finally {
      await store.close()
    }
  }
}

/** What a command on the machine does stands in the log as `system`: the machine's own users are not ours. */
export async function recorded(
  database: Database,
  action: string,
  facts: Record<string, string | number>,
  work: (connection: Parameters<typeof appendLogEntry>[0]) => Promise<void> = () =>
    Promise.resolve(),
): Promise<void> {
  await database.transaction(async (connection) => {
    await work(connection)
    const now = new Date()
    await appendLogEntry(connection, { account: SYSTEM_ACCOUNT, action, facts, now })
  })
}

/** Anchors with the officer's key, which is read at once. */
export async function anchoring(
  database: Database,
  { client, deployment }: Connection,
  { l1KeyFile, dir }: { l1KeyFile?: string; dir: string },
) {
  const account = privateKeyToAccount(await readL1Key(l1KeyFile))
  const store = fileTransactionStore(join(dir, TRANSACTIONS_FILE))
  return () => anchorLog({ connection: database, client, deployment, account, store })
}
