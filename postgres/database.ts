import pg from 'pg'
import { BaseError } from '../protocol/errors.ts'
import { bytesToBigint, FieldElement } from '../protocol/field.ts'
import { DatabaseUnreachableError } from './errors.ts'

type SqlValue = string | number | bigint | boolean | null | Date | Uint8Array | readonly SqlValue[]
export type Query = { readonly text: string; readonly values: readonly unknown[] }

/** A query whose interpolations become $1, $2, …: no value is ever part of the text. */
export function sql(strings: TemplateStringsArray, ...values: readonly SqlValue[]): Query {
  const text = strings.reduce((all, part, i) => `${all}$${String(i)}${part}`)
  return { text, values: values.map(toDriver) }
}

function toDriver(value: SqlValue): unknown {
  // bigint columns and numeric ones take decimal text; JavaScript numbers end at 2^53.
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (Array.isArray(value)) return value.map(toDriver)
  return value
}

/** Something that runs queries: the pool, or one transaction. */
export type Connection = {
  query<Row extends object>(query: Query): Promise<Row[]>
}

/** Postgres. Every query of a store goes through one of these and lives in that store's folder. */
export type Database = Connection & {
  /** With its password: never logged. For what needs a pool of its own. */
  readonly url: string
  /** Runs `work` in one transaction; an error rolls it back. */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  /** From now on every session says what the fence says, and is refused where that is no longer true. */
  fence(fence: Fence): void
  /** A connection of its own, for a session lock. `onLost` is called when it breaks. */
  dedicated(onLost: (error: Error) => void): Promise<Connection & { close(): Promise<void> }>
  close(): Promise<void>
}

/**
 * Keeps out a process whose time is over. The database decides: triggers of the store's tables look at the
 * setting, and a transaction is asked before its first statement.
 */
export type Fence = {
  /** A setting of every session, e.g. a number that only one process may have. */
  readonly setting: string
  readonly value: string
  /** A statement that fails when the time is over. It goes with the begin of each transaction. */
  readonly check: string
  /** The SQLSTATE of a refusal, and what is thrown instead. */
  readonly code: string
  readonly onRefused: (cause: unknown) => Error
}

export type OpenDatabaseParameters = {
  url: string
  /** How the server's views name us. */
  applicationName: string
  poolSize?: number
  /** Longest pause within a transaction, ms: after it the server ends it. */
  idleInTransactionMs?: number
}

/** @throws {DatabaseUnreachableError} */
export async function openDatabase({
  url,
  applicationName,
  poolSize = 10,
  idleInTransactionMs = 60_000,
}: OpenDatabaseParameters): Promise<Database> {
  const settings: pg.PoolConfig = {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: 10_000,
    // No query of ours takes long; a stuck one must not hold a loop for ever.
    statement_timeout: 60_000,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    keepAlive: true,
  }
  const pool = new pg.Pool({ ...settings, max: poolSize })
  // An idle connection that breaks is replaced at the next query; unheard, it would end the process.
  pool.on('error', () => undefined)
  // The pool listens to idle ones only: one that breaks between two queries of its user would end the process too.
  pool.on('connect', (client) => {
    client.on('error', () => undefined)
  })
  try {
    await pool.query('select 1')
  } catch (cause) {
    await pool.end()
    throw new DatabaseUnreachableError({ cause })
  }
  let fence: Fence | undefined
  const fenced = new WeakMap<pg.PoolClient, Fence>()
  /** Runs `work` on a connection of the pool that says what the fence says, if there is one. */
  const withClient = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect()
    let broken: Error | undefined
    try {
      if (fence !== undefined && fenced.get(client) !== fence) {
        const { setting, value } = fence
        await client.query('select set_config($1, $2, false)', [setting, value])
        fenced.set(client, fence)
      }
      return await work(client)
    } catch (error) {
      // What the database refused, or we, leaves the connection as it was.
      const isWhole = error instanceof BaseError || violatedConstraint(error) !== undefined
      if (!isWhole) broken = error instanceof Error ? error : new Error(String(error))
      const isRefused = error instanceof pg.DatabaseError && error.code === fence?.code
      throw isRefused && fence !== undefined ? fence.onRefused(error) : error
    } finally {
      client.release(broken)
    }
  }
  return {
    url,
    query: (query) => withClient((client) => run(client, query)),
    transaction: (work) =>
      withClient(async (client) => {
        try {
          await client.query(fence === undefined ? 'begin' : `begin; ${fence.check}`)
          const result = await work({ query: (query) => run(client, query) })
          await client.query('commit')
          return result
        } catch (error) {
          // Where that fails the connection is at its end, and its transaction with it.
          await client.query('rollback').catch(() => undefined)
          throw error
        }
      }),
    fence(next) {
      fence = next
    },
    async dedicated(onLost) {
      const client = new pg.Client({ ...settings, statement_timeout: 0 })
      let isClosing = false
      client.on('error', (error) => {
        if (!isClosing) onLost(error)
      })
      await client.connect()
      return {
        query: (query) => run(client, query),
        async close() {
          isClosing = true
          await client.end()
        },
      }
    },
    close: () => pool.end(),
  }
}

async function run<Row extends object>(
  client: { query(text: string, values: unknown[]): Promise<{ rows: unknown[] }> },
  { text, values }: Query,
): Promise<Row[]> {
  const { rows } = await client.query(text, [...values])
  return rows as Row[]
}

/** The named constraint that a failed query violated, if it was one. */
export function violatedConstraint(error: unknown): string | undefined {
  const isViolation =
    error instanceof pg.DatabaseError && (error.code === '23505' || error.code === '23514')
  return isViolation ? error.constraint : undefined
}

/**
 * Whether a query failed because the database is away, going down, out of room or too slow: not by what it
 * said. Whether its transaction took place is then unknown.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof pg.DatabaseError) {
    // Postgres' classes: connection, resources, operator intervention (shutdown, timeout), system, read-only.
    return /^(08|53|57|58)|^25006$/.test(error.code ?? '')
  }
  const { code = '' } = error as NodeJS.ErrnoException
  return (
    /^E(CONN|PIPE|TIMEDOUT|HOST|NET|AI_)/.test(code) ||
    // node-postgres gives these no code.
    /^(Connection terminated|timeout exce|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after)/i.test(
      error.message,
    )
  )
}

// Conversions at the border, and nowhere else. By hex and Buffer, which take a tenth of byte by byte:
// an admitted transfer has some thirty of them.

export function toField(value: bigint): Uint8Array {
  return Buffer.from(FieldElement(value).toString(16).padStart(64, '0'), 'hex')
}
export function fromField(bytes: Buffer): bigint {
  return bytesToBigint(bytes)
}
export function toBytes(hex: `0x${string}`): Uint8Array {
  const bytes = Buffer.from(hex.slice(2), 'hex')
  // Buffer stops at the first character that is no digit and says nothing.
  if (2 + 2 * bytes.length !== hex.length) throw new RangeError('not 0x and pairs of hex digits')
  return bytes
}
export function fromBytes(bytes: Uint8Array): `0x${string}` {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`
}
