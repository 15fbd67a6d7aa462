import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'

import type { SealedBatch } from '../../api/index.ts'
import type { ChainEvent, ChainEventOf } from '../../l1/chainEvents.ts'
import { buildHistory } from '../../wallet/history.ts'
import { resumeJournal } from '../../wallet/submitJournal.ts'
import { findAccount, pendingNotes } from '../../wallet/ledger.ts'
import { send } from '../../wallet/pay.ts'
import { readSealed } from '../../wallet/readSealed.ts'
import { getAddress } from '../../wallet/wallet.ts'
import '../support/lightPassphrases.ts'
import { withNoiseMemo } from '../support/recordedChain.ts'
import { aChain, aPersonWithWallet, ether, type Person, queueDeposit } from '../support/wallets.ts'

const people: Person[] = []
after(() => {
  for (const person of people) person.close()
})

async function aliceAndBob() {
  const chain = aChain()
  const alice = await aPersonWithWallet(chain, 'alice')
  const bob = await aPersonWithWallet(chain, 'bob')
  people.push(alice, bob)
  queueDeposit(alice, { amount: 500n })
  chain.advance()
  await alice.sync()
  return { chain, alice, bob }
}

function payBob({ alice, bob, amount }: { alice: Person; bob: Person; amount: bigint }) {
  return send(alice, { asset: ether, payments: [{ address: getAddress(bob.wallet), amount }] })
}

/** What a lying RPC makes of the settled batches. */
function tamperedBatches(change: (batch: ChainEventOf<'batchSettled'>) => Partial<ChainEvent>) {
  return (events: readonly ChainEvent[]): readonly ChainEvent[] =>
    events.map((event) =>
      event.type === 'batchSettled' ? ({ ...event, ...change(event) } as ChainEvent) : event,
    )
}

function waitingOf({ wallet }: Person) {
  const { account } = findAccount(wallet.state.ledger, ether)!
  return pendingNotes(wallet.state.ledger, account).map(({ amount }) => amount)
}

describe('W1', () => {
  const lies: Readonly<Record<string, (batch: ChainEventOf<'batchSettled'>) => object>> = {
    'a root that the leaves do not give': ({ noteRoot }) => ({ noteRoot: noteRoot + 1n }),
    'a deposit left out': () => ({ deposits: [] }),
    'a deposit of another amount': ({ deposits }) => ({
      deposits: deposits.map((deposit) => ({ ...deposit, amount: deposit.amount + 1n })),
    }),
    'a deposit at another place': ({ deposits }) => ({
      deposits: deposits.map((deposit) => ({ ...deposit, leafIndex: deposit.leafIndex + 1n })),
    }),
    'a transfer left out': () => ({ transfers: [] }),
    'an output changed': ({ transfers }) => ({
      transfers: transfers.map((transfer) => {
        const { publicInputs } = transfer
        const [account, first, second, third] = publicInputs.outputs
        const outputs = [account, first, second, third + 1n] as const
        return { ...transfer, publicInputs: { ...publicInputs, outputs } }
      }),
    }),
    'a batch twice': ({ batchNumber }) => ({ batchNumber: batchNumber - 1n }),
    'a hole before it': ({ oldSlotCount }) => ({ oldSlotCount: oldSlotCount + 4n }),
    'a position that is not aligned': ({ position }) => ({ position: position + 1n }),
  }
  test('rejects: whatever does not lead to the contract’s root, and keeps what it had', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    await payBob({ alice, bob, amount: 100n })
    queueDeposit(alice, { amount: 70n, counter: 1n })
    const before = alice.wallet.state.ledger
    chain.advance()
    for (const [lie, change] of Object.entries(lies)) {
      chain.tamperEvents = tamperedBatches(change)
      await assert.rejects(alice.sync(), { code: 'SYNC_SETTLED_DATA_WRONG' }, lie)
      assert.deepEqual(alice.wallet.state.ledger, before, lie)
      assert.equal(alice.wallet.trees.noteTree.root, before.noteRoot, lie)
    }
    chain.tamperEvents = (events) => events
    await alice.sync()
    assert.deepEqual(waitingOf(alice), [70n])
  })

  test('behavior: a note is taken only after everything below it was read', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    queueDeposit(bob, { amount: 40n })
    chain.advance()
    await payBob({ alice, bob, amount: 100n })
    chain.seal()
    // Sealed and not settled: bob's wallet sees the leaf and takes nothing from it.
    await bob.sync()
    const sealed = await readSealed(bob)
    assert.equal(sealed.anchorBatch, bob.wallet.state.ledger.batchNumber + 1n)
    assert.deepEqual(waitingOf(bob), [40n])
    const [entry] = await send(bob, {
      asset: ether,
      payments: [{ address: getAddress(alice.wallet), amount: 30n }],
    })
    const { cursor } = entry!.nextAccount
    chain.advance()
    await bob.sync()
    assert.deepEqual(waitingOf(bob), [100n])
    assert.ok(
      bob.wallet.state.ledger.notes.every(
        ({ leafIndex, takenBy }) => takenBy !== undefined || leafIndex >= cursor,
      ),
    )
  })

  test('behavior: a reorg of the base chain is undone and read again', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    await payBob({ alice, bob, amount: 100n })
    chain.advance()
    await alice.sync()
    assert.equal(alice.wallet.state.journal[0]!.stage, 'settled')
    const { number } = await chain.getHead()
    chain.reorg(number, { isDropped: true })
    await alice.sync()
    assert.deepEqual(waitingOf(alice), [500n])
    assert.equal(alice.wallet.state.journal[0]!.stage, 'sent')
    assert.equal(alice.wallet.trees.noteTree.root, alice.wallet.state.ledger.noteRoot)
  })

  test('behavior: the history says how sure each payment is, and a reorg moves it back', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    await payBob({ alice, bob, amount: 100n })
    const assurances = (unread = 0n) => {
      const { ledger, journal } = alice.wallet.state
      const paid = buildHistory(ledger, journal, { unread }).find(({ kind }) => kind === 'sent')
      assert.ok(paid !== undefined)
      return paid.assurance
    }
    assert.equal(assurances(), undefined, 'nobody has sealed it yet')
    chain.seal()
    await resumeJournal({ wallet: alice.wallet, api: alice.api })
    assert.deepEqual([assurances()?.level, assurances()?.l1Block], ['included', undefined])
    chain.settle()
    await alice.sync()
    const { number } = await chain.getHead()
    const held = { l1Block: number, finalityDepth: 64n, by: 'base chain' }
    assert.deepEqual(assurances(), { level: 'committed', confirmations: 1n, ...held })
    assert.equal(assurances(63n)?.level, 'final', 'blocks that are left unread count')
    for (let i = 0; i < 63; i++) chain.mine()
    await alice.sync()
    assert.deepEqual(assurances(), { level: 'final', confirmations: 64n, ...held })
    chain.reorg(number, { isDropped: true })
    await alice.sync()
    assert.equal(assurances(), undefined)
    assert.equal(alice.wallet.state.journal[0]!.stage, 'sent')
  })

  test('behavior: sync resumes where it stopped, also after the stored leaves were lost', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    await payBob({ alice, bob, amount: 100n })
    chain.advance()
    await alice.sync()
    const { ledger } = alice.wallet.state
    await alice.reopen()
    assert.deepEqual(alice.wallet.state.ledger, ledger)
    assert.equal(alice.wallet.trees.noteTree.root, ledger.noteRoot)

    const { writeFileSync } = await import('node:fs')
    writeFileSync(`${alice.folder}/leaves.bin`, new Uint8Array(64).fill(1))
    await alice.reopen()
    assert.equal(alice.wallet.state.ledger.batchNumber, 0n)
    await alice.sync()
    assert.deepEqual(alice.wallet.state.ledger, ledger)
  })
})

describe('W2', () => {
  test('behavior: a payment counts when its ciphertext opens, and not before', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    await payBob({ alice, bob, amount: 100n })
    chain.advance({ tamper: withNoiseMemo })
    await bob.sync()
    assert.deepEqual(waitingOf(bob), [])
    await payBob({ alice, bob, amount: 60n })
    chain.advance()
    await bob.sync()
    assert.deepEqual(waitingOf(bob), [60n])
  })

  test('rejects: a ciphertext that tells more than was committed to', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    const [first] = await payBob({ alice, bob, amount: 100n })
    // Alice seals the same memo over a statement whose note is another one.
    chain.advance({
      tamper: (transfer) => {
        const [account, note, second, third] = transfer.publicInputs.outputs
        const outputs = [account, note + 1n, second, third] as const
        return { ...transfer, publicInputs: { ...transfer.publicInputs, outputs } }
      },
    })
    assert.ok(first !== undefined)
    await bob.sync()
    assert.deepEqual(waitingOf(bob), [])
    assert.deepEqual(buildHistory(bob.wallet.state.ledger, []), [])
  })
})

describe('W3', () => {
  test('default: the newest signed anchor is used though nothing of it is needed', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    for (let i = 0; i < 3; i++) {
      queueDeposit(bob, { amount: 1n, counter: BigInt(i) })
      chain.seal()
    }
    const [entry] = await payBob({ alice, bob, amount: 1n })
    assert.equal(entry!.anchorBatch, 4n)
    const sealed = await readSealed(alice)
    assert.equal(entry!.publicInputs.anchor, sealed.noteTree.root)
    assert.notEqual(entry!.publicInputs.anchor, alice.wallet.state.ledger.noteRoot)
  })

  const lies: Readonly<Record<string, (batch: SealedBatch) => SealedBatch>> = {
    'a root that was not signed': (batch) => ({ ...batch, noteRoot: batch.noteRoot + 1n }),
    'a deposit that is not in the signed root': (batch) => ({
      ...batch,
      deposits: batch.deposits.map((deposit) => ({ ...deposit, amount: deposit.amount + 1n })),
    }),
    'another parent': (batch) => ({
      ...batch,
      anchor: { ...batch.anchor, parentNoteRoot: batch.anchor.noteRoot },
    }),
    'a signature of somebody else': (batch) => ({
      ...batch,
      anchor: { ...batch.anchor, sequencer: '0x00000000000000000000000000000000000000aa' },
    }),
    'a batch left out': (batch) => ({
      ...batch,
      anchor: { ...batch.anchor, batchNumber: batch.anchor.batchNumber + 1 },
    }),
  }
  test('rejects: sealed batches that are not one signed chain', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    queueDeposit(bob, { amount: 1n })
    chain.seal()
    for (const [lie, change] of Object.entries(lies)) {
      chain.tamperBatch = (batch) => {
        const changed = change(batch)
        // The encoder takes the root from the anchor.
        const noteRoot: `0x${string}` = `0x${changed.noteRoot.toString(16).padStart(64, '0')}`
        return { ...changed, anchor: { ...changed.anchor, noteRoot } }
      }
      await assert.rejects(readSealed(alice), { code: 'SYNC_SEALED_DATA_WRONG' }, lie)
    }
    chain.tamperBatch = (batch) => batch
    await readSealed(alice)
  })

  test('rejects: a sequencer with another key than before, until it is trusted', async () => {
    const { alice } = await aliceAndBob()
    await readSealed(alice)
    const { api } = alice
    const found = '0x00000000000000000000000000000000000000bb'
    const other: Person['api'] = {
      ...api,
      getStatus: async () => ({ ...(await api.getStatus()), sequencer: found }),
    }
    await assert.rejects(readSealed({ wallet: alice.wallet, api: other }), {
      code: 'SEQUENCER_KEY_CHANGED',
    })
    await readSealed({ wallet: alice.wallet, api: other }, { trustSequencer: true })
    assert.equal(alice.wallet.state.sequencer, found)
  })

  test('rejects: a sequencer that names other roots, days or epochs than the base chain', async () => {
    const { alice, bob } = await aliceAndBob()
    const { api } = alice
    const lie = (change: object): Person => ({
      ...alice,
      api: { ...api, getStatus: async () => ({ ...(await api.getStatus()), ...change }) },
    })
    const root = `0x${'1'.padStart(64, '0')}`
    for (const change of [
      { identity: { version: 1, root } },
      { policy: { version: 1, root } },
      { epoch: 2 },
      { day: 1 },
    ]) {
      const paying = send(lie(change), {
        asset: ether,
        payments: [{ address: getAddress(bob.wallet), amount: 1n }],
        timeoutSeconds: 0.05,
        pollMilliseconds: 5,
      })
      await assert.rejects(paying, { code: 'BASE_CHAIN_VIEWS_DIFFER' })
    }
  })

  test('behavior: a sequencer that lags behind the base chain is waited for', async () => {
    const { alice, bob } = await aliceAndBob()
    const { api } = alice
    let answers = 0
    const lagging: Person['api'] = {
      ...api,
      getStatus: async () => {
        const status = await api.getStatus()
        const root: `0x${string}` = `0x${'1'.padStart(64, '0')}`
        answers += 1
        return answers > 3 ? status : { ...status, identity: { version: 1, root } }
      },
    }
    const [entry] = await send(
      { ...alice, api: lagging },
      {
        asset: ether,
        payments: [{ address: getAddress(bob.wallet), amount: 1n }],
        pollMilliseconds: 5,
      },
    )
    assert.equal(entry!.stage, 'admitted')
    assert.equal(answers, 4)
  })
})

describe('W4', () => {
  test('behavior: what was proved and not sent is sent after a crash, byte for byte', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    chain.failNextSubmission = 'before'
    await assert.rejects(payBob({ alice, bob, amount: 100n }), { code: 'SEQUENCER_UNREACHABLE' })
    await alice.reopen()
    assert.equal(alice.wallet.state.journal[0]!.stage, 'sent')
    // The next payment waits for it instead of taking its place.
    const next = send(alice, {
      asset: ether,
      payments: [{ address: getAddress(bob.wallet), amount: 7n }],
      timeoutSeconds: 0,
      pollMilliseconds: 5,
    })
    await assert.rejects(next, { code: 'WAIT_TIMEOUT' })
    assert.equal(chain.submissions.length, 2)
    assert.equal(chain.submissions[1], chain.submissions[0])
  })

  test('behavior: an answer that was lost changes nothing', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    chain.failNextSubmission = 'after'
    await assert.rejects(payBob({ alice, bob, amount: 100n }), { code: 'SEQUENCER_UNREACHABLE' })
    const stop = setInterval(() => chain.seal(), 5)
    const [second] = await send(alice, {
      asset: ether,
      payments: [{ address: getAddress(bob.wallet), amount: 7n }],
      pollMilliseconds: 5,
    }).finally(() => clearInterval(stop))
    assert.equal(second!.replaces, undefined)
    chain.advance()
    await bob.sync()
    assert.deepEqual(waitingOf(bob), [100n, 7n])
  })

  test('behavior: a replacement is another statement, and shown as one', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    const [first] = await payBob({ alice, bob, amount: 100n })
    const [second] = await send(alice, {
      asset: ether,
      payments: [{ address: getAddress(bob.wallet), amount: 90n }],
      replace: true,
    })
    assert.equal(second!.replaces, first!.id)
    assert.notEqual(second!.statementId, first!.statementId)
    assert.equal(second!.publicInputs.nullifier, first!.publicInputs.nullifier)
    // Two versions share no mask: their ephemerals differ (T9).
    assert.notDeepEqual(second!.publicInputs.ephemeral, first!.publicInputs.ephemeral)
    assert.equal(chain.submissions.length, 2)
    const shown = buildHistory(alice.wallet.state.ledger, alice.wallet.state.journal)
    assert.deepEqual(
      shown.slice(1).map(({ kind, amount, transfer, replaces }) => ({
        ...{ kind, amount, transfer, replaces },
      })),
      [
        { kind: 'sent', amount: 100n, transfer: 1, replaces: undefined },
        { kind: 'sent', amount: 90n, transfer: 2, replaces: 1 },
      ],
    )
  })

  test('behavior: after a refusal the next statement names the one it replaces', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    chain.refuseNextSubmission = 'TX_STALE_IDENTITY_ROOT'
    await assert.rejects(payBob({ alice, bob, amount: 100n }), {
      code: 'TRANSFER_REJECTED',
      reason: 'TX_STALE_IDENTITY_ROOT',
    })
    assert.equal(alice.wallet.state.journal[0]!.stage, 'rejected')
    const [again] = await payBob({ alice, bob, amount: 100n })
    assert.equal(again!.replaces, 1)
    chain.advance()
    await alice.sync()
    assert.deepEqual(
      alice.wallet.state.journal.map(({ stage }) => stage),
      ['superseded', 'settled'],
    )
    assert.equal(
      buildHistory(alice.wallet.state.ledger, alice.wallet.state.journal).find(
        ({ transfer }) => transfer === 1,
      )!.rejection,
      'TX_STALE_IDENTITY_ROOT',
    )
  })

  test('behavior: what was never proved was never anything', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    const failing = {
      ...alice,
      prover: { prove: () => Promise.reject(new Error('worker ended')) },
    }
    await assert.rejects(payBob({ alice: failing, bob, amount: 100n }), /worker ended/)
    assert.equal(alice.wallet.state.journal[0]!.stage, 'abandoned')
    const [entry] = await payBob({ alice, bob, amount: 100n })
    assert.equal(entry!.replaces, undefined)
    assert.equal(chain.submissions.length, 1)
  })

  test('behavior: two devices of one seed follow each other', async () => {
    const { chain, alice, bob } = await aliceAndBob()
    const phone = await aPersonWithWallet(chain, 'alice', { isRegistered: false })
    people.push(phone)
    await phone.sync()
    assert.deepEqual(waitingOf(phone), [500n])
    await payBob({ alice, bob, amount: 100n })
    chain.seal()
    // Also on sealed data: the phone spends the account note that the other device made.
    phone.wallet.state = { ...phone.wallet.state, identities: alice.wallet.state.identities }
    const [entry] = await payBob({ alice: phone, bob, amount: 50n })
    assert.equal(entry!.nextAccount.nonce, 2n)
    chain.advance()
    for (const device of [alice, phone]) {
      await device.sync()
      assert.equal(findAccount(device.wallet.state.ledger, ether)!.account.balance, 350n)
      const sent = buildHistory(device.wallet.state.ledger, device.wallet.state.journal)
      assert.deepEqual(
        sent.filter(({ kind }) => kind === 'sent').map(({ amount }) => amount),
        [100n, 50n],
      )
    }
  })
})
