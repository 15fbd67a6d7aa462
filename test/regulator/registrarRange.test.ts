import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { formatIdentityFile } from '../../api/identityFiles.ts'
import { writeDeployment } from '../../l1/deployment.ts'
import { packPoint } from '../../protocol/babyjubjub.ts'
import { bytesToHex, formatField } from '../../protocol/field.ts'
import { deriveKeys } from '../../protocol/keys.ts'
import { runCinnabar } from '../support/runCinnabar.ts'
import { startTestRollup, type TestRollup } from '../support/settlement.ts'

const DELAY = 7n * 86_400n

// By command: governance divides the tree between two registrars, each of which offers indexes of its own part.

describe('a registrar’s range', () => {
  let dir: string
  let rollup: TestRollup
  let chain: string[]
  let second: string
  let person = 0
  const file = (name: string) => join(dir, name)
  const run = (...args: string[]) =>
    runCinnabar(['registrar', ...args], { CINNABAR_PASSPHRASE: 'a registrar' })
  const passes = async (...args: string[]) => {
    const result = await run(...args)
    assert.equal(result.code, 0, result.stderr)
    return result
  }
  const refused = async (code: string, ...args: string[]) => {
    const result = await run(...args)
    assert.equal(result.code, 1, result.stdout)
    assert.match(result.stderr, new RegExp(code))
  }
  const setArgs = (account: string, range: string, key = 'governance.key') => [
    ...['set', account, '--range', range, '--tier-cap', '3', '--daily-quota', '50', ...chain],
    ...['--key-file', file(key), '--dir', dir, '--json'],
  ]
  const set = async (account: string, range: string) =>
    (await passes(...setArgs(account, range))).json()['state']
  /** As governance does it: scheduled, waited for, made. */
  async function setInTime(account: string, range: string): Promise<void> {
    assert.equal(await set(account, range), 'scheduled')
    assert.equal(await set(account, range), 'scheduled')
    await rollup.chain.increaseTime(Number(DELAY))
    assert.equal(await set(account, range), 'set')
  }
  const started = async (name: string, ...range: string[]) => {
    await mkdir(file(name))
    await passes('init', '--dir', file(name), ...chain, ...range)
  }
  const offerArgs = async (name: string) => {
    const { domain } = rollup.deployment
    const keys = deriveKeys(new Uint8Array(64).fill(++person), domain)
    await writeFile(
      file('request.json'),
      formatIdentityFile({
        ...{ type: 'cinnabar.identity-request', version: 1, network: 'tcnb' },
        domain: formatField(domain),
        ownerKey: formatField(keys.ownerKey),
        spendingPublicKey: bytesToHex(packPoint(keys.spendingPublicKey)),
        viewingPublicKey: bytesToHex(packPoint(keys.viewingPublicKey)),
        destination: { kind: 'address', address: '0x00000000000000000000000000000000000000ff' },
      }),
    )
    return [
      ...['offer', file('request.json'), '--dir', file(name), '--tier', '2', '--days', '30'],
      ...['--jurisdiction', '156', '--reference', 'file 17', '--out', file('offer.json')],
    ]
  }
  const offeredBy = async (name: string) => {
    await passes(...(await offerArgs(name)))
    return (JSON.parse(await readFile(file('offer.json'), 'utf8')) as { index: number }).index
  }

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cinnabar-range-'))
    rollup = await startTestRollup({ config: { governanceDelay: DELAY } })
    second = rollup.users[0]!.address
    await writeDeployment(file('deployment.json'), rollup.deployment)
    await writeFile(file('governance.key'), rollup.operator.privateKey)
    await writeFile(file('stranger.key'), rollup.users[1]!.privateKey)
    chain = ['--rpc', rollup.chain.rpcUrl, '--deployment', file('deployment.json')]
  })
  after(async () => {
    await rollup.stop()
    await rm(dir, { recursive: true })
  })

  test('default: a single registrar has the whole tree, but for index 0', async () => {
    await started('single')
    assert.equal(await offeredBy('single'), 1)
  })

  test('default: governance divides the tree, and each registrar offers from its own part', async () => {
    await setInTime(rollup.operator.address, '0-1000')
    await setInTime(second, '1000-1002')
    // Nothing is left to do.
    assert.equal(await set(second, '1000-1002'), 'set')
    await started('second', '--account', second)
    assert.equal(await offeredBy('second'), 1_000)
    assert.equal(await offeredBy('second'), 1_001)
    await started('first', '--account', rollup.operator.address)
    assert.equal(await offeredBy('first'), 1)
  })

  test('rejects: an offer beyond the range, until governance gives a longer one', async () => {
    await refused('REGISTRAR_RANGE_FULL', ...(await offerArgs('second')))
    await setInTime(second, '1000-1003')
    await refused('REGISTRAR_RANGE_FULL', ...(await offerArgs('second')))
    await passes('range', '--dir', file('second'), ...chain, '--account', second)
    assert.equal(await offeredBy('second'), 1_002)
  })

  test('rejects: a start over what a registrar keeps', async () => {
    const init = ['init', '--dir', file('second'), ...chain, '--account', second]
    await refused('REGULATOR_FILE_EXISTS', ...init)
  })

  test('behavior: a range that is said and not on the chain yet', async () => {
    await started('said', '--range', '5000-6000')
    assert.equal(await offeredBy('said'), 5_000)
  })

  test('behavior: the same limits again, after others in between, are set again', async () => {
    const third = rollup.users[2]!.address
    await setInTime(third, '2000-2001')
    await setInTime(third, '2000-2002')
    await setInTime(third, '2000-2001')
    const { stdout } = await passes('limits', ...chain, '--json')
    assert.deepEqual(
      (JSON.parse(stdout) as Record<string, unknown>[]).find(({ account }) => account === third),
      { account: third, firstIndex: 2_000, endIndex: 2_001, tierCap: 3, dailyQuota: 50 },
    )
  })

  test('rejects: one of several registrars that is not named, and one without a range', async () => {
    await mkdir(file('nobody'))
    const init = ['init', '--dir', file('nobody'), ...chain]
    await refused('REGISTRAR_RANGE_UNKNOWN', ...init)
    await refused('REGISTRAR_RANGE_UNKNOWN', ...init, '--account', rollup.users[1]!.address)
  })

  test('rejects: limits set by who is not governance', async () => {
    await refused('GOVERNANCE_MISSING', ...setArgs(second, '1000-1010', 'stranger.key'))
  })
})
