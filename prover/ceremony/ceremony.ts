import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { zKey } from 'snarkjs'

import { buildCircuits } from '../../circuits/build.ts'
import type { LocatedCircuit } from '../../circuits/locateCircuit.ts'
import { checkVerificationKey } from '../checkVerificationKey.ts'
import { hashVerificationKey } from '../verificationKey.ts'
import type { VerificationKey } from '../verificationKey.ts'
import { checkKey } from './checkKey.ts'
import {
  CeremonyArgumentError,
  CeremonyFileError,
  CeremonyStateError,
  ContributionError,
  PtauError,
} from './errors.ts'
import { checkFileHash, hashFile, makeDirectory } from './files.ts'
import { checkPtauImported, checkPtauIs, defaultCeremonyWorkspace } from './importPtau.ts'
import type { CeremonyWorkspace } from './importPtau.ts'
import { readKeyRecord } from './keyRecord.ts'
import { keyFile, verificationKeyFile } from './finishedKeys.ts'
import { powerOf } from './powersNeeded.ts'
import { closingFiles } from './closingFiles.ts'
import { snarkjsProgress } from './snarkjsProgress.ts'
import type { Progress } from './snarkjsProgress.ts'
import {
  ATTESTATION_FILE,
  MAX_BEACON_ITERATIONS,
  MIN_BEACON_ITERATIONS,
  TRANSCRIPT_FILE,
  TRANSCRIPT_FORMAT,
  canonicalJson,
  hashTranscript,
  isClosed,
  readAttestation,
  readTranscript,
  sealRound,
  writeTranscript,
} from './transcript.ts'
import type { Beacon, CircuitStart, Round, Transcript } from './transcript.ts'

/** Name of the beacon's round. */
const BEACON_NAME = 'beacon'
const BEACON_HASH_BYTES = 32
const NAME_LENGTH = 64

export type BeginParameters = {
  readonly circuits: readonly string[]
  readonly ptauPath: string
  /** Made here: the coordinator's directory. */
  readonly directory: string
  readonly workspace?: CeremonyWorkspace
  readonly onProgress?: Progress
}

/**
 * Starts phase 2 for some circuits: compiles them from the sources and makes the keys from which anybody with
 * the same sources and the same powers of tau gets the same files.
 *
 * @throws {PtauError | CeremonyOutputError} and what `buildCircuits` throws.
 */
export async function beginCeremony({
  circuits,
  ptauPath,
  directory,
  workspace = defaultCeremonyWorkspace,
  onProgress = () => {},
}: BeginParameters): Promise<Transcript> {
  const ptau = await checkPtauImported(ptauPath, workspace)
  const names = [...new Set(circuits)]
  const located = await buildCircuits({ names, workspace: workspace.circuits, onProgress })
  for (const circuit of located) checkPower(circuit, ptau.power, ptauPath)
  let transcript: Transcript | undefined
  await makeDirectory(directory, async (temporary) => {
    const round = join(temporary, roundName(0))
    await mkdir(round)
    const starts: CircuitStart[] = []
    for (const circuit of located) {
      const path = join(round, keyFile(circuit.name))
      await makeInitialKey(circuit, ptauPath, path, onProgress)
      starts.push(await describeStart(circuit, path))
    }
    transcript = { format: TRANSCRIPT_FORMAT, ptau, circuits: starts, rounds: [] }
    await writeTranscript(join(round, TRANSCRIPT_FILE), transcript)
    await writeTranscript(join(temporary, TRANSCRIPT_FILE), transcript)
  })
  return transcript!
}

/** The key that phase 2 of a compiled circuit starts from. */
export async function makeInitialKey(
  circuit: LocatedCircuit,
  ptauPath: string,
  path: string,
  onProgress: Progress,
): Promise<void> {
  onProgress(`${circuit.name}: making the initial key`)
  const logger = snarkjsProgress(circuit.name, onProgress)
  const { r1csPath } = circuit
  const result = await closingFiles([r1csPath, ptauPath, path], () =>
    zKey.newZKey(r1csPath, ptauPath, path, logger),
  )
  if (result === -1) {
    throw new CeremonyFileError({
      path: circuit.r1csPath,
      reason: logger.errors[0] ?? 'no key can be made of it',
    })
  }
}

/** What a transcript says of a circuit whose initial key is at `path`. */
export async function describeStart(circuit: LocatedCircuit, path: string): Promise<CircuitStart> {
  const { constraints, publicInputs, publicOutputs } = circuit.info
  const { domainSize } = readKeyRecord(path)
  return {
    name: circuit.name,
    circuitHash: circuit.hash,
    constraintsHash: await hashFile(circuit.r1csPath),
    constraints,
    publicSignals: publicInputs + publicOutputs,
    power: Math.log2(domainSize),
    initialKey: await hashFile(path),
  }
}

function checkPower(circuit: LocatedCircuit, power: number, path: string): void {
  const needed = powerOf(circuit.info)
  if (needed <= power) return
  throw new PtauError({
    path,
    code: 'PTAU_TOO_SMALL',
    reason: `${circuit.name} needs 2^${needed} of them and there are 2^${power}`,
    remedy: `Import a file of power ${needed} or more.`,
  })
}

export type ContributeParameters = {
  /** A round's directory, as the coordinator sent it. */
  readonly input: string
  /** Made here: what goes back to the coordinator. */
  readonly output: string
  /** Public, for ever. */
  readonly name: string
  /** Typed by the contributor, beside what the operating system gives. Never stored or shown. */
  readonly extraEntropy?: string
  readonly onProgress?: Progress
}

/**
 * Contributes to all circuits of a ceremony with a secret of its own each, which exists in this process' memory
 * alone. One contributor who forgets it is enough for everybody.
 *
 * @returns the attestation, whose hash the contributor publishes.
 * @throws {CeremonyArgumentError | CeremonyFileError | CeremonyFileHashError | TranscriptError}
 * @throws {CeremonyStateError | CeremonyOutputError}
 */
export async function contribute({
  input,
  output,
  name,
  extraEntropy = '',
  onProgress = () => {},
}: ContributeParameters): Promise<Round> {
  checkName(name)
  return makeRound({ input, output, kind: 'contribution', name, onProgress }, (old, path, logger) =>
    // snarkjs draws 64 bytes from the operating system too and mixes these in.
    zKey.contribute(old, path, name, randomBytes(64).toString('hex') + extraEntropy, logger),
  )
}

type RoundParameters = {
  input: string
  output: string
  kind: Round['kind']
  name: string
  beacon?: Beacon
  onProgress: Progress
}

/** Makes the next round's keys and attestation beside each other. */
async function makeRound(
  { input, output, kind, name, beacon, onProgress }: RoundParameters,
  makeKey: (
    old: string,
    path: string,
    logger: ReturnType<typeof snarkjsProgress>,
  ) => Promise<Uint8Array | false>,
): Promise<Round> {
  const transcript = await readRound(input)
  if (isClosed(transcript)) throw closedError()
  let round: Round | undefined
  await makeDirectory(output, async (temporary) => {
    const keys: Round['keys'] = {}
    for (const { name: circuit } of transcript.circuits) {
      onProgress(`${circuit}: ${kind === 'beacon' ? 'applying the beacon' : 'contributing'}`)
      const path = join(temporary, keyFile(circuit))
      const old = join(input, keyFile(circuit))
      const hash = await closingFiles([old, path], () =>
        makeKey(old, path, snarkjsProgress(circuit, onProgress)),
      )
      if (hash === false)
        throw new CeremonyArgumentError({ what: 'beacon', reason: 'snarkjs refuses it' })
      keys[circuit] = {
        contribution: Buffer.from(hash).toString('hex'),
        file: await hashFile(path),
      }
    }
    round = sealRound({
      round: transcript.rounds.length + 1,
      kind,
      name,
      follows: hashTranscript(transcript),
      keys,
      ...(beacon === undefined ? {} : { beacon }),
    })
    await writeFile(join(temporary, ATTESTATION_FILE), canonicalJson(round))
  })
  return round!
}

/** A round's directory whole: its transcript and the keys that the transcript names last. */
async function readRound(directory: string): Promise<Transcript> {
  const transcript = readTranscript(join(directory, TRANSCRIPT_FILE))
  const last = transcript.rounds.at(-1)
  for (const { name, initialKey } of transcript.circuits) {
    await checkFileHash(join(directory, keyFile(name)), last?.keys[name]?.file ?? initialKey)
  }
  return transcript
}

export type AcceptParameters = {
  /** The coordinator's directory. */
  readonly directory: string
  /** What a contributor sent. */
  readonly contribution: string
  readonly ptauPath: string
  readonly onProgress?: Progress
}

/**
 * Checks a contribution in full and makes it the ceremony's last round.
 *
 * @throws {ContributionError} with the reason.
 * @throws {CeremonyFileError | CeremonyFileHashError | TranscriptError | CeremonyStateError | PtauError}
 */
export async function acceptContribution({
  directory,
  contribution,
  ptauPath,
  onProgress = () => {},
}: AcceptParameters): Promise<Transcript> {
  const attestation = readAttestation(join(contribution, ATTESTATION_FILE))
  if (attestation.kind !== 'contribution' || attestation.beacon !== undefined) {
    throw new ContributionError({ fault: 'ATTESTATION', detail: 'it attests a beacon' })
  }
  return appendRound({ directory, contribution, ptauPath, attestation, onProgress })
}

async function appendRound({
  directory,
  contribution,
  ptauPath,
  attestation,
  onProgress,
}: Required<AcceptParameters> & { attestation: Round }): Promise<Transcript> {
  const transcript = readTranscript(join(directory, TRANSCRIPT_FILE))
  if (isClosed(transcript)) throw closedError()
  checkFollows(transcript, attestation)
  await checkPtauIs(ptauPath, transcript.ptau)
  const names = transcript.circuits.map(({ name }) => name)
  if (names.length !== Object.keys(attestation.keys).length) {
    throw new ContributionError({ fault: 'ATTESTATION', detail: 'it has not one key a circuit' })
  }
  const rounds = [...transcript.rounds, attestation]
  for (const circuit of names) {
    const path = join(contribution, keyFile(circuit))
    const attested = attestation.keys[circuit]
    if (attested === undefined) {
      throw new ContributionError({ fault: 'ATTESTATION', circuit, detail: 'no key for it' })
    }
    await checkFileHash(path, attested.file)
    const initialPath = join(directory, roundName(0), keyFile(circuit))
    await checkKey({ circuit, path, rounds, initialPath, ptauPath, onProgress })
  }
  const next: Transcript = { ...transcript, rounds }
  const target = join(directory, roundName(rounds.length))
  // Left by a process that ended before the transcript named it.
  await rm(target, { recursive: true, force: true })
  await makeDirectory(target, async (temporary) => {
    for (const circuit of names) {
      const copy = join(temporary, keyFile(circuit))
      await copyFile(join(contribution, keyFile(circuit)), copy)
      // What was checked and what is kept are the same even if the sender still writes.
      await checkFileHash(copy, attestation.keys[circuit]!.file)
    }
    await writeTranscript(join(temporary, TRANSCRIPT_FILE), next)
  })
  await writeTranscript(join(directory, TRANSCRIPT_FILE), next)
  return next
}

/** @throws {ContributionError} saying what else the attestation follows. */
function checkFollows(transcript: Transcript, { follows, hash, round }: Round): void {
  if (follows === hashTranscript(transcript)) return
  if (transcript.rounds.some((taken) => taken.hash === hash)) {
    throw new ContributionError({ fault: 'REPLAYED', detail: `round ${round}` })
  }
  const isEarlier = transcript.rounds.some((taken) => taken.follows === follows)
  throw new ContributionError({ fault: isEarlier ? 'STALE' : 'FOREIGN', detail: `round ${round}` })
}

export type BeaconParameters = {
  readonly directory: string
  readonly ptauPath: string
  readonly beacon: Beacon
  readonly onProgress?: Progress
}

/**
 * Closes the ceremony with a public random value that nobody could know before the last contribution.
 *
 * @throws {CeremonyArgumentError | CeremonyStateError} and what `acceptContribution` throws.
 */
export async function applyBeacon({
  directory,
  ptauPath,
  beacon,
  onProgress = () => {},
}: BeaconParameters): Promise<Transcript> {
  const { hash, iterations, source } = beacon
  const checked: Beacon = { hash: hash.toLowerCase().replace(/^0x/, ''), iterations, source }
  if (!new RegExp(`^[0-9a-f]{${2 * BEACON_HASH_BYTES}}$`).test(checked.hash)) {
    throw new CeremonyArgumentError({ what: 'beacon', reason: 'its hash has not 64 hex digits' })
  }
  if (
    !Number.isInteger(iterations) ||
    iterations < MIN_BEACON_ITERATIONS ||
    iterations > MAX_BEACON_ITERATIONS
  ) {
    throw new CeremonyArgumentError({
      what: 'beacon',
      reason: `2^${iterations} iterations are not between 2^${MIN_BEACON_ITERATIONS} and 2^${MAX_BEACON_ITERATIONS}`,
    })
  }
  if (source.trim() === '' || source.length > 500) {
    throw new CeremonyArgumentError({ what: 'beacon', reason: 'its source is not stated' })
  }
  const transcript = readTranscript(join(directory, TRANSCRIPT_FILE))
  if (isClosed(transcript)) throw closedError()
  if (transcript.rounds.length === 0) {
    throw new CeremonyStateError({
      reason: 'nobody contributed yet, so that everybody would know the secret',
      remedy:
        'Take at least one contribution with `setup accept`, better several of people who do not trust each other.',
    })
  }
  const input = join(directory, roundName(transcript.rounds.length))
  const output = join(directory, 'beacon')
  await rm(output, { recursive: true, force: true })
  const attestation = await makeRound(
    { input, output, kind: 'beacon', name: BEACON_NAME, beacon: checked, onProgress },
    (old, path, logger) => zKey.beacon(old, path, BEACON_NAME, checked.hash, iterations, logger),
  )
  const closed = await appendRound({
    directory,
    contribution: output,
    ptauPath,
    attestation,
    onProgress,
  })
  await rm(output, { recursive: true, force: true })
  return closed
}

export type FinishParameters = {
  readonly directory: string
  /** Made here: the keys and their transcript, for publication and for `CINNABAR_KEYS`. */
  readonly output: string
  readonly onProgress?: Progress
}

/**
 * Exports the keys of a closed ceremony.
 *
 * @throws {CeremonyStateError | CeremonyOutputError | CeremonyFileHashError | VerificationKeyError}
 */
export async function finishCeremony({
  directory,
  output,
  onProgress = () => {},
}: FinishParameters): Promise<Transcript> {
  const transcript = readTranscript(join(directory, TRANSCRIPT_FILE))
  if (!isClosed(transcript)) {
    throw new CeremonyStateError({
      reason: 'it is not closed by a beacon',
      remedy: 'Run `cinnabar setup beacon` after the last contribution.',
    })
  }
  const last = join(directory, roundName(transcript.rounds.length))
  await readRound(last)
  let finished: Transcript | undefined
  await makeDirectory(output, async (temporary) => {
    const verificationKeys: Record<string, string> = {}
    for (const { name, publicSignals } of transcript.circuits) {
      onProgress(`${name}: exporting the verification key`)
      const path = join(temporary, keyFile(name))
      await copyFile(join(last, keyFile(name)), path)
      const key = await exportVerificationKey(path)
      await checkVerificationKey(key, { publicSignals })
      await writeFile(join(temporary, verificationKeyFile(name)), canonicalJson(key))
      verificationKeys[name] = hashVerificationKey(key)
    }
    finished = { ...transcript, verificationKeys }
    await writeTranscript(join(temporary, TRANSCRIPT_FILE), finished)
  })
  return finished!
}

export function exportVerificationKey(zkeyPath: string): Promise<VerificationKey> {
  return closingFiles([zkeyPath], () => zKey.exportVerificationKey(zkeyPath))
}

/** Where a ceremony stands: read from its directory alone. */
export function ceremonyStatus(directory: string): {
  transcript: Transcript
  /** The directory that the next contributor needs, where one is awaited. */
  next: string | undefined
} {
  const transcript = readTranscript(join(directory, TRANSCRIPT_FILE))
  const next = join(directory, roundName(transcript.rounds.length))
  const isOpen = !isClosed(transcript) && existsSync(next)
  return { transcript, next: isOpen ? next : undefined }
}

function roundName(round: number): string {
  return String(round).padStart(4, '0')
}

function checkName(name: string): void {
  const fail = (reason: string): never => {
    throw new CeremonyArgumentError({ what: 'name', reason })
  }
  if (name.trim() !== name || name === '') fail('it is empty or has white space at an end')
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) fail('it has control characters')
  if (name.length > NAME_LENGTH) fail(`it is longer than ${NAME_LENGTH} characters`)
  if (name === BEACON_NAME) fail('the beacon is called so')
}

function closedError(): CeremonyStateError {
  return new CeremonyStateError({
    reason: 'it is closed by its beacon',
    remedy: 'Nothing can follow. Export the keys with `cinnabar setup finish`.',
  })
}
