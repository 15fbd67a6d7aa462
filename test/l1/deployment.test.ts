import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

import {
  type ChainDeployment,
  type ContractName,
  contractNames,
  deploymentFromJson,
  deploymentToJson,
  readDeployment,
  writeDeployment,
} from '../../l1/deployment.ts'
import { DeploymentFileError } from '../../l1/errors.ts'
import { deploymentDomain } from '../../protocol/domain.ts'

const contracts = Object.fromEntries(
  contractNames.map((name, i) => [name, `0x${String(i + 10).repeat(20)}`]),
) as Record<ContractName, `0x${string}`>
const deployment: ChainDeployment = {
  chainId: 31_337n,
  rollup: contracts.rollup,
  domain: deploymentDomain({ chainId: 31_337n, rollup: contracts.rollup }),
  prefix: 'tcnb',
  startBlock: 12n,
  settleWindow: 7_200n,
  contracts,
  assets: [
    {
      asset: 1n,
      token: `0x${'0'.repeat(40)}`,
      unit: 10n ** 10n,
      maxFee: 1_000_000n,
      symbol: 'ETH',
      decimals: 18,
    },
  ],
}

describe('readDeployment', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cinnabar-deployment-'))
  const path = join(directory, 'deployment.json')
  after(() => {
    rmSync(directory, { recursive: true })
  })

  test('default: it reads what was written, and no half-written file is left', async () => {
    await writeDeployment(path, deployment)
    await writeDeployment(path, deployment)
    assert.deepEqual(await readDeployment(path), deployment)
    assert.deepEqual(readdirSync(directory), ['deployment.json'])
  })

  test('rejects: a missing file and one that is no JSON, by path and reason', async () => {
    await assert.rejects(readDeployment(join(directory, 'none.json')), (error: unknown) => {
      assert.ok(error instanceof DeploymentFileError)
      assert.match(error.message, /none\.json/)
      assert.match(error.message, /it cannot be opened/)
      return true
    })
    writeFileSync(path, '{"version": 1')
    await assert.rejects(readDeployment(path), DeploymentFileError)
  })

  test('rejects: a file that contradicts itself or leaves something out', () => {
    const json = deploymentToJson(deployment)
    deploymentFromJson(json)
    for (const [changes, reason] of [
      [{ version: 2 }, /version/],
      [{ chainId: '1' }, /domain is not the one/],
      [{ domain: '0x01' }, /domain is not the one/],
      [{ chainId: 31337 }, /chainId is no number in text/],
      [{ startBlock: '-1' }, /startBlock/],
      [{ prefix: 'btc' }, /prefix/],
      [{ contracts: { ...contracts, vault: '0x12' } }, /contracts\.vault is no address/],
      [{ contracts: undefined }, /contracts is no object/],
      [{ assets: {} }, /assets is no list/],
      [{ assets: [{ asset: '1' }] }, /assets\[0\]/],
    ] as const) {
      assert.throws(() => deploymentFromJson({ ...json, ...changes }), reason)
    }
    assert.throws(() => deploymentFromJson(null), /the file is no object/)
  })

  test('behavior: addresses are lower case, however they were written', () => {
    const json = deploymentToJson({
      ...deployment,
      contracts: { ...contracts, vault: '0xABCDEFabcdefABCDEFabcdefABCDEFabcdefABCD' },
    })
    const { vault } = deploymentFromJson(json).contracts
    assert.equal(vault, '0xabcdefabcdefabcdefabcdefabcdefabcdefabcd')
  })
})
