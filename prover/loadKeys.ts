import { existsSync, readFileSync } from 'node:fs'

import {
  circuitNames,
  circuitPaths,
  defaultWorkspace,
  locateCircuit,
  onDemandCircuitNames,
} from '../circuits/locateCircuit.ts'
import type { CircuitName, CircuitWorkspace, LocatedCircuit } from '../circuits/locateCircuit.ts'
import { InsecureKeysError, KeysMismatchError, KeysNotFoundError } from './errors.ts'
import { hashVerificationKey } from './verificationKey.ts'
import type { VerificationKey } from './verificationKey.ts'

/** What stands beside a pair of keys. */
export type KeysInfo = {
  insecure: boolean
  why: string
  circuit: string
  circuitHash: string
  seed: string
  verificationKeyHash: string
}

export type CircuitKeys = {
  circuit: LocatedCircuit
  /** The proving key's file; workers read it into memory once. */
  zkeyPath: string
  verificationKey: VerificationKey
  info: KeysInfo
}

/**
 * Finds a circuit's keys by the hash of its present sources.
 *
 * @throws {UnknownCircuitError | CircuitNotBuiltError}
 * @throws {KeysNotFoundError} when the circuit has no keys.
 * @throws {KeysMismatchError} when the files contradict their own description.
 * @throws {InsecureKeysError} for development keys outside development and tests.
 */
export function loadKeys(
  name: string,
  workspace: CircuitWorkspace = defaultWorkspace,
  environment: NodeJS.ProcessEnv = process.env,
): CircuitKeys {
  const circuit = locateCircuit(name, workspace)
  return loadKeysOf(circuit, environment)
}

/** The circuits whose keys must be here: all, but of those made on demand only the ones that were made. */
export function circuitsWithKeys(): CircuitName[] {
  const made = onDemandCircuitNames.filter((name) => existsSync(circuitPaths(name).keysInfoPath))
  return [...circuitNames, ...made]
}

/** The same for a circuit that was located before. */
export function loadKeysOf(
  circuit: LocatedCircuit,
  environment: NodeJS.ProcessEnv = process.env,
): CircuitKeys {
  const { keysInfoPath, vkeyPath, zkeyPath, hash, name } = circuit
  if (!existsSync(keysInfoPath)) throw new KeysNotFoundError({ circuit: name, hash })
  const info = JSON.parse(readFileSync(keysInfoPath, 'utf8')) as KeysInfo
  // Only an explicit false counts as secure; a file that lost the word does not.
  const insecure: unknown = info.insecure
  if (insecure !== false) checkInsecureKeysAllowed(name, environment)
  const verificationKey = JSON.parse(readFileSync(vkeyPath, 'utf8')) as VerificationKey
  if (
    info.circuitHash !== hash ||
    info.verificationKeyHash !== hashVerificationKey(verificationKey)
  ) {
    throw new KeysMismatchError({ circuit: name, hash })
  }
  return { circuit, zkeyPath, verificationKey, info }
}

/** Development keys are for development and tests, by name; anything else is not. */
function checkInsecureKeysAllowed(circuit: string, environment: NodeJS.ProcessEnv): void {
  const named = environment['CINNABAR_ENV']
  const isDevelopment =
    named === undefined || named === '' || named === 'development' || named === 'test'
  if (!isDevelopment || environment['NODE_ENV'] === 'production') {
    throw new InsecureKeysError({ circuit })
  }
}
