import {
  type Database,
  openDatabase as openPostgres,
  type OpenDatabaseParameters,
} from '../../postgres/database.ts'

// What the supervisor's queries need of postgres/, so that a query imports from its own folder.
export {
  type Connection,
  type Database,
  fromBytes,
  fromField,
  isDatabaseUnavailable,
  sql,
  toBytes,
  toField,
  violatedConstraint,
} from '../../postgres/database.ts'

/** @throws {DatabaseUnreachableError} */
export function openDatabase(
  parameters: Omit<OpenDatabaseParameters, 'applicationName'>,
): Promise<Database> {
  return openPostgres({ ...parameters, applicationName: 'cinnabar-regulator' })
}

export function toPseudonym(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(32, '0'), 'hex')
}
export function fromPseudonym(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`)
}
/** The type of `jsonb` parameters: bigints as decimal text. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'bigint' ? String(item) : item,
  )
}
