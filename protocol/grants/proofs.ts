import { type Static } from '@sinclair/typebox'
import { BASE8, type CurvePoint, mulPoint } from '../babyjubjub.ts'
import { canonicalBytes, type Json } from '../canonicalJson.ts'
import { proveEqualLogs, verifyEqualLogs } from '../committee/equalLogs.ts'
import { keccak248 } from '../domain.ts'
import { signEddsa, verifyEddsa } from '../eddsa.ts'
import { formatField, isFieldElement } from '../field.ts'
import { type Keys, type Owner } from '../keys.ts'
import { type RandomBytes } from '../memo.ts'
import { hash } from '../poseidon.ts'
import { type Authority, type KnownLogarithm, type SharedPoint } from './documents.ts'

export function encodeGrantPoint({ x, y }: CurvePoint): { x: string; y: string } {
  return { x: formatField(x), y: formatField(y) }
}

export function decodeGrantPoint({ x, y }: { x: string; y: string }): CurvePoint {
  return { x: BigInt(x), y: BigInt(y) }
}

/**
 * secret·point with the proof that it is the multiple that `publicKey` = secret·Base8 is. With e and an audit key it opens one
 * record, with t one epoch's trace key; neither e nor t is shown.
 */
export function shareSecretPoint(
  { secret, publicKey, point }: { secret: bigint; publicKey: CurvePoint; point: CurvePoint },
  context: Json,
  randomBytes: RandomBytes,
): SharedPoint {
  const result = mulPoint(point, secret)
  const { challenge, response } = proveEqualLogs(
    { publicKey, point, result, context: canonicalBytes(context) },
    { secret, randomBytes },
  )
  return {
    shared: encodeGrantPoint(result),
    challenge: formatField(challenge),
    response: formatField(response),
  }
}

/** The shared point when its proof holds; false for everything malformed. */
export function readSharedPoint(
  { publicKey, point }: { publicKey: CurvePoint; point: CurvePoint },
  context: Json,
  { shared, challenge, response }: SharedPoint,
): CurvePoint | undefined {
  const result = decodeGrantPoint(shared)
  const proof = { challenge: BigInt(challenge), response: BigInt(response) }
  const statement = { publicKey, point, result, context: canonicalBytes(context) }
  return verifyEqualLogs(statement, proof) ? result : undefined
}

/** That whoever made this knows the secret of publicKey = secret·Base8, for this document: e of R, or t of T. */
export function proveLogarithm(
  { secret, publicKey }: { secret: bigint; publicKey: CurvePoint },
  document: Json,
  randomBytes: RandomBytes,
): KnownLogarithm {
  const statement = { publicKey, point: BASE8, result: publicKey }
  const { challenge, response } = proveEqualLogs(
    { ...statement, context: canonicalBytes(document) },
    { secret, randomBytes },
  )
  return { challenge: formatField(challenge), response: formatField(response) }
}

export function verifyLogarithm(
  publicKey: CurvePoint,
  document: Json,
  { challenge, response }: KnownLogarithm,
): boolean {
  return verifyEqualLogs(
    { ...{ publicKey, point: BASE8, result: publicKey }, context: canonicalBytes(document) },
    { challenge: BigInt(challenge), response: BigInt(response) },
  )
}

/** What the proof of t is for: the whole of a document, and whose it says that it is. */
export function identityStatement(document: Json, { ownerKey, identityIndex }: Owner): Json {
  return {
    ...{ type: 'cinnabar.identityProof', document },
    ...{ ownerKey: formatField(ownerKey), identityIndex: identityIndex.toString() },
  }
}

type AuthorityBody = Static<typeof Authority>

/** The owner signs a document with its spending key. What is shown of the nullifier key is a hash. */
export function signAsOwner(keys: Keys, owner: Owner, document: Json): AuthorityBody {
  const shown = {
    ownerKey: formatField(keys.ownerKey),
    identityIndex: owner.identityIndex.toString(),
    spendingPublicKey: encodeGrantPoint(keys.spendingPublicKey),
    nullifierKeyHash: formatField(hash('NULLIFIER_KEY', [keys.nullifierKey])),
  }
  const { r8, s } = signEddsa(keys.spendingKey, ownerMessage(document, shown))
  return { ...shown, signature: { r8: encodeGrantPoint(r8), s: formatField(s) } }
}

/** Whether the keys make the owner key, and signed the document. */
export function isSignedByOwner({ signature, ...shown }: AuthorityBody, document: Json): boolean {
  const spendingPublicKey = decodeGrantPoint(shown.spendingPublicKey)
  const nullifierKeyHash = BigInt(shown.nullifierKeyHash)
  const { x, y } = spendingPublicKey
  if (![x, y, nullifierKeyHash].every(isFieldElement)) return false
  const ownerKey = hash('OWNER_KEY', [x, y, nullifierKeyHash])
  return (
    ownerKey === BigInt(shown.ownerKey) &&
    verifyEddsa(spendingPublicKey, ownerMessage(document, shown), {
      r8: decodeGrantPoint(signature.r8),
      s: BigInt(signature.s),
    })
  )
}

/** Keccak under a label of its own: no signature of a destination change, a Poseidon hash, is one of a grant. */
function ownerMessage(document: Json, shown: Json): bigint {
  return keccak248(canonicalBytes({ type: 'cinnabar.ownerSignature', document, shown }))
}
