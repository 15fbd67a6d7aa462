import { readFileSync } from 'node:fs'

import { defaultWorkspace, locateCircuit } from '../circuits/locateCircuit.ts'
import type { CircuitName, CircuitWorkspace } from '../circuits/locateCircuit.ts'
import { WitnessCalculator, decodeWitness } from './witnessCalculator.ts'
import type { CircuitInputs } from './witnessCalculator.ts'

/**
 * The full assignment of a circuit in this process: 1, outputs, public inputs, then the rest.
 *
 * @throws {UnknownCircuitError | CircuitNotBuiltError}
 * @throws {CircuitInputError | WitnessUnsatisfiedError | CircuitProgramError}
 */
export async function calculateWitness(
  name: CircuitName | (string & {}),
  inputs: CircuitInputs,
  workspace: CircuitWorkspace = defaultWorkspace,
): Promise<bigint[]> {
  const { wasmPath } = locateCircuit(name, workspace)
  const calculator = await WitnessCalculator.load(name, new Uint8Array(readFileSync(wasmPath)))
  return decodeWitness(await calculator.calculate(inputs))
}
