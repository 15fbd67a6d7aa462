import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { createApiClient, parseIdentityFile } from '../../api/index.ts'
import { type Devnet, startDevnet } from '../../demo/devnet.ts'
import { RegistrarOffice } from '../../demo/registrar.ts'
import { getClaimable } from '../../l1/reads.ts'
import { deriveKeys, seedFromMnemonic } from '../../protocol/keys.ts'
import { type RunningSequencer, startSequencer } from '../../sequencer/startSequencer.ts'
import '../support/lightPassphrases.ts'
import { OperatorLog } from '../support/operatorLog.ts'
import { type CommandResult, runCinnabar } from '../support/runCinnabar.ts'

type Document = Record<string, unknown> & { sent: unknown[] }

// The whole path with a real base chain, contracts, database, sequencer and proofs: everything that a user
// does is done by `cinnabar wallet` in processes of its own.
describe('cinnabar wallet', { timeout: 900_000 }, () => {
  let devnet: Devnet
  let sequencer: RunningSequencer
  let office: RegistrarOffice
  const log = new OperatorLog()
  const secrets: string[] = []
  const closers: (() => Promise<unknown>)[] = []
  const receiptKey = `0x${'2b'.repeat(32)}` as const
  let databaseUrl: string

  before(async () => {
    devnet = await startDevnet({ onProgress: () => undefined })
    closers.push(() => devnet.stop())
    const database = await devnet.postgres.createDatabase()
    closers.push(() => database.drop())
    databaseUrl = database.url
    sequencer = await startSequencer({
      deployment: devnet.deployment,
      rpcUrl: devnet.chain.rpcUrl,
      databaseUrl: database.url,
      l1PrivateKey: devnet.accounts.sequencer.privateKey,
      receiptPrivateKey: receiptKey,
      batchAgeMs: 1_000,
      pollMs: 250,
      prover: devnet.prover,
      logger: log.logger,
    })
    closers.push(() => sequencer.stop())
    office = await RegistrarOffice.open(devnet, 'a passphrase for play')
  })
  after(async () => {
    for (const close of closers.reverse()) await close()
  })

  type User = (...args: readonly string[]) => Promise<CommandResult>

  /** `cinnabar wallet … --json` of one user. */
  function user(
    dir: string,
    role: 'ada' | 'ben',
    { isOffline = false, sequencerUrl = sequencer.url } = {},
  ): User {
    const env = {
      CINNABAR_WALLET: join(devnet.dir, dir),
      CINNABAR_PASSPHRASE: `the passphrase of ${role}`,
      CINNABAR_DEPLOYMENT: devnet.deploymentFile,
      CINNABAR_RPC: devnet.chain.rpcUrl,
      CINNABAR_L1_KEY: devnet.accounts[role].privateKey,
      ...(isOffline ? {} : { CINNABAR_SEQUENCER: sequencerUrl }),
    }
    return (...args) => runCinnabar(['wallet', ...args, '--json'], env)
  }

  async function done(command: Promise<CommandResult>): Promise<Record<string, unknown>> {
    const result = await command
    assert.equal(result.code, 0, `${result.stdout}\n${result.stderr}`)
    return result.json()
  }

  const addressOf = async (role: 'ada' | 'ben') =>
    (await done(user(`${role}-wallet`, role)('address')))['address'] as string

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
    return addressOf(role)
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
    const keys = deriveKeys(seedFromMnemonic(mnemonic as string), devnet.deployment.domain)
    const { spendingKey, nullifierKey, viewingKey, ownerKey } = keys
    for (const key of [spendingKey, nullifierKey, viewingKey, ownerKey]) {
      secrets.push(String(key), key.toString(16))
    }
    // Two recovery words side by side: one alone may be a word that logs are written in.
    const recovery = (mnemonic as string).split(' ')
    secrets.push(...recovery.slice(1).map((word, i) => `${recovery[i]!} ${word}`))
    assert.equal(statSync(join(devnet.dir, 'ada-wallet', 'wallet.json')).mode & 0o777, 0o600)
    const adaAddress = await register(ada, 'ada')
    const benAddress = await register(ben, 'ben')

    await done(ada('deposit', 'tCNY', '12.5'))
    await done(ada('deposit', 'ETH', '0.5'))
    await waitForTotal(ada, '0.5 ETH')

    secrets.push('100000000', 'for the tea', Buffer.from('for the tea').toString('hex'))
    secrets.push(adaAddress, benAddress)
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

  test('accepts: receipts and grants of settled payments, checked by somebody with a node alone', async () => {
    const ada = user('ada-wallet', 'ada', { isOffline: true })
    const ben = user('ben-wallet', 'ben', { isOffline: true })
    const file = (name: string) => join(devnet.dir, `${name}.json`)
    type Payment = { kind: string; amount: string; leafIndex: string }
    const leafOf = async (run: User, kind: string) => {
      const { history } = await done(run('history'))
      return (history as Payment[]).find((entry) => entry.kind === kind)!.leafIndex
    }
    const paid = await leafOf(ada, 'sent')
    assert.equal(await leafOf(ben, 'received'), paid)
    const to = ['--for', 'the landlord']
    await done(ada('receipt', paid, ...to, '--out', file('payer')))
    await done(ben('receipt', paid, ...to, '--out', file('payee')))
    /** Neither wallet nor deployment file: what is checked with is the file and a node. */
    const verify = (name: string, ...more: string[]) =>
      runCinnabar(['verify', file(name), '--rpc', devnet.chain.rpcUrl, ...more])
    const { day, by } = await done(verify('payer', '--json'))
    assert.equal(by, 'payer')
    const isoDay = (days: number) => new Date(days * 86_400_000).toISOString().slice(0, 10)
    // Midnight may have come between one payment and the other.
    const period = ['--from', isoDay(Number(day)), '--to', isoDay(Number(day) + 1)]
    await done(ada('grant', ...to, ...period, '--complete', '--out', file('grant')))
    await done(ada('grant', ...to, '--leaf', paid, '--out', file('one')))
    const received = await done(verify('payee', '--json'))
    assert.deepEqual(
      ['holds', 'by', 'amount', 'grantee'].map((name) => received[name]),
      [true, 'payee', '100000000', 'the landlord'],
    )
    const shown = await done(verify('grant', '--json'))
    assert.equal(shown['isComplete'], true)
    const sent = shown['sent'] as { statistics: { amount1: string } }[]
    assert.deepEqual(
      sent.map(({ statistics }) => statistics.amount1),
      ['100000000', '0'],
    )
    const one = await done(verify('one', '--json'))
    assert.deepEqual([(one['sent'] as unknown[]).length, one['isComplete']], [1, false])
    const { stdout } = await verify('payer', '--deployment', devnet.deploymentFile)
    assert.match(stdout, /holds[^]*0\.1 ETH to identity[^]*It proves[^]*It does not prove/)

    for (const [name, change, code] of [
      ['payer', (document: Document) => (document['amount'] = '900000000'), 'GRANT_NOTE_OTHER'],
      ['grant', (document: Document) => void document.sent.pop(), 'GRANT_SIGNATURE_INVALID'],
    ] as const) {
      const document = JSON.parse(readFileSync(file(name), 'utf8')) as Document
      change(document)
      writeFileSync(file('tampered'), JSON.stringify(document))
      const refused = await verify('tampered')
      assert.equal(refused.code, 2, refused.stderr)
      assert.match(refused.stdout, new RegExp(`does not hold: .*[^]*${code}`))
    }
    // What was given away holds no key, and of the payer's receipt nothing of the rest of the transfer.
    const given = ['payer', 'grant', 'one'].map((name) => readFileSync(file(name), 'utf8')).join()
    assert.ok(secrets.length > 10)
    assert.deepEqual(
      secrets.slice(0, 6).filter((secret) => given.includes(secret)),
      [],
    )
  })

  test('behavior: the sequencer’s log follows each transfer by its id, and tells nothing else of it', async () => {
    const { batches } = await createApiClient({ url: sequencer.url }).getBatches()
    const ids = batches.flatMap(({ transfers }) => transfers.map(({ statementId }) => statementId))
    assert.ok(ids.length >= 2)
    for (const id of ids) {
      assert.deepEqual(log.storyOf(id), [
        'transfer admitted',
        'batch sealed',
        'batch proved',
        'batch settled',
      ])
    }
    const { accounts, postgres } = devnet
    secrets.push(...Object.values(accounts).map(({ privateKey }) => privateKey.slice(2)))
    secrets.push(new URL(postgres.url).password, 'a passphrase for play', 'the passphrase of ada')
    assert.ok(secrets.length > 40 && !secrets.includes(''))
    assert.deepEqual(log.find(secrets), [])
    for (const member of [
      'remoteAddress',
      'remotePort',
      'x-forwarded-for',
      'proof',
      'publicInputs',
    ]) {
      assert.equal(
        log.lines.some((line) => line.includes(`"${member}"`)),
        false,
        member,
      )
    }
    // That it would have found them:
    assert.deepEqual(log.find([ids[0]!.slice(2)]), [ids[0]!.slice(2)])
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
    const grant = ['grant', '--for', 'x'] as const
    assert.equal(await refusal(...grant), 'OPTION_INVALID')
    assert.equal(
      await refusal(...grant, '--from', '2026-02-30', '--to', '2026-03-01'),
      'OPTION_INVALID',
    )
    assert.equal(await refusal('receipt', 'x', '--for', 'x'), 'OPTION_INVALID')

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

  test('behavior: the operator’s bond pays for a promise that was not kept', async () => {
    const { rpcUrl } = devnet.chain
    const { cleo } = devnet.accounts
    const at = ['--rpc', rpcUrl, '--deployment', devnet.deploymentFile, '--json']
    const own = ['--transactions', join(devnet.dir, 'bond-transactions.json')]
    const bond = (...args: readonly string[]) =>
      done(
        runCinnabar(['sequencer', 'bond', ...args, ...at], {
          CINNABAR_BOND_KEY: cleo.privateKey,
          CINNABAR_SEQUENCER_RECEIPT_KEY: receiptKey,
        }),
      )
    const of = ['--of', sequencer.address]
    assert.equal((await bond('status', ...of))['owner'], null)
    await bond('post', '0.4', ...own)
    const posted = await bond('post', '0.6', ...own)
    assert.equal(posted['owner'], cleo.address.toLowerCase())
    assert.deepEqual([posted['amount'], posted['isBonded']], [String(10n ** 18n), true])
    assert.equal((await bond('leave', ...of, ...own))['isBonded'], false)
    assert.equal((await bond('stay', ...of, ...own))['isBonded'], true)

    // The same operator, who from now on seals and settles nothing: no fee is low enough for it.
    await sequencer.stop()
    const { timestamp } = await devnet.client.getBlock()
    const withholding = await startSequencer({
      deployment: devnet.deployment,
      rpcUrl,
      databaseUrl,
      l1PrivateKey: devnet.accounts.sequencer.privateKey,
      receiptPrivateKey: receiptKey,
      batchAgeMs: 1_000,
      pollMs: 250,
      prover: devnet.prover,
      maxFeePerGas: 1n,
    })
    const ada = user('ada-wallet', 'ada', { sequencerUrl: withholding.url })
    const payee = `0x${'4e'.repeat(20)}`
    const claim = (transfer: unknown) => ada('claim-bond', String(transfer), payee)
    const codeOf = async (command: Promise<CommandResult>) => {
      const result = await command
      assert.equal(result.code, 1, result.stdout)
      return result.json()['error'] as { code: string; message: string }
    }
    let transfer: unknown
    try {
      const { promise } = await createApiClient({ url: withholding.url }).getStatus()
      assert.deepEqual(promise, {
        ...{ seconds: 3_600, bond: String(10n ** 18n), payout: String(5n * 10n ** 16n) },
      })
      const { transfers } = await done(ada('send', 'ETH', await addressOf('ben'), '0.01'))
      const [sent] = transfers as { id: number; stage: string; settleBy: number }[]
      transfer = sent?.id
      const newest = Number((await devnet.client.getBlock()).timestamp)
      const admittedAt = Number(sent?.settleBy) - 3_600
      assert.ok(admittedAt >= Number(timestamp), String(admittedAt))
      assert.ok(admittedAt <= Math.max(newest, Date.now() / 1_000), String(admittedAt))
      assert.match((await codeOf(claim(transfer))).message, /the promised time is not over/)
    } finally {
      await withholding.stop()
    }
    const alone = user('ada-wallet', 'ada', { isOffline: true })
    assert.equal((await done(alone('sync')))['overdue'], undefined)
    await devnet.chain.increaseTime(3_700)
    const [overdue, ...others] = (await done(alone('sync')))['overdue'] as { id: number }[]
    assert.deepEqual([overdue?.id, others], [transfer, []])

    const paid = await done(claim(transfer))
    assert.equal(paid['paid'], String(5n * 10n ** 16n))
    assert.equal(await devnet.client.getBalance({ address: payee as '0x' }), 5n * 10n ** 16n)
    assert.equal((await done(alone('sync')))['overdue'], undefined)
    const left = await bond('status', ...of)
    assert.deepEqual([left['amount'], left['isBonded']], [String(9n * 10n ** 17n), false])
    const again = await codeOf(claim(transfer))
    assert.equal(again.code, 'TRANSFER_NOT_CLAIMABLE')
    assert.match(again.message, /it was paid for/)
    assert.match((await codeOf(claim(1))).message, /promises no time/)
    assert.equal((await codeOf(ada('claim-bond', '99', payee))).code, 'TRANSFER_NOT_CLAIMABLE')
    assert.equal((await codeOf(ada('claim-bond', '1', '0x12'))).code, 'OPTION_INVALID')
  })

  test('behavior: help shows how, with examples', async () => {
    const { code, stdout } = await runCinnabar(['wallet', 'send', '--help'])
    assert.equal(code, 0)
    assert.match(stdout, /cinnabar wallet send ETH tcnb1… 0\.1 --memo "for the tea"/)
  })
})
