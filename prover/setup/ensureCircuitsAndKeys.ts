import { buildCircuits } from '../../circuits/build.ts'
import type { CircuitWorkspace } from '../../circuits/locateCircuit.ts'
import { CEREMONY_KEYS_VARIABLE } from '../ceremony/ceremonyKeys.ts'
import { loadKeysOf } from '../loadKeys.ts'
import type { CircuitKeys } from '../loadKeys.ts'
import { ensureDevelopmentKeys } from './developmentKeys.ts'

export type EnsureCircuitsAndKeysParameters = {
  /** Default: every main there is. */
  names?: readonly string[]
  force?: boolean
  onProgress?: (line: string) => void
  workspace?: CircuitWorkspace
}

/**
 * Compiles circuits and makes their development keys where either is missing or out of date.
 *
 * @throws what `buildCircuits` and `loadKeys` throw.
 */
export async function ensureCircuitsAndKeys({
  onProgress = () => {},
  force = false,
  ...rest
}: EnsureCircuitsAndKeysParameters = {}): Promise<CircuitKeys[]> {
  const circuits = await buildCircuits({ ...rest, force, onProgress })
  const keys: CircuitKeys[] = []
  // One after the other: each already uses all cores.
  for (const circuit of circuits) {
    await ensureDevelopmentKeys({ circuit, onProgress, force })
    // These very keys, whatever CINNABAR_KEYS names.
    keys.push(loadKeysOf(circuit, { ...process.env, [CEREMONY_KEYS_VARIABLE]: '' }))
  }
  return keys
}
