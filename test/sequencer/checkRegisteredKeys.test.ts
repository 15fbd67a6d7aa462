import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createChainClient, type ChainClient } from '../../l1/client.ts'
import { CIRCUIT_IDS, type CircuitName } from '../../protocol/constants.ts'
import { BaseError } from '../../protocol/errors.ts'
import type { VerificationKey } from '../../prover/verificationKey.ts'
import { checkRegisteredKeys } from '../../sequencer/checkRegisteredKeys.ts'
import { startTestRollup, type TestRollup } from '../support/settlement.ts'
import { simulatedKeys } from '../support/simulatedKeys.ts'

describe('checkRegisteredKeys', () => {
  let rollup: TestRollup
  let client: ChainClient
  before(async () => {
    rollup = await startTestRollup()
    client = createChainClient({ rpcUrl: rollup.chain.rpcUrl })
  })
  after(() => rollup.stop())

  /** The deployment's keys, but for some. */
  const check = (others: Partial<Record<CircuitName, VerificationKey>>) =>
    checkRegisteredKeys({
      client,
      rollup: rollup.deployment.rollup,
      prover: {
        verificationKey: (circuit) => others[circuit] ?? rollup.keys.verificationKeys[circuit],
      },
    })

  test('default: the keys of the deployment', () => check({}))

  for (const circuit of ['transfer', 'collect', 'batch-4', 'batch-16'] as const) {
    test(`rejects: another key of ${circuit}`, async () => {
      const { verificationKey } = rollup.keys.secondKey(circuit)
      await assert.rejects(check({ [circuit]: verificationKey }), (error: BaseError) => {
        assert.equal(error.code, 'SEQUENCER_KEY_MISMATCH')
        assert.ok(error.metaMessages.includes(`Circuit: ${circuit}`))
        return true
      })
    })
  }

  test('rejects: a key of which one point is another', async () => {
    const key = rollup.keys.verificationKeys.transfer
    for (let i = 0; i < key.IC.length; i++) {
      const IC = key.IC.map((point, j) => (i === j ? key.IC[(i + 1) % key.IC.length]! : point))
      await assert.rejects(check({ transfer: { ...key, IC } }), { code: 'SEQUENCER_KEY_MISMATCH' })
    }
  })

  test('rejects: keys of another set-up', async () => {
    const others = simulatedKeys('another set-up').verificationKeys
    await assert.rejects(check(others), { code: 'SEQUENCER_KEY_MISMATCH' })
  })

  test('behavior: keys that are not here are passed over', async () => {
    const passed: string[] = []
    await checkRegisteredKeys({
      client,
      rollup: rollup.deployment.rollup,
      prover: {
        verificationKey(circuit) {
          passed.push(circuit)
          throw new BaseError('There is no key.', { code: 'NO_KEY' })
        },
      },
    })
    assert.deepEqual(passed, Object.keys(CIRCUIT_IDS))
  })
})
