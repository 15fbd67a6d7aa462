import type { ChainEventOf, EventPosition } from '../../l1/chainEvents.ts'
import type { SettleBatch, SettleCall, SettleContext, SettleTransfer } from '../../l1/codec.ts'
import { applyBatch } from '../../protocol/applyBatch.ts'
import type { Batch, BatchDeposit, BatchSlot } from '../../protocol/batch.ts'
import { batchPublicInputs, batchWords } from '../../protocol/batchWords.ts'
import {
  CIRCUIT_IDS,
  type CircuitName,
  DEPOSIT_CIPHERTEXT_BYTES,
  IDENTITY_TREE_DEPTH,
  MEMO_BYTES,
  SECONDS_PER_DAY,
} from '../../protocol/constants.ts'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import { hashMemo } from '../../protocol/memo.ts'
import { buildPolicyTree, type Policy } from '../../protocol/policy.ts'
import { initialState, type RollupState } from '../../protocol/rollupState.ts'
import { MerkleTree } from '../../protocol/tree.ts'
import { packWord } from '../../protocol/words.ts'
import { ChainVerificationKeys } from '../../sequencer/follower/chainVerificationKeys.ts'
import {
  createFollower,
  defaultFollowerSettings,
  type Follower,
  type FollowerPorts,
  type FollowerSettings,
} from '../../sequencer/follower/follower.ts'
import type { Database } from '../../sequencer/store/database.ts'
import { fieldOf } from './identities.ts'
import { ScriptedChain, testDay, testDeployment, testDomain } from './sequencers.ts'

// A settled chain that follows all rules but those of proofs, for tests of what a follower notices. The pipeline's
// test has real proofs and contracts.

type Hex = `0x${string}`
type SettledEvent = ChainEventOf<'batchSettled'>
type Settled = Omit<SettledEvent, keyof EventPosition>

export const settleWindow = 7_200n
export const depositDelays = { due: 10_800n, deadline: 86_400n }
export const settledDeployment = { ...testDeployment, domain: testDomain, settleWindow }
const feeRecipient: Hex = '0x00000000000000000000000000000000000000fe'
export const withdrawalTo: Hex = '0x00000000000000000000000000000000000000cc'
const policies: readonly Policy[] = [
  { tier: 1n, asset: 1n, perTransfer: 10n, perDay: 20n, accountCap: 30n, reportAbove: 20n },
]
const auditKeyS = mulBase8(5n)
const auditKeyI = mulBase8(7n)
const auditKeyL = mulBase8(11n)

/** Changes made between a right batch and what is settled. */
export type Tampering = {
  /** Before anything is derived: the batch is made with it. */
  readonly slot?: (slot: SettleTransfer) => SettleTransfer
  readonly context?: (context: SettleContext) => SettleContext
  /** Afterwards: the calldata is no longer what the roots were made from. */
  readonly batch?: (batch: SettleBatch) => SettleBatch
  readonly event?: (event: Settled) => Settled
  /** Credits that the vault gives out in place of the right ones. */
  readonly credits?: readonly { account: Hex; amount: bigint }[]
}

/** A base chain on which batches are settled. */
export class SettledChain {
  readonly chain = new ScriptedChain()
  readonly calls = new Map<Hex, SettleCall>()
  readonly #identities = new MerkleTree(IDENTITY_TREE_DEPTH)
  #identityVersion = 0n
  /** By version. */
  readonly #identityRoots: bigint[] = [this.#identities.root]
  state: RollupState = initialState()
  batchNumber = 0n
  readonly noteRoots: bigint[] = [this.state.noteTree.root]
  #nextDeposit = 1n
  #untaken: (BatchDeposit & { id: bigint; ciphertext: Uint8Array })[] = []

  constructor() {
    this.chain.mine(
      ...Object.values(CIRCUIT_IDS).flatMap((circuitId) => [
        { type: 'keyAnnounced' as const, circuitId, version: 1, keyHash: keyHash(circuitId) },
        { type: 'keyActivated' as const, circuitId, version: 1, previousUsableUntil: 0n },
      ]),
      { type: 'policyPublished', version: 1n, root: buildPolicyTree(policies).root, policies },
      { type: 'epochScheduled', epoch: 0n, startDay: 0n, auditKeyS, auditKeyI, auditKeyL },
      {
        type: 'assetListed',
        asset: 1n,
        token: '0x0000000000000000000000000000000000000000',
        unit: 1n,
        maxFee: 1_000n,
      },
    )
    this.publishIdentity(1)
  }

  /** `root`: another one than that of the leaves. */
  publishIdentity(index: number, { root }: { root?: bigint } = {}): void {
    const newLeaf = fieldOf(`leaf ${String(++this.#identityVersion)}`)
    this.#identities.setLeaf(index, newLeaf)
    this.#identityRoots.push(this.#identities.root)
    this.chain.mine({
      type: 'identityUpdated',
      index: BigInt(index),
      oldLeaf: 0n,
      newLeaf,
      mode: 0,
      version: this.#identityVersion,
      root: root ?? this.#identities.root,
      tracePoint: mulBase8(BigInt(index) + 1n),
      sealedContents: new Uint8Array(),
    })
  }

  queueDeposit(): bigint {
    const id = this.#nextDeposit++
    const deposit = {
      ...{ id, asset: 1n, amount: 100n + id, recipient: fieldOf(`recipient ${String(id)}`) },
      ciphertext: new Uint8Array(DEPOSIT_CIPHERTEXT_BYTES).fill(Number(id)),
    }
    this.#untaken.push(deposit)
    this.chain.mine({
      type: 'depositQueued',
      ...deposit,
      depositor: '0x0000000000000000000000000000000000000001',
      deadline: this.chain.time + depositDelays.deadline,
    })
    return id
  }

  reclaimDeposit(id: bigint): void {
    const refundableAt = this.chain.time + settleWindow + 1n
    this.chain.mine({ type: 'depositReclaimRequested', id, refundableAt })
  }

  /** Settles a batch of one transfer, with the deposits named. */
  settle(
    label: string,
    {
      depositIds = [],
      tampering = {},
      identityVersion = this.#identityVersion,
      memo = label,
    }: {
      depositIds?: readonly bigint[]
      tampering?: Tampering
      identityVersion?: bigint
      memo?: string
    } = {},
  ): void {
    const {
      slot: changeSlot = same,
      context: changeContext = same,
      batch: changeBatch = same,
      event: changeEvent = same,
    } = tampering
    const context = changeContext({ identityVersion, policyVersion: 1n, day: testDay })
    const batchNumber = ++this.batchNumber
    const slot = changeSlot(this.#slot(label, batchNumber - 1n, memo))
    const deposits = depositIds.map((id) => {
      const deposit = this.#untaken.find((candidate) => candidate.id === id)
      if (deposit === undefined) throw new Error('no such deposit')
      return deposit
    })
    this.#untaken = this.#untaken.filter(({ id }) => !depositIds.includes(id))
    const slots: BatchSlot[] = [
      { kind: slot.kind, nullifier: slot.nullifier, outputs: slot.outputs },
    ]
    const batch: Batch = {
      ...{ circuit: 'batch-4' as const, batchNumber, feeRecipient: BigInt(feeRecipient) },
      ...{ slots, deposits },
    }
    const applied = applyBatch(this.state, batch)
    this.noteRoots.push(applied.newNoteRoot)
    const { c } = batchPublicInputs('batch-4', testDomain, batchWords(batch, applied))
    const settled = changeBatch({
      ...{ circuit: 'batch-4', batchNumber, feeRecipient, depositIds, c, slots: [slot] },
      newNoteRoot: applied.newNoteRoot,
      newNullifierRoot: applied.newNullifierRoot,
      proof: [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n],
    })
    const position = BigInt(applied.position)
    const event = changeEvent({
      ...{ type: 'batchSettled', batchNumber, circuit: 'batch-4', feeRecipient, position },
      oldSlotCount: applied.oldSlotCount,
      newSlotCount: applied.newSlotCount,
      noteRoot: settled.newNoteRoot,
      nullifierRoot: settled.newNullifierRoot,
      transfers: [
        {
          ...{ kind: slot.kind, slot: 0, firstLeafIndex: 4n * position, memo: slot.memo },
          anchorBatch: slot.anchorBatch,
          publicInputs: this.#publicInputs(slot, context),
        },
      ],
      voids: [],
      deposits: deposits.map((deposit, i) => ({
        ...deposit,
        leafIndex: 4n * (position + 3n) + BigInt(i),
      })),
    })
    const credits = tampering.credits ?? [{ account: withdrawalTo, amount: 3n }]
    const block = this.chain.mineTogether(
      ...credits.map((credit) => ({ type: 'withdrawalCredited' as const, asset: 1n, ...credit })),
      event,
    )
    this.calls.set(block.transactionHash, { contexts: [context], batches: [settled] })
  }

  #slot(label: string, anchorBatch: bigint, memo: string): SettleTransfer {
    const of = (name: string) => fieldOf(`${label} ${name}`)
    return {
      ...{ kind: 'transfer', context: 0, anchorBatch, nullifier: of('nullifier') >> 8n },
      outputs: [of('out 0'), of('out 1'), of('out 2'), of('out 3')],
      withdrawal: packWord('withdrawal', {
        ...{ asset: 1n, amount: 3n, recipient: BigInt(withdrawalTo) },
      }),
      fee: { amount: 0n, asset: 0n },
      traceTag: of('tag'),
      ephemeral: [of('R.x'), of('R.y')],
      statisticsCiphertext: [of('s0'), of('s1')],
      investigationCiphertext: [of('i0')],
      memo: new Uint8Array(MEMO_BYTES).fill(memo.length),
      proof: [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n],
    }
  }

  /** As the live reader gives them. */
  #publicInputs(
    slot: SettleTransfer,
    context: SettleContext,
  ): SettledEvent['transfers'][number]['publicInputs'] {
    const { nullifier, outputs, withdrawal, traceTag, ephemeral } = slot
    const { statisticsCiphertext, investigationCiphertext } = slot
    return {
      anchor: this.noteRoots[Number(slot.anchorBatch)] ?? 1n,
      identityRoot: this.#identityRoots[Number(context.identityVersion)] ?? 1n,
      policyRoot: buildPolicyTree(policies).root,
      ...{ day: context.day, domain: testDomain, nullifier, outputs, withdrawal },
      fee: packWord('fee', { ...slot.fee, epoch: 0n }),
      memoHash: hashMemo(slot.memo),
      ...{ traceTag, ephemeral, statisticsCiphertext, investigationCiphertext },
      auditKeyS: [auditKeyS.x, auditKeyS.y],
      auditKeyI: [auditKeyI.x, auditKeyI.y],
      auditKeyL: [auditKeyL.x, auditKeyL.y],
    }
  }
}

/** A follower over it, whose loops do not run. Every proof holds unless told otherwise. */
export async function aFollower(
  database: Database,
  settled: SettledChain,
  ports: Partial<FollowerPorts> = {},
  settings: Partial<FollowerSettings> = {},
): Promise<Follower> {
  return createFollower(
    {
      database,
      reader: settled.chain,
      readSettleCall(transaction) {
        const call = settled.calls.get(transaction)
        return call === undefined ? Promise.reject(new Error('no call')) : Promise.resolve(call)
      },
      findReceipt: (transaction) => settled.chain.findReceipt(transaction),
      readContractState: () => {
        const { slotCount, noteTree, nullifierTree } = settled.state
        const { batchNumber } = settled
        const roots = { noteRoot: noteTree.root, nullifierRoot: nullifierTree.root }
        return Promise.resolve({ batchNumber, slotCount, ...roots })
      },
      keys: noKeys(),
      depositDelays,
      verifyMany: (all) => Promise.resolve(all.map(() => true)),
      now: () => new Date((Number(testDay) * SECONDS_PER_DAY + 43_200) * 1000),
      logger: false,
      onLockLost: () => undefined,
      ...ports,
    },
    settledDeployment,
    { ...defaultFollowerSettings, ...settings },
  )
}

/** Nothing is verified with them. */
function noKeys(): ChainVerificationKeys {
  const keys = new ChainVerificationKeys({
    readCommon: () => Promise.reject(new Error('no keys here')),
    readKey: () => Promise.reject(new Error('no keys here')),
  })
  const verificationKey = { nPublic: 0 } as never
  keys.get = () => Promise.resolve({ verificationKey, domainPosition: -1 })
  return keys
}

function keyHash(circuitId: number): Hex {
  return `0x${circuitId.toString(16).padStart(64, '0')}`
}

export function circuitIdOf(circuit: CircuitName): number {
  return CIRCUIT_IDS[circuit]
}

function same<T>(value: T): T {
  return value
}
