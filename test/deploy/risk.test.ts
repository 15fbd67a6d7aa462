import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { Interface, type ParamType } from 'ethers'
import { format, resolveConfig } from 'prettier'
import { defaultDeploymentConfig } from '../../deploy/contracts/deploy.ts'
import { loadArtifact } from '../../deploy/contracts/artifacts.ts'
import { RESTRICTED_FUNCTIONS, ROLE_IDS, type RoleName } from '../../deploy/contracts/roles.ts'
import {
  governedFunctions,
  readRiskFacts,
  type RiskFacts,
} from '../../deploy/risk/readRiskFacts.ts'
import { duration, exitTime, riskAreas, riskSheet } from '../../deploy/risk/riskSheet.ts'
import { riskPage } from '../../deploy/risk/showRiskSheet.ts'
import { createChainClient } from '../../l1/client.ts'
import { expectRevert, send } from '../support/expectRevert.ts'
import { runCinnabar } from '../support/runCinnabar.ts'
import { deployTestContract, startTestRollup, type TestRollup } from '../support/settlement.ts'

const DAY = 86_400n
const docs = new URL('../../docs/', import.meta.url)
const { governanceDelay } = defaultDeploymentConfig
const brokenOf = (facts: RiskFacts) =>
  riskSheet(facts)
    .promises.filter(({ holds }) => !holds)
    .map(({ id }) => id)

/** Of all contracts: `contract.function` of those that carry the modifier. */
async function restrictedInSources(): Promise<string[]> {
  const folder = new URL('../../contracts/', import.meta.url)
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sol'))
  const found: string[] = []
  for (const file of files) {
    const source = await readFile(new URL(file, folder), 'utf8')
    const contract = `${file.charAt(0).toLowerCase()}${file.slice(1, -4)}`
    for (const [, name = ''] of source.matchAll(/function (\w+)\([^{;]*?\brestricted\b[^{;]*\{/g)) {
      found.push(`${contract}.${name}`)
    }
  }
  return found.sort()
}

const tableOf = () =>
  RESTRICTED_FUNCTIONS.flatMap(({ contract, role, functions }) =>
    functions.map((name) => ({ contract, role, name })),
  )

/** A value of a type that decodes, and means nothing. */
function zeroOf(type: ParamType): unknown {
  if (type.baseType === 'array') {
    const length = type.arrayLength === null || type.arrayLength < 0 ? 0 : type.arrayLength
    return Array.from({ length }, () => zeroOf(type.arrayChildren as ParamType))
  }
  if (type.baseType === 'tuple') return type.components?.map(zeroOf)
  if (type.baseType === 'bool') return false
  if (type.baseType === 'address') return `0x${'00'.repeat(20)}`
  if (type.baseType === 'bytes') return '0x'
  if (type.baseType.startsWith('bytes')) return `0x${'00'.repeat(Number(type.baseType.slice(5)))}`
  return 0
}

describe('a deployment with the defaults', () => {
  let rollup: TestRollup
  let facts: RiskFacts
  before(async () => {
    rollup = await startTestRollup({ config: { governanceDelay } })
    const client = createChainClient({ rpcUrl: rollup.chain.rpcUrl })
    facts = await readRiskFacts(client, { rollup: rollup.deployment.rollup })
  })
  after(() => rollup.stop())

  test('its contracts are found from the rollup alone', () => {
    for (const [name, address] of Object.entries(facts.contracts)) {
      assert.equal(
        address.toLowerCase(),
        rollup.deployment.contracts[name as keyof typeof facts.contracts],
      )
    }
  })

  test('every promise of the risk sheet holds', () => {
    assert.deepEqual(brokenOf(facts), [])
    assert.deepEqual(
      [...new Set(riskSheet(facts).promises.map(({ area }) => area))],
      [...riskAreas],
    )
  })

  test('docs/risk.md is its risk sheet', async () => {
    const path = new URL('risk.md', docs)
    const options = await resolveConfig(path)
    const page = await format(riskPage(riskSheet(facts)), { ...options, parser: 'markdown' })
    if (process.env['CINNABAR_UPDATE_PINS'] === '1') await writeFile(path, page)
    assert.equal(await readFile(path, 'utf8'), page)
  })

  test('governance waits longer than an exit', () => {
    const exit = exitTime(facts)
    assert.equal(exit, DAY + 2n * 3_600n + 3n * DAY)
    assert.equal(duration(exit), '4 d 2 h')
    assert.ok(governanceDelay > exit)
  })

  describe('each restricted function', () => {
    test('is in the table, and each of the table is restricted', async () => {
      // `settle` is opened by the same role, by way of Proposers.
      const table = tableOf().map(({ contract, name }) => `${contract}.${name}`)
      assert.deepEqual(
        table.filter((name) => name !== 'rollup.settle').sort(),
        await restrictedInSources(),
      )
    })

    test('is opened by the role of the table on the chain, and by no other', () => {
      const named = new Set<string>(tableOf().map(({ contract, name }) => `${contract}.${name}`))
      assert.ok(facts.functions.length > named.size)
      for (const { contract, name, expected, actual } of facts.functions) {
        assert.equal(actual, ROLE_IDS[expected], `${contract}.${name}`)
        assert.equal(expected !== 'admin', named.has(`${contract}.${name}`))
      }
    })

    test('refuses a stranger, and asks its role for the delay of docs/governance.md', async () => {
      const stranger = rollup.users[0]
      assert.ok(stranger)
      for (const { contract, role, name } of tableOf()) {
        const { abi } = loadArtifact(`${contract.charAt(0).toUpperCase()}${contract.slice(1)}`)
        const fragment = new Interface(abi).getFunction(name)
        assert.ok(fragment)
        const args = fragment.inputs.map(zeroOf)
        await expectRevert(
          send(rollup.as(contract, stranger), name, ...args),
          'AccessManagedUnauthorized',
        )
        if (role !== 'governance') continue
        await expectRevert(
          send(rollup.contract(contract), name, ...args),
          'AccessManagerNotScheduled',
        )
      }
    })

    test('stands in docs/governance.md with its role', async () => {
      const page = await readFile(new URL('governance.md', docs), 'utf8')
      for (const { contract, role, name } of tableOf()) {
        const row = page.split('\n').find((line) => line.includes(`\`${contract}.${name}\``))
        assert.ok(row?.includes(`| ${role.toUpperCase()} `), `${contract}.${name}`)
      }
    })

    test('roles wait as docs/governance.md says', async () => {
      const page = await readFile(new URL('governance.md', docs), 'utf8')
      for (const [role, members] of Object.entries(facts.members)) {
        const row = page.split('\n').find((line) => line.startsWith(`| ${role.toUpperCase()} `))
        const delay = members[0]?.delay ?? 0n
        const shown = delay === 0n ? 'none' : duration(delay)
        assert.ok(row?.includes(`| ${shown} `), `${role}: ${shown}`)
      }
    })
  })

  describe('the risk sheet of facts that are otherwise', () => {
    const broken = (changes: Partial<RiskFacts>) => brokenOf({ ...facts, ...changes })

    test('says which promise does not hold', () => {
      const { keys, times, proposers, clock, members, functions, assets } = facts
      const account = rollup.users[1]?.address as `0x${string}`
      const hasty = { ...members, admin: [...members.admin, { account, delay: 4n * DAY }] }
      const cases: [Partial<RiskFacts>, string[]][] = [
        [{ keys: { ...keys, isInsecure: true } }, ['keys-secure']],
        [{ keys: { ...keys, missing: ['batch-4'] } }, ['proofs']],
        [{ keys: { ...keys, activationDelay: 4n * DAY } }, ['timelocks']],
        [{ keys: { ...keys, maxStop: 8n * DAY } }, ['no-hostage']],
        [{ strayed: ['vault'] }, ['roles']],
        [{ functions: functions.map((one) => ({ ...one, actual: 99n })) }, ['roles']],
        [{ foreign: ['clock'] }, ['code']],
        [{ foreign: ['rollup'] }, ['code', 'data-on-chain']],
        [{ foreign: ['vault'] }, ['code', 'outflow']],
        [{ assets: assets.map((one) => ({ ...one, owed: one.held + 1n })) }, ['escrow']],
        [{ members: hasty }, ['governance-delay']],
        [{ members: { ...members, sequencer: [] } }, ['somebody-settles']],
        [{ otherAdmins: ['guardian'] }, ['governance-delay']],
        [{ times: { ...times, destinationDelay: 0n } }, ['timelocks']],
        [{ times: { ...times, depositDeadline: times.settleWindow } }, ['deposits']],
        [{ times: { ...times, forcedDeadline: times.settleWindow } }, ['forced-inclusion']],
        // A deadline beyond all timelocks leaves nobody time to leave.
        [{ times: { ...times, depositDeadline: 9n * DAY } }, ['governance-delay', 'timelocks']],
        [{ proposers: { ...proposers, livenessGap: 8n * DAY } }, ['takeover']],
        [{ proposers: { ...proposers, closeNotice: 4n * DAY } }, ['timelocks']],
        [{ proposers: { ...proposers, breach: 'deposit' } }, ['in-time']],
        [{ proposers: { ...proposers, isOpen: true } }, []],
        [{ clock: { ...clock, isStopped: true } }, ['running']],
        [{ borders: { ...facts.borders, maxListing: 367n * DAY } }, ['border']],
      ]
      for (const [changes, expected] of cases) {
        assert.deepEqual(broken(changes), expected, JSON.stringify(Object.keys(changes)))
      }
    })
  })
})

describe('cinnabar risk', () => {
  let rollup: TestRollup
  let undo: () => Promise<void>
  before(async () => {
    // Governance without delay: so that a test can change what the command is to notice.
    rollup = await startTestRollup()
  })
  after(() => rollup.stop())
  beforeEach(async () => {
    undo = await rollup.chain.snapshot()
  })
  afterEach(() => undo())

  const run = (...args: string[]) => runCinnabar(['risk', '--rpc', rollup.chain.rpcUrl, ...args])
  const broken = async () => {
    const client = createChainClient({ rpcUrl: rollup.chain.rpcUrl })
    const facts = await readRiskFacts(client, { rollup: rollup.deployment.rollup })
    return brokenOf(facts).filter((id) => id !== 'governance-delay')
  }

  test('ends with 1 and names what does not hold', async () => {
    const { code, stdout } = await run('--rollup', rollup.deployment.rollup)
    assert.equal(code, 1)
    assert.match(stdout, /BROKEN {2}Whoever can change the rules waits longer/)
    assert.match(stdout, /a holder of admin waits 0 s only/)
    assert.match(stdout, /Broken: .*governance-delay/)
    const json = await run('--rollup', rollup.deployment.rollup, '--json')
    const { holds, exitSeconds } = json.json()
    assert.deepEqual([json.code, holds, exitSeconds], [1, false, '352800'])
  })

  test('rejects: an address that is no rollup, and one that is none', async () => {
    const other = await run('--rollup', rollup.deployment.contracts.vault)
    assert.equal(other.code, 1)
    assert.match(other.stderr, /L1_NOT_A_ROLLUP/)
    assert.equal((await run('--rollup', '0x12')).code, 1)
  })

  test('notices what governance does on the chain', async () => {
    const manager = rollup.contract('accessManager')
    const { vault } = rollup.deployment.contracts
    assert.deepEqual(await broken(), [])
    const listAsset = rollup.contract('vault').interface.getFunction('listAsset')?.selector
    const changes: [string, string, readonly unknown[]][] = [
      ['roles', 'setTargetFunctionRole', [vault, [listAsset], ROLE_IDS.guardian]],
      ['roles', 'setTargetClosed', [vault, true]],
      [
        'roles',
        'updateAuthority',
        [rollup.deployment.contracts.clock, await deploySecondManager()],
      ],
      ['somebody-settles', 'revokeRole', [ROLE_IDS.sequencer, rollup.operator.address]],
    ]
    for (const [id, method, args] of changes) {
      const back = await rollup.chain.snapshot()
      await send(manager, method, ...args)
      assert.deepEqual(await broken(), [id], method)
      await back()
    }
    const { clock } = rollup.deployment.contracts
    const code = String(await rollup.chain.request('eth_getCode', [clock, 'latest']))
    const setCode = { hardhat: 'hardhat_setCode', anvil: 'anvil_setCode' }[rollup.chain.client]
    // Code that does the same: one byte of the compiler's note at its end, or one byte more.
    for (const other of [`${code.slice(0, -6)}00${code.slice(-4)}`, `${code}00`]) {
      await rollup.chain.request(setCode, [clock, other])
      assert.deepEqual(await broken(), ['code'])
    }
    await rollup.chain.request(setCode, [clock, code])
    await send(rollup.contract('clock'), 'stop')
    assert.deepEqual(await broken(), ['running'])
    await send(rollup.contract('clock'), 'resume')
    await rollup.chain.increaseTime(Number(4n * DAY))
    assert.deepEqual(await broken(), ['in-time'])
    await send(rollup.contract('proposers'), 'open')
    assert.deepEqual(await broken(), ['in-time'])
  })

  async function deploySecondManager(): Promise<string> {
    const manager = await deployTestContract(rollup.operator, 'Authority', 'Authority', [
      rollup.operator.address,
    ])
    return manager.getAddress()
  }
})

test('every function that changes state is looked at', () => {
  const names: readonly string[] = governedFunctions().map(
    ({ contract, name }) => `${contract}.${name}`,
  )
  for (const name of ['rollup.settle', 'vault.claim', 'proposers.join', 'clock.stop']) {
    assert.ok(names.includes(name), name)
  }
  const roles = new Set<RoleName>(governedFunctions().map(({ expected }) => expected))
  assert.ok(roles.has('admin') && roles.has('governance'))
})
