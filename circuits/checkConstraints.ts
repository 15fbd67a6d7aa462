import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { ConstraintCountError } from './errors.ts'
import {
  isCompiled,
  isOnDemand,
  listMains,
  locateCircuit,
  repositoryRoot,
} from './locateCircuit.ts'
import type { CircuitInfo } from './locateCircuit.ts'

/** Non-linear constraints by circuit, as `circuits/constraints.json` pins them. */
export type PinnedCounts = Readonly<Record<string, number>>

export function readPinnedCounts(): PinnedCounts {
  const path = join(repositoryRoot, 'circuits/constraints.json')
  return JSON.parse(readFileSync(path, 'utf8')) as PinnedCounts
}

/**
 * Compares counts with the pinned ones in both directions, so that growth is a reviewed change. An
 * on-demand circuit's count is compared where it is compiled, and elsewhere only has to have a main.
 *
 * @throws {ConstraintCountError} naming every circuit that differs, is not pinned or does not exist.
 */
export function checkConstraints(
  pinned: PinnedCounts = readPinnedCounts(),
  built: readonly Pick<CircuitInfo, 'name' | 'nonLinear' | 'linear'>[] = listMains()
    .filter((name) => !isOnDemand(name) || isCompiled(name))
    .map((name) => locateCircuit(name).info),
): void {
  const differences: string[] = []
  for (const { name, nonLinear, linear } of built) {
    const expected = pinned[name]
    if (expected === undefined) differences.push(`${name}: ${nonLinear}, not pinned`)
    else if (expected !== nonLinear) differences.push(`${name}: ${nonLinear}, pinned ${expected}`)
    // Groth16 pays for these too. Full simplification leaves none.
    if (linear !== 0) differences.push(`${name}: ${linear} linear constraints, expected none`)
  }
  for (const name of Object.keys(pinned)) {
    const isElsewhere = isOnDemand(name) && listMains().includes(name)
    if (!isElsewhere && !built.some((circuit) => circuit.name === name)) {
      differences.push(`${name}: pinned, but there is no such circuit`)
    }
  }
  if (differences.length > 0) throw new ConstraintCountError({ differences })
}
