import { BaseError } from '../../protocol/errors.ts'

export class StateDirectoryError extends BaseError {
  override readonly name = 'StateDirectoryError'
  constructor({ directory, cause }: { directory: string; cause: unknown }) {
    super('The state directory cannot be used.', {
      code: 'STATE_DIRECTORY_UNUSABLE',
      metaMessages: [
        `Directory: ${directory}`,
        `Reason:    ${reasonOf(cause)}`,
        'It must be a directory on a local disk that this process may write to. Its contents can be rebuilt: no batch is lost.',
      ],
      cause,
    })
  }
}

export class StateDamagedError extends BaseError {
  override readonly name = 'StateDamagedError'
  readonly what: string
  constructor({ what, cause }: { what: string; cause?: unknown }) {
    super('The stored state is damaged.', {
      code: 'STATE_DAMAGED',
      metaMessages: [`What: ${what}`, 'It is rebuilt from the batches in the database.'],
      cause,
    })
    this.what = what
  }
}

export class StateUnwritableError extends BaseError {
  override readonly name = 'StateUnwritableError'
  constructor({ directory, cause }: { directory: string; cause: unknown }) {
    super('The state could not be written to its directory.', {
      code: 'STATE_UNWRITABLE',
      metaMessages: [
        `Directory: ${directory}`,
        `Reason:    ${reasonOf(cause)}`,
        'No batch is lost: the database has them all, and what is not written yet is kept in memory and tried again. Make room, or start with another --state-dir.',
      ],
      cause,
    })
  }
}

export class StateTakenError extends BaseError {
  override readonly name = 'StateTakenError'
  constructor({ directory }: { directory: string }) {
    super('Another process writes to the state directory.', {
      code: 'STATE_TAKEN',
      metaMessages: [
        `Directory: ${directory}`,
        'Give every sequencer a --state-dir of its own. This one is not to be used by two.',
      ],
    })
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
