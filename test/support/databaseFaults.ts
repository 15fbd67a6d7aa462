import pg from 'pg'

/** A connection of the test's, that the server may end. */
export async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** The next `times` writes to a table fail with a code, as the server would raise it. @returns what ends it. */
export async function failWrites(
  client: pg.Client,
  { table, code, times }: { table: string; code: string; times: number },
): Promise<() => Promise<number>> {
  await client.query(`
    create sequence fault;
    create function fail() returns trigger language plpgsql as $$
    begin
      if nextval('fault') <= ${String(times)} then
        raise exception 'made to fail' using errcode = '${code}';
      end if;
      return null;
    end $$;
    create trigger fault before insert on ${table} for each statement execute function fail();
  `)
  return async () => {
    const { rows } = await client.query<{ last_value: string }>('select last_value from fault')
    await client.query('drop function fail cascade; drop sequence fault')
    return Number(rows[0]?.last_value)
  }
}

/** Ends every connection of ours that the server has. */
export async function cutConnections(url: string): Promise<void> {
  const client = await connectTo(url)
  await client.query(`
    select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'cinnabar-%'
  `)
  await client.end()
}
