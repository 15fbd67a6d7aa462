import { setTimeout as delay } from 'node:timers/promises'
import { DatabaseInUseError } from '../errors.ts'
import { type Database, sql } from './database.ts'

const LOCK = 0x63_6e_62_02

/**
 * Makes this process the only one that admits, seals and settles with this database. The lock is the
 * session's, so it goes with the process, however that ends.
 *
 * @throws {DatabaseInUseError} when another process holds it for longer than `waitMs`.
 */
export async function acquireWriterLock(
  database: Database,
  { waitMs, onLost }: { waitMs: number; onLost: (error: Error) => void },
): Promise<{ release(): Promise<void> }> {
  const session = await database.dedicated(onLost)
  const until = Date.now() + waitMs
  for (;;) {
    const [row] = await session.query<{ is_held: boolean }>(
      sql`select pg_try_advisory_lock(${LOCK}) as is_held`,
    )
    if (row?.is_held === true) return { release: () => session.close() }
    if (Date.now() > until) {
      await session.close()
      throw new DatabaseInUseError()
    }
    // The server notices within milliseconds when a killed process's connection is gone.
    await delay(100)
  }
}
