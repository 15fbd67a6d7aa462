// A wallet without a sequencer, against the real contracts: what it cannot have admitted it forces. Proofs are
// simulated with keys whose secrets are known; test/contracts/Rollup.settle.realProofs.test.ts has real ones.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createPublicClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { ChainEventOf } from '../../l1/chainEvents.ts'
import { createChainReader } from '../../l1/chainReader.ts'
import type { ChainClient } from '../../l1/client.ts'
import type { Hex, SettleBatch, SettleForced } from '../../l1/codec.ts'
import type { Batch } from '../../protocol/batch.ts'
import { buildBatch } from '../../protocol/buildBatch.ts'
import type { TransferCircuit } from '../../protocol/constants.ts'
import {
  IDENTITY_STATUS,
  IDENTITY_TREE_DEPTH,
  MAX_SUSPENSION_DAYS,
  REGISTRY_MODE,
} from '../../protocol/constants.ts'
import { dayOf } from '../../protocol/calendar.ts'
import {
  type Destination,
  hashDestination,
  hashIdentity,
  type Identity,
} from '../../protocol/identity.ts'
import { deriveTracePoint } from '../../protocol/keys.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { initialState } from '../../protocol/rollupState.ts'
import { MerkleTree } from '../../protocol/tree.ts'
import { unpackWord } from '../../protocol/words.ts'
import { proofFromWords } from '../../prover/proof.ts'
import { deposit } from '../../wallet/baseChainMoney.ts'
import { forceEntry, type ForcedQueueAccess, readSettled } from '../../wallet/forceEntry.ts'
import { prepareStatement, proveStatement } from '../../wallet/makeStatement.ts'
import { exit, type ForcedPayDependencies, withdraw } from '../../wallet/pay.ts'
import { move } from '../../wallet/submitJournal.ts'
import { syncSettled } from '../../wallet/syncSettled.ts'
import { createWallet, updateState, type Wallet } from '../../wallet/wallet.ts'
import { send as sendTransaction } from '../support/expectRevert.ts'
import '../support/lightPassphrases.ts'
import { ETH_ASSET, settle, startTestRollup, type TestRollup } from '../support/settlement.ts'
import { aFolder, mnemonics, passphrase } from '../support/wallets.ts'

const INDEX = 5n
const HOME = BigInt(`0x${'cd'.repeat(20)}`)
const destination: Destination = { kind: 'address', address: HOME }

let rollup: TestRollup
let client: ChainClient
let wallet: Wallet
let dependencies: ForcedPayDependencies
let access: ForcedQueueAccess
let identity: Identity
const identityTree = new MerkleTree(IDENTITY_TREE_DEPTH)
const state = initialState()
const folder = aFolder()

before(async () => {
  rollup = await startTestRollup()
  const { deployment } = rollup
  client = createPublicClient({ transport: http(rollup.chain.rpcUrl), cacheTime: 0 })
  const mnemonic = mnemonics.alice
  wallet = await createWallet({}, { dir: `${folder.path}/alice`, passphrase, deployment, mnemonic })
  const account = privateKeyToAccount(rollup.chain.accounts[1]?.privateKey ?? '0x')
  access = { client, deployment, account, pollMs: 20 }
  const chain = createChainReader({ client, deployment })
  dependencies = { wallet, chain, prover: { prove: proveSimulated }, queue: access }
  const { ownerKey, nullifierKey } = wallet.keys
  identity = {
    ownerKey,
    tier: 1n,
    jurisdiction: 756n,
    expiryDay: 40_000n,
    status: BigInt(IDENTITY_STATUS.ACTIVE),
    suspendedUntil: 0n,
    destination: hashDestination(destination),
    tracePoint: deriveTracePoint(nullifierKey, { ownerKey, identityIndex: INDEX }),
    salt: 7n,
  }
  await file(identity)
})
after(async () => {
  wallet.close()
  folder.remove()
  await rollup.stop()
})

/** A proof for the statement that the wallet has just prepared. */
const proveSimulated: ForcedPayDependencies['prover']['prove'] = (circuit) => {
  const prepared = wallet.state.journal.findLast(({ stage }) => stage === 'prepared')
  assert.ok(prepared !== undefined)
  const publicSignals = publicInputsToArray(circuit as TransferCircuit, prepared.publicInputs)
  const proof = proofFromWords(rollup.keys.prove(circuit, publicSignals))
  return Promise.resolve({ proof, publicSignals, timings: { queuedMs: 0 } } as never)
}

/** The registrar files an identity, or changes it. */
async function file(next: Identity): Promise<void> {
  const { domain } = rollup.deployment
  const oldLeaf = identityTree.leaf(Number(INDEX))
  const oldRoot = identityTree.root
  const newLeaf = hashIdentity(next)
  identityTree.setLeaf(Number(INDEX), newLeaf)
  const isFill = oldLeaf === 0n
  const mode = isFill ? REGISTRY_MODE.FILL : REGISTRY_MODE.CHANGE
  const newRoot = identityTree.root
  const tracePoint: [bigint, bigint] = [next.tracePoint.x, next.tracePoint.y]
  const latestSuspension = dayOf(await rollup.now()) + BigInt(MAX_SUSPENSION_DAYS)
  const update = {
    ...{ mode: BigInt(mode), index: INDEX, oldRoot, oldLeaf, newLeaf, newRoot, domain },
    ...{ tierCap: 255n, latestSuspension },
  }
  const registration = { domain, index: INDEX, leaf: newLeaf, tracePoint }
  await sendTransaction(rollup.contract('identityRegistry'), 'update', {
    ...{ mode, index: INDEX, oldLeaf, newLeaf, newRoot },
    proof: rollup.keys.prove('registry', publicInputsToArray('registry', update)),
    tracePoint: isFill ? tracePoint : [0n, 0n],
    registrationProof: isFill
      ? rollup.keys.prove('registration', publicInputsToArray('registration', registration))
      : new Array<bigint>(8).fill(0n),
    order: 0n,
    latestSuspension,
    sealedContents: '0x',
  })
  updateState(wallet, { identities: [{ index: INDEX, identity: next, destination }] })
  await sync()
}

async function sync(): Promise<void> {
  await syncSettled({ wallet, chain: dependencies.chain })
}

/** The operator, who cannot but take what is queued: settles it in the next batch. */
async function operate({
  deposits = [],
  takes = [],
}: {
  deposits?: bigint[]
  takes?: readonly { id: bigint; takenAs: SettleForced['takenAs'] }[]
}): Promise<void> {
  const vault = rollup.contract('vault')
  const [settled]: [bigint] = await rollup.contract('rollup')['state']?.()
  const queue = await forcedEvents()
  const taken = takes
    .map(({ id, takenAs }) => {
      const { publicInputs } = queue.find((event) => event.id === id)!
      return { id, takenAs, publicInputs }
    })
    .sort((one, other) => (one.publicInputs.nullifier > other.publicInputs.nullifier ? -1 : 1))
  const feeRecipient = rollup.operator.address.toLowerCase() as Hex
  const batch: Batch = {
    ...{ circuit: 'batch-4', batchNumber: settled + 1n, feeRecipient: BigInt(feeRecipient) },
    slots: taken.map(({ takenAs: kind, publicInputs: { nullifier, outputs } }) => ({
      ...{ kind, nullifier, outputs },
    })),
    deposits: await Promise.all(
      deposits.map(async (id) => {
        const { asset, amount, recipient } = await vault['depositOf']?.(id)
        return { asset, amount, recipient }
      }),
    ),
  }
  const built = buildBatch(state, batch, { domain: rollup.deployment.domain })
  const settleBatch: SettleBatch = {
    ...{ circuit: 'batch-4', batchNumber: batch.batchNumber, feeRecipient, depositIds: deposits },
    newNoteRoot: built.applied.newNoteRoot,
    newNullifierRoot: built.applied.newNullifierRoot,
    c: built.publicInputs.c,
    proof: rollup.keys.prove('batch-4', publicInputsToArray('batch-4', built.publicInputs)),
    slots: taken.map(({ id: entryId, takenAs, publicInputs }): SettleForced => {
      const { nullifier, outputs, withdrawal } = publicInputs
      const { amount, asset } = unpackWord('fee', publicInputs.fee)
      const fee = { amount, asset }
      return { kind: 'forced', entryId, takenAs, nullifier, outputs, withdrawal, fee }
    }),
  }
  await settle(rollup, { contexts: [], batches: [settleBatch] })
  assert.equal(
    await rollup.contract('rollup')['noteRootOf']?.(batch.batchNumber),
    state.noteTree.root,
  )
  await sync()
}

async function forcedEvents(): Promise<ChainEventOf<'forcedTransferQueued'>[]> {
  const { number } = await dependencies.chain.getHead()
  const events = await dependencies.chain.getEvents({
    from: rollup.deployment.startBlock,
    to: number,
  })
  return events.filter((event) => event.type === 'forcedTransferQueued')
}

const entryById = (id: number) => wallet.state.journal.find((entry) => entry.id === id)

describe('a wallet without a sequencer', () => {
  test('default: withdraws by force, and exits by force once it is suspended', async () => {
    const { account } = access
    await deposit(
      { wallet, client, deployment: access.deployment, account },
      { asset: ETH_ASSET, amount: 20n },
    )
    await operate({ deposits: [1n] })

    const recipient = `0x${'ab'.repeat(20)}` as const
    const [withdrawal] = await withdraw(dependencies, {
      ...{ asset: ETH_ASSET, amount: 8n, recipient, pollMilliseconds: 20 },
    })
    assert.ok(withdrawal?.forced !== undefined)
    assert.equal(withdrawal.stage, 'sent')
    const [queued] = await forcedEvents()
    assert.equal(queued?.statementId, withdrawal.statementId)
    assert.equal(queued.wasCurrent, true)
    assert.deepEqual(queued.publicInputs, withdrawal.publicInputs)
    // Again: it stands there already.
    const again = await forceEntry({ wallet, ...access }, withdrawal.id)
    assert.deepEqual(again.forced, withdrawal.forced)
    await operate({ takes: [{ id: 1n, takenAs: 'transfer' }] })
    assert.equal(entryById(withdrawal.id)?.stage, 'settled')
    const vault = rollup.contract('vault')
    assert.equal(await vault['claimableOf']?.(recipient, ETH_ASSET), 8n)

    // Suspended: everything but an exit is refused by the circuit; the exit needs nobody.
    await file({ ...identity, suspendedUntil: dayOf(await rollup.now()) + 10n })
    const [left] = await exit(dependencies, { asset: ETH_ASSET, pollMilliseconds: 20 })
    assert.ok(left?.forced !== undefined)
    await operate({ takes: [{ id: 2n, takenAs: left.circuit }] })
    assert.equal(entryById(left.id)?.stage, 'settled')
    const home: Hex = `0x${HOME.toString(16)}`
    assert.equal(await vault['claimableOf']?.(home, ETH_ASSET), 12n)
    await file(identity)
  })

  test('behavior: forces what a sequencer refused; void, it leaves nothing', async () => {
    const { account } = access
    await deposit(
      { wallet, client, deployment: access.deployment, account },
      { asset: ETH_ASSET, amount: 9n },
    )
    await operate({ deposits: [2n] })
    const sealed = await readSettled({ wallet, chain: dependencies.chain })
    const [note] = wallet.state.ledger.notes.filter(({ takenBy }) => takenBy === undefined)
    assert.ok(note !== undefined)
    const prepared = prepareStatement(
      { wallet, sealed },
      {
        ...{ purpose: 'collect', asset: ETH_ASSET, circuit: 'transfer', inputs: [note] },
        ...{ payments: [], fee: 0n, replace: false },
      },
    )
    await proveStatement(dependencies, prepared)
    move(wallet, prepared.id, 'sent', { sentAt: 1 })
    move(wallet, prepared.id, 'rejected', { rejection: { code: 'TX_REFUSED', message: 'No.' } })
    const forced = await forceEntry({ wallet, ...access }, prepared.id)
    assert.deepEqual([forced.stage, forced.forced !== undefined], ['sent', true])
    const [, , third] = await forcedEvents()
    assert.equal(third?.statementId, forced.statementId)
    // A copy of it by somebody else: the first is live, the second void.
    const { data } = await client
      .getTransaction({ hash: forced.forced!.transactionHash })
      .then(({ input }) => ({ data: input }))
    const stranger = rollup.users[1]
    assert.ok(stranger)
    const to = access.deployment.contracts.forcedQueue
    const fee: bigint = await rollup.contract('forcedQueue')['entryFee']?.()
    await (await stranger.sendTransaction({ to, data, value: fee })).wait()
    await operate({
      takes: [
        { id: 3n, takenAs: 'transfer' },
        { id: 4n, takenAs: 'void' },
      ],
    })
    assert.equal(entryById(prepared.id)?.stage, 'settled')
    assert.equal(
      wallet.state.ledger.accounts.find(({ asset }) => asset === ETH_ASSET)?.account.balance,
      9n,
    )
    await assert.rejects(forceEntry({ wallet, ...access }, prepared.id), /it is settled/)
    await assert.rejects(forceEntry({ wallet, ...access }, 99), /no such transfer/)
  })
})
