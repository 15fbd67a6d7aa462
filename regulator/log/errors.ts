import { BaseError } from '../../protocol/errors.ts'

const REMEDY =
  'Compare exports and ask the officer. An anchor found to be false is set aside with `log verify --false-anchor`, and its key replaced.'

/** The base chain has a head that the log has not. */
export class LogAnchorContradictsError extends BaseError {
  override readonly name = 'LogAnchorContradictsError'
  constructor({
    length,
    logLength,
    transactionHash,
    sender,
    reason,
  }: {
    length: bigint
    logLength: bigint
    transactionHash: string
    sender: string
    reason: 'otherHead' | 'beyondEnd'
  }) {
    super(
      reason === 'beyondEnd'
        ? 'An anchor covers entries that the log has not: its end was cut off, or the anchor is false.'
        : 'An anchor has another head than the log: it was rewritten up to there, or the anchor is false.',
      {
        code: 'SUPERVISION_ANCHOR_CONTRADICTS',
        metaMessages: [
          `Anchor: ${transactionHash}`,
          `By:     ${sender}`,
          `Covers: ${String(length)} entries; the log has ${String(logLength)}`,
          REMEDY,
        ],
      },
    )
  }
}

/** The contract takes no anchor that is shorter than the one before. */
export class LogAnchorAheadError extends BaseError {
  override readonly name = 'LogAnchorAheadError'
  constructor({
    length,
    logLength,
    transactionHash,
  }: {
    length: bigint
    logLength: bigint
    transactionHash: string
  }) {
    super('The newest anchor covers more entries than the log has: nothing can be anchored.', {
      code: 'SUPERVISION_ANCHOR_AHEAD',
      metaMessages: [
        `Anchor: ${transactionHash}`,
        `Covers: ${String(length)} entries; the log has ${String(logLength)}`,
        'See `log verify`. Until the log is longer, exports kept elsewhere take the place of anchors.',
      ],
    })
  }
}
