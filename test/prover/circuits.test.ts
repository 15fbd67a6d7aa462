import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { circuitNames } from '../../circuits/locateCircuit.ts'
import { countPublicInputs, publicInputsToArray } from '../../protocol/publicInputs.ts'
import { checkVerificationKey } from '../../prover/checkVerificationKey.ts'
import { createProver } from '../../prover/prover.ts'
import type { Proved } from '../../prover/prover.ts'
import { ensureCircuitsAndKeys } from '../../prover/setup/ensureCircuitsAndKeys.ts'
import type { CircuitInputs } from '../../prover/witnessCalculator.ts'
import { aBatch, aState, buildOn } from '../support/batches.ts'
import { aRegistration, anUpdate } from '../support/identities.ts'
import { endSnarkjs, verifyWithSnarkjs } from '../support/proverWorkspace.ts'
import { aTransfer } from '../support/transfers.ts'

/** Those that every machine makes. */
type Name = (typeof circuitNames)[number]
type Statement = { circuitInputs: CircuitInputs; publicSignals: bigint[] }

/** A true statement of each circuit, built by protocol/. */
const statements: Record<Name, () => Statement> = {
  transfer: () => {
    const { circuitInputs, publicInputs } = aTransfer()
    return { circuitInputs, publicSignals: publicInputsToArray('transfer', publicInputs) }
  },
  collect: () => {
    const { circuitInputs, publicInputs } = aTransfer({ circuit: 'collect' })
    return { circuitInputs, publicSignals: publicInputsToArray('collect', publicInputs) }
  },
  'batch-4': () => aBatchStatement('batch-4'),
  'batch-16': () => aBatchStatement('batch-16'),
  registry: () => {
    const { circuitInputs, publicInputs } = anUpdate()
    return { circuitInputs, publicSignals: publicInputsToArray('registry', publicInputs) }
  },
  registration: () => {
    const { circuitInputs, publicInputs } = aRegistration()
    return { circuitInputs, publicSignals: publicInputsToArray('registration', publicInputs) }
  },
}

function aBatchStatement(circuit: 'batch-4' | 'batch-16'): Statement {
  const { circuitInputs, publicInputs } = buildOn(aState(), aBatch({ circuit }))
  return { circuitInputs, publicSignals: publicInputsToArray(circuit, publicInputs) }
}

const prover = createProver()
const proofs = new Map<Name, Proved>()

before(async () => {
  await ensureCircuitsAndKeys({ names: circuitNames })
})
after(async () => {
  await prover.close()
  await endSnarkjs()
})

describe('prove', () => {
  for (const circuit of circuitNames) {
    test(`accepts: a true statement of ${circuit}, proved and verified by snarkjs`, async () => {
      const { circuitInputs, publicSignals } = statements[circuit]()
      const proved = await prover.prove(circuit, circuitInputs)
      assert.deepEqual(proved.publicSignals, publicSignals)
      const verificationKey = prover.verificationKey(circuit)
      assert.equal(await verifyWithSnarkjs({ verificationKey, ...proved }), true)
      proofs.set(circuit, proved)
    })
  }

  test('behavior: one fold takes proofs of all circuits and finds the false one', async () => {
    const verifications = [...proofs].map(([circuit, { proof, publicSignals }]) => ({
      circuit,
      proof,
      publicSignals,
    }))
    assert.equal(verifications.length, circuitNames.length)
    assert.deepEqual(
      await prover.verifyMany(verifications),
      verifications.map(() => true),
    )
    for (const index of verifications.keys()) {
      const spoilt = verifications.map((verification, at) => ({
        ...verification,
        publicSignals:
          at === index ? verification.publicSignals.toReversed() : verification.publicSignals,
      }))
      assert.deepEqual(
        await prover.verifyMany(spoilt),
        verifications.map((_, at) => at !== index),
      )
    }
  })
})

describe('verification keys', () => {
  test('behavior: all share alpha, beta and gamma; every delta is another; all are acceptable', async () => {
    const keys = circuitNames.map((name) => prover.verificationKey(name))
    for (const [index, key] of keys.entries()) {
      const publicSignals = countPublicInputs(circuitNames[index]!)
      await checkVerificationKey(key, { publicSignals })
    }
    const distinct = (part: (key: (typeof keys)[number]) => unknown): number =>
      new Set(keys.map((key) => JSON.stringify(part(key)))).size
    assert.equal(
      distinct((key) => [key.vk_alpha_1, key.vk_beta_2, key.vk_gamma_2]),
      1,
    )
    assert.equal(
      distinct((key) => key.vk_delta_2),
      circuitNames.length,
    )
  })
})
