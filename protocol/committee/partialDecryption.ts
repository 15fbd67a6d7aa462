import { type CurvePoint, isSubgroupPoint } from '../babyjubjub.ts'
import { BaseError } from '../errors.ts'
import { type RandomBytes } from '../memo.ts'
import { type Committee, interpolatePoints } from './ceremony.ts'
import { type EqualLogsProof, proveEqualLogs, verifyEqualLogs } from './equalLogs.ts'
import { scale } from './groupPoints.ts'

/** A member's part in auditSecret·point, with the proof that it is right. */
export type PartialDecryption = {
  readonly member: number
  /** share·point. */
  readonly result: CurvePoint
  readonly proof: EqualLogsProof
}

export class PointNotOpenableError extends BaseError {
  override readonly name = 'PointNotOpenableError'
  constructor() {
    super('The point is outside the prime-order subgroup, or the identity.', {
      code: 'COMMITTEE_POINT_REFUSED',
      metaMessages: [
        'A share times such a point would tell something about the share.',
        'Take the point from a settled transfer or a proved registration.',
      ],
    })
  }
}

export class PartialsTooFewError extends BaseError {
  override readonly name = 'PartialsTooFewError'
  constructor({
    needed,
    valid,
    wrong,
  }: {
    needed: number
    valid: number
    wrong: readonly number[]
  }) {
    super('Too few members gave a valid partial decryption.', {
      code: 'COMMITTEE_PARTIALS_TOO_FEW',
      metaMessages: [
        `Needed: ${String(needed)}`,
        `Valid:  ${String(valid)}`,
        ...(wrong.length === 0 ? [] : [`Wrong, by members: ${wrong.join(', ')}`]),
        'Ask further members. Whoever gave a wrong one is named above.',
      ],
    })
  }
}

/**
 * share·point with its proof. The point is `ephemeral` of a record, or the `tracePoint` of a subject; `context` names order
 * and record, so that the answer to one is none to another.
 *
 * @throws {PointNotOpenableError} for a point outside the subgroup: a member must never multiply one.
 */
export function decryptPartially({
  member,
  share,
  shareKey,
  point,
  context,
  randomBytes,
}: {
  member: number
  share: bigint
  shareKey: CurvePoint
  point: CurvePoint
  context: Uint8Array
  randomBytes: RandomBytes
}): PartialDecryption {
  if (!isSubgroupPoint(point)) throw new PointNotOpenableError()
  const result = scale(point, share)
  const proof = proveEqualLogs(
    { publicKey: shareKey, point, result, context },
    { secret: share, randomBytes },
  )
  return { member, result, proof }
}

/** Whether a partial decryption is the member's own, of this point, for this context. */
export function verifyPartial(
  { shareKeys }: Committee,
  { point, context }: { point: CurvePoint; context: Uint8Array },
  { member, result, proof }: PartialDecryption,
): boolean {
  const publicKey = shareKeys[member - 1]
  return publicKey !== undefined && verifyEqualLogs({ publicKey, point, result, context }, proof)
}

export type Combined = {
  /** auditSecret·point. */
  readonly shared: CurvePoint
  /** The partials that it is made from: t of them, by member. */
  readonly used: readonly PartialDecryption[]
  /** Members whose answer was wrong, ascending. */
  readonly wrong: readonly number[]
}

/**
 * auditSecret·point from the answers of t members. Wrong answers are left out and their authors named; a second answer of a
 * member does not count.
 *
 * @throws {PartialsTooFewError} below t valid answers.
 */
export function combinePartials(
  committee: Committee,
  statement: { point: CurvePoint; context: Uint8Array },
  partials: readonly PartialDecryption[],
): Combined {
  const valid = new Map<number, PartialDecryption>()
  const wrong = new Set<number>()
  for (const partial of partials) {
    if (verifyPartial(committee, statement, partial)) {
      if (!valid.has(partial.member)) valid.set(partial.member, partial)
    } else {
      wrong.add(partial.member)
    }
  }
  const named = [...wrong].sort((a, b) => a - b)
  const used = [...valid.values()].sort((a, b) => a.member - b.member).slice(0, committee.threshold)
  if (used.length < committee.threshold) {
    throw new PartialsTooFewError({
      needed: committee.threshold,
      valid: used.length,
      wrong: named,
    })
  }
  const shared = interpolatePoints(
    used.map(({ member }) => member),
    used.map(({ result }) => result),
  )
  return { shared, used, wrong: named }
}
