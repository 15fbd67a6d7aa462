import { availableParallelism } from 'node:os'

import { curveModule } from './curveModule.ts'
import type { FoldItem, FoldOutcome, FoldVerifier } from './foldVerifier.ts'
import { WorkerPool } from './portable/workerPool.ts'
import type { VerificationKey } from './verificationKey.ts'

/** More gain little: a proof of a fold takes about 2.5 ms. */
const FOLD_SIZE = 32
/** Each builds tables of its own in 0.2 s; a machine that verifies more has the native verifier. */
const MOST_THREADS = 4

/** Keys travel once: `keyNumber` names one that was seen, `key` brings one that perhaps was not. */
export type FoldRequest = {
  readonly items: readonly (Omit<FoldItem, 'verificationKey'> & { readonly keyNumber: number })[]
  readonly keys: ReadonlyMap<number, VerificationKey>
  readonly areChecked: boolean
}

let pool: Promise<WorkerPool<FoldRequest, FoldOutcome>> | undefined
const keyNumbers = new WeakMap<VerificationKey, number>()
let keysSeen = 0

/** Folds with ffjavascript's wasm, on worker threads. */
export const portableFoldVerifier: FoldVerifier = {
  foldSize: FOLD_SIZE,
  async fold(items, areChecked) {
    pool ??= openPool()
    const keys = new Map<number, VerificationKey>()
    const numbered = items.map(({ verificationKey, ...item }) => {
      const keyNumber = keyNumbers.get(verificationKey) ?? keysSeen++
      keyNumbers.set(verificationKey, keyNumber)
      keys.set(keyNumber, verificationKey)
      return { ...item, keyNumber }
    })
    return (await pool).run({ items: numbered, keys, areChecked })
  },
}

async function openPool(): Promise<WorkerPool<FoldRequest, FoldOutcome>> {
  return new WorkerPool(new URL('./foldWorker.ts', import.meta.url), {
    data: await curveModule(),
    size: Math.min(MOST_THREADS, availableParallelism()),
  })
}
