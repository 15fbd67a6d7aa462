import { readRulesDocument } from '../rules/document.ts'
import type { SignedRules } from '../rules/signedRules.ts'
import { type Connection, fromBytes, sql } from './database.ts'

export type StoredRules = SignedRules & { readonly hash: `0x${string}`; readonly acceptedAt: Date }

/** One version of the rules, or the newest. */
export async function findRules(
  connection: Connection,
  version?: number,
): Promise<StoredRules | undefined> {
  const [row] = await connection.query<{
    document: string
    document_hash: Buffer
    signer: Buffer
    signature: Buffer
    accepted_at: Date
  }>(sql`
    select document, document_hash, signer, signature, accepted_at
    from rules_version
    where ${version ?? null}::integer is null or version = ${version ?? null}::integer
    order by version desc
    limit 1
  `)
  if (row === undefined) return undefined
  return {
    document: readRulesDocument(JSON.parse(row.document)),
    signer: fromBytes(row.signer),
    signature: fromBytes(row.signature),
    hash: fromBytes(row.document_hash),
    acceptedAt: row.accepted_at,
  }
}
