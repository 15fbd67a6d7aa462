import { type Connection, sql } from './database.ts'

/** Rows read or written at a time. */
const ROWS = 500

/**
 * The tables that a backup holds, parents before those that refer to them: what this node decided. What the base chain
 * said (l1_block and all that hangs on it) is read from it again; results that were not verified are made again; who led
 * a database that is gone leads no other.
 */
export async function listDecisionTables(connection: Connection): Promise<string[]> {
  const rows = await connection.query<{ name: string; parents: string[] }>(sql`
    with recursive
      observed (oid) as (
        select 'public.l1_block'::regclass::oid
        union
        select conrelid from pg_constraint join observed on confrelid = observed.oid
        where contype = 'f'
      )
    select
      relname as name,
      array(
        select parent.relname::text from pg_constraint
        join pg_class parent on parent.oid = confrelid
        where conrelid = pg_class.oid and contype = 'f' and confrelid <> conrelid
      ) as parents
    from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r'
      and oid not in (select oid from observed)
      and relname not in ('migration', 'proof_result', 'leadership')
    order by relname
  `)
  const ordered: string[] = []
  const left = new Map(rows.map(({ name, parents }) => [name, parents]))
  while (left.size > 0) {
    const ready = [...left].filter(([, parents]) => !parents.some((parent) => left.has(parent)))
    if (ready.length === 0) throw new Error('tables refer to each other in a circle')
    for (const [name] of ready) {
      ordered.push(name)
      left.delete(name)
    }
  }
  return ordered
}

/** Every row as Postgres writes it in JSON, which it reads back exactly: no number goes through JavaScript. */
export async function* readRows(connection: Connection, table: string): AsyncGenerator<string> {
  const name = quote(table)
  const run = (text: string) => connection.query<{ row: string }>({ text, values: [] })
  await run(`declare backup_rows cursor for select row_to_json(t)::text as row from ${name} t`)
  for (;;) {
    const rows = await run(`fetch ${String(ROWS)} from backup_rows`)
    for (const { row } of rows) yield row
    if (rows.length < ROWS) break
  }
  await run('close backup_rows')
}

/** Rows of `readRows` back into an empty table, their numbers as they were. */
export async function writeRows(
  connection: Connection,
  table: string,
  rows: readonly string[],
): Promise<void> {
  const name = quote(table)
  for (let i = 0; i < rows.length; i += ROWS) {
    await connection.query({
      text: `insert into ${name} overriding system value
        select (json_populate_record(null::${name}, row::json)).* from unnest($1::text[]) as row`,
      values: [rows.slice(i, i + ROWS)],
    })
  }
}

/** Lets generated numbers go on behind the highest that is there. */
export async function continueNumbers(connection: Connection, table: string): Promise<void> {
  const columns = await connection.query<{ column: string }>(sql`
    select attname as column from pg_attribute
    where attrelid = ${`public.${quote(table)}`}::regclass and attidentity <> ''
  `)
  for (const { column } of columns) {
    await connection.query({
      text: `select setval(pg_get_serial_sequence($1, $2),
        (select coalesce(max(${quote(column)}), 0) + 1 from ${quote(table)}), false)`,
      values: [`public.${quote(table)}`, column],
    })
  }
}

/** No value from outside: names of our own tables, and still nothing that could end the name. */
function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
