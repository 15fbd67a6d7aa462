import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { hashVerificationKey } from '../verificationKey.ts'
import type { VerificationKey } from '../verificationKey.ts'
import { CeremonyStateError, KeysNotVerifiedError } from './errors.ts'
import { isClosed, readTranscript, TRANSCRIPT_FILE } from './transcript.ts'
import type { Transcript } from './transcript.ts'

/** What `setup finish` wrote, without its proving keys' contents. */
export type FinishedKeys = {
  readonly directory: string
  readonly transcript: Transcript
  readonly verificationKeys: Readonly<Record<string, VerificationKey>>
}

/**
 * Reads finished keys and checks what costs nothing: the transcript (V2), and that verification keys are those
 * that it names.
 *
 * @throws {CeremonyFileError | TranscriptError | CeremonyStateError | KeysNotVerifiedError}
 */
export function readFinishedKeys(directory: string): FinishedKeys {
  const transcript = readTranscript(join(directory, TRANSCRIPT_FILE))
  const { rounds, circuits, verificationKeys: hashes } = transcript
  const isFinished = isClosed(transcript) && rounds.length > 1 && hashes !== undefined
  if (!isFinished) {
    throw new CeremonyStateError({
      reason: `${directory} does not hold the keys of a finished ceremony`,
      remedy: 'Name the directory that `cinnabar setup finish` made.',
    })
  }
  const verificationKeys: Record<string, VerificationKey> = {}
  for (const { name } of circuits) {
    const path = join(directory, verificationKeyFile(name))
    const key = existsSync(path)
      ? (JSON.parse(readFileSync(path, 'utf8')) as VerificationKey)
      : undefined
    if (key === undefined || hashVerificationKey(key) !== hashes[name]) {
      throw new KeysNotVerifiedError({
        check: 'V6',
        reason: `the verification key of ${name} is not the one that the transcript names`,
      })
    }
    verificationKeys[name] = key
  }
  return { directory, transcript, verificationKeys }
}

/** Name of a circuit's proving key in a directory of the ceremony. */
export function keyFile(circuit: string): string {
  return `${circuit}.zkey`
}

export function verificationKeyFile(circuit: string): string {
  return `${circuit}.vkey.json`
}
