import { BaseError } from '../../protocol/errors.ts'

/** What does not agree, and with what: the facts of a report. */
export type Divergence = {
  /** Batch that it was found in; undefined where it is in a registry. */
  readonly batchNumber?: bigint
  /** Clause or subject, stable: `S1 anchor`, `B5 note root`, `proof of the batch`, `identity root`. */
  readonly check: string
  readonly expected: string
  readonly actual: string
}

/** What the base chain settled does not follow from its own data and the rules. */
export class DivergenceError extends BaseError {
  override readonly name = 'DivergenceError'
  readonly divergence: Divergence
  constructor(divergence: Divergence, cause?: unknown) {
    const { batchNumber, check, expected, actual } = divergence
    super('What the base chain settled does not follow from its data and the rules.', {
      code: 'FOLLOWER_DIVERGENCE',
      metaMessages: [
        ...(batchNumber === undefined ? [] : [`Batch:    ${String(batchNumber)}`]),
        `Check:    ${check}`,
        `Expected: ${expected}`,
        `Actual:   ${actual}`,
        'The follower stays at the last batch that does. Compare with a follower on another node: if both agree, the contract or its keys are broken.',
      ],
      cause,
    })
    this.divergence = divergence
  }
}

/** One line, for logs, health and people. */
export function formatDivergence({ batchNumber, check, expected, actual }: Divergence): string {
  const place = batchNumber === undefined ? '' : `batch ${String(batchNumber)}: `
  return `${place}${check}: expected ${expected}, actual ${actual}`
}
