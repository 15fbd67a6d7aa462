import { existsSync, readFileSync } from 'node:fs'

import {
  circuitNames,
  circuitPaths,
  defaultWorkspace,
  locateCircuit,
  onDemandCircuitNames,
} from '../circuits/locateCircuit.ts'
import type { CircuitName, CircuitWorkspace, LocatedCircuit } from '../circuits/locateCircuit.ts'
import {
  CEREMONY_KEYS_VARIABLE,
  findCeremonyKeys,
  usesCeremonyKeys,
} from './ceremony/ceremonyKeys.ts'
import { InsecureKeysError, KeysMismatchError, KeysNotFoundError } from './errors.ts'
import { isDevelopmentKey } from './setup/isDevelopmentKey.ts'
import { hashVerificationKey } from './verificationKey.ts'
import type { VerificationKey } from './verificationKey.ts'

/** What stands beside a pair of keys. */
export type KeysInfo = {
  insecure: boolean
  why: string
  circuit: string
  circuitHash: string
  /** What development keys are made from. */
  seed?: string
  /** The ceremony that made them. */
  transcriptHash?: string
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
 * Finds a circuit's keys by the hash of its present sources: those of a ceremony where `CINNABAR_KEYS` names
 * directories of such, and then no others; else development keys.
 *
 * @throws {UnknownCircuitError | CircuitNotBuiltError}
 * @throws {KeysNotFoundError} when the circuit has no keys.
 * @throws {KeysMismatchError} when the files contradict their own description.
 * @throws {InsecureKeysError} for development keys outside development and tests.
 * @throws {CeremonyFileError | TranscriptError | CeremonyStateError | KeysNotVerifiedError} when a directory
 * of CINNABAR_KEYS does not hold the keys of a finished ceremony.
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
export function circuitsWithKeys(environment: NodeJS.ProcessEnv = process.env): CircuitName[] {
  const made = onDemandCircuitNames.filter((name) => {
    const paths = circuitPaths(name)
    return usesCeremonyKeys(environment)
      ? findCeremonyKeys(paths, environment) !== undefined
      : existsSync(paths.keysInfoPath)
  })
  return [...circuitNames, ...made]
}

/** The same for a circuit that was located before. */
export function loadKeysOf(
  circuit: LocatedCircuit,
  environment: NodeJS.ProcessEnv = process.env,
): CircuitKeys {
  return usesCeremonyKeys(environment)
    ? loadCeremonyKeys(circuit, environment)
    : loadDevelopmentKeys(circuit, environment)
}

function loadCeremonyKeys(circuit: LocatedCircuit, environment: NodeJS.ProcessEnv): CircuitKeys {
  const { name, hash } = circuit
  const keys = findCeremonyKeys(circuit, environment)
  if (keys === undefined) {
    throw new KeysNotFoundError({ circuit: name, hash, where: CEREMONY_KEYS_VARIABLE })
  }
  const { zkeyPath, verificationKey, transcriptHash, isIntact } = keys
  if (!isIntact) throw new KeysMismatchError({ circuit: name, hash, where: CEREMONY_KEYS_VARIABLE })
  // A transcript can be written by anybody; these keys cannot be anything else.
  if (isDevelopmentKey(verificationKey)) checkInsecureKeysAllowed(name, environment)
  const info: KeysInfo = {
    insecure: isDevelopmentKey(verificationKey),
    why: 'Made in a ceremony; `cinnabar setup verify` verifies it.',
    circuit: name,
    circuitHash: hash,
    transcriptHash,
    verificationKeyHash: hashVerificationKey(verificationKey),
  }
  return { circuit, zkeyPath, verificationKey, info }
}

function loadDevelopmentKeys(circuit: LocatedCircuit, environment: NodeJS.ProcessEnv): CircuitKeys {
  const { keysInfoPath, vkeyPath, zkeyPath, hash, name } = circuit
  if (!existsSync(keysInfoPath)) throw new KeysNotFoundError({ circuit: name, hash })
  const info = JSON.parse(readFileSync(keysInfoPath, 'utf8')) as KeysInfo
  const verificationKey = JSON.parse(readFileSync(vkeyPath, 'utf8')) as VerificationKey
  // Only an explicit false counts as secure, and not for keys that the public seed makes.
  const insecure: unknown = info.insecure
  if (insecure !== false || isDevelopmentKey(verificationKey)) {
    checkInsecureKeysAllowed(name, environment)
  }
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
