import type { FoldItem, FoldVerifier } from './foldVerifier.ts'
import { writeNumber } from './kernelsPortable.ts'
import type { NativeProver } from './native/index.ts'
import { BASE_FIELD_ORDER } from './proof.ts'
import type { G1Point, G2Point } from './proof.ts'
import { g1FromStrings, g2FromStrings } from './verificationEngine.ts'
import type { VerificationKey } from './verificationKey.ts'

const ELEMENT_BYTES = 32
const PROOF_BYTES = 256
const WEIGHT_BYTES = 16
const FOLD_SIZE = 64

/** Folds in C++, on threads of its own. `core` is one of `native.cores`. */
export function nativeFoldVerifier(native: NativeProver, core = native.core): FoldVerifier {
  const index = native.cores.indexOf(core)
  const { kernels } = native
  const prepared = new WeakMap<VerificationKey, { handle: object | undefined }>()
  const prepare = (key: VerificationKey): object | undefined => {
    let known = prepared.get(key)
    if (known === undefined) {
      const points = encodeKey(key)
      const handle = points && kernels.prepareKey(index, key.nPublic, points)
      known = { handle }
      prepared.set(key, known)
    }
    return known.handle
  }
  return {
    foldSize: FOLD_SIZE,
    async fold(items, areChecked) {
      const areWellFormed = new Array<boolean>(items.length).fill(false)
      const handles = new Map<object, number>()
      const taken: { item: FoldItem; position: number; key: number }[] = []
      for (const [position, item] of items.entries()) {
        // Under a key whose points are none of their groups nothing is valid.
        const handle = prepare(item.verificationKey)
        if (handle === undefined) continue
        const key = handles.get(handle) ?? handles.size
        handles.set(handle, key)
        taken.push({ item, position, key })
      }
      const proofs = new Uint8Array(taken.length * PROOF_BYTES)
      const weights = new Uint8Array(taken.length * WEIGHT_BYTES)
      const signalCount = taken.reduce((sum, { item }) => sum + item.publicSignals.length, 0)
      const signals = new Uint8Array(signalCount * ELEMENT_BYTES)
      let at = 0
      for (const [place, { item }] of taken.entries()) {
        const { a, b, c } = item.proof
        writeG1(proofs, place * PROOF_BYTES, a)
        writeG2(proofs, place * PROOF_BYTES + 64, b)
        writeG1(proofs, place * PROOF_BYTES + 192, c)
        const view = new DataView(weights.buffer, place * WEIGHT_BYTES)
        view.setBigUint64(0, BigInt.asUintN(64, item.weight), true)
        view.setBigUint64(8, BigInt.asUintN(64, item.weight >> 64n), true)
        for (const signal of item.publicSignals) {
          writeNumber(signals, at, signal)
          at += ELEMENT_BYTES
        }
      }
      const keyOf = Uint8Array.from(taken, ({ key }) => key)
      const [isTrue, ...flags] = await kernels.verifyFold(
        index,
        [...handles.keys()],
        keyOf,
        proofs,
        weights,
        signals,
        areChecked,
      )
      for (const [place, { position }] of taken.entries()) {
        areWellFormed[position] = flags[place] === 1
      }
      return { areWellFormed, isTrue: isTrue === 1 }
    },
  }
}

/** alpha, beta, gamma, delta, IC; undefined when a coordinate is not canonical or a point not affine. */
function encodeKey(key: VerificationKey): Uint8Array | undefined {
  const bytes = new Uint8Array(448 + 64 * key.IC.length)
  const g1 = [key.vk_alpha_1, ...key.IC]
  const g2 = [key.vk_beta_2, key.vk_gamma_2, key.vk_delta_2]
  const areAffine =
    g1.every(([, , z]) => z === '1') &&
    g2.every(([, , [real, rest]]) => real === '1' && rest === '0')
  if (!areAffine) return undefined
  const points1 = g1.map(g1FromStrings)
  const points2 = g2.map(g2FromStrings)
  const coordinates = [
    ...points1.flatMap(({ x, y }) => [x, y]),
    ...points2.flatMap(({ x, y }) => [x.real, x.imaginary, y.real, y.imaginary]),
  ]
  if (!coordinates.every(isCoordinate)) return undefined
  const [alpha, ...ic] = points1
  writeG1(bytes, 0, alpha!)
  points2.forEach((point, place) => writeG2(bytes, 64 + 128 * place, point))
  ic.forEach((point, place) => writeG1(bytes, 448 + 64 * place, point))
  return bytes
}

function isCoordinate(value: bigint): boolean {
  return value >= 0n && value < BASE_FIELD_ORDER
}

function writeG1(bytes: Uint8Array, offset: number, { x, y }: G1Point): void {
  writeNumber(bytes, offset, x)
  writeNumber(bytes, offset + 32, y)
}

function writeG2(bytes: Uint8Array, offset: number, { x, y }: G2Point): void {
  writeNumber(bytes, offset, x.real)
  writeNumber(bytes, offset + 32, x.imaginary)
  writeNumber(bytes, offset + 64, y.real)
  writeNumber(bytes, offset + 96, y.imaginary)
}
