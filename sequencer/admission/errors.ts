import type { SettlementRight } from '../../l1/settlementRight.ts'
import { BaseError } from '../../protocol/errors.ts'
import { formatField } from '../../protocol/field.ts'

// Why a transfer is refused or, after admission, rejected. All facts are public inputs or chain values.

/** Parent of every refusal, so that the edge and the sealer tell a refusal from a failure of ours. */
export class TransferRefusedError extends BaseError {
  override readonly name: string = 'TransferRefusedError'
}

const REBUILD = 'Build and prove the transfer again; it is a new statement.'
const roots = (expected: bigint, actual: bigint) => [
  `Expected: ${formatField(expected)}`,
  `Actual:   ${formatField(actual)}`,
]

export class FieldNotCanonicalError extends TransferRefusedError {
  override readonly name = 'FieldNotCanonicalError'
  constructor() {
    super('A public input is not below the field order.', {
      code: 'TX_FIELD_NOT_CANONICAL',
      metaMessages: ['Send every public input as its canonical field element.'],
    })
  }
}

export class InputCountWrongError extends TransferRefusedError {
  override readonly name = 'InputCountWrongError'
  constructor({ expected, actual }: { expected: number; actual: number }) {
    super('The number of public inputs is not that of the circuit.', {
      code: 'TX_INPUT_COUNT_WRONG',
      metaMessages: [`Expected: ${String(expected)}`, `Actual:   ${String(actual)}`],
    })
  }
}

export class DomainWrongError extends TransferRefusedError {
  override readonly name = 'DomainWrongError'
  constructor({ expected, actual }: { expected: bigint; actual: bigint }) {
    super('The transfer is for another deployment.', {
      code: 'TX_DOMAIN_WRONG',
      metaMessages: [...roots(expected, actual), 'Send it to a sequencer of its own deployment.'],
    })
  }
}

export class NullifierInvalidError extends TransferRefusedError {
  override readonly name = 'NullifierInvalidError'
  constructor() {
    super('The nullifier is zero or does not fit 248 bits.', {
      code: 'TX_NULLIFIER_INVALID',
      metaMessages: [REBUILD],
    })
  }
}

export class WordMalformedError extends TransferRefusedError {
  override readonly name = 'WordMalformedError'
  constructor({ word, reason }: { word: 'fee' | 'withdrawal' | 'day'; reason: string }) {
    super(`The ${word} word is malformed: ${reason}.`, {
      code: 'TX_WORD_MALFORMED',
      metaMessages: [REBUILD],
    })
  }
}

export class MemoHashWrongError extends TransferRefusedError {
  override readonly name = 'MemoHashWrongError'
  constructor() {
    super('The memo does not hash to the memoHash of the statement.', {
      code: 'TX_MEMO_HASH_WRONG',
      metaMessages: ['Send the memo that the statement was built with, unchanged.'],
    })
  }
}

export class AssetUnknownError extends TransferRefusedError {
  override readonly name = 'AssetUnknownError'
  constructor({ asset }: { asset: bigint }) {
    super('The vault does not list the asset.', {
      code: 'TX_ASSET_UNKNOWN',
      metaMessages: [`Asset: ${String(asset)}`],
    })
  }
}

export class FeeTooLowError extends TransferRefusedError {
  override readonly name = 'FeeTooLowError'
  constructor({ minimum, fee }: { minimum: bigint | undefined; fee: bigint }) {
    super('The fee is below the minimum of this sequencer.', {
      code: 'TX_FEE_TOO_LOW',
      metaMessages: [
        `Minimum: ${minimum === undefined ? 'see /v1/status' : String(minimum)}`,
        `Fee:     ${String(fee)}`,
        'Build the transfer again with a higher fee; it is a new statement.',
      ],
    })
  }
}

export class FeeTooHighError extends TransferRefusedError {
  override readonly name = 'FeeTooHighError'
  constructor({ maximum, fee }: { maximum: bigint; fee: bigint }) {
    super("The fee is above the asset's limit, and the contract would refuse it.", {
      code: 'TX_FEE_TOO_HIGH',
      metaMessages: [
        `Maximum: ${String(maximum)}`,
        `Fee:     ${String(fee)}`,
        'Build the transfer again with a lower fee; it is a new statement.',
      ],
    })
  }
}

export class ProofInvalidError extends TransferRefusedError {
  override readonly name = 'ProofInvalidError'
  constructor() {
    super('The proof does not hold for this statement.', {
      code: 'TX_PROOF_INVALID',
      metaMessages: ['Prove it again with the circuits and keys that /v1/status names.'],
    })
  }
}

export class UnknownAnchorError extends TransferRefusedError {
  override readonly name = 'UnknownAnchorError'
  constructor({ anchor, anchorBatch }: { anchor: bigint; anchorBatch: bigint }) {
    super('The anchor is not the note root of the batch that the transfer names.', {
      code: 'TX_UNKNOWN_ANCHOR',
      metaMessages: [
        `Anchor: ${formatField(anchor)}`,
        `Batch:  ${String(anchorBatch)}`,
        'Build the transfer again on the newest signed anchor.',
      ],
    })
  }
}

export class StaleIdentityRootError extends TransferRefusedError {
  override readonly name = 'StaleIdentityRootError'
  constructor({ expected, actual }: { expected: bigint; actual: bigint }) {
    super('The identity root is not the current one.', {
      code: 'TX_STALE_IDENTITY_ROOT',
      metaMessages: [...roots(expected, actual), REBUILD],
    })
  }
}

export class StalePolicyRootError extends TransferRefusedError {
  override readonly name = 'StalePolicyRootError'
  constructor({ expected, actual }: { expected: bigint; actual: bigint }) {
    super('The policy root is not the current one.', {
      code: 'TX_STALE_POLICY_ROOT',
      metaMessages: [...roots(expected, actual), REBUILD],
    })
  }
}

export class StaleDayError extends TransferRefusedError {
  override readonly name = 'StaleDayError'
  constructor({ expected, actual }: { expected: bigint; actual: bigint }) {
    super('The day of the statement is not today (UTC).', {
      code: 'TX_STALE_DAY',
      metaMessages: [`Today: ${String(expected)}`, `Day:   ${String(actual)}`, REBUILD],
    })
  }
}

export class StaleEpochError extends TransferRefusedError {
  override readonly name = 'StaleEpochError'
  constructor({ expected, actual }: { expected: bigint; actual: bigint }) {
    super("The audit keys are not those of today's epoch.", {
      code: 'TX_STALE_EPOCH',
      metaMessages: [
        `Epoch today:            ${String(expected)}`,
        `Epoch of the statement: ${String(actual)}`,
        REBUILD,
      ],
    })
  }
}

export class NullifierSpentError extends TransferRefusedError {
  override readonly name = 'NullifierSpentError'
  constructor() {
    super('The account state was spent by a sealed transfer.', {
      code: 'TX_NULLIFIER_SPENT',
      metaMessages: ['Sync the wallet: another device of the same seed may have made a transfer.'],
    })
  }
}

export class NullifierPendingError extends TransferRefusedError {
  override readonly name = 'NullifierPendingError'
  constructor({ id }: { id: string }) {
    super('The account state is being spent by another admitted transfer.', {
      code: 'TX_NULLIFIER_PENDING',
      metaMessages: [
        `Transfer: ${id}`,
        'It was promised to its sender. Wait until it is sealed, then build on it.',
      ],
    })
  }
}

export class BatchExpiredError extends TransferRefusedError {
  override readonly name = 'BatchExpiredError'
  constructor() {
    super('The batch of the transfer was not settled in time and is void.', {
      code: 'TX_BATCH_EXPIRED',
      metaMessages: [REBUILD],
    })
  }
}

export class BatchOvertakenError extends TransferRefusedError {
  override readonly name = 'BatchOvertakenError'
  constructor() {
    super('The base chain settled another batch in place of the one the transfer was in.', {
      code: 'TX_BATCH_OVERTAKEN',
      metaMessages: [REBUILD],
    })
  }
}

export class UnsealableError extends TransferRefusedError {
  override readonly name = 'UnsealableError'
  constructor({ cause }: { cause: unknown }) {
    super('The transfer cannot be put into a batch.', {
      code: 'TX_UNSEALABLE',
      metaMessages: [REBUILD],
      cause,
    })
  }
}

/** A refusal as it is stored and shown. */
export function toReason(error: TransferRefusedError): { code: string; message: string } {
  return { code: error.code, message: error.shortMessage }
}

export class NotReadyError extends BaseError {
  override readonly name = 'NotReadyError'
  constructor({ what }: { what: string }) {
    super('The sequencer cannot admit transfers yet.', {
      code: 'SEQUENCER_NOT_READY',
      metaMessages: [`Missing: ${what}`, 'Try again in a moment.'],
    })
  }
}

/** Of a request that came while the process ends; what came before is answered. */
export class SequencerStoppingError extends BaseError {
  override readonly name = 'SequencerStoppingError'
  constructor() {
    super('The service is stopping.', {
      code: 'SEQUENCER_STOPPING',
      metaMessages: ['Nothing was done. Try again in a moment; a submission may be repeated.'],
    })
  }
}

/** This sequencer could not settle what it admitted: settlement is leased to others, or the role was taken from it. */
export class SettlementNotOursError extends BaseError {
  override readonly name = 'SettlementNotOursError'
  constructor({ mode, holder, leaseEndsAt }: SettlementRight) {
    super('This sequencer has no right to settle now, and promises nothing.', {
      code: 'SETTLEMENT_NOT_OURS',
      metaMessages: [
        mode === 'lease'
          ? `Settlement: open to bonded proposers; ${holder === undefined ? 'nobody holds the lease' : `leased to ${holder} until ${String(leaseEndsAt)}`}`
          : 'Settlement: closed, and its base-chain account lacks the role SEQUENCER',
        'Send the transfer to the sequencer of whoever may settle, or queue it by force on the base chain.',
      ],
    })
  }
}

export class SequencerDrainingError extends BaseError {
  override readonly name = 'SequencerDrainingError'
  /** An upgrade's usual length; the operator may need longer. */
  readonly retryAfterSeconds = 60
  constructor() {
    super('The sequencer admits nothing for now: it finishes what it has, and comes back.', {
      code: 'SEQUENCER_DRAINING',
      metaMessages: [
        'Come again in: 60 s',
        'Submit the same statement again then; nothing was kept of it. What has a receipt is settled.',
      ],
    })
  }
}

/** More is being admitted than can be answered in time. Nothing is wrong with the transfer. */
export class SequencerBusyError extends BaseError {
  override readonly name = 'SequencerBusyError'
  /** When a place is likely to be free. */
  readonly retryAfterSeconds: number
  constructor({ retryAfterSeconds }: { retryAfterSeconds: number }) {
    super('The sequencer has as many transfers to admit as it can answer in time.', {
      code: 'SEQUENCER_BUSY',
      metaMessages: [
        `Come again in: ${String(retryAfterSeconds)} s`,
        'Submit the same statement again then; nothing was kept of it.',
      ],
    })
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** More is promised than can be proved in time. Nothing is wrong with the transfer. */
export class SequencerBacklogError extends BaseError {
  override readonly name = 'SequencerBacklogError'
  /** When a part of it is likely to be done. */
  readonly retryAfterSeconds: number
  constructor({ seconds, retryAfterSeconds }: { seconds: number; retryAfterSeconds: number }) {
    super('The sequencer has promised as much as it can prove in time.', {
      code: 'SEQUENCER_BACKLOG',
      metaMessages: [
        `Proving ahead: about ${String(seconds)} s`,
        `Come again in: ${String(retryAfterSeconds)} s`,
        'Submit the same statement again then; nothing was kept of it. What has a receipt is settled.',
      ],
    })
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export class TransferUnknownError extends BaseError {
  override readonly name = 'TransferUnknownError'
  constructor({ id }: { id: string }) {
    super('No transfer with this id was admitted here.', {
      code: 'TX_UNKNOWN',
      metaMessages: [`Id: ${id}`, 'Submit it; a submission may be repeated at any time.'],
    })
  }
}

export class AnchorUnknownError extends BaseError {
  override readonly name = 'AnchorUnknownError'
  constructor({ batchNumber }: { batchNumber: bigint | undefined }) {
    super('There is no such sealed batch.', {
      code: 'ANCHOR_UNKNOWN',
      metaMessages: [
        ...(batchNumber === undefined ? [] : [`Batch: ${String(batchNumber)}`]),
        'Before the first batch the anchor is the empty tree, batch 0.',
      ],
    })
  }
}
