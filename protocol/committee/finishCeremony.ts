import { sha256 } from '@noble/hashes/sha2.js'
import { BASE8, isSubgroupPoint } from '../babyjubjub.ts'
import { BaseError } from '../errors.ts'
import { bytesToHex } from '../field.ts'
import { type Ceremony, ceremonyId, type Committee } from './ceremony.ts'
import {
  checkDealing,
  type Complaint,
  type Dealing,
  DealingError,
  hashDealing,
  judge,
} from './dealing.ts'
import {
  IDENTITY_POINT,
  evaluateCommitments,
  isSamePoint,
  scale,
  sumPoints,
} from './groupPoints.ts'
import { lagrangeAtZero, modOrder } from './scalars.ts'
import { encodeParts } from './transcript.ts'

/** Why a dealer's part does not count. */
export type Fault = {
  readonly member: number
  readonly reason: 'invalid' | 'equivocated' | 'notAsAnnounced' | 'wrongShare' | 'falseComplaint'
}

/** What all members come to from the same messages. */
export type Outcome = {
  readonly committee: Committee
  /** Dealers whose part counts, ascending. */
  readonly qualified: readonly number[]
  readonly faults: readonly Fault[]
  /**
   * 32 bytes over everything that counted. Members compare it, signed, before they use the key: a dealer that
   * told them different things makes it differ.
   */
  readonly transcript: Uint8Array
}

export class TooFewDealersError extends BaseError {
  override readonly name = 'TooFewDealersError'
  constructor({
    needed,
    qualified,
    faults,
  }: {
    needed: number
    qualified: number
    faults: readonly Fault[]
  }) {
    super('Too few members dealt as they should.', {
      code: 'COMMITTEE_DEALERS_TOO_FEW',
      metaMessages: [
        `Needed:    ${String(needed)}`,
        `Qualified: ${String(qualified)}`,
        ...faults.map(({ member, reason }) => `Member ${String(member)}: ${reason}`),
        'Hold the ceremony again without the members at fault.',
      ],
    })
  }
}

export class CommitteeKeyUnusableError extends BaseError {
  override readonly name = 'CommitteeKeyUnusableError'
  constructor() {
    super('The shares of this ceremony belong to no usable key.', {
      code: 'COMMITTEE_KEY_UNUSABLE',
      metaMessages: ['Hold the ceremony again.'],
    })
  }
}

/**
 * Judges all complaints and puts the rest together.
 *
 * A dealer counts when its one dealing is valid, is the one it announced by hash before it saw any other (else the last one
 * to speak could choose the key), and no complaint about it holds. Whoever complains falsely is named, and its own
 * dealing still counts: it harmed nobody but itself.
 *
 * Messages must be authenticated before they come here: a dealing in another's name would be held against that one.
 *
 * @param announced hash of each dealer's dealing, from before the first one was shown.
 * @throws {TooFewDealersError} below `threshold` dealers (handing over: the old committee's).
 */
export function finishCeremony(
  ceremony: Ceremony,
  {
    announced,
    dealings,
    complaints,
  }: {
    announced: ReadonlyMap<number, Uint8Array>
    dealings: readonly Dealing[]
    complaints: readonly Complaint[]
  },
): Outcome {
  const faults: Fault[] = []
  const valid = new Map<number, Dealing>()
  for (const [dealer, own] of groupByDealer(dealings)) {
    const fault = faultOf(ceremony, announced.get(dealer), own)
    const [dealing] = own
    if (fault !== undefined || dealing === undefined) {
      faults.push({ member: dealer, reason: fault ?? 'invalid' })
      continue
    }
    valid.set(dealer, dealing)
  }
  for (const complaint of complaints) {
    const dealing = valid.get(complaint.dealer)
    if (dealing === undefined) continue
    if (judge(ceremony, dealing, complaint) === 'dealer') {
      faults.push({ member: complaint.dealer, reason: 'wrongShare' })
      valid.delete(complaint.dealer)
    } else {
      faults.push({ member: complaint.complainer, reason: 'falseComplaint' })
    }
  }
  const needed = ceremony.from?.threshold ?? ceremony.threshold
  const qualified = [...valid.keys()].sort((a, b) => a - b)
  if (qualified.length < needed) {
    throw new TooFewDealersError({ needed, qualified: qualified.length, faults })
  }
  // Handing over needs exactly t old shares; everybody takes the same ones.
  const counted = ceremony.from === undefined ? qualified : qualified.slice(0, needed)
  const parts = counted.map((dealer) => valid.get(dealer)).filter((part) => part !== undefined)
  return {
    committee: combine(ceremony, parts),
    qualified: counted,
    faults,
    transcript: sha256(
      encodeParts('cinnabar.transcript', [ceremonyId(ceremony), ...parts.map(hashDealing)]),
    ),
  }
}

/**
 * A member's share: of a new key the sum of what was dealt to it, in handing over the interpolation.
 *
 * @param shares by dealer, from `openShare`; all of the outcome's dealers.
 */
export function combineShares(
  ceremony: Ceremony,
  { qualified }: Pick<Outcome, 'qualified'>,
  shares: ReadonlyMap<number, bigint>,
): bigint {
  return qualified.reduce((sum, dealer) => {
    const share = shares.get(dealer)
    if (share === undefined)
      throw new RangeError(`the share of dealer ${String(dealer)} is missing`)
    return modOrder(sum + weightOf(ceremony, qualified, dealer) * share)
  }, 0n)
}

/** Whether a share is the one that a committee expects of a member. */
export function isShareOf({ shareKeys }: Committee, index: number, share: bigint): boolean {
  const key = shareKeys[index - 1]
  return key !== undefined && isSamePoint(scale(BASE8, share), key)
}

function combine(ceremony: Ceremony, parts: readonly Dealing[]): Committee {
  const dealers = parts.map(({ dealer }) => dealer)
  const weighted = (pointOf: (part: Dealing) => Parameters<typeof scale>[0]) =>
    sumPoints(parts.map((part) => scale(pointOf(part), weightOf(ceremony, dealers, part.dealer))))
  const { threshold, members, from } = ceremony
  const publicKey = weighted(({ commitments: [first] }) => first ?? IDENTITY_POINT)
  const shareKeys = members.map(({ index }) =>
    weighted(({ commitments }) => evaluateCommitments(commitments, index)),
  )
  if (![publicKey, ...shareKeys].every(isSubgroupPoint)) throw new CommitteeKeyUnusableError()
  if (from !== undefined && !isSamePoint(publicKey, from.publicKey)) {
    throw new CommitteeKeyUnusableError()
  }
  return { threshold, members, publicKey, shareKeys }
}

function weightOf({ from }: Ceremony, dealers: readonly number[], dealer: number): bigint {
  return from === undefined ? 1n : lagrangeAtZero(dealers, dealer)
}

/** The same dealing twice is the same dealing. */
function groupByDealer(dealings: readonly Dealing[]): Map<number, Dealing[]> {
  const different = new Map(dealings.map((dealing) => [bytesToHex(hashDealing(dealing)), dealing]))
  return Map.groupBy(different.values(), ({ dealer }) => dealer)
}

function faultOf(
  ceremony: Ceremony,
  announced: Uint8Array | undefined,
  own: readonly Dealing[],
): Fault['reason'] | undefined {
  const [dealing] = own
  if (dealing === undefined) return 'invalid'
  if (own.length > 1) return 'equivocated'
  if (announced === undefined || bytesToHex(announced) !== bytesToHex(hashDealing(dealing))) {
    return 'notAsAnnounced'
  }
  try {
    checkDealing(ceremony, dealing)
    return undefined
  } catch (error) {
    if (error instanceof DealingError) return 'invalid'
    throw error
  }
}
