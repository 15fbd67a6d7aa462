import { mulBase8 } from './babyjubjub.ts'
import { IDENTITY_TREE_DEPTH, SCALAR_BITS } from './constants.ts'
import { StatementError } from './errors.ts'
import { fitsBits, isFieldElement } from './field.ts'
import { hashIdentity } from './identity.ts'
import { deriveOwnerKey, deriveTracePoint } from './keys.ts'
import { type RegistrationPublicInputs } from './publicInputs.ts'
import { type RegistrationWitness } from './registration.ts'
import { hasIdentityRanges } from './registry.ts'

/**
 * The registration statement in plain code. Throws at the first clause that does not hold.
 * circuits/src/registration.circom enforces the same clauses; test/circuits/registration.test.ts
 * holds them equal. Spec: docs/spec/registration.md.
 *
 * @throws {StatementError}
 */
export function checkRegistrationStatement(
  { domain, index, leaf, tracePoint }: RegistrationPublicInputs,
  { spendingKey, nullifierKey, terms }: RegistrationWitness,
): void {
  const clause = (id: string, holds: boolean, reason: string): void => {
    if (!holds) throw new StatementError({ statement: 'registration', clause: id, reason })
  }

  // Outside a circuit nothing is a field element by nature.
  const elements = [domain, index, leaf, ...tracePoint, nullifierKey, terms.destination, terms.salt]
  clause('G0', elements.every(isFieldElement), 'a value is no field element')

  // G1 both keys are known; the spending key is a scalar, not 0
  clause('G1', spendingKey > 0n, 'the spending key is 0')
  clause('G1', fitsBits(spendingKey, SCALAR_BITS), 'the spending key is no scalar')
  const ownerKey = deriveOwnerKey(mulBase8(spendingKey), nullifierKey)

  // G2 T = t·Base8 for these keys at this index
  clause('G2', fitsBits(index, 2 * IDENTITY_TREE_DEPTH), 'the index is out of range')
  const expected = deriveTracePoint(nullifierKey, { ownerKey, identityIndex: index })
  clause(
    'G2',
    tracePoint[0] === expected.x && tracePoint[1] === expected.y,
    'the trace point is another one',
  )

  // G3 the leaf holds this ownerKey and this T
  clause('G3', hasIdentityRanges(terms), 'a field is out of range')
  clause(
    'G3',
    leaf === hashIdentity({ ownerKey, tracePoint: expected, ...terms }),
    'the leaf is another one',
  )
}
