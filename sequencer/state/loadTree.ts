import { TREE_ARITY } from '../../protocol/constants.ts'
import { GROUP_BYTES, NODE_BYTES, type NodeStore, writeNode } from '../../protocol/nodeStore.ts'
import { emptyRoot } from '../../protocol/tree.ts'
import type { Kernels } from '../../prover/kernels.ts'

/** Levels that are hashed together: 65,536 leaves, 2 MiB. */
const LEVELS_AT_ONCE = 8
const LEAVES_AT_ONCE = TREE_ARITY ** LEVELS_AT_ONCE

export type LoadTreeParameters = {
  depth: number
  /** Leaves 0 to this; all others are empty. */
  count: number
  leaves: (from: number, count: number) => Promise<Uint8Array>
  kernels: Kernels
}

/** Writes a whole tree to an empty store, subtree by subtree. `onWritten` is called after each. */
export async function loadTree(
  nodes: NodeStore,
  { depth, count, leaves, kernels }: LoadTreeParameters,
  onWritten: () => void,
): Promise<void> {
  const roots: Uint8Array[] = []
  for (let from = 0; from < count; from += LEAVES_AT_ONCE) {
    const length = Math.min(LEAVES_AT_ONCE, count - from)
    const bytes = new Uint8Array(NODE_BYTES * LEAVES_AT_ONCE)
    bytes.set(await leaves(from, length))
    const levels = [bytes, ...(await kernels.hashLevels(bytes))]
    const root = levels.pop()
    if (root !== undefined) roots.push(root)
    levels.forEach((level, l) => {
      const leavesPerGroup = TREE_ARITY ** (l + 1)
      const first = from / leavesPerGroup
      for (let i = 0; i * leavesPerGroup < length; i++) {
        nodes.write(l, first + i, level.subarray(GROUP_BYTES * i, GROUP_BYTES * (i + 1)))
      }
    })
    onWritten()
  }
  let below = roots
  for (let level = LEVELS_AT_ONCE; level <= depth; level++) {
    const above: Uint8Array[] = []
    for (let i = 0; i < below.length; i += TREE_ARITY) {
      const group = new Uint8Array(GROUP_BYTES)
      for (let child = 0; child < TREE_ARITY; child++) {
        const node = below[i + child]
        if (node === undefined) writeNode(group, NODE_BYTES * child, emptyRoot(level))
        else group.set(node, NODE_BYTES * child)
      }
      nodes.write(level, i / TREE_ARITY, group)
      above.push(kernels.hash({ initialState: 'NODE', arity: TREE_ARITY, inputs: group }))
    }
    below = above
  }
  onWritten()
}
