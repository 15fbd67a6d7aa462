import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { bn254 } from '@noble/curves/bn254.js'
import { Contract } from 'ethers'
import {
  checkVerificationKeys,
  type VerificationKeys,
} from '../../deploy/contracts/checkVerificationKeys.ts'
import { loadArtifact } from '../../deploy/contracts/artifacts.ts'
import { deployContracts } from '../../deploy/contracts/deploy.ts'
import { readConfig } from '../../deploy/contracts/readConfig.ts'
import { RESTRICTED_FUNCTIONS, ROLE_IDS } from '../../deploy/contracts/roles.ts'
import { contractNames, readDeployment } from '../../l1/deployment.ts'
import { deploymentDomain } from '../../protocol/domain.ts'
import type { CircuitName } from '../../protocol/constants.ts'
import { developmentScalar } from '../../prover/setup/developmentScalar.ts'
import type { VerificationKey } from '../../prover/verificationKey.ts'
import { expectRevert, send } from '../support/expectRevert.ts'
import { connect, seededBytes, startTestRollup, type TestRollup } from '../support/settlement.ts'
import { startChain } from '../support/chain.ts'
import { simulatedKeys } from '../support/simulatedKeys.ts'

const keys = simulatedKeys('deploy').verificationKeys

const codeOf = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return undefined
}

describe('checkVerificationKeys', () => {
  const withKey = (circuit: CircuitName, changes: Partial<VerificationKey>): VerificationKeys => ({
    ...keys,
    [circuit]: { ...keys[circuit], ...changes },
  })
  const refused = (circuit: CircuitName, changes: Partial<VerificationKey>) =>
    codeOf(() => checkVerificationKeys(withKey(circuit, changes)))

  test('default: gives the words of the precompiles', () => {
    const { transfer } = checkVerificationKeys(keys)
    const [[x0, x1]] = keys.transfer.vk_delta_2
    assert.deepEqual(transfer.delta.slice(0, 2), [BigInt(x1), BigInt(x0)])
    assert.equal(transfer.ic.length, 26)
  })

  test('rejects: gamma equal to delta or to its negative', () => {
    const { vk_gamma_2: gamma } = keys.registry
    assert.equal(refused('registry', { vk_delta_2: gamma }), 'DEPLOY_KEY_GAMMA_IS_DELTA')
    const q = bn254.fields.Fp.ORDER
    const [x, [y0, y1], z] = gamma
    const negated: VerificationKey['vk_gamma_2'] = [
      x,
      [String(q - BigInt(y0)), String(q - BigInt(y1))],
      z,
    ]
    assert.equal(refused('registry', { vk_delta_2: negated }), 'DEPLOY_KEY_GAMMA_IS_DELTA')
  })

  test('rejects: a wrong number of inputs', () => {
    const { IC } = keys.collect
    const code = 'DEPLOY_KEY_INPUT_COUNT_WRONG'
    assert.equal(refused('collect', { IC: IC.slice(1) }), code)
    assert.equal(refused('collect', { nPublic: 25 }), code)
    assert.equal(
      codeOf(() => checkVerificationKeys({ ...keys, transfer: keys.collect })),
      code,
    )
  })

  test('rejects: points off the curve, outside the subgroup or at infinity', () => {
    const code = 'DEPLOY_KEY_POINT_INVALID'
    const { IC, vk_alpha_1: alpha } = keys['batch-4']
    const [first, ...rest] = IC
    assert.ok(first)
    assert.equal(refused('batch-4', { IC: [['1', '1', '1'], ...rest] }), code)
    assert.equal(refused('batch-4', { IC: [['0', '1', '0'], ...rest] }), code)
    assert.equal(refused('batch-4', { IC: [['0', '0', '1'], ...rest] }), code)
    const twin = String(BigInt(alpha[0]) + bn254.fields.Fp.ORDER)
    assert.equal(refused('batch-4', { vk_alpha_1: [twin, alpha[1], '1'] }), code)
    assert.equal(refused('batch-4', { vk_delta_2: outsideSubgroup() }), code)
    const infinity: VerificationKey['vk_delta_2'] = [
      ['0', '0'],
      ['1', '0'],
      ['0', '0'],
    ]
    assert.equal(refused('batch-4', { vk_delta_2: infinity }), code)
    const zeros: VerificationKey['vk_delta_2'] = [
      ['0', '0'],
      ['0', '0'],
      ['1', '0'],
    ]
    assert.equal(refused('batch-4', { vk_delta_2: zeros }), code)
  })

  test('accepts: no key of a circuit that is made on demand', () => {
    const { 'batch-64': left, ...rest } = keys
    assert.ok(left !== undefined)
    assert.equal(checkVerificationKeys(rest)['batch-64'], undefined)
    assert.notEqual(checkVerificationKeys(keys)['batch-64'], undefined)
  })

  test('rejects: no key of another circuit', () => {
    const { collect, ...rest } = keys
    assert.ok(collect !== undefined)
    assert.equal(
      codeOf(() => checkVerificationKeys(rest as unknown as VerificationKeys)),
      'DEPLOY_KEY_MISSING',
    )
  })

  test('rejects: keys of different set-ups, and a delta used twice', () => {
    const other = simulatedKeys('another set-up').verificationKeys
    assert.equal(
      codeOf(() => checkVerificationKeys({ ...keys, registry: other.registry })),
      'DEPLOY_KEY_NOT_COMMON',
    )
    const { vk_delta_2 } = keys.transfer
    assert.equal(refused('collect', { vk_delta_2 }), 'DEPLOY_KEY_DELTA_REUSED')
  })
})

/** A point of the twist whose order is not r. */
function outsideSubgroup(): VerificationKey['vk_delta_2'] {
  const { Fp2 } = bn254.fields
  const { Point } = bn254.G2
  for (let k = 1n; ; k++) {
    const x = Fp2.fromBigTuple([1n, k])
    try {
      const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), Point.CURVE().b))
      if (Point.fromAffine({ x, y }).isTorsionFree()) continue
      const text = ({ c0, c1 }: { c0: bigint; c1: bigint }): [string, string] => [
        String(c0),
        String(c1),
      ]
      return [text(x), text(y), ['1', '0']]
    } catch {
      // No square root: the next k.
    }
  }
}

describe('deployContracts', () => {
  let rollup: TestRollup
  before(async () => {
    rollup = await startTestRollup()
  })
  after(() => rollup.stop())

  test('default: contracts stand where predicted and belong together', async () => {
    const { deployment, provider } = rollup
    assert.deepEqual(Object.keys(deployment.contracts).sort(), [...contractNames].sort())
    for (const address of Object.values(deployment.contracts)) {
      assert.notEqual(await provider.getCode(address), '0x')
    }
    assert.equal(deployment.domain, deploymentDomain(deployment))
    const created = await provider.getCode(
      deployment.contracts.accessManager,
      Number(deployment.startBlock),
    )
    assert.notEqual(created, '0x')
    const before_ = Number(deployment.startBlock) - 1
    assert.equal(await provider.getCode(deployment.contracts.accessManager, before_), '0x')
  })

  test('behavior: every restricted function is opened to its role and to no other', async () => {
    const manager = rollup.contract('accessManager')
    for (const { contract, role, functions } of RESTRICTED_FUNCTIONS) {
      for (const name of functions) {
        const selector = rollup.contract(contract).interface.getFunction(name)?.selector
        const target = rollup.deployment.contracts[contract]
        assert.equal(await manager['getTargetFunctionRole']?.(target, selector), ROLE_IDS[role])
      }
    }
  })

  test('behavior: roles go to whom they are given, the deployer keeps none of them', async () => {
    const chain = await startChain()
    const { provider, operator, users } = connect(chain)
    try {
      const [holder, guardian] = users.map((user) => user.address as `0x${string}`)
      assert.ok(holder && guardian)
      const roles = {
        admin: [holder],
        sequencer: [holder],
        registrar: [holder],
        policy: [holder],
        supervision: [holder],
        governance: [holder],
        guardian: [guardian],
        officer: [holder],
        reviewer: [holder],
        judge: [holder],
        screener: [holder],
      }
      const plan = readConfig(JSON.stringify({ ...aConfig(), roles }), seededBytes('plan'))
      const deployment = await deployContracts({
        signer: operator,
        verificationKeys: keys,
        areKeysInsecure: true,
        ...plan,
      })
      const { interface: abi } = rollup.contract('accessManager')
      const call = new Contract(deployment.contracts.accessManager, abi, operator)
      for (const [role, id] of Object.entries(ROLE_IDS)) {
        const account: string = role === 'guardian' ? guardian : holder
        assert.equal((await call['hasRole']?.(id, operator.address))[0], false, role)
        const [isMember, delay]: [boolean, bigint] = await call['hasRole']?.(id, account)
        assert.equal(isMember, true, role)
        const isDelayed = role === 'admin' || role === 'governance'
        assert.equal(delay, isDelayed ? 604_800n : 0n, role)
      }
      await expectRevert(
        send(call, 'grantRole', 1n, operator.address, 0),
        'AccessManagerUnauthorizedAccount',
      )
    } finally {
      provider.destroy()
      await chain.stop()
    }
  })

  test('rejects: development keys on another chain, before anything is sent', async () => {
    const chain = await startChain({ chainId: 5_777 })
    const { provider, operator } = connect(chain)
    try {
      const plan = readConfig(JSON.stringify(aConfig()), seededBytes('plan'))
      const parameters = { signer: operator, verificationKeys: keys, ...plan }
      await assert.rejects(deployContracts({ ...parameters, areKeysInsecure: true }), {
        code: 'DEPLOY_KEYS_INSECURE',
      })
      const bad = { ...keys, transfer: { ...keys.transfer, vk_delta_2: keys.transfer.vk_gamma_2 } }
      await assert.rejects(
        deployContracts({ ...parameters, verificationKeys: bad, areKeysInsecure: false }),
        { code: 'DEPLOY_KEY_GAMMA_IS_DELTA' },
      )
      // Keys of the public seed, said to be secure.
      const alpha = bn254.G1.Point.BASE.multiply(developmentScalar('alpha')).toAffine()
      const vk_alpha_1: VerificationKey['vk_alpha_1'] = [String(alpha.x), String(alpha.y), '1']
      const seeded = Object.fromEntries(
        Object.entries(keys).map(([circuit, key]) => [circuit, { ...key, vk_alpha_1 }]),
      ) as VerificationKeys
      await assert.rejects(
        deployContracts({ ...parameters, verificationKeys: seeded, areKeysInsecure: false }),
        { code: 'DEPLOY_KEYS_INSECURE' },
      )
      assert.equal(await operator.getNonce(), 0)
    } finally {
      provider.destroy()
      await chain.stop()
    }
  })

  test('behavior: the command deploys with the present keys and writes the file', async () => {
    const chain = await startChain()
    const directory = await mkdtemp(join(tmpdir(), 'cinnabar-deploy-'))
    try {
      const path = (name: string) => join(directory, name)
      await writeFile(path('key'), `${chain.accounts[0]?.privateKey ?? ''}\n`)
      await writeFile(path('config.json'), JSON.stringify(aConfig()))
      const run = (config: string) =>
        spawnSync(
          process.execPath,
          [
            join(import.meta.dirname, '../../deploy/contracts/main.ts'),
            ...['--rpc', chain.rpcUrl, '--key-file', path('key')],
            ...['--config', config, '--json', path('deployment.json')],
          ],
          { encoding: 'utf8' },
        )
      const done = run(path('config.json'))
      assert.equal(done.status, 0, done.stderr)
      const deployment = await readDeployment(path('deployment.json'))
      assert.equal(deployment.chainId, 31_337n)
      assert.equal(deployment.assets[0]?.symbol, 'ETH')

      await writeFile(path('bad.json'), JSON.stringify({ ...aConfig(), setteWindow: 1 }))
      const failed = run(path('bad.json'))
      assert.equal(failed.status, 1)
      assert.match(failed.stderr, /unknown field "setteWindow"[^]*DEPLOY_CONFIG_INVALID/)
      assert.doesNotMatch(failed.stderr, new RegExp(chain.accounts[0]?.privateKey.slice(2) ?? '-'))
    } finally {
      await rm(directory, { recursive: true })
      await chain.stop()
    }
  })
})

describe('readConfig', () => {
  const refusedFor = (changes: object): unknown =>
    codeOf(() => readConfig(JSON.stringify({ ...aConfig(), ...changes }), seededBytes('x')))

  test('rejects: what it does not understand', () => {
    assert.equal(
      codeOf(() => readConfig('{', seededBytes('x'))),
      'DEPLOY_CONFIG_INVALID',
    )
    for (const changes of [
      { assets: {} },
      { assets: [{ ...aConfig().assets[0], unit: '-1' }] },
      { assets: [{ ...aConfig().assets[0], token: '0x12' }] },
      { assets: [{ ...aConfig().assets[0], maxFee: String(2n ** 64n) }] },
      {
        policies: [
          { tier: 256, asset: 1, perTransfer: 1, perDay: 1, accountCap: 1, reportAbove: 1 },
        ],
      },
      { roles: { king: [] } },
      { roles: { sequencer: 'me' } },
      { config: { settleWindow: 1.5 } },
      { config: { prefix: 'abc' } },
      { config: { depositsByList: 1 } },
      { policies: [{ table: 'gold', asset: 1 }] },
      { policies: [{ table: 'ecny', asset: 2 }] },
      { policies: [{ table: 'ecny', asset: 1, tier: 1 }] },
      { profile: 'production' },
      { epoch0: { startDay: 65_536 } },
    ]) {
      assert.equal(refusedFor(changes), 'DEPLOY_CONFIG_INVALID', JSON.stringify(changes))
    }
    assert.equal(refusedFor({}), undefined)
  })

  test('default: a table by its name, in units of its asset, and the line of reports at it', () => {
    const assets = [{ ...aConfig().assets[0], symbol: 'tCNY', decimals: 6, unit: '1' }]
    const read = (policies: unknown[]) =>
      readConfig(JSON.stringify({ ...aConfig(), assets, policies }), seededBytes('x')).policies
    const yuan = 1_000_000n
    const none = 2n ** 64n - 1n
    assert.deepEqual(
      read([{ table: 'ecny', asset: 1 }]).map((policy) => [
        ...[policy.tier, policy.asset, policy.perTransfer, policy.perDay, policy.accountCap],
        policy.reportAbove,
      ]),
      [
        [1n, 1n, 2_000n * yuan, 5_000n * yuan, 10_000n * yuan, 50_000n * yuan - 1n],
        [2n, 1n, 5_000n * yuan, 10_000n * yuan, 20_000n * yuan, 50_000n * yuan - 1n],
        [3n, 1n, 50_000n * yuan, 100_000n * yuan, 500_000n * yuan, 50_000n * yuan - 1n],
        [4n, 1n, none, none, none, 50_000n * yuan - 1n],
      ],
    )
    const [first, ...rest] = read([
      { table: 'ecny', asset: 1, reportFrom: 7 },
      ...aConfig().policies,
    ])
    assert.equal(first?.reportAbove, 7n * yuan - 1n)
    assert.equal(rest.length, 4)
  })

  describe('the sandbox profile', () => {
    const config = { depositsUntil: 1_800_000_000, identityLimit: 500 }
    const assets = [{ ...aConfig().assets[0], supplyCap: '1000' }]
    const sandbox = { profile: 'sandbox', assets, config }

    test('default: every cap comes from the file', () => {
      const plan = readConfig(JSON.stringify({ ...aConfig(), ...sandbox }), seededBytes('x'))
      assert.equal(plan.assets[0]?.supplyCap, 1_000n)
      assert.equal(plan.config?.identityLimit, 500n)
      assert.equal(plan.config?.depositsUntil, 1_800_000_000n)
    })

    test('rejects: a trial without a cap on value, people or time, or on a main network', () => {
      for (const changes of [
        { assets: aConfig().assets },
        { config: { depositsUntil: 1_800_000_000 } },
        { config: { identityLimit: 500 } },
        { config: { ...config, depositsUntil: String(2n ** 64n - 1n) } },
        { config: { ...config, prefix: 'cnb' } },
      ]) {
        const code = refusedFor({ ...sandbox, ...changes })
        assert.equal(code, 'DEPLOY_CONFIG_INVALID', JSON.stringify(changes))
      }
      assert.equal(refusedFor(sandbox), undefined)
    })
  })
})

describe('a sandbox', () => {
  test('behavior: its contracts keep its caps', async () => {
    const chain = await startChain()
    const { provider, operator } = connect(chain)
    try {
      const assets = [{ ...aConfig().assets[0], supplyCap: '1000' }]
      const config = { depositsUntil: 4_000_000_000, identityLimit: 500, depositsByList: true }
      const file = JSON.stringify({ ...aConfig(), profile: 'sandbox', assets, config })
      const deployment = await deployContracts({
        ...{ signer: operator, verificationKeys: keys, areKeysInsecure: true },
        ...readConfig(file, seededBytes('plan')),
      })
      const at = (name: 'Vault' | 'IdentityRegistry' | 'Screening', address: string) =>
        new Contract(address, loadArtifact(name).abi, operator)
      const vault = at('Vault', deployment.contracts.vault)
      const registry = at('IdentityRegistry', deployment.contracts.identityRegistry)
      const screening = at('Screening', deployment.contracts.screening)
      assert.equal(await vault['supplyCapOf']?.(1n), 1_000n)
      assert.equal(await vault['DEPOSITS_UNTIL']?.(), 4_000_000_000n)
      assert.equal((await vault['SCREENING']?.()).toLowerCase(), deployment.contracts.screening)
      assert.equal(await registry['IDENTITY_LIMIT']?.(), 500n)
      const [[, endIndex]] = await registry['limitsOf']?.(operator.address)
      assert.equal(endIndex, 500n)
      assert.equal(await screening['DEPOSITS_BY_LIST']?.(), true)
    } finally {
      provider.destroy()
      await chain.stop()
    }
  })
})

function aConfig() {
  return {
    assets: [
      {
        symbol: 'ETH',
        token: '0x0000000000000000000000000000000000000000',
        decimals: 18,
        unit: '10000000000',
        maxFee: '1000000',
      },
    ],
    epoch0: {
      startDay: 20_000,
      statistics: { registrationSecret: '4660' },
      investigation: { registrationSecret: '0x4321' },
      largeValue: { registrationSecret: '0x9876' },
    },
    policies: [
      { tier: 1, asset: 1, perTransfer: '10', perDay: '20', accountCap: '30', reportAbove: '15' },
    ],
  }
}
