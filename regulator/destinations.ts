import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { DestinationBody, type IdentityOffer } from '../api/identityFiles.ts'
import { bytesToBigint, formatField, reduce } from '../protocol/field.ts'
import { hashDestination, hashIdentity, type Identity } from '../protocol/identity.ts'
import type { RandomBytes } from '../protocol/memo.ts'
import { DestinationPlanError, IdentityStateError } from './errors.ts'
import { destinationOf, entryOf, type RegistrarState } from './registrar.ts'

const strict = { additionalProperties: false } as const
const Field = Type.String({ pattern: '^0x[0-9a-f]{64}$' })

/**
 * A change of destination that an order is to allow. Registrar → officer, who files its hash; confidential until then: it says
 * who is concerned, and where the money is to go.
 */
export const DestinationPlan = Type.Object(
  {
    type: Type.Literal('cinnabar.destination-plan'),
    version: Type.Literal(1),
    domain: Field,
    index: Type.Integer({ minimum: 0, maximum: 2 ** 20 - 1 }),
    oldLeaf: Field,
    newLeaf: Field,
    destination: DestinationBody,
    /** Fresh, so that the order's hash tells not even the owner where to. */
    salt: Field,
  },
  strict,
)
export type DestinationPlan = Static<typeof DestinationPlan>

/** Plans another destination for an identity as its leaf stands now; whatever changes the leaf makes the plan void. */
export function planDestination(
  state: RegistrarState,
  {
    index,
    destination,
    randomBytes,
  }: { index: number; destination: DestinationBody; randomBytes: RandomBytes },
): DestinationPlan {
  const salt = reduce(bytesToBigint(randomBytes(64)))
  const { old, next } = redirectedIdentity(state, { index, destination, salt })
  return {
    type: 'cinnabar.destination-plan',
    version: 1,
    domain: formatField(state.domain),
    index,
    oldLeaf: formatField(hashIdentity(old)),
    newLeaf: formatField(hashIdentity(next)),
    destination,
    salt: formatField(salt),
  }
}

/**
 * The leaves of a plan, checked to be what it says.
 *
 * @throws {DestinationPlanError} when the leaf has changed since, or the plan was.
 */
export function applyPlan(
  state: RegistrarState,
  plan: DestinationPlan,
): { old: Identity; next: Identity } {
  const { index, destination, salt, domain } = plan
  const reason = (text: string) => new DestinationPlanError({ reason: text })
  if (domain !== formatField(state.domain)) throw reason('it is for another deployment')
  const leaves = redirectedIdentity(state, { index, destination, salt: BigInt(salt) })
  if (formatField(hashIdentity(leaves.old)) !== plan.oldLeaf) {
    throw reason('the identity has changed since; plan and order are void')
  }
  if (formatField(hashIdentity(leaves.next)) !== plan.newLeaf) {
    throw reason('its leaf is not the one of its destination')
  }
  return leaves
}

/** @throws {DestinationPlanError} */
export function readDestinationPlan(text: string): DestinationPlan {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new DestinationPlanError({ reason: 'the file is not JSON' })
  }
  if (!Value.Check(DestinationPlan, value)) {
    throw new DestinationPlanError({ reason: 'the file has not the form of one' })
  }
  return value
}

/** What the person needs to open its leaf again: `cinnabar wallet identity accept FILE --destination …`. */
export function offerOfPlan(
  state: RegistrarState,
  plan: Pick<DestinationPlan, 'index' | 'destination' | 'salt'>,
): IdentityOffer {
  const { offer, identity } = entryOf(state, plan.index)
  if (identity === undefined) throw new DestinationPlanError({ reason: 'nobody was admitted' })
  return {
    ...offer,
    tier: Number(identity.tier),
    jurisdiction: Number(identity.jurisdiction),
    expiryDay: Number(identity.expiryDay),
    status: Number(identity.status),
    destination: plan.destination,
    salt: plan.salt as `0x${string}`,
  }
}

/** @throws {UnknownIdentityError | IdentityStateError} when nobody was admitted at the index. */
export function redirectedIdentity(
  state: RegistrarState,
  {
    index,
    destination,
    salt,
  }: {
    index: number
    destination: DestinationBody
    /** Default: the present one. */
    salt?: bigint
  },
): { old: Identity; next: Identity } {
  const { identity: old, state: entryState } = entryOf(state, index)
  if (old === undefined) {
    throw new IdentityStateError({ index, state: entryState, wanted: 'redirected' })
  }
  const next = { ...old, destination: hashDestination(destinationOf(destination)) }
  return { old, next: salt === undefined ? next : { ...next, salt } }
}
