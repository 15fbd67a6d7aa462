import { workerData } from 'node:worker_threads'

import type { CurveModule } from './curveModule.ts'
import type { FoldRequest } from './foldPortably.ts'
import type { FoldOutcome } from './foldVerifier.ts'
import { answerRequests } from './portable/answerRequests.ts'
import { VerificationEngine } from './verificationEngine.ts'
import type { VerificationKey } from './verificationKey.ts'

/** One thread of the portable verifier. */
const engine = await VerificationEngine.open(workerData as CurveModule)
const known = new Map<number, VerificationKey>()

answerRequests((request: FoldRequest): { result: FoldOutcome } => ({ result: fold(request) }))

function fold({ items, keys, areChecked }: FoldRequest): FoldOutcome {
  // The engine prepares each key once, by its identity.
  for (const [number, key] of keys) if (!known.has(number)) known.set(number, key)
  const areWellFormed = items.map(({ proof }) => areChecked || engine.isWellFormedProof(proof))
  const candidates = items
    .filter((_, index) => areWellFormed[index])
    .map(({ keyNumber, ...item }) => ({ ...item, key: engine.prepare(known.get(keyNumber)!) }))
  return { areWellFormed, isTrue: candidates.length === 0 || engine.verifyFold(candidates) }
}
