import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import type { Address } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { baseChainClients } from '../../deploy/devnet/baseChain.ts'
import { claimCall } from '../../l1/calls.ts'
import type { ChainEvent, ChainEventOf, ChainEventType } from '../../l1/chainEvents.ts'
import { createChainReader } from '../../l1/chainReader.ts'
import { type ChainClient, checkDeployment, createChainClient } from '../../l1/client.ts'
import { encodeSettle, SETTLE_SELECTOR } from '../../l1/codec.ts'
import { contractNames } from '../../l1/deployment.ts'
import {
  BaseChainUnavailableError,
  ContractMissingError,
  RangeUnreadableError,
  WrongChainError,
} from '../../l1/errors.ts'
import {
  getAllowance,
  getAssets,
  getClaimable,
  getClock,
  getDeposit,
  getDepositQueue,
  getEscrow,
  getIdentityRoot,
  getKeysOfDay,
  getLedger,
  getNoteRoot,
  getPolicies,
  getPolicyRoot,
  getSettledState,
  getTokenBalance,
  getTracePoint,
} from '../../l1/reads.ts'
import { submitTransaction } from '../../l1/submitTransaction.ts'
import { dayOf } from '../../protocol/calendar.ts'
import { CIRCUIT_IDS } from '../../protocol/constants.ts'
import { hashMemo } from '../../protocol/memo.ts'
import { buildPolicyTree } from '../../protocol/policy.ts'
import type { TransferPublicInputs } from '../../protocol/publicInputs.ts'
import { unpackWord } from '../../protocol/words.ts'
import {
  memoryTransactionStore,
  queueDeposit,
  type Queued,
  registerAlice,
  strictClient,
  ZERO_ADDRESS,
} from '../support/l1Rollup.ts'
import { send } from '../support/expectRevert.ts'
import {
  ETH_ASSET,
  ETH_UNIT,
  MAX_FEE,
  settle,
  SettleBuilder,
  startTestRollup,
  testPolicies,
  TOKEN_ASSET,
  TOKEN_UNIT,
} from '../support/settlement.ts'
import type { SlotParameters, TestRollup } from '../support/settlement.ts'

for (const name of baseChainClients) {
  describe(`createChainReader on ${name}`, () => {
    let rollup: TestRollup
    let client: ChainClient
    let events: readonly ChainEvent[]
    let deposits: Queued[]
    let update: Awaited<ReturnType<typeof registerAlice>>
    let settleHash: string
    let builder: SettleBuilder
    /** What each transfer's proof was made for, by nullifier. */
    const proven = new Map<bigint, TransferPublicInputs>()
    const memos = new Map<bigint, Uint8Array>()
    let payee: Address

    const remember = (slot: SlotParameters): SlotParameters => ({
      ...slot,
      proveFor: (inputs) => {
        proven.set(inputs.nullifier, inputs)
        return inputs
      },
    })
    const of = <T extends ChainEventType>(type: T): ChainEventOf<T>[] =>
      events.filter((event): event is ChainEventOf<T> => event.type === type)
    const readAll = async (): Promise<readonly ChainEvent[]> => {
      const reader = createChainReader({ client, deployment: rollup.deployment })
      const head = await reader.getHead()
      return reader.getEvents({ from: rollup.deployment.startBlock, to: head.number })
    }

    before(async () => {
      rollup = await startTestRollup({ client: name })
      client = createChainClient({ rpcUrl: rollup.chain.rpcUrl })
      payee = (rollup.users[2]?.address.toLowerCase() ?? ZERO_ADDRESS) as Address
      update = await registerAlice(rollup)
      const { newLeaf } = update.publicInputs
      await send(rollup.contract('identityRegistry'), 'announceDestination', 5n, newLeaf, 77n)
      deposits = [
        await queueDeposit(rollup, client, { asset: ETH_ASSET, amount: 40n, label: 'a' }),
        await queueDeposit(rollup, client, { asset: TOKEN_ASSET, amount: 7n, label: 'b' }),
        await queueDeposit(rollup, client, { asset: ETH_ASSET, amount: 2n, label: 'c' }),
      ]
      builder = new SettleBuilder(rollup)
      const call = await builder.call([
        {
          slots: [
            remember({ fee: { amount: 3n, asset: ETH_ASSET } }),
            'empty',
            remember({
              kind: 'collect',
              withdrawal: { asset: ETH_ASSET, amount: 5n, recipient: payee },
            }),
          ],
          depositIds: [1n, 2n],
        },
        {
          circuit: 'batch-16',
          // Both an earlier batch of this call and the initial state serve as anchors.
          slots: [remember({ anchorBatch: 1n }), remember({ anchorBatch: 0n })],
          depositIds: [3n],
        },
      ])
      for (const { slots } of call.batches) {
        for (const slot of slots) if ('proof' in slot) memos.set(slot.nullifier, slot.memo)
      }
      settleHash = (await settle(rollup, call)).hash
      await submitTransaction({
        client,
        account: privateKeyToAccount(rollup.chain.accounts[2]?.privateKey ?? '0x'),
        store: memoryTransactionStore(),
        purpose: 'claim',
        chainId: rollup.deployment.chainId,
        pollMs: 10,
        ...claimCall(rollup.deployment, { account: payee, asset: ETH_ASSET }),
      })
      events = await readAll()
    })
    after(() => rollup.stop())

    test('default: everything that happened, in chain order', () => {
      const all = events.map(({ type }) => type)
      const keys = all.filter((type) => type.startsWith('key'))
      assert.deepEqual(
        keys,
        Object.keys(CIRCUIT_IDS).flatMap(() => ['keyAnnounced', 'keyActivated']),
      )
      const types = all.filter((type) => !type.startsWith('key'))
      // The deployment's own come first, in an order that is its business.
      const own = ['assetListed', 'assetListed', 'epochScheduled', 'policyPublished']
      assert.deepEqual(types.slice(0, 4).sort(), own)
      assert.deepEqual(types.slice(4), [
        'identityUpdated',
        'destinationAnnounced',
        'depositQueued',
        'depositQueued',
        'depositQueued',
        ...types.slice(9, 13),
        'withdrawalClaimed',
      ])
      assert.deepEqual(types.slice(9, 13).sort(), [
        'batchSettled',
        'batchSettled',
        'withdrawalCredited',
        'withdrawalCredited',
      ])
      events.reduce((before, event) => {
        const isAfter =
          event.blockNumber > before.blockNumber ||
          (event.blockNumber === before.blockNumber && event.logIndex > before.logIndex)
        assert.ok(isAfter, `${event.type} after ${before.type}`)
        return event
      })
    })

    test('default: positions are those of the chain', async () => {
      for (const event of events) {
        const block = await client.getBlock({ blockNumber: event.blockNumber })
        assert.equal(event.blockHash, block.hash)
        assert.equal(event.timestamp, block.timestamp)
        assert.ok(block.transactions.includes(event.transactionHash))
      }
    })

    test('default: settled transfers carry the public inputs that were proved', () => {
      const batches = of('batchSettled')
      const transfers = batches.flatMap((batch) => batch.transfers)
      assert.equal(transfers.length, 4)
      for (const { publicInputs, memo, kind, anchorBatch } of transfers) {
        assert.deepEqual(publicInputs, proven.get(publicInputs.nullifier))
        assert.deepEqual(memo, memos.get(publicInputs.nullifier))
        assert.equal(publicInputs.memoHash, hashMemo(memo))
        const words = kind === 'collect' ? 2 : 1
        assert.equal(publicInputs.investigationCiphertext.length, words)
        assert.ok(anchorBatch === 0n || anchorBatch === 1n)
      }
    })

    test('default: batches carry positions, roots, counts and slots', async () => {
      const [first, second] = of('batchSettled')
      assert.equal(first?.transactionHash, settleHash)
      assert.equal(first?.circuit, 'batch-4')
      assert.equal(second?.circuit, 'batch-16')
      assert.deepEqual(
        [first, second].map((batch) => [
          batch?.batchNumber,
          batch?.oldSlotCount,
          batch?.position,
          batch?.newSlotCount,
        ]),
        [
          [1n, 1n, 4n, 8n],
          [2n, 8n, 16n, 32n],
        ],
      )
      assert.deepEqual(
        first?.transfers.map(({ kind, slot, firstLeafIndex }) => [kind, slot, firstLeafIndex]),
        [
          ['transfer', 0, 16n],
          ['collect', 2, 24n],
        ],
      )
      assert.deepEqual(
        second?.transfers.map(({ slot, firstLeafIndex, anchorBatch }) => [
          slot,
          firstLeafIndex,
          anchorBatch,
        ]),
        [
          [0, 64n, 1n],
          [1, 68n, 0n],
        ],
      )
      const operator = rollup.operator.address.toLowerCase()
      assert.equal(first?.feeRecipient, operator)
      const view = { client, deployment: rollup.deployment }
      assert.equal(await getNoteRoot(view, 1n), first?.noteRoot)
      assert.deepEqual(await getSettledState(view), {
        batchNumber: 2n,
        slotCount: 32n,
        noteRoot: second?.noteRoot,
        nullifierRoot: second?.nullifierRoot,
      })
    })

    test('default: settled deposits carry their ciphertexts and leaves', () => {
      const [first, second] = of('batchSettled')
      assert.deepEqual(first?.deposits, [
        { id: 1n, asset: ETH_ASSET, amount: 40n, ...deposits[0], leafIndex: 28n },
        { id: 2n, asset: TOKEN_ASSET, amount: 7n, ...deposits[1], leafIndex: 29n },
      ])
      assert.deepEqual(second?.deposits, [
        { id: 3n, asset: ETH_ASSET, amount: 2n, ...deposits[2], leafIndex: 124n },
      ])
    })

    test('default: deposits, credits and claims of the vault', async () => {
      const depositor = rollup.users[0]?.address.toLowerCase()
      const queued = of('depositQueued')
      assert.deepEqual(
        queued.map(({ id, asset, amount, recipient, ciphertext }) => ({
          ...{ id, asset, amount, recipient, ciphertext },
        })),
        [
          { id: 1n, asset: ETH_ASSET, amount: 40n, ...deposits[0] },
          { id: 2n, asset: TOKEN_ASSET, amount: 7n, ...deposits[1] },
          { id: 3n, asset: ETH_ASSET, amount: 2n, ...deposits[2] },
        ],
      )
      for (const event of queued) {
        assert.equal(event.depositor, depositor)
        assert.equal(event.deadline, event.timestamp + 86_400n)
      }
      const operator = rollup.operator.address.toLowerCase()
      const credits = of('withdrawalCredited').map(({ account, asset, amount }) => [
        account,
        asset,
        amount,
      ])
      assert.deepEqual(
        new Set(credits.map(String)),
        new Set([`${payee},${ETH_ASSET},5`, `${operator},${ETH_ASSET},3`]),
      )
      assert.deepEqual(
        of('withdrawalClaimed').map(({ account, asset, amount }) => [account, asset, amount]),
        [[payee, ETH_ASSET, 5n]],
      )
    })

    test('default: identities, policies, epochs and assets', () => {
      const [identity] = of('identityUpdated')
      const { publicInputs, alice } = update
      assert.equal(identity?.index, 5n)
      assert.equal(identity?.oldLeaf, 0n)
      assert.equal(identity?.newLeaf, publicInputs.newLeaf)
      assert.equal(identity?.root, publicInputs.newRoot)
      assert.equal(identity?.version, 1n)
      assert.equal(identity?.mode, 0)
      assert.deepEqual(identity?.tracePoint, alice.identity.tracePoint)
      assert.deepEqual(identity?.sealedContents, Uint8Array.of(1, 2))

      const [announced] = of('destinationAnnounced')
      assert.deepEqual(
        [announced?.index, announced?.oldLeaf, announced?.newLeaf],
        [5n, publicInputs.newLeaf, 77n],
      )
      const week = 7n * 86_400n
      assert.equal(announced?.allowedFrom, (announced?.timestamp ?? 0n) + week)

      const [policy] = of('policyPublished')
      assert.deepEqual(policy?.policies, testPolicies)
      assert.equal(policy?.root, buildPolicyTree(testPolicies).root)
      assert.equal(policy?.version, 1n)

      const [epoch] = of('epochScheduled')
      assert.equal(epoch?.epoch, 0n)
      assert.deepEqual(epoch?.auditKeyS, rollup.auditKeys.statistics)
      assert.deepEqual(epoch?.auditKeyI, rollup.auditKeys.investigation)
      assert.deepEqual(epoch?.auditKeyL, rollup.auditKeys.largeValue)

      assert.deepEqual(
        of('assetListed').map(({ asset, token, unit, maxFee }) => ({ asset, token, unit, maxFee })),
        rollup.deployment.assets.map(({ asset, token, unit, maxFee }) => ({
          ...{ asset, token, unit, maxFee },
        })),
      )
    })

    test('behavior: a settled batch read alone finds its deposits, however far back', async () => {
      const block = of('batchSettled')[0]?.blockNumber ?? 0n
      const fresh = createChainReader({ client, deployment: rollup.deployment })
      const found = await fresh.getEvents({ from: block, to: block })
      assert.deepEqual(
        found.filter(({ type }) => type === 'batchSettled'),
        of('batchSettled'),
      )
    })

    test('behavior: any division of the range gives the same events', async () => {
      const reader = createChainReader({ client, deployment: rollup.deployment })
      const head = await reader.getHead()
      const pieces: ChainEvent[] = []
      for (let at = rollup.deployment.startBlock; at <= head.number; at += 3n) {
        const to = at + 2n < head.number ? at + 2n : head.number
        pieces.push(...(await reader.getEvents({ from: at, to })))
      }
      assert.deepEqual(pieces, events)
    })

    test('behavior: a range that the node refuses is halved until it is answered', async () => {
      const { client: strict, ranges, refusals } = strictClient(rollup.chain.rpcUrl, 7n)
      const reader = createChainReader({ client: strict, deployment: rollup.deployment })
      const { number } = await reader.getHead()
      const found = await reader.getEvents({ from: rollup.deployment.startBlock, to: number })
      assert.deepEqual(found, events)
      assert.ok(refusals() > 0)
      assert.ok(ranges.length > 1)
    })

    test('rejects: a node that refuses even one block, and one that is not there', async () => {
      const { client: closed } = strictClient(rollup.chain.rpcUrl, 0n)
      const from = rollup.deployment.startBlock
      await assert.rejects(
        createChainReader({ client: closed, deployment: rollup.deployment }).getEvents({
          from,
          to: from + 20n,
        }),
        RangeUnreadableError,
      )
      const nobody = createChainClient({ rpcUrl: 'http://127.0.0.1:9' })
      const absent = createChainReader({ client: nobody, deployment: rollup.deployment })
      await assert.rejects(absent.getHead(), BaseChainUnavailableError)
      await assert.rejects(absent.getEvents({ from, to: from }), BaseChainUnavailableError)
    })

    test('behavior: after a reorg the deposit of the same id is the new one', async () => {
      const reader = createChainReader({ client, deployment: rollup.deployment })
      const start = (await reader.getHead()).number + 1n
      const revert = await rollup.chain.snapshot()
      await queueDeposit(rollup, client, { asset: ETH_ASSET, amount: 9n, label: 'gone' })
      const before = await reader.getHead()
      const [gone] = await reader.getEvents({ from: start, to: before.number })
      assert.equal(gone?.type, 'depositQueued')
      await revert()
      const kept = await queueDeposit(rollup, client, {
        asset: ETH_ASSET,
        amount: 9n,
        label: 'kept',
      })
      await settle(rollup, await builder.call([{ slots: [], depositIds: [4n] }]))
      // The block of the new deposit is not read: its event is looked for, not remembered.
      const head = await reader.getHead()
      const [batch] = await reader.getEvents({ from: head.number, to: head.number })
      assert.equal(batch?.type, 'batchSettled')
      const [deposit] = batch.deposits
      assert.equal(deposit?.id, 4n)
      assert.equal(deposit.recipient, kept.recipient)
      assert.deepEqual(deposit.ciphertext, kept.ciphertext)
    })

    test('behavior: what the contract accepts in another ABI encoding is read too', async () => {
      // A hostile sequencer must not be able to settle what followers cannot read. Solidity takes any
      // offset, does not look at the padding, and ignores what comes behind.
      const revert = await rollup.chain.snapshot()
      const reader = createChainReader({ client, deployment: rollup.deployment })
      const call = await builder.fork(`odd encoding`).call([{ slots: [{}] }])
      const data = encodeSettle(call).slice(2)
      const word = (value: number): string => value.toString(16).padStart(64, '0')
      const input = [
        ...[SETTLE_SELECTOR, word(0x60), 'ab'.repeat(64), word(data.length / 2)],
        ...[data, 'cd'.repeat(45)],
      ].join('')
      const { rollup: to } = rollup.deployment.contracts
      const receipt = await (await rollup.operator.sendTransaction({ to, data: input })).wait()
      assert.equal(receipt?.status, 1)
      const block = BigInt(receipt.blockNumber)
      const [batch] = await reader.getEvents({ from: block, to: block })
      assert.equal(batch?.type, 'batchSettled')
      const slot = call.batches[0]?.slots[0]
      assert.ok(slot?.kind === 'transfer')
      assert.equal(batch.transfers[0]?.publicInputs.nullifier, slot.nullifier)
      assert.deepEqual(batch.transfers[0]?.memo, slot.memo)
      await revert()
    })

    test('default: views agree with the events', async () => {
      const view = { client, deployment: rollup.deployment }
      const { publicInputs, alice } = update
      assert.deepEqual(await getIdentityRoot(view), { version: 1n, root: publicInputs.newRoot })
      assert.deepEqual(await getTracePoint(view, 5n), alice.identity.tracePoint)
      assert.equal(await getTracePoint(view, 6n), undefined)
      const { root } = buildPolicyTree(testPolicies)
      assert.deepEqual(await getPolicyRoot(view), { version: 1n, root })
      assert.deepEqual(await getPolicies(view), { version: 1n, root, policies: testPolicies })
      assert.deepEqual(await getKeysOfDay(view, dayOf(await rollup.now())), {
        epoch: 0n,
        auditKeyS: rollup.auditKeys.statistics,
        auditKeyI: rollup.auditKeys.investigation,
        auditKeyL: rollup.auditKeys.largeValue,
      })
      const shared = { isOpen: true, maxFee: MAX_FEE }
      const [, token] = rollup.deployment.assets
      assert.deepEqual(await getAssets(view), [
        { asset: ETH_ASSET, token: ZERO_ADDRESS, unit: ETH_UNIT, ...shared },
        { asset: TOKEN_ASSET, token: token?.token, unit: TOKEN_UNIT, ...shared },
      ])
      assert.equal(await getClaimable(view, { account: payee, asset: ETH_ASSET }), 0n)
      const operator = rollup.operator.address as Address
      assert.equal(await getClaimable(view, { account: operator, asset: ETH_ASSET }), 3n)
      const deposit = await getDeposit(view, 2n)
      assert.equal(deposit?.status, 'taken')
      assert.equal(deposit.amount, 7n)
      assert.equal(deposit.recipient, deposits[1]?.recipient)
      assert.equal(await getDeposit(view, 99n), undefined)
      assert.deepEqual(await getDepositQueue(view), { head: 5n, tail: 5n })
      assert.deepEqual(await getLedger(view, TOKEN_ASSET), {
        ...{ queued: 0n, inRollup: 7n, claimable: 0n },
      })
      assert.deepEqual(await getEscrow(view, TOKEN_ASSET), { owed: 7n, held: 7n })
      const { vault } = rollup.deployment.contracts
      const tokenOf = { token: token?.token ?? ZERO_ADDRESS, account: vault }
      assert.equal(await getTokenBalance(view, tokenOf), 7n)
      assert.equal(await getAllowance(view, { ...tokenOf, account: payee }), 0n)
      const { time, isStopped } = await getClock(view)
      assert.equal(time, await rollup.now())
      assert.equal(isStopped, false)
    })

    test('behavior: checkDeployment accepts this chain and refuses others', async () => {
      const { deployment } = rollup
      await checkDeployment(client, deployment)
      await assert.rejects(checkDeployment(client, { ...deployment, chainId: 1n }), WrongChainError)
      const contracts = { ...deployment.contracts, rollup: payee }
      await assert.rejects(
        checkDeployment(client, { ...deployment, contracts }),
        ContractMissingError,
      )
      for (const contract of contractNames) {
        const code = await client.getCode({ address: deployment.contracts[contract] })
        assert.notEqual(code, undefined, contract)
      }
    })

    test('behavior: the fee word is complete though the calldata leaves the epoch out', () => {
      const fee = of('batchSettled')[0]?.transfers[0]?.publicInputs.fee ?? 0n
      assert.deepEqual(unpackWord('fee', fee), { amount: 3n, asset: ETH_ASSET, epoch: 0n })
    })
  })
}
