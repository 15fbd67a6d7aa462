import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

import { loadNative } from '../../prover/native/index.ts'

/** A thread that starts proofs and says so; its parent ends it in the middle of them. */
const { zkeyPath, witnessPath } = workerData as { zkeyPath: string; witnessPath: string }
const native = loadNative()!
const key = await native.loadKey(zkeyPath)
const witness = readFileSync(witnessPath)
const proofs = [0, 1, 2].map(() =>
  native.prove(key, witness, { onPhase: () => parentPort?.postMessage('phase') }),
)
parentPort?.postMessage('started')
await Promise.all(proofs)
