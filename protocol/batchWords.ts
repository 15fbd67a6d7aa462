import { keccak_256 } from '@noble/hashes/sha3.js'
import { type AppliedBatch } from './applyBatch.ts'
import { type Batch, type FilledSlot, fillSlots, slotKindId } from './batch.ts'
import {
  BATCH_CIRCUITS,
  type BatchCircuit,
  CIRCUIT_IDS,
  FIELD_ORDER,
  OUTPUTS_PER_SLOT,
  SPONGE_RATE,
  domainTag,
} from './constants.ts'
import { FieldElement, bigintToBytes, bytesToBigint, concatBytes, reduce } from './field.ts'
import { hashFrom } from './poseidon.ts'
import { type BatchPublicInputs } from './publicInputs.ts'
import { packWord } from './words.ts'

/** What of an applied batch its words say. */
export type BatchTransition = Pick<
  AppliedBatch,
  | 'oldSlotCount'
  | 'newSlotCount'
  | 'oldNoteRoot'
  | 'newNoteRoot'
  | 'oldNullifierRoot'
  | 'newNullifierRoot'
>

/** B6: all words that a batch's proof is bound to, in order. Spec: docs/spec/batch.md#words. */
export function batchWords(batch: Batch, transition: BatchTransition): FieldElement[] {
  const { oldSlotCount, newSlotCount } = transition
  const { batchNumber } = batch
  const words = [
    transition.oldNoteRoot,
    transition.newNoteRoot,
    transition.oldNullifierRoot,
    transition.newNullifierRoot,
    packWord('batchHeader', { oldSlotCount, newSlotCount, batchNumber }),
    batch.feeRecipient,
  ]
  for (const slot of fillSlots(batch)) {
    if (slot.kind === 'empty') words.push(0n, 0n, 0n, 0n, 0n)
    else words.push(packSlot(slot), ...slot.outputs)
  }
  const { deposits } = BATCH_CIRCUITS[batch.circuit]
  for (let i = 0; i < deposits; i++) {
    const deposit = batch.deposits[i]
    if (deposit === undefined) words.push(0n, 0n)
    else words.push(packWord('note', deposit), deposit.recipient)
  }
  return words.map(FieldElement)
}

/** Number of words of a circuit's batches. */
export function countBatchWords(circuit: BatchCircuit): number {
  const { transferSlots, deposits } = BATCH_CIRCUITS[circuit]
  return 6 + transferSlots * (1 + OUTPUTS_PER_SLOT) + deposits * 2
}

/**
 * c: Poseidon in overwrite mode. Blocks of 16 words, the last one padded with zeros, each hashed
 * from the chained value, which starts as the tag. The circuit fixes the number of words.
 */
export function spongeWords(words: readonly bigint[]): FieldElement {
  let chain = domainTag('BATCH') as FieldElement
  for (let at = 0; at < words.length; at += SPONGE_RATE) {
    const block = Array.from({ length: SPONGE_RATE }, (_, i) => words[at + i] ?? 0n)
    chain = hashFrom(chain, block)
  }
  return chain
}

/** ρ = uint256(keccak256(abi.encode(domain, circuitId, c, words…))) mod r, all uint256. */
export function challengeRho({
  domain,
  circuitId,
  c,
  words,
}: {
  domain: bigint
  circuitId: number
  c: bigint
  words: readonly bigint[]
}): FieldElement {
  const encoded = [domain, BigInt(circuitId), c, ...words].map((word) => bigintToBytes(word, 32))
  return reduce(bytesToBigint(keccak_256(concatBytes(...encoded))))
}

/** y = Σ wordᵢ·ρⁱ. */
export function evaluateWords(words: readonly bigint[], rho: bigint): FieldElement {
  return reduce(words.reduceRight((sum, word) => (sum * rho + word) % FIELD_ORDER, 0n))
}

/** c, y and ρ of a batch's words: what the contract recomputes from calldata, but for c. */
export function batchPublicInputs(
  circuit: BatchCircuit,
  domain: bigint,
  words: readonly bigint[],
): BatchPublicInputs {
  const c = spongeWords(words)
  const rho = challengeRho({ domain, circuitId: CIRCUIT_IDS[circuit], c, words })
  return { c, y: evaluateWords(words, rho), rho }
}

function packSlot({ kind, nullifier }: FilledSlot): bigint {
  return packWord('slot', { nullifier, kind: BigInt(slotKindId(kind)) })
}
