import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { type Address, type Hex, parseTransaction } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { baseChainClients } from '../../deploy/devnet/baseChain.ts'
import { contractOf } from '../../l1/bindings.ts'
import { claimCall, depositCall } from '../../l1/calls.ts'
import { type ChainClient, createChainClient } from '../../l1/client.ts'
import {
  BaseChainUnavailableError,
  FeeLimitError,
  InsufficientFundsError,
  PurposeReusedError,
  TransactionRevertedError,
  WrongChainError,
} from '../../l1/errors.ts'
import {
  submitTransaction,
  type SubmitProgress,
  type SubmitTransactionParameters,
} from '../../l1/submitTransaction.ts'
import { fileTransactionStore, type TransactionStore } from '../../l1/transactionStore.ts'
import { DEPOSIT_CIPHERTEXT_BYTES } from '../../protocol/constants.ts'
import { isAlive } from '../support/isAlive.ts'
import { fieldOf } from '../support/identities.ts'
import {
  ETH_ASSET,
  ETH_UNIT,
  settle,
  SettleBuilder,
  startTestRollup,
} from '../support/settlement.ts'
import type { TestRollup } from '../support/settlement.ts'
import type { SubmitChildSettings } from '../support/submitChild.ts'

const ETHER = 10n ** 18n
const ZERO: Address = '0x0000000000000000000000000000000000000000'

for (const name of baseChainClients) {
  describe(`submitTransaction on ${name}`, () => {
    let rollup: TestRollup
    let client: ChainClient
    let directory: string
    let storeCount = 0
    before(async () => {
      rollup = await startTestRollup({ client: name })
      client = createChainClient({ rpcUrl: rollup.chain.rpcUrl })
      directory = mkdtempSync(join(tmpdir(), 'cinnabar-submit-'))
      const balance = `0x${(100n * ETHER).toString(16)}`
      for (const key of keys) {
        const { address } = privateKeyToAccount(key)
        await rollup.chain.request('hardhat_setBalance', [address, balance])
      }
    })
    after(async () => {
      await rollup.stop()
      rmSync(directory, { recursive: true })
    })

    const newStorePath = (): string => join(directory, `transactions-${String(++storeCount)}.json`)
    // Each test has accounts of its own, so that nonces start at 0.
    const keys = Array.from({ length: 40 }, () => generatePrivateKey())
    let used = 0
    const newAccount = () => {
      const key = keys[used++]
      if (key === undefined) throw new Error('no account is left')
      return privateKeyToAccount(key)
    }
    const privateKeyOf = (address: Address): Hex =>
      keys.find((key) => privateKeyToAccount(key).address === address) ?? '0x'
    const payee = (): Address => privateKeyToAccount(generatePrivateKey()).address

    type Submission = SubmitTransactionParameters & { stages: string[]; progress: SubmitProgress[] }
    const submission = (changes: Partial<SubmitTransactionParameters> = {}): Submission => {
      const progress: SubmitProgress[] = []
      const stages: string[] = []
      return {
        client,
        account: changes.account ?? newAccount(),
        store: changes.store ?? fileTransactionStore(newStorePath()),
        purpose: 'pay',
        chainId: BigInt(rollup.chain.chainId),
        to: changes.to ?? payee(),
        value: 5n,
        pollMs: 20,
        onProgress: (step) => {
          progress.push(step)
          stages.push(step.stage)
        },
        ...changes,
        stages,
        progress,
      }
    }
    const balanceOf = (address: Address): Promise<bigint> => client.getBalance({ address })
    const nonceOf = (address: Address): Promise<number> => client.getTransactionCount({ address })
    const setAutomine = (isOn: boolean): Promise<unknown> =>
      rollup.chain.request('evm_setAutomine', [isOn])

    /** Runs `work` while nothing is mined by itself. */
    async function withoutMining(work: () => Promise<void>): Promise<void> {
      await setAutomine(false)
      try {
        await work()
      } finally {
        await setAutomine(true)
        await rollup.chain.mine()
      }
    }

    async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
      const deadline = Date.now() + 20_000
      while (!(await isSo())) {
        assert.ok(Date.now() < deadline, 'it did not happen within 20 s')
        await delay(10)
      }
    }

    /** Signs and stores, and fails before anything is sent: what a crash leaves behind. */
    async function signOnly(parameters: Submission): Promise<void> {
      const crash = new Error('crash')
      const store: TransactionStore = {
        ...parameters.store,
        insert: async (transaction) => {
          await parameters.store.insert(transaction)
          throw crash
        },
      }
      await assert.rejects(submitTransaction({ ...parameters, store }), crash)
    }

    test('default: it is mined once, however often it is asked for', async () => {
      const parameters = submission()
      const receipt = await submitTransaction(parameters)
      assert.equal(receipt.status, 'success')
      assert.deepEqual(parameters.stages, ['signed', 'sent', 'mined'])
      const again = await submitTransaction(parameters)
      assert.equal(again.transactionHash, receipt.transactionHash)
      assert.equal(await nonceOf(parameters.account.address), 1)
      assert.equal(await balanceOf(parameters.to), 5n)
      const [stored, ...others] = await parameters.store.listByPurpose('pay')
      assert.equal(stored?.status, 'mined')
      assert.equal(others.length, 0)
    })

    for (const dieWhen of ['signed', 'sent'] as const) {
      test(`behavior: killed once it was ${dieWhen}, the next process mines the same bytes`, async () => {
        const account = newAccount()
        const storePath = newStorePath()
        const parameters = submission({ account, store: fileTransactionStore(storePath) })
        const settings: SubmitChildSettings = {
          rpcUrl: rollup.chain.rpcUrl,
          chainId: rollup.chain.chainId,
          privateKey: privateKeyOf(account.address),
          storePath,
          purpose: 'pay',
          to: parameters.to,
          value: '5',
          dieWhen,
        }
        await withoutMining(async () => {
          await runAndDie(settings)
          assert.equal(await nonceOf(account.address), 0)
          const [left] = await parameters.store.listByPurpose('pay')
          const isInPool = await client
            .getTransaction({ hash: left?.hash ?? '0x' })
            .then(() => true)
            .catch(() => false)
          assert.equal(isInPool, dieWhen === 'sent')

          const going = submitTransaction(parameters)
          if (dieWhen === 'signed') await until(() => parameters.stages.includes('sent'))
          await rollup.chain.mine()
          const receipt = await going
          assert.equal(receipt.transactionHash, left?.hash)
        })
        assert.equal((await parameters.store.listByPurpose('pay')).length, 1)
        assert.equal(await nonceOf(account.address), 1)
        assert.equal(await balanceOf(parameters.to), 5n)
      })
    }

    test('behavior: what the node dropped is sent again, the same bytes', async () => {
      const parameters = submission()
      await withoutMining(async () => {
        const going = submitTransaction(parameters)
        await until(() => parameters.stages.includes('sent'))
        const hash = parameters.progress[0]?.hash
        await rollup.chain.request(`${name}_dropTransaction`, [hash])
        await until(() => parameters.stages.filter((stage) => stage === 'sent').length === 2)
        await rollup.chain.mine()
        assert.equal((await going).transactionHash, hash)
      })
      assert.deepEqual(parameters.stages, ['signed', 'sent', 'sent', 'mined'])
      assert.equal(await balanceOf(parameters.to), 5n)
    })

    test('behavior: one that waits too long gets a higher fee under the same nonce', async () => {
      const parameters = submission({ replaceAfterMs: 200 })
      await withoutMining(async () => {
        const going = submitTransaction(parameters)
        await until(() => parameters.stages.filter((stage) => stage === 'sent').length >= 3)
        await rollup.chain.mine()
        assert.equal((await going).status, 'success')
      })
      const signed = await parameters.store.listByPurpose('pay')
      assert.ok(signed.length >= 3)
      assert.deepEqual(new Set(signed.map(({ nonce }) => nonce)), new Set([0n]))
      signed.forEach(({ raw, maxFeePerGas }, i) => {
        const before = signed[i - 1]
        if (before === undefined) return
        assert.ok(maxFeePerGas * 10n >= before.maxFeePerGas * 11n, 'a tenth more at least')
        const [tip = 0n, tipBefore = 0n] = [raw, before.raw].map(
          (bytes) => parseTransaction(bytes).maxPriorityFeePerGas,
        )
        assert.ok(tip * 10n >= tipBefore * 11n, 'a tenth more tip at least')
      })
      assert.equal(await nonceOf(parameters.account.address), 1)
      assert.equal(await balanceOf(parameters.to), 5n)
    })

    test('behavior: no fee above the limit is offered, and none is signed above it', async () => {
      await assert.rejects(submitTransaction(submission({ maxFeePerGas: 1n })), FeeLimitError)
      const { baseFeePerGas } = await client.getBlock()
      const limit = 4n * (baseFeePerGas ?? 0n) + 4n * 10n ** 9n
      const parameters = submission({ replaceAfterMs: 50, maxFeePerGas: limit })
      await withoutMining(async () => {
        const going = submitTransaction(parameters)
        await until(() => parameters.stages.includes('sent'))
        await delay(600)
        await rollup.chain.mine()
        await going
      })
      for (const { maxFeePerGas } of await parameters.store.listByPurpose('pay')) {
        assert.ok(maxFeePerGas <= limit)
      }
    })

    test('behavior: a new nonce only when the old one was used by something else', async () => {
      const parameters = submission()
      await signOnly(parameters)
      const [left] = await parameters.store.listByPurpose('pay')
      // Another program with the same key takes the nonce.
      const other = submission({ account: parameters.account, purpose: 'other' })
      await submitTransaction(other)
      const receipt = await submitTransaction(parameters)
      assert.deepEqual(parameters.stages, ['dead', 'signed', 'sent', 'mined'])
      assert.notEqual(receipt.transactionHash, left?.hash)
      const signed = await parameters.store.listByPurpose('pay')
      assert.deepEqual(
        signed.map(({ nonce, status }) => [nonce, status]),
        [
          [0n, 'dead'],
          [1n, 'mined'],
        ],
      )
      assert.equal(await balanceOf(parameters.to), 5n)
      await assert.rejects(client.sendRawTransaction({ serializedTransaction: left?.raw ?? '0x' }))
    })

    test('behavior: a nonce used in too young a block is not yet lost', async () => {
      const parameters = submission({ confirmations: 3 })
      await signOnly(parameters)
      await submitTransaction(submission({ account: parameters.account, purpose: 'other' }))
      const going = submitTransaction(parameters)
      await delay(300)
      assert.deepEqual(parameters.stages, [])
      await rollup.chain.mine(2)
      await until(() => parameters.stages.includes('sent'))
      await rollup.chain.mine(2)
      await going
      assert.deepEqual(parameters.stages, ['dead', 'signed', 'sent', 'mined'])
    })

    test('behavior: it waits for its confirmations', async () => {
      const parameters = submission({ confirmations: 3 })
      let isDone = false
      const going = submitTransaction(parameters).then(() => (isDone = true))
      await until(async () => (await nonceOf(parameters.account.address)) === 1)
      await rollup.chain.mine()
      await delay(200)
      assert.equal(isDone, false)
      await rollup.chain.mine()
      await going
    })

    test('behavior: taken back by a reorg, it is mined again and not twice', async () => {
      const parameters = submission()
      const revert = await rollup.chain.snapshot()
      const first = await submitTransaction(parameters)
      await revert()
      assert.equal(await nonceOf(parameters.account.address), 0)
      const second = await submitTransaction(parameters)
      assert.equal(second.transactionHash, first.transactionHash)
      assert.equal(await balanceOf(parameters.to), 5n)
      assert.equal((await parameters.store.listByPurpose('pay')).length, 1)
    })

    test('behavior: calls that overlap draw different nonces', async () => {
      const account = newAccount()
      const store = fileTransactionStore(newStorePath())
      const submissions = Array.from({ length: 5 }, (_, i) =>
        submission({ account, store, purpose: `pay ${String(i)}` }),
      )
      // The same purpose twice at once, too.
      const [first] = submissions
      const receipts = await Promise.all(
        [...submissions, first ?? submission()].map((each) => submitTransaction(each)),
      )
      assert.ok(receipts.every(({ status }) => status === 'success'))
      assert.equal(await nonceOf(account.address), 5)
      for (const { to } of submissions) assert.equal(await balanceOf(to), 5n)
    })

    test('behavior: one signed before and never sent does not hold up the next', async () => {
      const first = submission()
      await signOnly(first)
      const { account, store } = first
      const second = submission({ account, store, purpose: 'second' })
      const receipt = await submitTransaction(second)
      assert.equal(receipt.status, 'success')
      assert.equal(await nonceOf(account.address), 2)
      assert.equal((await submitTransaction(first)).status, 'success')
      assert.equal(await balanceOf(first.to), 5n)
      assert.equal(await balanceOf(second.to), 5n)
    })

    test('rejects: what would revert, with the contract’s error, and stores nothing', async () => {
      const account = newAccount()
      const call = claimCall(rollup.deployment, { account: account.address, asset: ETH_ASSET })
      const parameters = submission({ account, ...call })
      await assert.rejects(submitTransaction(parameters), (error: unknown) => {
        assert.ok(error instanceof TransactionRevertedError)
        assert.equal(error.code, 'L1_WOULD_REVERT')
        assert.equal(error.revert?.name, 'NothingToClaim')
        assert.deepEqual(error.revert.args, [account.address, ETH_ASSET])
        assert.match(error.message, /Nothing is credited to this account/)
        return true
      })
      assert.deepEqual(await parameters.store.listByPurpose('pay'), [])
      assert.equal(await nonceOf(account.address), 0)
    })

    test('rejects: a role that the account lacks, with what to do', async () => {
      const parameters = submission({
        to: contractOf(rollup.deployment, 'rollup').address,
        data: '0xd0322fbf00000000000000000000000000000000000000000000000000000000000000200000000000000000000000000000000000000000000000000000000000000000',
        value: 0n,
      })
      await assert.rejects(submitTransaction(parameters), (error: unknown) => {
        assert.ok(error instanceof TransactionRevertedError)
        assert.match(error.revert?.name ?? '', /AccessManagedUnauthorized/)
        assert.match(error.message, /lacks the role/)
        return true
      })
    })

    test('rejects: one that reverts when it is mined, with the error and its hash', async () => {
      const account = newAccount()
      await creditUnits(account.address, 3n)
      const call = claimCall(rollup.deployment, { account: account.address, asset: ETH_ASSET })
      const late = submission(call)
      await signOnly(late)
      // Meanwhile somebody else has the same claim paid out.
      await submitTransaction(submission(call))
      const [left] = await late.store.listByPurpose('pay')
      await assert.rejects(submitTransaction(late), (error: unknown) => {
        assert.ok(error instanceof TransactionRevertedError)
        assert.equal(error.code, 'L1_REVERTED')
        assert.equal(error.transaction, left?.hash)
        assert.equal(error.revert?.name, 'NothingToClaim')
        assert.match(error.message, /it was claimed before/)
        return true
      })
      const [stored] = await late.store.listByPurpose('pay')
      assert.equal(stored?.status, 'mined')
      // It stays refused, and is not sent again.
      await assert.rejects(submitTransaction(late), TransactionRevertedError)
      assert.equal(await nonceOf(late.account.address), 1)
    })

    test('rejects: an account without the funds, which it may get later', async () => {
      const account = privateKeyToAccount(generatePrivateKey())
      const parameters = submission({ account, value: ETHER })
      await assert.rejects(submitTransaction(parameters), (error: unknown) => {
        assert.ok(error instanceof InsufficientFundsError)
        assert.match(error.message, new RegExp(account.address))
        assert.match(error.message, /Send \d+ wei or more/)
        return true
      })
      await submitTransaction(submission({ to: account.address, value: 2n * ETHER }))
      assert.equal((await submitTransaction(parameters)).status, 'success')
    })

    test('rejects: another chain, and another content for a purpose', async () => {
      await assert.rejects(submitTransaction(submission({ chainId: 1n })), WrongChainError)
      const parameters = submission()
      await submitTransaction(parameters)
      for (const other of [{ value: 6n }, { to: payee() }, { data: '0x01' as const }]) {
        await assert.rejects(submitTransaction({ ...parameters, ...other }), PurposeReusedError)
      }
    })

    test('rejects: a node that is not there', async () => {
      const nobody = createChainClient({ rpcUrl: 'http://127.0.0.1:9' })
      await assert.rejects(
        submitTransaction(submission({ client: nobody })),
        BaseChainUnavailableError,
      )
    })

    test('behavior: it can be called off, and taken up again', async () => {
      const parameters = submission()
      await withoutMining(async () => {
        const controller = new AbortController()
        const going = submitTransaction({ ...parameters, signal: controller.signal })
        await until(() => parameters.stages.includes('sent'))
        controller.abort()
        await assert.rejects(going, { name: 'AbortError' })
      })
      const receipt = await submitTransaction(parameters)
      assert.equal(receipt.transactionHash, parameters.progress[0]?.hash)
    })

    let builder: SettleBuilder | undefined
    /** Has the rollup credit an account, by a deposit and a withdrawal in simulated batches. */
    async function creditUnits(account: Address, units: bigint): Promise<void> {
      builder ??= new SettleBuilder(rollup)
      const entryFee = await client.readContract({
        ...contractOf(rollup.deployment, 'vault'),
        functionName: 'entryFee',
      })
      const call = depositCall(rollup.deployment, {
        asset: ETH_ASSET,
        token: ZERO,
        baseAmount: units * ETH_UNIT,
        recipient: fieldOf('recipient'),
        ciphertext: new Uint8Array(DEPOSIT_CIPHERTEXT_BYTES),
        entryFee,
      })
      await submitTransaction(submission({ purpose: 'deposit', ...call }))
      const [head] = await client.readContract({
        ...contractOf(rollup.deployment, 'vault'),
        functionName: 'queue',
      })
      const recipient = account.toLowerCase() as Address
      const batches = [
        {
          depositIds: [head],
          slots: [{ withdrawal: { asset: ETH_ASSET, amount: units, recipient } }],
        },
      ]
      await settle(rollup, await builder.call(batches))
    }
  })
}

async function runAndDie(settings: SubmitChildSettings): Promise<void> {
  const script = fileURLToPath(new URL('../support/submitChild.ts', import.meta.url))
  const child = spawn(process.execPath, [script, JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
  assert.equal(signal, 'SIGKILL', 'the child died where it was told to')
  assert.equal(isAlive(child.pid ?? -1), false)
}
