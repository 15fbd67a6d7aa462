import { normalizeZ } from '@noble/curves/abstract/curve.js'
import { babyjubjub } from '@noble/curves/misc.js'
import type { ChainEvent, ChainHead, ChainReader, SettledTransfer } from '../../l1/chainEvents.ts'
import { INVESTIGATION_MASKS, STATISTICS_MASKS } from '../../protocol/auditRecord.ts'
import {
  IDENTITY_TREE_DEPTH,
  MEMO_BYTES,
  NOTE_TREE_DEPTH,
  SUBGROUP_ORDER,
} from '../../protocol/constants.ts'
import { reduce } from '../../protocol/field.ts'
import { deriveTracePoint, type Keys } from '../../protocol/keys.ts'
import { sealMemo } from '../../protocol/memo.ts'
import { NODE_BYTES, readNode, writeNode } from '../../protocol/nodeStore.ts'
import { commitNote, commitToRecipient } from '../../protocol/note.ts'
import { emptyRoot, MerkleTree } from '../../protocol/tree.ts'
import { packWord } from '../../protocol/words.ts'
import type { Kernels } from '../../prover/kernels.ts'
import type { AuditKey } from '../../regulator/auditKeys.ts'
import { fieldOf } from './identities.ts'

export type SyntheticChainParameters = {
  /** Computes what the chain is made of. */
  kernels: Kernels
  transfers: number
  /** Every so many transfers one pays this wallet 7 units. Default of `every`: 1,000. */
  payee?: { keys: Keys; identityIndex: bigint; every?: number }
  /** Records are sealed to these; without them they are noise. */
  auditKeys?: { statistics: AuditKey; investigation: AuditKey }
}

export type SyntheticChain = ChainReader & {
  readonly leaves: number
  readonly payments: number
  /** Time that went into generating what was read. */
  readonly generatorSeconds: number
}

const ASSET = 1n
/** What each of the fifteen passes on to itself for ever. */
const AMOUNT = 100n
const PAID = 7n
const SLOTS = 15
const BATCH_LEAVES = 64
/** Blocks with four deposits each come first: one for each of the fifteen to begin with. */
const DEPOSIT_BLOCKS = 4
/** Ephemeral secrets are an arithmetic progression, so that their points cost an addition each. */
const FIRST_SECRET = fieldOf('synthetic secret') >> 5n
const SECRET_STEP = fieldOf('synthetic step') >> 40n

/**
 * A settled chain of any length, made as it is read and the same at each reading: a batch of fifteen
 * transfers a block, with true note roots, ephemerals in the subgroup, real memos for a payee, and real
 * audit records that pass every check. The rest of each transfer is noise.
 */
export async function syntheticChain({
  kernels,
  transfers,
  payee,
  auditKeys,
}: SyntheticChainParameters): Promise<SyntheticChain> {
  const batches = DEPOSIT_BLOCKS + Math.ceil(transfers / SLOTS)
  const every = payee?.every ?? 1_000
  const ephemerals = progression(transfers)
  const firstBlock = prologue(payee)
  const deposits = Array.from({ length: SLOTS + 1 }, (_, i) => ({
    id: BigInt(i),
    asset: ASSET,
    amount: AMOUNT,
    recipient: fieldOf(`synthetic deposit ${String(i)}`),
    ciphertext: new Uint8Array(92),
    leafIndex: BigInt((1 + Math.floor(i / 4)) * BATCH_LEAVES + 60 + (i % 4)),
  }))
  const noteRoots: bigint[] = []
  const frontier = new Frontier(kernels)
  for (let batch = 0; batch < batches; batch++) {
    noteRoots.push(frontier.add(leavesOf(batch)))
  }
  let generatorSeconds = 0

  function outputsOf(at: number): readonly [bigint, bigint, bigint, bigint] {
    const noise = noiseOf(at)
    const note = isPayment(at) ? commitNote(paidNote(at)) : noise + 1n
    return [noise, note, noise + 2n, noise + 3n]
  }
  function isPayment(at: number): boolean {
    return payee !== undefined && at % every === every - 1
  }
  function paidNote(at: number) {
    const { keys, identityIndex } = payee!
    const owner = { ownerKey: keys.ownerKey, identityIndex }
    return { asset: ASSET, amount: PAID, owner, blinding: noiseOf(at) + 9n }
  }
  function leavesOf(batch: number): Uint8Array {
    const leaves = new Uint8Array(BATCH_LEAVES * NODE_BYTES)
    for (const at of transfersOf(batch)) {
      const slot = (at % SLOTS) * 4
      outputsOf(at).forEach((output, i) => writeNode(leaves, (slot + i) * NODE_BYTES, output))
    }
    if (batch < DEPOSIT_BLOCKS) {
      deposits.slice(batch * 4, batch * 4 + 4).forEach((deposit, i) => {
        writeNode(leaves, (60 + i) * NODE_BYTES, commitToRecipient(deposit))
      })
    }
    return leaves
  }
  function transfersOf(batch: number): number[] {
    const first = (batch - DEPOSIT_BLOCKS) * SLOTS
    if (first < 0) return []
    const count = Math.min(SLOTS, transfers - first)
    return Array.from({ length: count }, (_, i) => first + i)
  }
  function memoOf(at: number): Uint8Array {
    if (!isPayment(at)) return noiseBytes(at, MEMO_BYTES)
    const { asset, amount, blinding } = paidNote(at)
    const secret = FIRST_SECRET + BigInt(at) * SECRET_STEP
    return sealMemo({
      ephemeralSecret: secret,
      ephemeral: { x: readNode(ephemerals, at * 64), y: readNode(ephemerals, at * 64 + 32) },
      entries: [
        {
          slot: 1,
          viewingPublicKey: payee!.keys.viewingPublicKey,
          note: { asset, amount, blinding, userMemo: '' },
        },
      ],
      randomBytes: (length) => noiseBytes(at + length, length),
    })
  }
  function transferOf(at: number, records: Records | undefined, i: number): SettledTransfer {
    const noise = noiseOf(at)
    const batch = DEPOSIT_BLOCKS + Math.floor(at / SLOTS)
    const key = ({ auditKey }: AuditKey) => [auditKey.x, auditKey.y] as const
    return {
      kind: 'transfer',
      slot: at % SLOTS,
      firstLeafIndex: BigInt((1 + batch) * BATCH_LEAVES + (at % SLOTS) * 4),
      anchorBatch: BigInt(batch),
      memo: memoOf(at),
      publicInputs: {
        ...{ anchor: 0n, identityRoot: 0n, policyRoot: 0n, day: 20_780n, domain: 0n },
        ...{ nullifier: noise + 5n, outputs: outputsOf(at), withdrawal: 0n, memoHash: 0n },
        fee: packWord('fee', { amount: 0n, asset: 0n, epoch: 1n }),
        traceTag: noise + 6n,
        ephemeral: [readNode(ephemerals, at * 64), readNode(ephemerals, at * 64 + 32)],
        statisticsCiphertext: records?.statistics[i] ?? [noise, noise],
        investigationCiphertext: [records?.investigation[i] ?? noise],
        auditKeyS: auditKeys === undefined ? [0n, 1n] : key(auditKeys.statistics),
        auditKeyI: auditKeys === undefined ? [0n, 1n] : key(auditKeys.investigation),
        auditKeyL: [0n, 1n],
      },
    }
  }
  type Records = { statistics: [bigint, bigint][]; investigation: bigint[] }
  /** The masked records of some transfers: each takes in what its slot's last one sent. */
  async function recordsOf(chosen: readonly number[]): Promise<Records | undefined> {
    if (auditKeys === undefined || chosen.length === 0) return undefined
    const first = chosen[0]!
    const points = ephemerals.subarray(first * 64, (first + chosen.length) * 64)
    const pads = async (key: AuditKey, domains: readonly (typeof STATISTICS_MASKS)[number][]) => {
      const scalar = new Uint8Array(NODE_BYTES)
      writeNode(scalar, 0, key.auditSecret)
      const { points: inputs } = await kernels.multiplyMany(points, scalar)
      return Promise.all(
        domains.map((initialState) => kernels.hashMany({ initialState, arity: 2, inputs })),
      )
    }
    const s = await pads(auditKeys.statistics, STATISTICS_MASKS)
    const i = await pads(auditKeys.investigation, INVESTIGATION_MASKS.slice(0, 1))
    const mask = (pad: Uint8Array | undefined, at: number, word: bigint): bigint =>
      reduce(word + readNode(pad!, at * NODE_BYTES))
    return {
      statistics: chosen.map((at, n) => [
        mask(
          s[0],
          n,
          packWord('statistics0', {
            pseudonym: BigInt(at % SLOTS) + 1n,
            amountIn: AMOUNT,
            notesIn: 1n,
          }),
        ),
        mask(
          s[1],
          n,
          packWord('statistics1', {
            ...{ asset: ASSET, amount1: AMOUNT, amount2: 0n, amount3: 0n },
            ...{ tier: 1n, jurisdiction: 756n },
          }),
        ),
      ]),
      investigation: chosen.map((at, n) => {
        const person = BigInt(at % SLOTS) + 1n
        const input =
          at < SLOTS
            ? deposits[at]!.leafIndex
            : BigInt(
                (DEPOSIT_BLOCKS + Math.floor(at / SLOTS)) * BATCH_LEAVES + (at % SLOTS) * 4 + 1,
              )
        const nonce = BigInt(Math.floor(at / SLOTS))
        return mask(
          i[0],
          n,
          packWord('investigation0', {
            ...{ sender: person, recipient1: person, recipient2: 0n, recipient3: 0n },
            ...{ input1: input + 1n, nonce },
          }),
        )
      }),
    }
  }
  const positionOf = (block: bigint) => ({
    blockNumber: block,
    blockHash: hashOf(block),
    transactionHash: hashOf(block),
    logIndex: 0,
    timestamp: block * 12n,
  })
  const blockOf = (number: bigint): ChainHead => ({
    number,
    hash: hashOf(number),
    timestamp: number * 12n,
  })
  // Block 1 holds the prologue, block b + 2 the batch of index b.
  return {
    leaves: (batches + 1) * BATCH_LEAVES,
    payments: payee === undefined ? 0 : Math.floor(transfers / every),
    get generatorSeconds() {
      return generatorSeconds
    },
    getHead: () => Promise.resolve(blockOf(BigInt(batches + 1))),
    getBlock: (number) =>
      Promise.resolve(number <= BigInt(batches + 1) ? blockOf(number) : undefined),
    async getEvents({ from, to }) {
      const started = performance.now()
      const events: ChainEvent[] = []
      if (from <= 1n) events.push(...firstBlock.map((event) => ({ ...event, ...positionOf(1n) })))
      const firstBatch = Math.max(0, Number(from) - 2)
      const lastBatch = Math.min(batches - 1, Number(to) - 2)
      const chosen: number[] = []
      for (let batch = firstBatch; batch <= lastBatch; batch++) chosen.push(...transfersOf(batch))
      const records = await recordsOf(chosen)
      let i = 0
      for (let batch = firstBatch; batch <= lastBatch; batch++) {
        const position = BigInt(16 * (batch + 1))
        events.push({
          ...positionOf(BigInt(batch + 2)),
          type: 'batchSettled',
          batchNumber: BigInt(batch + 1),
          circuit: 'batch-16',
          feeRecipient: '0x00000000000000000000000000000000000000fe',
          position,
          oldSlotCount: batch === 0 ? 1n : position,
          newSlotCount: position + 16n,
          noteRoot: noteRoots[batch]!,
          nullifierRoot: 0n,
          transfers: transfersOf(batch).map((at) => transferOf(at, records, i++)),
          voids: [],
          deposits: batch < DEPOSIT_BLOCKS ? deposits.slice(batch * 4, batch * 4 + 4) : [],
        })
      }
      generatorSeconds += (performance.now() - started) / 1_000
      return events
    },
  }
}

type Body = ChainEvent extends infer E
  ? E extends ChainEvent
    ? Omit<E, 'blockNumber' | 'blockHash' | 'transactionHash' | 'logIndex' | 'timestamp'>
    : never
  : never

/** Identities 1 to 15, the payee, and the asset. */
function prologue(payee: SyntheticChainParameters['payee']): Body[] {
  const tree = new MerkleTree(IDENTITY_TREE_DEPTH)
  const indexes = Array.from({ length: SLOTS }, (_, i) => BigInt(i + 1))
  if (payee !== undefined) indexes.push(payee.identityIndex)
  const filled = indexes.map((index, i): Body => {
    const newLeaf = fieldOf(`synthetic identity ${String(index)}`)
    tree.setLeaf(Number(index), newLeaf)
    const isPayee = index === payee?.identityIndex
    const tracePoint = isPayee
      ? deriveTracePoint(payee.keys.nullifierKey, {
          ownerKey: payee.keys.ownerKey,
          identityIndex: index,
        })
      : babyjubjub.Point.BASE.toAffine()
    return {
      ...{ type: 'identityUpdated', index, oldLeaf: 0n, newLeaf, mode: 0, version: BigInt(i + 1) },
      ...{ root: tree.root, tracePoint, sealedContents: new Uint8Array() },
    }
  })
  const token = '0x0000000000000000000000000000000000000000'
  return [{ type: 'assetListed', asset: ASSET, token, unit: 1n, maxFee: 10n }, ...filled]
}

/** FIRST_SECRET·Base8, and each next one SECRET_STEP·Base8 further: 64 bytes each. */
function progression(count: number): Uint8Array {
  const { Point } = babyjubjub
  const step = Point.BASE.multiply(SECRET_STEP % SUBGROUP_ORDER)
  let point = Point.BASE.multiply(FIRST_SECRET % SUBGROUP_ORDER)
  const bytes = new Uint8Array(64 * count)
  for (let at = 0; at < count; at += 1_024) {
    const some: (typeof point)[] = []
    for (let i = at; i < Math.min(count, at + 1_024); i++, point = point.add(step)) some.push(point)
    normalizeZ(Point, some).forEach((affine, i) => {
      const { x, y } = affine.toAffine()
      writeNode(bytes, 64 * (at + i), x)
      writeNode(bytes, 64 * (at + i) + 32, y)
    })
  }
  return bytes
}

/** A field element of 240 bits, far from its neighbours'. */
function noiseOf(at: number): bigint {
  return BigInt.asUintN(240, (BigInt(at) + 1n) * NOISE_FACTOR)
}
const NOISE_FACTOR = fieldOf('synthetic noise') | 1n

/** Xorshift: what others' ciphertexts look like to who cannot open them. */
function noiseBytes(seed: number, length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4))
  let state = (seed * 2_654_435_761 + 1) >>> 0 || 1
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[i] = state
  }
  return new Uint8Array(words.buffer, 0, length)
}

function hashOf(number: bigint): `0x${string}` {
  return `0x${number.toString(16).padStart(64, '0')}`
}

/** Roots of the note tree after each batch of 64 leaves, with nothing kept but the right edge. */
class Frontier {
  readonly #kernels: Kernels
  readonly #edge: Uint8Array[]
  #count = 0

  constructor(kernels: Kernels) {
    this.#kernels = kernels
    this.#edge = Array.from({ length: NOTE_TREE_DEPTH }, (_, level) => emptyGroup(level))
    // The first batch of 16 is aligned behind the sentinel's slot: 64 leaves of zeros.
    this.add(new Uint8Array(BATCH_LEAVES * NODE_BYTES))
  }

  add(leaves: Uint8Array): bigint {
    let nodes = leaves
    while (nodes.length > NODE_BYTES) nodes = this.#hash(nodes)
    let index = this.#count++
    for (let level = 3; level < NOTE_TREE_DEPTH; level++) {
      const digit = index % 4
      if (digit === 0) this.#edge[level] = emptyGroup(level)
      const group = this.#edge[level]!
      group.set(nodes, digit * NODE_BYTES)
      nodes = this.#hash(group)
      index = (index - digit) / 4
    }
    return readNode(nodes, 0)
  }

  #hash(inputs: Uint8Array): Uint8Array {
    return this.#kernels.hash({ initialState: 'NODE', arity: 4, inputs })
  }
}

function emptyGroup(level: number): Uint8Array {
  const group = new Uint8Array(4 * NODE_BYTES)
  for (let child = 0; child < 4; child++) writeNode(group, child * NODE_BYTES, emptyRoot(level))
  return group
}
