import { zKey } from 'snarkjs'

import { CurveProgram } from '../curveProgram.ts'
import { curveModule } from '../curveModule.ts'
import { checkContributions, isCanonical } from './checkContributions.ts'
import { ContributionError } from './errors.ts'
import type { ContributionFault } from './errors.ts'
import { SectionFile, viewOf } from './files.ts'
import { readKeyRecord } from './keyRecord.ts'
import { closingFiles } from './closingFiles.ts'
import { snarkjsProgress } from './snarkjsProgress.ts'
import type { Progress } from './snarkjsProgress.ts'
import type { Round } from './transcript.ts'

const G1_BYTES = 64
/** Points at once: 4 MiB of them. */
const CHUNK = 65_536
/** The highest 32 bits of BN254's base field order. */
const HIGHEST_WORD = 0x30644e72
/** The sections of a key that contributions change; the others are compared with the initial key's. */
const CHANGED_SECTIONS = [8, 9]

export type CheckKeyParameters = {
  readonly circuit: string
  readonly path: string
  /** The rounds that this key went through, in order. */
  readonly rounds: readonly Pick<Round, 'name' | 'keys' | 'beacon'>[]
  /** The key that phase 2 started from. */
  readonly initialPath: string
  readonly ptauPath: string
  readonly onProgress?: Progress
}

/**
 * Checks that a proving key came out of the initial one by exactly these rounds: the recorded
 * contributions and their order by ourselves, and all of the key's points by snarkjs.
 *
 * @throws {CeremonyFileError | ContributionError}
 */
export async function checkKey({
  circuit,
  path,
  rounds,
  initialPath,
  ptauPath,
  onProgress = () => {},
}: CheckKeyParameters): Promise<void> {
  const refuse = (fault: ContributionFault, detail: string): never => {
    throw new ContributionError({ fault, circuit, detail })
  }
  const key = readKeyRecord(path)
  const initial = readKeyRecord(initialPath)
  if (
    !isEqual(key.circuitHash, initial.circuitHash) ||
    key.wires !== initial.wires ||
    key.publicSignals !== initial.publicSignals ||
    key.domainSize !== initial.domainSize
  ) {
    refuse('CIRCUIT', `its circuit's hash is ${hex(key.circuitHash).slice(0, 16)}…`)
  }
  for (const part of ['alpha1', 'beta1', 'beta2', 'gamma2'] as const) {
    if (!isEqual(key[part], initial[part])) refuse('KEY', `another ${part.slice(0, -1)}`)
  }
  const { contributions } = key
  if (contributions.length !== rounds.length) {
    refuse('ORDER', `${contributions.length} contributions instead of ${rounds.length}`)
  }
  onProgress(`${circuit}: checking ${rounds.length} contributions`)
  const hashes = await checkContributions(key, circuit)
  for (const [index, { name, keys, beacon }] of rounds.entries()) {
    const recorded = contributions[index]!
    const place = `contribution ${index + 1}`
    if (hashes[index] !== keys[circuit]?.contribution) refuse('ORDER', place)
    if (recorded.name !== name) refuse('ATTESTATION', `${place} has another name`)
    const isSameBeacon =
      beacon === undefined
        ? recorded.beacon === undefined
        : recorded.beacon !== undefined &&
          recorded.beacon.iterations === beacon.iterations &&
          hex(recorded.beacon.hash) === beacon.hash
    if (!isSameBeacon) refuse('BEACON', place)
  }
  onProgress(`${circuit}: checking the key's points`)
  await checkPoints(path, circuit)
  const logger = snarkjsProgress(circuit, onProgress)
  const isValid = await closingFiles([initialPath, ptauPath, path], () =>
    zKey.verifyFromInit(initialPath, ptauPath, path, logger),
  )
  if (!isValid) refuse('KEY', logger.errors[0] ?? 'snarkjs refuses it')
}

/**
 * Every point that contributions changed is on the curve in its one encoding. snarkjs' check is a random
 * sum, whose formulas do not notice a point of another curve by themselves.
 */
async function checkPoints(path: string, circuit: string): Promise<void> {
  const { module } = await curveModule()
  const program = await CurveProgram.run(module)
  const isOnCurve = program.functionNamed('g1m_inCurveAffine')
  const memory = program.reserve(CHUNK * G1_BYTES)
  const file = SectionFile.open(path, 'zkey')
  try {
    for (const id of CHANGED_SECTIONS) {
      const length = file.lengthOf(id)
      for (let start = 0; start < length; start += CHUNK * G1_BYTES) {
        const points = file.read(id, start, Math.min(CHUNK * G1_BYTES, length - start))
        const words = viewOf(points)
        program.write(memory, points)
        for (let at = 0; at < points.length; at += G1_BYTES) {
          const isHigh =
            words.getUint32(at + 28, true) >= HIGHEST_WORD ||
            words.getUint32(at + 60, true) >= HIGHEST_WORD
          const point = points.subarray(at, at + G1_BYTES)
          const isFine =
            (!isHigh || isCanonical(point)) &&
            // A wire that is in no constraint has the identity.
            (isOnCurve(memory + at) === 1 || point.every((byte) => byte === 0))
          if (!isFine) {
            const index = (start + at) / G1_BYTES
            throw new ContributionError({
              fault: 'POINT',
              circuit,
              detail: `point ${index} of section ${id}`,
            })
          }
        }
      }
    }
  } finally {
    file.close()
  }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
