import type { TreeHasher } from '../../protocol/treeHasher.ts'
import type { Kernels } from '../../prover/kernels.ts'

/** Tree hashes by the prover's kernels: native code where it is built. */
export function kernelHasher(kernels: Kernels): TreeHasher {
  return {
    hashMany: (initialState, arity, inputs) => kernels.hash({ initialState, arity, inputs }),
  }
}
