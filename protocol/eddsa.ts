import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import {
  addPoints,
  checkScalar,
  type CurvePoint,
  isOnCurve,
  isSubgroupPoint,
  mulBase8,
  mulPoint,
} from './babyjubjub.ts'
import { SUBGROUP_ORDER } from './constants.ts'
import { bigintToBytes, bytesToBigint, fieldToBytes } from './field.ts'
import { hashFrom } from './poseidon.ts'

/** EdDSA-Poseidon over Baby Jubjub: S·Base8 = R8 + 8·h·A, h = Poseidon(R8, A, message). */
export type EddsaSignature = {
  /** r·Base8. */
  readonly r8: CurvePoint
  /** Below l: S + l would be a second signature, and is refused. */
  readonly s: bigint
}

/**
 * Signs a field element with a spending key, so that circomlib's EdDSAPoseidonVerifier accepts it
 * under A = spendingKey·Base8. The key is the scalar itself, where circomlibjs hashes a seed first.
 *
 * The nonce is deterministic, as in RFC 8032: it is secret, and differs whenever key or message do.
 *
 * @throws {InvalidScalarError | NonCanonicalFieldElementError}
 */
export function signEddsa(spendingKey: bigint, message: bigint): EddsaSignature {
  checkScalar(spendingKey, 'spending key')
  // 512 bits, so that the reduction's bias is negligible.
  const nonceKey = hmac(
    sha512,
    new TextEncoder().encode('cinnabar.eddsaNonce'),
    bigintToBytes(spendingKey, 32),
  )
  const nonce = bytesToBigint(hmac(sha512, nonceKey, fieldToBytes(message))) % SUBGROUP_ORDER
  const r8 = mulBase8(nonce)
  const h = challenge(r8, mulBase8(spendingKey), message)
  return { r8, s: (nonce + h * 8n * spendingKey) % SUBGROUP_ORDER }
}

/** True when `signature` is one of `message` under `publicKey`; every malformed value gives false. */
export function verifyEddsa(
  publicKey: CurvePoint,
  message: bigint,
  { r8, s }: EddsaSignature,
): boolean {
  if (!isSubgroupPoint(publicKey) || !isOnCurve(r8)) return false
  if (s < 0n || s >= SUBGROUP_ORDER) return false
  const h = challenge(r8, publicKey, message)
  const left = mulBase8(s)
  const right = addPoints(r8, mulPoint(publicKey, (8n * h) % SUBGROUP_ORDER))
  return left.x === right.x && left.y === right.y
}

/** Poseidon(R8.x, R8.y, A.x, A.y, M) without a tag: circomlib's verifier is used as it is. */
function challenge(r8: CurvePoint, publicKey: CurvePoint, message: bigint): bigint {
  return hashFrom(0n, [r8.x, r8.y, publicKey.x, publicKey.y, message])
}
