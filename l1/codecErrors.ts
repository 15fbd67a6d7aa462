import { BaseError } from '../protocol/errors.ts'

export class SettleDataTruncatedError extends BaseError {
  override readonly name = 'SettleDataTruncatedError'
  constructor({ offset, needed, length }: { offset: number; needed: number; length: number }) {
    super('The settle data ends before its contents do.', {
      code: 'SETTLE_DATA_TRUNCATED',
      metaMessages: [
        `Offset:  ${String(offset)}`,
        `Needed:  ${String(needed)} bytes`,
        `Length:  ${String(length)}`,
      ],
    })
  }
}

export class SettleDataTrailingError extends BaseError {
  override readonly name = 'SettleDataTrailingError'
  constructor({ expected, length }: { expected: number; length: number }) {
    super('The settle data goes on behind its contents.', {
      code: 'SETTLE_DATA_TRAILING',
      metaMessages: [
        `Expected length:  ${String(expected)}`,
        `Length:           ${String(length)}`,
      ],
    })
  }
}

export class SettleDataInvalidError extends BaseError {
  override readonly name = 'SettleDataInvalidError'
  constructor({ what, reason, cause }: { what: string; reason: string; cause?: unknown }) {
    super(`The ${what} of a settle call is not acceptable: ${reason}.`, {
      code: 'SETTLE_DATA_INVALID',
      cause,
    })
  }
}

export class NotASettleCallError extends BaseError {
  override readonly name = 'NotASettleCallError'
  constructor({ selector }: { selector: string }) {
    super('The transaction input is not a call of settle.', {
      code: 'SETTLE_CALL_UNKNOWN',
      metaMessages: [`Selector:  ${selector}`],
    })
  }
}
