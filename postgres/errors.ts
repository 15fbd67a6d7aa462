import { BaseError } from '../protocol/errors.ts'

export class DatabaseUnreachableError extends BaseError {
  override readonly name = 'DatabaseUnreachableError'
  constructor({ cause }: { cause: unknown }) {
    super('The database did not answer.', {
      code: 'DATABASE_UNREACHABLE',
      metaMessages: [
        `Reason: ${cause instanceof Error ? cause.message : String(cause)}`,
        'Check --database-url (or DATABASE_URL) and that Postgres runs.',
      ],
      cause,
    })
  }
}

export class MigrationChangedError extends BaseError {
  override readonly name = 'MigrationChangedError'
  constructor({ name }: { name: string }) {
    super('An applied migration is not the one that this version knows.', {
      code: 'DATABASE_MIGRATION_CHANGED',
      metaMessages: [
        `Migration: ${name}`,
        'The database belongs to another version of the software. Use that version, or a new database.',
      ],
    })
  }
}
