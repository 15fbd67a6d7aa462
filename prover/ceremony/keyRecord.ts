import { FIELD_ORDER } from '../../protocol/constants.ts'
import { BASE_FIELD_ORDER } from '../proof.ts'
import { CeremonyFileError } from './errors.ts'
import { SectionFile, viewOf } from './files.ts'

const GROTH16 = 1
const G1_BYTES = 64
const G2_BYTES = 128
const HASH_BYTES = 64
const TYPE_BEACON = 1

/** One contribution to phase 2 as a zkey file records it. Points are affine, in Montgomery form. */
export type RecordedContribution = {
  /** delta in G1 after this contribution. */
  readonly deltaAfter: Uint8Array
  /** A random point and its product with the contribution's secret. */
  readonly g1s: Uint8Array
  readonly g1sx: Uint8Array
  /** The secret's product with a point that the transcript's hash determines. */
  readonly g2spx: Uint8Array
  /** Hash over the circuit and all contributions until here. */
  readonly transcript: Uint8Array
  readonly name: string
  readonly beacon?: { readonly hash: Uint8Array; readonly iterations: number }
}

/** What a proving key says of itself: its sizes, the points that all its circuit's keys share, its history. */
export type KeyRecord = {
  readonly path: string
  readonly wires: number
  readonly publicSignals: number
  readonly domainSize: number
  readonly alpha1: Uint8Array
  readonly beta1: Uint8Array
  readonly beta2: Uint8Array
  readonly gamma2: Uint8Array
  readonly delta1: Uint8Array
  readonly delta2: Uint8Array
  /** Hash of the circuit with phase 1: what phase 2 started from. */
  readonly circuitHash: Uint8Array
  readonly contributions: readonly RecordedContribution[]
}

/**
 * Reads the parts of a Groth16 proving key over BN254 that a ceremony is about. Sizes of all sections
 * are checked; points are not (`checkContributions`).
 *
 * Format: snarkjs zkey version 1.
 *
 * @throws {CeremonyFileError}
 */
export function readKeyRecord(path: string): KeyRecord {
  const file = SectionFile.open(path, 'zkey')
  try {
    const fail = (reason: string): never => {
      throw new CeremonyFileError({ path, reason })
    }
    if (viewOf(file.read(1)).getUint32(0, true) !== GROTH16) fail('it is no Groth16 key')
    const header = new Reader(path, file.read(2))
    const [q, r] = [header.number(), header.number()]
    if (q !== BASE_FIELD_ORDER || r !== FIELD_ORDER) fail('it is for another curve')
    const sizes = {
      wires: header.word(),
      publicSignals: header.word(),
      domainSize: header.word(),
    }
    const { wires, publicSignals, domainSize } = sizes
    const points = {
      alpha1: header.bytes(G1_BYTES),
      beta1: header.bytes(G1_BYTES),
      beta2: header.bytes(G2_BYTES),
      gamma2: header.bytes(G2_BYTES),
      delta1: header.bytes(G1_BYTES),
      delta2: header.bytes(G2_BYTES),
    }
    header.end()
    const expected: [id: number, length: number][] = [
      [3, (publicSignals + 1) * G1_BYTES],
      [5, wires * G1_BYTES],
      [6, wires * G1_BYTES],
      [7, wires * G2_BYTES],
      [8, (wires - publicSignals - 1) * G1_BYTES],
      [9, domainSize * G1_BYTES],
    ]
    for (const [id, length] of expected) {
      if (file.lengthOf(id) !== length) fail(`its section ${id} has a wrong length`)
    }
    const history = new Reader(path, file.read(10))
    const circuitHash = history.bytes(HASH_BYTES)
    const contributions = Array.from({ length: history.word() }, () => readContribution(history))
    history.end()
    return { path, ...sizes, ...points, circuitHash, contributions }
  } finally {
    file.close()
  }
}

function readContribution(reader: Reader): RecordedContribution {
  const points = {
    deltaAfter: reader.bytes(G1_BYTES),
    g1s: reader.bytes(G1_BYTES),
    g1sx: reader.bytes(G1_BYTES),
    g2spx: reader.bytes(G2_BYTES),
    transcript: reader.bytes(HASH_BYTES),
  }
  const type = reader.word()
  const parameters = reader.part(reader.word())
  let name = ''
  let iterations: number | undefined
  let hash: Uint8Array | undefined
  for (let last = 0; !parameters.isAtEnd();) {
    const tag = parameters.byte()
    if (tag <= last || tag > 3) parameters.fail('a contribution has parameters out of order')
    last = tag
    if (tag === 1) name = new TextDecoder().decode(parameters.bytes(parameters.byte()))
    else if (tag === 2) iterations = parameters.byte()
    else hash = parameters.bytes(parameters.byte())
  }
  if (type !== TYPE_BEACON) {
    // Otherwise a contribution could call itself a beacon for one reader and not for another.
    if (type !== 0 || iterations !== undefined || hash !== undefined) {
      reader.fail('a contribution is of an unknown sort')
    }
    return { ...points, name }
  }
  if (iterations === undefined || hash === undefined) {
    return reader.fail('a beacon has no hash or number of iterations')
  }
  return { ...points, name, beacon: { hash, iterations } }
}

/** Reads little-endian values one after the other and refuses to go past the end. */
class Reader {
  readonly #path: string
  readonly #bytes: Uint8Array
  #position = 0

  constructor(path: string, bytes: Uint8Array) {
    this.#path = path
    this.#bytes = bytes
  }

  bytes(length: number): Uint8Array {
    if (this.#position + length > this.#bytes.length) this.fail('a section of it is cut short')
    const part = this.#bytes.slice(this.#position, this.#position + length)
    this.#position += length
    return part
  }

  byte(): number {
    return this.bytes(1)[0]!
  }

  word(): number {
    return viewOf(this.bytes(4)).getUint32(0, true)
  }

  /** A number with its length in bytes before it. */
  number(): bigint {
    const bytes = this.bytes(this.word())
    return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  }

  part(length: number): Reader {
    return new Reader(this.#path, this.bytes(length))
  }

  isAtEnd(): boolean {
    return this.#position === this.#bytes.length
  }

  end(): void {
    if (!this.isAtEnd()) this.fail('a section of it is too long')
  }

  fail(reason: string): never {
    throw new CeremonyFileError({ path: this.#path, reason })
  }
}
