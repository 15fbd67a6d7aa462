import { readdir, readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { MigrationChangedError } from './errors.ts'
import { type Connection, type Database, sql } from './database.ts'

/** Any number will do, as long as every process uses the same. */
const LOCK = 0x63_6e_62_01

export type Migration = { number: number; name: string; text: string }

/** The migrations in a store's folder, in order. */
export async function readMigrations(directory: URL): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async (name) => ({
      number: Number(name.slice(0, 6)),
      name,
      text: await readFile(new URL(name, directory), 'utf8'),
    })),
  )
}

/**
 * Brings the schema to this version: each missing migration in its own transaction, in order, forward
 * only. Two processes at once are safe: the second one waits and finds nothing to do.
 *
 * @throws {MigrationChangedError} when an applied migration is not the one that this version knows.
 * @returns the names of the migrations applied.
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[],
): Promise<string[]> {
  const applied: string[] = []
  for (const migration of migrations) {
    await database.transaction(async (connection) => {
      await connection.query(sql`select pg_advisory_xact_lock(${LOCK})`)
      if (await isApplied(connection, migration)) return
      await connection.query({ text: migration.text, values: [] })
      await connection.query(sql`
        insert into migration (number, name, hash)
        values (${migration.number}, ${migration.name}, ${hash(migration)})
      `)
      applied.push(migration.name)
    })
  }
  return applied
}

async function isApplied(connection: Connection, migration: Migration): Promise<boolean> {
  await connection.query(sql`
    create table if not exists migration (
      number            integer not null
        constraint migration_pkey primary key,
      name              text not null,
      hash              text not null,
      applied_at        timestamptz not null default now()
    )
  `)
  const [row] = await connection.query<{ hash: string }>(sql`
    select hash from migration where number = ${migration.number}
  `)
  if (row !== undefined && row.hash !== hash(migration)) {
    throw new MigrationChangedError({ name: migration.name })
  }
  return row !== undefined
}

function hash({ text }: Migration): string {
  return createHash('sha256').update(text).digest('hex')
}
