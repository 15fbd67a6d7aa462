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
}

/** H(POLICY, tier, asset, perTransfer, perDay, accountCap). */
export function hashPolicy({ tier, asset, perTransfer, perDay, accountCap }: Policy): FieldElement {
  return hash('POLICY', [tier, asset, perTransfer, perDay, accountCap])
}

/** The policy tree: the policies' hashes from leaf 0, in the order published. At most 256. */
export function buildPolicyTree(policies: readonly Policy[]): MerkleTree {
  const tree = new MerkleTree(POLICY_TREE_DEPTH)
  tree.setLeaves(0, policies.map(hashPolicy))
  return tree
}
