import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createPublicClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { ChainClient } from '../../l1/client.ts'
import type { Hex } from '../../l1/codec.ts'
import { writeDeployment } from '../../l1/deployment.ts'
import { getScreening, readListChanges } from '../../l1/screening.ts'
import { type BaseChainDependencies, claim, deposit } from '../../wallet/baseChainMoney.ts'
import { emptyState } from '../../wallet/state.ts'
import type { Wallet } from '../../wallet/wallet.ts'
import { aPerson } from '../support/identities.ts'
import { queueDeposit } from '../support/l1Rollup.ts'
import { runCinnabar } from '../support/runCinnabar.ts'
import {
  ETH_ASSET,
  seededBytes,
  SettleBuilder,
  settle,
  startTestRollup,
  type TestRollup,
} from '../support/settlement.ts'

describe('cinnabar regulator screening', () => {
  let rollup: TestRollup
  let client: ChainClient
  let dir: string
  let common: string[]
  let denied: Hex
  const run = (...args: string[]) => runCinnabar(['regulator', 'screening', ...args])
  const file = (name: string) => join(dir, name)
  const acting = () => [
    ...common,
    ...['--key-file', file('key'), '--dir', file('transactions')],
    ...['--source', file('list.xml')],
  ]
  const ok = async (...args: string[]) => {
    const result = await run(...args)
    assert.equal(result.code, 0, result.stderr)
    return result.json()
  }
  const view = () => ({ client, deployment: rollup.deployment })

  before(async () => {
    rollup = await startTestRollup()
    client = createPublicClient({ transport: http(rollup.chain.rpcUrl), cacheTime: 0 })
    dir = await mkdtemp(join(tmpdir(), 'cinnabar-'))
    await writeDeployment(file('deployment.json'), rollup.deployment)
    await writeFile(file('key'), `${rollup.chain.accounts[0]?.privateKey ?? ''}\n`)
    await writeFile(file('list.xml'), '<list>of somebody</list>')
    common = ['--rpc', rollup.chain.rpcUrl, '--deployment', file('deployment.json'), '--json']
    denied = rollup.chain.accounts[1]?.address as Hex
  })
  after(async () => {
    await rollup.stop()
    await rm(dir, { recursive: true })
  })

  test('default: deny with reason, end and source, and show what counts', async () => {
    await ok('deny', denied, '--reason', 'sanctions', '--days', '30', ...acting())
    const shown = await ok('show', denied, ...common)
    const until = new Date(Number((await getScreening(view(), denied)).until) * 1_000)
    assert.deepEqual(shown, {
      ...{ address: denied, listing: 'denied', version: '1', reason: 'sanctions' },
      ...{ until: until.toISOString(), deposit: 'sanctions', payout: 'sanctions' },
    })
    const days = (until.getTime() / 1_000 - Number(await rollup.now())) / 86_400
    assert.ok(days > 29.9 && days <= 30, String(days))
    const [change] = await readListChanges(view())
    const source = createHash('sha256').update('<list>of somebody</list>').digest('hex')
    assert.deepEqual([change?.accounts, change?.source], [[denied], `0x${source}`])
  })

  test('rejects: a deposit from it, and a claim for it, before the wallet signs anything', async () => {
    const { keys } = aPerson('alice', 5n)
    const { ledger, ...rest } = emptyState()
    const state = { ...rest, ledger: { ...ledger, identityIndex: 5n } }
    const randomBytes = seededBytes('screened')
    const { deployment } = rollup
    const dependencies = {
      wallet: { keys, state, deployment, randomBytes, now: () => 0 } as unknown as Wallet,
      ...view(),
      account: privateKeyToAccount(rollup.chain.accounts[1]?.privateKey ?? '0x'),
    } satisfies BaseChainDependencies
    const nonce = await client.getTransactionCount({ address: denied })
    await assert.rejects(deposit(dependencies, { asset: ETH_ASSET, amount: 3n }), {
      code: 'ADDRESS_SCREENED',
      message: /sanctions[^]*another address/,
    })
    assert.deepEqual(dependencies.wallet.state.depositIntents, [])

    // By somebody who may, and out to somebody who may not.
    await ok('allow', denied, '--days', '1', ...acting())
    await queueDeposit(rollup, client, { asset: ETH_ASSET, amount: 9n, label: 'before' })
    const builder = new SettleBuilder(rollup)
    const withdrawal = { asset: ETH_ASSET, amount: 9n, recipient: denied.toLowerCase() as Hex }
    await settle(rollup, await builder.call([{ depositIds: [1n], slots: [{ withdrawal }] }]))
    await ok('deny', denied, '--reason', 'courtOrder', '--days', '1', ...acting())
    await assert.rejects(claim(dependencies, { asset: ETH_ASSET, recipient: denied }), {
      code: 'ADDRESS_SCREENED',
      message: /courtOrder[^]*stays this address’s/,
    })
    assert.equal(await client.getTransactionCount({ address: denied }), nonce + 1)
  })

  test('default: taken off, it is paid; and the list tells every change', async () => {
    // Said again later, it is another change: nothing of it was sent before.
    await ok('remove', denied, ...acting())
    await ok('remove', denied, ...acting())
    assert.equal((await ok('show', denied, ...common))['payout'], 'may')
    await (await rollup.contract('vault')['claimFor']?.(denied, ETH_ASSET)).wait()
    const changes = (await ok('show', ...common)) as unknown as Record<string, unknown>[]
    assert.deepEqual(
      changes.map(({ version, listing, reason }) => [version, listing, reason]),
      [
        ['1', 'denied', 'sanctions'],
        ['2', 'allowed', null],
        ['3', 'denied', 'courtOrder'],
        ['4', 'none', null],
        ['5', 'none', null],
      ],
    )
  })

  test('rejects: no source, an account without the role, and more than a year', async () => {
    const deny = ['deny', denied, '--reason', 'sanctions', '--days', '1']
    const elsewhere = acting().map((arg) => (arg === file('list.xml') ? file('none') : arg))
    assert.match((await run(...deny, ...elsewhere)).stderr, /REGULATOR_FILE_UNREADABLE/)
    await writeFile(file('other'), `${rollup.chain.accounts[2]?.privateKey ?? ''}\n`)
    const stranger = acting().map((arg) => (arg === file('key') ? file('other') : arg))
    assert.match((await run(...deny, ...stranger)).stderr, /AccessManagedUnauthorized/)
    assert.match(
      (await run('deny', denied, '--reason', 'sanctions', '--days', '400', ...acting())).stderr,
      /ListingTimeInvalid/,
    )
  })
})
