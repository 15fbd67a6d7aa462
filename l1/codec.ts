import {
  BATCH_CIRCUITS,
  type BatchCircuit,
  CIRCUIT_IDS,
  MEMO_BYTES,
  SLOT_KIND,
  TRANSFER_CIRCUITS,
  type TransferCircuit,
} from '../protocol/constants.ts'
import { BaseError } from '../protocol/errors.ts'
import {
  bigintToBytes,
  bytesToBigint,
  bytesToField,
  bytesToHex,
  concatBytes,
  fieldToBytes,
  hexToBytes,
} from '../protocol/field.ts'
import type { TransferPublicInputs } from '../protocol/publicInputs.ts'
import { packWord, unpackWord } from '../protocol/words.ts'
import {
  NotASettleCallError,
  SettleDataInvalidError,
  SettleDataTrailingError,
  SettleDataTruncatedError,
} from './codecErrors.ts'

export type Hex = `0x${string}`

/** Format of `settle`'s data. Spec: docs/spec/settlement.md, byte for byte. */
export const SETTLE_DATA_VERSION = 1

/** keccak256("settle(bytes)"), first four bytes. */
export const SETTLE_SELECTOR: Hex = '0xd0322fbf'

/**
 * A.x, A.y, B.x (imaginary, real), B.y (imaginary, real), C.x, C.y: the order of Ethereum's
 * precompiles. snarkjs has the real part first.
 */
export type ProofWords = readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint]

/** What several transfers of a call share; each is looked up and checked once (S2). */
export type SettleContext = {
  /** Of the identity root, in `IdentityRegistry`. */
  readonly identityVersion: bigint
  /** Of the policy root, in `PolicyRegistry`. */
  readonly policyVersion: bigint
  /** Unix day. The audit-key epoch follows from it. */
  readonly day: bigint
}

export type SettleTransfer = Pick<
  TransferPublicInputs,
  | 'nullifier'
  | 'outputs'
  | 'withdrawal'
  | 'traceTag'
  | 'ephemeral'
  | 'statisticsCiphertext'
  | 'investigationCiphertext'
> & {
  readonly kind: TransferCircuit
  /** Index into the call's contexts. */
  readonly context: number
  /** Batch whose note root is the anchor: earlier than the transfer's own. */
  readonly anchorBatch: bigint
  /** Both 0 where no fee is paid. The epoch of the fee word follows from the context. */
  readonly fee: { readonly amount: bigint; readonly asset: bigint }
  /** MEMO_BYTES. */
  readonly memo: Uint8Array
  readonly proof: ProofWords
  /** Set when the proof is for the key that is in sunset (docs/spec/verifier-registry.md). */
  readonly isSunsetKey?: true
}

export type SettleSlot = { readonly kind: 'empty' } | SettleTransfer

export type SettleBatch = {
  readonly circuit: BatchCircuit
  readonly batchNumber: bigint
  /** Base-chain address, lower case. */
  readonly feeRecipient: Hex
  readonly newNoteRoot: bigint
  readonly newNullifierRoot: bigint
  /** Ascending ids of the deposit queue. */
  readonly depositIds: readonly bigint[]
  /** The proof's sponge output. ρ and y are not carried: the contract computes them. */
  readonly c: bigint
  readonly proof: ProofWords
  /** In the order of the batch; empty ones at the end may be left out. */
  readonly slots: readonly SettleSlot[]
  readonly isSunsetKey?: true
}

/** One call of `settle`: consecutive batches, all settled or none. */
export type SettleCall = {
  readonly contexts: readonly SettleContext[]
  readonly batches: readonly SettleBatch[]
}

// Bits of a slot's head byte; kind is the low two.
const HEAD_FEE = 0x04
const HEAD_WITHDRAWAL = 0x08
const HEAD_SUNSET_KEY = 0x10
/** Bit of a batch's circuit byte. */
const CIRCUIT_SUNSET_KEY = 0x80

/**
 * The `data` argument of `Rollup.settle`.
 * @throws {SettleDataInvalidError} when a value does not fit its place.
 */
export function encodeSettle({ contexts, batches }: SettleCall): Hex {
  return bytesToHex(
    guard('settle call', () => {
      const first = batches[0]
      if (first === undefined) invalid('batches', 'there must be one at least')
      return concatBytes(
        bigintToBytes(BigInt(SETTLE_DATA_VERSION), 1),
        bigintToBytes(first.batchNumber, 5),
        bigintToBytes(BigInt(contexts.length), 1),
        bigintToBytes(BigInt(batches.length), 1),
        ...contexts.map(encodeContext),
        ...batches.map((batch, i) => {
          if (batch.batchNumber !== first.batchNumber + BigInt(i)) {
            invalid('batch number', 'batches of a call must be consecutive')
          }
          return encodeBatch(batch, contexts.length)
        }),
      )
    }),
  )
}

/** The whole transaction input of a `settle` call. @throws as `encodeSettle`. */
export function encodeSettleInput(call: SettleCall): Hex {
  const data = hexToBytes(encodeSettle(call))
  const padding = new Uint8Array((32 - (data.length % 32)) % 32)
  return bytesToHex(
    concatBytes(
      hexToBytes(SETTLE_SELECTOR),
      bigintToBytes(32n, 32),
      bigintToBytes(BigInt(data.length), 32),
      data,
      padding,
    ),
  )
}

/**
 * The inverse of `encodeSettle`. Accepts exactly what the contract's parser accepts.
 *
 * @throws {SettleDataTruncatedError | SettleDataTrailingError} when the length is wrong.
 * @throws {SettleDataInvalidError} when a value is not canonical.
 */
export function decodeSettle(data: Hex): SettleCall {
  return guard('data', () => {
    const reader = new Reader(hexToBytes(data))
    const version = reader.number(1)
    if (version !== SETTLE_DATA_VERSION) invalid('format version', `it is ${String(version)}`)
    const firstBatch = reader.integer(5)
    const contextCount = reader.number(1)
    const batchCount = reader.number(1)
    if (batchCount === 0) invalid('batches', 'there must be one at least')
    const contexts = repeat(contextCount, () => ({
      identityVersion: reader.integer(4),
      policyVersion: reader.integer(4),
      day: reader.integer(2),
    }))
    const batches = repeat(batchCount, (i) =>
      decodeBatch(reader, firstBatch + BigInt(i), contextCount),
    )
    reader.end()
    return { contexts, batches }
  })
}

/**
 * Decodes the input of a settling transaction. Finds the data as Solidity does, which takes any offset,
 * does not look at the padding and ignores what comes behind: were this any stricter, a sequencer
 * could settle what no follower can read.
 *
 * @throws {NotASettleCallError} when it calls something else.
 * @throws {SettleDataTruncatedError} when offset or length point beyond the end.
 * @throws as `decodeSettle`.
 */
export function decodeSettleInput(input: Hex): SettleCall {
  if (!input.toLowerCase().startsWith(SETTLE_SELECTOR)) {
    throw new NotASettleCallError({ selector: input.slice(0, 10) })
  }
  return guard('transaction input', () => {
    const bytes = hexToBytes(input)
    const lengthAt = 4n + wordAt(bytes, 4n)
    const length = wordAt(bytes, lengthAt)
    const dataAt = lengthAt + 32n
    checkWithin(bytes, dataAt, length)
    return decodeSettle(bytesToHex(bytes.slice(Number(dataAt), Number(dataAt + length))))
  })
}

function wordAt(bytes: Uint8Array, offset: bigint): bigint {
  checkWithin(bytes, offset, 32n)
  return bytesToBigint(bytes.slice(Number(offset), Number(offset) + 32))
}

function checkWithin({ length }: Uint8Array, offset: bigint, needed: bigint): void {
  if (offset + needed <= BigInt(length)) return
  throw new SettleDataTruncatedError({ offset: Number(offset), needed: Number(needed), length })
}

function encodeContext({ identityVersion, policyVersion, day }: SettleContext): Uint8Array {
  return concatBytes(
    bigintToBytes(identityVersion, 4),
    bigintToBytes(policyVersion, 4),
    bigintToBytes(day, 2),
  )
}

function encodeBatch(batch: SettleBatch, contextCount: number): Uint8Array {
  const { transferSlots, deposits } = BATCH_CIRCUITS[batch.circuit]
  if (batch.slots.length > transferSlots) {
    invalid('slots', `${batch.circuit} has ${String(transferSlots)}`)
  }
  if (batch.depositIds.length > deposits) {
    invalid('deposits', `${batch.circuit} has ${String(deposits)}`)
  }
  const circuit = CIRCUIT_IDS[batch.circuit] | (batch.isSunsetKey ? CIRCUIT_SUNSET_KEY : 0)
  const feeRecipient = hexToBytes(batch.feeRecipient)
  if (feeRecipient.length !== 20) invalid('fee recipient', 'it must have 20 bytes')
  return concatBytes(
    Uint8Array.of(circuit),
    feeRecipient,
    Uint8Array.of(batch.slots.length, batch.depositIds.length),
    fieldToBytes(batch.newNoteRoot),
    fieldToBytes(batch.newNullifierRoot),
    fieldToBytes(batch.c),
    encodeProof(batch.proof),
    ...batch.depositIds.map((id) => bigintToBytes(id, 5)),
    ...batch.slots.map((slot) => encodeSlot(slot, contextCount)),
  )
}

function encodeSlot(slot: SettleSlot, contextCount: number): Uint8Array {
  if (slot.kind === 'empty') return Uint8Array.of(SLOT_KIND.EMPTY)
  const { fee, withdrawal, memo, investigationCiphertext } = slot
  const kind = slot.kind === 'transfer' ? SLOT_KIND.TRANSFER : SLOT_KIND.COLLECT
  if (slot.context >= contextCount) invalid('context', 'the call has none of this index')
  if (slot.nullifier === 0n) invalid('nullifier', 'it is 0')
  if (memo.length !== MEMO_BYTES) invalid('memo', `it must have ${String(MEMO_BYTES)} bytes`)
  if (investigationCiphertext.length !== TRANSFER_CIRCUITS[slot.kind].investigationWords) {
    invalid('investigation ciphertext', 'it has the wrong number of words')
  }
  if (fee.amount === 0n && fee.asset !== 0n) invalid('fee', 'it has an asset and no amount')
  const head =
    kind |
    (fee.amount === 0n ? 0 : HEAD_FEE) |
    (withdrawal === 0n ? 0 : HEAD_WITHDRAWAL) |
    (slot.isSunsetKey ? HEAD_SUNSET_KEY : 0)
  return concatBytes(
    Uint8Array.of(head),
    bigintToBytes(BigInt(slot.context), 1),
    bigintToBytes(slot.anchorBatch, 5),
    bigintToBytes(slot.nullifier, 31),
    ...slot.outputs.map(fieldToBytes),
    fieldToBytes(slot.traceTag),
    ...slot.ephemeral.map(fieldToBytes),
    ...slot.statisticsCiphertext.map(fieldToBytes),
    ...investigationCiphertext.map(fieldToBytes),
    encodeProof(slot.proof),
    memo,
    ...(fee.amount === 0n ? [] : [bigintToBytes(fee.amount, 8), bigintToBytes(fee.asset, 2)]),
    ...(withdrawal === 0n ? [] : [encodeWithdrawal(withdrawal)]),
  )
}

function encodeWithdrawal(word: bigint): Uint8Array {
  const { asset, amount, recipient } = unpackWord('withdrawal', word)
  if (amount === 0n) invalid('withdrawal', 'its amount is 0 and the word is not')
  return concatBytes(
    bigintToBytes(asset, 2),
    bigintToBytes(amount, 8),
    bigintToBytes(recipient, 20),
  )
}

function encodeProof(proof: ProofWords): Uint8Array {
  // Coordinates are below the base field's order, which the precompiles check.
  return concatBytes(...proof.map((word) => bigintToBytes(word, 32)))
}

function decodeBatch(reader: Reader, batchNumber: bigint, contextCount: number): SettleBatch {
  const circuitByte = reader.number(1)
  const circuit = batchCircuitOf(circuitByte & ~CIRCUIT_SUNSET_KEY)
  const { transferSlots, deposits } = BATCH_CIRCUITS[circuit]
  const feeRecipient = bytesToHex(reader.bytes(20))
  const slotCount = reader.number(1)
  const depositCount = reader.number(1)
  if (slotCount > transferSlots) invalid('slots', `${circuit} has ${String(transferSlots)}`)
  if (depositCount > deposits) invalid('deposits', `${circuit} has ${String(deposits)}`)
  return {
    circuit,
    batchNumber,
    feeRecipient,
    newNoteRoot: reader.field(),
    newNullifierRoot: reader.field(),
    c: reader.field(),
    proof: reader.proof(),
    depositIds: repeat(depositCount, () => reader.integer(5)),
    slots: repeat(slotCount, () => decodeSlot(reader, contextCount)),
    ...((circuitByte & CIRCUIT_SUNSET_KEY) === 0 ? {} : { isSunsetKey: true }),
  }
}

function batchCircuitOf(id: number): BatchCircuit {
  for (const name of Object.keys(BATCH_CIRCUITS) as BatchCircuit[]) {
    if (CIRCUIT_IDS[name] === id) return name
  }
  return invalid('batch circuit', `no batch circuit has id ${String(id)}`)
}

function decodeSlot(reader: Reader, contextCount: number): SettleSlot {
  const head = reader.number(1)
  if (head === SLOT_KIND.EMPTY) return { kind: 'empty' }
  const kindId = head & 0x03
  if (head >= 0x20 || (kindId !== SLOT_KIND.TRANSFER && kindId !== SLOT_KIND.COLLECT)) {
    invalid('slot', `its head byte is ${String(head)}`)
  }
  const kind = kindId === SLOT_KIND.TRANSFER ? 'transfer' : 'collect'
  const context = reader.number(1)
  if (context >= contextCount) invalid('context', 'the call has none of this index')
  const anchorBatch = reader.integer(5)
  const nullifier = reader.integer(31)
  if (nullifier === 0n) invalid('nullifier', 'it is 0')
  const outputs = [reader.field(), reader.field(), reader.field(), reader.field()] as const
  const traceTag = reader.field()
  const ephemeral = [reader.field(), reader.field()] as const
  const statisticsCiphertext = [reader.field(), reader.field()] as const
  const investigationCiphertext = repeat(TRANSFER_CIRCUITS[kind].investigationWords, () =>
    reader.field(),
  )
  const proof = reader.proof()
  const memo = reader.bytes(MEMO_BYTES)
  const fee = { amount: 0n, asset: 0n }
  if ((head & HEAD_FEE) !== 0) {
    fee.amount = reader.integer(8)
    fee.asset = reader.integer(2)
    if (fee.amount === 0n) invalid('fee', 'its amount is 0')
  }
  return {
    kind,
    context,
    anchorBatch,
    nullifier,
    outputs,
    withdrawal: (head & HEAD_WITHDRAWAL) === 0 ? 0n : decodeWithdrawal(reader),
    fee,
    traceTag,
    ephemeral,
    statisticsCiphertext,
    investigationCiphertext,
    memo,
    proof,
    ...((head & HEAD_SUNSET_KEY) === 0 ? {} : { isSunsetKey: true }),
  }
}

function decodeWithdrawal(reader: Reader): bigint {
  const asset = reader.integer(2)
  const amount = reader.integer(8)
  const recipient = reader.integer(20)
  if (amount === 0n) invalid('withdrawal', 'its amount is 0')
  return packWord('withdrawal', { asset, amount, recipient })
}

/** Reads big-endian values one after the other. */
class Reader {
  readonly #data: Uint8Array
  #offset = 0

  constructor(data: Uint8Array) {
    this.#data = data
  }

  bytes(count: number): Uint8Array {
    const end = this.#offset + count
    if (end > this.#data.length) {
      throw new SettleDataTruncatedError({
        offset: this.#offset,
        needed: count,
        length: this.#data.length,
      })
    }
    const bytes = this.#data.slice(this.#offset, end)
    this.#offset = end
    return bytes
  }

  integer(count: number): bigint {
    return bytesToBigint(this.bytes(count))
  }

  number(count: number): number {
    return Number(this.integer(count))
  }

  field(): bigint {
    return bytesToField(this.bytes(32))
  }

  proof(): ProofWords {
    const words = repeat(8, () => this.integer(32))
    return words as unknown as ProofWords
  }

  end(): void {
    if (this.#offset !== this.#data.length) {
      throw new SettleDataTrailingError({ expected: this.#offset, length: this.#data.length })
    }
  }
}

function repeat<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

function invalid(what: string, reason: string): never {
  throw new SettleDataInvalidError({ what, reason })
}

/** Gives errors of the protocol's encodings the codec's own type. */
function guard<T>(what: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof BaseError) || error.code.startsWith('SETTLE_')) throw error
    throw new SettleDataInvalidError({ what, reason: error.shortMessage, cause: error })
  }
}
