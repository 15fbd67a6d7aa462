// Opens a stored state, applies batches of 16 to it and reads paths, in a process of its own, so that its
// memory is that of the state alone. Prints what it measured as JSON.
import { readFileSync } from 'node:fs'
import { applyBatch } from '../protocol/applyBatch.ts'
import { BATCH_CIRCUITS } from '../protocol/constants.ts'
import { openKernels, openPortableKernels } from '../prover/kernels.ts'
import { kernelHasher } from '../sequencer/state/kernelHasher.ts'
import { openStateStore } from '../sequencer/state/lmdbStateStore.ts'
import { SealedState } from '../sequencer/state/sealedState.ts'
import { aBatch, aSlot } from '../test/support/batches.ts'

const [directory = '', kind = 'native', batches = '100', seed = ''] = process.argv.slice(2)
const kernels = kind === 'native' ? openKernels() : openPortableKernels()
const { transferSlots } = BATCH_CIRCUITS['batch-16']
const waiting = Array.from({ length: Number(batches) }, (_, number) =>
  aBatch({
    circuit: 'batch-16',
    deposits: [],
    slots: Array.from({ length: transferSlots }, (_, i) =>
      aSlot(`${seed} ${String(number)} ${String(i)}`),
    ),
  }),
)

let started = performance.now()
const seconds = (): number => (performance.now() - started) / 1_000
const { store, discarded } = await openStateStore({
  directory,
  domain: 1n,
  hasher: kernelHasher(kernels),
})
if (discarded !== undefined) throw new Error(discarded)
const state = new SealedState(store, {
  onFlushFailure(error) {
    throw error
  },
})
if (state.head.batchNumber === 0n) throw new Error('nothing was loaded')
const openSeconds = seconds()

started = performance.now()
for (const batch of waiting) {
  const fork = state.fork()
  applyBatch(fork, batch)
  state.merge(fork)
}
state.flush()
const insertSeconds = seconds()

const { noteTree, slotCount } = state.fork()
const leaves = 4 * Number(slotCount)
const PATHS = 20_000
started = performance.now()
for (let i = 0; i < PATHS; i++) noteTree.path((i * 2_654_435_761) % leaves)
const pathSeconds = seconds()

const memory = readFileSync('/proc/self/status', 'utf8')
const mebibytes = (field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(memory)?.[1] ?? Number.NaN) / 1_024
console.log(
  JSON.stringify({
    openSeconds,
    insertsPerSecond: (waiting.length * transferSlots) / insertSeconds,
    pathsPerSecond: PATHS / pathSeconds,
    memoryMiB: mebibytes('RssAnon'),
    residentMiB: mebibytes('VmRSS'),
  }),
)
await state.close()
