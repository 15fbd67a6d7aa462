import type { ChainEventOf, SettledTransfer } from '../l1/chainEvents.ts'
import {
  type InvestigationRecord,
  openInvestigation,
  openStatistics,
  sharedPoint,
  type StatisticsRecord,
} from '../protocol/auditRecord.ts'
import { type CurvePoint, isOnCurve } from '../protocol/babyjubjub.ts'
import { BaseError } from '../protocol/errors.ts'
import { unpackWord } from '../protocol/words.ts'
import type { AuditKeyRing } from './auditKeys.ts'

/**
 * Why a record could not be opened. Which of keys I and L an investigation record is for, nobody can tell
 * without them: with one of them at hand a record that does not open is the other's, and 'keyMissing'.
 */
export type RecordFault = 'keyMissing' | 'malformed' | 'ephemeralInvalid'

/** A settled transfer as a supervisor reads it: each half only with its own key. */
export type OpenedTransfer = {
  readonly batchNumber: bigint
  readonly slot: number
  readonly kind: SettledTransfer['kind']
  readonly transactionHash: `0x${string}`
  readonly timestamp: bigint
  readonly day: bigint
  readonly epoch: bigint
  /** Leaf index of outputs[0]. */
  readonly firstLeafIndex: bigint
  readonly traceTag: bigint
  readonly withdrawal: {
    readonly asset: bigint
    readonly amount: bigint
    readonly recipient: bigint
  }
  readonly fee: { readonly asset: bigint; readonly amount: bigint }
  readonly statistics: StatisticsRecord | RecordFault
  readonly investigation: InvestigationRecord | RecordFault
  /** The key that opened the investigation record: L above the day's threshold and in an exit (T11). */
  readonly investigationKey: InvestigationKey | undefined
}

/** The two keys an investigation record may be for. */
export type InvestigationKey = 'investigation' | 'largeValue'

/** The keys at hand, of any epochs. */
export type RecordKeys = {
  readonly statistics?: AuditKeyRing
  readonly investigation?: AuditKeyRing
  readonly largeValue?: AuditKeyRing
}

/**
 * Opens both records of every transfer of a settled batch with the keys at hand.
 * Records are computed inside the proof, so a settled one that does not open under the right key
 * means that the key is another epoch's, or that the system is broken: it is reported, not skipped.
 */
export function openRecords(
  batch: ChainEventOf<'batchSettled'>,
  keys: RecordKeys,
): OpenedTransfer[] {
  return batch.transfers.map((transfer) => {
    const { publicInputs } = transfer
    const [x, y] = publicInputs.ephemeral
    const ephemeral = { x, y }
    // The proof shows R = e·Base8 (T9), so of a settled transfer nothing is left to check in the
    // subgroup, which would cost as much as opening both records.
    const isPoint = isOnCurve(ephemeral)
    const open = <R>(
      ring: AuditKeyRing | undefined,
      auditKey: readonly [bigint, bigint],
      read: (shared: CurvePoint) => R,
    ): R | RecordFault => {
      const secret = ring?.secretOf({ x: auditKey[0], y: auditKey[1] })
      if (secret === undefined) return 'keyMissing'
      if (!isPoint) return 'ephemeralInvalid'
      return orMalformed(() => read(sharedPoint(ephemeral, secret)))
    }
    const readInvestigation = (shared: CurvePoint): InvestigationRecord =>
      openInvestigation(shared, publicInputs.investigationCiphertext)
    return openedTransfer(batch, transfer, {
      statistics: open(keys.statistics, publicInputs.auditKeyS, (shared) =>
        openStatistics(shared, publicInputs.statisticsCiphertext),
      ),
      ...eitherKey(open(keys.investigation, publicInputs.auditKeyI, readInvestigation), () =>
        open(keys.largeValue, publicInputs.auditKeyL, readInvestigation),
      ),
    })
  })
}

/** What the keys I and L make of one record. L is asked only where I does not open it. */
export function eitherKey(
  withI: InvestigationRecord | RecordFault,
  openWithL: () => InvestigationRecord | RecordFault,
): Pick<OpenedTransfer, 'investigation' | 'investigationKey'> {
  if (isOpened(withI)) return { investigation: withI, investigationKey: 'investigation' }
  const withL = openWithL()
  if (isOpened(withL)) return { investigation: withL, investigationKey: 'largeValue' }
  const isOther = withI === 'keyMissing' || withL === 'keyMissing'
  const isPoint = withI !== 'ephemeralInvalid' && withL !== 'ephemeralInvalid'
  return {
    investigation: !isPoint ? 'ephemeralInvalid' : isOther ? 'keyMissing' : 'malformed',
    investigationKey: undefined,
  }
}

/** What `read` gives; 'malformed' where the plaintext is no record. */
export function orMalformed<R>(read: () => R): R | 'malformed' {
  try {
    return read()
  } catch (error) {
    if (error instanceof BaseError) return 'malformed'
    throw error
  }
}

/** The public side of a transfer beside its opened halves. */
export function openedTransfer(
  batch: ChainEventOf<'batchSettled'>,
  transfer: SettledTransfer,
  halves: Pick<OpenedTransfer, 'statistics' | 'investigation' | 'investigationKey'>,
): OpenedTransfer {
  const { publicInputs } = transfer
  const fee = unpackWord('fee', publicInputs.fee)
  return {
    batchNumber: batch.batchNumber,
    slot: transfer.slot,
    kind: transfer.kind,
    transactionHash: batch.transactionHash,
    timestamp: batch.timestamp,
    day: publicInputs.day,
    epoch: fee.epoch,
    firstLeafIndex: transfer.firstLeafIndex,
    traceTag: publicInputs.traceTag,
    withdrawal: unpackWord('withdrawal', publicInputs.withdrawal),
    fee: { asset: fee.asset, amount: fee.amount },
    ...halves,
  }
}

/** Whether a half was opened. */
export function isOpened<R extends object>(record: R | RecordFault): record is R {
  return typeof record !== 'string'
}
