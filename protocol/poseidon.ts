import { buildPoseidon } from './poseidonWasm.js'
import { type Domain, DOMAINS, domainTag } from './constants.ts'
import { type FieldElement } from './field.ts'

// The wasm build is nine times faster than any pure JavaScript one; it loads in milliseconds, once.
const permute = await buildPoseidon()
const { F } = permute

/** The tags in the wasm's own representation, converted once. */
const TAGS = new Map<Domain, Uint8Array>(DOMAINS.map((domain) => [domain, F.e(domainTag(domain))]))

/**
 * H(domain, inputs): Poseidon over BN254 with circomlib's constants and the domain's tag as the
 * initial state (circomlib PoseidonEx). 1 to 16 canonical inputs.
 *
 * Source: Grassi et al., "Poseidon", USENIX Security 2021; parameters as in circomlib.
 */
export function hash(domain: Domain, inputs: readonly bigint[]): FieldElement {
  const tag = TAGS.get(domain)
  if (tag === undefined) throw new RangeError(`unknown domain ${domain}`)
  return F.toObject(permute(inputs as bigint[], tag)) as FieldElement
}

/** Poseidon with any initial state: the sponge of batch words chains it (docs/spec/batch.md B6). */
export function hashFrom(initialState: bigint, inputs: readonly bigint[]): FieldElement {
  return F.toObject(permute(inputs as bigint[], F.e(initialState))) as FieldElement
}
