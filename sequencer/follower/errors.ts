import { BaseError } from '../../protocol/errors.ts'

/** A follower's own errors; what does not agree is in divergence.ts. */

export class FollowerReadOnlyError extends BaseError {
  override readonly name = 'FollowerReadOnlyError'
  constructor() {
    super('This is a follower: it admits nothing.', {
      code: 'FOLLOWER_READ_ONLY',
      metaMessages: [
        'Send the transfer to a sequencer, or, where none takes it, to the forced queue on the base chain.',
      ],
    })
  }
}

export class FollowerDatabaseError extends BaseError {
  override readonly name = 'FollowerDatabaseError'
  constructor() {
    super('The database is a sequencer’s.', {
      code: 'FOLLOWER_DATABASE_NOT_ITS_OWN',
      metaMessages: [
        'It holds batches or transfers that are not on the base chain, which a follower must not serve.',
        'Give --database-url of an empty database, or another --state-dir.',
      ],
    })
  }
}
