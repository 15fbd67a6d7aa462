import { existsSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

import { buildBn128 } from 'ffjavascript'

import { installDirectory } from '../../circuits/installDirectory.ts'
import type { CircuitPaths } from '../../circuits/locateCircuit.ts'
import { readR1cs } from '../../circuits/r1cs.ts'
import { FIELD_ORDER } from '../../protocol/constants.ts'
import type { KeysInfo } from '../loadKeys.ts'
import { hashVerificationKey } from '../verificationKey.ts'
import type { VerificationKey } from '../verificationKey.ts'
import { DEVELOPMENT_SEED, developmentScalar } from './developmentScalar.ts'
import { FixedBasePool } from './fixedBasePool.ts'
import { evaluateQuadraticProgram, modInverse } from './quadraticProgram.ts'
import { writeZkey } from './writeZkey.ts'
import type { ZkeyPoints } from './writeZkey.ts'

const R = FIELD_ORDER

export type DevelopmentKeysParameters = {
  circuit: CircuitPaths
  onProgress?: (line: string) => void
  force?: boolean
}

/**
 * Makes the proving and the verification key of a compiled circuit from toxic waste that everybody
 * knows, once for each circuit hash, whole or not at all.
 *
 * alpha, beta and tau are the same for all circuits, gamma is 1 as in every key of snarkjs, delta
 * is the circuit's own: the contracts fold proofs of several circuits on the strength of that.
 *
 * @returns whether this call made them.
 */
export async function ensureDevelopmentKeys({
  circuit,
  onProgress = () => {},
  force = false,
}: DevelopmentKeysParameters): Promise<boolean> {
  const isOutdated = existsSync(circuit.keysInfoPath) && !isMadeFromSeed(circuit.keysInfoPath)
  return installDirectory({
    parent: circuit.directory,
    name: basename(circuit.keysDirectory),
    force: force || isOutdated,
    fill: async (directory) => {
      onProgress(`${circuit.name}: making development keys`)
      const started = performance.now()
      await makeDevelopmentKeys(circuit, directory)
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      onProgress(`${circuit.name}: development keys made, ${seconds} s`)
    },
  })
}

async function makeDevelopmentKeys(circuit: CircuitPaths, directory: string): Promise<void> {
  const alpha = developmentScalar('alpha')
  const beta = developmentScalar('beta')
  const tau = developmentScalar('tau')
  const delta = developmentScalar(`delta ${circuit.hash}`)
  const inverseDelta = modInverse(delta)

  const r1cs = readR1cs(readFileSync(circuit.r1csPath))
  const publicWires = r1cs.header.publicOutputs + r1cs.header.publicInputs
  const { power, a, b, c, oddLagrange } = evaluateQuadraticProgram(r1cs, tau)
  // What binds a wire's share of A, B and C together, over gamma = 1 or over delta.
  const bound = a.map((value, wire) => (beta * value + alpha * b[wire]! + c[wire]!) % R)
  const overDelta = (value: bigint): bigint => (value * inverseDelta) % R

  const pool = await FixedBasePool.open(3 * a.length + oddLagrange.length)
  try {
    const [fixed1, fixed2, ic, a1, b1, b2, c1, h] = await Promise.all([
      pool.multiply('g1', [alpha, beta, delta]),
      pool.multiply('g2', [beta, 1n, delta]),
      pool.multiply('g1', bound.slice(0, publicWires + 1)),
      pool.multiply('g1', a),
      pool.multiply('g1', b),
      pool.multiply('g2', b),
      pool.multiply('g1', bound.slice(publicWires + 1).map(overDelta)),
      pool.multiply('g1', oddLagrange.map(overDelta)),
    ])
    const point1 = (index: number): Uint8Array => fixed1.slice(index * 64, (index + 1) * 64)
    const point2 = (index: number): Uint8Array => fixed2.slice(index * 128, (index + 1) * 128)
    const path = join(directory, basename(circuit.zkeyPath))
    await writeZkey(path, {
      r1cs,
      power,
      points: {
        alpha1: point1(0),
        beta1: point1(1),
        beta2: point2(0),
        gamma2: point2(1),
        delta1: point1(2),
        delta2: point2(2),
        ic,
        a: a1,
        b1,
        b2,
        c: c1,
        h,
      },
    })
    const verificationKey = await exportVerificationKey(publicWires, {
      alpha1: point1(0),
      beta2: point2(0),
      gamma2: point2(1),
      delta2: point2(2),
      ic,
    })
    await writeDescription(circuit, directory, verificationKey)
  } finally {
    await pool.close()
  }
}

/** As snarkjs exports it; its own function leaves worker threads behind that keep a process alive. */
async function exportVerificationKey(
  nPublic: number,
  points: Pick<ZkeyPoints, 'alpha1' | 'beta2' | 'gamma2' | 'delta2' | 'ic'>,
): Promise<VerificationKey> {
  const curve = await buildBn128(true)
  const { G1, G2, Gt } = curve
  const key = {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic,
    vk_alpha_1: G1.toObject(points.alpha1),
    vk_beta_2: G2.toObject(points.beta2),
    vk_gamma_2: G2.toObject(points.gamma2),
    vk_delta_2: G2.toObject(points.delta2),
    vk_alphabeta_12: Gt.toObject(curve.pairing(points.alpha1, points.beta2)),
    IC: Array.from({ length: nPublic + 1 }, (_, index) =>
      G1.toObject(points.ic.slice(index * 64, (index + 1) * 64)),
    ),
  }
  const inDecimal = (_: string, value: unknown): unknown =>
    typeof value === 'bigint' ? String(value) : value
  return JSON.parse(JSON.stringify(key, inDecimal)) as VerificationKey
}

async function writeDescription(
  circuit: CircuitPaths,
  directory: string,
  verificationKey: VerificationKey,
): Promise<void> {
  const vkeyPath = join(directory, basename(circuit.vkeyPath))
  await writeFile(vkeyPath, `${JSON.stringify(verificationKey, null, 2)}\n`)
  const info: KeysInfo = {
    insecure: true,
    why: 'Made from a public seed for development and tests. Anybody can forge proofs.',
    circuit: circuit.name,
    circuitHash: circuit.hash,
    seed: DEVELOPMENT_SEED,
    verificationKeyHash: hashVerificationKey(verificationKey),
  }
  await writeFile(
    join(directory, basename(circuit.keysInfoPath)),
    `${JSON.stringify(info, null, 2)}\n`,
  )
}

function isMadeFromSeed(path: string): boolean {
  try {
    const info = JSON.parse(readFileSync(path, 'utf8')) as Partial<KeysInfo>
    return info.seed === DEVELOPMENT_SEED
  } catch {
    return false
  }
}

/** Removes a circuit's development keys, e.g. to measure how long they take. */
export async function removeDevelopmentKeys({ keysDirectory }: CircuitPaths): Promise<void> {
  await rm(keysDirectory, { recursive: true, force: true })
}
