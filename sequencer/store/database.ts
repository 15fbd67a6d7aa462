import {
  type Database,
  openDatabase as openPostgres,
  type OpenDatabaseParameters,
} from '../../postgres/database.ts'

// What the sequencer's queries need of postgres/, so that a query imports from its own folder.
export {
  type Connection,
  type Database,
  fromBytes,
  fromField,
  isDatabaseUnavailable,
  type Query,
  sql,
  toBytes,
  toField,
  violatedConstraint,
} from '../../postgres/database.ts'

/** Shorter than a lease (leadership.ts): a transaction of a paused process must not hold off the next leader. */
const IDLE_IN_TRANSACTION_MS = 4_000

/** @throws {DatabaseUnreachableError} */
export function openDatabase(
  parameters: Omit<OpenDatabaseParameters, 'applicationName'>,
): Promise<Database> {
  return openPostgres({
    ...parameters,
    applicationName: 'cinnabar-sequencer',
    idleInTransactionMs: IDLE_IN_TRANSACTION_MS,
  })
}
