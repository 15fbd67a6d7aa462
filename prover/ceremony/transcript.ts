import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'

import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

import { CeremonyFileError, TranscriptError } from './errors.ts'
import { hashText } from './files.ts'

export const TRANSCRIPT_FORMAT = 'cinnabar ceremony 1'
export const TRANSCRIPT_FILE = 'transcript.json'
export const ATTESTATION_FILE = 'attestation.json'

/** 2^10 is snarkjs' least; above 2^24 a verifier would wait for hours. */
export const MIN_BEACON_ITERATIONS = 10
export const MAX_BEACON_ITERATIONS = 24

/** BLAKE2b, 64 bytes. */
const Hash = Type.String({ pattern: '^[0-9a-f]{128}$' })
const CircuitName = Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$' })
const Count = Type.Integer({ minimum: 0 })
const strict = { additionalProperties: false }

const CircuitStartSchema = Type.Object(
  {
    name: CircuitName,
    /** Of all sources, the compiler and its flags: what keys are found by. */
    circuitHash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** Of the compiled constraints. */
    constraintsHash: Hash,
    constraints: Count,
    publicSignals: Count,
    /** The key's domain has 2^power rows. */
    power: Count,
    /** Of the key that phase 2 starts from, which follows from the constraints and phase 1. */
    initialKey: Hash,
  },
  strict,
)
export type CircuitStart = Static<typeof CircuitStartSchema>

const BeaconSchema = Type.Object(
  {
    hash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** SHA-256 is applied 2^iterations times. */
    iterations: Type.Integer({ minimum: MIN_BEACON_ITERATIONS, maximum: MAX_BEACON_ITERATIONS }),
    /** What the hash is, said before it was known: a block number, a round of a beacon. */
    source: Type.String({ minLength: 1, maxLength: 500 }),
  },
  strict,
)
export type Beacon = Static<typeof BeaconSchema>

const RoundSchema = Type.Object(
  {
    round: Type.Integer({ minimum: 1 }),
    kind: Type.Union([Type.Literal('contribution'), Type.Literal('beacon')]),
    name: Type.String({ minLength: 1, maxLength: 64 }),
    /** Hash of the transcript before this round. */
    follows: Hash,
    keys: Type.Record(
      CircuitName,
      Type.Object(
        {
          /** snarkjs' contribution hash. */
          contribution: Hash,
          /** Of the proving key's file after this round. */
          file: Hash,
        },
        strict,
      ),
    ),
    beacon: Type.Optional(BeaconSchema),
    /** Hash of all the above. */
    hash: Hash,
  },
  strict,
)
/** One round, as whoever made it attests it. */
export type Round = Static<typeof RoundSchema>

const TranscriptSchema = Type.Object(
  {
    format: Type.Literal(TRANSCRIPT_FORMAT),
    ptau: Type.Object(
      {
        hash: Hash,
        bytes: Count,
        power: Count,
        contributions: Count,
        published: Type.Union([Type.String({ maxLength: 100 }), Type.Null()]),
      },
      strict,
    ),
    circuits: Type.Array(CircuitStartSchema, { minItems: 1 }),
    rounds: Type.Array(RoundSchema),
    /** When it is finished: SHA-256 over each verification key's points. */
    verificationKeys: Type.Optional(
      Type.Record(CircuitName, Type.String({ pattern: '^[0-9a-f]{64}$' })),
    ),
  },
  strict,
)
/** All that is public of a ceremony. */
export type Transcript = Static<typeof TranscriptSchema>

/** The one text of a value: keys sorted, two spaces, a line feed at the end. */
export function canonicalJson(value: unknown): string {
  const sorted = (_: string, each: unknown): unknown =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each
  return `${JSON.stringify(value, sorted, 2)}\n`
}

/** What a next round follows: everything but the keys that were exported at the end. */
export function hashTranscript({ verificationKeys: _, ...transcript }: Transcript): string {
  return hashText(canonicalJson(transcript))
}

/** Completes a round with its own hash. */
export function sealRound(round: Omit<Round, 'hash'>): Round {
  return { ...round, hash: hashText(canonicalJson(round)) }
}

/** Hash that a round should carry. */
function hashRound({ hash: _, ...round }: Round): string {
  return hashText(canonicalJson(round))
}

export function isClosed({ rounds }: Transcript): boolean {
  return rounds.at(-1)?.kind === 'beacon'
}

/**
 * Reads a transcript and checks all that can be checked without the keys: its form, that each round
 * follows the one before, and that nothing follows a beacon.
 *
 * @throws {CeremonyFileError | TranscriptError}
 */
export function readTranscript(path: string): Transcript {
  const value = readCanonical(path)
  if (!Value.Check(TranscriptSchema, value)) {
    throw new TranscriptError({ path, reason: firstFault(TranscriptSchema, value) })
  }
  const fail = (reason: string): never => {
    throw new TranscriptError({ path, reason })
  }
  const names = value.circuits.map(({ name }) => name)
  if (new Set(names).size !== names.length) fail('it names a circuit twice')
  for (const [index, round] of value.rounds.entries()) {
    const { verificationKeys: _, ...whole } = value
    const before = { ...whole, rounds: value.rounds.slice(0, index) }
    const place = `round ${index + 1}`
    if (round.round !== index + 1) fail(`${place} has another number`)
    if (round.follows !== hashTranscript(before)) fail(`${place} does not follow the one before`)
    if (round.hash !== hashRound(round)) fail(`${place} has a hash that is not its own`)
    if (!haveSameNames(round.keys, names)) fail(`${place} has not one key a circuit`)
    if ((round.kind === 'beacon') !== (round.beacon !== undefined)) fail(`${place} is of no kind`)
    if (isClosed(before)) fail(`${place} follows the beacon`)
  }
  if (value.verificationKeys !== undefined && !haveSameNames(value.verificationKeys, names)) {
    fail('it has not one verification key a circuit')
  }
  return value
}

/** Reads what a contributor sends beside the keys. @throws {CeremonyFileError | TranscriptError} */
export function readAttestation(path: string): Round {
  const value = readCanonical(path)
  if (!Value.Check(RoundSchema, value)) {
    throw new TranscriptError({ path, reason: firstFault(RoundSchema, value) })
  }
  if (value.hash !== hashRound(value)) {
    throw new TranscriptError({ path, reason: 'the attestation has a hash that is not its own' })
  }
  return value
}

/** Replaces a transcript whole or not at all. */
export async function writeTranscript(path: string, transcript: Transcript): Promise<void> {
  await writeFile(`${path}.new`, canonicalJson(transcript))
  await rename(`${path}.new`, path)
}

function readCanonical(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new CeremonyFileError({ path, reason: 'it cannot be read', cause })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new CeremonyFileError({ path, reason: 'it is no JSON, or cut short', cause })
  }
  // One text for one content: otherwise two readers of one hash could see different things (a key twice).
  if (canonicalJson(value) !== text) {
    throw new TranscriptError({ path, reason: 'it is not in its canonical form' })
  }
  return value
}

function firstFault(schema: typeof TranscriptSchema | typeof RoundSchema, value: unknown): string {
  const fault = Value.Errors(schema, value).First()
  return `${fault?.path ?? '/'} is not as it should be`
}

function haveSameNames(record: Record<string, unknown>, names: readonly string[]): boolean {
  const own = Object.keys(record)
  return own.length === names.length && names.every((name) => Object.hasOwn(record, name))
}
