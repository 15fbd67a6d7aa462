import { WrongDatabaseError } from '../errors.ts'
import { type Connection, fromBytes, sql, toBytes } from './database.ts'

/**
 * Writes a new database's deployment, or compares with the one that is there.
 *
 * @throws {WrongDatabaseError} when the database belongs to another.
 */
export async function claimDeployment(
  connection: Connection,
  { chainId, rollup }: { chainId: bigint; rollup: `0x${string}` },
): Promise<void> {
  await connection.query(sql`
    insert into deployment (chain_id, rollup)
    values (${chainId}, ${toBytes(rollup)}) on conflict do nothing
  `)
  const [row] = await connection.query<{ chain_id: string; rollup: Buffer }>(sql`
    select chain_id, rollup from deployment
  `)
  const actual = row === undefined ? '' : `${row.chain_id} ${fromBytes(row.rollup)}`
  const expected = `${String(chainId)} ${rollup.toLowerCase()}`
  if (actual !== expected) throw new WrongDatabaseError({ expected, actual })
}
