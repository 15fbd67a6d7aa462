import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'

import { circuitNames, repositoryRoot } from '../../../circuits/locateCircuit.ts'
import { FIELD_ORDER } from '../../../protocol/constants.ts'
import { loadKeys } from '../../../prover/loadKeys.ts'
import { buildNative } from '../../../prover/native/build.ts'
import { NativeProvingCancelledError } from '../../../prover/native/errors.ts'
import { loadNative, nativePhases } from '../../../prover/native/index.ts'
import type { NativeProver } from '../../../prover/native/index.ts'
import { ensureCircuitsAndKeys } from '../../../prover/setup/ensureCircuitsAndKeys.ts'
import { verifyMany } from '../../../prover/verifyMany.ts'
import {
  WitnessCalculator,
  decodeWitness,
  encodeWitnessFile,
} from '../../../prover/witnessCalculator.ts'
import { endSnarkjs, ensureTestKeys } from '../../support/proverWorkspace.ts'
import { aZkey } from '../../support/randomZkeys.ts'
import type { ZkeyShape } from '../../support/randomZkeys.ts'
import { sampleInputs } from '../../support/sampleInputs.ts'
import { proveWithSnarkjs } from '../../support/snarkjsProofs.ts'

const scratch = join(repositoryRoot, `.cinnabar/test-native-${process.pid}`)
let native: NativeProver

before(async () => {
  assert.notEqual(await buildNative(), undefined, 'the tests need g++')
  native = loadNative()!
  mkdirSync(scratch, { recursive: true })
})
after(() => rmSync(scratch, { recursive: true, force: true }))
after(endSnarkjs)

/** Resident memory without garbage; what it held is let go of by callbacks. */
async function residentBytes(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 3; i++) {
    collect()
    await setTimeout(5)
  }
  return process.memoryUsage.rss()
}

let files = 0
function aFile(bytes: Uint8Array): string {
  files += 1
  const path = join(scratch, `${files}.zkey`)
  writeFileSync(path, bytes)
  return path
}

/** A small circuit of the tests, proved. */
async function aPreimage(): Promise<{ zkeyPath: string; witness: Uint8Array }> {
  const { circuit, zkeyPath } = await ensureTestKeys('preimage')
  const calculator = await WitnessCalculator.load(
    'preimage',
    new Uint8Array(readFileSync(circuit.wasmPath)),
  )
  const witness = await calculator.calculate({ values: [3n, 4n], context: 5n })
  return { zkeyPath, witness: encodeWitnessFile(witness) }
}

describe('the same proof as snarkjs, given r and s', () => {
  for (const name of circuitNames) {
    test(`behavior: ${name}`, async () => {
      await ensureCircuitsAndKeys({ names: [name] })
      const { circuit, zkeyPath, verificationKey } = loadKeys(name)
      const program = new Uint8Array(readFileSync(circuit.wasmPath))
      const calculator = await WitnessCalculator.load(name, program)
      const elements = await calculator.calculate(sampleInputs(name))
      const witness = encodeWitnessFile(elements)
      const [r, s] = [FIELD_ORDER - 12_345n, 2n ** 200n + 7n] as const
      const key = await native.loadKey(zkeyPath)
      const proof = await native.prove(key, witness, { r, s })
      const publicSignals = decodeWitness(elements.slice(32, 32 * (key.publicWires + 1)))
      assert.deepEqual(await verifyMany([{ verificationKey, proof, publicSignals }]), [true])
      assert.deepEqual(proof, await proveWithSnarkjs(zkeyPath, witness, [r, s]))
    })
  }

  const shapes: Record<string, ZkeyShape> = {
    'one wire': { wires: 1, publicWires: 0, power: 1 },
    'no private input': { wires: 6, publicWires: 5, power: 3 },
    'one private input': { wires: 7, publicWires: 5, power: 3 },
    'no public input': { wires: 20, publicWires: 0, power: 4 },
    'no coefficients': { wires: 9, publicWires: 2, power: 3, coefficients: 0 },
    'a dense row or two': { wires: 9, publicWires: 2, power: 1, coefficients: 400 },
    'the least domain': { wires: 3, publicWires: 1, power: 1 },
    'more wires than rows': { wires: 300, publicWires: 3, power: 4 },
    'fewer wires than rows': { wires: 5, publicWires: 1, power: 9 },
    'one block of the transform': { wires: 100, publicWires: 4, power: 11 },
    'two blocks': { wires: 100, publicWires: 4, power: 12 },
    'eight blocks': { wires: 40, publicWires: 4, power: 14, coefficients: 500 },
    'witness 0': { wires: 64, publicWires: 2, power: 6, scalars: 'zero' },
    'witness 1': { wires: 700, publicWires: 2, power: 6, scalars: 'one' },
    'witness -1': { wires: 64, publicWires: 2, power: 6, scalars: 'minus one' },
    'a small witness': { wires: 900, publicWires: 2, power: 6, scalars: 'small' },
    'a large witness': { wires: 900, publicWires: 2, power: 6, scalars: 'large' },
    'all points at infinity': { wires: 64, publicWires: 2, power: 6, points: 'infinity' },
    'all points equal': { wires: 200, publicWires: 2, power: 6, points: 'equal' },
    'equal points, witness 1': {
      wires: 129,
      publicWires: 2,
      power: 7,
      points: 'equal',
      scalars: 'one',
    },
    'points that cancel': {
      wires: 3_000,
      publicWires: 2,
      power: 7,
      points: 'opposite',
      scalars: 'one',
    },
    'points that cancel, large witness': {
      wires: 500,
      publicWires: 2,
      power: 7,
      points: 'opposite',
      scalars: 'large',
    },
  }
  for (const [index, [name, shape]] of Object.entries(shapes).entries()) {
    test(`behavior: random key: ${name}`, async () => {
      const { zkey, witness } = await aZkey(BigInt(index + 1), shape)
      const key = await native.loadKey(aFile(zkey))
      assert.equal(key.wires, shape.wires)
      assert.equal(key.publicWires, shape.publicWires)
      assert.equal(key.domain, 2 ** shape.power)
      const blindings: [bigint, bigint][] = [
        [3n, 5n],
        [0n, 0n],
        [FIELD_ORDER - 1n, 1n],
      ]
      for (const [r, s] of blindings.slice(0, shape.power < 10 ? 3 : 1)) {
        const proof = await native.prove(key, witness, { r, s })
        assert.deepEqual(proof, await proveWithSnarkjs(zkey, witness, [r, s]), `r ${r}, s ${s}`)
      }
    })
  }

  test('behavior: forty random keys of random shapes', async () => {
    for (let seed = 100n; seed < 140n; seed++) {
      const wires = 1 + Number((seed * 37n) % 80n)
      const { zkey, witness } = await aZkey(seed, {
        wires,
        publicWires: Number(seed * 13n) % wires,
        power: 1 + Number(seed % 7n),
      })
      const key = await native.loadKey(aFile(zkey))
      const proof = await native.prove(key, witness, { r: seed, s: seed + 1n })
      const expected = await proveWithSnarkjs(zkey, witness, [seed, seed + 1n])
      assert.deepEqual(proof, expected, `seed ${seed}`)
    }
  })
})

describe('native proving', () => {
  test('default: random proofs that verify, phases in order', async () => {
    const { verificationKey } = await ensureTestKeys('preimage')
    const { zkeyPath, witness } = await aPreimage()
    const key = await native.loadKey(zkeyPath)
    const phases: string[] = []
    const proof = await native.prove(key, witness, { onPhase: (phase) => phases.push(phase) })
    assert.deepEqual(phases, [...nativePhases])
    const again = await native.prove(key, witness)
    assert.notDeepEqual(again, proof)
    const publicSignals = decodeWitness(witness.slice(76 + 32, 76 + 32 * (key.publicWires + 1)))
    const statements = [proof, again].map((made) => ({
      verificationKey,
      proof: made,
      publicSignals,
    }))
    assert.deepEqual(await verifyMany(statements), [true, true])
  })

  test('behavior: a witness that changes after the call changes nothing', async () => {
    const { zkeyPath, witness } = await aPreimage()
    const key = await native.loadKey(zkeyPath)
    const expected = await native.prove(key, witness, { r: 3n, s: 5n })
    const proving = native.prove(key, witness, { r: 3n, s: 5n })
    witness.fill(0xff)
    assert.deepEqual(await proving, expected)
  })

  test('behavior: jobs end in order of arrival and do not mix', async () => {
    const large = await aZkey(1n, { wires: 6_000, publicWires: 3, power: 12 })
    const small = await aZkey(2n, { wires: 30, publicWires: 3, power: 4 })
    const [one, other] = [
      await native.loadKey(aFile(large.zkey)),
      await native.loadKey(aFile(small.zkey)),
    ]
    const expected = [
      await native.prove(one, large.witness, { r: 3n, s: 5n }),
      await native.prove(other, small.witness, { r: 3n, s: 5n }),
    ]
    const ended: number[] = []
    const proofs = await Promise.all(
      [0, 1, 0, 1, 1, 0].map(async (which, index) => {
        const { witness } = which === 0 ? large : small
        const proof = await native.prove(which === 0 ? one : other, witness, { r: 3n, s: 5n })
        ended.push(index)
        return { which, proof }
      }),
    )
    assert.deepEqual(ended, [0, 1, 2, 3, 4, 5])
    for (const { which, proof } of proofs) assert.deepEqual(proof, expected[which])
  })

  test('behavior: a running job can be cancelled in each phase, a waiting one too', async () => {
    const { zkey, witness } = await aZkey(3n, { wires: 20_000, publicWires: 3, power: 14 })
    const key = await native.loadKey(aFile(zkey))
    const started = performance.now()
    const expected = await native.prove(key, witness, { r: 3n, s: 5n })
    const whole = performance.now() - started
    for (const phase of nativePhases) {
      const running = new AbortController()
      const waiting = new AbortController()
      const jobs = [
        native.prove(key, witness, {
          signal: running.signal,
          onPhase: (entered) => {
            if (entered !== phase) return
            waiting.abort()
            running.abort()
          },
        }),
        native.prove(key, witness, { signal: waiting.signal }),
      ]
      for (const job of jobs) await assert.rejects(job, NativeProvingCancelledError)
    }
    const late = new AbortController()
    const proof = await native.prove(key, witness, { r: 3n, s: 5n, signal: late.signal })
    late.abort()
    assert.deepEqual(proof, expected)

    const abort = new AbortController()
    const job = native.prove(key, witness, { signal: abort.signal, onPhase: () => abort.abort() })
    const before = performance.now()
    await assert.rejects(job, NativeProvingCancelledError)
    assert.ok(performance.now() - before < whole, 'it does not run to its end')
    await assert.rejects(
      native.prove(key, witness, { signal: AbortSignal.abort() }),
      NativeProvingCancelledError,
    )
  })

  test('behavior: memory is steady over 1,000 proofs', async () => {
    // A job that stayed would keep its key, or its witness, and 40 rounds of either are 50 MiB and 100 MiB.
    const { zkey, witness } = await aZkey(4n, { wires: 4_000, publicWires: 3, power: 5 })
    const path = aFile(zkey)
    const rss: number[] = []
    for (let round = 0; round < 50; round++) {
      // Keys come and go as well.
      const key = await native.loadKey(path)
      for (let i = 0; i < 5; i++) {
        await Promise.all([0, 1, 2, 3].map(() => native.prove(key, witness)))
      }
      if (round % 5 === 4) rss.push(await residentBytes())
    }
    const [early, late] = [rss[1]!, Math.min(...rss.slice(-2))]
    assert.ok(late - early < 12 * 2 ** 20, `grew by ${(late - early) / 2 ** 20} MiB`)
  })

  test('behavior: a thread that ends takes its jobs with it and harms no other', async () => {
    const { zkey, witness } = await aZkey(5n, { wires: 20_000, publicWires: 3, power: 14 })
    const zkeyPath = aFile(zkey)
    const witnessPath = aFile(witness)
    for (const wait of [0, 20, 60, 120]) {
      const url = new URL('../../support/nativeWorker.ts', import.meta.url)
      const thread = new Worker(url, { workerData: { zkeyPath, witnessPath } })
      await once(thread, 'message')
      await setTimeout(wait)
      await thread.terminate()
    }
    const key = await native.loadKey(zkeyPath)
    const proof = await native.prove(key, witness, { r: 3n, s: 5n })
    assert.deepEqual(await native.prove(key, witness, { r: 3n, s: 5n }), proof)
  })

  test('rejects: what is no key, no witness or no scalar of ours', async () => {
    const { zkeyPath, witness } = await aPreimage()
    const key = await native.loadKey(zkeyPath)
    const forged = { ...key, handle: {} }
    await assert.rejects(native.prove(forged, witness), { code: 'ARGUMENT' })
    for (const r of [-1n, FIELD_ORDER, 2n ** 256n]) {
      await assert.rejects(native.prove(key, witness, { r, s: 1n }), RangeError)
    }
  })
})
