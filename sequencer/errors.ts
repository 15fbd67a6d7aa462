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

export class DatabaseInUseError extends BaseError {
  override readonly name = 'DatabaseInUseError'
  constructor() {
    super('Another sequencer is working with this database.', {
      code: 'DATABASE_IN_USE',
      metaMessages: ['Stop it first: two would seal two chains.'],
    })
  }
}

export class StateInconsistentError extends BaseError {
  override readonly name = 'StateInconsistentError'
  constructor({ batchNumber, what }: { batchNumber: bigint; what: string }) {
    super('The stored batches do not give the state that was signed.', {
      code: 'STATE_INCONSISTENT',
      metaMessages: [
        `Batch: ${String(batchNumber)}`,
        `What:  ${what}`,
        'The database was changed by hand or is damaged. Restore a backup, or start with an empty one: settled batches are read from the base chain again.',
      ],
    })
  }
}

export class SealConflictError extends BaseError {
  override readonly name = 'SealConflictError'
  constructor() {
    super('A transfer of the batch is no longer waiting.', { code: 'SEAL_CONFLICT' })
  }
}

export class RootVersionUnknownError extends BaseError {
  override readonly name = 'RootVersionUnknownError'
  constructor({ kind, batchNumber }: { kind: string; batchNumber: bigint }) {
    super(`A transfer's ${kind} root has no version on the base chain.`, {
      code: 'SETTLEMENT_ROOT_VERSION_UNKNOWN',
      metaMessages: [
        `Batch: ${String(batchNumber)}`,
        'A reorg of the base chain removed it. It is tried again when the chain is read further.',
      ],
    })
  }
}

export class KeyInvalidError extends BaseError {
  override readonly name = 'KeyInvalidError'
  constructor({ what, source }: { what: string; source: string }) {
    super(`The ${what} key cannot be read.`, {
      code: 'KEY_INVALID',
      metaMessages: [`Source: ${source}`, 'It must be 0x and 64 hex digits, and nothing else.'],
    })
  }
}

export class DeploymentMismatchError extends BaseError {
  override readonly name = 'DeploymentMismatchError'
  constructor({ what, expected, actual }: { what: string; expected: string; actual: string }) {
    super('The deployment file, the base chain and the database do not belong together.', {
      code: 'DEPLOYMENT_MISMATCH',
      metaMessages: [
        `What:     ${what}`,
        `Expected: ${expected}`,
        `Actual:   ${actual}`,
        'Check --deployment, --rpc and --database-url.',
      ],
    })
  }
}

export class VerificationKeyMismatchError extends BaseError {
  override readonly name = 'VerificationKeyMismatchError'
  constructor({ circuit }: { circuit: string }) {
    super('A verification key here is not the one that is active on the base chain.', {
      code: 'SEQUENCER_KEY_MISMATCH',
      metaMessages: [
        `Circuit: ${circuit}`,
        'Proofs that hold here would not settle, and the other way round.',
        'Get the keys of this deployment (cinnabar setup), or start the version that they belong to.',
      ],
    })
  }
}

export class DatabaseMissingError extends BaseError {
  override readonly name = 'DatabaseMissingError'
  constructor() {
    super('No database was named.', {
      code: 'DATABASE_MISSING',
      metaMessages: [
        'Give --database-url, or set DATABASE_URL, to a Postgres of version 14 or later.',
      ],
    })
  }
}

export class FarmOptionsError extends BaseError {
  override readonly name = 'FarmOptionsError'
  constructor() {
    super('The options say two things about who proves.', {
      code: 'FARM_OPTIONS',
      metaMessages: [
        'With workers elsewhere only: --provers 0 and --farm-public-key, and no --farm-key.',
        'In this process, alone or beside others: --provers 1 or more, and --farm-key where others help.',
      ],
    })
  }
}
