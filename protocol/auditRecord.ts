import { type CurvePoint, mulPoint } from './babyjubjub.ts'
import { type Domain, SCALAR_BITS } from './constants.ts'
import { InvalidEncodingError } from './errors.ts'
import { type FieldElement, lowBits, reduce } from './field.ts'
import { hash } from './poseidon.ts'
import { type TransferPublicInputs } from './publicInputs.ts'
import { unpackWord, type WordFields } from './words.ts'

/** e = low 250 bits of H(EPHEMERAL, nullifierKey, nullifier, outputs[0..3]): binds the contents. */
export function deriveEphemeralSecret(
  nullifierKey: bigint,
  nullifier: bigint,
  outputs: readonly bigint[],
): bigint {
  return lowBits(hash('EPHEMERAL', [nullifierKey, nullifier, ...outputs]), SCALAR_BITS)
}

/** traceTag = H(TAG, k, asset, nonce); nonce is the spent account note's (0 at genesis). */
export function deriveTraceTag(traceKey: bigint, asset: bigint, nonce: bigint): FieldElement {
  return hash('TAG', [traceKey, asset, nonce])
}

/** Low 128 bits of H(PSEUDONYM, k, month): names the sender to S for one month. */
export function derivePseudonym(traceKey: bigint, month: bigint): bigint {
  return lowBits(hash('PSEUDONYM', [traceKey, month]), 128)
}

export type StatisticsRecord = WordFields<'statistics0'> & WordFields<'statistics1'>
export type InvestigationRecord = WordFields<'investigation0'> &
  Partial<WordFields<'investigation1'>>

/** Domains of the words' masks: maskᵢ = H(domainᵢ, shared.x, shared.y). */
export const STATISTICS_MASKS: readonly Domain[] = ['STATISTICS_MASK_0', 'STATISTICS_MASK_1']
export const INVESTIGATION_MASKS: readonly Domain[] = [
  'INVESTIGATION_MASK_0',
  'INVESTIGATION_MASK_1',
]

/**
 * The masks of a record's words under a shared point: e·auditKey for the sender, auditSecret·R
 * for the key's holder. ciphertextᵢ = wordᵢ + H(MASK_i, shared) mod r.
 */
function masks(domains: readonly Domain[], shared: CurvePoint): FieldElement[] {
  return domains.map((domain) => hash(domain, [shared.x, shared.y]))
}

function mask(
  domains: readonly Domain[],
  shared: CurvePoint,
  words: readonly bigint[],
): FieldElement[] {
  const pads = masks(domains, shared)
  return words.map((word, i) => reduce(word + (pads[i] ?? 0n)))
}

function unmask(pads: readonly bigint[], words: readonly bigint[]): FieldElement[] {
  return words.map((word, i) => reduce(word - (pads[i] ?? 0n)))
}

export function maskStatistics(shared: CurvePoint, words: readonly bigint[]): FieldElement[] {
  return mask(STATISTICS_MASKS, shared, words)
}

export function maskInvestigation(shared: CurvePoint, words: readonly bigint[]): FieldElement[] {
  return mask(INVESTIGATION_MASKS, shared, words)
}

/** @throws {InvalidEncodingError} when the plaintext is no packed word: the key is another's. */
export function openStatistics(
  shared: CurvePoint,
  ciphertext: readonly bigint[],
): StatisticsRecord {
  return unmaskStatistics(masks(STATISTICS_MASKS, shared), ciphertext)
}

/** As `openStatistics`, with the masks at hand: they are computed in bulk for many records. */
export function unmaskStatistics(
  pads: readonly bigint[],
  ciphertext: readonly bigint[],
): StatisticsRecord {
  const [word0 = 0n, word1 = 0n] = unmask(pads, ciphertext)
  return {
    ...unpackWord('statistics0', word0),
    ...unpackWord('statistics1', word1),
  }
}

/** One word for a transfer, two for a collect. @throws {InvalidEncodingError} as above. */
export function openInvestigation(
  shared: CurvePoint,
  ciphertext: readonly bigint[],
): InvestigationRecord {
  return unmaskInvestigation(masks(INVESTIGATION_MASKS, shared), ciphertext)
}

/** As `openInvestigation`, with the masks at hand. */
export function unmaskInvestigation(
  pads: readonly bigint[],
  ciphertext: readonly bigint[],
): InvestigationRecord {
  const [word0 = 0n, word1] = unmask(pads, ciphertext)
  return {
    ...unpackWord('investigation0', word0),
    ...(word1 === undefined ? {} : unpackWord('investigation1', word1)),
  }
}

/**
 * Which of keys I and L a record of one's own is for (T11), and what it holds: a word has 104 bits that must be zero, so it opens
 * under one of them. Undefined when it is under neither: e is not this record's.
 */
export function openOwnInvestigation(
  ephemeralSecret: bigint,
  {
    auditKeyI,
    auditKeyL,
    investigationCiphertext,
  }: Pick<TransferPublicInputs, 'auditKeyI' | 'auditKeyL' | 'investigationCiphertext'>,
): { key: 'I' | 'L'; record: InvestigationRecord } | undefined {
  for (const [key, [x, y]] of [
    ['I', auditKeyI],
    ['L', auditKeyL],
  ] as const) {
    try {
      const shared = mulPoint({ x, y }, ephemeralSecret)
      return { key, record: openInvestigation(shared, investigationCiphertext) }
    } catch (error) {
      if (!(error instanceof InvalidEncodingError)) throw error
    }
  }
  return undefined
}

/** The point shared by e and the audit key's secret. */
export function sharedPoint(point: CurvePoint, secret: bigint): CurvePoint {
  return mulPoint(point, secret)
}
