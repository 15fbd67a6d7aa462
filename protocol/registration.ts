import { checkScalar } from './babyjubjub.ts'
import { IDENTITY_TREE_DEPTH } from './constants.ts'
import { BaseError } from './errors.ts'
import { checkBits } from './field.ts'
import { hashIdentity, type Identity } from './identity.ts'
import { deriveTracePoint, type Keys } from './keys.ts'
import { type RegistrationPublicInputs } from './publicInputs.ts'
import { type IdentityTerms, termsOf } from './registry.ts'

/** The private part of a registration statement. */
export type RegistrationWitness = {
  readonly spendingKey: bigint
  readonly nullifierKey: bigint
  readonly terms: IdentityTerms
}

export type RegistrationCircuitInputs = Record<string, bigint | readonly bigint[]>

export class RegistrationMismatchError extends BaseError {
  override readonly name = 'RegistrationMismatchError'
  constructor({ field }: { field: 'ownerKey' | 'tracePoint' }) {
    super(`The identity to register has another ${field} than these keys give at this index.`, {
      code: 'REGISTRATION_MISMATCH',
      metaMessages: ['Ask the registrar for an identity made from your request and this index.'],
    })
  }
}

/**
 * Everything a `registration` proof needs: the holder of `keys` accepts `identity` at `index`.
 * Spec: docs/spec/registration.md.
 *
 * @throws {RegistrationMismatchError} when the leaf is not made from these keys and this index.
 * @throws {OutOfRangeError} when a field is out of range.
 */
export function buildRegistration({
  keys,
  identity,
  index,
  domain,
}: {
  keys: Pick<Keys, 'spendingKey' | 'nullifierKey' | 'ownerKey'>
  identity: Identity
  index: bigint
  domain: bigint
}): {
  publicInputs: RegistrationPublicInputs
  circuitInputs: RegistrationCircuitInputs
  witness: RegistrationWitness
} {
  checkScalar(keys.spendingKey, 'spending key')
  checkBits(index, 2 * IDENTITY_TREE_DEPTH, 'identity index')
  if (identity.ownerKey !== keys.ownerKey)
    throw new RegistrationMismatchError({ field: 'ownerKey' })
  const tracePoint = deriveTracePoint(keys.nullifierKey, {
    ownerKey: keys.ownerKey,
    identityIndex: index,
  })
  if (identity.tracePoint.x !== tracePoint.x || identity.tracePoint.y !== tracePoint.y) {
    throw new RegistrationMismatchError({ field: 'tracePoint' })
  }
  const publicInputs: RegistrationPublicInputs = {
    domain,
    index,
    leaf: hashIdentity(identity),
    tracePoint: [tracePoint.x, tracePoint.y],
  }
  const witness: RegistrationWitness = {
    spendingKey: keys.spendingKey,
    nullifierKey: keys.nullifierKey,
    terms: termsOf(identity),
  }
  return {
    publicInputs,
    witness,
    circuitInputs: registrationToCircuitInputs(publicInputs, witness),
  }
}

/** The signals of circuits/main/registration.circom. */
export function registrationToCircuitInputs(
  publicInputs: RegistrationPublicInputs,
  { spendingKey, nullifierKey, terms }: RegistrationWitness,
): RegistrationCircuitInputs {
  return { ...publicInputs, spendingKey, nullifierKey, ...terms }
}
