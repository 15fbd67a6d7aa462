import { sha256 } from '@noble/hashes/sha2.js'
import { type CurvePoint, isSubgroupPoint } from '../babyjubjub.ts'
import { BaseError } from '../errors.ts'
import { isSamePoint, scale, sumPoints } from './groupPoints.ts'
import { lagrangeAtZero } from './scalars.ts'
import { encodeParts } from './transcript.ts'

/** Who holds a share. */
export type Member = {
  /** 1, 2, … in order; where the sharing polynomial is evaluated. */
  readonly index: number
  /** Shares are sealed to it: encryptionSecret·Base8. */
  readonly encryptionKey: CurvePoint
}

/** t of n members, and the points that their shares are the logarithms of. */
export type Committee = {
  /** Members needed to open: t. */
  readonly threshold: number
  readonly members: readonly Member[]
  /** a·Base8: the audit key. */
  readonly publicKey: CurvePoint
  /** share_i·Base8, in the order of `members`. */
  readonly shareKeys: readonly CurvePoint[]
}

/**
 * One run of key generation, or one handing over of an existing key to new shares. Everybody works on the same
 * description; its hash is in every message, so that no message of one run is good in another.
 */
export type Ceremony = {
  /** What the key is for, e.g. chain, registry, epoch and kind; any text, unique for the run. */
  readonly purpose: string
  readonly threshold: number
  readonly members: readonly Member[]
  /** Handing over: the committee that has the key now. Absent for a new key. */
  readonly from?: Committee
}

export class CeremonyError extends BaseError {
  override readonly name = 'CeremonyError'
  constructor({ reason }: { reason: string }) {
    super(`The ceremony cannot be held as described: ${reason}.`, {
      code: 'COMMITTEE_CEREMONY_INVALID',
      metaMessages: ['Agree on a new description and start again.'],
    })
  }
}

/** More would make a point evaluation per member and dealer slow, and no committee is that large. */
const MAX_MEMBERS = 255

/**
 * @throws {CeremonyError} for a threshold that protects nobody or cannot be met, repeated or missing
 *   indexes, keys that are no keys or two members', a previous committee that does not hold together.
 */
export function checkCeremony({ threshold, members, from }: Ceremony): void {
  checkMembers(threshold, members)
  if (from === undefined) return
  checkMembers(from.threshold, from.members)
  checkCommittee(from)
}

/**
 * @throws {CeremonyError} unless any `threshold` of the share keys interpolate to the public key.
 */
export function checkCommittee({ threshold, members, publicKey, shareKeys }: Committee): void {
  const fail = (reason: string): never => {
    throw new CeremonyError({ reason })
  }
  if (shareKeys.length !== members.length) fail('there is not one share key a member')
  if (![publicKey, ...shareKeys].every(isSubgroupPoint)) fail('a key is not in the subgroup')
  // All n keys lie on one polynomial of degree t − 1 exactly when every window of t gives the same f(0).
  for (let start = 0; start + threshold <= members.length; start++) {
    const indexes = members.slice(start, start + threshold).map(({ index }) => index)
    const keys = shareKeys.slice(start, start + threshold)
    if (!isSamePoint(interpolatePoints(indexes, keys), publicKey)) {
      fail('its share keys do not belong to its public key')
    }
  }
}

/** Σ λ_i·points_i. */
export function interpolatePoints(
  indexes: readonly number[],
  points: readonly CurvePoint[],
): CurvePoint {
  return sumPoints(points.map((point, i) => scale(point, lagrangeAtZero(indexes, indexes[i] ?? 0))))
}

function checkMembers(threshold: number, members: readonly Member[]): void {
  const fail = (reason: string): never => {
    throw new CeremonyError({ reason })
  }
  if (members.length < 1 || members.length > MAX_MEMBERS) {
    fail(`a committee has 1 to ${String(MAX_MEMBERS)} members`)
  }
  if (!Number.isSafeInteger(threshold) || threshold < 1 || threshold > members.length) {
    fail('the threshold must be at least 1 and at most the number of members')
  }
  members.forEach(({ index, encryptionKey }, i) => {
    if (index !== i + 1) fail('members must have the indexes 1, 2, … in order')
    if (!isSubgroupPoint(encryptionKey))
      fail(`member ${String(index)}'s key is not in the subgroup`)
  })
  const keys = new Set(members.map(({ encryptionKey: { x, y } }) => `${x},${y}`))
  if (keys.size !== members.length) fail('two members have the same key')
}

/** 32 bytes that name a ceremony. */
export function ceremonyId({ purpose, threshold, members, from }: Ceremony): Uint8Array {
  const described = (list: readonly Member[]) =>
    list.flatMap(({ index, encryptionKey }) => [index, encryptionKey])
  return sha256(
    encodeParts('cinnabar.ceremony', [
      purpose,
      threshold,
      members.length,
      ...described(members),
      ...(from === undefined
        ? ['new']
        : [
            'from',
            from.threshold,
            from.members.length,
            ...described(from.members),
            from.publicKey,
            ...from.shareKeys,
          ]),
    ]),
  )
}
