import type { Batch, BatchSlot } from '../../protocol/batch.ts'
import { buildBatch } from '../../protocol/buildBatch.ts'
import { NOTE_TREE_DEPTH, NULLIFIER_TREE_DEPTH } from '../../protocol/constants.ts'
import { formatField } from '../../protocol/field.ts'
import { NULLIFIER_LIMIT } from '../../protocol/nullifierTree.ts'
import { initialState } from '../../protocol/rollupState.ts'
import { emptyRoot } from '../../protocol/tree.ts'
import { aBatch, aDeposit, aSlot, nullifierOf } from '../support/batches.ts'
import { aDomain } from '../support/identities.ts'

type Step = { name: string; about: string; batch: Batch; withCircuitInputs?: boolean }

const at = (nullifier: bigint): BatchSlot => aSlot(`at ${nullifier}`, 'transfer', nullifier)
const deposits = ['a', 'b', 'c', 'd'].map((label) => aDeposit(label))

/** One chain of batches: each starts where the one before it ended. */
const steps: readonly Step[] = [
  {
    name: 'first',
    about: 'Two live slots, an empty one and two deposits, from the initial state.',
    batch: aBatch({ batchNumber: 1n }),
    withCircuitInputs: true,
  },
  {
    name: 'extremes',
    about: 'The lowest and the highest nullifier, and its neighbour.',
    batch: aBatch({
      batchNumber: 2n,
      slots: [at(1n), at(NULLIFIER_LIMIT - 1n), at(NULLIFIER_LIMIT - 2n)],
      deposits: [],
    }),
  },
  {
    name: 'void',
    about: 'A forced transfer voided by its twin in the same batch, and one by an earlier batch.',
    batch: aBatch({
      batchNumber: 3n,
      slots: [
        aSlot('twin', 'transfer'),
        aSlot('forced', 'void', nullifierOf('twin')),
        aSlot('one', 'void'),
      ],
      deposits,
    }),
  },
  {
    name: 'sixteen',
    about: 'A full batch of 16; the slots up to its position stay empty.',
    batch: aBatch({
      circuit: 'batch-16',
      batchNumber: 4n,
      slots: Array.from({ length: 15 }, (_, i) =>
        aSlot(`sixteen ${i}`, i % 4 === 0 ? 'collect' : 'transfer'),
      ),
      deposits,
    }),
  },
  {
    name: 'empty',
    about: 'Nothing but the move of the count.',
    batch: aBatch({ batchNumber: 5n, slots: [], deposits: [] }),
  },
]

/** Batches with their words, c, rho, y, leaves and roots. */
export function generate(): Promise<Map<string, string>> {
  const state = initialState()
  const initial = {
    slotCount: state.slotCount.toString(),
    noteRoot: formatField(state.noteTree.root),
    nullifierRoot: formatField(state.nullifierTree.root),
    emptyNoteRoots: Array.from({ length: NOTE_TREE_DEPTH + 1 }, (_, level) =>
      formatField(emptyRoot(level)),
    ),
    depths: { noteTree: NOTE_TREE_DEPTH, nullifierTree: NULLIFIER_TREE_DEPTH },
  }
  const vectors = steps.map(({ name, about, batch, withCircuitInputs = false }) => {
    const built = buildBatch(state, batch, { domain: aDomain })
    const { applied, words, publicInputs, circuitInputs } = built
    return {
      name,
      about,
      circuit: batch.circuit,
      domain: formatField(aDomain),
      batchNumber: batch.batchNumber.toString(),
      feeRecipient: `0x${batch.feeRecipient.toString(16).padStart(40, '0')}`,
      slots: batch.slots.map((slot) =>
        slot.kind === 'empty'
          ? slot
          : {
              kind: slot.kind,
              nullifier: formatField(slot.nullifier),
              outputs: slot.outputs.map(formatField),
            },
      ),
      deposits: batch.deposits.map(({ asset, amount, recipient }) => ({
        asset: asset.toString(),
        amount: amount.toString(),
        recipient: formatField(recipient),
      })),
      oldSlotCount: applied.oldSlotCount.toString(),
      newSlotCount: applied.newSlotCount.toString(),
      position: applied.position,
      noteLeaves: applied.noteLeaves.map(formatField),
      nullifierLeaves: applied.nullifierLeaves.map(formatField),
      words: words.map(formatField),
      publicInputs: encode(publicInputs),
      ...(withCircuitInputs ? { circuitInputs: encode(circuitInputs) } : {}),
    }
  })
  const contents = JSON.stringify({ initial, vectors }, null, 2)
  return Promise.resolve(new Map([['test/vectors/batch.json', `${contents}\n`]]))
}

/** Every field element as 0x and 64 digits; lists stay lists. */
function encode(value: unknown): unknown {
  if (typeof value === 'bigint') return formatField(value)
  if (Array.isArray(value)) return value.map(encode)
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, unknown>>).map(([name, inner]) => [
      name,
      encode(inner),
    ]),
  )
}
