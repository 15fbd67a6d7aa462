import { hkdf } from '@noble/hashes/hkdf.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { mnemonicToSeedSync, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { checkScalar, type CurvePoint, mulBase8, mulPoint } from './babyjubjub.ts'
import { SCALAR_BITS } from './constants.ts'
import { BaseError } from './errors.ts'
import { bigintToBytes, bytesToBigint, type FieldElement, lowBits, reduce } from './field.ts'
import { hash } from './poseidon.ts'

/** All secrets of one user in one deployment. Never leaves the wallet as a whole. */
export type Keys = {
  /** {scalar} authority to spend. */
  readonly spendingKey: bigint
  /** {field} nullifiers, trace key, ephemerals. Cannot spend. */
  readonly nullifierKey: bigint
  /** {scalar} opens note ciphertexts. */
  readonly viewingKey: bigint
  /** 32 bytes: keys the PRF of note blindings; a holder of the other keys cannot derive it. */
  readonly blindingKey: Uint8Array
  readonly spendingPublicKey: CurvePoint
  readonly viewingPublicKey: CurvePoint
  readonly ownerKey: FieldElement
}

export class InvalidMnemonicError extends BaseError {
  override readonly name = 'InvalidMnemonicError'
  constructor() {
    super('The recovery words are not a valid BIP-39 mnemonic.', {
      code: 'MNEMONIC_INVALID',
      metaMessages: ['Check each word, their order, and that there are 12, 15, 18, 21 or 24.'],
    })
  }
}

export class SignaturesDifferError extends BaseError {
  override readonly name = 'SignaturesDifferError'
  constructor() {
    super('The signer does not sign deterministically.', {
      code: 'SIGNATURES_DIFFER',
      metaMessages: ['Keys derived from it could not be restored. Use a mnemonic.'],
    })
  }
}

/** The 64-byte seed of a BIP-39 mnemonic (empty passphrase). */
export function seedFromMnemonic(mnemonic: string): Uint8Array {
  const normal = mnemonic.trim().toLowerCase().split(/\s+/).join(' ')
  if (!validateMnemonic(normal, wordlist)) throw new InvalidMnemonicError()
  return mnemonicToSeedSync(normal)
}

/** A seed from an EIP-712 signature asked for twice: a signer that is not deterministic is refused. */
export function seedFromSignatures(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length !== second.length || first.some((byte, i) => byte !== second[i])) {
    throw new SignaturesDifferError()
  }
  return hkdf(sha512, first, undefined, new TextEncoder().encode('cinnabar.seed'), 64)
}

/**
 * Derives all keys from a seed and the deployment's domain: HKDF-SHA-512 (RFC 5869) with the
 * domain as salt and the key's name as info, 64 bytes each, so that the reduction's bias is
 * negligible. Two deployments share no key, so no nullifier or tag either.
 */
export function deriveKeys(seed: Uint8Array, domain: bigint): Keys {
  const salt = bigintToBytes(domain, 32)
  const expand = (name: string): Uint8Array =>
    hkdf(sha512, seed, salt, new TextEncoder().encode(`cinnabar.${name}`), 64)
  const spendingKey = checkScalar(
    lowBits(bytesToBigint(expand('spendingKey')), SCALAR_BITS),
    'spending key',
  )
  const viewingKey = checkScalar(
    lowBits(bytesToBigint(expand('viewingKey')), SCALAR_BITS),
    'viewing key',
  )
  const nullifierKey = reduce(bytesToBigint(expand('nullifierKey')))
  const spendingPublicKey = mulBase8(spendingKey)
  return {
    spendingKey,
    nullifierKey,
    viewingKey,
    blindingKey: expand('blindingKey').slice(0, 32),
    spendingPublicKey,
    viewingPublicKey: mulBase8(viewingKey),
    ownerKey: deriveOwnerKey(spendingPublicKey, nullifierKey),
  }
}

/** ownerKey = H(OWNER_KEY, spendingPublicKey, H(NULLIFIER_KEY, nullifierKey)). */
export function deriveOwnerKey(spendingPublicKey: CurvePoint, nullifierKey: bigint): FieldElement {
  return hash('OWNER_KEY', [
    spendingPublicKey.x,
    spendingPublicKey.y,
    hash('NULLIFIER_KEY', [nullifierKey]),
  ])
}

export type Owner = {
  readonly ownerKey: bigint
  readonly identityIndex: bigint
}

/** t = low 250 bits of H(TRACE, nullifierKey, ownerKey, identityIndex). */
export function deriveTraceSecret(nullifierKey: bigint, owner: Owner): bigint {
  return lowBits(hash('TRACE', [nullifierKey, owner.ownerKey, owner.identityIndex]), SCALAR_BITS)
}

/** T = t·Base8, in the identity leaf. */
export function deriveTracePoint(nullifierKey: bigint, owner: Owner): CurvePoint {
  return mulBase8(deriveTraceSecret(nullifierKey, owner))
}

/** k = H(TRACE_EPOCH, t·auditKeyI): the subject's trace key for one audit-key epoch. */
export function deriveTraceKey(traceSecret: bigint, auditKeyI: CurvePoint): FieldElement {
  return traceKeyOf(mulPoint(auditKeyI, traceSecret))
}

/** k from t·auditKeyI, which is auditSecret·T as well: what a committee computes under a subject order. */
export function traceKeyOf(shared: CurvePoint): FieldElement {
  return hash('TRACE_EPOCH', [shared.x, shared.y])
}
