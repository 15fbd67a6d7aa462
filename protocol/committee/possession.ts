import { addPoints, BASE8, type CurvePoint, isSubgroupPoint } from '../babyjubjub.ts'
import {
  type PossessionContext,
  type PossessionProof,
  possessionChallenge,
} from '../auditKeyPossession.ts'
import { BaseError } from '../errors.ts'
import { type RandomBytes } from '../memo.ts'
import { type Committee } from './ceremony.ts'
import { isSamePoint, scale, sumPoints } from './groupPoints.ts'
import { invertScalar, isScalar, lagrangeAtZero, modOrder, randomScalar } from './scalars.ts'
import { challengeOf } from './transcript.ts'

// The registry wants a Schnorr proof that somebody knows the audit key's secret. Nobody does: t members make it together.
//
// Source: FROST, RFC 9591 (Komlo, Goldberg, SAC 2020), two rounds, with the registry's challenge in place of the signature's
// and SHA-512 over length-prefixed parts for the binding factors.

/** A member's nonces for one proof. Used once, or the share is lost. */
export type PossessionNonces = { readonly hiding: bigint; readonly binding: bigint }

/** nonces·Base8, published before anybody answers. */
export type PossessionCommitment = {
  readonly member: number
  readonly hiding: CurvePoint
  readonly binding: CurvePoint
}

export type PossessionShare = { readonly member: number; readonly s: bigint }

export class PossessionSharesWrongError extends BaseError {
  override readonly name = 'PossessionSharesWrongError'
  readonly members: readonly number[]
  constructor({ members }: { members: readonly number[] }) {
    super('Members gave wrong parts of the proof of possession.', {
      code: 'COMMITTEE_POSSESSION_WRONG',
      metaMessages: [
        `Members: ${members.join(', ')}`,
        'Start again, with fresh nonces, without them.',
      ],
    })
    this.members = members
  }
}

export class PossessionRoundError extends BaseError {
  override readonly name = 'PossessionRoundError'
  constructor({ reason }: { reason: string }) {
    super(`The proof of possession cannot be made from these commitments: ${reason}.`, {
      code: 'COMMITTEE_POSSESSION_ROUND',
      metaMessages: ['Collect one commitment from each of at least t members and start again.'],
    })
  }
}

export function commitToPossession(
  member: number,
  randomBytes: RandomBytes,
): { nonces: PossessionNonces; commitment: PossessionCommitment } {
  const nonces = { hiding: randomScalar(randomBytes), binding: randomScalar(randomBytes) }
  return {
    nonces,
    commitment: {
      member,
      hiding: scale(BASE8, nonces.hiding),
      binding: scale(BASE8, nonces.binding),
    },
  }
}

type Round = {
  readonly committee: Committee
  readonly context: PossessionContext
  readonly commitments: readonly PossessionCommitment[]
}

/**
 * A member's part of the proof. Its nonces must be destroyed after.
 *
 * @throws {PossessionRoundError} when the commitments are not one each of at least t members, or lack one's own.
 */
export function sharePossession(
  round: Round,
  { member, share, nonces }: { member: number; share: bigint; nonces: PossessionNonces },
): PossessionShare {
  const own = checkRound(round).find((commitment) => commitment.member === member)
  if (
    own === undefined ||
    !isSamePoint(own.hiding, scale(BASE8, nonces.hiding)) ||
    !isSamePoint(own.binding, scale(BASE8, nonces.binding))
  ) {
    throw new PossessionRoundError({ reason: `member ${String(member)}'s is missing or changed` })
  }
  const { factorOf, challenge, weightOf } = prepare(round)
  const s = modOrder(
    nonces.hiding + factorOf(own) * nonces.binding + weightOf(member) * share * challenge,
  )
  return { member, s }
}

/**
 * The proof as SupervisionRegistry takes it. Each part is checked, so that a wrong one names its author.
 *
 * @throws {PossessionSharesWrongError | PossessionRoundError}
 */
export function combinePossession(
  round: Round,
  shares: readonly PossessionShare[],
): PossessionProof {
  const commitments = checkRound(round)
  const { r, factorOf, challenge, weightOf } = prepare(round)
  const wrong: number[] = []
  let s = 0n
  for (const commitment of commitments) {
    const { member, hiding, binding } = commitment
    const answers = shares.filter((share) => share.member === member)
    const answer = answers.length === 1 ? answers[0]?.s : undefined
    const shareKey = round.committee.shareKeys[member - 1]
    const isRight =
      answer !== undefined &&
      shareKey !== undefined &&
      isScalar(answer) &&
      isSamePoint(
        scale(BASE8, answer),
        sumPoints([
          hiding,
          scale(binding, factorOf(commitment)),
          scale(shareKey, weightOf(member) * challenge),
        ]),
      )
    if (!isRight) wrong.push(member)
    s = modOrder(s + (answer ?? 0n))
  }
  if (wrong.length > 0) throw new PossessionSharesWrongError({ members: wrong })
  return { r, s }
}

/** Q with A = 8·Q, as the registry takes a key. */
export function registrationPointOf({ publicKey }: Committee): CurvePoint {
  return scale(publicKey, invertScalar(8n))
}

function checkRound({ committee, commitments }: Round): readonly PossessionCommitment[] {
  const fail = (reason: string): never => {
    throw new PossessionRoundError({ reason })
  }
  const members = commitments.map(({ member }) => member)
  if (new Set(members).size !== members.length) fail('a member has two')
  if (members.length < committee.threshold) fail('there are fewer than t')
  for (const { member, hiding, binding } of commitments) {
    if (committee.shareKeys[member - 1] === undefined) fail(`there is no member ${String(member)}`)
    if (!isSubgroupPoint(hiding) || !isSubgroupPoint(binding)) {
      fail(`member ${String(member)}'s is not in the subgroup`)
    }
  }
  return [...commitments].sort((a, b) => a.member - b.member)
}

function prepare({ committee, context, commitments }: Round) {
  const sorted = [...commitments].sort((a, b) => a.member - b.member)
  const members = sorted.map(({ member }) => member)
  const { chainId, registry, epoch, kind } = context
  // Binds each nonce to who takes part, to all nonces and to what is proved (RFC 9591, 4.4).
  const factorOf = ({ member }: PossessionCommitment): bigint =>
    challengeOf('cinnabar.possessionFactor', [
      committee.publicKey,
      chainId,
      registry.toLowerCase(),
      epoch,
      kind,
      sorted.length,
      ...sorted.flatMap((commitment) => [commitment.member, commitment.hiding, commitment.binding]),
      member,
    ])
  const r = sumPoints(
    sorted.flatMap((commitment) => [
      commitment.hiding,
      scale(commitment.binding, factorOf(commitment)),
    ]),
  )
  return {
    r,
    factorOf,
    challenge: possessionChallenge(context, committee.publicKey, r),
    weightOf: (member: number) => lagrangeAtZero(members, member),
  }
}

/** s·Base8 = R + c·A: what the registry checks. */
export function verifyPossession(
  context: PossessionContext,
  publicKey: CurvePoint,
  { r, s }: PossessionProof,
): boolean {
  if (!isScalar(s) || !isSubgroupPoint(publicKey)) return false
  const challenge = possessionChallenge(context, publicKey, r)
  return isSamePoint(scale(BASE8, s), addPoints(r, scale(publicKey, challenge)))
}
