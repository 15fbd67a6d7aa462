import {
  migrate as migratePostgres,
  type Migration,
  readMigrations as readMigrationsIn,
} from '../../postgres/migrate.ts'
import { type Connection, type Database, sql } from './database.ts'

const DIRECTORY = new URL('../migrations/', import.meta.url)

/** The migrations of this version, in order. */
export function readMigrations(): Promise<Migration[]> {
  return readMigrationsIn(DIRECTORY)
}

/**
 * Brings the sequencer's schema to this version.
 *
 * @throws {MigrationChangedError} when an applied migration is not the one that this version knows.
 * @returns the names of the migrations applied.
 */
export async function migrate(
  database: Database,
  migrations?: readonly Migration[],
): Promise<string[]> {
  return migratePostgres(database, migrations ?? (await readMigrations()))
}

/** Names of what was applied to a database, in order; none where nothing was. */
export async function readAppliedMigrations(connection: Connection): Promise<string[]> {
  const [table] = await connection.query<{ exists: boolean }>(sql`
    select to_regclass('public.migration') is not null as exists
  `)
  if (table?.exists !== true) return []
  const rows = await connection.query<{ name: string }>(sql`
    select name from migration order by number
  `)
  return rows.map(({ name }) => name)
}
