import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { privateKeyToAccount } from 'viem/accounts'
import { type ApiClient, createApiClient } from '../../api/index.ts'
import { type Devnet, ETH, startDevnet, units, YUAN } from '../../demo/devnet.ts'
import { PASSPHRASE, Person } from '../../demo/person.ts'
import { RegistrarOffice } from '../../demo/registrar.ts'
import { announceDestinationCall } from '../../l1/calls.ts'
import { getClaimable, getIdentityRoot } from '../../l1/reads.ts'
import { submitTransaction } from '../../l1/submitTransaction.ts'
import { getOrder } from '../../l1/orders.ts'
import { hashDestination } from '../../protocol/identity.ts'
import { type RunningSequencer, startSequencer } from '../../sequencer/startSequencer.ts'
import { openOwnIdentity } from '../../wallet/identity.ts'
import { send } from '../../wallet/pay.ts'
import type { WalletState } from '../../wallet/state.ts'
import { openWallet } from '../../wallet/wallet.ts'
import { memoryTransactionStore } from '../support/l1Rollup.ts'
import '../support/lightPassphrases.ts'
import { OperatorLog } from '../support/operatorLog.ts'
import { runCinnabar } from '../support/runCinnabar.ts'
import { waitFor } from '../support/waitFor.ts'

// Real contracts, proofs and sequencer. What a freeze means to the circuit, at its last day too, is in
// test/circuits/transfer.test.ts; that roots of before it are refused everywhere after the settle window in
// test/contracts/freshness.test.ts and ForcedQueue.test.ts.
describe('a freeze, from the registrar’s command to its end', { timeout: 900_000 }, () => {
  let devnet: Devnet
  let sequencer: RunningSequencer
  let api: ApiClient
  let ada: Person
  let ben: Person
  let file: (name: string) => string
  const closers: (() => Promise<unknown>)[] = []

  /** `cinnabar …` as the registrar or Ben runs it. */
  const start = (...args: string[]) =>
    runCinnabar(args, {
      CINNABAR_PASSPHRASE: PASSPHRASE,
      CINNABAR_WALLET: join(devnet.dir, 'ben'),
      CINNABAR_DEPLOYMENT: devnet.deploymentFile,
      CINNABAR_RPC: devnet.chain.rpcUrl,
      CINNABAR_SEQUENCER: sequencer.url,
      CINNABAR_L1_KEY: devnet.accounts.ben.privateKey,
    })
  async function run(...args: string[]): Promise<unknown> {
    const { code, stdout, stderr } = await start(...args)
    assert.equal(code, 0, `${args.join(' ')}\n${stdout}\n${stderr}`)
    return stdout === '' ? undefined : JSON.parse(stdout)
  }
  const registrarArgs = (...args: string[]) => [
    ...['registrar', ...args, '--json', '--dir', devnet.dir],
    ...['--rpc', devnet.chain.rpcUrl, '--deployment', devnet.deploymentFile],
  ]
  const registrar = (...args: string[]) => run(...registrarArgs(...args))
  const asRegistrar = (...args: string[]) => registrar(...args, '--key-file', file('registrar.key'))
  /** Refused in words, with this code. */
  async function refused(code: string, ...args: string[]): Promise<void> {
    const result = await start(...args)
    const said = `${result.stdout}\n${result.stderr}`
    assert.equal(result.code, 1, said)
    assert.ok(said.includes(code), said)
    assert.doesNotMatch(said, /^\s+at /m)
  }
  const registrarRefused = (code: string, ...args: string[]) =>
    refused(code, ...registrarArgs(...args, '--key-file', file('registrar.key')))
  const wallet = (...args: string[]) => run('wallet', ...args, '--json') as Promise<object>

  /** The sequencer has seen the newest identity root: from here on it admits no older one. */
  async function untilSeen(): Promise<void> {
    const { client, deployment } = devnet
    const { root } = await getIdentityRoot({ client, deployment })
    await waitFor('sight of the registry by the sequencer', async () =>
      BigInt((await api.getStatus()).identity.root) === root ? true : undefined,
    )
  }

  before(async () => {
    devnet = await startDevnet({ onProgress: () => undefined })
    closers.push(() => devnet.stop())
    file = (name) => join(devnet.dir, name)
    const database = await devnet.postgres.createDatabase()
    closers.push(() => database.drop())
    sequencer = await startSequencer({
      deployment: devnet.deployment,
      rpcUrl: devnet.chain.rpcUrl,
      databaseUrl: database.url,
      l1PrivateKey: devnet.accounts.sequencer.privateKey,
      receiptPrivateKey: `0x${'2b'.repeat(32)}`,
      batchAgeMs: 1_000,
      pollMs: 250,
      prover: devnet.prover,
      logger: new OperatorLog().logger,
    })
    closers.push(() => sequencer.stop())
    api = createApiClient({ url: sequencer.url })
    const office = await RegistrarOffice.open(devnet, PASSPHRASE)
    ada = await Person.arrive(devnet, api, devnet.prover, { name: 'Ada', role: 'ada' })
    ben = await Person.arrive(devnet, api, devnet.prover, { name: 'Ben', role: 'ben' })
    closers.push(() => {
      ada.wallet.close()
      return Promise.resolve()
    })
    for (const person of [ada, ben]) await person.register(office, { tier: 2 })
    await writeFile(file('registrar.key'), devnet.accounts.registrar.privateKey)
    await ada.deposit(ETH, units(ETH, '1'))
    await ben.deposit(ETH, units(ETH, '1'))
    await ben.deposit(YUAN, units(YUAN, '70'))
    await ada.waitFor(ETH, units(ETH, '1'))
    await ben.waitFor(ETH, units(ETH, '1'))
    await ben.waitFor(YUAN, units(YUAN, '70'))
    await untilSeen()
  })
  after(async () => {
    for (const close of closers.reverse()) await close()
  })

  test('default: refused at once, leaves, appeals, is released, pays again; nobody else is touched', async () => {
    const payment = { address: ada.address, amount: units(ETH, '0.2') }
    // Frozen while its proof is on the way: what was made before the freeze is refused after it.
    const slow: ApiClient = {
      ...api,
      async submitTransfer(...submission) {
        await asRegistrar(
          ...['freeze', '2', '--days', '7', '--reason', 'courtOrder'],
          ...['--basis', '4 K 12/26', '--notice', file('notice.json')],
        )
        await untilSeen()
        return api.submitTransfer(...submission)
      },
    }
    const { reader: chain, prover } = devnet
    const before_ = { wallet: ben.wallet, chain, api: slow, prover }
    await assert.rejects(send(before_, { asset: ETH, payments: [payment] }), {
      reason: 'TX_STALE_IDENTITY_ROOT',
    })
    const notice = JSON.parse(await readFile(file('notice.json'), 'utf8')) as object
    assert.partialDeepStrictEqual(notice, { index: 2, reason: 'courtOrder', basis: '4 K 12/26' })
    await ben.sync()
    await assert.rejects(ben.send({ asset: ETH, payments: [payment] }), {
      code: 'TRANSFER_MUST_EXIT',
    })

    // Ben leaves with all his yuan to the address that he named; Ada pays him as on any day.
    await Promise.all([
      ben.exit({ asset: YUAN, waitFor: 'settled' }),
      ada.send({
        asset: ETH,
        payments: [{ ...payment, address: ben.address }],
        waitFor: 'settled',
      }),
    ])
    const { client, deployment } = devnet
    const account = devnet.accounts.ben.address
    assert.equal(
      await getClaimable({ client, deployment }, { account, asset: YUAN }),
      units(YUAN, '70'),
    )
    await ben.waitFor(ETH, units(ETH, '1.2'))
    // The commands below open the same folder.
    ben.wallet.close()

    // An appeal, by files, with its hash on the base chain.
    await writeFile(file('why.txt'), 'The order names another person of my name.\n')
    await writeFile(file('because.txt'), 'It does.\n')
    await wallet('appeal', 'write', '--text-file', file('why.txt'), '--out', file('appeal.json'))
    await wallet('appeal', 'file', file('appeal.json'))
    const open = (await registrar('appeals', 'list')) as object[]
    assert.partialDeepStrictEqual(open, [{ index: 2, reference: 'Ben', state: 'filed' }])
    await asRegistrar(
      ...['appeals', 'answer', file('appeal.json'), '--decision', 'upheld'],
      ...['--text-file', file('because.txt'), '--out', file('answer.json')],
    )
    assert.partialDeepStrictEqual(
      await wallet('appeal', 'show', file('appeal.json'), '--answer', file('answer.json')),
      { state: 'answered', decision: 'upheld', text: 'It does.' },
    )

    await asRegistrar('unfreeze', '2')
    await untilSeen()
    const [address, amount] = [ada.address, '0.2']
    const paid = await wallet('send', 'ETH', address, amount, '--wait', 'settled')
    const { transfers } = paid as { transfers: { stage: string }[] }
    assert.equal(transfers.at(-1)?.stage, 'settled')
    await ada.waitFor(ETH, units(ETH, '1'))
  })

  test('default: an order of two redirects where a person leaves to, by command', async () => {
    const escrow = `0x${'e5'.repeat(20)}`
    await run(
      ...['registrar', 'destination', 'plan', '2', '--to', escrow, '--out', file('plan.json')],
      ...['--dir', devnet.dir, '--deployment', devnet.deploymentFile],
    )
    await writeFile(file('case.pdf'), 'the case')
    const act = async (role: 'officer' | 'reviewer' | 'judge', ...args: string[]) => {
      await writeFile(file(`${role}.key`), devnet.accounts[role].privateKey)
      return run(
        ...['regulator', 'order', ...args, '--dir', file('orders')],
        ...['--key-file', file(`${role}.key`)],
        ...['--rpc', devnet.chain.rpcUrl, '--deployment', devnet.deploymentFile],
      )
    }
    const filing = ['file-destination', file('plan.json'), '--case', file('case.pdf')]
    const filed = await act('officer', ...filing, '--legal-basis', '2')
    assert.partialDeepStrictEqual(filed, { order: '1' })
    // Said again, after a crash perhaps, it is the same order.
    assert.deepEqual(await act('officer', ...filing, '--legal-basis', '2'), filed)
    await act('reviewer', 'approve', '1', '--as', 'reviewer')
    await act('judge', 'approve', '1', '--as', 'judge')
    await asRegistrar(
      ...['destination', 'apply', file('plan.json'), '--order', '1'],
      ...['--notice', file('offer.json')],
    )
    const order = await getOrder(devnet, 1n)
    assert.deepEqual([order?.kind, order?.state], ['destination', 'disclosed'])
    // With the file its wallet opens the new leaf; without it, not.
    const accept = ['identity', 'accept', file('offer.json'), '--destination', escrow]
    assert.partialDeepStrictEqual(await wallet(...accept), { index: '2' })
    const { ledger, identities } = await stateOfBen()
    const { identity } = openOwnIdentity(ledger, identities)
    assert.equal(
      identity.destination,
      hashDestination({ kind: 'address', address: BigInt(escrow) }),
    )
    assert.throws(() => openOwnIdentity(ledger, identities.slice(0, -1)), {
      code: 'IDENTITY_CONTENTS_UNKNOWN',
    })
  })

  // Last: it moves the clock by a week.
  test('default: a person moves its own destination: announced, too early, made, and opened without a file', async () => {
    const home = devnet.accounts.shop.address
    const sign = ['identity', 'move', '--destination', home]
    await wallet(...sign, '--out', file('consent.json'))
    const step = (name: string) => ['destination', name, file('consent.json')]
    await registrarRefused('REGISTRAR_DESTINATION_NOT_ANNOUNCED', ...step('move'))

    type Announced = { index: number; allowedFrom: string; transaction: string | null }
    const announced = (await asRegistrar(...step('announce'))) as Announced
    assert.equal(announced.index, 2)
    assert.match(String(announced.transaction), /^0x[0-9a-f]{64}$/)
    // Ben's wallet knows what it signed; a change that it did not sign is shown.
    const unsignedOf = async () =>
      ((await wallet('sync')) as { unsignedDestinations?: object[] }).unsignedDestinations
    assert.equal(await unsignedOf(), undefined)
    await announceForeign()
    assert.equal((await unsignedOf())?.length, 1)
    const text = (await start('wallet', 'sync')).stdout
    assert.match(text, /change of your destination that this wallet did not sign/)
    await devnet.chain.increaseTime(3_600)
    // Said again, after a crash perhaps, the timelock goes on.
    const again = (await asRegistrar(...step('announce'))) as Announced
    assert.deepEqual([again.allowedFrom, again.transaction], [announced.allowedFrom, null])
    await registrarRefused('REGISTRAR_DESTINATION_TOO_SOON', ...step('move'))
    // Nothing has changed yet, for the wallet either.
    const before_ = await stateOfBen()
    assert.notEqual(destinationOf(before_), BigInt(home))

    await devnet.chain.increaseTime(7 * 86_400)
    const kept = await readFile(file('registrar.json'))
    const moved = (await asRegistrar(...step('move'))) as { transaction: string }
    // As after a crash before the registrar's state was written: the update is found, and none is made again.
    await writeFile(file('registrar.json'), kept)
    await registrarRefused('REGISTRAR_CONSENT_REFUSED', ...step('announce'))
    const found = (await asRegistrar(...step('move'))) as { transaction: string }
    assert.equal(found.transaction, moved.transaction)
    await registrarRefused('REGISTRAR_CONSENT_REFUSED', ...step('move'))

    await wallet('address')
    assert.equal(destinationOf(await stateOfBen()), BigInt(home))
    // It was for the leaf of before.
    assert.equal(await unsignedOf(), undefined)
    await refused('IDENTITY_DESTINATION_REFUSED', 'wallet', ...sign, '--json')
  })

  /** As a registrar does who has, or hopes for, a signature from elsewhere. */
  async function announceForeign(): Promise<void> {
    const { ledger, identities } = await stateOfBen()
    const { index, leaf } = openOwnIdentity(ledger, identities)
    const { client, deployment, accounts } = devnet
    await submitTransaction({
      ...{ client, chainId: deployment.chainId, store: memoryTransactionStore(), pollMs: 10 },
      account: privateKeyToAccount(accounts.registrar.privateKey),
      purpose: 'announcement',
      ...announceDestinationCall(deployment, { index, oldLeaf: leaf, newLeaf: 77n }),
    })
  }

  async function stateOfBen(): Promise<WalletState> {
    const dir = join(devnet.dir, 'ben')
    const { deployment } = devnet
    const opened = await openWallet({}, { dir, passphrase: PASSPHRASE, deployment })
    opened.close()
    return opened.state
  }

  function destinationOf({ ledger, identities }: WalletState): bigint {
    const { destination } = openOwnIdentity(ledger, identities)
    assert.equal(destination?.kind, 'address')
    return destination.address
  }
})
