import { type CircuitName, PUBLIC_INPUTS, type TransferCircuit } from './constants.ts'
import { InvalidEncodingError } from './errors.ts'
import { FieldElement } from './field.ts'

/** The public inputs of a transfer or collect. */
export type TransferPublicInputs = {
  readonly anchor: bigint
  readonly identityRoot: bigint
  readonly policyRoot: bigint
  readonly day: bigint
  readonly domain: bigint
  readonly nullifier: bigint
  /** account, three notes. */
  readonly outputs: readonly [bigint, bigint, bigint, bigint]
  /** Packed asset, amount, recipient; 0 where nothing is withdrawn. */
  readonly withdrawal: bigint
  /** Packed amount, asset, audit-key epoch. */
  readonly fee: bigint
  readonly memoHash: bigint
  readonly traceTag: bigint
  readonly ephemeral: readonly [bigint, bigint]
  readonly statisticsCiphertext: readonly [bigint, bigint]
  /** One word for transfer, two for collect. */
  readonly investigationCiphertext: readonly bigint[]
  readonly auditKeyS: readonly [bigint, bigint]
  readonly auditKeyI: readonly [bigint, bigint]
  readonly auditKeyL: readonly [bigint, bigint]
}

export type BatchPublicInputs = {
  readonly c: bigint
  readonly y: bigint
  readonly rho: bigint
}

export type RegistryPublicInputs = {
  readonly domain: bigint
  readonly oldRoot: bigint
  readonly newRoot: bigint
  readonly index: bigint
  readonly oldLeaf: bigint
  readonly newLeaf: bigint
  /** REGISTRY_MODE. */
  readonly mode: bigint
  /** Highest tier that this registrar gives. */
  readonly tierCap: bigint
  /** Unix day by which a suspension must end, and before which no validity is cut to end. */
  readonly latestSuspension: bigint
}

export type RegistrationPublicInputs = {
  readonly domain: bigint
  readonly index: bigint
  readonly leaf: bigint
  readonly tracePoint: readonly [bigint, bigint]
}

export type PublicInputsOf<C extends CircuitName> = C extends TransferCircuit
  ? TransferPublicInputs
  : C extends 'registry'
    ? RegistryPublicInputs
    : C extends 'registration'
      ? RegistrationPublicInputs
      : BatchPublicInputs

/** Number of public field elements of a circuit. */
export function countPublicInputs(circuit: CircuitName): number {
  return PUBLIC_INPUTS[circuit].reduce((sum, [, count]) => sum + count, 0)
}

/** Named public inputs in the verifier's order. @throws when a value is ≥ r or a count is wrong. */
export function publicInputsToArray<C extends CircuitName>(
  circuit: C,
  inputs: PublicInputsOf<C>,
): bigint[] {
  const named = inputs as unknown as Record<string, bigint | readonly bigint[]>
  return PUBLIC_INPUTS[circuit].flatMap(([name, count]) => {
    const value = named[name]
    const values = typeof value === 'bigint' ? [value] : (value ?? [])
    if (values.length !== count) {
      throw new InvalidEncodingError({
        what: 'public inputs',
        reason: `${name} must have ${count} elements`,
      })
    }
    return values.map((element) => FieldElement(element))
  })
}

/** The inverse of publicInputsToArray. @throws when a value is ≥ r or the count is wrong. */
export function publicInputsFromArray<C extends CircuitName>(
  circuit: C,
  elements: readonly bigint[],
): PublicInputsOf<C> {
  if (elements.length !== countPublicInputs(circuit)) {
    throw new InvalidEncodingError({
      what: 'public inputs',
      reason: `there must be ${countPublicInputs(circuit)} elements`,
    })
  }
  const named: Record<string, bigint | bigint[]> = {}
  let at = 0
  for (const [name, count] of PUBLIC_INPUTS[circuit]) {
    const values = elements.slice(at, at + count).map((element) => FieldElement(element))
    const isList = count > 1 || name === 'investigationCiphertext'
    named[name] = isList ? values : (values[0] ?? 0n)
    at += count
  }
  return named as unknown as PublicInputsOf<C>
}
