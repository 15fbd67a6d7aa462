import { FIELD_ORDER } from '../../protocol/constants.ts'
import { type CircuitTester } from './circuitTester.ts'
import { inverse } from './fieldMath.ts'

/**
 * The live signals of a StrictBits for any number of 254 bits: the bits, under every name that begins with
 * one of `bitsOf`, and each conjunction as its own constraint asks.
 */
export function strictDecomposition(
  circuit: CircuitTester,
  number: bigint,
  { strict, bitsOf = [] }: { strict: string; bitsOf?: readonly string[] },
): Record<string, bigint> {
  const prefixes = [strict, ...bitsOf]
  const live = new Set(prefixes.flatMap((prefix) => circuit.liveSignals(prefix)))
  const changes: Record<string, bigint> = {}
  const set = (name: string, value: bigint): void => {
    if (live.has(name)) changes[name] = value
  }
  let pairs = 0
  let runs = 0
  let tight: bigint | undefined
  let run: bigint[] = []
  for (let i = 253; i >= 0; i--) {
    const bit = (number >> BigInt(i)) & 1n
    for (const prefix of prefixes) set(`${prefix}bits[${i}]`, bit)
    if (((FIELD_ORDER - 1n) >> BigInt(i)) & 1n) {
      run.push(bit)
      continue
    }
    if (run.length === 0) continue
    const missing = [...run, ...(tight === undefined ? [] : [tight])].filter((b) => b === 0n)
    const isPair = tight !== undefined && run.length === 1
    tight = missing.length === 0 ? 1n : 0n
    if (isPair) set(`${strict}pairs[${pairs++}].out`, tight)
    else {
      set(`${strict}runs[${runs}].out`, tight)
      set(`${strict}runs[${runs++}].inv`, inverse(BigInt(missing.length)))
    }
    run = []
  }
  return changes
}
