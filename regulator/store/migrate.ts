import {
  migrate as migratePostgres,
  type Migration,
  readMigrations as readMigrationsIn,
} from '../../postgres/migrate.ts'
import type { Database } from './database.ts'

const DIRECTORY = new URL('../migrations/', import.meta.url)

/** The migrations of this version, in order. */
export function readMigrations(): Promise<Migration[]> {
  return readMigrationsIn(DIRECTORY)
}

/**
 * Brings the supervisor's schema to this version.
 *
 * @throws {MigrationChangedError} when an applied migration is not the one that this version knows.
 * @returns the names of the migrations applied.
 */
export async function migrate(database: Database): Promise<string[]> {
  return migratePostgres(database, await readMigrations())
}
