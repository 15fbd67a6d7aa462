import { BaseError } from '../../protocol/errors.ts'

export class FarmKeyFileError extends BaseError {
  override readonly name = 'FarmKeyFileError'
  constructor({ path, reason }: { path: string; reason: string }) {
    super(`The farm's key file cannot be used: ${reason}.`, {
      code: 'FARM_KEY_FILE',
      metaMessages: [
        `File: ${path}`,
        'It is made by `cinnabar prover keygen` and must be readable by its owner only (mode 0600).',
      ],
    })
  }
}

export class FarmKeyInvalidError extends BaseError {
  override readonly name = 'FarmKeyInvalidError'
  constructor() {
    super("The farm's public key is not one.", {
      code: 'FARM_KEY_INVALID',
      metaMessages: ['It is 0x and 64 hex digits, as `cinnabar prover keygen` prints it.'],
    })
  }
}

/** Says nothing of what was sealed. */
export class SealedForAnotherError extends BaseError {
  override readonly name = 'SealedForAnotherError'
  constructor() {
    super("The job's data cannot be opened with this farm key.", {
      code: 'FARM_KEY_WRONG',
      metaMessages: [
        'It was sealed to another key, or changed in the database.',
        'Give the worker the key whose public half the sequencer has, then requeue the job.',
      ],
    })
  }
}

export class FarmUnreachableError extends BaseError {
  override readonly name = 'FarmUnreachableError'
  constructor({ cause }: { cause: unknown }) {
    super("The farm's database did not answer.", {
      code: 'FARM_UNREACHABLE',
      metaMessages: [
        `Reason: ${cause instanceof Error ? cause.message : String(cause)}`,
        'Check --database-url (or DATABASE_URL) and that Postgres runs.',
      ],
      cause,
    })
  }
}

export class FarmNotInstalledError extends BaseError {
  override readonly name = 'FarmNotInstalledError'
  constructor({ cause }: { cause: unknown }) {
    super('The database has no queue of proofs of this version.', {
      code: 'FARM_NOT_INSTALLED',
      metaMessages: [
        'Start the sequencer of this version first, or run `cinnabar sequencer migrate`.',
      ],
      cause,
    })
  }
}

export class FarmCircuitsMissingError extends BaseError {
  override readonly name = 'FarmCircuitsMissingError'
  constructor({ circuits }: { circuits: readonly string[] }) {
    super('This machine holds no proving key of the circuits asked for.', {
      code: 'FARM_CIRCUITS_MISSING',
      metaMessages: [`Circuits: ${circuits.join(', ')}`, 'For development, run `npm run setup`.'],
    })
  }
}

export class FarmOptionError extends BaseError {
  override readonly name = 'FarmOptionError'
  constructor({ missing, remedy }: { missing: string; remedy: string }) {
    super(`${missing} is missing.`, { code: 'FARM_OPTION_MISSING', metaMessages: [remedy] })
  }
}

export class FarmJobUnknownError extends BaseError {
  override readonly name = 'FarmJobUnknownError'
  constructor({ job }: { job: string }) {
    super('No dead job has this name.', {
      code: 'FARM_JOB_UNKNOWN',
      metaMessages: [
        `Job: ${job}`,
        '`cinnabar prover jobs` lists them; the first digits suffice if no other begins with them.',
      ],
    })
  }
}

export class FarmAddressError extends BaseError {
  override readonly name = 'FarmAddressError'
  constructor({ host, port, cause }: { host: string; port: number; cause: unknown }) {
    super("The worker's health and metrics cannot be served there.", {
      code: 'FARM_ADDRESS_TAKEN',
      metaMessages: [
        `Address: ${host}, port ${String(port)}`,
        'Another process has it, or it is none of this machine. Choose --metrics-port and --metrics-host.',
      ],
      cause,
    })
  }
}

export class DatabaseUrlFileError extends BaseError {
  override readonly name = 'DatabaseUrlFileError'
  constructor({ path, reason }: { path: string; reason: string }) {
    super('The file with the database’s URL cannot be used.', {
      code: 'DATABASE_URL_FILE',
      metaMessages: [`File:   ${path}`, `Reason: ${reason}`, 'See DATABASE_URL_FILE.'],
    })
  }
}
