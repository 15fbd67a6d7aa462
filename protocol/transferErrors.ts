import { BaseError } from './errors.ts'

// User mistakes that are known before proving. No message carries an amount: they are private.

export class InsufficientBalanceError extends BaseError {
  override readonly name = 'InsufficientBalanceError'
  constructor() {
    super('The balance does not cover the payments, the withdrawal and the fee.', {
      code: 'TRANSFER_BALANCE_INSUFFICIENT',
      metaMessages: ['Collect received notes first, or send less.'],
    })
  }
}

export class TransferLimitExceededError extends BaseError {
  override readonly name = 'TransferLimitExceededError'
  constructor() {
    super('The payments exceed what one transfer may move in your tier.', {
      code: 'TRANSFER_LIMIT_EXCEEDED',
      metaMessages: ['Send less, or ask the registrar for a higher tier.'],
    })
  }
}

export class DailyLimitExceededError extends BaseError {
  override readonly name = 'DailyLimitExceededError'
  constructor() {
    super('The payments exceed what your tier may still move today.', {
      code: 'TRANSFER_DAILY_LIMIT_EXCEEDED',
      metaMessages: ['Send less, or wait for the next day (UTC).'],
    })
  }
}

export class AccountCapExceededError extends BaseError {
  override readonly name = 'AccountCapExceededError'
  constructor() {
    super('The balance would exceed what your tier may hold in this asset.', {
      code: 'TRANSFER_ACCOUNT_CAP_EXCEEDED',
      metaMessages: ['Take in fewer notes, or send the excess on in the same transfer.'],
    })
  }
}

export class MissingPolicyError extends BaseError {
  override readonly name = 'MissingPolicyError'
  constructor({ asset }: { asset: bigint }) {
    super('There is no policy for your tier in this asset.', {
      code: 'TRANSFER_POLICY_MISSING',
      metaMessages: [`Asset: ${asset}`, 'Use another asset, or exit to your destination.'],
    })
  }
}

export class TooManyInputsError extends BaseError {
  override readonly name = 'TooManyInputsError'
  constructor({ given, slots }: { given: number; slots: number }) {
    super('The transfer takes in more notes than its circuit has slots.', {
      code: 'TRANSFER_TOO_MANY_INPUTS',
      metaMessages: [`Given: ${given}`, `Slots: ${slots}`, 'Use collect, or several transfers.'],
    })
  }
}

export class TooManyPaymentsError extends BaseError {
  override readonly name = 'TooManyPaymentsError'
  constructor({ given }: { given: number }) {
    super('The transfer has more than three recipients.', {
      code: 'TRANSFER_TOO_MANY_PAYMENTS',
      metaMessages: [`Given: ${given}`, 'Split the payments over several transfers.'],
    })
  }
}

export class InvalidAmountError extends BaseError {
  override readonly name = 'InvalidAmountError'
  constructor({ what }: { what: string }) {
    super(`The ${what} is not an acceptable amount.`, {
      code: 'TRANSFER_AMOUNT_INVALID',
      metaMessages: ['It must be above 0 and below 2^64 protocol units.'],
    })
  }
}

export class InvalidWithdrawalRecipientError extends BaseError {
  override readonly name = 'InvalidWithdrawalRecipientError'
  constructor() {
    super('The withdrawal has no acceptable recipient.', {
      code: 'TRANSFER_WITHDRAWAL_RECIPIENT_INVALID',
      metaMessages: ['It must be a base-chain address of 20 bytes, and not the zero address.'],
    })
  }
}

export class InputBelowCursorError extends BaseError {
  override readonly name = 'InputBelowCursorError'
  constructor() {
    super('A note stands below the account’s cursor or is given twice.', {
      code: 'TRANSFER_INPUT_BELOW_CURSOR',
      metaMessages: [
        'An account takes notes in the order of the note tree, each once.',
        'A note below the cursor was taken in before or passed over; it cannot be taken in any more.',
      ],
    })
  }
}

export class ForeignInputError extends BaseError {
  override readonly name = 'ForeignInputError'
  constructor() {
    super('A note to take in belongs to another owner or is in another asset.', {
      code: 'TRANSFER_INPUT_FOREIGN',
      metaMessages: ['An account takes in only notes of its own owner and asset.'],
    })
  }
}

/** Something is not where the given root says: the caller's view of the chain is stale or wrong. */
export class StaleWitnessError extends BaseError {
  override readonly name = 'StaleWitnessError'
  constructor({ what, root }: { what: string; root: string }) {
    super(`The ${what} is not in the tree of the given ${root}.`, {
      code: 'TRANSFER_WITNESS_STALE',
      metaMessages: ['Sync again and rebuild the transfer.'],
    })
  }
}

export class MustExitError extends BaseError {
  override readonly name = 'MustExitError'
  constructor() {
    super('The identity is not active, so funds may only leave to its destination.', {
      code: 'TRANSFER_MUST_EXIT',
      metaMessages: [
        'Send everything to the destination fixed at registration, or have the identity restored.',
      ],
    })
  }
}

export class ExitDestinationError extends BaseError {
  override readonly name = 'ExitDestinationError'
  constructor() {
    super('An exit may only pay the destination fixed at registration.', {
      code: 'TRANSFER_EXIT_DESTINATION',
      metaMessages: ['Remove all other payments and withdrawals.'],
    })
  }
}

export class ExitIncreasesBalanceError extends BaseError {
  override readonly name = 'ExitIncreasesBalanceError'
  constructor() {
    super('An exit may not increase the balance.', {
      code: 'TRANSFER_EXIT_INCREASES_BALANCE',
      metaMessages: ['Send out at least what is taken in.'],
    })
  }
}

export class DayBeforeAccountError extends BaseError {
  override readonly name = 'DayBeforeAccountError'
  constructor() {
    super('The day is before the account’s last transfer.', {
      code: 'TRANSFER_DAY_BEFORE_ACCOUNT',
      metaMessages: ['Check the clock.'],
    })
  }
}

export class AccountExhaustedError extends BaseError {
  override readonly name = 'AccountExhaustedError'
  constructor() {
    super('The account has made as many transfers as it can number.', {
      code: 'TRANSFER_ACCOUNT_EXHAUSTED',
      metaMessages: ['Have a new identity registered and move the balance there.'],
    })
  }
}

export class ForeignAccountError extends BaseError {
  override readonly name = 'ForeignAccountError'
  constructor() {
    super('The account or the identity is not of these keys.', {
      code: 'TRANSFER_ACCOUNT_FOREIGN',
      metaMessages: ['Check which wallet is open.'],
    })
  }
}
