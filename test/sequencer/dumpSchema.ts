import { type Connection, sql } from '../../sequencer/store/database.ts'

/** The schema as text, from the catalogue: what there is, not what a migration said. */
export async function dumpSchema(connection: Connection): Promise<string> {
  const lines: string[] = []
  const section = async (title: string, query: ReturnType<typeof sql>) => {
    lines.push(`-- ${title}`)
    for (const { line } of await connection.query<{ line: string }>(query)) {
      lines.push(line.replace(/[ \t]+$/gm, ''))
    }
    lines.push('')
  }
  await section(
    'domains',
    sql`
      select format('domain %s as %s: %s', t.typname, format_type(t.typbasetype, t.typtypmod),
        string_agg(c.conname || ' ' || pg_get_constraintdef(c.oid), ', ' order by c.conname)) as line
      from pg_type t
      join pg_constraint c on c.contypid = t.oid
      where t.typnamespace = 'public'::regnamespace
      group by t.oid, t.typname, t.typbasetype, t.typtypmod
      order by t.typname
    `,
  )
  await section(
    'columns',
    sql`
      select format('%s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
        case when a.attnotnull then ' not null' else '' end,
        case when a.attidentity <> '' then ' identity'
          else coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') end) as line
      from pg_attribute a
      join pg_class c on c.oid = a.attrelid
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')
        and a.attnum > 0 and not a.attisdropped
      order by c.relname, a.attnum
    `,
  )
  await section(
    'constraints',
    sql`
      select format('%s: %s %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) as line
      from pg_constraint c
      where c.connamespace = 'public'::regnamespace and c.conrelid <> 0 and c.contype <> 'n'
      order by c.conrelid::regclass::text, c.conname
    `,
  )
  await section(
    'indexes',
    sql`select indexdef as line from pg_indexes where schemaname = 'public' order by indexname`,
  )
  await section(
    'views',
    sql`
      select format('%s: %s', viewname, definition) as line
      from pg_views where schemaname = 'public' order by viewname
    `,
  )
  await section(
    'functions',
    sql`
      select pg_get_functiondef(oid) as line
      from pg_proc where pronamespace = 'public'::regnamespace order by proname
    `,
  )
  await section(
    'triggers',
    sql`
      select pg_get_triggerdef(oid) as line
      from pg_trigger where not tgisinternal order by tgrelid::regclass::text, tgname
    `,
  )
  return `${lines.join('\n').trimEnd()}\n`
}
