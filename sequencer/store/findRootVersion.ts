import { IDENTITY_TREE_DEPTH, POLICY_TREE_DEPTH } from '../../protocol/constants.ts'
import { emptyRoot } from '../../protocol/tree.ts'
import { type Connection, fromField, sql } from './database.ts'

/** A version of a registry's root as it stood when a block was made. */
export type RootVersion = {
  readonly root: bigint
  /** Block time of the next version, Unix seconds; undefined while it is current. */
  readonly supersededAt?: bigint
}

/** Of the observed blocks up to and with `block`. Version 0 is the empty tree of the deployment. */
export async function findRootVersion(
  connection: Connection,
  { kind, version, block }: { kind: 'identity' | 'policy'; version: bigint; block: bigint },
): Promise<RootVersion | undefined> {
  const rows = await connection.query<{ version: string; root: Buffer; mined_at: Date }>(
    kind === 'identity'
      ? sql`
          select version, root, mined_at
          from l1_identity_update join l1_block on l1_block.number = l1_block_number
          where version in (${version}, ${version + 1n}) and l1_block_number <= ${block}
        `
      : sql`
          select version, root, mined_at
          from l1_policy_publication join l1_block on l1_block.number = l1_block_number
          where version in (${version}, ${version + 1n}) and l1_block_number <= ${block}
        `,
  )
  const here = rows.find((row) => BigInt(row.version) === version)
  const next = rows.find((row) => BigInt(row.version) === version + 1n)
  const empty = emptyRoot(kind === 'identity' ? IDENTITY_TREE_DEPTH : POLICY_TREE_DEPTH)
  const root = here === undefined ? (version === 0n ? empty : undefined) : fromField(here.root)
  if (root === undefined) return undefined
  return next === undefined
    ? { root }
    : { root, supersededAt: BigInt(next.mined_at.getTime() / 1000) }
}
