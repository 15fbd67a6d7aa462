import { addPoints, BASE8, type CurvePoint, isSubgroupPoint } from '../babyjubjub.ts'
import { type RandomBytes } from '../memo.ts'
import { scale } from './groupPoints.ts'
import { isScalar, modOrder, randomScalar } from './scalars.ts'
import { challengeOf } from './transcript.ts'

/** Non-interactive proof that two points are the same multiple of two bases. */
export type EqualLogsProof = {
  /** {scalar} Fiat–Shamir challenge. */
  readonly challenge: bigint
  /** {scalar} nonce + challenge·secret. */
  readonly response: bigint
}

/** publicKey = secret·Base8 and result = secret·point. */
export type EqualLogsStatement = {
  readonly publicKey: CurvePoint
  readonly point: CurvePoint
  readonly result: CurvePoint
  /** What the proof is for. A proof under one context says nothing under another. */
  readonly context: Uint8Array
}

const LABEL = 'cinnabar.equalLogs'

/**
 * Proves log_Base8(publicKey) = log_point(result) without showing it.
 *
 * Source: Chaum, Pedersen, "Wallet Databases with Observers", CRYPTO '92, made non-interactive with the
 * whole statement in the challenge (Bernhard, Pereira, Warinschi, ASIACRYPT 2012: leaving it out is unsound).
 */
export function proveEqualLogs(
  statement: EqualLogsStatement,
  { secret, randomBytes }: { secret: bigint; randomBytes: RandomBytes },
): EqualLogsProof {
  const nonce = randomScalar(randomBytes)
  const challenge = challengeFor(statement, scale(BASE8, nonce), scale(statement.point, nonce))
  return { challenge, response: modOrder(nonce + challenge * secret) }
}

/** False for anything malformed: scalars ≥ l, points outside the subgroup, the identity. */
export function verifyEqualLogs(
  statement: EqualLogsStatement,
  { challenge, response }: EqualLogsProof,
): boolean {
  const { publicKey, point, result } = statement
  if (!isScalar(challenge) || !isScalar(response)) return false
  if (![publicKey, point, result].every(isSubgroupPoint)) return false
  const r1 = addPoints(scale(BASE8, response), scale(publicKey, -challenge))
  const r2 = addPoints(scale(point, response), scale(result, -challenge))
  return challengeFor(statement, r1, r2) === challenge
}

function challengeFor(
  { publicKey, point, result, context }: EqualLogsStatement,
  r1: CurvePoint,
  r2: CurvePoint,
): bigint {
  return challengeOf(LABEL, [context, BASE8, publicKey, point, result, r1, r2])
}
