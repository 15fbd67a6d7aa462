import { type CircuitName, PUBLIC_INPUTS } from '../../protocol/constants.ts'

/** Where a named public input starts in the verifier's order. */
export function publicInputPosition(circuit: CircuitName, wanted: string): number {
  let position = 0
  for (const [name, count] of PUBLIC_INPUTS[circuit]) {
    if (name === wanted) return position
    position += count
  }
  throw new Error(`no public input ${wanted}`)
}
