import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'

import { groth16 } from 'snarkjs'

import { pathsIn, repositoryRoot } from '../../../circuits/locateCircuit.ts'
import type { LocatedCircuit } from '../../../circuits/locateCircuit.ts'
import { checkVerificationKey } from '../../../prover/checkVerificationKey.ts'
import { InsecureKeysError, KeysMismatchError, KeysNotFoundError } from '../../../prover/errors.ts'
import { loadKeys, loadKeysOf } from '../../../prover/loadKeys.ts'
import { ensureDevelopmentKeys } from '../../../prover/setup/developmentKeys.ts'
import { DEVELOPMENT_SEED } from '../../../prover/setup/developmentScalar.ts'
import { WitnessCalculator, encodeWitnessFile } from '../../../prover/witnessCalculator.ts'
import { endSnarkjs, ensureTestKeys, testWorkspace } from '../../support/proverWorkspace.ts'

const scratch = join(repositoryRoot, `.cinnabar/test-keys-${process.pid}`)
after(() => rmSync(scratch, { recursive: true, force: true }))
after(endSnarkjs)

const inputs = { values: [3n, 4n], context: 5n }

/** A copy of the compiled circuit that a test may spoil. */
function aCopy(circuit: LocatedCircuit, label: string): LocatedCircuit {
  const paths = pathsIn(join(scratch, label), circuit.name, circuit.hash)
  cpSync(circuit.directory, paths.directory, { recursive: true })
  return { ...paths, info: circuit.info }
}

describe('development keys', () => {
  test('accepts: a proof by snarkjs, verified by snarkjs', async () => {
    const { circuit, zkeyPath, verificationKey } = await ensureTestKeys('preimage')
    const wasm = new Uint8Array(readFileSync(circuit.wasmPath))
    const calculator = await WitnessCalculator.load('preimage', wasm)
    const witness = encodeWitnessFile(await calculator.calculate(inputs))
    const { proof, publicSignals } = await groth16.prove(zkeyPath, { type: 'mem', data: witness })
    assert.equal(publicSignals.length, 2)
    assert.equal(await groth16.verify(verificationKey, publicSignals, proof), true)
    for (const index of publicSignals.keys()) {
      const changed = publicSignals.map((signal, at) =>
        at === index ? String(BigInt(signal) + 1n) : signal,
      )
      assert.equal(await groth16.verify(verificationKey, changed, proof), false)
    }
  })

  test('rejects: a proof of a false witness', async () => {
    const { circuit, zkeyPath, verificationKey } = await ensureTestKeys('preimage')
    const wasm = new Uint8Array(readFileSync(circuit.wasmPath))
    const calculator = await WitnessCalculator.load('preimage', wasm)
    const witness = await calculator.calculate(inputs)
    // Wire 1 is the digest: another one, as a malicious prover would claim it.
    witness[32] = (witness[32]! + 1) % 256
    const data = encodeWitnessFile(witness)
    const { proof, publicSignals } = await groth16.prove(zkeyPath, { type: 'mem', data })
    assert.equal(await groth16.verify(verificationKey, publicSignals, proof), false)
  })

  test('behavior: two machines make the same keys, byte for byte', async () => {
    const { circuit } = await ensureTestKeys('preimage')
    const copy = aCopy(circuit, 'again')
    assert.equal(await ensureDevelopmentKeys({ circuit: copy }), false)
    assert.equal(await ensureDevelopmentKeys({ circuit: copy, force: true }), true)
    assert.equal(hashOf(copy.zkeyPath), hashOf(circuit.zkeyPath))
    assert.equal(hashOf(copy.vkeyPath), hashOf(circuit.vkeyPath))
  })

  test('behavior: keys of another seed are replaced', async () => {
    const { circuit } = await ensureTestKeys('preimage')
    const copy = aCopy(circuit, 'seed')
    const info = JSON.parse(readFileSync(copy.keysInfoPath, 'utf8'))
    assert.equal(info.seed, DEVELOPMENT_SEED)
    writeFileSync(copy.keysInfoPath, JSON.stringify({ ...info, seed: 'another' }))
    assert.equal(await ensureDevelopmentKeys({ circuit: copy }), true)
    assert.equal(JSON.parse(readFileSync(copy.keysInfoPath, 'utf8')).seed, DEVELOPMENT_SEED)
  })

  test('behavior: circuits share alpha, beta and gamma; delta is their own and is not gamma', async () => {
    const one = (await ensureTestKeys('preimage')).verificationKey
    const other = (await ensureTestKeys('chain')).verificationKey
    assert.deepEqual(one.vk_alpha_1, other.vk_alpha_1)
    assert.deepEqual(one.vk_beta_2, other.vk_beta_2)
    assert.deepEqual(one.vk_gamma_2, other.vk_gamma_2)
    assert.notDeepEqual(one.vk_delta_2, other.vk_delta_2)
    assert.notDeepEqual(one.vk_delta_2, one.vk_gamma_2)
    await checkVerificationKey(one, { publicSignals: 2 })
    await checkVerificationKey(other, { publicSignals: 3 })
  })

  test('behavior: file names and description say insecure', async () => {
    const { circuit, info } = await ensureTestKeys('preimage')
    assert.match(circuit.zkeyPath, /\.insecure\.zkey$/)
    assert.match(circuit.vkeyPath, /\.insecure\.vkey\.json$/)
    assert.equal(info.insecure, true)
    assert.notEqual(info.why, '')
  })
})

describe('loadKeys', () => {
  for (const environment of [
    {},
    { CINNABAR_ENV: 'development' },
    { CINNABAR_ENV: 'test' },
    { NODE_ENV: 'test' },
  ]) {
    test(`accepts: insecure keys under ${JSON.stringify(environment)}`, async () => {
      const { info } = await ensureTestKeys('preimage')
      assert.deepEqual(loadKeys('preimage', testWorkspace, environment).info, info)
    })
  }

  for (const environment of [
    { CINNABAR_ENV: 'production' },
    { CINNABAR_ENV: 'staging' },
    { NODE_ENV: 'production' },
    { NODE_ENV: 'production', CINNABAR_ENV: 'development' },
  ]) {
    test(`rejects: insecure keys under ${JSON.stringify(environment)}`, async () => {
      await ensureTestKeys('preimage')
      assert.throws(() => loadKeys('preimage', testWorkspace, environment), InsecureKeysError)
    })
  }

  test('rejects: keys whose description lost the word insecure, outside development', async () => {
    const { circuit } = await ensureTestKeys('preimage')
    const copy = aCopy(circuit, 'unnamed')
    const { insecure: _, ...rest } = JSON.parse(readFileSync(copy.keysInfoPath, 'utf8'))
    writeFileSync(copy.keysInfoPath, JSON.stringify(rest))
    assert.throws(() => loadKeysOf(copy, { NODE_ENV: 'production' }), InsecureKeysError)
  })

  test('rejects: a verification key that is not the described one, and keys of another circuit', async () => {
    const { circuit } = await ensureTestKeys('preimage')
    const other = await ensureTestKeys('chain')
    const copy = aCopy(circuit, 'mismatch')
    writeFileSync(copy.vkeyPath, readFileSync(other.circuit.vkeyPath))
    assert.throws(() => loadKeysOf(copy, {}), KeysMismatchError)
    writeFileSync(copy.keysInfoPath, readFileSync(other.circuit.keysInfoPath))
    assert.throws(() => loadKeysOf(copy, {}), KeysMismatchError)
  })

  test('rejects: a circuit without keys', async () => {
    const { circuit } = await ensureTestKeys('preimage')
    const copy = aCopy(circuit, 'none')
    rmSync(dirname(copy.zkeyPath), { recursive: true })
    assert.throws(() => loadKeysOf(copy, {}), KeysNotFoundError)
  })
})

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}
