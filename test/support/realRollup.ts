// Contracts under the keys of the real circuits, people with identities on them, and batches with real proofs: what
// an operator does, by hand, so that a test can do it wrongly.
import type { VerificationKeys } from '../../deploy/contracts/checkVerificationKeys.ts'
import type {
  Hex,
  SettleBatch,
  SettleCall,
  SettleContext,
  SettleForced,
  SettleTransfer,
} from '../../l1/codec.ts'
import { genesisAccount } from '../../protocol/account.ts'
import { type Batch, type BatchDeposit, type BatchSlot, sortSlots } from '../../protocol/batch.ts'
import { type BuiltBatch, buildBatch } from '../../protocol/buildBatch.ts'
import { buildTransfer } from '../../protocol/buildTransfer.ts'
import { dayOf } from '../../protocol/calendar.ts'
import {
  type CircuitName,
  IDENTITY_TREE_DEPTH,
  MAX_SUSPENSION_DAYS,
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
import { MerkleTree } from '../../protocol/tree.ts'
import { unpackWord } from '../../protocol/words.ts'
import { circuitsWithKeys, loadKeys } from '../../prover/loadKeys.ts'
import { proofToWords } from '../../prover/proof.ts'
import { createProver, type Prover } from '../../prover/prover.ts'
import type { CircuitInputs } from '../../prover/witnessCalculator.ts'
import { send } from './expectRevert.ts'
import type { Person } from './identities.ts'
import { ETH_ASSET, ETH_UNIT, startTestRollup, type TestRollup, TOKEN_ASSET } from './settlement.ts'
import { addressOf, ownerOf, seededBytes } from './transfers.ts'

export const realPolicies: readonly Policy[] = [ETH_ASSET, TOKEN_ASSET].map((asset) => ({
  tier: 2n,
  asset,
  perTransfer: 1_000n,
  perDay: 5_000n,
  accountCap: 100_000n,
  reportAbove: 50_000n,
}))

/** A deposit that waits, its note, and what a batch proves of it. */
export type QueuedDeposit = {
  readonly id: bigint
  readonly note: Note
  readonly deposit: BatchDeposit
}

export type FirstTransfer = {
  readonly payer: Person
  readonly asset: bigint
  /** Taken in from this place of the note tree. Default: nothing is. */
  readonly input?: { readonly note: Note; readonly index: number }
  readonly payments?: readonly { readonly to: Person; readonly amount: bigint }[]
  readonly withdrawal?: { readonly amount: bigint; readonly recipient: bigint }
  readonly fee?: bigint
  readonly anchorBatch: bigint
}

export type BatchToProve = {
  readonly slots?: readonly (SettleTransfer | SettleForced)[]
  readonly deposits?: readonly QueuedDeposit[]
  /** Default: the settled state. */
  readonly state?: RollupState
  /** Default: the next. */
  readonly batchNumber?: bigint
  readonly domain?: bigint
  /** What the proof is for, where it differs from what is sent. */
  readonly provenDeposits?: (deposits: BatchDeposit[]) => BatchDeposit[]
}

export class RealRollup {
  readonly rollup: TestRollup
  readonly prover: Prover
  /** Empty in a fork, which makes batches only. */
  readonly identities = new MerkleTree(IDENTITY_TREE_DEPTH)
  /** As settled; `keep` moves it on. */
  readonly state: RollupState
  /** Of the batch settled last. */
  batchNumber = 0n

  private constructor(rollup: TestRollup, prover: Prover, state: RollupState) {
    this.rollup = rollup
    this.prover = prover
    this.state = state
  }

  static async start(): Promise<RealRollup> {
    const rollup = await startTestRollup({
      verificationKeys: realVerificationKeys(),
      policies: realPolicies,
    })
    return new RealRollup(rollup, createProver(), initialState())
  }

  async prove(circuit: CircuitName, inputs: object) {
    const { proof } = await this.prover.prove(circuit, inputs as CircuitInputs)
    return proofToWords(proof)
  }

  async register(person: Person): Promise<void> {
    const { rollup } = this
    const { domain } = rollup.deployment
    const { index, identity, keys } = person
    const latestSuspension = dayOf(await rollup.now()) + BigInt(MAX_SUSPENSION_DAYS)
    const registry = buildRegistryUpdate({
      tree: this.identities,
      index,
      next: identity,
      mode: REGISTRY_MODE.FILL,
      domain,
      limits: { tierCap: 255n, latestSuspension },
    })
    const registration = buildRegistration({ keys, identity, index, domain })
    const { oldLeaf, newLeaf, newRoot } = registry.publicInputs
    await send(rollup.contract('identityRegistry'), 'update', {
      mode: REGISTRY_MODE.FILL,
      index,
      oldLeaf,
      newLeaf,
      newRoot,
      proof: await this.prove('registry', registry.circuitInputs),
      tracePoint: [identity.tracePoint.x, identity.tracePoint.y],
      registrationProof: await this.prove('registration', registration.circuitInputs),
      order: 0n,
      latestSuspension,
      sealedContents: '0x',
    })
    this.identities.setLeaf(Number(index), hashIdentity(identity))
  }

  /** Queues a deposit to a person, of ETH or of the token. */
  async deposit(
    to: Person,
    asset: bigint,
    amount: bigint,
    rollup = this.rollup,
  ): Promise<QueuedDeposit> {
    const isEther = asset === ETH_ASSET
    const unit = isEther ? ETH_UNIT : 1n
    const baseAmount = amount * unit
    const { deposit, ciphertext, note } = buildDeposit({
      address: addressOf(to),
      asset: { id: asset, unit },
      baseAmount,
      randomBytes: seededBytes(`deposit ${String(asset)} ${String(amount)}`),
    })
    const vault = rollup.contract('vault')
    if (!isEther) {
      await send(rollup.token, 'mint', rollup.operator.address, baseAmount)
      await send(rollup.token, 'approve', rollup.deployment.contracts.vault, baseAmount)
    }
    const [, id]: [bigint, bigint] = await vault['queue']?.()
    const entryFee: bigint = await vault['entryFee']?.()
    const value = entryFee + (isEther ? baseAmount : 0n)
    const { recipient } = deposit
    await send(vault, 'deposit', asset, baseAmount, recipient, bytesToHex(ciphertext), { value })
    return { id, note, deposit }
  }

  /** A person's first transfer in an asset, proved for today against the settled state. */
  async transfer(circuit: TransferCircuit, first: FirstTransfer): Promise<SettleTransfer> {
    const { rollup, state } = this
    const { payer, asset, input, payments = [], withdrawal } = first
    const { statistics, investigation, largeValue } = rollup.auditKeys
    const policyTree = buildPolicyTree(realPolicies)
    const policyIndex = realPolicies.findIndex((policy) => policy.asset === asset)
    const built = buildTransfer({
      circuit,
      keys: payer.keys,
      domain: rollup.deployment.domain,
      account: genesisAccount(ownerOf(payer), asset),
      isGenesis: true,
      inputs: input === undefined ? [] : [{ ...input, path: state.noteTree.path(input.index) }],
      payments: payments.map(({ to, amount }) => ({
        address: addressOf(to),
        amount,
        userMemo: 'for tea',
      })),
      ...(withdrawal === undefined ? {} : { withdrawal }),
      fee: first.fee ?? 0n,
      epoch: 0n,
      identity: payer.identity,
      identityPath: this.identities.path(Number(payer.index)),
      policy: realPolicies[policyIndex] as Policy,
      policyPath: policyTree.path(policyIndex),
      anchor: state.noteTree.root,
      identityRoot: this.identities.root,
      policyRoot: policyTree.root,
      day: dayOf(await rollup.now()),
      auditKeyS: statistics,
      auditKeyI: investigation,
      auditKeyL: largeValue,
      randomBytes: seededBytes(`memo ${circuit} ${String(payer.index)} ${String(asset)}`),
    })
    const { fee, ...inputs } = built.publicInputs
    const { amount, asset: feeAsset } = unpackWord('fee', fee)
    return {
      kind: circuit,
      context: 0,
      anchorBatch: first.anchorBatch,
      nullifier: inputs.nullifier,
      outputs: inputs.outputs,
      withdrawal: inputs.withdrawal,
      fee: { amount, asset: feeAsset },
      traceTag: inputs.traceTag,
      ephemeral: inputs.ephemeral,
      statisticsCiphertext: inputs.statisticsCiphertext,
      investigationCiphertext: inputs.investigationCiphertext,
      memo: built.memo,
      proof: await this.prove(circuit, built.circuitInputs),
    }
  }

  /** The next batch, slots in the order that a proof takes, with what it was built from. */
  async batch(wanted: BatchToProve): Promise<{ batch: SettleBatch; built: BuiltBatch }> {
    const { slots = [], deposits = [], domain = this.rollup.deployment.domain } = wanted
    const { provenDeposits = (all) => all } = wanted
    const feeRecipient = this.rollup.operator.address.toLowerCase() as Hex
    const sentBySlot = new Map(slots.map((slot) => [toBatchSlot(slot), slot]))
    const sorted = sortSlots([...sentBySlot.keys()])
    const value: Batch = {
      circuit: 'batch-4',
      batchNumber: wanted.batchNumber ?? this.batchNumber + 1n,
      feeRecipient: BigInt(feeRecipient),
      slots: sorted,
      deposits: provenDeposits(deposits.map(({ deposit }) => deposit)),
    }
    const built = buildBatch(forkState(wanted.state ?? this.state), value, { domain })
    const batch: SettleBatch = {
      circuit: value.circuit,
      batchNumber: value.batchNumber,
      feeRecipient,
      newNoteRoot: built.applied.newNoteRoot,
      newNullifierRoot: built.applied.newNullifierRoot,
      depositIds: deposits.map(({ id }) => id),
      c: built.publicInputs.c,
      proof: await this.prove(value.circuit, built.circuitInputs),
      slots: sorted.map((slot) => sentBySlot.get(slot) as SettleTransfer | SettleForced),
    }
    return { batch, built }
  }

  /** A batch was settled: the next builds on it. */
  keep({ slots, ...batch }: SettleBatch, deposits: readonly QueuedDeposit[]): void {
    const { domain } = this.rollup.deployment
    const value: Batch = {
      circuit: batch.circuit,
      batchNumber: batch.batchNumber,
      feeRecipient: BigInt(batch.feeRecipient),
      slots: slots.map((slot) => (slot.kind === 'empty' ? slot : toBatchSlot(slot))),
      deposits: deposits.map(({ deposit }) => deposit),
    }
    buildBatch(this.state, value, { domain })
    this.batchNumber = batch.batchNumber
  }

  /** The same world with one more batch settled, which it makes no difference to. */
  fork(settled: SettleBatch, deposits: readonly QueuedDeposit[] = []): RealRollup {
    const copy = new RealRollup(this.rollup, this.prover, forkState(this.state))
    copy.keep(settled, deposits)
    return copy
  }

  /** Today's context: the newest of each version. */
  async context(): Promise<SettleContext> {
    const { rollup } = this
    const [identityVersion] = await rollup.contract('identityRegistry')['current']?.()
    const [policyVersion] = await rollup.contract('policyRegistry')['current']?.()
    return { identityVersion, policyVersion, day: dayOf(await rollup.now()) }
  }

  async callOf(batches: readonly SettleBatch[]): Promise<SettleCall> {
    return { contexts: [await this.context()], batches }
  }

  async stop(): Promise<void> {
    await this.prover.close()
    await this.rollup.stop()
  }
}

/** Those of the circuits as they were built. */
export function realVerificationKeys(): VerificationKeys {
  return Object.fromEntries(
    circuitsWithKeys().map((name) => [name, loadKeys(name).verificationKey]),
  ) as VerificationKeys
}

/** A slot that names the entry of the forced queue that a transfer was entered as. */
export function forcedSlot(
  { kind, nullifier, outputs, withdrawal, fee }: SettleTransfer,
  { entryId, takenAs = kind }: { entryId: bigint; takenAs?: SettleForced['takenAs'] },
): SettleForced {
  return { kind: 'forced', entryId, takenAs, nullifier, outputs, withdrawal, fee }
}

/** What the batch circuit sees of a slot. */
export function toBatchSlot(slot: SettleTransfer | SettleForced): BatchSlot {
  const kind = slot.kind === 'forced' ? slot.takenAs : slot.kind
  return { kind, nullifier: slot.nullifier, outputs: slot.outputs }
}
