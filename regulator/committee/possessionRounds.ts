import { type Static, Type } from '@sinclair/typebox'
import type { PossessionContext, PossessionProof } from '../../protocol/auditKeyPossession.ts'
import { type CurvePoint, isSubgroupPoint } from '../../protocol/babyjubjub.ts'
import {
  combinePossession,
  commitToPossession,
  type PossessionCommitment,
  type PossessionShare,
  PossessionSharesWrongError,
  registrationPointOf,
  sharePossession,
} from '../../protocol/committee/possession.ts'
import { BaseError } from '../../protocol/errors.ts'
import { bytesToHex, formatField } from '../../protocol/field.ts'
import type { RandomBytes } from '../../protocol/memo.ts'
import type { Member } from './advanceCeremony.ts'
import { decodePoint, encodePoint, Hash, Index, PointBody, read } from './bodies.ts'
import { type CommitteeFile, readCommitteeBody } from './committeeFile.ts'
import { isDestroyed } from './destroyShare.ts'
import { PeerAnswerInvalidError, PossessionRefusedError } from './errors.ts'
import type { Journal } from './journal.ts'
import type { HeldShare } from './memberStore.ts'
import type { PeerClient } from './peerClient.ts'

// The registry's proof that the committee has its key, in two rounds (docs/spec/committee.md, registration of the key).

const strict = { additionalProperties: false } as const

export const CommitmentRequest = Type.Object({ transcript: Hash, session: Hash }, strict)
export const CommitmentBody = Type.Object(
  { member: Index, hiding: PointBody, binding: PointBody },
  strict,
)
export const ShareRequest = Type.Object(
  {
    transcript: Hash,
    session: Hash,
    commitments: Type.Array(CommitmentBody, { minItems: 1, maxItems: 255 }),
  },
  strict,
)
export const PossessionShareBody = Type.Object({ member: Index, s: Hash }, strict)

/** What SupervisionRegistry takes: Q and the proof for A = 8·Q. */
export const Registration = Type.Object(
  {
    type: Type.Literal('cinnabar.key-registration'),
    version: Type.Literal(1),
    chainId: Type.String(),
    registry: Type.String({ pattern: '^0x[0-9a-f]{40}$' }),
    epoch: Type.Integer({ minimum: 0, maximum: 65_535 }),
    kind: Type.String(),
    q: PointBody,
    r: PointBody,
    s: Hash,
  },
  strict,
)
export type Registration = Static<typeof Registration>

/**
 * First round: fresh nonces, kept under seal for who asked. A session begins once.
 *
 * @throws {PossessionRefusedError}
 */
export async function commitPossession(
  { store, journal, randomBytes }: Member,
  value: unknown,
  caller: string,
): Promise<Static<typeof CommitmentBody>> {
  const request = read(CommitmentRequest, value)
  if (request === undefined)
    throw new PossessionRefusedError({ reason: 'the request is malformed' })
  const { transcript, session } = request
  const { member } = await heldShare({ store, journal }, transcript)
  if (wasAnswered(journal, session) || (await store.waitingNonces(session)) !== undefined) {
    throw new PossessionRefusedError({ reason: 'this session has begun before' })
  }
  const { nonces, commitment } = commitToPossession(member, randomBytes)
  await store.keepNonces(session, { caller, transcript, nonces })
  return encodeCommitment(commitment)
}

/**
 * Second round, for who began the session. The nonces are destroyed, and the journal has it, before anything is made of them: a
 * second answer with the same ones would give the share away. So there is one attempt, also when it fails.
 *
 * @throws {PossessionRefusedError | PossessionRoundError}
 */
export async function answerPossession(
  member: Member,
  value: unknown,
  caller: string,
): Promise<Static<typeof PossessionShareBody>> {
  const { store, journal } = member
  const request = read(ShareRequest, value)
  if (request === undefined)
    throw new PossessionRefusedError({ reason: 'the request is malformed' })
  const { transcript, session } = request
  const held = await heldShare(member, transcript)
  const waiting = await store.waitingNonces(session)
  if (waiting !== undefined && (waiting.caller !== caller || waiting.transcript !== transcript)) {
    throw new PossessionRefusedError({ reason: 'the session is another’s, or of another key' })
  }
  const nonces = await store.takeNonces(session)
  // The journal knows it also of nonces that came back from a copy of the folder.
  if (nonces === undefined || wasAnswered(journal, session)) {
    throw new PossessionRefusedError({
      reason: 'its nonces of this session were used, or never made',
    })
  }
  await journal.append([{ what: 'possessionProved', transcript, session }])
  const { s } = sharePossession(
    {
      committee: readCommitteeBody(held.file.committee),
      // Its own ceremony's, whatever is asked: it proves nothing for another registry or epoch.
      context: contextOf(held.file),
      commitments: request.commitments.map(decodeCommitment),
    },
    { member: held.member, share: held.share, nonces },
  )
  return { member: held.member, s: formatField(s) }
}

/**
 * Has t members make the proof, over their services. Whoever is away, refuses or answers wrongly is left out of the next attempt,
 * as long as there are t others.
 *
 * @param peers at least t members of the committee.
 * @throws {PossessionSharesWrongError | PossessionRoundError | PeerUnavailableError | PeerRefusedError | PeerAnswerInvalidError}
 */
export async function provePossessionTogether(
  file: CommitteeFile,
  peers: readonly PeerClient[],
  randomBytes: RandomBytes,
): Promise<Registration> {
  const { threshold } = file.committee
  let left = peers
  for (;;) {
    const attempt = await attemptPossession(file, left.slice(0, threshold), randomBytes)
    if ('registration' in attempt) return attempt.registration
    const { failed, error } = attempt
    left = left.filter((peer) => !failed.includes(peer))
    if (left.length < threshold) throw error
  }
}

type Attempt =
  | { readonly registration: Registration }
  | { readonly failed: readonly PeerClient[]; readonly error: BaseError }

/** Two rounds with these members, in a session of their own. */
async function attemptPossession(
  file: CommitteeFile,
  peers: readonly PeerClient[],
  randomBytes: RandomBytes,
): Promise<Attempt> {
  const { transcript } = file
  const session = bytesToHex(randomBytes(32))
  const committed = await askAll(peers, async (peer) => {
    const answer = await peer.post('/v1/possession/commitments', { transcript, session })
    const commitment = read(CommitmentBody, answer)
    // In another's name, or with points that everybody would refuse, it would stop those who did nothing.
    if (commitment === undefined || !isOwnCommitment(file, peer, commitment)) {
      throw new PeerAnswerInvalidError({ name: peer.name })
    }
    return commitment
  })
  if ('failed' in committed) return committed
  const commitments = committed.answers
  const shared = await askAll(peers, async (peer): Promise<PossessionShare> => {
    const answer = await peer.post('/v1/possession/shares', { transcript, session, commitments })
    const share = read(PossessionShareBody, answer)
    if (share === undefined) throw new PeerAnswerInvalidError({ name: peer.name })
    return { member: share.member, s: BigInt(share.s) }
  })
  if ('failed' in shared) return shared
  try {
    const decoded = commitments.map(decodeCommitment)
    return { registration: combineRegistration(file, decoded, shared.answers) }
  } catch (error) {
    if (!(error instanceof PossessionSharesWrongError)) throw error
    const failed = peers.filter((_, i) => error.members.includes(commitments[i]!.member))
    return { failed, error }
  }
}

async function askAll<T>(
  peers: readonly PeerClient[],
  ask: (peer: PeerClient) => Promise<T>,
): Promise<{ answers: T[] } | { failed: PeerClient[]; error: BaseError }> {
  const answers: T[] = []
  const failed: PeerClient[] = []
  let first: BaseError | undefined
  const settled = await Promise.allSettled(peers.map(ask))
  for (const [i, each] of settled.entries()) {
    if (each.status === 'fulfilled') {
      answers.push(each.value)
      continue
    }
    const error: unknown = each.reason
    if (!(error instanceof BaseError)) throw error
    first ??= error
    failed.push(peers[i]!)
  }
  return first === undefined ? { answers } : { failed, error: first }
}

function isOwnCommitment(
  { committee: { members } }: CommitteeFile,
  { name }: PeerClient,
  { member, hiding, binding }: Static<typeof CommitmentBody>,
): boolean {
  return (
    members[member - 1]?.name === name &&
    isSubgroupPoint(decodePoint(hiding)) &&
    isSubgroupPoint(decodePoint(binding))
  )
}

/** @throws {PossessionSharesWrongError | PossessionRoundError} */
export function combineRegistration(
  file: CommitteeFile,
  commitments: readonly PossessionCommitment[],
  shares: readonly PossessionShare[],
): Registration {
  const committee = readCommitteeBody(file.committee)
  const proof = combinePossession({ committee, context: contextOf(file), commitments }, shares)
  const { chainId, registry, epoch, kind } = file
  return {
    type: 'cinnabar.key-registration',
    version: 1,
    ...{ chainId, registry, epoch, kind },
    q: encodePoint(registrationPointOf(committee)),
    r: encodePoint(proof.r),
    s: formatField(proof.s),
  }
}

/** As the deployment and the registry's call take it. */
export function decodeRegistration({ q, r, s }: Registration): {
  q: CurvePoint
  proof: PossessionProof
} {
  return { q: decodePoint(q), proof: { r: decodePoint(r), s: BigInt(s) } }
}

export function contextOf({ chainId, registry, epoch, kind }: CommitteeFile): PossessionContext {
  return {
    chainId: BigInt(chainId),
    registry: registry as `0x${string}`,
    epoch: BigInt(epoch),
    kind,
  }
}

function wasAnswered({ entries }: Journal, session: string): boolean {
  return entries.some(({ fact }) => fact.what === 'possessionProved' && fact.session === session)
}

async function heldShare(
  { store, journal }: Pick<Member, 'store' | 'journal'>,
  transcript: string,
): Promise<HeldShare> {
  const held = await store.shareOf(transcript)
  if (held === undefined || isDestroyed(journal, transcript))
    throw new PossessionRefusedError({ reason: 'it has no share of that key' })
  return held
}

export function encodeCommitment({
  member,
  hiding,
  binding,
}: PossessionCommitment): Static<typeof CommitmentBody> {
  return { member, hiding: encodePoint(hiding), binding: encodePoint(binding) }
}

export function decodeCommitment({
  member,
  hiding,
  binding,
}: Static<typeof CommitmentBody>): PossessionCommitment {
  return { member, hiding: decodePoint(hiding), binding: decodePoint(binding) }
}
