import { canonicalJson } from '../../protocol/canonicalJson.ts'
import { RulesOlderError } from '../rules/errors.ts'
import { hashRules, type SignedRules } from '../rules/signedRules.ts'
import { type Connection, sql, toBytes, violatedConstraint } from './database.ts'
import { findRules } from './findRules.ts'

/**
 * Makes a checked version of the rules the one that holds. Windows of earlier versions go: they are a cache.
 *
 * @throws {RulesOlderError} when a version as new is there.
 */
export async function insertRules(
  connection: Connection,
  { document, signer, signature }: SignedRules,
): Promise<void> {
  const { version } = document
  const newest = await findRules(connection)
  const refuse = (known: number) => new RulesOlderError({ version, newest: known })
  if (newest !== undefined && newest.document.version >= version) {
    throw refuse(newest.document.version)
  }
  try {
    await connection.query(sql`
      insert into rules_version (version, document, document_hash, signer, signature)
      values (
        ${version}, ${canonicalJson(document)}, ${toBytes(hashRules(document))},
        ${toBytes(signer as `0x${string}`)}, ${toBytes(signature as `0x${string}`)}
      )
    `)
  } catch (error) {
    // Another one was accepted meanwhile.
    const isOlder = ['rules_version_must_be_newer', 'rules_version_pkey'].includes(
      violatedConstraint(error) ?? '',
    )
    if (isOlder) throw refuse(version)
    throw error
  }
  await connection.query(sql`delete from subject_window where rules_version < ${version}`)
}
