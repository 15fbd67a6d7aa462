import { type Db, PgBoss } from 'pg-boss'
import { FarmNotInstalledError, FarmUnreachableError } from '../errors.ts'
import type { FarmConnection } from './sql.ts'

/** The queue library's own schema in the database; nothing else is in it. */
const SCHEMA = 'proving_queue'
/** Where attempts go that are over: one queue for all circuits, read by the sequencer. */
export const DEAD_QUEUE = 'dead'
const CHANNEL = 'cinnabar_farm'
const DAY_SECONDS = 24 * 60 * 60

/** What the farm's members tell each other: there is work, there is a result. */
export type FarmEvent = 'job' | 'result'

export type FarmSettings = {
  /** Attempts until a job is dead. */
  attempts: number
  /** A worker not heard of for so long has lost its job. At least 10. */
  heartbeatSeconds: number
  /** Longest time of one attempt. */
  expireSeconds: number
  /** Wait after the first failed attempt; it doubles with each. */
  retrySeconds: number
  /** How often lost workers are looked for. */
  superviseSeconds: number
  /** A dead job gets its attempts again after this time. */
  reviveSeconds: number
  /** A worker whose attempt failed takes no other for so long; it doubles with each in a row, up to `maxRestSeconds`. */
  restSeconds: number
  maxRestSeconds: number
}

export const defaultFarmSettings: FarmSettings = {
  attempts: 5,
  heartbeatSeconds: 10,
  // A size-16 batch takes 20 s with snarkjs on two cores, size 64 over a minute; a slow machine ten times that.
  expireSeconds: 30 * 60,
  retrySeconds: 1,
  superviseSeconds: 2,
  // Long enough to be seen and to spare the workers, a twelfth of the settle window in which the batch must be proved.
  reviveSeconds: 10 * 60,
  // 8, 16, 32, 60: a worker that fails at once needs two minutes for all attempts of a job, if nobody else is free in that time.
  restSeconds: 8,
  maxRestSeconds: 60,
}

/** The database of a farm: one pool of connections for the queue library and for our own queries. */
export type Farm = FarmConnection & {
  readonly boss: PgBoss
  readonly settings: FarmSettings
  /** Runs `work` in one transaction; an error rolls it back. */
  transaction<T>(work: (connection: FarmConnection) => Promise<T>): Promise<T>
  /** Calls back for each event, and with undefined after a lost connection, when some were missed. */
  listen(onEvent: (event: FarmEvent | undefined) => void): Promise<{ close(): Promise<void> }>
  close(): Promise<void>
}

export type OpenFarmParameters = {
  url: string
  /** Shown in the list of workers and in Postgres' list of sessions. */
  name: string
  /** Install and migrate the queue's schema, look for lost workers: the sequencer does, workers do not. */
  isKeeper: boolean
  poolSize?: number
  settings?: Partial<FarmSettings>
  /** What goes wrong in the background, e.g. while Postgres is away. It goes on by itself. */
  onError?: (error: Error) => void
}

/** @throws {FarmUnreachableError | FarmNotInstalledError} */
export async function openFarm({
  url,
  name,
  isKeeper,
  poolSize = 4,
  settings = {},
  onError = () => undefined,
}: OpenFarmParameters): Promise<Farm> {
  const merged = { ...defaultFarmSettings, ...settings }
  const boss = new PgBoss({
    connectionString: url,
    application_name: 'cinnabar-farm',
    instanceName: name,
    schema: SCHEMA,
    max: poolSize,
    schedule: false,
    migrate: isKeeper,
    createSchema: isKeeper,
    supervise: isKeeper,
    superviseIntervalSeconds: merged.superviseSeconds,
    monitorIntervalSeconds: merged.superviseSeconds,
  })
  boss.on('error', onError)
  try {
    await boss.start()
    if (isKeeper) await boss.createQueue(DEAD_QUEUE, { retentionSeconds: 3650 * DAY_SECONDS })
  } catch (cause) {
    await boss.stop({ graceful: false }).catch(() => undefined)
    if (isUnreachable(cause)) throw new FarmUnreachableError({ cause })
    throw isKeeper ? cause : new FarmNotInstalledError({ cause })
  }
  const db = boss.getDb()
  return {
    boss,
    settings: merged,
    query: (query) => run(db, query),
    async transaction(work) {
      // The built-in pool has it; the type allows adapters that do not.
      const transaction = await db.beginTransaction!()
      try {
        const result = await work({ query: (query) => run(transaction.db, query) })
        await transaction.commit()
        return result
      } catch (error) {
        await transaction.rollback()
        throw error
      }
    },
    listen: (onEvent) =>
      db.listen!(
        CHANNEL,
        (payload) => onEvent(payload as FarmEvent),
        () => onEvent(undefined),
      ),
    // Not gracefully: what is under way is the caller's to end, before.
    close: () => boss.stop({ graceful: false }),
  }
}

/** The queue library's view of a transaction of ours. */
export function asDb(connection: FarmConnection): Db {
  return {
    executeSql: async (text, values = []) => ({ rows: await connection.query({ text, values }) }),
  }
}

/** Tells the farm's members when the transaction is committed. */
export async function notifyFarm(connection: FarmConnection, event: FarmEvent): Promise<void> {
  await connection.query({ text: 'select pg_notify($1, $2)', values: [CHANNEL, event] })
}

/** What a job must find in a worker. */
export type QueueKeys = {
  circuit: string
  verificationKeyHash: string
  /** Fingerprint of the farm key that the data is sealed to; null: of an earlier version, any. */
  farmKey: string | null
}

/** One queue for each verification key and farm key: a worker takes only what it can open and prove. */
export function queueName({ circuit, verificationKeyHash, farmKey }: QueueKeys): string {
  const name = `prove/${circuit}/${verificationKeyHash}`
  return farmKey === null ? name : `${name}/${farmKey}`
}

/** The queue of a row of `proof_job`. */
export function queueOf(row: {
  circuit: string
  verification_key: Buffer
  farm_key: string | null
}): string {
  return queueName({
    circuit: row.circuit,
    verificationKeyHash: row.verification_key.toString('hex'),
    farmKey: row.farm_key,
  })
}

/** Makes a circuit's queue, or leaves it as it is. */
export async function ensureQueue({ boss, settings }: Farm, queue: string): Promise<void> {
  await boss.createQueue(queue, {
    deadLetter: DEAD_QUEUE,
    heartbeatSeconds: settings.heartbeatSeconds,
    expireInSeconds: settings.expireSeconds,
    retryLimit: settings.attempts - 1,
    retryDelay: settings.retrySeconds,
    retryBackoff: true,
    retryDelayMax: 300,
    // A proof is wanted until it is made: the library would forget a job after two weeks.
    retentionSeconds: 3650 * DAY_SECONDS,
    // Ended attempts hold a job's name and nothing else; kept for a look back.
    deleteAfterSeconds: DAY_SECONDS,
  })
}

async function run<Row extends object>(
  db: Db,
  { text, values }: { text: string; values: readonly unknown[] },
): Promise<Row[]> {
  const { rows } = await db.executeSql(text, [...values])
  return rows as Row[]
}

function isUnreachable(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  // Class 28 and 3D: no such user, password or database; 57P: shutting down or starting.
  return /^(ECONN|ENOTFOUND|ETIMEDOUT|EAI_|28|3D|57P)/.test(code) || error instanceof AggregateError
}
