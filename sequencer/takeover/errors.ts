import type { TakeoverState } from '../../l1/takeover.ts'
import { BaseError } from '../../protocol/errors.ts'

export class NoBreachError extends BaseError {
  override readonly name = 'NoBreachError'
  constructor({ time, depositDeadline, forcedDeadline, livenessDeadline }: TakeoverState) {
    const deadlines = [livenessDeadline, depositDeadline, forcedDeadline].filter(
      (one) => one !== undefined,
    )
    const first = deadlines.reduce((least, one) => (one < least ? one : least))
    super('Settlement is the operator’s: nothing is past its deadline.', {
      code: 'TAKEOVER_NO_BREACH',
      metaMessages: [
        `Next deadline in: ${String(first > time ? first - time : 0n)} s of the settlement clock`,
        'Come again then, or wait for it with --wait.',
      ],
    })
  }
}
