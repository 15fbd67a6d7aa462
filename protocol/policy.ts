import { POLICY_TREE_DEPTH } from './constants.ts'
import { type FieldElement } from './field.ts'
import { hash } from './poseidon.ts'
import { MerkleTree } from './tree.ts'

/** Limits of one tier in one asset, in protocol units. Data, not code. */
export type Policy = {
  readonly tier: bigint
  readonly asset: bigint
  readonly perTransfer: bigint
  readonly perDay: bigint
  readonly accountCap: bigint
  /** Once more than this has left on one day, investigation records are for the large-value key L. */
  readonly reportAbove: bigint
}

/** H(POLICY, tier, asset, perTransfer, perDay, accountCap, reportAbove). */
export function hashPolicy(policy: Policy): FieldElement {
  const { tier, asset, perTransfer, perDay, accountCap, reportAbove } = policy
  return hash('POLICY', [tier, asset, perTransfer, perDay, accountCap, reportAbove])
}

/** The policy tree: the policies' hashes from leaf 0, in the order published. At most 256. */
export function buildPolicyTree(policies: readonly Policy[]): MerkleTree {
  const tree = new MerkleTree(POLICY_TREE_DEPTH)
  tree.setLeaves(0, policies.map(hashPolicy))
  return tree
}
