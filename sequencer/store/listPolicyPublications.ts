import type { Policy } from '../../protocol/policy.ts'
import { type Connection, fromField, sql } from './database.ts'

/** A published list of policies, whole each time. */
export type PolicyPublication = {
  readonly version: bigint
  readonly root: bigint
  readonly policies: readonly Policy[]
}

/** Publications after a version, in order. */
export async function listPolicyPublications(
  connection: Connection,
  { after }: { after: bigint },
): Promise<PolicyPublication[]> {
  const rows = await connection.query<{
    version: string
    root: Buffer
    policies: Record<keyof Policy, string>[]
  }>(sql`
    select version, root, policies from l1_policy_publication
    where version > ${after} order by version
  `)
  return rows.map((row) => ({
    version: BigInt(row.version),
    root: fromField(row.root),
    policies: row.policies.map((entry) => ({
      tier: BigInt(entry.tier),
      asset: BigInt(entry.asset),
      perTransfer: BigInt(entry.perTransfer),
      perDay: BigInt(entry.perDay),
      accountCap: BigInt(entry.accountCap),
      reportAbove: BigInt(entry.reportAbove),
    })),
  }))
}
