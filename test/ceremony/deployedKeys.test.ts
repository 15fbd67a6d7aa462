// Runs alone: snarkjs keeps all cores busy, and so do the commands' processes.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { circuitNames, repositoryRoot } from '../../circuits/locateCircuit.ts'
import {
  checkVerificationKeys,
  type VerificationKeys,
} from '../../deploy/contracts/checkVerificationKeys.ts'
import { CIRCUIT_IDS, SECONDS_PER_DAY } from '../../protocol/constants.ts'
import { countPublicInputs } from '../../protocol/publicInputs.ts'
import {
  acceptContribution,
  applyBeacon,
  beginCeremony,
  contribute,
  finishCeremony,
} from '../../prover/ceremony/ceremony.ts'
import { importPtau } from '../../prover/ceremony/importPtau.ts'
import { BEACON_HASH, ceremonyWorkspaceOf, makePtau, runSetup } from '../support/ceremonies.ts'
import { send } from '../support/expectRevert.ts'
import { endSnarkjs } from '../support/proverWorkspace.ts'
import { startTestRollup, type TestRollup } from '../support/settlement.ts'

// Names and public inputs of the protocol's circuits over a statement that fits powers of tau made in a test: what
// is shown is that a deployment's keys are traced from the base chain to a ceremony, whatever they prove.
const mainDirectory = '.cinnabar/test-deployed-circuits'
const workspace = ceremonyWorkspaceOf(mainDirectory)
const scratch = mkdtempSync(join(tmpdir(), 'cinnabar-deployed-'))
const keys = join(scratch, 'keys')
let ptauPath: string
let rollup: TestRollup

const mainOf = (inputs: number): string => `// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.9;

template Bound(nInputs) {
    signal input values[nInputs];
    signal input secret;
    signal products[nInputs];
    for (var i = 0; i < nInputs; i++) {
        products[i] <== values[i] * secret;
    }
}

component main {public [values]} = Bound(${String(inputs)});
`

before(async () => {
  mkdirSync(join(repositoryRoot, mainDirectory), { recursive: true })
  for (const name of circuitNames) {
    const path = join(repositoryRoot, mainDirectory, `${name}.circom`)
    writeFileSync(path, mainOf(countPublicInputs(name)))
  }
  const ptau = await makePtau(scratch, 8)
  ptauPath = ptau.final
  await importPtau(ptauPath, { workspace })
  const directory = join(scratch, 'ceremony')
  await beginCeremony({ circuits: circuitNames, ptauPath, directory, workspace })
  for (const [round, name] of ['Ada', '陈 三'].entries()) {
    const sent = join(scratch, `sent-${String(round)}`)
    await contribute({ input: join(directory, `000${String(round)}`), output: sent, name })
    await acceptContribution({ directory, contribution: sent, ptauPath })
  }
  const beacon = { hash: BEACON_HASH, iterations: 10, source: 'a block announced before' }
  await applyBeacon({ directory, ptauPath, beacon })
  await finishCeremony({ directory, output: keys })
  const verificationKeys = Object.fromEntries(
    circuitNames.map((name) => [
      name,
      JSON.parse(readFileSync(join(keys, `${name}.vkey.json`), 'utf8')) as unknown,
    ]),
  ) as VerificationKeys
  rollup = await startTestRollup({ verificationKeys })
})
after(async () => {
  await rollup.stop()
  rmSync(scratch, { recursive: true, force: true })
  rmSync(join(repositoryRoot, mainDirectory), { recursive: true, force: true })
  rmSync(join(repositoryRoot, workspace.ptauRecords), { recursive: true, force: true })
  await endSnarkjs()
})

describe('cinnabar setup verify --rpc --rollup', () => {
  const verify = (...more: readonly string[]) => {
    const chain = ['--rpc', rollup.chain.rpcUrl, '--rollup', rollup.deployment.rollup]
    const args = ['verify', keys, '--ptau', ptauPath, ...chain, ...more]
    return runSetup(scratch, args, { mainDirectory })
  }

  test('default: the keys of a deployment, from the sources to the base chain', async () => {
    const { code, stdout, stderr } = await verify('--json')
    assert.equal(code, 0, stderr)
    const { registered, inSunset, ceremonies } = JSON.parse(stdout)
    assert.deepEqual(registered, [...circuitNames])
    assert.deepEqual(inSunset, [])
    assert.deepEqual(ceremonies[0].contributors, ['Ada', '陈 三'])
  })

  test('rejects: a deployment that went over to a key of nobody’s ceremony', async () => {
    const registry = rollup.contract('verifierRegistry')
    const { delta, ic } = checkVerificationKeys(rollup.keys.verificationKeys).transfer
    await send(registry, 'announceKey', CIRCUIT_IDS.transfer, { delta, ic: [...ic] })
    await rollup.chain.increaseTime(8 * SECONDS_PER_DAY)
    await send(registry, 'activateKey', CIRCUIT_IDS.transfer, 2)
    const { code, stdout, stderr } = await verify()
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /the active key of transfer is another/)
    assert.match(stderr, /V9/)
    assert.match(stderr, /CEREMONY_KEYS_NOT_VERIFIED/)
  })

  test('rejects: an address without a rollup, in words', async () => {
    const args = ['verify', keys, '--ptau', ptauPath, '--rpc', rollup.chain.rpcUrl]
    for (const address of [rollup.users[0]!.address, rollup.deployment.contracts.vault]) {
      const { code, stderr } = await runSetup(scratch, [...args, '--rollup', address], {
        mainDirectory,
      })
      assert.equal(code, 1)
      assert.match(stderr, /^There is no rollup at this address[^]*\(L1_NOT_A_ROLLUP\)\n$/)
    }
  })
})
