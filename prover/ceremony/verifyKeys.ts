import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { buildCircuits } from '../../circuits/build.ts'
import { checkVerificationKey } from '../checkVerificationKey.ts'
import { isDevelopmentKey } from '../setup/isDevelopmentKey.ts'
import { commonWords, registeredWords } from '../registeredWords.ts'
import { describeStart, exportVerificationKey, makeInitialKey } from './ceremony.ts'
import { checkKey } from './checkKey.ts'
import { keyFile, readFinishedKeys } from './finishedKeys.ts'
import type { FinishedKeys } from './finishedKeys.ts'
import { KeysNotVerifiedError } from './errors.ts'
import { checkFileHash } from './files.ts'
import { checkPtauIs, defaultCeremonyWorkspace, importPtau, isPtauImported } from './importPtau.ts'
import type { CeremonyWorkspace } from './importPtau.ts'
import type { Progress } from './snarkjsProgress.ts'
import { canonicalJson, hashTranscript } from './transcript.ts'
import type { CircuitStart, Transcript } from './transcript.ts'

/** Verification keys as a deployed registry has them. Points in the precompiles' order. */
export type RegisteredKeys = {
  readonly domain: bigint
  /** alpha, beta, gamma. */
  readonly common: readonly bigint[]
  /** By circuit: delta, IC[0] with the domain's share, the rest; undefined where none is active. */
  readonly blobs: Readonly<Record<string, readonly bigint[] | undefined>>
  /** Circuits whose replaced key is usable still. */
  readonly inSunset: readonly string[]
}

export type VerifyKeysParameters = {
  /** Directories of `setup finish`; several where circuits were added by a later ceremony. */
  readonly directories: readonly string[]
  readonly ptauPath: string
  /** What a base chain holds, to be compared. */
  readonly registered?: RegisteredKeys
  /** Position of the deployment's domain among a circuit's public signals, -1 where it has none. */
  readonly domainPositionOf?: (circuit: string) => number
  readonly workspace?: CeremonyWorkspace
  readonly onProgress?: Progress
}

export type VerifiedKeys = {
  readonly ptau: Transcript['ptau']
  readonly ceremonies: readonly {
    readonly transcriptHash: string
    readonly contributors: readonly string[]
    readonly beacon: NonNullable<Transcript['rounds'][number]['beacon']>
    readonly circuits: readonly { name: string; circuitHash: string; verificationKeyHash: string }[]
  }[]
  /** Circuits whose key on the base chain was compared and found equal. */
  readonly registered: readonly string[]
  /** Circuits whose replaced key the base chain still takes: verify it at the version it was made for. */
  readonly inSunset: readonly string[]
}

/**
 * Verifies keys from the repository's sources, the powers of tau and the published transcript, trusting none of
 * the parties:
 *
 *   V1  the powers of tau verify, and are those that the transcripts name
 *   V2  each transcript is in its one form, its rounds follow each other, at least one contribution and the
 *       beacon at the end
 *   V3  the circuits compiled here are those of the transcript
 *   V4  the initial keys made here are those of the transcript
 *   V5  each proving key came from the initial one by exactly the rounds of the transcript
 *   V6  each verification key is the proving key's, and sound
 *   V7  all share alpha, beta and gamma (folded verification relies on it); no delta occurs twice
 *   V8  none is a development key
 *   V9  where asked, the base chain's active keys are these
 *
 * @throws {KeysNotVerifiedError} and what the single checks throw.
 */
export async function verifyKeys({
  directories,
  ptauPath,
  registered,
  domainPositionOf = () => -1,
  workspace = defaultCeremonyWorkspace,
  onProgress = () => {},
}: VerifyKeysParameters): Promise<VerifiedKeys> {
  const finished = directories.map(readFinishedKeys)
  const [first] = finished
  if (first === undefined) throw new RangeError('no directory to verify')
  // What is cheap comes first; the order is no part of what is shown.
  checkTogether(finished)
  const compared =
    registered === undefined ? [] : checkRegistered(finished, registered, domainPositionOf)
  for (const { transcript } of finished) await checkPtauIs(ptauPath, transcript.ptau)
  if (!isPtauImported(first.transcript.ptau.hash, workspace)) {
    await importPtau(ptauPath, { workspace, onProgress })
  }
  for (const keys of finished) await verifyCeremony(keys, { ptauPath, workspace, onProgress })
  return {
    ptau: first.transcript.ptau,
    ceremonies: finished.map(({ transcript }) => ({
      transcriptHash: hashTranscript(transcript),
      contributors: transcript.rounds
        .filter(({ kind }) => kind === 'contribution')
        .map(({ name }) => name),
      beacon: transcript.rounds.at(-1)!.beacon!,
      circuits: transcript.circuits.map(({ name, circuitHash }) => ({
        name,
        circuitHash,
        verificationKeyHash: transcript.verificationKeys![name]!,
      })),
    })),
    registered: compared,
    inSunset: registered?.inSunset ?? [],
  }
}

async function verifyCeremony(
  { directory, transcript, verificationKeys }: FinishedKeys,
  {
    ptauPath,
    workspace,
    onProgress,
  }: { ptauPath: string; workspace: CeremonyWorkspace; onProgress: Progress },
): Promise<void> {
  const names = transcript.circuits.map(({ name }) => name)
  const located = await buildCircuits({ names, workspace: workspace.circuits, onProgress })
  const temporary = await mkdtemp(join(tmpdir(), 'cinnabar-verify-'))
  try {
    for (const [index, circuit] of located.entries()) {
      const start = transcript.circuits[index]!
      const { name } = circuit
      checkSame('V3', start, { circuitHash: circuit.hash }, name)
      const initialPath = join(temporary, keyFile(name))
      await makeInitialKey(circuit, ptauPath, initialPath, onProgress)
      checkSame('V4', start, await describeStart(circuit, initialPath), name)
      const path = join(directory, keyFile(name))
      const { rounds } = transcript
      await checkFileHash(path, rounds.at(-1)!.keys[name]!.file)
      await checkKey({ circuit: name, path, rounds, initialPath, ptauPath, onProgress })
      const key = verificationKeys[name]!
      if (canonicalJson(await exportVerificationKey(path)) !== canonicalJson(key)) {
        throw new KeysNotVerifiedError({
          check: 'V6',
          reason: `the verification key of ${name} is not the proving key's`,
        })
      }
      await checkVerificationKey(key, { publicSignals: start.publicSignals })
      // Gigabytes, for the larger circuits.
      await rm(initialPath)
      onProgress(`${name}: verified`)
    }
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/** @throws {KeysNotVerifiedError} naming what of a circuit differs from the sources here. */
function checkSame(
  check: string,
  stated: CircuitStart,
  made: Partial<CircuitStart>,
  circuit: string,
): void {
  for (const [part, value] of Object.entries(made)) {
    const expected = stated[part as keyof CircuitStart]
    if (expected === value) continue
    throw new KeysNotVerifiedError({
      check,
      reason: `${circuit} was set up with other sources, another compiler or other powers of tau`,
      facts: [
        `${part} in the transcript: ${String(expected)}`,
        `${part} made here:         ${String(value)}`,
        'Check out the version that the transcript was made with, and `npm ci`.',
      ],
    })
  }
}

function checkTogether(finished: readonly FinishedKeys[]): void {
  const keys = finished.flatMap(({ verificationKeys }) => Object.entries(verificationKeys))
  const [, first] = keys[0]!
  const deltas = new Set<string>()
  for (const [name, key] of keys) {
    for (const part of ['vk_alpha_1', 'vk_beta_2', 'vk_gamma_2'] as const) {
      if (JSON.stringify(key[part]) !== JSON.stringify(first[part])) {
        throw new KeysNotVerifiedError({ check: 'V7', reason: `${name} has another ${part}` })
      }
    }
    const delta = JSON.stringify(key.vk_delta_2)
    if (deltas.has(delta)) {
      throw new KeysNotVerifiedError({ check: 'V7', reason: `${name} has another key's delta` })
    }
    deltas.add(delta)
    if (isDevelopmentKey(key)) {
      throw new KeysNotVerifiedError({ check: 'V8', reason: `${name} has a development key` })
    }
  }
}

/** @returns the circuits that were compared: those of the keys. @throws {KeysNotVerifiedError} */
function checkRegistered(
  finished: readonly FinishedKeys[],
  { domain, common, blobs }: RegisteredKeys,
  domainPositionOf: (circuit: string) => number,
): string[] {
  const keys = finished.flatMap(({ verificationKeys }) => Object.entries(verificationKeys))
  for (const [name, key] of keys) {
    const fail = (reason: string): never => {
      throw new KeysNotVerifiedError({ check: 'V9', reason: `on the base chain, ${reason}` })
    }
    if (commonWords(key).join() !== common.join()) fail('alpha, beta or gamma are others')
    const blob = blobs[name]
    if (blob === undefined) return fail(`${name} has no active key that may be used now`)
    if (registeredWords(key, domain, domainPositionOf(name)).join() !== blob.join()) {
      fail(`the active key of ${name} is another`)
    }
  }
  const known = keys.map(([name]) => name)
  const unknown = Object.keys(blobs).filter(
    (name) => blobs[name] !== undefined && !known.includes(name),
  )
  if (unknown.length > 0) {
    throw new KeysNotVerifiedError({
      check: 'V9',
      reason: `on the base chain, ${unknown.join(', ')} has a key that was not given to verify`,
      facts: ['Name the directories of all ceremonies whose keys the deployment uses.'],
    })
  }
  return known
}
