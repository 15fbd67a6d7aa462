import { createHash } from 'node:crypto'

import {
  type ApiClient,
  addressOfKey,
  ApiRequestError,
  computeStatementId,
  encodeBatchBody,
  hashAnchor,
  hashReceipt,
  type SealedBatch,
  type SealedDeposit,
  type SealedTransfer,
  type SignedAnchor,
  signDigest,
  type StatusBody,
  type TransferState,
} from '../../api/index.ts'
import type { ChainEvent, ChainHead, ChainReader, SettledTransfer } from '../../l1/chainEvents.ts'
import { decodeSettleInput, encodeSettleInput, type SettleSlot } from '../../l1/codec.ts'
import { applyBatch } from '../../protocol/applyBatch.ts'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import { compareSlots } from '../../protocol/batch.ts'
import {
  BATCH_CIRCUITS,
  type BatchCircuit,
  CIRCUIT_IDS,
  IDENTITY_TREE_DEPTH,
  OUTPUTS_PER_SLOT,
  PROTOCOL_VERSION,
  REGISTRY_MODE,
  SECONDS_PER_DAY,
} from '../../protocol/constants.ts'
import { deploymentDomain } from '../../protocol/domain.ts'
import { formatField, hexToBytes } from '../../protocol/field.ts'
import { hashIdentity, type Identity } from '../../protocol/identity.ts'
import { hashMemo } from '../../protocol/memo.ts'
import { buildPolicyTree, type Policy } from '../../protocol/policy.ts'
import { publicInputsFromArray } from '../../protocol/publicInputs.ts'
import { initialState } from '../../protocol/rollupState.ts'
import { MerkleTree } from '../../protocol/tree.ts'
import { packWord, unpackWord } from '../../protocol/words.ts'
import { fieldOf, seedOf } from './identities.ts'
import { auditSecretI, auditSecretL, auditSecretS } from './transfers.ts'

export const recordedDeployment = {
  chainId: 31_337n,
  rollup: '0x5fbdb2315678afecb367f032d93f642f64180aa3' as `0x${string}`,
  startBlock: 1n,
  prefix: 'tcnb' as const,
  assets: [
    {
      asset: 1n,
      token: '0x0000000000000000000000000000000000000000' as `0x${string}`,
      unit: 10n ** 12n,
      maxFee: 1_000n,
      symbol: 'ETH',
      decimals: 18,
    },
    {
      asset: 2n,
      token: '0x0000000000000000000000000000000000000002' as `0x${string}`,
      unit: 1n,
      maxFee: 1_000n,
      symbol: 'TST',
      decimals: 6,
    },
  ],
}
export const recordedDomain = deploymentDomain(recordedDeployment)
/** 23 November 2026. */
export const recordedDay = 20_780n

const sequencerKey = seedOf('recorded sequencer').slice(0, 32)
const feeRecipient = '0x00000000000000000000000000000000000000fe'

/** Never verified here: what these tests are about comes after the proof. */
const aProof = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n] as const

type Block = ChainHead & { events: ChainEvent[] }
type EventBody = ChainEvent extends infer E
  ? E extends ChainEvent
    ? Omit<E, 'blockNumber' | 'blockHash' | 'transactionHash' | 'logIndex' | 'timestamp'>
    : never
  : never
type Queued = Extract<EventBody, { type: 'depositQueued' }>

/** Changes a submission that the sequencer is about to seal, e.g. its memo to noise. */
export type Tamper = (transfer: SealedTransfer) => SealedTransfer

/**
 * A base chain and a sequencer in memory, made of the real pieces: batches by `applyBatch`, calldata
 * through the codec, real signatures. Only proofs are not looked at.
 */
export class RecordedChain implements ChainReader {
  readonly #blocks: Block[] = []
  #fork = 0
  readonly #state = initialState()
  readonly #identityTree = new MerkleTree(IDENTITY_TREE_DEPTH)
  #identityVersion = 0n
  #policies: readonly Policy[] = []
  #policyVersion = 0n
  readonly #batches: SealedBatch[] = []
  #settled = 0
  readonly #queue: Queued[] = []
  #taken = 0
  readonly #waiting: SealedTransfer[] = []
  readonly #transfers = new Map<string, TransferState>()
  day = recordedDay
  minimumFee = 0n
  /** Bodies of all submissions, in order. */
  readonly submissions: string[] = []
  /** Thrown in place of an answer to the next submission, before or after it was admitted. */
  failNextSubmission: 'before' | 'after' | undefined
  /** Refuses the next submission with this code. */
  refuseNextSubmission: string | undefined
  /** Wrong data for tests of refusal, applied to what a reader gets. */
  tamperEvents: (events: readonly ChainEvent[]) => readonly ChainEvent[] = (events) => events
  tamperBatch: (batch: SealedBatch) => SealedBatch = (batch) => batch

  constructor() {
    this.mine()
  }

  // Base chain

  getHead(): Promise<ChainHead> {
    return Promise.resolve(this.#blocks.at(-1)!)
  }

  getBlock(number: bigint): Promise<ChainHead | undefined> {
    return Promise.resolve(this.#blocks[Number(number) - 1])
  }

  getEvents({ from, to }: { from: bigint; to: bigint }): Promise<readonly ChainEvent[]> {
    const blocks = this.#blocks.slice(Number(from) - 1, Number(to))
    return Promise.resolve(this.tamperEvents(blocks.flatMap(({ events }) => events)))
  }

  /** One block with these events. */
  mine(...events: EventBody[]): Block {
    const number = BigInt(this.#blocks.length + 1)
    const text = `block ${String(number)} of fork ${String(this.#fork)}`
    const hash: `0x${string}` = `0x${createHash('sha256').update(text).digest('hex')}`
    const timestamp = this.day * BigInt(SECONDS_PER_DAY) + number * 12n
    const block: Block = { number, hash, timestamp, events: [] }
    events.forEach((event, logIndex) => {
      const transactionHash: `0x${string}` = `0x${createHash('sha256')
        .update(`${text} ${String(logIndex)}`)
        .digest('hex')}`
      const position = {
        blockNumber: number,
        blockHash: hash,
        transactionHash,
        logIndex,
        timestamp,
      }
      block.events.push({ ...event, ...position })
    })
    this.#blocks.push(block)
    return block
  }

  /** The same blocks again from `number` on, with other hashes, or without them. */
  reorg(number: bigint, { isDropped = false } = {}): void {
    const replaced = this.#blocks.splice(Number(number) - 1)
    this.#fork += 1
    for (const { events } of isDropped ? [] : replaced) {
      this.mine(...events.map(stripPosition))
    }
    this.mine()
  }

  listAsset({ asset, unit, maxFee = 1_000n }: { asset: bigint; unit: bigint; maxFee?: bigint }) {
    const token: `0x${string}` = `0x${asset.toString(16).padStart(40, '0')}`
    this.mine({ type: 'assetListed', asset, token, unit, maxFee })
  }

  publishPolicies(policies: readonly Policy[]): void {
    this.#policies = policies
    this.#policyVersion += 1n
    const { root } = buildPolicyTree(policies)
    this.mine({ type: 'policyPublished', version: this.#policyVersion, root, policies })
  }

  scheduleEpoch(epoch: bigint, startDay: bigint): void {
    const auditKeyS = mulBase8(auditSecretS + epoch)
    const auditKeyI = mulBase8(auditSecretI + epoch)
    const auditKeyL = mulBase8(auditSecretL + epoch)
    this.mine({ type: 'epochScheduled', epoch, startDay, auditKeyS, auditKeyI, auditKeyL })
  }

  /** @param mode Default: what an ordinary change is. */
  setIdentity(index: bigint, identity: Identity, mode?: number): void {
    const oldLeaf = this.#identityTree.leaf(Number(index))
    const newLeaf = hashIdentity(identity)
    this.#identityTree.setLeaf(Number(index), newLeaf)
    this.#identityVersion += 1n
    this.mine({
      type: 'identityUpdated',
      index,
      oldLeaf,
      newLeaf,
      mode: mode ?? (oldLeaf === 0n ? REGISTRY_MODE.FILL : REGISTRY_MODE.CHANGE),
      version: this.#identityVersion,
      root: this.#identityTree.root,
      tracePoint: identity.tracePoint,
      sealedContents: new Uint8Array(),
    })
  }

  /** @param allowedFrom Unix seconds. */
  announceDestination(index: bigint, identity: Identity, allowedFrom: bigint): void {
    const oldLeaf = this.#identityTree.leaf(Number(index))
    const newLeaf = hashIdentity(identity)
    this.mine({ type: 'destinationAnnounced', index, oldLeaf, newLeaf, allowedFrom })
  }

  queueDeposit(deposit: {
    asset: bigint
    amount: bigint
    recipient: bigint
    ciphertext: Uint8Array
  }): bigint {
    const event: Queued = {
      type: 'depositQueued',
      id: BigInt(this.#queue.length),
      ...deposit,
      depositor: '0x00000000000000000000000000000000000000de',
      deadline: (this.day + 1n) * BigInt(SECONDS_PER_DAY),
    }
    this.#queue.push(event)
    this.mine(event)
    return event.id
  }

  claim(asset: bigint, account: `0x${string}`, amount: bigint): void {
    this.mine({ type: 'withdrawalClaimed', asset, account, amount })
  }

  // Sequencer

  /** Seals what waits, with as many queued deposits as fit. */
  seal({ tamper = (transfer) => transfer }: { tamper?: Tamper } = {}): SealedBatch {
    const chosen = this.#waiting.splice(0, 15).map(tamper)
    const circuit: BatchCircuit = chosen.length > 3 ? 'batch-16' : 'batch-4'
    const deposits = this.#queue.slice(this.#taken, this.#taken + 4)
    this.#taken += deposits.length
    const slots = chosen
      .map((transfer) => ({ transfer, slot: slotOf(transfer) }))
      .sort((one, other) => compareSlots(one.slot, other.slot))
    const oldSlotCount = this.#state.slotCount
    const applied = applyBatch(this.#state, {
      circuit,
      batchNumber: BigInt(this.#batches.length + 1),
      feeRecipient: BigInt(feeRecipient),
      slots: slots.map(({ slot }) => slot),
      deposits,
    })
    const firstLeaf = BigInt(applied.position * OUTPUTS_PER_SLOT)
    const depositLeaf = firstLeaf + BigInt(BATCH_CIRCUITS[circuit].transferSlots * OUTPUTS_PER_SLOT)
    const unsigned = {
      batchNumber: this.#batches.length + 1,
      parentNoteRoot: formatField(applied.oldNoteRoot),
      parentNullifierRoot: formatField(applied.oldNullifierRoot),
      noteRoot: formatField(applied.newNoteRoot),
      nullifierRoot: formatField(applied.newNullifierRoot),
      slotCount: Number(applied.newSlotCount),
      sequencer: addressOfKey(sequencerKey),
    }
    const anchor: SignedAnchor = {
      ...unsigned,
      signature: signDigest(sequencerKey, hashAnchor(recordedDeployment, unsigned)),
    }
    const batch: SealedBatch = {
      anchor,
      batchNumber: BigInt(unsigned.batchNumber),
      circuit,
      position: BigInt(applied.position),
      oldSlotCount,
      newSlotCount: applied.newSlotCount,
      noteRoot: applied.newNoteRoot,
      nullifierRoot: applied.newNullifierRoot,
      feeRecipient,
      stage: 'sealed',
      transfers: slots.map(({ transfer }, slot) => ({
        ...transfer,
        slot,
        firstLeafIndex: firstLeaf + BigInt(slot * OUTPUTS_PER_SLOT),
      })),
      deposits: deposits.map(({ id, asset, amount, recipient, ciphertext }, i): SealedDeposit => ({
        ...{ id, asset, amount, recipient, ciphertext },
        leafIndex: depositLeaf + BigInt(i),
      })),
    }
    this.#batches.push(batch)
    for (const { statementId } of batch.transfers) {
      const known = this.#transfers.get(statementId)
      if (known === undefined) continue
      this.#transfers.set(statementId, {
        ...known,
        status: 'sealed',
        batchNumber: unsigned.batchNumber,
      })
    }
    return batch
  }

  /** Settles all sealed batches, each in a block of its own, through real calldata. */
  settle(): void {
    for (; this.#settled < this.#batches.length; this.#settled++) {
      const batch = this.#batches[this.#settled]!
      this.mine({ ...settledEvent(this, batch), type: 'batchSettled' })
    }
  }

  /** Seal and settle. */
  advance(options: { tamper?: Tamper } = {}): void {
    this.seal(options)
    this.settle()
  }

  versions() {
    return { identityVersion: this.#identityVersion, policyVersion: this.#policyVersion }
  }

  api(): ApiClient {
    const notUsed = () => Promise.reject(new Error('not used by the wallet'))
    return {
      submitTransfer: (body) => {
        this.submissions.push(JSON.stringify(body))
        const failure = this.failNextSubmission
        this.failNextSubmission = undefined
        if (failure === 'before') return Promise.reject(new Error('connection refused'))
        if (this.refuseNextSubmission !== undefined) {
          const code = this.refuseNextSubmission
          this.refuseNextSubmission = undefined
          const refusal = { code, message: 'Refused by the test.', details: [] }
          return Promise.reject(new ApiRequestError({ httpStatus: 409, body: refusal }))
        }
        const { circuit, anchorBatch } = body
        const elements = body.publicInputs.map(BigInt)
        const memo = hexToBytes(body.memo)
        const id = computeStatementId({ circuit, publicInputs: elements, memo })
        if (!this.#transfers.has(id)) {
          this.#waiting.push({
            kind: circuit,
            statementId: id,
            slot: 0,
            firstLeafIndex: 0n,
            publicInputs: publicInputsFromArray(circuit, elements),
            memo,
            anchorBatch: BigInt(anchorBatch),
          })
          this.#transfers.set(id, { id, status: 'admitted' })
        }
        if (failure === 'after') return Promise.reject(new Error('connection reset'))
        const unsigned = {
          statementId: id,
          admittedAt: 1_700_000_000_000,
          settleBy: 0,
          sequencer: addressOfKey(sequencerKey),
        }
        const signature = signDigest(sequencerKey, hashReceipt(recordedDeployment, unsigned))
        const status = this.#transfers.get(id)!.status
        return Promise.resolve({ id, status, receipt: { ...unsigned, signature } })
      },
      getTransfer: (id) => {
        const state = this.#transfers.get(id)
        const body = { code: 'TRANSFER_UNKNOWN', message: 'No such transfer.', details: [] }
        return state === undefined
          ? Promise.reject(new ApiRequestError({ httpStatus: 404, body }))
          : Promise.resolve(state)
      },
      getStatus: () => Promise.resolve(this.#status()),
      getBatches: ({ from = 1, count = 16 } = {}) =>
        Promise.resolve({
          batches: this.#batches
            .slice(from - 1, from - 1 + count)
            .map((batch) => encodeBatchBody(this.tamperBatch(batch))),
          newestBatch: this.#batches.length,
        }),
      getLatestAnchor: notUsed,
      getAnchor: notUsed,
      getLeaves: notUsed,
      getIdentityLeaves: notUsed,
      getPolicies: notUsed,
    }
  }

  /** The transfer is refused by the sequencer after it was admitted, e.g. as stale. */
  reject(code: string): void {
    const transfer = this.#waiting.pop()!
    this.#transfers.set(transfer.statementId, {
      id: transfer.statementId,
      status: 'rejected',
      reason: { code, message: 'Rejected by the test.' },
    })
  }

  #status(): StatusBody {
    const head = {
      batchNumber: this.#batches.length,
      noteRoot: formatField(this.#state.noteTree.root),
      nullifierRoot: formatField(this.#state.nullifierTree.root),
      slotCount: Number(this.#state.slotCount),
    }
    const epochs = this.#blocks
      .flatMap(({ events }) => events)
      .filter((event) => event.type === 'epochScheduled')
      .filter(({ startDay }) => startDay <= this.day)
    const epoch = epochs.at(-1)!
    const { auditKeyS, auditKeyI, auditKeyL } = epoch
    return {
      protocolVersion: PROTOCOL_VERSION,
      chainId: Number(recordedDeployment.chainId),
      contracts: { rollup: recordedDeployment.rollup },
      domain: formatField(recordedDomain),
      prefix: 'tcnb',
      circuits: Object.entries(CIRCUIT_IDS).map(([name, id]) => ({ name, id, keyHash: null })),
      sealed: head,
      settled: head,
      finality: { batchNumber: 0, depth: 64 },
      settlement: { mode: 'sequencer', isOurs: true, leaseHolder: null, leaseEndsAt: null },
      promise: null,
      identity: {
        version: Number(this.#identityVersion),
        root: formatField(this.#identityTree.root),
      },
      policy: {
        version: Number(this.#policyVersion),
        root: formatField(buildPolicyTree(this.#policies).root),
      },
      day: Number(this.day),
      epoch: Number(epoch.epoch),
      auditKeyS: [formatField(auditKeyS.x), formatField(auditKeyS.y)],
      auditKeyI: [formatField(auditKeyI.x), formatField(auditKeyI.y)],
      auditKeyL: [formatField(auditKeyL.x), formatField(auditKeyL.y)],
      minimumFees: [{ asset: 1, amount: String(this.minimumFee) }],
      limits: { bodyBytes: 1, requestsPerMinute: 1, batchesPerPage: 64, leavesPerPage: 4096 },
      batchSizes: [4, 16],
      feeRecipient,
      sequencer: addressOfKey(sequencerKey),
    }
  }
}

/** A memo of noise, bound by its hash: what a sender may do to anybody, also to itself. */
export function withNoiseMemo(transfer: SealedTransfer): SealedTransfer {
  const noise = new Uint8Array(transfer.memo.length)
  for (let at = 0; at < noise.length; at += 64) {
    const block = seedOf(`noise ${String(transfer.publicInputs.nullifier)} ${String(at)}`)
    noise.set(block.subarray(0, Math.min(64, noise.length - at)), at)
  }
  return {
    ...transfer,
    memo: noise,
    publicInputs: { ...transfer.publicInputs, memoHash: hashMemo(noise) },
  }
}

function slotOf({ kind, publicInputs }: SealedTransfer) {
  const { nullifier, outputs } = publicInputs
  return { kind, nullifier, outputs }
}

function stripPosition(event: ChainEvent): EventBody {
  const body: Record<string, unknown> = { ...event }
  delete body['blockNumber']
  delete body['blockHash']
  delete body['transactionHash']
  delete body['logIndex']
  delete body['timestamp']
  return body as unknown as EventBody
}

/** What the watcher makes of a settling transaction: its calldata decoded and filled in. */
function settledEvent(chain: RecordedChain, batch: SealedBatch) {
  const input = encodeSettleInput({
    contexts: batch.transfers.map(({ publicInputs }) => ({
      ...chain.versions(),
      day: publicInputs.day,
    })),
    batches: [
      {
        circuit: batch.circuit,
        batchNumber: batch.batchNumber,
        feeRecipient: batch.feeRecipient,
        newNoteRoot: batch.noteRoot,
        newNullifierRoot: batch.nullifierRoot,
        depositIds: batch.deposits.map(({ id }) => id),
        c: fieldOf('c'),
        proof: aProof,
        slots: batch.transfers.map(
          ({ kind, publicInputs, memo, anchorBatch }, context): SettleSlot => {
            const { amount, asset } = unpackWord('fee', publicInputs.fee)
            const { nullifier, outputs, withdrawal, traceTag, ephemeral } = publicInputs
            const { statisticsCiphertext, investigationCiphertext } = publicInputs
            return {
              ...{ kind, context, anchorBatch, nullifier, outputs, withdrawal, traceTag },
              ...{ ephemeral, statisticsCiphertext, investigationCiphertext, memo },
              fee: { amount, asset },
              proof: aProof,
            }
          },
        ),
      },
    ],
  })
  const [decoded] = decodeSettleInput(input).batches
  const transfers = decoded!.slots.flatMap((slot, i): SettledTransfer[] => {
    if (!('proof' in slot)) return []
    const sealed = batch.transfers[i]!
    const { epoch } = unpackWord('fee', sealed.publicInputs.fee)
    const { nullifier, outputs, withdrawal, traceTag, ephemeral } = slot
    const { statisticsCiphertext, investigationCiphertext, memo } = slot
    return [
      {
        kind: slot.kind,
        slot: i,
        firstLeafIndex: sealed.firstLeafIndex,
        anchorBatch: slot.anchorBatch,
        memo,
        publicInputs: {
          // From versions and schedules, which calldata only names.
          ...sealed.publicInputs,
          ...{ nullifier, outputs, withdrawal, traceTag, ephemeral },
          ...{ statisticsCiphertext, investigationCiphertext },
          fee: packWord('fee', { ...slot.fee, epoch }),
          memoHash: hashMemo(memo),
        },
      },
    ]
  })
  const { batchNumber, circuit, position, oldSlotCount, newSlotCount, noteRoot } = batch
  return {
    ...{ batchNumber, circuit, position, oldSlotCount, newSlotCount, noteRoot },
    nullifierRoot: batch.nullifierRoot,
    feeRecipient: batch.feeRecipient,
    transfers,
    voids: [],
    deposits: batch.deposits,
  }
}
