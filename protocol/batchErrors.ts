import { BaseError } from './errors.ts'
import { formatField } from './field.ts'

export class BatchDuplicateNullifierError extends BaseError {
  override readonly name = 'BatchDuplicateNullifierError'
  constructor({ nullifier }: { nullifier: bigint }) {
    super('Two transfers of the batch have the same nullifier.', {
      code: 'BATCH_NULLIFIER_DUPLICATE',
      metaMessages: [`Nullifier: ${formatField(nullifier)}`, 'Keep one of the two.'],
    })
  }
}

export class BatchNullifierNotSpentError extends BaseError {
  override readonly name = 'BatchNullifierNotSpentError'
  constructor({ nullifier }: { nullifier: bigint }) {
    super('A void slot has a nullifier that was not spent.', {
      code: 'BATCH_NULLIFIER_NOT_SPENT',
      metaMessages: [
        `Nullifier: ${formatField(nullifier)}`,
        'Include the forced transfer as an ordinary one.',
      ],
    })
  }
}

export class BatchOrderError extends BaseError {
  override readonly name = 'BatchOrderError'
  constructor() {
    super('The slots of the batch are in an order that cannot be proved.', {
      code: 'BATCH_ORDER',
      metaMessages: [
        'Sort them with sortSlots: descending nullifiers, live before void, empty last.',
      ],
    })
  }
}

export class BatchSizeError extends BaseError {
  override readonly name = 'BatchSizeError'
  constructor({ what, count, limit }: { what: string; count: number; limit: number }) {
    super(`The batch has ${count} ${what} and at most ${limit} fit.`, {
      code: 'BATCH_SIZE',
      metaMessages: ['Use a larger batch circuit, or leave the rest to the next batch.'],
    })
  }
}

export class BatchDepositError extends BaseError {
  override readonly name = 'BatchDepositError'
  constructor({ reason }: { reason: string }) {
    super(`A deposit of the batch cannot be taken: ${reason}.`, { code: 'BATCH_DEPOSIT_INVALID' })
  }
}
