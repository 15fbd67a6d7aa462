import { isOnCurve } from './babyjubjub.ts'
import { IDENTITY_STATUS, IDENTITY_TREE_DEPTH, REGISTRY_MODE } from './constants.ts'
import { verifyEddsa } from './eddsa.ts'
import { StatementError } from './errors.ts'
import { fitsBits, isFieldElement } from './field.ts'
import { destinationChangeMessage, hashIdentity } from './identity.ts'
import { hash } from './poseidon.ts'
import { type RegistryPublicInputs } from './publicInputs.ts'
import { hasIdentityRanges, type RegistryWitness } from './registry.ts'
import { type MerklePath, rootAfter, rootOf } from './tree.ts'

/**
 * The registry statement in plain code. Throws at the first clause that does not hold.
 * circuits/src/registry.circom enforces the same clauses; test/circuits/registry.test.ts holds them
 * equal. Spec: docs/spec/registry.md.
 *
 * @throws {StatementError}
 */
export function checkRegistryStatement(
  publicInputs: RegistryPublicInputs,
  witness: RegistryWitness,
): void {
  const { domain, oldRoot, newRoot, index, oldLeaf, newLeaf, mode } = publicInputs
  const { tierCap, latestSuspension } = publicInputs
  const { ownerKey, tracePoint, old, next, path, consent } = witness
  const { spendingPublicKey, nullifierKeyHash, signature } = consent
  const clause = (id: string, holds: boolean, reason: string): void => {
    if (!holds) throw new StatementError({ statement: 'registry', clause: id, reason })
  }
  const modeIs = (name: keyof typeof REGISTRY_MODE): boolean => mode === BigInt(REGISTRY_MODE[name])

  // Outside a circuit nothing is a field element by nature.
  const elements = [
    ...Object.values(publicInputs),
    ...[ownerKey, tracePoint.x, tracePoint.y, old.destination, old.salt],
    ...[next.destination, next.salt, nullifierKeyHash, signature.s],
    ...path.children.flat(),
  ]
  clause('R0', elements.every(isFieldElement), 'a value is no field element')

  // R1 the mode is one of four, the index one of the tree's
  clause('R1', mode >= 0n && mode <= 3n, 'the mode is unknown')
  clause('R1', fitsBits(index, 2 * IDENTITY_TREE_DEPTH), 'the index is out of range')

  // R2 the new leaf opens to fields in range and a known status
  clause('R2', hasIdentityRanges(next), 'a field of the new leaf is out of range')
  const statuses = Object.values(IDENTITY_STATUS).map(BigInt)
  clause('R2', statuses.includes(next.status), 'the status is unknown')
  clause(
    'R2',
    newLeaf === hashIdentity({ ownerKey, tracePoint, ...next }),
    'the new leaf is another one',
  )

  const isFill = modeIs('FILL')

  // R3, R4 the old leaf is empty in FILL; else it opens with the new one's ownerKey and T
  clause('R4', hasIdentityRanges(old), 'a field of the old leaf is out of range')
  if (isFill) clause('R3', oldLeaf === 0n, 'the leaf to fill is not empty')
  else {
    clause(
      'R4',
      oldLeaf === hashIdentity({ ownerKey, tracePoint, ...old }),
      'the old leaf is another one, or has another ownerKey or T',
    )
  }

  // R2 closed stays closed: of an old leaf that was shown to be the one in the tree
  clause(
    'R2',
    isFill ||
      next.status === BigInt(IDENTITY_STATUS.CLOSED) ||
      old.status === BigInt(IDENTITY_STATUS.ACTIVE),
    'a closed identity is opened again',
  )

  // R5 CHANGE keeps the destination
  if (modeIs('CHANGE')) {
    clause('R5', old.destination === next.destination, 'the destination changes')
  }

  // R6 DESTINATION_BY_OWNER: the leaf's owner signed for this leaf and this destination
  clause('R6', isOnCurve(spendingPublicKey), 'the public key is not on the curve')
  clause('R6', isOnCurve(signature.r8), "the signature's point is not on the curve")
  clause('R6', fitsBits(signature.s, 253), "the signature's scalar is out of range")
  if (modeIs('DESTINATION_BY_OWNER')) {
    clause(
      'R6',
      ownerKey === hash('OWNER_KEY', [spendingPublicKey.x, spendingPublicKey.y, nullifierKeyHash]),
      "the key is not the owner's",
    )
    const message = destinationChangeMessage({
      domain,
      index,
      oldLeaf,
      newDestination: next.destination,
    })
    clause('R6', verifyEddsa(spendingPublicKey, message, signature), 'the signature is not valid')
  }

  // R7 both roots share the path of `index`; nothing else changes
  const indexed: MerklePath = { digits: digitsOf(index), children: path.children }
  clause('R7', path.children.length === IDENTITY_TREE_DEPTH, 'the path has another length')
  clause('R7', rootOf(oldLeaf, indexed) === oldRoot, 'the old leaf is not at the index')
  clause('R7', rootAfter(newLeaf, indexed) === newRoot, 'the new root is another one')

  // R8 no tier above the cap, but the leaf's own or a lower one
  clause('R8', fitsBits(tierCap, 8), 'the cap is out of range')
  clause(
    'R8',
    next.tier <= tierCap || (!isFill && next.tier <= old.tier),
    "the tier is above the registrar's cap",
  )

  // R9 a suspension ends by the given day, and no validity is cut to end before it
  clause('R9', fitsBits(latestSuspension, 16), 'the latest day of a suspension is out of range')
  clause('R9', next.suspendedUntil <= latestSuspension, 'the suspension ends too late')
  clause(
    'R9',
    isFill || next.expiryDay >= latestSuspension || next.expiryDay >= old.expiryDay,
    'the validity is cut without notice',
  )
}

function digitsOf(index: bigint): number[] {
  return Array.from({ length: IDENTITY_TREE_DEPTH }, (_, level) =>
    Number((index >> BigInt(2 * level)) & 3n),
  )
}
