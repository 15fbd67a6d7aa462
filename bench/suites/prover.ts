import { readFileSync } from 'node:fs'

import { loadKeys } from '../../prover/loadKeys.ts'
import { buildNative } from '../../prover/native/build.ts'
import { loadNative } from '../../prover/native/index.ts'
import { verifyMany } from '../../prover/verifyMany.ts'
import {
  WitnessCalculator,
  decodeWitness,
  encodeWitnessFile,
} from '../../prover/witnessCalculator.ts'
import { endSnarkjs } from '../../test/support/proverWorkspace.ts'
import { sampleInputs } from '../../test/support/sampleInputs.ts'
import { proveWithSnarkjs } from '../../test/support/snarkjsProofs.ts'
import { measureKernels } from '../kernelRows.ts'
import { median, type Row, type Suite } from '../row.ts'

const circuits = ['registration', 'transfer', 'batch-4', 'batch-16'] as const
/** Rounds of the native prover a circuit; the median counts. */
const ROUNDS = 5

type Spent = { milliseconds: number; processorMilliseconds: number }

/**
 * The native prover beside snarkjs in one process, on the same keys and witnesses. Processor time counts all
 * threads: on a machine that does other work too it is the steadier of the two.
 */
export const suite: Suite = {
  name: 'prover',
  summary: 'proofs by the native prover and by snarkjs; bulk arithmetic natively and portably',
  plots: [
    {
      title: 'Time of a proof against constraints',
      x: { label: 'constraints' },
      y: { label: 'proof, witness not included', unit: 'ms' },
    },
    {
      name: 'processor',
      title: 'Processor time of a proof against constraints, all threads',
      x: { label: 'constraints' },
      y: { label: 'processor time', unit: 'ms' },
    },
  ],
  async run(say) {
    if ((await buildNative({ onProgress: say })) === undefined) return []
    const native = loadNative()!
    say(`native core: ${native.core}`)
    const rows: Row[] = await measureKernels(native, say)
    const add = (name: string, value: number, unit: string): void => {
      rows.push({ name: `prover.${name}`, value: Number(value.toPrecision(4)), unit })
    }
    /** A figure that is also a point of a plot: by constraints. */
    const addPoint = (row: Row): void => {
      rows.push({ ...row, name: `prover.${row.name}`, value: Number(row.value.toPrecision(4)) })
    }
    for (const name of circuits) {
      const { circuit, zkeyPath, verificationKey } = loadKeys(name)
      const constraints = circuit.info.nonLinear
      const program = new Uint8Array(readFileSync(circuit.wasmPath))
      const elements = await (
        await WitnessCalculator.load(name, program)
      ).calculate(sampleInputs(name))
      const witness = encodeWitnessFile(elements)

      const loading = await measure(() => native.loadKey(zkeyPath))
      const key = loading.result
      const natively: Spent[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const { result: proof, spent } = await measure(() => native.prove(key, witness))
        natively.push(spent)
        const publicSignals = decodeWitness(elements.slice(32, 32 * (key.publicWires + 1)))
        const [isValid] = await verifyMany([{ verificationKey, proof, publicSignals }])
        if (!isValid) throw new Error(`the proof of ${name} does not verify`)
      }
      const snarkjs = (await measure(() => proveWithSnarkjs(zkeyPath, witness))).spent

      const milliseconds = median(natively.map((spent) => spent.milliseconds))
      const processor = median(natively.map((spent) => spent.processorMilliseconds))
      say(`${name}: ${milliseconds.toFixed(0)} ms, snarkjs ${snarkjs.milliseconds.toFixed(0)} ms`)
      const point = { unit: 'ms', size: constraints }
      addPoint({
        ...point,
        series: 'native',
        name: `nativeMilliseconds.${name}`,
        value: milliseconds,
      })
      addPoint({
        ...point,
        series: 'snarkjs',
        name: `snarkjsMilliseconds.${name}`,
        value: snarkjs.milliseconds,
      })
      addPoint({
        ...point,
        series: 'native',
        name: `nativeProcessorMilliseconds.${name}`,
        value: processor,
        plot: 'processor',
      })
      addPoint({
        ...point,
        series: 'snarkjs',
        name: `snarkjsProcessorMilliseconds.${name}`,
        value: snarkjs.processorMilliseconds,
        plot: 'processor',
      })
      add(`keyLoadMilliseconds.${name}`, loading.spent.milliseconds, 'ms')
      add(`nativeOverSnarkjs.${name}`, snarkjs.milliseconds / milliseconds, 'times')
      add(
        `nativeOverSnarkjsProcessorTime.${name}`,
        snarkjs.processorMilliseconds / processor,
        'times',
      )
      if (name === 'transfer') {
        add('nativeOverSnarkjs', snarkjs.milliseconds / milliseconds, 'times')
      }
      if (name === 'batch-16') {
        add('nativeConstraintsPerSecond', (constraints / milliseconds) * 1_000, '1/s')
        add('snarkjsConstraintsPerSecond', (constraints / snarkjs.milliseconds) * 1_000, '1/s')
      }
    }
    await endSnarkjs()
    return rows
  },
}

async function measure<Result>(
  work: () => Promise<Result>,
): Promise<{ result: Result; spent: Spent }> {
  const usage = process.cpuUsage()
  const started = performance.now()
  const result = await work()
  const milliseconds = performance.now() - started
  const { user, system } = process.cpuUsage(usage)
  return { result, spent: { milliseconds, processorMilliseconds: (user + system) / 1_000 } }
}
