import { IDENTITY_TREE_DEPTH } from '../../protocol/constants.ts'
import { formatField } from '../../protocol/field.ts'
import { MerkleTree } from '../../protocol/tree.ts'
import type { TreeHasher } from '../../protocol/treeHasher.ts'
import {
  findAuditedIdentity,
  listIdentityLeavesAt,
  listIdentityUpdates,
  recordAuditedIdentity,
} from '../store/auditedIdentity.ts'
import type { Connection } from '../store/database.ts'
import { refusal } from './checkSettlement.ts'

const PAGE = 1_000

/**
 * The identity tree, rebuilt from its updates and compared with every root that was published. How far it
 * came is kept in the database: a start loads the leaves together and compares one root.
 */
export class IdentityAuditor {
  readonly #database: Connection
  readonly #hasher: TreeHasher
  #tree: MerkleTree
  /** Of the tree in memory. */
  #version = 0n

  constructor({ database, hasher }: { database: Connection; hasher: TreeHasher }) {
    this.#database = database
    this.#hasher = hasher
    this.#tree = new MerkleTree(IDENTITY_TREE_DEPTH, { hasher })
  }

  get version(): bigint {
    return this.#version
  }
  get root(): bigint {
    return this.#tree.root
  }

  /**
   * Takes in what was observed since the last time.
   *
   * @throws {DivergenceError} at the first version whose root is not that of its leaves.
   */
  async advance(): Promise<void> {
    const database = this.#database
    const audited = await findAuditedIdentity(database)
    const { version = 0n } = audited ?? {}
    if (version !== this.#version || (audited?.root ?? this.root) !== this.root) {
      await this.#load(version)
      if (audited !== undefined) this.#compare(audited)
    }
    for (;;) {
      const updates = await listIdentityUpdates(database, { after: this.#version, limit: PAGE })
      for (const update of updates) {
        if (update.version !== this.#version + 1n) {
          const [expected, actual] = [this.#version + 1n, update.version].map(String)
          refusal(undefined)('identity version', String(expected), String(actual))
        }
        this.#tree.setLeaf(update.index, update.leaf)
        this.#compare(update)
        this.#version = update.version
      }
      const newest = updates.at(-1)
      if (newest !== undefined) await recordAuditedIdentity(database, newest)
      if (updates.length < PAGE) return
    }
  }

  #compare({ version, root }: { version: bigint; root: bigint }): void {
    if (this.#tree.root === root) return
    const actual = formatField(root)
    const expected = formatField(this.#tree.root)
    // What is in memory belongs to no version: the next look starts from what was compared.
    this.#tree = new MerkleTree(IDENTITY_TREE_DEPTH, { hasher: this.#hasher })
    this.#version = 0n
    refusal(undefined)(`identity root of version ${String(version)}`, expected, actual)
  }

  async #load(version: bigint): Promise<void> {
    this.#tree = new MerkleTree(IDENTITY_TREE_DEPTH, { hasher: this.#hasher })
    this.#version = version
    if (version === 0n) return
    for (let from = 0; ;) {
      const page = { version, from, limit: PAGE }
      const leaves = await listIdentityLeavesAt(this.#database, page)
      let start = 0
      for (const [place, { index }] of leaves.entries()) {
        if (leaves[place + 1]?.index === index + 1) continue
        const run = leaves.slice(start, place + 1)
        this.#tree.setLeaves(
          run[0]?.index ?? 0,
          run.map(({ leaf }) => leaf),
        )
        start = place + 1
      }
      if (leaves.length < PAGE) return
      from = (leaves.at(-1)?.index ?? 0) + 1
    }
  }
}
