import { BaseError } from '../../protocol/errors.ts'
import type { OpeningAnswer } from './openingMessages.ts'

export class DocumentInvalidError extends BaseError {
  override readonly name = 'DocumentInvalidError'
  constructor({ what }: { what: string }) {
    super(`The ${what} has not the form of one.`, {
      code: 'ORDER_DOCUMENT_INVALID',
      metaMessages: ['Use the file as it was written; docs/spec/bundle.md has the formats.'],
    })
  }
}

/** Why a member does not answer: sentence and remedy by code. */
const refusals = {
  OPENING_REQUEST_INVALID: [
    'The request has not the form of one.',
    'Use the regulator of the same version.',
  ],
  OPENING_ORDER_UNKNOWN: [
    'There is no such order on the settled chain.',
    'File it first, and wait until it is deep enough.',
  ],
  OPENING_NOT_EXECUTABLE: [
    'The order does not allow openings now.',
    'It must be authorised, within its time, and ratified where that is due.',
  ],
  OPENING_SCOPE_DIFFERS: [
    'The scope is not the one that was filed.',
    'Send the scope that the order was filed with, unchanged.',
  ],
  OPENING_NOT_ANNOUNCED: [
    'These openings were not announced on the settled chain.',
    'Announce the list first, and wait until it is deep enough.',
  ],
  OPENING_LIMIT_EXCEEDED: [
    'The order allows no more openings.',
    'Have a further order filed and approved.',
  ],
  OPENING_NOT_SETTLED: [
    'There is no such settled transfer.',
    'Name it by batch, slot and nullifier, once it is deep enough.',
  ],
  OPENING_POINT_INVALID: [
    'The point is not on the curve, not in the prime-order subgroup, or the identity.',
    'No settled transfer has such a point; alert the operator.',
  ],
  OPENING_OUT_OF_SCOPE: [
    'The order’s scope does not cover it.',
    'Have an order filed and approved that does.',
  ],
  OPENING_NOT_OF_SUBJECT: [
    'The transfer is not the subject’s.',
    'Name asset and nonce as its trace tag has them; another’s transfers need another order.',
  ],
  OPENING_TRACE_MISSING: [
    'The subject’s trace key of the epoch was not opened, or its proofs do not hold.',
    'Open the trace key first and send its partials.',
  ],
  OPENING_SUBJECT_UNKNOWN: [
    'No identity is registered under the index.',
    'Subject orders accept registered points only.',
  ],
  OPENING_KEY_OTHER: [
    'This member has no share of the record’s key.',
    'Ask the committee of the record’s epoch and key.',
  ],
  OPENING_SHARE_DESTROYED: [
    'This member destroyed its share of the record’s key.',
    'That was on purpose and is on record; the record stays closed where too few are left.',
  ],
} as const satisfies Record<string, readonly [string, string]>
export type OpeningRefusal = keyof typeof refusals

/** A member, or whoever checks a bundle, does not accept an opening. */
export class OpeningRefusedError extends BaseError {
  override readonly name = 'OpeningRefusedError'
  override readonly code: OpeningRefusal
  constructor({ code, facts = [] }: { code: OpeningRefusal; facts?: readonly string[] }) {
    const [sentence, remedy] = refusals[code]
    super(sentence, { code, metaMessages: [...facts, remedy] })
    this.code = code
  }
}

/** What was asked to be announced is not there, or not in the order. */
export class ItemsUnknownError extends BaseError {
  override readonly name = 'ItemsUnknownError'
  constructor({ reason }: { reason: string }) {
    super(reason, {
      code: 'ORDER_ITEMS_UNKNOWN',
      metaMessages: ['Name settled transfers that the order covers, as BATCH:SLOT.'],
    })
  }
}

export class AnnouncementTooLongError extends BaseError {
  override readonly name = 'AnnouncementTooLongError'
  constructor({ count, left }: { count: number; left: number }) {
    super('The order allows fewer openings than these.', {
      code: 'ORDER_LIMIT',
      metaMessages: [
        `Asked for: ${String(count)}`,
        `Left:      ${String(left)}`,
        'Name those that matter with --transfer, or have a further order filed and approved.',
      ],
    })
  }
}

export class OrderNotFiledError extends BaseError {
  override readonly name = 'OrderNotFiledError'
  constructor({ transaction }: { transaction: string }) {
    super('The transaction filed no order.', {
      code: 'ORDER_NOT_FILED',
      metaMessages: [`Transaction: ${transaction}`, 'Check the deployment file’s addresses.'],
    })
  }
}

/** An alert that cannot become an order now. */
export class AlertNotOrderableError extends BaseError {
  override readonly name = 'AlertNotOrderableError'
  constructor({ alert, reason }: { alert: number; reason: string }) {
    super(`The alert cannot become an order: ${reason}.`, {
      code: 'ALERT_NOT_ORDERABLE',
      metaMessages: [
        `Alert: ${String(alert)}`,
        'It must be assigned, and rest on transfers that the base chain has now.',
      ],
    })
  }
}

export class OpeningIncompleteError extends BaseError {
  override readonly name = 'OpeningIncompleteError'
  /** Wrong partials, each signed by its author. */
  readonly evidence: readonly OpeningAnswer[]
  constructor({
    needed,
    valid,
    items,
    faults,
    evidence,
  }: {
    needed: number
    /** Of the item with the fewest. */
    valid: number
    items: readonly string[]
    faults: readonly string[]
    evidence: readonly OpeningAnswer[]
  }) {
    super('Too few members answered as they should.', {
      code: 'OPENING_INCOMPLETE',
      metaMessages: [
        `Needed: ${String(needed)}`,
        `Valid:  ${String(valid)}`,
        ...faults,
        `Left:   ${items.join('; ')}`,
        'Ask further members; whoever answered wrongly is named above.',
      ],
    })
    this.evidence = evidence
  }
}
