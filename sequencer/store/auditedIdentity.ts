import { type Connection, fromField, sql, toField } from './database.ts'

/** A version of the identity tree. */
export type IdentityVersion = { readonly version: bigint; readonly root: bigint }
export type IdentityUpdate = IdentityVersion & { readonly index: number; readonly leaf: bigint }

/**
 * The newest version that was rebuilt here, where the base chain still has it; undefined otherwise: a reorg
 * may have given its number to another.
 */
export async function findAuditedIdentity(
  connection: Connection,
): Promise<IdentityVersion | undefined> {
  const [row] = await connection.query<{ version: string; root: Buffer }>(sql`
    select audited.version, audited.root from audited_identity audited
    join l1_identity_update observed
      on observed.version = audited.version and observed.root = audited.root
  `)
  return row === undefined ? undefined : { version: BigInt(row.version), root: fromField(row.root) }
}

/** unknown or older ──▶ this version */
export async function recordAuditedIdentity(
  connection: Connection,
  { version, root }: IdentityVersion,
): Promise<void> {
  await connection.query(sql`
    insert into audited_identity (version, root) values (${version}, ${toField(root)})
    on conflict (is_only) do update set version = excluded.version, root = excluded.root
  `)
}

/** Leaves as a version had them, ascending by index. */
export async function listIdentityLeavesAt(
  connection: Connection,
  { version, from, limit }: { version: bigint; from: number; limit: number },
): Promise<{ index: number; leaf: bigint }[]> {
  const rows = await connection.query<{ identity_index: number; leaf: Buffer }>(sql`
    select distinct on (identity_index) identity_index, leaf
    from l1_identity_update
    where identity_index >= ${from} and version <= ${version}
    order by identity_index, version desc limit ${limit}
  `)
  return rows.map((row) => ({ index: row.identity_index, leaf: fromField(row.leaf) }))
}

/** Updates after a version, in order. */
export async function listIdentityUpdates(
  connection: Connection,
  { after, limit }: { after: bigint; limit: number },
): Promise<IdentityUpdate[]> {
  const rows = await connection.query<{
    version: string
    identity_index: number
    leaf: Buffer
    root: Buffer
  }>(sql`
    select version, identity_index, leaf, root from l1_identity_update
    where version > ${after} order by version limit ${limit}
  `)
  return rows.map((row) => ({
    version: BigInt(row.version),
    index: row.identity_index,
    leaf: fromField(row.leaf),
    root: fromField(row.root),
  }))
}
