import { FIELD_ORDER } from '../protocol/constants.ts'
import type { CurveModule } from './curveModule.ts'
import { CurveProgram } from './curveProgram.ts'
import type { PointerFunction } from './curveProgram.ts'
import { BASE_FIELD_ORDER } from './proof.ts'
import type { ExtensionElement, G1Point, G2Point, Groth16Proof } from './proof.ts'
import type { VerificationKey } from './verificationKey.ts'

/** BN254's curve parameter x (63 bits). */
const CURVE_PARAMETER = 4965661367192848881n
const SCALAR_BYTES = 32
/** Weights have 128 bits: a false fold passes with a chance of 2^-128. */
export const WEIGHT_BYTES = 16

/** A verification key whose points lie in the engine's memory. */
export type PreparedKey = {
  nPublic: number
  alpha: number
  beta: number
  gamma: number
  delta: number
  ic: number
}

/** One proof of a fold. `proof` is well formed and `publicSignals` are canonical and as many as the key has. */
export type FoldItem = {
  key: PreparedKey
  proof: Groth16Proof
  publicSignals: readonly bigint[]
  weight: bigint
}

const functionNames = [
  'g1m_toMontgomeryAffine',
  'g1m_toJacobian',
  'g1m_inCurveAffine',
  'g1m_timesScalar',
  'g1m_multiexpAffine',
  'g1m_add',
  'g1m_neg',
  'g1m_zero',
  'g2m_toMontgomeryAffine',
  'g2m_toJacobian',
  'g2m_inCurveAffine',
  'g2m_timesScalar',
  'g2m_add',
  'g2m_double',
  'g2m_eq',
  'f2m_conjugate',
  'f2m_mul',
  'f2m_copy',
  'f2m_toMontgomery',
  'ftm_one',
  'ftm_mul',
  'ftm_isOne',
  'bn128_prepareG1',
  'bn128_prepareG2',
  'bn128_millerLoop',
  'bn128_finalExponentiation',
] as const
type Functions = Record<(typeof functionNames)[number], PointerFunction>

/** Checks points and folds Groth16 verifications, in this thread, synchronously. */
export class VerificationEngine {
  readonly #program: CurveProgram
  readonly #call: Functions
  readonly #preparedG2Bytes: number
  /** Scratch memory; every method is synchronous, so none is used by two at once. */
  readonly #s: Record<
    | 'affine'
    | 'scalar'
    | 'g1'
    | 'g1b'
    | 'g2'
    | 'g2b'
    | 'g2c'
    | 'g2d'
    | 'preparedG1'
    | 'preparedG2'
    | 'product'
    | 'factor'
    | 'frobeniusX'
    | 'frobeniusY',
    number
  >
  readonly #keys = new WeakMap<VerificationKey, PreparedKey>()

  private constructor(program: CurveProgram, preparedG1Bytes: number, preparedG2Bytes: number) {
    this.#program = program
    this.#preparedG2Bytes = preparedG2Bytes
    this.#call = Object.fromEntries(
      functionNames.map((name) => [name, program.functionNamed(name)]),
    ) as Functions
    const scratch = program.reserve(4_096 + preparedG1Bytes + preparedG2Bytes)
    this.#s = {
      affine: scratch,
      scalar: scratch + 128,
      g1: scratch + 192,
      g1b: scratch + 288,
      g2: scratch + 384,
      g2b: scratch + 576,
      g2c: scratch + 768,
      g2d: scratch + 960,
      product: scratch + 1_152,
      factor: scratch + 1_536,
      frobeniusX: scratch + 1_920,
      frobeniusY: scratch + 1_984,
      preparedG1: scratch + 4_096,
      preparedG2: scratch + 4_096 + preparedG1Bytes,
    }
    this.#writeExtension(this.#s.frobeniusX, powerOfNonResidue((BASE_FIELD_ORDER - 1n) / 3n))
    this.#writeExtension(this.#s.frobeniusY, powerOfNonResidue((BASE_FIELD_ORDER - 1n) / 2n))
  }

  static async open({
    module,
    preparedG1Bytes,
    preparedG2Bytes,
  }: CurveModule): Promise<VerificationEngine> {
    const program = await CurveProgram.run(module)
    return new VerificationEngine(program, preparedG1Bytes, preparedG2Bytes)
  }

  /** Coordinates below q, on the curve and not the identity. G1 has no other subgroup. */
  isG1Point(point: G1Point): boolean {
    if (!isCoordinate(point.x) || !isCoordinate(point.y)) return false
    if (point.x === 0n && point.y === 0n) return false
    this.#writeG1(this.#s.affine, point)
    return this.#call.g1m_inCurveAffine(this.#s.affine) === 1
  }

  /** Coordinates below q, on the curve, in the subgroup of order r and not the identity. */
  isG2Point(point: G2Point): boolean {
    const parts = [point.x.real, point.x.imaginary, point.y.real, point.y.imaginary]
    if (!parts.every(isCoordinate) || parts.every((part) => part === 0n)) return false
    this.#writeG2(this.#s.affine, point)
    if (this.#call.g2m_inCurveAffine(this.#s.affine) !== 1) return false
    return this.#isInSubgroup()
  }

  isWellFormedProof({ a, b, c }: Groth16Proof): boolean {
    return this.isG1Point(a) && this.isG1Point(c) && this.isG2Point(b)
  }

  /** Brings a key into memory, once. Its points are taken as they are: see `checkVerificationKey`. */
  prepare(key: VerificationKey): PreparedKey {
    const known = this.#keys.get(key)
    if (known !== undefined) return known
    const g2 = this.#preparedG2Bytes
    const start = this.#program.reserve(3 * g2 + 128 + 64 * key.IC.length)
    const prepared: PreparedKey = {
      nPublic: key.nPublic,
      beta: start,
      gamma: start + g2,
      delta: start + 2 * g2,
      alpha: start + 3 * g2,
      ic: start + 3 * g2 + 128,
    }
    for (const [pointer, point] of [
      [prepared.beta, key.vk_beta_2],
      [prepared.gamma, key.vk_gamma_2],
      [prepared.delta, key.vk_delta_2],
    ] as const) {
      this.#writeG2(this.#s.affine, g2FromStrings(point))
      this.#call.g2m_toJacobian(this.#s.affine, this.#s.g2)
      this.#call.bn128_prepareG2(this.#s.g2, pointer)
    }
    this.#writeG1(this.#s.affine, g1FromStrings(key.vk_alpha_1))
    this.#call.g1m_toJacobian(this.#s.affine, prepared.alpha)
    for (const [index, point] of key.IC.entries()) {
      this.#writeG1(prepared.ic + 64 * index, g1FromStrings(point))
    }
    this.#keys.set(key, prepared)
    return prepared
  }

  /**
   * Whether the product over all proofs of (their verification equation) ^ weight is 1:
   *
   *   Π e(wᵢAᵢ, Bᵢ) · Π over keys e(−Σwᵢ α, β) · e(−Σwᵢ ICᵢ(x), γ) · e(−Σwᵢ Cᵢ, δ) = 1
   */
  verifyFold(items: readonly FoldItem[]): boolean {
    const call = this.#call
    const s = this.#s
    call.ftm_one(s.product)
    for (const { proof, weight } of items) {
      this.#writeG1(s.affine, proof.a)
      call.g1m_toJacobian(s.affine, s.g1)
      this.#program.writeNumber(s.scalar, weight, WEIGHT_BYTES)
      call.g1m_timesScalar(s.g1, s.scalar, WEIGHT_BYTES, s.g1b)
      this.#writeG2(s.affine, proof.b)
      call.g2m_toJacobian(s.affine, s.g2)
      call.bn128_prepareG2(s.g2, s.preparedG2)
      this.#multiplyPairing(s.g1b, s.preparedG2)
    }
    for (const key of new Set(items.map((item) => item.key))) {
      this.#foldKey(
        key,
        items.filter((item) => item.key === key),
      )
    }
    call.bn128_finalExponentiation(s.product, s.product)
    return call.ftm_isOne(s.product) === 1
  }

  #foldKey(key: PreparedKey, items: readonly FoldItem[]): void {
    const call = this.#call
    const s = this.#s
    const total = items.reduce((sum, { weight }) => (sum + weight) % FIELD_ORDER, 0n)

    this.#program.writeNumber(s.scalar, total)
    call.g1m_timesScalar(key.alpha, s.scalar, SCALAR_BYTES, s.g1)
    call.g1m_neg(s.g1, s.g1)
    this.#multiplyPairing(s.g1, key.beta)

    const scalars = this.#scalarArea(key.nPublic + 1)
    this.#program.writeNumber(scalars, total)
    for (let signal = 0; signal < key.nPublic; signal++) {
      let sum = 0n
      for (const { weight, publicSignals } of items) sum += weight * publicSignals[signal]!
      this.#program.writeNumber(scalars + SCALAR_BYTES * (signal + 1), sum % FIELD_ORDER)
    }
    call.g1m_multiexpAffine(key.ic, scalars, SCALAR_BYTES, key.nPublic + 1, s.g1)
    call.g1m_neg(s.g1, s.g1)
    this.#multiplyPairing(s.g1, key.gamma)

    call.g1m_zero(s.g1b)
    for (const { proof, weight } of items) {
      this.#writeG1(s.affine, proof.c)
      call.g1m_toJacobian(s.affine, s.g1)
      this.#program.writeNumber(s.scalar, weight, WEIGHT_BYTES)
      call.g1m_timesScalar(s.g1, s.scalar, WEIGHT_BYTES, s.g1)
      call.g1m_add(s.g1b, s.g1, s.g1b)
    }
    call.g1m_neg(s.g1b, s.g1b)
    this.#multiplyPairing(s.g1b, key.delta)
  }

  /** product ·= e(point, prepared), but for the final exponentiation. */
  #multiplyPairing(point: number, prepared: number): void {
    const call = this.#call
    const s = this.#s
    call.bn128_prepareG1(point, s.preparedG1)
    call.bn128_millerLoop(s.preparedG1, prepared, s.factor)
    call.ftm_mul(s.product, s.factor, s.product)
  }

  /**
   * Whether the point at `affine`, on the curve, has order r: [x + 1]P + ψ([x]P) + ψ²([x]P) = ψ³([2x]P).
   *
   * Source: El Housni, Guillevic, Piellard, https://eprint.iacr.org/2022/352, section 4.3 (BN curves). A random
   * combination of many points would not do: the cofactor has small factors.
   */
  #isInSubgroup(): boolean {
    const call = this.#call
    const { affine, scalar, g2, g2b, g2c, g2d } = this.#s
    call.g2m_toJacobian(affine, g2)
    this.#program.writeNumber(scalar, CURVE_PARAMETER, 8)
    call.g2m_timesScalar(g2, scalar, 8, g2b) // [x]P
    call.g2m_add(g2, g2b, g2) // [x + 1]P
    this.#frobenius(g2b, g2c) // ψ([x]P)
    call.g2m_add(g2, g2c, g2)
    this.#frobenius(g2c, g2d) // ψ²([x]P)
    call.g2m_add(g2, g2d, g2)
    this.#frobenius(g2d, g2b) // ψ³([x]P)
    call.g2m_double(g2b, g2b)
    return call.g2m_eq(g2, g2b) === 1
  }

  /** ψ in Jacobian coordinates: conjugate all, then X·ξ^((q−1)/3) and Y·ξ^((q−1)/2). */
  #frobenius(from: number, to: number): void {
    const call = this.#call
    for (const offset of [0, 64, 128]) call.f2m_conjugate(from + offset, to + offset)
    call.f2m_mul(to, this.#s.frobeniusX, to)
    call.f2m_mul(to + 64, this.#s.frobeniusY, to + 64)
  }

  #scalars = { pointer: 0, capacity: 0 }
  #scalarArea(count: number): number {
    if (this.#scalars.capacity < count) {
      const capacity = Math.max(count, 256)
      this.#scalars = { pointer: this.#program.reserve(capacity * SCALAR_BYTES), capacity }
    }
    return this.#scalars.pointer
  }

  #writeG1(pointer: number, { x, y }: G1Point): void {
    this.#program.writeNumber(pointer, x)
    this.#program.writeNumber(pointer + 32, y)
    this.#call.g1m_toMontgomeryAffine(pointer, pointer)
  }

  #writeG2(pointer: number, { x, y }: G2Point): void {
    this.#program.writeNumber(pointer, x.real)
    this.#program.writeNumber(pointer + 32, x.imaginary)
    this.#program.writeNumber(pointer + 64, y.real)
    this.#program.writeNumber(pointer + 96, y.imaginary)
    this.#call.g2m_toMontgomeryAffine(pointer, pointer)
  }

  #writeExtension(pointer: number, { real, imaginary }: ExtensionElement): void {
    this.#program.writeNumber(pointer, real)
    this.#program.writeNumber(pointer + 32, imaginary)
    this.#call.f2m_toMontgomery(pointer, pointer)
  }
}

let opened: Promise<VerificationEngine> | undefined
/** This process' engine, for its main thread; opening one takes about 0.2 s. */
export function openVerificationEngine(): Promise<VerificationEngine> {
  // Imported only here, because worker threads that import this file cannot load ffjavascript.
  opened ??= import('./curveModule.ts').then(async ({ curveModule }) =>
    VerificationEngine.open(await curveModule()),
  )
  return opened
}

/** From snarkjs' projective strings; keys are affine, z = 1. */
export function g1FromStrings([x, y]: readonly string[]): G1Point {
  return { x: BigInt(x ?? -1), y: BigInt(y ?? -1) }
}

export function g2FromStrings([x, y]: readonly (readonly string[])[]): G2Point {
  return {
    x: { real: BigInt(x?.[0] ?? -1), imaginary: BigInt(x?.[1] ?? -1) },
    y: { real: BigInt(y?.[0] ?? -1), imaginary: BigInt(y?.[1] ?? -1) },
  }
}

function isCoordinate(value: bigint): boolean {
  return value >= 0n && value < BASE_FIELD_ORDER
}

/** (9 + i)^exponent, the non-residue over which the pairing's tower is built. */
function powerOfNonResidue(exponent: bigint): ExtensionElement {
  const multiply = (one: ExtensionElement, other: ExtensionElement): ExtensionElement => {
    const real = one.real * other.real - one.imaginary * other.imaginary
    const imaginary = one.real * other.imaginary + one.imaginary * other.real
    return {
      real: ((real % BASE_FIELD_ORDER) + BASE_FIELD_ORDER) % BASE_FIELD_ORDER,
      imaginary: imaginary % BASE_FIELD_ORDER,
    }
  }
  let result: ExtensionElement = { real: 1n, imaginary: 0n }
  let square: ExtensionElement = { real: 9n, imaginary: 1n }
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = multiply(result, square)
    square = multiply(square, square)
  }
  return result
}
