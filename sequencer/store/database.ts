import pg from 'pg'
import { bytesToBigint, FieldElement } from '../../protocol/field.ts'
import { DatabaseUnreachableError } from '../errors.ts'

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

/** Postgres. Every query of the sequencer goes through one of these and lives in this folder. */
export type Database = Connection & {
  /** With its password: never logged. For what needs a pool of its own. */
  readonly url: string
  /** Runs `work` in one transaction; an error rolls it back. */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  /** A connection of its own, for a session lock. `onLost` is called when it breaks. */
  dedicated(onLost: (error: Error) => void): Promise<Connection & { close(): Promise<void> }>
  close(): Promise<void>
}

export type OpenDatabaseParameters = { url: string; poolSize?: number }

/** @throws {DatabaseUnreachableError} */
export async function openDatabase({
  url,
  poolSize = 10,
}: OpenDatabaseParameters): Promise<Database> {
  const settings: pg.PoolConfig = {
    connectionString: url,
    application_name: 'cinnabar-sequencer',
    connectionTimeoutMillis: 10_000,
    // No query of ours takes long; a stuck one must not hold a loop for ever.
    statement_timeout: 60_000,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
  }
  const pool = new pg.Pool({ ...settings, max: poolSize })
  // An idle connection that breaks is replaced at the next query; unheard, it would end the process.
  pool.on('error', () => undefined)
  try {
    await pool.query('select 1')
  } catch (cause) {
    await pool.end()
    throw new DatabaseUnreachableError({ cause })
  }
  return {
    url,
    query: (query) => run(pool, query),
    async transaction(work) {
      const client = await pool.connect()
      let broken: Error | undefined
      try {
        await client.query('begin')
        const result = await work({ query: (query) => run(client, query) })
        await client.query('commit')
        return result
      } catch (error) {
        await client.query('rollback').catch((failure: unknown) => {
          broken = failure instanceof Error ? failure : new Error(String(failure))
        })
        throw error
      } finally {
        client.release(broken)
      }
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
