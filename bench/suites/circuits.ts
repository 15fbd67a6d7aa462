import { readPinnedCounts } from '../../circuits/checkConstraints.ts'
import { BATCH_CIRCUITS, CIRCUIT_IDS, type CircuitName } from '../../protocol/constants.ts'
import { initialState } from '../../protocol/rollupState.ts'
import { createProver } from '../../prover/prover.ts'
import type { CircuitInputs } from '../../prover/witnessCalculator.ts'
import { aBatch, aSlot, buildOn } from '../../test/support/batches.ts'
import { aTransfer } from '../../test/support/transfers.ts'
import { median, type Row, type Suite } from '../row.ts'

/** Proofs a circuit after one that only warms up. The largest takes snarkjs a minute where others work beside it. */
const RUNS = 3
const RUNS_OF_LARGEST = 1

/**
 * Constraints of every circuit, and how long witness and proof take with snarkjs, which every machine
 * has. The native prover beside it: suite `prover`.
 */
export const suite: Suite = {
  name: 'circuits',
  summary: 'constraints, and seconds of witness and proof with snarkjs',
  async run(say) {
    const rows: Row[] = []
    const names = Object.keys(CIRCUIT_IDS) as CircuitName[]
    // The pinned ones, which a test holds equal to the compiled: batch-64 is compiled on demand only.
    const pinned = readPinnedCounts()
    const constraints = new Map(names.map((name) => [name, pinned[name] ?? Number.NaN] as const))
    for (const [name, value] of constraints) {
      rows.push({ name: `${compact(name)}.constraints`, value, unit: 'constraints' })
    }
    for (const [name, { transferSlots }] of Object.entries(BATCH_CIRCUITS)) {
      rows.push({
        name: `${compact(name)}.constraintsPerTransfer`,
        value: (constraints.get(name as CircuitName) ?? Number.NaN) / transferSlots,
        unit: 'constraints',
      })
    }

    const statements: [CircuitName, CircuitInputs][] = [
      ['transfer', aTransfer().circuitInputs],
      ['collect', aTransfer({ circuit: 'collect' }).circuitInputs],
      ['batch-4', buildOn(initialState(), aBatch({ batchNumber: 1n })).circuitInputs],
      ['batch-16', fullBatch()],
    ]
    // The workers take their choice from here.
    process.env['CINNABAR_PROVER'] = 'snarkjs'
    const prover = createProver()
    try {
      for (const [name, inputs] of statements) {
        const proofs: number[] = []
        const witnesses: number[] = []
        const runs = name === 'batch-16' ? RUNS_OF_LARGEST : RUNS
        for (let run = 0; run <= runs; run++) {
          say(`${name}: proof ${String(run)} of ${String(runs)}`)
          const { timings } = await prover.prove(name, inputs)
          if (run === 0) continue
          proofs.push(timings.proofMs / 1000)
          witnesses.push(timings.witnessMs / 1000)
        }
        const prove = median(proofs)
        rows.push(
          { name: `${compact(name)}.witnessSeconds`, value: median(witnesses), unit: 's' },
          { name: `${compact(name)}.proveSeconds`, value: prove, unit: 's' },
          {
            name: `${compact(name)}.constraintsPerSecond`,
            value: (constraints.get(name) ?? Number.NaN) / prove,
            unit: 'constraints/s',
          },
        )
      }
    } finally {
      delete process.env['CINNABAR_PROVER']
      await prover.close()
    }
    return rows
  },
}

/** batch-16 → batch16, as figures are named. */
function compact(name: string): string {
  return name.replace('-', '')
}

/** Sixteen slots, all of them used. */
function fullBatch(): CircuitInputs {
  const slots = Array.from({ length: BATCH_CIRCUITS['batch-16'].transferSlots }, (_, i) =>
    aSlot(`bench ${String(i)}`),
  )
  const batch = aBatch({ circuit: 'batch-16', batchNumber: 1n, slots })
  return buildOn(initialState(), batch).circuitInputs
}
