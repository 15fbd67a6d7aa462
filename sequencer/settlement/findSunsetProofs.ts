import { batchPublicInputs, batchWords } from '../../protocol/batchWords.ts'
import type { CircuitName } from '../../protocol/constants.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { proofFromWords } from '../../prover/proof.ts'
import { domainPositionOf } from '../../prover/registeredWords.ts'
import type { VerificationKey } from '../../prover/verificationKey.ts'
import { verifyMany } from '../../prover/verifyMany.ts'
import type { ProofWords } from '../proofBytes.ts'
import { toBatch } from '../state/restoreState.ts'
import type { DepositRecord } from '../store/insertBatchDeposits.ts'
import type { ForcedSlot } from '../store/insertBatchForced.ts'
import type { StoredBatch } from '../store/listBatches.ts'
import type { Statement } from '../transfer.ts'

/** Replaced keys that the contract takes still, over all public inputs but the domain, by circuit. */
export type SunsetKeys = {
  readonly domain: bigint
  readonly keys: ReadonlyMap<CircuitName, VerificationKey>
}

export type ProvedContents = {
  readonly batch: StoredBatch
  readonly proof: ProofWords
  /** All live ones, of the forced queue too. */
  readonly transfers: readonly (Statement & { readonly slot: number })[]
  readonly deposits: readonly DepositRecord[]
  readonly forced: readonly ForcedSlot[]
  /** Of those transfers that name a proof. */
  readonly proofs: ReadonlyMap<Statement['id'], ProofWords>
}

/**
 * Which batches and transfers were proved for a key in sunset, and must say so. The proof itself says it: whatever was
 * sealed here, taken over or restored, and whichever keys this machine has by now. For a day after a change of keys
 * only; about a millisecond each, off this thread.
 */
export async function findSunsetProofs(
  { domain, keys }: SunsetKeys,
  contents: readonly ProvedContents[],
): Promise<{ batches: ReadonlySet<bigint>; transfers: ReadonlySet<Statement['id']> }> {
  const questions: Question[] = []
  const ask = (
    of: Question['of'],
    circuit: CircuitName,
    proof: ProofWords,
    publicInputs: () => readonly bigint[],
  ) => {
    const verificationKey = keys.get(circuit)
    if (verificationKey === undefined) return
    const domainPosition = domainPositionOf(circuit)
    // The domain's share stands in the registered key.
    const publicSignals = publicInputs().filter((_, place) => place !== domainPosition)
    questions.push({ of, verificationKey, proof: proofFromWords(proof), publicSignals })
  }
  for (const { batch, proof, transfers, deposits, forced, proofs } of contents) {
    const { circuit } = batch
    ask({ batch: batch.id }, circuit, proof, () => {
      const voids = forced.filter(({ takenAs }) => takenAs === 'void')
      const words = batchWords(toBatch(batch, transfers, deposits, voids), batch)
      return publicInputsToArray(circuit, batchPublicInputs(circuit, domain, words))
    })
    for (const transfer of transfers) {
      const own = proofs.get(transfer.id)
      const isForced = forced.some(({ slot }) => slot === transfer.slot)
      if (own === undefined || isForced) continue
      ask({ transfer: transfer.id }, transfer.circuit, own, () =>
        publicInputsToArray(transfer.circuit, transfer.publicInputs),
      )
    }
  }
  const results = await verifyMany(questions)
  const found = questions.filter((_, place) => results[place] === true).map(({ of }) => of)
  return {
    batches: new Set(found.flatMap((of) => ('batch' in of ? [of.batch] : []))),
    transfers: new Set(found.flatMap((of) => ('transfer' in of ? [of.transfer] : []))),
  }
}

type Question = Parameters<typeof verifyMany>[0][number] & {
  readonly of: { readonly batch: bigint } | { readonly transfer: Statement['id'] }
}
