import { IDENTITY_TREE_DEPTH } from '../../protocol/constants.ts'
import { MerkleTree } from '../../protocol/tree.ts'
import { fieldOf } from './identities.ts'
import { updateIdentity } from './registryMoves.ts'
import type { TestRollup } from './settlement.ts'

/** Identities filed and changed one after the other, with the roots of the real tree: what followers rebuild. */
export class IdentityChanges {
  readonly #rollup: TestRollup
  readonly #tree = new MerkleTree(IDENTITY_TREE_DEPTH)
  #count = 0
  #filed = 0

  constructor(rollup: TestRollup) {
    this.#rollup = rollup
  }

  get count(): number {
    return this.#count
  }

  /** Files one, or changes the one that was filed first. @returns what does it again, after a reorg that took it back. */
  async change({ isNew }: { isNew: boolean }): Promise<() => Promise<void>> {
    const isFill = isNew || this.#filed === 0
    if (isFill) this.#filed += 1
    // Index 0 stands for nobody.
    const index = isFill ? this.#filed : 1
    const oldLeaf = this.#tree.leaf(index)
    const newLeaf = fieldOf(`identity ${String(this.#count++)}`)
    this.#tree.setLeaf(index, newLeaf)
    const update = { index: BigInt(index), oldLeaf, newLeaf, newRoot: this.#tree.root }
    await updateIdentity(this.#rollup, update)
    return () => updateIdentity(this.#rollup, update)
  }
}
