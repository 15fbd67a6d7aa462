import { existsSync } from 'node:fs'

import { circuitPaths, readCircuitInfo } from '../../circuits/locateCircuit.ts'
import type { CircuitWorkspace } from '../../circuits/locateCircuit.ts'

/** Rows of a key's domain as a power of two: the constraints, one for each public signal and one more. */
export function powerOf(header: {
  constraints: number
  publicInputs: number
  publicOutputs: number
}): number {
  const rows = header.constraints + header.publicInputs + header.publicOutputs
  return Math.floor(Math.log2(rows)) + 1
}

/** Powers of tau that each circuit needs, as a power of two; undefined where it is not compiled here. */
export function powersNeeded(
  names: readonly string[],
  workspace: CircuitWorkspace,
): Record<string, number | undefined> {
  return Object.fromEntries(
    names.map((name) => {
      try {
        const paths = circuitPaths(name, workspace)
        return [name, existsSync(paths.infoPath) ? powerOf(readCircuitInfo(paths)) : undefined]
      } catch {
        // A workspace of other circuits.
        return [name, undefined]
      }
    }),
  )
}
