import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { after, before, describe, test } from 'node:test'
import { type ApiClient, createApiClient } from '../../api/index.ts'
import { type Devnet, startDevnet } from '../../demo/devnet.ts'
import { encodeFunctionData } from 'viem'
import { contractOf } from '../../l1/bindings.ts'
import { claimCall } from '../../l1/calls.ts'
import { encodeForcedEntry } from '../../l1/forcedEntry.ts'
import {
  getClaimable,
  getDeposit,
  getEtherBalance,
  getIdentityRoot,
  getPolicyRoot,
  getSettledState,
} from '../../l1/reads.ts'
import { submitTransaction } from '../../l1/submitTransaction.ts'
import { createTransactionAccount } from '../../l1/transactionAccount.ts'
import { formatField } from '../../protocol/field.ts'
import { type Destination, hashDestination } from '../../protocol/identity.ts'
import { unpackWord } from '../../protocol/words.ts'
import { parseSubmission } from '../../sequencer/admission/parseSubmission.ts'
import { startSequencer } from '../../sequencer/startSequencer.ts'
import { expectFollowerAgrees } from '../support/expectFollowerAgrees.ts'
import { memoryTransactionStore } from '../support/l1Rollup.ts'
import {
  depositEther,
  type LivePayer,
  type ProvedPayment,
  provePayment,
  registerPayer,
} from '../support/livePayers.ts'
import { bareEnvironment } from '../support/runCinnabar.ts'
import { waitFor } from '../support/waitFor.ts'

// The operator is gone, and somebody with an empty folder and the base chain's URL goes on: real proofs, real
// contracts, the command as a process of its own.

const root = fileURLToPath(new URL('../../', import.meta.url))
type Line = { event: string } & Record<string, unknown>

/** `cinnabar takeover --json …`, line by line. */
function startTakeover(args: readonly string[], privateKey: string) {
  const child = spawn(
    process.execPath,
    [join(root, 'cli/main.ts'), 'takeover', '--json', '--poll', '100', ...args],
    {
      cwd: root,
      env: { ...bareEnvironment(), CINNABAR_TAKEOVER_KEY: privateKey },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const lines: Line[] = []
  let errors = ''
  createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line) as Line))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, lines, ended, errors: () => errors }
}

describe('cinnabar takeover', () => {
  let devnet: Devnet
  let dir: string
  let deposited: { amount: bigint; counter: bigint }
  let ann: LivePayer
  const options = () => [
    ...['--rpc', devnet.chain.rpcUrl, '--deployment', devnet.deploymentFile],
    ...['--data-dir', dir],
  ]

  /** On the base chain, by anybody: here by a shop. */
  async function enterByForce({ submission }: ProvedPayment): Promise<void> {
    const { client, deployment, accounts } = devnet
    const { circuit, publicInputs, memo, proof, anchorBatch } = parseSubmission(submission)
    const { amount, asset } = unpackWord('fee', publicInputs.fee)
    const data = encodeForcedEntry({
      context: {
        identityVersion: (await getIdentityRoot(devnet)).version,
        policyVersion: (await getPolicyRoot(devnet)).version,
        day: publicInputs.day,
      },
      transfer: {
        ...publicInputs,
        kind: circuit,
        fee: { amount, asset },
        memo,
        proof,
        anchorBatch,
      },
    })
    const queue = contractOf(deployment, 'forcedQueue')
    await submitTransaction({
      client,
      account: createTransactionAccount(accounts.shop.privateKey),
      store: memoryTransactionStore(),
      purpose: 'enter by force',
      chainId: deployment.chainId,
      to: queue.address,
      data: encodeFunctionData({ abi: queue.abi, functionName: 'enter', args: [data] }),
      value: await client.readContract({ ...queue, functionName: 'entryFee' }),
    })
  }

  before(async () => {
    let exit: ProvedPayment
    devnet = await startDevnet({ onProgress: () => undefined })
    dir = await mkdtemp(join(tmpdir(), 'cinnabar-takeover-'))
    // The embedded Postgres runs as another user where this one is root.
    await chmod(dir, 0o755)
    const home: Destination = { kind: 'address', address: BigInt(devnet.accounts.shop.address) }
    const destination = hashDestination(home)
    ann = await registerPayer(devnet, { name: 'ann', index: 3n, destination })
    // The operator settles a deposit and a payment, and is never heard of again.
    const operator = await startSequencer({
      deployment: devnet.deployment,
      rpcUrl: devnet.chain.rpcUrl,
      databaseUrl: devnet.postgres.url,
      l1PrivateKey: devnet.accounts.sequencer.privateKey,
      receiptPrivateKey: `0x${'1f'.repeat(32)}`,
      batchAgeMs: 200,
      pollMs: 50,
      prover: devnet.prover,
    })
    try {
      const api: ApiClient = createApiClient({ url: operator.url })
      const note = await depositEther(devnet, ann, { amount: 1_000_000n, counter: 0n })
      await waitFor('sealed deposit', async () => (await api.getBatches()).batches[0])
      const paid = await provePayment(devnet, api, ann, {
        inputs: [note],
        withdrawal: { amount: 1_000n, recipient: BigInt(devnet.accounts.ben.address) },
      })
      const { id } = await api.submitTransfer(paid.submission)
      await waitFor('settled payment', async () => {
        const { status } = await api.getTransfer(id)
        return status === 'settled' ? true : undefined
      })
      paid.accept()
      // Proved against what is settled, and never shown to the operator.
      exit = await provePayment(devnet, api, ann, {
        withdrawal: { amount: 2_000n, recipient: home.address },
        exitTo: home,
      })
    } finally {
      await operator.stop()
    }
    deposited = { amount: 700_000n, counter: 1n }
    await depositEther(devnet, ann, deposited)
    await enterByForce(exit)
  })
  after(async () => {
    await devnet?.stop()
    await rm(dir, { recursive: true, force: true })
  })

  test('rejects: taking over while nothing is past its deadline', async () => {
    const { ended, errors } = startTakeover(options(), devnet.accounts.cleo.privateKey)
    assert.equal(await ended, 1)
    assert.match(errors(), /TAKEOVER_NO_BREACH/)
    assert.match(errors(), /Next deadline in: \d+ s/)
  })

  test('behavior: killed under its lease and started again, it settles what waits, from an empty folder', async () => {
    await devnet.chain.increaseTime(86_400 + 60)
    const key = devnet.accounts.cleo.privateKey
    const first = startTakeover(options(), key)
    await waitFor('a lease', () =>
      Promise.resolve(first.lines.some(({ event }) => event === 'leased') || undefined),
    )
    first.child.kill('SIGKILL')
    await first.ended
    assert.deepEqual(
      first.lines.map(({ event }) => event).filter((event) => event !== 'rebuilding'),
      ['rebuilt', 'opened', 'bonded', 'leased'],
    )
    assert.equal(first.lines.find(({ event }) => event === 'opened')?.['breach'], 'forcedTransfer')

    const second = startTakeover(options(), key)
    assert.equal(await second.ended, 0, second.errors())
    const events = second.lines.map(({ event }) => event)
    // Neither opened nor bonded twice.
    assert.deepEqual([events.includes('opened'), events.includes('bonded')], [false, false])
    assert.deepEqual(events.slice(-2), ['done', 'result'])
    const settled = await getSettledState(devnet)
    const result = second.lines.at(-1)
    assert.equal(result?.['batch'], Number(settled.batchNumber))
    assert.equal(result?.['noteRoot'], formatField(settled.noteRoot))
    assert.equal(result?.['nullifierRoot'], formatField(settled.nullifierRoot))
    assert.equal(result?.['bond'], String(10n ** 18n))
    assert.equal((await getDeposit(devnet, 2n))?.status, 'taken')
    // Settled live: its withdrawal can be claimed.
    const queue = contractOf(devnet.deployment, 'forcedQueue')
    const entry = await devnet.client.readContract({
      ...queue,
      functionName: 'entryOf',
      args: [1n],
    })
    assert.equal(entry.status, 2)
    const account = devnet.accounts.shop.address.toLowerCase() as `0x${string}`
    assert.equal(await getClaimable(devnet, { account, asset: 1n }), 2_000n)
    await expectFollowerAgrees({
      ...{ client: devnet.client, deployment: devnet.deployment, rpcUrl: devnet.chain.rpcUrl },
      createDatabase: () => devnet.postgres.createDatabase(),
    })
  })

  test('behavior: the withdrawal of a forced exit is paid, whoever presses the button', async () => {
    const { ben, shop } = devnet.accounts
    const account = shop.address.toLowerCase() as `0x${string}`
    const units = await getClaimable(devnet, { account, asset: 1n })
    assert.equal(units, 2_000n)
    const before = await getEtherBalance(devnet, account)
    await submitTransaction({
      client: devnet.client,
      account: createTransactionAccount(ben.privateKey),
      store: memoryTransactionStore(),
      purpose: 'claim',
      chainId: devnet.deployment.chainId,
      ...claimCall(devnet.deployment, { account, asset: 1n }),
    })
    const [ether] = devnet.deployment.assets
    assert.equal(await getEtherBalance(devnet, account), before + units * (ether?.unit ?? 0n))
  })

  test('behavior: the operator that comes back learns that it may not settle', async () => {
    const operator = await startSequencer({
      deployment: devnet.deployment,
      rpcUrl: devnet.chain.rpcUrl,
      databaseUrl: devnet.postgres.url,
      l1PrivateKey: devnet.accounts.sequencer.privateKey,
      receiptPrivateKey: `0x${'1f'.repeat(32)}`,
      pollMs: 50,
      prover: devnet.prover,
    })
    try {
      const api = createApiClient({ url: operator.url })
      const { settled } = await waitFor('adopted batches', async () => {
        const status = await api.getStatus()
        const { batchNumber } = await getSettledState(devnet)
        return status.settled.batchNumber === Number(batchNumber) ? status : undefined
      })
      assert.equal(settled.noteRoot, formatField((await getSettledState(devnet)).noteRoot))
      const { settlement } = await api.getStatus()
      assert.equal(settlement.isOurs, false)
      assert.equal(settlement.mode, 'lease')
      const payment = await provePayment(devnet, api, ann, { asset: 2n })
      await assert.rejects(api.submitTransfer(payment.submission), { code: 'SETTLEMENT_NOT_OURS' })
    } finally {
      await operator.stop()
    }
  })

  test('behavior: the bond is taken out when the lease is over', async () => {
    const { cleo } = devnet.accounts
    const args = [...options(), '--withdraw']
    const early = startTakeover(args, cleo.privateKey)
    assert.equal(await early.ended, 1)
    assert.match(early.errors(), /LeaseRunning/)
    await devnet.chain.increaseTime(3_600 + 60)
    const late = startTakeover(args, cleo.privateKey)
    assert.equal(await late.ended, 0, late.errors())
    assert.deepEqual(late.lines, [{ event: 'withdrawn', wei: String(10n ** 18n) }])
  })
})
