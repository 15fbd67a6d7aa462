// The whole path with real proofs of all six circuits' keys: registration, deposits, a transfer and a
// collect with fee and withdrawal, settled and claimed.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Wallet } from 'ethers'
import type { Hex, SettleBatch, SettleCall, SettleTransfer } from '../../l1/codec.ts'
import type { VerificationKeys } from '../../deploy/contracts/checkVerificationKeys.ts'
import { genesisAccount } from '../../protocol/account.ts'
import type { Batch, BatchSlot } from '../../protocol/batch.ts'
import { buildBatch } from '../../protocol/buildBatch.ts'
import { buildTransfer } from '../../protocol/buildTransfer.ts'
import { dayOf } from '../../protocol/calendar.ts'
import {
  type CircuitName,
  IDENTITY_TREE_DEPTH,
  REGISTRY_MODE,
  type TransferCircuit,
} from '../../protocol/constants.ts'
import { buildDeposit } from '../../protocol/deposit.ts'
import { bytesToHex } from '../../protocol/field.ts'
import { hashIdentity } from '../../protocol/identity.ts'
import type { Note } from '../../protocol/note.ts'
import { buildPolicyTree, type Policy } from '../../protocol/policy.ts'
import { buildRegistration } from '../../protocol/registration.ts'
import { buildRegistryUpdate } from '../../protocol/registry.ts'
import { forkState, initialState, type RollupState } from '../../protocol/rollupState.ts'
import { sortSlots } from '../../protocol/batch.ts'
import { MerkleTree } from '../../protocol/tree.ts'
import { unpackWord } from '../../protocol/words.ts'
import { circuitsWithKeys, loadKeys } from '../../prover/loadKeys.ts'
import { proofToWords } from '../../prover/proof.ts'
import { createProver, type Prover } from '../../prover/prover.ts'
import { expectRevert, send } from '../support/expectRevert.ts'
import { aPerson, type Person } from '../support/identities.ts'
import {
  ETH_ASSET,
  ETH_UNIT,
  settle,
  startTestRollup,
  type TestRollup,
  TOKEN_ASSET,
} from '../support/settlement.ts'
import { addressOf, ownerOf, seededBytes } from '../support/transfers.ts'

const policies: readonly Policy[] = [ETH_ASSET, TOKEN_ASSET].map((asset) => ({
  tier: 2n,
  asset,
  perTransfer: 1_000n,
  perDay: 5_000n,
  accountCap: 100_000n,
}))

let rollup: TestRollup
let prover: Prover
let alice: Person
let bob: Person
let user: Wallet
const identityTree = new MerkleTree(IDENTITY_TREE_DEPTH)
const state: RollupState = initialState()

before(async () => {
  const verificationKeys = Object.fromEntries(
    circuitsWithKeys().map((name) => [name, loadKeys(name).verificationKey]),
  ) as VerificationKeys
  rollup = await startTestRollup({ verificationKeys, policies })
  prover = createProver()
  user = rollup.users[0] as Wallet
  const { domain } = rollup.deployment
  alice = aPerson('alice', 5n, {}, domain)
  bob = aPerson('bob', 6n, {}, domain)
})
after(async () => {
  await prover.close()
  await rollup.stop()
})

const prove = async (circuit: CircuitName, inputs: object) => {
  const { proof } = await prover.prove(circuit, inputs as never)
  return proofToWords(proof)
}

async function register(person: Person): Promise<void> {
  const { domain } = rollup.deployment
  const { index, identity, keys } = person
  const registry = buildRegistryUpdate({
    tree: identityTree,
    index,
    next: identity,
    mode: REGISTRY_MODE.FILL,
    domain,
  })
  const registration = buildRegistration({ keys, identity, index, domain })
  const { oldLeaf, newLeaf, newRoot } = registry.publicInputs
  await send(rollup.contract('identityRegistry'), 'update', {
    mode: REGISTRY_MODE.FILL,
    index,
    oldLeaf,
    newLeaf,
    newRoot,
    proof: await prove('registry', registry.circuitInputs),
    tracePoint: [identity.tracePoint.x, identity.tracePoint.y],
    registrationProof: await prove('registration', registration.circuitInputs),
    sealedContents: '0x',
  })
  identityTree.setLeaf(Number(index), hashIdentity(identity))
}

/** Queues a deposit of a base amount to alice. */
async function deposit(asset: bigint, unit: bigint, baseAmount: bigint): Promise<Note> {
  const built = buildDeposit({
    address: addressOf(alice),
    asset: { id: asset, unit },
    baseAmount,
    randomBytes: seededBytes(`deposit ${String(asset)}`),
  })
  const vault = rollup.contract('vault')
  const entryFee: bigint = await vault['entryFee']?.()
  const value = entryFee + (asset === ETH_ASSET ? baseAmount : 0n)
  const { recipient } = built.deposit
  await send(vault, 'deposit', asset, baseAmount, recipient, bytesToHex(built.ciphertext), {
    value,
  })
  return built.note
}

type Payment = { fee: bigint; withdrawal?: { amount: bigint; recipient: bigint } }

/** A first transfer of alice in an asset: takes a note in, pays bob. */
async function transfer(
  circuit: TransferCircuit,
  { note, index, ...payment }: Payment & { note: Note; index: number },
): Promise<SettleTransfer> {
  const { statistics, investigation } = rollup.auditKeys
  const policyTree = buildPolicyTree(policies)
  const built = buildTransfer({
    circuit,
    keys: alice.keys,
    domain: rollup.deployment.domain,
    account: genesisAccount(ownerOf(alice), note.asset),
    isGenesis: true,
    inputs: [{ note, index, path: state.noteTree.path(index) }],
    payments: [{ address: addressOf(bob), amount: 30n, userMemo: 'for tea' }],
    ...payment,
    epoch: 0n,
    identity: alice.identity,
    identityPath: identityTree.path(Number(alice.index)),
    policy: policies[Number(note.asset) - 1] as Policy,
    policyPath: policyTree.path(Number(note.asset) - 1),
    anchor: state.noteTree.root,
    identityRoot: identityTree.root,
    policyRoot: policyTree.root,
    day: dayOf(await rollup.now()),
    auditKeyS: statistics,
    auditKeyI: investigation,
    randomBytes: seededBytes(`memo ${circuit}`),
  })
  const { fee, ...inputs } = built.publicInputs
  const { amount, asset } = unpackWord('fee', fee)
  return {
    kind: circuit,
    context: 0,
    anchorBatch: 1n,
    nullifier: inputs.nullifier,
    outputs: inputs.outputs,
    withdrawal: inputs.withdrawal,
    fee: { amount, asset },
    traceTag: inputs.traceTag,
    ephemeral: inputs.ephemeral,
    statisticsCiphertext: inputs.statisticsCiphertext,
    investigationCiphertext: inputs.investigationCiphertext,
    memo: built.memo,
    proof: await prove(circuit, built.circuitInputs),
  }
}

/** Proves a batch on top of `state` and applies it. */
async function batch(
  changes: Partial<Batch> & { depositIds?: readonly bigint[]; transfers?: SettleTransfer[] },
): Promise<SettleBatch> {
  const { depositIds = [], transfers = [], ...rest } = changes
  const feeRecipient = rollup.operator.address.toLowerCase() as Hex
  const bySlot = new Map<BatchSlot, SettleTransfer>()
  for (const { kind, nullifier, outputs, ...other } of transfers) {
    bySlot.set({ kind, nullifier, outputs }, { kind, nullifier, outputs, ...other })
  }
  const slots = sortSlots([...bySlot.keys()])
  const [batchNumber]: [bigint] = await rollup.contract('rollup')['state']?.()
  const value: Batch = {
    circuit: 'batch-4',
    batchNumber: batchNumber + 1n,
    feeRecipient: BigInt(feeRecipient),
    slots,
    deposits: [],
    ...rest,
  }
  const fork = forkState(state)
  const built = buildBatch(fork, value, { domain: rollup.deployment.domain })
  const proof = await prove(value.circuit, built.circuitInputs)
  return {
    circuit: value.circuit,
    batchNumber: value.batchNumber,
    feeRecipient,
    newNoteRoot: built.applied.newNoteRoot,
    newNullifierRoot: built.applied.newNullifierRoot,
    depositIds,
    c: built.publicInputs.c,
    proof,
    slots: slots.map((slot) => bySlot.get(slot) as SettleTransfer),
  }
}

async function callOf(batches: SettleBatch[]): Promise<SettleCall> {
  const [identityVersion] = await rollup.contract('identityRegistry')['current']?.()
  const [policyVersion] = await rollup.contract('policyRegistry')['current']?.()
  const day = dayOf(await rollup.now())
  return { contexts: [{ identityVersion, policyVersion, day }], batches }
}

describe('Rollup.settle with real proofs', () => {
  it('registers, takes deposits, transfers, collects, withdraws and is claimed', async () => {
    await register(alice)
    const eth = await deposit(ETH_ASSET, ETH_UNIT, 500n * ETH_UNIT)
    await send(rollup.token, 'mint', rollup.operator.address, 700n)
    await send(rollup.token, 'approve', rollup.deployment.contracts.vault, 700n)
    const token = await deposit(TOKEN_ASSET, 1n, 700n)
    const vault = rollup.contract('vault')

    const recipients = await Promise.all(
      [1n, 2n].map(async (id) => (await vault['depositOf']?.(id)).recipient as bigint),
    )
    const deposits = [
      { asset: ETH_ASSET, amount: 500n, recipient: recipients[0] as bigint },
      { asset: TOKEN_ASSET, amount: 700n, recipient: recipients[1] as bigint },
    ]
    const first = await batch({ deposits, depositIds: [1n, 2n] })
    const wrongDeposit = { ...first, depositIds: [1n] }
    await expectRevert(settle(rollup, await callOf([wrongDeposit])), 'ProofsInvalid')
    await settle(rollup, await callOf([first]))
    buildBatch(
      state,
      {
        circuit: 'batch-4',
        batchNumber: 1n,
        feeRecipient: BigInt(first.feeRecipient),
        slots: [],
        deposits,
      },
      { domain: rollup.deployment.domain },
    )
    assert.equal(await rollup.contract('rollup')['noteRootOf']?.(1n), state.noteTree.root)

    // Position 4: its deposit slot is slot 7, leaves 28 to 31.
    const recipient = BigInt(user.address)
    const withdrawn = await transfer('transfer', {
      note: eth,
      index: 28,
      fee: 2n,
      withdrawal: { amount: 50n, recipient },
    })
    const collected = await transfer('collect', { note: token, index: 29, fee: 3n })
    const second = await batch({ transfers: [withdrawn, collected] })
    const call = await callOf([second])

    const [one, two] = second.slots as [SettleTransfer, SettleTransfer]
    const refused = async (slots: readonly SettleTransfer[]) =>
      expectRevert(settle(rollup, { ...call, batches: [{ ...second, slots }] }), 'ProofsInvalid')
    await refused([two, one])
    await refused([{ ...one, proof: second.proof }, two])
    await refused([{ ...one, traceTag: one.traceTag ^ 1n }, two])
    await refused([{ ...one, anchorBatch: 0n }, two])
    await refused([one])

    await settle(rollup, call)
    const [batchNumber, , noteRoot, nullifierRoot] = await rollup.contract('rollup')['state']?.()
    assert.deepEqual(
      [batchNumber, noteRoot, nullifierRoot],
      [2n, second.newNoteRoot, second.newNullifierRoot],
    )
    assert.equal(await vault['claimableOf']?.(user.address, ETH_ASSET), 50n)
    assert.equal(await vault['claimableOf']?.(rollup.operator.address, ETH_ASSET), 2n)
    assert.equal(await vault['claimableOf']?.(rollup.operator.address, TOKEN_ASSET), 3n)
    const balance = await rollup.provider.getBalance(user.address)
    await send(vault, 'claimFor', user.address, ETH_ASSET)
    assert.equal((await rollup.provider.getBalance(user.address)) - balance, 50n * ETH_UNIT)
    assert.deepEqual((await vault['ledgerOf']?.(ETH_ASSET)).toArray(), [0n, 448n, 2n])
    await expectRevert(settle(rollup, call), 'BatchOutOfOrder')
  })
})
