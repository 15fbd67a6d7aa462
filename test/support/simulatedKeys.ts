// Verification keys whose secrets (the "toxic waste") are known, and proofs simulated with them. A
// simulated proof shows nothing about a statement; the contracts accept it as they accept a real
// one, which is what tests of bookkeeping need. Nothing outside test/ may import this.
import { bn254 } from '@noble/curves/bn254.js'
import { CIRCUIT_IDS, type CircuitName, FIELD_ORDER } from '../../protocol/constants.ts'
import { bytesToBigint } from '../../protocol/field.ts'
import { countPublicInputs } from '../../protocol/publicInputs.ts'
import type { ProofWords } from '../../l1/codec.ts'
import type { VerificationKey } from '../../prover/verificationKey.ts'
import { keccak_256 } from '@noble/hashes/sha3.js'

const R = FIELD_ORDER

/** A stream of scalars from a seed: tests are the same every time. */
export function seededScalars(seed: string): () => bigint {
  let counter = 0
  return () => {
    const digest = keccak_256(new TextEncoder().encode(`${seed}/${String(counter++)}`))
    return (bytesToBigint(digest) % (R - 1n)) + 1n
  }
}

type CircuitSecrets = { delta: bigint; ic: bigint[] }

export type SimulatedKeys = {
  /** Of every circuit, those made on demand too. */
  readonly verificationKeys: Readonly<Record<CircuitName, VerificationKey>>
  /** A proof that verifies for these public inputs, whatever they say. */
  prove(circuit: CircuitName, publicInputs: readonly bigint[]): ProofWords
  /** As `prove`, with C moved by `error`·G1: invalid unless error = 0. */
  proveWithError(circuit: CircuitName, publicInputs: readonly bigint[], error: bigint): ProofWords
  /** A second key of a circuit, with its own delta and IC. */
  secondKey(circuit: CircuitName): {
    verificationKey: VerificationKey
    prove: (publicInputs: readonly bigint[]) => ProofWords
  }
}

/**
 * `pairs`: so many pairs of A and B take turns, which makes a proof in a third of the time and verifies at
 * the same cost. Default: fresh ones for each proof.
 */
export function simulatedKeys(seed: string, { pairs }: { pairs?: number } = {}): SimulatedKeys {
  const next = seededScalars(`keys/${seed}`)
  const random = seededScalars(`proofs/${seed}`)
  const common = { alpha: next(), beta: next(), gamma: next() }
  const freshPair = () => {
    const a = random()
    const b = random()
    return { a, b, points: [...g1(a), ...g2(b)] }
  }
  const known = Array.from({ length: pairs ?? 0 }, freshPair)
  let taken = 0
  const nextPair = () => known[taken++ % known.length] ?? freshPair()
  const makeSecrets = (circuit: CircuitName): CircuitSecrets => ({
    delta: next(),
    ic: Array.from({ length: countPublicInputs(circuit) + 1 }, next),
  })
  const names = Object.keys(CIRCUIT_IDS) as CircuitName[]
  const secrets = Object.fromEntries(names.map((name) => [name, makeSecrets(name)])) as Record<
    CircuitName,
    CircuitSecrets
  >

  const keyOf = ({ delta, ic }: CircuitSecrets): VerificationKey => ({
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: ic.length - 1,
    vk_alpha_1: g1Text(common.alpha),
    vk_beta_2: g2Text(common.beta),
    vk_gamma_2: g2Text(common.gamma),
    vk_delta_2: g2Text(delta),
    vk_alphabeta_12: [],
    IC: ic.map(g1Text),
  })

  const simulate = (
    { delta, ic }: CircuitSecrets,
    publicInputs: readonly bigint[],
    error: bigint,
  ): ProofWords => {
    if (publicInputs.length !== ic.length - 1) throw new Error('wrong number of public inputs')
    const { a, b, points } = nextPair()
    const sum = publicInputs.reduce(
      (total, input, i) => total + input * (ic[i + 1] as bigint),
      ic[0] as bigint,
    )
    const rest = a * b - common.alpha * common.beta - common.gamma * sum
    const c = mod(mod(rest) * invert(delta) + error)
    return [...points, ...g1(c)] as unknown as ProofWords
  }

  return {
    verificationKeys: Object.fromEntries(
      names.map((name) => [name, keyOf(secrets[name])]),
    ) as Record<CircuitName, VerificationKey>,
    prove: (circuit, publicInputs) => simulate(secrets[circuit], publicInputs, 0n),
    proveWithError: (circuit, publicInputs, error) =>
      simulate(secrets[circuit], publicInputs, error),
    secondKey: (circuit) => {
      const own = makeSecrets(circuit)
      return {
        verificationKey: keyOf(own),
        prove: (publicInputs) => simulate(own, publicInputs, 0n),
      }
    },
  }
}

function mod(value: bigint): bigint {
  const rest = value % R
  return rest < 0n ? rest + R : rest
}

function invert(value: bigint): bigint {
  return bn254.fields.Fr.inv(value)
}

function g1(scalar: bigint): [bigint, bigint] {
  if (scalar === 0n) return [0n, 0n]
  const { x, y } = bn254.G1.Point.BASE.multiply(scalar).toAffine()
  return [x, y]
}

/** Imaginary parts first, as the precompiles take them. */
function g2(scalar: bigint): [bigint, bigint, bigint, bigint] {
  const { x, y } = bn254.G2.Point.BASE.multiply(scalar).toAffine()
  return [x.c1, x.c0, y.c1, y.c0]
}

function g1Text(scalar: bigint): [string, string, string] {
  const [x, y] = g1(scalar)
  return [String(x), String(y), '1']
}

function g2Text(scalar: bigint): VerificationKey['vk_beta_2'] {
  const [x1, x0, y1, y0] = g2(scalar)
  return [
    [String(x0), String(x1)],
    [String(y0), String(y1)],
    ['1', '0'],
  ]
}
