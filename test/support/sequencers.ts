import { createHash } from 'node:crypto'
import type { BatchBody, TransferSubmission } from '../../api/index.ts'
import { decodeBatchBody, encodeSubmission } from '../../api/index.ts'
import type { ChainEvent, ChainHead, ChainReader, EventPosition } from '../../l1/chainEvents.ts'
import type { MinedTransaction } from '../../l1/findReceipt.ts'
import type { SettlementRight } from '../../l1/settlementRight.ts'
import type { BatchCircuit, TransferCircuit } from '../../protocol/constants.ts'
import {
  BATCH_CIRCUITS,
  DEPOSIT_CIPHERTEXT_BYTES,
  MEMO_BYTES,
  NOTE_TREE_DEPTH,
  SECONDS_PER_DAY,
  TRANSFER_CIRCUITS,
} from '../../protocol/constants.ts'
import { deploymentDomain } from '../../protocol/domain.ts'
import { hashMemo } from '../../protocol/memo.ts'
import { emptyRoot } from '../../protocol/tree.ts'
import { packWord } from '../../protocol/words.ts'
import { farmKeyFrom } from '../../prover/farm/sealedBox.ts'
import type { ProofWords } from '../../prover/proof.ts'
import {
  createSequencer,
  defaultSettings,
  type FarmPorts,
  type Sequencer,
  type SequencerPorts,
  type SequencerSettings,
} from '../../sequencer/sequencer.ts'
import type { SettlementChain } from '../../sequencer/settlement/settler.ts'
import type { Database } from '../../sequencer/store/database.ts'
import { fieldOf } from './identities.ts'

// A sequencer over a real Postgres and a base chain in memory, for what depends on neither proofs nor
// contracts. test/sequencer/pipeline.test.ts walks the same path with both.

type Hex = `0x${string}`
type EventBody = ChainEvent extends infer E
  ? E extends ChainEvent
    ? Omit<E, keyof EventPosition>
    : never
  : never

export const testDeployment = {
  chainId: 31_337n,
  rollup: '0x00000000000000000000000000000000000000aa' as Hex,
  startBlock: 1n,
  prefix: 'tcnb' as const,
  contracts: { rollup: '0x00000000000000000000000000000000000000aa' as Hex },
}
export const testDomain = deploymentDomain(testDeployment)
/** 23 November 2026. */
export const testDay = 20_780n
export const noon = Number(testDay) * SECONDS_PER_DAY * 1000 + 12 * 3_600_000
export const identityRoot = fieldOf('identity root')
export const policyRoot = fieldOf('policy root')
export const auditKeys = {
  auditKeyS: { x: fieldOf('S.x'), y: fieldOf('S.y') },
  auditKeyI: { x: fieldOf('I.x'), y: fieldOf('I.y') },
  auditKeyL: { x: fieldOf('L.x'), y: fieldOf('L.y') },
}

/** A base chain of blocks that a test writes. */
export class ScriptedChain implements ChainReader {
  #blocks: (ChainHead & { events: ChainEvent[] })[] = []
  #fork = 0
  /** Unix seconds of the next block. */
  time = BigInt(noon / 1000) - 3_600n

  /** Identity, policy, epoch and two assets, as after a deployment. */
  static deployed(): ScriptedChain {
    const chain = new ScriptedChain()
    chain.mine(
      anIdentityUpdate(1n, identityRoot),
      { type: 'policyPublished', version: 1n, root: policyRoot, policies: [] },
      { type: 'epochScheduled', epoch: 0n, startDay: 0n, ...auditKeys },
      ...[1n, 2n].map((asset) => ({
        type: 'assetListed' as const,
        asset,
        token: '0x0000000000000000000000000000000000000000' as const,
        unit: 10n ** 12n,
        maxFee: 1_000n,
      })),
    )
    return chain
  }

  /** All events of one transaction. */
  mineTogether(...events: EventBody[]): ChainHead & { transactionHash: Hex } {
    const head = this.mine(...events)
    const transactionHash = hashOf(`transaction of ${head.hash}`)
    const block = this.#blocks.at(-1)
    if (block !== undefined) {
      block.events = block.events.map((event) => ({ ...event, transactionHash }))
    }
    return { ...head, transactionHash }
  }

  mine(...events: EventBody[]): ChainHead {
    const number = BigInt(this.#blocks.length + 1)
    const hash = hashOf(`block ${String(number)} of fork ${String(this.#fork)}`)
    const timestamp = this.time++
    this.#blocks.push({
      number,
      hash,
      timestamp,
      events: events.map((event, logIndex) => ({
        ...event,
        blockNumber: number,
        blockHash: hash,
        transactionHash: hashOf(`${hash} ${String(logIndex)}`),
        logIndex,
        timestamp,
      })),
    })
    return { number, hash, timestamp }
  }

  /** Drops the blocks above `number`; those mined next have other hashes. */
  reorg(number: bigint): void {
    this.#blocks = this.#blocks.slice(0, Number(number))
    this.#fork += 1
  }

  findReceipt(transaction: Hex): Promise<MinedTransaction | undefined> {
    const block = this.#blocks.find(({ events }) =>
      events.some(({ transactionHash }) => transactionHash === transaction),
    )
    return Promise.resolve(
      block === undefined
        ? undefined
        : { blockNumber: block.number, blockHash: block.hash, isSuccess: true },
    )
  }

  getHead(): Promise<ChainHead> {
    const head = this.#blocks.at(-1)
    if (head === undefined) throw new Error('mine a block first')
    return Promise.resolve(head)
  }
  getBlock(number: bigint): Promise<ChainHead | undefined> {
    return Promise.resolve(this.#blocks[Number(number) - 1])
  }
  getEvents({ from, to }: { from: bigint; to: bigint }): Promise<readonly ChainEvent[]> {
    return Promise.resolve(
      this.#blocks.slice(Number(from) - 1, Number(to)).flatMap(({ events }) => events),
    )
  }
}

function hashOf(text: string): Hex {
  return `0x${createHash('sha256').update(text).digest('hex')}`
}

export function anIdentityUpdate(version: bigint, root: bigint): EventBody {
  return {
    type: 'identityUpdated',
    index: version,
    oldLeaf: 0n,
    newLeaf: fieldOf(`leaf ${String(version)}`),
    mode: 0,
    version,
    root,
    tracePoint: { x: 0n, y: 1n },
    sealedContents: new Uint8Array(),
  }
}

export function aDepositQueued(id: bigint): EventBody {
  return {
    type: 'depositQueued',
    id,
    asset: 1n,
    amount: 100n + id,
    recipient: fieldOf(`recipient ${String(id)}`),
    ciphertext: new Uint8Array(DEPOSIT_CIPHERTEXT_BYTES).fill(Number(id)),
    depositor: '0x0000000000000000000000000000000000000001',
    deadline: BigInt(noon / 1000) + 86_400n,
  }
}

/** The event that the contract would emit for one of a sequencer's batches. */
export function batchSettled(batch: BatchBody): EventBody {
  const { batchNumber, circuit, feeRecipient, position, oldSlotCount, newSlotCount, ...rest } =
    decodeBatchBody(batch)
  const { noteRoot, nullifierRoot, transfers, deposits } = rest
  return {
    type: 'batchSettled',
    ...{ batchNumber, circuit, feeRecipient, position, oldSlotCount, newSlotCount },
    ...{ noteRoot, nullifierRoot, transfers, voids: [], deposits },
  }
}

export type SubmissionOptions = {
  circuit?: TransferCircuit
  domain?: bigint
  anchor?: bigint
  anchorBatch?: bigint
  nullifier?: bigint
  identityRoot?: bigint
  policyRoot?: bigint
  day?: bigint
  fee?: bigint
  withdrawal?: bigint
  memo?: Uint8Array
  memoHash?: bigint
  auditKeyS?: readonly [bigint, bigint]
  auditKeyI?: readonly [bigint, bigint]
  auditKeyL?: readonly [bigint, bigint]
  proof?: ProofWords
}

/** A submission whose every value is acceptable, without a proof that holds. */
export function aSubmission(label: string, options: SubmissionOptions = {}): TransferSubmission {
  const { circuit = 'transfer', memo = new Uint8Array(MEMO_BYTES).fill(label.length) } = options
  const of = (name: string) => fieldOf(`${label} ${name}`)
  return encodeSubmission({
    circuit,
    proof: options.proof ?? [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n],
    memo,
    anchorBatch: options.anchorBatch ?? 0n,
    publicInputs: {
      anchor: options.anchor ?? emptyRoot(NOTE_TREE_DEPTH),
      identityRoot: options.identityRoot ?? identityRoot,
      policyRoot: options.policyRoot ?? policyRoot,
      day: options.day ?? testDay,
      domain: options.domain ?? testDomain,
      nullifier: options.nullifier ?? of('nullifier') >> 8n,
      outputs: [of('out 0'), of('out 1'), of('out 2'), of('out 3')],
      withdrawal: options.withdrawal ?? 0n,
      fee: options.fee ?? packWord('fee', { amount: 0n, asset: 0n, epoch: 0n }),
      memoHash: options.memoHash ?? hashMemo(memo),
      traceTag: of('tag'),
      ephemeral: [of('R.x'), of('R.y')],
      statisticsCiphertext: [of('s0'), of('s1')],
      investigationCiphertext: Array.from(
        { length: TRANSFER_CIRCUITS[circuit].investigationWords },
        (_, i) => of(`i${String(i)}`),
      ),
      auditKeyS: options.auditKeyS ?? [auditKeys.auditKeyS.x, auditKeys.auditKeyS.y],
      auditKeyI: options.auditKeyI ?? [auditKeys.auditKeyI.x, auditKeys.auditKeyI.y],
      auditKeyL: options.auditKeyL ?? [auditKeys.auditKeyL.x, auditKeys.auditKeyL.y],
    },
  })
}

/** Settles nothing until a test says what. */
export class ScriptedSettlement implements SettlementChain {
  settled = { batchNumber: 0n, noteRoot: emptyRoot(NOTE_TREE_DEPTH) }
  readonly calls: { purpose: string; data: Hex }[] = []
  answer: (call: { purpose: string; data: Hex }) => Promise<{ transaction: Hex; gasUsed: bigint }> =
    () => Promise.reject(new Error('no answer was scripted'))

  /** Ours and alive, unless a test says otherwise. */
  right: SettlementRight = {
    mode: 'sequencer',
    maySettle: true,
    holder: undefined,
    leaseEndsAt: undefined,
    time: BigInt(noon / 1000),
    blockTime: BigInt(noon / 1000),
    isClockStopped: false,
    aliveAt: BigInt(noon / 1000),
    livenessGap: 259_200n,
  }
  getRight(): Promise<SettlementRight> {
    return Promise.resolve(this.right)
  }

  /** Wei per gas; undefined where a test does not say. */
  baseFee: bigint | undefined

  getBaseFee(): Promise<bigint | undefined> {
    return Promise.resolve(this.baseFee)
  }
  getSettled(): Promise<{ batchNumber: bigint; noteRoot: bigint }> {
    return Promise.resolve(this.settled)
  }
  submit(call: {
    purpose: string
    data: Hex
    signal: AbortSignal
  }): Promise<{ transaction: Hex; gasUsed: bigint }> {
    this.calls.push({ purpose: call.purpose, data: call.data })
    return this.answer(call)
  }
}

/** Keys of nothing real: each circuit has one of its own. The worker waits to be told by `makeProofs`. */
export function testFarm(): FarmPorts {
  const circuits = Object.keys(BATCH_CIRCUITS) as BatchCircuit[]
  const key = farmKeyFrom(new Uint8Array(32).fill(5))
  return {
    publicKey: key.publicKey,
    verificationKeyHashOf: (circuit) => String(circuits.indexOf(circuit) + 1).repeat(64),
    worker: { key, circuits, concurrency: 1 },
  }
}

/** One round of the farm: the worker takes what waits, the sequencer takes in what comes of it. */
export async function makeProofs({ loops, worker }: Sequencer): Promise<void> {
  await worker?.runAvailable()
  await loops.prover.tick()
}

export type TestSequencer = {
  sequencer: Sequencer
  database: Database
  chain: ScriptedChain
  settlement: ScriptedSettlement
  /** The clock; tests move it. */
  clock: { now: number }
  /** Submits through HTTP. */
  post(submission: unknown): Promise<{ status: number; body: Record<string, unknown> }>
  get(path: string): Promise<{ status: number; body: Record<string, unknown> }>
  /** Stops it and starts another over the same database and chain. */
  restart(): Promise<TestSequencer>
}

/** A sequencer whose loops do not run: tests call `tick`. Every proof holds unless told otherwise. */
export async function aSequencer(
  database: Database,
  {
    chain = ScriptedChain.deployed(),
    settlement = new ScriptedSettlement(),
    clock = { now: noon },
    settings = {},
    ports = {},
  }: {
    chain?: ScriptedChain
    settlement?: ScriptedSettlement
    clock?: { now: number }
    settings?: Partial<SequencerSettings>
    ports?: Partial<SequencerPorts>
  } = {},
): Promise<TestSequencer> {
  const sequencer = await createSequencer(
    {
      database,
      reader: chain,
      settlement,
      findReceipt: (transaction) => chain.findReceipt(transaction),
      prover: {
        prove: () => Promise.reject(new Error('no proof is made here')),
        verifyMany: (all) => Promise.resolve(all.map(() => true)),
      },
      keyHashOf: () => null,
      farm: testFarm(),
      receiptKey: new Uint8Array(32).fill(7),
      l1Account: '0x00000000000000000000000000000000000000a1',
      now: () => new Date(clock.now),
      logger: false,
      onLockLost: () => undefined,
      ...ports,
    },
    { ...testDeployment, domain: testDomain },
    {
      ...defaultSettings,
      feeRecipient: '0x00000000000000000000000000000000000000fe',
      ...settings,
    },
  )
  return {
    sequencer,
    database,
    chain,
    settlement,
    clock,
    async post(submission) {
      const { statusCode, body } = await sequencer.app.inject({
        method: 'POST',
        url: '/v1/transfers',
        payload: submission as object,
      })
      return { status: statusCode, body: JSON.parse(body) as Record<string, unknown> }
    },
    async get(path) {
      const { statusCode, body } = await sequencer.app.inject({ method: 'GET', url: path })
      return { status: statusCode, body: JSON.parse(body) as Record<string, unknown> }
    },
    async restart() {
      await sequencer.stop()
      return aSequencer(database, { chain, settlement, clock, settings, ports })
    },
  }
}
