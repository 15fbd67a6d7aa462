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
import { startRpcProxy } from '../support/rpcProxy.ts'
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

    test('behavior: taken back and wanted for another purpose, the same bytes are mined once', async () => {
      const parameters = submission()
      const revert = await rollup.chain.snapshot()
      const first = await submitTransaction(parameters)
      await revert()
      const again = { ...parameters, purpose: 'pay again' }
      const second = await submitTransaction(again)
      assert.equal(second.transactionHash, first.transactionHash)
      assert.equal(await nonceOf(parameters.account.address), 1, 'no further attempt')
      assert.equal(await balanceOf(parameters.to), 5n)
      assert.deepEqual(
        (await parameters.store.listByPurpose('pay again')).map(({ status }) => status),
        ['mined'],
      )
    })

    test('behavior: a base fee ten times as high raises the offer until it is mined', async () => {
      await withoutMining(async () => {
        let now = 0
        const parameters = submission({ replaceAfterMs: 1_000, now: () => new Date(now) })
        const going = submitTransaction(parameters)
        await until(() => parameters.stages.includes('sent'))
        const offered = async () =>
          (await parameters.store.listByPurpose('pay')).at(-1)?.maxFeePerGas ?? 0n
        const tenfold = 10n * (await offered())
        const setBaseFee = 'hardhat_setNextBlockBaseFeePerGas'
        await rollup.chain.request(setBaseFee, [`0x${tenfold.toString(16)}`])
        await rollup.chain.mine()
        assert.equal(await nonceOf(parameters.account.address), 0, 'it is not mined at that price')
        now += 1_000
        await until(async () => (await offered()) > tenfold)
        await until(() => parameters.stages.filter((stage) => stage === 'sent').length === 2)
        await rollup.chain.mine()
        assert.equal((await going).status, 'success')
        assert.equal(await nonceOf(parameters.account.address), 1)
        assert.equal(await balanceOf(parameters.to), 5n)
      })
    })

    test('behavior: a gap in the nonces is filled from the store, whoever comes first', async () => {
      const account = newAccount()
      const store = fileTransactionStore(newStorePath())
      const [first, second, third] = [1, 2, 3].map((n) =>
        submission({ account, store, purpose: `pay ${String(n)}` }),
      ) as [Submission, Submission, Submission]
      // Two were signed before a crash and never sent; the third one's nonce is behind both.
      await signOnly(first)
      await signOnly(second)
      assert.equal((await submitTransaction(third)).status, 'success')
      assert.equal(await nonceOf(account.address), 3)
      for (const each of [second, first]) await submitTransaction(each)
      assert.equal(await nonceOf(account.address), 3)
      for (const { to } of [first, second, third]) assert.equal(await balanceOf(to), 5n)
    })

    test('behavior: what was mined for a purpose that is over fills the gap when a reorg takes it back', async () => {
      const account = newAccount()
      const store = fileTransactionStore(newStorePath())
      const [over, next] = [1, 2].map((n) =>
        submission({ account, store, purpose: `pay ${String(n)}` }),
      ) as [Submission, Submission]
      const revert = await rollup.chain.snapshot()
      await submitTransaction(over)
      // Signed behind it; nobody asks for the first purpose again.
      await signOnly(next)
      await revert()
      assert.equal(await nonceOf(account.address), 0)
      assert.equal((await submitTransaction(next)).status, 'success')
      assert.equal(await nonceOf(account.address), 2)
      for (const { to } of [over, next]) assert.equal(await balanceOf(to), 5n)
    })

    test('behavior: a node that limits or breaks for a while loses and doubles nothing', async () => {
      const proxy = await startRpcProxy(rollup.chain.rpcUrl)
      try {
        // Each step meets both faults: of every method the third question is the first to be answered.
        proxy.answer = ({ method }) => {
          const asked = proxy.calls.filter((call) => call === method).length
          return asked === 1 ? { status: 429 } : asked === 2 ? { status: 503 } : 'pass'
        }
        const parameters = submission({ client: createChainClient({ rpcUrl: proxy.url }) })
        const receipt = await retried(() => submitTransaction(parameters))
        assert.equal(receipt.status, 'success')
        assert.equal(await nonceOf(parameters.account.address), 1)
        assert.equal(await balanceOf(parameters.to), 5n)
      } finally {
        await proxy.stop()
      }
    })

    test('behavior: a reorg while it waits for its depth takes the receipt back, and it is sent again', async () => {
      const parameters = submission({ confirmations: 3 })
      const revert = await rollup.chain.snapshot()
      const going = submitTransaction(parameters)
      await until(async () => (await nonceOf(parameters.account.address)) === 1)
      await revert()
      await until(() => parameters.stages.filter((stage) => stage === 'sent').length === 2)
      await until(async () => (await nonceOf(parameters.account.address)) === 1)
      await rollup.chain.mine(2)
      assert.equal((await going).transactionHash, parameters.progress[0]?.hash)
      assert.deepEqual(parameters.stages, ['signed', 'sent', 'sent', 'mined'])
      assert.equal(await balanceOf(parameters.to), 5n)
    })

    for (const words of ['transaction underpriced', 'replacement transaction underpriced']) {
      test(`behavior: a node that says “${words}” is offered more, under the same nonce`, async () => {
        const proxy = await startRpcProxy(rollup.chain.rpcUrl)
        try {
          let now = 0
          let isRefusing = true
          proxy.answer = ({ method }) =>
            isRefusing && method === 'eth_sendRawTransaction'
              ? { error: { code: -32_000, message: words } }
              : 'pass'
          const parameters = submission({
            client: createChainClient({ rpcUrl: proxy.url }),
            replaceAfterMs: 1_000,
            now: () => new Date(now),
          })
          const going = submitTransaction(parameters)
          await until(() => proxy.calls.includes('eth_sendRawTransaction'))
          now += 1_000
          await until(() => parameters.stages.includes('raised'))
          isRefusing = false
          assert.equal((await going).status, 'success')
          const signed = await parameters.store.listByPurpose('pay')
          assert.deepEqual(
            signed.map(({ nonce }) => nonce),
            [0n, 0n],
          )
          assert.equal(await nonceOf(parameters.account.address), 1)
          assert.equal(await balanceOf(parameters.to), 5n)
        } finally {
          await proxy.stop()
        }
      })
    }

    test('behavior: an account emptied after signing ends it with what is missing; filled, the same bytes go', async () => {
      const parameters = submission({ value: ETHER })
      await signOnly(parameters)
      const [left] = await parameters.store.listByPurpose('pay')
      const setBalance = (wei: bigint) =>
        rollup.chain.request('hardhat_setBalance', [
          parameters.account.address,
          `0x${wei.toString(16)}`,
        ])
      await setBalance(0n)
      await assert.rejects(submitTransaction(parameters), InsufficientFundsError)
      await setBalance(2n * ETHER)
      assert.equal((await submitTransaction(parameters)).transactionHash, left?.hash)
      assert.equal((await parameters.store.listByPurpose('pay')).length, 1)
    })

    test('behavior: a node that is behind has a used nonce signed, which dies and harms nothing', async () => {
      const proxy = await startRpcProxy(rollup.chain.rpcUrl)
      try {
        const account = newAccount()
        const store = fileTransactionStore(newStorePath())
        const first = submission({ account, store, purpose: 'first' })
        await submitTransaction(first)
        // It has not heard of the first one yet.
        let isBehind = true
        proxy.answer = ({ method }) =>
          isBehind && method === 'eth_getTransactionCount' ? { result: '0x0' } : 'pass'
        const behind = createChainClient({ rpcUrl: proxy.url })
        const second = submission({ account, store, purpose: 'second', client: behind })
        const going = submitTransaction(second)
        await until(() => second.stages.includes('signed'))
        await until(() => proxy.calls.includes('eth_sendRawTransaction'))
        isBehind = false
        assert.equal((await going).status, 'success')
        assert.ok(second.stages.includes('dead'))
        assert.equal(await nonceOf(account.address), 2)
        for (const { to } of [first, second]) assert.equal(await balanceOf(to), 5n)
      } finally {
        await proxy.stop()
      }
    })

    /** As a loop does: an error is for the next round. */
    async function retried<T>(work: () => Promise<T>): Promise<T> {
      for (let round = 0; ; round++) {
        try {
          return await work()
        } catch (error) {
          if (!(error instanceof BaseChainUnavailableError) || round > 50) throw error
        }
      }
    }

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
