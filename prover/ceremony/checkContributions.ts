import { createHash } from 'node:crypto'

import { buildBn128, ChaCha } from 'ffjavascript'
import type { Curve } from 'ffjavascript'

import { BASE_FIELD_ORDER } from '../proof.ts'
import { openVerificationEngine } from '../verificationEngine.ts'
import { ContributionError } from './errors.ts'
import type { ContributionFault } from './errors.ts'
import { viewOf } from './files.ts'
import type { KeyRecord, RecordedContribution } from './keyRecord.ts'
import { MAX_BEACON_ITERATIONS, MIN_BEACON_ITERATIONS } from './transcript.ts'

type Bytes = Uint8Array

const G1_BYTES = 64
const G2_BYTES = 128
const COORDINATE_BYTES = 32
/** Seeds of ChaCha: eight words. */
const SEED_WORDS = 8

/**
 * Checks the history that a proving key records: every contribution proves that its maker knew the secret,
 * follows the one before, and changes the key; delta is what comes out; a beacon's secret is the one that its
 * hash gives. A second implementation beside snarkjs' own: it names the fault, checks that points are on
 * their curves and in their subgroups, and refuses secrets of one, which snarkjs does not.
 *
 * Source: Bowe, Gabizon, Miers, Scalable Multi-party Computation for zk-SNARK Parameters in the Random
 * Beacon Model (2017), §5 and §6; the encoding is snarkjs 0.7's.
 *
 * @returns each contribution's hash as hex, which is what contributors publish.
 * @throws {ContributionError}
 */
export async function checkContributions(key: KeyRecord, circuit: string): Promise<string[]> {
  const curve = await buildBn128()
  const engine = await openVerificationEngine()
  const { G1, G2, Fr } = curve
  const refuse = (fault: ContributionFault, detail: string): never => {
    throw new ContributionError({ fault, circuit, detail })
  }
  const checkG1 = (point: Bytes, what: string): void => {
    const [x, y] = G1.toObject(point) as [bigint, bigint]
    if (!isCanonical(point) || !engine.isG1Point({ x, y })) refuse('POINT', what)
  }
  const checkG2 = (point: Bytes, what: string): void => {
    const [x, y] = (G2.toObject(point) as [bigint, bigint][]).map(([real, imaginary]) => ({
      real,
      imaginary,
    }))
    if (!isCanonical(point) || !engine.isG2Point({ x: x!, y: y! })) refuse('POINT', what)
  }
  /** one·k = other for the k for which one2·k = other2. */
  const haveSameRatio = (one: Bytes, other: Bytes, one2: Bytes, other2: Bytes): Promise<boolean> =>
    curve.pairingEq(one, other2, G1.neg(other), one2)

  const hashes: string[] = []
  const accumulated = createHash('blake2b512').update(key.circuitHash)
  let delta: Bytes = G1.toAffine(G1.g)
  for (const [index, contribution] of key.contributions.entries()) {
    const { deltaAfter, g1s, g1sx, g2spx, transcript, beacon } = contribution
    const place = `contribution ${index + 1}`
    for (const point of [deltaAfter, g1s, g1sx]) checkG1(point, place)
    checkG2(g2spx, place)
    const challenge = accumulated.copy().update(uncompressed(curve, g1s))
    challenge.update(uncompressed(curve, g1sx))
    if (!challenge.digest().equals(transcript)) refuse('ORDER', `${place}: another history`)
    const g2s = G2.toAffine(pointOfHash(curve, transcript))
    if (!(await haveSameRatio(g1s, g1sx, g2s, g2spx))) refuse('PROOF', place)
    if (!(await haveSameRatio(delta, deltaAfter, g2s, g2spx))) refuse('KEY', place)
    if (G1.eq(g1s, g1sx)) refuse('IDENTITY', place)
    if (beacon !== undefined) {
      if (beacon.iterations < MIN_BEACON_ITERATIONS || beacon.iterations > MAX_BEACON_ITERATIONS) {
        refuse('BEACON', `${place}: 2^${beacon.iterations} iterations`)
      }
      const rng = new ChaCha(wordsOf(stretch(beacon.hash, beacon.iterations)))
      const secret = Fr.fromRng(rng)
      const point = G1.fromRng(rng)
      if (!G1.eq(G1.toAffine(point), g1s) || !G1.eq(G1.timesFr(point, secret), g1sx)) {
        refuse('BEACON', place)
      }
    }
    const published = publicPart(curve, contribution)
    for (const part of published) accumulated.update(part)
    const own = createHash('blake2b512')
    for (const part of published) own.update(part)
    hashes.push(own.digest('hex'))
    delta = deltaAfter
  }
  if (!G1.eq(key.delta1, delta)) refuse('KEY', 'delta in G1')
  checkG2(key.delta2, 'delta in G2')
  if (!(await haveSameRatio(G1.toAffine(G1.g), delta, G2.toAffine(G2.g), key.delta2))) {
    refuse('KEY', 'delta in G2')
  }
  return hashes
}

/** A beacon's secret comes from 2^iterations times SHA-256, so that whoever could choose it pays for each try. */
function stretch(hash: Bytes, iterations: number): Bytes {
  let current: Buffer = Buffer.from(hash)
  for (let count = 2 ** iterations; count > 0; count--) {
    current = createHash('sha256').update(current).digest()
  }
  return current
}

/** The point of G2 that a hash determines and of which nobody knows a logarithm. */
function pointOfHash({ G2 }: Curve, hash: Bytes): Bytes {
  return G2.fromRng(new ChaCha(wordsOf(hash)))
}

/** Each coordinate has one encoding, so that equal points have equal hashes. */
export function isCanonical(point: Bytes): boolean {
  for (let at = 0; at < point.length; at += COORDINATE_BYTES) {
    const coordinate = point.subarray(at, at + COORDINATE_BYTES)
    const value = coordinate.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
    if (value >= BASE_FIELD_ORDER) return false
  }
  return true
}

function wordsOf(hash: Bytes): number[] {
  const view = viewOf(hash)
  return Array.from({ length: SEED_WORDS }, (_, index) => view.getUint32(index * 4))
}

/** What of a contribution is hashed, as it is hashed. */
function publicPart(curve: Curve, contribution: RecordedContribution): Bytes[] {
  const { deltaAfter, g1s, g1sx, g2spx, transcript } = contribution
  const g2 = new Uint8Array(G2_BYTES)
  curve.G2.toRprUncompressed(g2, 0, g2spx)
  return [...[deltaAfter, g1s, g1sx].map((point) => uncompressed(curve, point)), g2, transcript]
}

function uncompressed({ G1 }: Curve, point: Bytes): Bytes {
  const bytes = new Uint8Array(G1_BYTES)
  G1.toRprUncompressed(bytes, 0, point)
  return bytes
}
