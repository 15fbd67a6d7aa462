import { bn254 } from '@noble/curves/bn254.js'
import { circuitNames, type OnDemandCircuitName } from '../../circuits/locateCircuit.ts'
import { type CircuitName, CIRCUIT_IDS } from '../../protocol/constants.ts'
import { countPublicInputs } from '../../protocol/publicInputs.ts'
import type { VerificationKey } from '../../prover/verificationKey.ts'
import { VerificationKeyRefusedError } from './errors.ts'

/** By circuit. The key of one that is made on demand may be left out, and be announced later. */
type ByCircuit<Value> = Readonly<
  Record<Exclude<CircuitName, OnDemandCircuitName>, Value> &
    Partial<Record<OnDemandCircuitName, Value>>
>
export type VerificationKeys = ByCircuit<VerificationKey>

/** A point of G1 as the precompiles take it. */
export type G1Words = [bigint, bigint]
/** A point of G2 as the precompiles take it: imaginary parts first. */
export type G2Words = [bigint, bigint, bigint, bigint]

/** A verification key in the contracts' words. */
export type VerificationKeyWords = {
  readonly alpha: G1Words
  readonly beta: G2Words
  readonly gamma: G2Words
  readonly delta: G2Words
  readonly ic: readonly G1Words[]
}

/**
 * Checks the keys of a deployment and turns them into the contracts' words.
 *
 * Refuses what would let anybody forge: gamma = ±delta (the mistake of a set-up without a second
 * phase), points at infinity, off the curve or outside the subgroup, a wrong number of inputs,
 * different alpha, beta or gamma (folded verification relies on common ones), a delta used twice.
 *
 * @throws {VerificationKeyRefusedError}
 */
export function checkVerificationKeys(keys: VerificationKeys): ByCircuit<VerificationKeyWords> {
  const checked: Partial<Record<CircuitName, VerificationKeyWords>> = {}
  const deltas = new Set<string>()
  for (const circuit of Object.keys(CIRCUIT_IDS) as CircuitName[]) {
    const key = keys[circuit]
    if (key === undefined) {
      if ((circuitNames as readonly string[]).includes(circuit)) {
        refuse(circuit, 'it is missing', 'DEPLOY_KEY_MISSING')
      }
      continue
    }
    const words = checkVerificationKey(circuit, key)
    const first = checked.transfer ?? words
    for (const part of ['alpha', 'beta', 'gamma'] as const) {
      if (String(words[part]) !== String(first[part])) {
        refuse(circuit, `its ${part} is not that of the other keys`, 'DEPLOY_KEY_NOT_COMMON')
      }
    }
    const delta = String(words.delta)
    if (deltas.has(delta)) refuse(circuit, 'another key has its delta', 'DEPLOY_KEY_DELTA_REUSED')
    deltas.add(delta)
    checked[circuit] = words
  }
  return checked as ByCircuit<VerificationKeyWords>
}

function checkVerificationKey(circuit: CircuitName, key: VerificationKey): VerificationKeyWords {
  const inputs = countPublicInputs(circuit)
  if (key.nPublic !== inputs || key.IC.length !== inputs + 1) {
    refuse(
      circuit,
      `it has ${String(key.IC.length - 1)} inputs and the circuit ${String(inputs)}`,
      'DEPLOY_KEY_INPUT_COUNT_WRONG',
    )
  }
  const words = {
    alpha: g1(circuit, 'alpha', key.vk_alpha_1),
    beta: g2(circuit, 'beta', key.vk_beta_2),
    gamma: g2(circuit, 'gamma', key.vk_gamma_2),
    delta: g2(circuit, 'delta', key.vk_delta_2),
    ic: key.IC.map((point, i) => g1(circuit, `IC[${String(i)}]`, point)),
  }
  // An equal x is delta or its negative.
  if (words.gamma[0] === words.delta[0] && words.gamma[1] === words.delta[1]) {
    refuse(circuit, 'gamma equals delta or its negative', 'DEPLOY_KEY_GAMMA_IS_DELTA')
  }
  return words
}

function g1(circuit: CircuitName, what: string, [x, y, z]: VerificationKey['vk_alpha_1']): G1Words {
  try {
    if (BigInt(z) !== 1n) throw new Error('not affine')
    const { Point } = bn254.G1
    const point = Point.fromAffine({ x: BigInt(x), y: BigInt(y) })
    point.assertValidity()
    // (0, 0) is noble's affine infinity, which is valid to it.
    if (point.is0()) throw new Error('infinity')
  } catch {
    refusePoint(circuit, what)
  }
  return [BigInt(x), BigInt(y)]
}

function g2(circuit: CircuitName, what: string, [x, y, z]: VerificationKey['vk_beta_2']): G2Words {
  try {
    if (BigInt(z[0]) !== 1n || BigInt(z[1]) !== 0n) throw new Error('not affine')
    const { Point } = bn254.G2
    const element = ([c0, c1]: readonly [string, string]) => ({ c0: BigInt(c0), c1: BigInt(c1) })
    // Checks the subgroup too.
    const point = Point.fromAffine({ x: element(x), y: element(y) })
    point.assertValidity()
    if (point.is0()) throw new Error('infinity')
  } catch {
    refusePoint(circuit, what)
  }
  return [BigInt(x[1]), BigInt(x[0]), BigInt(y[1]), BigInt(y[0])]
}

function refusePoint(circuit: CircuitName, what: string): never {
  return refuse(
    circuit,
    `${what} is the point at infinity, off the curve or outside the subgroup`,
    'DEPLOY_KEY_POINT_INVALID',
  )
}

function refuse(circuit: string, reason: string, code: string): never {
  throw new VerificationKeyRefusedError({ circuit, reason, code })
}
