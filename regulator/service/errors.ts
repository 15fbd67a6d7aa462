import { BaseError } from '../../protocol/errors.ts'
import type { AlertState } from '../store/alert.ts'

export class AuthenticationMissingError extends BaseError {
  override readonly name = 'AuthenticationMissingError'
  constructor() {
    super('This service answers to nobody it does not know.', {
      code: 'AUTH_REQUIRED',
      metaMessages: ['Present a client certificate, or a bearer token of the identity provider.'],
    })
  }
}

export class AuthenticationInvalidError extends BaseError {
  override readonly name = 'AuthenticationInvalidError'
  constructor({ reason }: { reason: string }) {
    super('The proof of identity is not valid.', {
      code: 'AUTH_INVALID',
      metaMessages: [`Reason: ${reason}`, 'Sign in again.'],
    })
  }
}

export class IdentityProviderUnavailableError extends BaseError {
  override readonly name = 'IdentityProviderUnavailableError'
  constructor({ cause }: { cause: unknown }) {
    super("The identity provider's keys cannot be read.", {
      code: 'AUTH_PROVIDER_UNAVAILABLE',
      metaMessages: ['Try again in a moment, or use a client certificate.'],
      cause,
    })
  }
}

export class AccountUnknownError extends BaseError {
  override readonly name = 'AccountUnknownError'
  constructor() {
    super('The proof of identity belongs to no active account.', {
      code: 'ACCOUNT_UNKNOWN',
      metaMessages: ['Have an account added with `cinnabar regulator account add`.'],
    })
  }
}

export class AccountRefusedError extends BaseError {
  override readonly name = 'AccountRefusedError'
  constructor({ reason }: { reason: string }) {
    super('The account cannot be kept.', {
      code: 'ACCOUNT_REFUSED',
      metaMessages: [
        `Reason: ${reason}`,
        'An id is lower-case letters, digits and .-_; an auditor has no other role; a credential is one account’s.',
      ],
    })
  }
}

export class RoleMissingError extends BaseError {
  override readonly name = 'RoleMissingError'
  constructor({ needed }: { needed: readonly string[] }) {
    super('The account has not the role for this.', {
      code: 'ROLE_MISSING',
      metaMessages: [`One of: ${needed.join(', ')}`],
    })
  }
}

export class AlertUnknownError extends BaseError {
  override readonly name = 'AlertUnknownError'
  constructor({ id }: { id: bigint }) {
    super('There is no alert with that number.', {
      code: 'ALERT_UNKNOWN',
      metaMessages: [`Alert: ${id}`],
    })
  }
}

export class AlertStateError extends BaseError {
  override readonly name = 'AlertStateError'
  constructor({
    id,
    state,
    allowed,
  }: {
    id: bigint
    state: AlertState
    allowed: readonly string[]
  }) {
    super('The alert is in another state than this needs.', {
      code: 'ALERT_STATE',
      metaMessages: [`Alert: ${id}`, `State: ${state}`, `Needed: ${allowed.join(' or ')}`],
    })
  }
}

export class FourEyesError extends BaseError {
  override readonly name = 'FourEyesError'
  constructor({ id }: { id: bigint }) {
    super('Whoever proposed the closing cannot confirm it.', {
      code: 'ALERT_FOUR_EYES',
      metaMessages: [`Alert: ${id}`, 'Ask another approver.'],
    })
  }
}

export class OwnerUnknownError extends BaseError {
  override readonly name = 'OwnerUnknownError'
  constructor({ owner }: { owner: string }) {
    super('An alert is given to an active analyst or officer.', {
      code: 'OWNER_UNKNOWN',
      metaMessages: [`Owner: ${owner}`],
    })
  }
}

export class OrderNotFiledError extends BaseError {
  override readonly name = 'OrderNotFiledError'
  constructor({ order }: { order: bigint }) {
    super('The base chain knows no order with that number.', {
      code: 'ORDER_NOT_FILED',
      metaMessages: [`Order: ${order}`, 'File it first, and wait until it is mined.'],
    })
  }
}

export class ServiceStoppingError extends BaseError {
  override readonly name = 'ServiceStoppingError'
  constructor() {
    super('The service is stopping.', {
      code: 'SERVICE_STOPPING',
      metaMessages: ['Nothing was done. Try again in a moment.'],
    })
  }
}

export class RangeTooLongError extends BaseError {
  override readonly name = 'RangeTooLongError'
  constructor({ days }: { days: number }) {
    super('The range of days is not one that can be asked for.', {
      code: 'RANGE_INVALID',
      metaMessages: [`Ask for 1 to ${days} days, first day first.`],
    })
  }
}

export class ServiceUnavailableError extends BaseError {
  override readonly name = 'ServiceUnavailableError'
  constructor({ url, cause }: { url: string; cause: unknown }) {
    const code = (cause as { code?: unknown }).code
    super('The supervisory service does not answer.', {
      code: 'SUPERVISION_UNAVAILABLE',
      metaMessages: [
        `Service: ${url}`,
        ...(typeof code === 'string' ? [`Reason:  ${code}`] : []),
        'It must run, and --authority name who issued its certificate. What was begun goes on when the command is given again.',
      ],
      cause,
    })
  }
}

export class ServiceRefusedError extends BaseError {
  override readonly name = 'ServiceRefusedError'
  constructor({ reason, message }: { reason: string; message: string }) {
    super('The supervisory service refuses.', {
      code: 'SUPERVISION_REFUSED',
      metaMessages: [`Code: ${reason}`, message, 'The account must be an officer’s.'],
    })
  }
}
