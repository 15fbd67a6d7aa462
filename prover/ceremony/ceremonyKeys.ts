import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'

import type { VerificationKey } from '../verificationKey.ts'
import { keyFile, readFinishedKeys } from './finishedKeys.ts'
import type { FinishedKeys } from './finishedKeys.ts'
import { hashTranscript } from './transcript.ts'

/** Directories of `setup finish`, separated as paths are in PATH. */
export const CEREMONY_KEYS_VARIABLE = 'CINNABAR_KEYS'

export type CeremonyKeys = {
  readonly zkeyPath: string
  readonly verificationKey: VerificationKey
  readonly transcriptHash: string
  /** Whether the proving key's file is the one that the transcript names. */
  readonly isIntact: boolean
}

const CHUNK = 1 << 20

/** Whether keys of a ceremony are to be used at all: then no others are, whatever else is on the disk. */
export function usesCeremonyKeys(environment: NodeJS.ProcessEnv): boolean {
  const value = environment[CEREMONY_KEYS_VARIABLE]
  return value !== undefined && value !== ''
}

/**
 * Finds a circuit's keys by name and hash of its sources in the directories that `CINNABAR_KEYS` names. A
 * proving key that is not the transcript's could betray witnesses, so its file is hashed, once a process.
 *
 * This believes the transcript; `cinnabar setup verify` does not.
 *
 * @returns undefined when no ceremony made keys for these sources.
 * @throws {CeremonyFileError | TranscriptError | CeremonyStateError | KeysNotVerifiedError}
 */
export function findCeremonyKeys(
  { name, hash }: { name: string; hash: string },
  environment: NodeJS.ProcessEnv,
): CeremonyKeys | undefined {
  const directories = (environment[CEREMONY_KEYS_VARIABLE] ?? '').split(delimiter)
  for (const directory of directories.filter((each) => each !== '')) {
    const { transcript, verificationKeys } = openDirectory(directory)
    const circuit = transcript.circuits.find((each) => each.name === name)
    if (circuit?.circuitHash !== hash) continue
    // Absolute: workers may run elsewhere.
    const zkeyPath = resolve(directory, keyFile(name))
    return {
      zkeyPath,
      verificationKey: verificationKeys[name]!,
      transcriptHash: hashTranscript(transcript),
      isIntact: hashOf(zkeyPath) === transcript.rounds.at(-1)?.keys[name]?.file,
    }
  }
  return undefined
}

const opened = new Map<string, FinishedKeys>()
function openDirectory(directory: string): FinishedKeys {
  const keys = opened.get(directory) ?? readFinishedKeys(directory)
  opened.set(directory, keys)
  return keys
}

const hashes = new Map<string, string>()
function hashOf(path: string): string {
  const known = hashes.get(path)
  if (known !== undefined) return known
  const hash = createHash('blake2b512')
  const file = openSync(path, 'r')
  try {
    const chunk = new Uint8Array(CHUNK)
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      hash.update(chunk.subarray(0, read))
    }
  } finally {
    closeSync(file)
  }
  const digest = hash.digest('hex')
  hashes.set(path, digest)
  return digest
}
