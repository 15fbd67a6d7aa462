import type { SettledTransfer } from '../../l1/chainEvents.ts'
import { openInvestigation, openStatistics } from '../../protocol/auditRecord.ts'
import type { CurvePoint } from '../../protocol/babyjubjub.ts'
import { InvalidEncodingError } from '../../protocol/errors.ts'
import { traceKeyOf } from '../../protocol/keys.ts'
import { interpolatePoints } from '../../protocol/committee/ceremony.ts'
import type { AuditKeyKind } from '../auditKeys.ts'
import type { CollectedItem } from '../orders/collectOpenings.ts'
import { decodePartial } from '../orders/openingMessages.ts'

/**
 * What a shared point opens: the record's fields under this key, or the trace key where there is no record. Decimal text.
 * Of an investigation record that is for the other of keys I and L: the name of that key.
 *
 * @throws {InvalidEncodingError} when a statistics plaintext is no record: the point is not the record's.
 */
export function readPlaintext(
  key: AuditKeyKind,
  shared: CurvePoint,
  transfer: SettledTransfer | undefined,
): Record<string, string> {
  if (transfer === undefined) return { traceKey: traceKeyOf(shared).toString() }
  const { statisticsCiphertext, investigationCiphertext } = transfer.publicInputs
  if (key === 'statistics') return inText(openStatistics(shared, statisticsCiphertext))
  try {
    return inText(openInvestigation(shared, investigationCiphertext))
  } catch (error) {
    if (!(error instanceof InvalidEncodingError)) throw error
    return { sealedTo: OTHER_KEY[key] }
  }
}

/** A settled investigation record is for one of two keys (T11); under the other one it is no record. */
const OTHER_KEY = { investigation: 'largeValue', largeValue: 'investigation' } as const

/** What the checked answers to one item open. */
export function readCollected(
  { key, answers }: Pick<CollectedItem, 'key' | 'answers'>,
  transfer: SettledTransfer | undefined,
): Record<string, string> {
  const partials = answers.map(({ partial }) => decodePartial(partial))
  const shared = interpolatePoints(
    partials.map(({ member }) => member),
    partials.map(({ result }) => result),
  )
  return readPlaintext(key, shared, transfer)
}

/** The key that a record is for when it is not for this one; undefined for statistics, which are all for S. */
export function otherKey(key: AuditKeyKind): AuditKeyKind | undefined {
  return key === 'statistics' ? undefined : OTHER_KEY[key]
}

function inText(record: object): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, String(value)]))
}
