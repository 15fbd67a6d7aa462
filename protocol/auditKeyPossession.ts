import { keccak_256 } from '@noble/hashes/sha3.js'
import { randomScalar } from './committee/scalars.ts'
import { type CurvePoint, mulBase8, SUBGROUP_ORDER } from './babyjubjub.ts'
import { bigintToBytes, bytesToBigint, concatBytes, hexToBytes } from './field.ts'
import { type RandomBytes } from './memo.ts'

/** Key kinds in the challenge: 0 for S (statistics), 1 for I (investigation), 2 for L (large value). */
export const AUDIT_KEY_KIND = { statistics: 0, investigation: 1, largeValue: 2 } as const

/** Where a key is registered: a proof of possession holds for one registry and one epoch. */
export type PossessionContext = {
  readonly chainId: bigint
  /** SupervisionRegistry. */
  readonly registry: `0x${string}`
  readonly epoch: bigint
  readonly kind: keyof typeof AUDIT_KEY_KIND
}

/** Schnorr proof that somebody knows a in A = a·Base8: s·Base8 = R + c·A. */
export type PossessionProof = { readonly r: CurvePoint; readonly s: bigint }

/**
 * c = keccak256(abi.encode(bytes32("cinnabar.auditkey"), chain id, registry, epoch, kind, A, R))
 * mod l. Twin: SupervisionRegistry.possessionChallenge.
 */
export function possessionChallenge(
  { chainId, registry, epoch, kind }: PossessionContext,
  auditKey: CurvePoint,
  r: CurvePoint,
): bigint {
  const label = new Uint8Array(32)
  label.set(new TextEncoder().encode('cinnabar.auditkey'))
  const word = (value: bigint): Uint8Array => bigintToBytes(value, 32)
  const digest = keccak_256(
    concatBytes(
      label,
      word(chainId),
      new Uint8Array(12),
      hexToBytes(registry),
      word(epoch),
      word(BigInt(AUDIT_KEY_KIND[kind])),
      word(auditKey.x),
      word(auditKey.y),
      word(r.x),
      word(r.y),
    ),
  )
  return bytesToBigint(digest) % SUBGROUP_ORDER
}

/** Schnorr, "Efficient Signature Generation by Smart Cards", 1991, over Baby Jubjub's subgroup. */
export function provePossession(
  context: PossessionContext,
  { auditSecret, randomBytes }: { auditSecret: bigint; randomBytes: RandomBytes },
): PossessionProof {
  const nonce = randomScalar(randomBytes)
  const r = mulBase8(nonce)
  const challenge = possessionChallenge(context, mulBase8(auditSecret), r)
  return { r, s: (nonce + challenge * auditSecret) % SUBGROUP_ORDER }
}
