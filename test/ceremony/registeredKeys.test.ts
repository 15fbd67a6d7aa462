import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { checkVerificationKeys } from '../../deploy/contracts/checkVerificationKeys.ts'
import { createChainClient } from '../../l1/client.ts'
import { getVerificationKeys } from '../../l1/verificationKeys.ts'
import {
  CIRCUIT_IDS,
  PUBLIC_INPUTS,
  SECONDS_PER_DAY,
  type CircuitName,
} from '../../protocol/constants.ts'
import { commonWords, registeredWords } from '../../prover/registeredWords.ts'
import { send } from '../support/expectRevert.ts'
import { startTestRollup, type TestRollup } from '../support/settlement.ts'

/** Place of `domain` among a circuit's public signals, counted apart from the code under test. */
function domainPosition(circuit: CircuitName): number {
  const signals = PUBLIC_INPUTS[circuit].flatMap(([name, count]) =>
    Array.from({ length: count }, () => name as string),
  )
  return signals.indexOf('domain')
}

describe('getVerificationKeys', () => {
  let rollup: TestRollup
  before(async () => {
    rollup = await startTestRollup()
  })
  after(() => rollup.stop())

  test('default: the active keys are, word for word, those deployed', async () => {
    const { deployment, keys, chain } = rollup
    const client = createChainClient({ rpcUrl: chain.rpcUrl })
    const { domain, common, blobs } = await getVerificationKeys(client, deployment.rollup)
    assert.equal(domain, deployment.domain)
    assert.deepEqual(common, commonWords(keys.verificationKeys.transfer))
    const active = Object.keys(CIRCUIT_IDS).filter(
      (name) => blobs[name as CircuitName] !== undefined,
    ) as CircuitName[]
    assert.ok(active.includes('transfer') && active.includes('batch-4'))
    for (const circuit of active) {
      const key = keys.verificationKeys[circuit]
      assert.deepEqual(
        blobs[circuit],
        registeredWords(key, domain, domainPosition(circuit)),
        circuit,
      )
      const { verificationKey: another } = keys.secondKey(circuit)
      assert.notDeepEqual(
        blobs[circuit],
        registeredWords(another, domain, domainPosition(circuit)),
        circuit,
      )
    }
    assert.deepEqual((await getVerificationKeys(client, deployment.rollup)).inSunset, [])
  })

  test('behavior: a replaced key is named while it is usable, a stopped one is not given', async () => {
    const { deployment, keys, chain } = rollup
    const read = () =>
      getVerificationKeys(createChainClient({ rpcUrl: chain.rpcUrl }), deployment.rollup)
    const registry = rollup.contract('verifierRegistry')
    const { verificationKey } = keys.secondKey('transfer')
    const all = checkVerificationKeys({ ...keys.verificationKeys, transfer: verificationKey })
    const { delta, ic } = all.transfer
    await send(registry, 'announceKey', CIRCUIT_IDS.transfer, { delta, ic: [...ic] })
    await chain.increaseTime(8 * SECONDS_PER_DAY)
    await send(registry, 'activateKey', CIRCUIT_IDS.transfer, 2)
    const replaced = await read()
    assert.deepEqual(replaced.inSunset, ['transfer'])
    assert.deepEqual(
      replaced.blobs.transfer,
      registeredWords(verificationKey, replaced.domain, domainPosition('transfer')),
    )
    await send(registry, 'stopKey', CIRCUIT_IDS.transfer, 2)
    const stopped = await read()
    assert.equal(stopped.blobs.transfer, undefined)
    assert.notEqual(stopped.blobs.collect, undefined)
  })
})
