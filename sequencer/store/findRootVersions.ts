import { IDENTITY_TREE_DEPTH, POLICY_TREE_DEPTH } from '../../protocol/constants.ts'
import { emptyRoot } from '../../protocol/tree.ts'
import { type Connection, fromField, sql, toField } from './database.ts'

/**
 * The newest version of each root, by root. Roots that were never observed are absent, but for the empty
 * tree's, which the contracts have as version 0 from their deployment.
 */
export async function findRootVersions(
  connection: Connection,
  { kind, roots }: { kind: 'identity' | 'policy'; roots: readonly bigint[] },
): Promise<Map<bigint, bigint>> {
  const wanted = roots.map(toField)
  const rows = await connection.query<{ root: Buffer; version: string }>(
    kind === 'identity'
      ? sql`
          select root, max(version) as version from l1_identity_update
          where root = any(${wanted}::bytea[]) group by root
        `
      : sql`
          select root, max(version) as version from l1_policy_publication
          where root = any(${wanted}::bytea[]) group by root
        `,
  )
  const depth = kind === 'identity' ? IDENTITY_TREE_DEPTH : POLICY_TREE_DEPTH
  return new Map([
    [emptyRoot(depth), 0n],
    ...rows.map((row): [bigint, bigint] => [fromField(row.root), BigInt(row.version)]),
  ])
}
