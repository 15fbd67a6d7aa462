import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'

import { repositoryRoot } from '../../../circuits/locateCircuit.ts'
import { BASE8 } from '../../../protocol/babyjubjub.ts'
import { countPublicInputs } from '../../../protocol/publicInputs.ts'
import { buildNative } from '../../../prover/native/build.ts'
import { loadNative } from '../../../prover/native/index.ts'
import type { NativeProver } from '../../../prover/native/index.ts'
import { proofFromWords } from '../../../prover/proof.ts'
import { Random, join, littleEndian, words } from '../../support/randomZkeys.ts'
import { simulatedKeys } from '../../support/simulatedKeys.ts'

const run = promisify(execFile)
const scratch = joinPath(repositoryRoot, `.cinnabar/test-native-kernels-${process.pid}`)
const publicSignals = countPublicInputs('registration')
let native: NativeProver

const encode = (value: bigint | string): Uint8Array => littleEndian(BigInt(value))

/** alpha, beta, gamma, delta, IC as the module takes them. */
function encodedKey(): Uint8Array {
  const key = simulatedKeys('fuzz').verificationKeys.registration
  const g2 = [key.vk_beta_2, key.vk_gamma_2, key.vk_delta_2]
  return join([
    ...key.vk_alpha_1.slice(0, 2).map(encode),
    ...g2.flatMap(([x, y]) => [...x, ...y].map(encode)),
    ...key.IC.flatMap(([x, y]) => [encode(x), encode(y)]),
  ])
}

function encodedProof(signals: readonly bigint[]): Uint8Array {
  const { a, b, c } = proofFromWords(simulatedKeys('fuzz').prove('registration', signals))
  const parts = [a.x, a.y, b.x.real, b.x.imaginary, b.y.real, b.y.imaginary, c.x, c.y]
  return join(parts.map(encode))
}

before(async () => {
  assert.notEqual(await buildNative(), undefined, 'the tests need g++')
  native = loadNative()!
})
after(() => rmSync(scratch, { force: true }))

describe('kernels under sanitizers', () => {
  test('behavior: nothing is read out of bounds, and all cores agree', async () => {
    const trial = await buildNative({ target: 'sanitized' })
    assert.ok(trial !== undefined)
    const random = new Random(41n)
    const samples = Array.from({ length: 3 }, () => {
      const signals = Array.from({ length: publicSignals }, () => random.scalar())
      return join([encodedProof(signals), ...signals.map(encode)])
    })
    writeFileSync(scratch, join([Uint8Array.from(words(publicSignals)), encodedKey(), ...samples]))
    const { stdout } = await run(trial, ['kernels', scratch, '1', '12'], {
      env: { CINNABAR_PROVER_THREADS: '2' },
    })
    const counts = JSON.parse(stdout) as Record<'hashed' | 'valid' | 'held' | 'refused', number>
    // Both sides of each check were reached.
    const hashes = 12 * 16 * native.cores.length
    assert.ok(counts.hashed > hashes / 3 && counts.hashed < hashes, stdout)
    assert.ok(counts.valid > 100 && counts.valid < 12 * 150, stdout)
    assert.ok(counts.held > 0 && counts.refused > 0, stdout)
  })
})

describe('the module’s kernels', () => {
  test('rejects: arguments of another kind or length', () => {
    const { kernels } = native
    const scalar = encode(5n)
    const point = join([encode(BASE8.x), encode(BASE8.y)])
    const key = encodedKey()
    const signals = Array.from({ length: publicSignals }, (_, i) => BigInt(i))
    const proof = encodedProof(signals)
    const handle = kernels.prepareKey(0, publicSignals, key)
    assert.ok(handle !== undefined)
    const other = native.cores.length > 1 ? kernels.prepareKey(1, publicSignals, key) : {}
    const fold = [[handle], Uint8Array.of(0), proof, new Uint8Array(16), join(signals.map(encode)), false] // prettier-ignore
    const but = (place: number, value: unknown): unknown[] => fold.map((x, i) => (i === place ? value : x)) // prettier-ignore
    const short = (bytes: unknown): Uint8Array => (bytes as Uint8Array).subarray(1)
    const calls: [keyof typeof kernels, unknown[]][] = [
      ['setPoseidon', [0, 2, 57, new Uint8Array(32)]],
      ['setPoseidon', [0, 17, 57, new Uint8Array(32)]],
      ['setPoseidon', [0, 2, 0xffffffff, new Uint8Array(32)]],
      ['setPoseidon', []],
      ['hash', [0, 2, scalar, new Uint8Array(63), scalar]],
      ['hash', [99, 2, scalar, new Uint8Array(64), scalar]],
      ['hash', [0, 0, scalar, new Uint8Array(0), new Uint8Array(0)]],
      ['hash', [0, 2, scalar, new Uint8Array(64), new Uint8Array(31)]],
      ['hash', [0, 2, scalar, new Uint16Array(32), scalar]],
      ['hashMany', [0, 2, scalar.subarray(1), new Uint8Array(64)]],
      ['hashMany', ['ifma', 2, scalar, new Uint8Array(64)]],
      ['multiplyMany', [0, short(point), scalar]],
      ['multiplyMany', [0, point, encode(2n ** 256n - 1n)]],
      ['multiplyMany', [0, point]],
      ['findSubgroupPoints', [0, short(point)]],
      ['findSubgroupPoints', [-1, point]],
      ['prepareKey', [0, publicSignals + 1, key]],
      ['prepareKey', [0, 0xffffffff, key]],
      ['prepareKey', [0, publicSignals, short(key)]],
      ['verifyFold', [99, ...fold]],
      ['verifyFold', [0, ...but(0, [{}])]],
      ['verifyFold', [0, ...but(0, [other])]],
      ['verifyFold', [0, ...but(0, handle)]],
      ['verifyFold', [0, ...but(1, Uint8Array.of(1))]],
      ['verifyFold', [0, ...but(1, Uint8Array.of(0, 0))]],
      ['verifyFold', [0, ...but(2, short(proof))]],
      ['verifyFold', [0, ...but(3, new Uint8Array(15))]],
      ['verifyFold', [0, ...but(4, new Uint8Array(0))]],
      ['verifyFold', [0, ...but(5, 1)]],
      ['verifyFold', [0]],
    ]
    type Loose = Record<keyof typeof kernels, (...values: unknown[]) => unknown>
    const loose = kernels as Loose
    for (const [name, parameters] of calls) {
      assert.throws(
        () => loose[name](...parameters),
        { code: 'ARGUMENT' },
        `${name} ${calls.length}`,
      )
    }
  })

  test('behavior: a key with a point of no group has no handle', () => {
    for (const core of native.cores.keys()) {
      for (const at of [0, 63, 64, 191, 192, 320, 447, 448, 448 + 64 * publicSignals]) {
        const key = encodedKey()
        key[at]! ^= 1
        assert.equal(native.kernels.prepareKey(core, publicSignals, key), undefined)
      }
    }
  })
})
