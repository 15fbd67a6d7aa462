import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { parseIdentityFile } from '../../api/index.ts'
import { type Devnet, startDevnet } from '../../demo/devnet.ts'
import { RegistrarOffice } from '../../demo/registrar.ts'
import { getClaimable } from '../../l1/reads.ts'
import { type RunningSequencer, startSequencer } from '../../sequencer/startSequencer.ts'
import { type CommandResult, runCinnabar } from '../support/runCinnabar.ts'

// The whole path with a real base chain, contracts, database, sequencer and proofs: everything that a user
// does is done by `cinnabar wallet` in processes of its own.
describe('cinnabar wallet', { timeout: 900_000 }, () => {
  let devnet: Devnet
  let sequencer: RunningSequencer
  let office: RegistrarOffice
  const closers: (() => Promise<unknown>)[] = []

  before(async () => {
    devnet = await startDevnet({ onProgress: () => undefined })
    closers.push(() => devnet.stop())
    const database = await devnet.postgres.createDatabase()
    closers.push(() => database.drop())
    sequencer = await startSequencer({
      deployment: devnet.deployment,
      rpcUrl: devnet.chain.rpcUrl,
      databaseUrl: database.url,
      l1PrivateKey: devnet.accounts.sequencer.privateKey,
      receiptPrivateKey: devnet.accounts.sequencer.privateKey,
      batchAgeMs: 1_000,
      pollMs: 250,
      prover: devnet.prover,
    })
    closers.push(() => sequencer.stop())
    office = await RegistrarOffice.open(devnet, 'a passphrase for play')
  })
  after(async () => {
    for (const close of closers.reverse()) await close()
  })

  type User = (...args: readonly string[]) => Promise<CommandResult>

  /** `cinnabar wallet … --json` of one user. */
  function user(dir: string, role: 'ada' | 'ben', { isOffline = false } = {}): User {
    const env = {
      CINNABAR_WALLET: join(devnet.dir, dir),
      CINNABAR_PASSPHRASE: `the passphrase of ${role}`,
      CINNABAR_DEPLOYMENT: devnet.deploymentFile,
      CINNABAR_RPC: devnet.chain.rpcUrl,
      CINNABAR_L1_KEY: devnet.accounts[role].privateKey,
      ...(isOffline ? {} : { CINNABAR_SEQUENCER: sequencer.url }),
    }
    return (...args) => runCinnabar(['wallet', ...args, '--json'], env)
  }

  async function done(command: Promise<CommandResult>): Promise<Record<string, unknown>> {
    const result = await command
    assert.equal(result.code, 0, `${result.stdout}\n${result.stderr}`)
    return result.json()
  }

  /** Request, offer, acceptance by files; the registrar files the leaf. */
  async function register(run: User, role: 'ada' | 'ben'): Promise<string> {
    const file = (name: string) => join(devnet.dir, `${role}-${name}.json`)
    const { address } = devnet.accounts[role]
    await done(run('identity', 'request', '--destination', address, '--out', file('request')))
    const request = parseIdentityFile(
      'cinnabar.identity-request',
      readFileSync(file('request'), 'utf8'),
    )
    writeFileSync(file('offer'), await office.offer(request, { tier: 2, name: role }))
    await done(run('identity', 'accept', file('offer'), '--out', file('acceptance')))
    await office.admit(
      parseIdentityFile('cinnabar.identity-acceptance', readFileSync(file('acceptance'), 'utf8')),
    )
    return (await done(run('address')))['address'] as string
  }

  type Shown = { asset: string; account: string; waiting: string; total: string }
  async function balanceOf(run: User): Promise<Shown> {
    const { balances } = await done(run('balance'))
    return (balances as Shown[]).find(({ asset }) => asset === '1')!
  }

  async function waitForTotal(run: User, total: string): Promise<void> {
    const end = Date.now() + 180_000
    while ((await balanceOf(run)).total !== total) {
      assert.ok(Date.now() < end, `the balance did not become ${total}`)
    }
  }

  type Line = { kind: string; amount: string; stage: string; memo?: string }
  async function historyOf(run: User): Promise<Line[]> {
    const { history } = await done(run('history'))
    return (history as Line[]).map(({ kind, amount, stage, memo }) => ({
      ...{ kind, amount, stage },
      ...(memo === undefined ? {} : { memo }),
    }))
  }

  test('default: create, be admitted, deposit, pay, withdraw, claim, restore', async () => {
    const ada = user('ada-wallet', 'ada')
    const ben = user('ben-wallet', 'ben')
    const { mnemonic } = await done(ada('create'))
    await done(ben('create'))
    assert.equal((mnemonic as string).split(' ').length, 24)
    assert.equal(statSync(join(devnet.dir, 'ada-wallet', 'wallet.json')).mode & 0o777, 0o600)
    const adaAddress = await register(ada, 'ada')
    const benAddress = await register(ben, 'ben')

    await done(ada('deposit', 'tCNY', '12.5'))
    await done(ada('deposit', 'ETH', '0.5'))
    await waitForTotal(ada, '0.5 ETH')

    const paid = await ada(
      ...['send', 'ETH', benAddress, '0.1', '--memo', 'for the tea', '--wait', 'settled'],
    )
    assert.equal(paid.code, 0, paid.stderr)
    assert.deepEqual(
      paid.stderr.match(/… (sync|witness|proof|submitted|sealed|settled)/g),
      ['sync', 'witness', 'proof', 'submitted', 'sealed', 'settled'].map((phase) => `… ${phase}`),
    )
    assert.deepEqual(await historyOf(ben), [
      { kind: 'received', amount: '0.1 ETH', stage: 'settled', memo: 'for the tea' },
    ])

    const { address } = devnet.accounts.ada
    await done(ada('withdraw', 'ETH', '0.05', address, '--wait', 'settled'))
    const { client, deployment } = devnet
    const claimable = () => getClaimable({ client, deployment }, { account: address, asset: 1n })
    assert.equal(await claimable(), 50_000_000n)
    const claimed = await done(ada('claim', 'ETH', address))
    assert.equal(claimed['amount'], '0.05 ETH')
    assert.equal(await claimable(), 0n)

    const story = await historyOf(ada)
    assert.deepEqual(story, [
      { kind: 'deposit', amount: '12.5 tCNY', stage: 'settled' },
      { kind: 'deposit', amount: '0.5 ETH', stage: 'settled' },
      { kind: 'collected', amount: '0.5 ETH', stage: 'settled' },
      { kind: 'sent', amount: '0.1 ETH', stage: 'settled', memo: 'for the tea' },
      { kind: 'withdrawal', amount: '0.05 ETH', stage: 'claimed' },
    ])

    // Another machine, the recovery words and the base chain: no sequencer.
    const restored = user('ada-restored', 'ada', { isOffline: true })
    const words = join(devnet.dir, 'words.txt')
    writeFileSync(words, `${mnemonic as string}\n`)
    await done(restored('restore', '--words-file', words))
    assert.deepEqual(await balanceOf(restored), await balanceOf(ada))
    assert.equal((await balanceOf(restored)).total, '0.35 ETH')
    assert.equal((await done(restored('address')))['address'], adaAddress)
    assert.deepEqual(
      await historyOf(restored),
      // What was written to others is not on the base chain for us to read.
      story.map(({ kind, amount, stage }) => ({ kind, amount, stage })),
    )

    const poor = await ben('send', 'ETH', adaAddress, '0.2')
    assert.equal(poor.code, 1)
    assert.equal((poor.json()['error'] as { code: string }).code, 'FUNDS_INSUFFICIENT')
  })

  test('rejects: what a user gets wrong, with a code and a remedy', async () => {
    const ada = user('careless', 'ada')
    const refusal = async (...args: string[]) => {
      const result = await ada(...args)
      assert.equal(result.code, 1, result.stdout)
      const { code, details } = result.json()['error'] as { code: string; details: string[] }
      assert.ok(details.length > 0, code)
      return code
    }
    assert.equal(await refusal('address'), 'WALLET_NOT_FOUND')
    await done(ada('create'))
    assert.equal(await refusal('create'), 'WALLET_EXISTS')
    assert.equal(await refusal('address'), 'IDENTITY_NOT_REGISTERED')
    assert.equal(await refusal('deposit', 'DOGE', '1'), 'ASSET_UNKNOWN')
    assert.equal(await refusal('deposit', 'ETH', '1,5'), 'AMOUNT_INVALID')
    assert.equal(await refusal('deposit', 'ETH', '1'), 'IDENTITY_NOT_REGISTERED')
    assert.equal(await refusal('withdraw', 'ETH', '1', '0x12'), 'OPTION_INVALID')
    assert.equal(await refusal('identity', 'accept', '/nonexistent'), 'OPTION_INVALID')

    const env = {
      CINNABAR_WALLET: join(devnet.dir, 'careless'),
      CINNABAR_DEPLOYMENT: devnet.deploymentFile,
    }
    const wrong = await runCinnabar(['wallet', 'address'], {
      ...env,
      CINNABAR_PASSPHRASE: 'wrong one',
    })
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, /WALLET_PASSPHRASE_WRONG/)
    const silent = await runCinnabar(['wallet', 'address'], env)
    assert.match(silent.stderr, /OPTION_INVALID/)
  })

  test('behavior: help shows how, with examples', async () => {
    const { code, stdout } = await runCinnabar(['wallet', 'send', '--help'])
    assert.equal(code, 0)
    assert.match(stdout, /cinnabar wallet send ETH tcnb1… 0\.1 --memo "for the tea"/)
  })
})
