import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { BASE8, type CurvePoint, addPoints, packPoint, isSubgroupPoint } from '../babyjubjub.ts'
import { BaseError } from '../errors.ts'
import { bigintToBytes, bytesToBigint } from '../field.ts'
import { type RandomBytes } from '../memo.ts'
import { type Ceremony, ceremonyId, type Member } from './ceremony.ts'
import { type EqualLogsProof, proveEqualLogs, verifyEqualLogs } from './equalLogs.ts'
import { evaluateCommitments, isSamePoint, scale } from './groupPoints.ts'
import { evaluatePolynomial, isScalar, modOrder, randomScalar } from './scalars.ts'
import { challengeOf, encodeParts } from './transcript.ts'

/** Schnorr proof that the dealer knows the secret that it shares. */
export type SecretProof = { readonly r: CurvePoint; readonly s: bigint }

/** One member's share, sealed to it. */
export type SealedShare = {
  /** Fresh for each member, so that opening one in a complaint opens no other. */
  readonly ephemeral: CurvePoint
  /** 32 bytes and a tag of 16. */
  readonly ciphertext: Uint8Array
}

/** What a dealer publishes: commitments to its polynomial, and everybody's share under seal. */
export type Dealing = {
  /** `ceremonyId`. */
  readonly ceremony: Uint8Array
  /** A member's index: of the new committee for a new key, of the old one for handing over. */
  readonly dealer: number
  /** coefficient_k·Base8, t of them. */
  readonly commitments: readonly CurvePoint[]
  readonly proof: SecretProof
  /** One a member, in order. */
  readonly shares: readonly SealedShare[]
}

/** A member shows that a share dealt to it is wrong: anybody can open that one share, and judge. */
export type Complaint = {
  readonly ceremony: Uint8Array
  readonly dealer: number
  readonly complainer: number
  /** encryptionSecret·ephemeral: opens this one share. */
  readonly shared: CurvePoint
  /** That `shared` is that. */
  readonly proof: EqualLogsProof
}

export class DealingError extends BaseError {
  override readonly name = 'DealingError'
  readonly dealer: number
  constructor({ dealer, reason }: { dealer: number; reason: string }) {
    super(`The dealing of member ${String(dealer)} is not valid: ${reason}.`, {
      code: 'COMMITTEE_DEALING_INVALID',
      metaMessages: ['It counts as not made. Keep it: it is evidence against its author.'],
    })
    this.dealer = dealer
  }
}

const SHARE_BYTES = 32
const TAG_BYTES = 16

/**
 * Shares a secret among the ceremony's members: Shamir's polynomial with Feldman's commitments.
 *
 * A new key: the secret is random, and the key is the sum of all dealers'. Handing over: the secret is the dealer's
 * present share.
 *
 * Sources: Feldman, "A Practical Scheme for Non-interactive Verifiable Secret Sharing", FOCS '87; Pedersen, "A Threshold
 * Cryptosystem without a Trusted Party", EUROCRYPT '91; for handing over Desmedt, Jajodia, 1997.
 */
export function deal(
  ceremony: Ceremony,
  {
    dealer,
    presentShare,
    randomBytes,
  }: { dealer: number; presentShare?: bigint; randomBytes: RandomBytes },
): Dealing {
  const coefficients = [
    presentShare ?? randomScalar(randomBytes),
    ...Array.from({ length: ceremony.threshold - 1 }, () => randomScalar(randomBytes)),
  ]
  const id = ceremonyId(ceremony)
  const commitments = coefficients.map((coefficient) => scale(BASE8, coefficient))
  return {
    ceremony: id,
    dealer,
    commitments,
    proof: proveSecret(id, dealer, coefficients[0] ?? 0n, randomBytes),
    shares: ceremony.members.map((member) =>
      sealShare(
        { ceremony: id, dealer, member },
        evaluatePolynomial(coefficients, BigInt(member.index)),
        randomBytes,
      ),
    ),
  }
}

/**
 * Everything about a dealing that can be seen without a share.
 *
 * @throws {DealingError}
 */
export function checkDealing(ceremony: Ceremony, dealing: Dealing): void {
  const { dealer, commitments, proof, shares } = dealing
  const fail = (reason: string): never => {
    throw new DealingError({ dealer, reason })
  }
  const id = ceremonyId(ceremony)
  if (!isSameBytes(id, dealing.ceremony)) fail('it is of another ceremony')
  const dealers = ceremony.from?.members ?? ceremony.members
  if (!dealers.some(({ index }) => index === dealer)) fail('there is no such dealer')
  if (commitments.length !== ceremony.threshold) {
    fail('it has not one commitment a coefficient')
  }
  if (!commitments.every(isSubgroupPoint)) fail('a commitment is not in the subgroup')
  const [first] = commitments
  if (first === undefined || !verifySecret(id, dealer, first, proof)) {
    fail('its author does not show that it knows the secret')
  }
  const present = ceremony.from?.shareKeys[dealer - 1]
  if (present !== undefined && first !== undefined && !isSamePoint(first, present)) {
    fail("it does not share its author's present share")
  }
  if (shares.length !== ceremony.members.length) fail('it has not one share a member')
  for (const { ephemeral, ciphertext } of shares) {
    if (!isSubgroupPoint(ephemeral)) fail('an ephemeral point is not in the subgroup')
    if (ciphertext.length !== SHARE_BYTES + TAG_BYTES) fail('a share has the wrong size')
  }
  const ephemerals = new Set(shares.map(({ ephemeral: { x, y } }) => `${x},${y}`))
  if (ephemerals.size !== shares.length) fail('two shares have one ephemeral point')
}

/**
 * The share in a checked dealing; undefined when it does not open or does not lie on the polynomial: complain.
 */
export function openShare(
  ceremony: Ceremony,
  dealing: Dealing,
  { index, encryptionSecret }: { index: number; encryptionSecret: bigint },
): bigint | undefined {
  const member = ceremony.members[index - 1]
  const sealed = dealing.shares[index - 1]
  if (member === undefined || sealed === undefined) return undefined
  return openWith(dealing, member, sealed, scale(sealed.ephemeral, encryptionSecret))
}

/** Shows the share of `dealing` to everybody, and nothing else. */
export function complain(
  ceremony: Ceremony,
  dealing: Dealing,
  {
    index,
    encryptionSecret,
    randomBytes,
  }: { index: number; encryptionSecret: bigint; randomBytes: RandomBytes },
): Complaint {
  const { ceremony: id, dealer } = dealing
  const { encryptionKey } = memberOf(ceremony, index)
  const ephemeral = dealing.shares[index - 1]?.ephemeral ?? BASE8
  const shared = scale(ephemeral, encryptionSecret)
  const proof = proveEqualLogs(
    {
      publicKey: encryptionKey,
      point: ephemeral,
      result: shared,
      context: complaintContext(id, dealer, index),
    },
    { secret: encryptionSecret, randomBytes },
  )
  return { ceremony: id, dealer, complainer: index, shared, proof }
}

/**
 * Who is at fault: `dealer` when the share shown is wrong, `complainer` when it is right or the complaint proves nothing.
 * Everybody comes to the same judgement, and no answer of the dealer is needed.
 */
export function judge(
  ceremony: Ceremony,
  dealing: Dealing,
  complaint: Complaint,
): 'dealer' | 'complainer' {
  const { dealer, complainer, shared, proof } = complaint
  const member = ceremony.members[complainer - 1]
  const sealed = dealing.shares[complainer - 1]
  const isAboutThis =
    dealer === dealing.dealer &&
    isSameBytes(complaint.ceremony, dealing.ceremony) &&
    isSameBytes(complaint.ceremony, ceremonyId(ceremony))
  if (!isAboutThis || member === undefined || sealed === undefined) return 'complainer'
  const statement = {
    publicKey: member.encryptionKey,
    point: sealed.ephemeral,
    result: shared,
    context: complaintContext(dealing.ceremony, dealer, complainer),
  }
  if (!verifyEqualLogs(statement, proof)) return 'complainer'
  return openWith(dealing, member, sealed, shared) === undefined ? 'dealer' : 'complainer'
}

/** 32 bytes that name a dealing, all of it: two of one dealer in one ceremony are proof of cheating. */
export function hashDealing({ ceremony, dealer, commitments, proof, shares }: Dealing): Uint8Array {
  return sha256(
    encodeParts('cinnabar.dealing', [
      ceremony,
      dealer,
      commitments.length,
      ...commitments,
      proof.r,
      proof.s,
      ...shares.flatMap(({ ephemeral, ciphertext }) => [ephemeral, ciphertext]),
    ]),
  )
}

function memberOf({ members }: Ceremony, index: number): Member {
  const member = members[index - 1]
  if (member === undefined) throw new RangeError('no such member')
  return member
}

function proveSecret(
  id: Uint8Array,
  dealer: number,
  secret: bigint,
  randomBytes: RandomBytes,
): SecretProof {
  const nonce = randomScalar(randomBytes)
  const r = scale(BASE8, nonce)
  const challenge = secretChallenge(id, dealer, scale(BASE8, secret), r)
  return { r, s: modOrder(nonce + challenge * secret) }
}

function verifySecret(
  id: Uint8Array,
  dealer: number,
  commitment: CurvePoint,
  { r, s }: SecretProof,
): boolean {
  if (!isScalar(s) || !isSubgroupPoint(r)) return false
  const challenge = secretChallenge(id, dealer, commitment, r)
  return isSamePoint(scale(BASE8, s), addPoints(r, scale(commitment, challenge)))
}

/** The dealer's index is in it: nobody can pass off another's commitment as its own. */
function secretChallenge(
  id: Uint8Array,
  dealer: number,
  commitment: CurvePoint,
  r: CurvePoint,
): bigint {
  return challengeOf('cinnabar.dealtSecret', [id, dealer, commitment, r])
}

type ShareContext = { ceremony: Uint8Array; dealer: number; member: Member }

function sealShare(context: ShareContext, share: bigint, randomBytes: RandomBytes): SealedShare {
  const secret = randomScalar(randomBytes)
  const ephemeral = scale(BASE8, secret)
  const shared = scale(context.member.encryptionKey, secret)
  return {
    ephemeral,
    ciphertext: cipher(context, ephemeral, shared).encrypt(bigintToBytes(share, SHARE_BYTES)),
  }
}

function openWith(
  { ceremony, dealer, commitments }: Dealing,
  member: Member,
  { ephemeral, ciphertext }: SealedShare,
  shared: CurvePoint,
): bigint | undefined {
  let share: bigint
  try {
    const plaintext = cipher({ ceremony, dealer, member }, ephemeral, shared).decrypt(ciphertext)
    share = bytesToBigint(plaintext)
  } catch {
    return undefined
  }
  if (!isScalar(share)) return undefined
  const expected = evaluateCommitments(commitments, member.index)
  return isSamePoint(scale(BASE8, share), expected) ? share : undefined
}

/** The key is used once, so the nonce may be constant. */
function cipher(
  { ceremony, dealer, member }: ShareContext,
  ephemeral: CurvePoint,
  shared: CurvePoint,
) {
  const context = encodeParts('cinnabar.share', [ceremony, dealer, member.index])
  const key = hkdf(sha256, packPoint(shared), packPoint(ephemeral), context, 32)
  return chacha20poly1305(key, new Uint8Array(12), context)
}

function complaintContext(id: Uint8Array, dealer: number, complainer: number): Uint8Array {
  return encodeParts('cinnabar.complaint', [id, dealer, complainer])
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
