import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, describe, test } from 'node:test'

import { groth16 } from 'snarkjs'

import { RowEvaluator } from '../../prover/rowEvaluator.ts'
import { WitnessCalculator, encodeWitnessFile } from '../../prover/witnessCalculator.ts'
import type { CircuitInputs } from '../../prover/witnessCalculator.ts'
import { endSnarkjs, ensureTestKeys } from '../support/proverWorkspace.ts'

after(endSnarkjs)

const { circuit, verificationKey } = await ensureTestKeys('preimage')
const wasm = new Uint8Array(readFileSync(circuit.wasmPath))
const calculator = await WitnessCalculator.load('preimage', wasm)
const evaluator = await RowEvaluator.load(readFileSync(circuit.zkeyPath))

async function proves(witness: Uint8Array): Promise<boolean> {
  const data = encodeWitnessFile(witness)
  const { proof, publicSignals } = await evaluator.withKeyFor(witness, (key) =>
    groth16.prove({ type: 'mem', data: key }, { type: 'mem', data }),
  )
  return groth16.verify(verificationKey, publicSignals, proof)
}

const one: CircuitInputs = { values: [3n, 4n], context: 5n }
const other: CircuitInputs = { values: [2n ** 64n - 1n, 0n], context: 0n }

describe('RowEvaluator', () => {
  test('accepts: witness after witness with one key', async () => {
    assert.equal(await proves(await calculator.calculate(one)), true)
    assert.equal(await proves(await calculator.calculate(other)), true)
    assert.equal(await proves(await calculator.calculate(one)), true)
  })

  test('behavior: a false witness gives no valid proof, whichever of its wires is false', async () => {
    const witness = await calculator.calculate(one)
    for (const wire of [1, 2, 3, witness.length / 32 - 1]) {
      const spoilt = witness.slice()
      spoilt[wire * 32] = (spoilt[wire * 32]! + 1) % 256
      assert.equal(await proves(spoilt), false)
    }
  })

  test('behavior: nothing of a witness is left in the key', async () => {
    const clean = await evaluator.withKeyFor(new Uint8Array(circuit.info.wires * 32), keep)
    const witness = await calculator.calculate(one)
    const used = await evaluator.withKeyFor(witness, async (key) => {
      assert.notDeepEqual(await keep(key), clean)
      return key
    })
    assert.deepEqual(new Uint8Array(used), clean)
    await assert.rejects(
      evaluator.withKeyFor(witness, () => Promise.reject(new Error('stopped'))),
      /stopped/,
    )
    assert.deepEqual(new Uint8Array(used), clean)
  })

  test('rejects: a witness of another circuit', async () => {
    const witness = await calculator.calculate(one)
    await assert.rejects(evaluator.withKeyFor(witness.slice(32), keep), RangeError)
  })
})

/** A copy: the key itself changes. */
function keep(key: Uint8Array): Promise<Uint8Array> {
  return Promise.resolve(new Uint8Array(key))
}
