import { code, pages } from './poseidonModule/module.js'
import { type Domain, DOMAINS, domainTag } from './constants.ts'
import { FieldElement } from './field.ts'

/** Addresses are bytes within the module's memory. */
type Exports = {
  /** Elements in Montgomery form; leaves the first `outputCount` of the state at `outputs`. */
  poseidon: (
    initialState: number,
    inputs: number,
    inputCount: number,
    outputs: number,
    outputCount: number,
  ) => void
  frm_toMontgomery: (from: number, to: number) => void
  frm_fromMontgomery: (from: number, to: number) => void
}

const ELEMENT_BYTES = 32
const WORD_BYTES = 8
const MAX_INPUTS = 16

// circomlibjs's build is nine times faster than any pure JavaScript one. Made when it is generated, it loads in
// milliseconds, where circomlibjs takes a second to assemble it (docs/decisions/0119-poseidon-is-assembled-once.md).
const { wasm, memory } = await load()
const words = new BigUint64Array(memory.buffer)

// The module says in its first word where its own data ends. Beyond: the initial state, the inputs, the result, the tags.
let free = Math.ceil((new Uint32Array(memory.buffer, 0, 1)[0] ?? 0) / WORD_BYTES) * WORD_BYTES
const STATE = allocate(1)
const INPUTS = allocate(MAX_INPUTS)
const RESULT = allocate(1)
const TAGS = new Map<Domain, number>(
  DOMAINS.map((domain) => [domain, placeTag(FieldElement(domainTag(domain)))]),
)

/**
 * H(domain, inputs): Poseidon over BN254 with circomlib's constants and the domain's tag as the
 * initial state (circomlib PoseidonEx). 1 to 16 inputs.
 *
 * Source: Grassi et al., "Poseidon", USENIX Security 2021; parameters as in circomlib.
 *
 * @throws {NonCanonicalFieldElementError} for an input that is not below FIELD_ORDER.
 */
export function hash(domain: Domain, inputs: readonly bigint[]): FieldElement {
  const tag = TAGS.get(domain)
  if (tag === undefined) throw new RangeError(`unknown domain ${domain}`)
  return permute(tag, inputs)
}

/**
 * Poseidon with any initial state: the sponge of batch words chains it (docs/spec/batch.md B6).
 *
 * @throws {NonCanonicalFieldElementError} for a state or an input that is not below FIELD_ORDER.
 */
export function hashFrom(initialState: bigint, inputs: readonly bigint[]): FieldElement {
  write(STATE, FieldElement(initialState))
  return permute(STATE, inputs)
}

function permute(state: number, inputs: readonly bigint[]): FieldElement {
  const count = inputs.length
  if (count < 1 || count > MAX_INPUTS) throw new RangeError(`${String(count)} inputs, not 1 to 16`)
  for (let i = 0; i < count; i++) write(INPUTS + i * ELEMENT_BYTES, FieldElement(inputs[i]!))
  wasm.poseidon(state, INPUTS, count, RESULT, 1)
  return read(RESULT)
}

/** Stores it in Montgomery form. */
function write(at: number, value: FieldElement): void {
  const word = at / WORD_BYTES
  // The array takes the low 64 bits of each.
  words[word] = value
  words[word + 1] = value >> 64n
  words[word + 2] = value >> 128n
  words[word + 3] = value >> 192n
  wasm.frm_toMontgomery(at, at)
}

/** The canonical value of what is stored, which it replaces. */
function read(at: number): FieldElement {
  wasm.frm_fromMontgomery(at, at)
  const word = at / WORD_BYTES
  const value =
    words[word]! |
    (words[word + 1]! << 64n) |
    (words[word + 2]! << 128n) |
    (words[word + 3]! << 192n)
  return value as FieldElement
}

function placeTag(tag: FieldElement): number {
  const at = allocate(1)
  write(at, tag)
  return at
}

function allocate(elements: number): number {
  const at = free
  free += elements * ELEMENT_BYTES
  return at
}

async function load(): Promise<{ wasm: Exports; memory: WebAssembly.Memory }> {
  const text = atob(code)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  const memory = new WebAssembly.Memory({ initial: pages })
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } })
  return { wasm: instance.exports as Exports, memory }
}
