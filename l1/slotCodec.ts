import {
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
  concatBytes,
  fieldToBytes,
} from '../protocol/field.ts'
import type { TransferPublicInputs } from '../protocol/publicInputs.ts'
import { packWord, unpackWord } from '../protocol/words.ts'
import {
  SettleDataInvalidError,
  SettleDataTrailingError,
  SettleDataTruncatedError,
} from './codecErrors.ts'

export type Hex = `0x${string}`

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

/**
 * An entry of the forced queue: everything about it was checked and published when it was queued, so a
 * batch names it by its id and the words that its own proof is bound to.
 */
export type SettleForced = Pick<SettleTransfer, 'nullifier' | 'outputs' | 'withdrawal' | 'fee'> & {
  readonly kind: 'forced'
  readonly entryId: bigint
  /** `void` where the nullifier was spent before: nothing is credited then (B2). */
  readonly takenAs: TransferCircuit | 'void'
}

export type SettleSlot = { readonly kind: 'empty' } | SettleTransfer | SettleForced

// Bits of a slot's head byte; kind is the low two.
const HEAD_KIND = 0x03
const HEAD_FEE = 0x04
const HEAD_WITHDRAWAL = 0x08
const HEAD_SUNSET_KEY = 0x10
const HEAD_FORCED = 0x20

const KIND_IDS = {
  transfer: SLOT_KIND.TRANSFER,
  collect: SLOT_KIND.COLLECT,
  void: SLOT_KIND.VOID,
} as const

export function encodeContext({ identityVersion, policyVersion, day }: SettleContext): Uint8Array {
  return concatBytes(
    bigintToBytes(identityVersion, 4),
    bigintToBytes(policyVersion, 4),
    bigintToBytes(day, 2),
  )
}

export function encodeSlot(slot: SettleSlot, contextCount: number): Uint8Array {
  if (slot.kind === 'empty') return Uint8Array.of(SLOT_KIND.EMPTY)
  if (slot.kind === 'forced') return encodeForced(slot)
  return encodeTransfer(slot, contextCount)
}

/** A whole transfer: what a slot of `settle` and an entry of the forced queue have in common. */
export function encodeTransfer(slot: SettleTransfer, contextCount: number): Uint8Array {
  const { memo, investigationCiphertext } = slot
  if (slot.context >= contextCount) invalid('context', 'the call has none of this index')
  if (memo.length !== MEMO_BYTES) invalid('memo', `it must have ${String(MEMO_BYTES)} bytes`)
  if (investigationCiphertext.length !== TRANSFER_CIRCUITS[slot.kind].investigationWords) {
    invalid('investigation ciphertext', 'it has the wrong number of words')
  }
  return concatBytes(
    Uint8Array.of(headOf(slot, slot.kind) | (slot.isSunsetKey ? HEAD_SUNSET_KEY : 0)),
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
    ...encodePayments(slot),
  )
}

function encodeForced(slot: SettleForced): Uint8Array {
  return concatBytes(
    Uint8Array.of(headOf(slot, slot.takenAs) | HEAD_FORCED),
    bigintToBytes(slot.entryId, 5),
    bigintToBytes(slot.nullifier, 31),
    ...slot.outputs.map(fieldToBytes),
    ...encodePayments(slot),
  )
}

type Payments = Pick<SettleTransfer, 'nullifier' | 'withdrawal' | 'fee'>

/** Kind and what follows. */
function headOf({ nullifier, withdrawal, fee }: Payments, kind: SettleForced['takenAs']): number {
  if (nullifier === 0n) invalid('nullifier', 'it is 0')
  if (fee.amount === 0n && fee.asset !== 0n) invalid('fee', 'it has an asset and no amount')
  return (
    KIND_IDS[kind] | (fee.amount === 0n ? 0 : HEAD_FEE) | (withdrawal === 0n ? 0 : HEAD_WITHDRAWAL)
  )
}

function encodePayments({ withdrawal, fee }: Payments): Uint8Array[] {
  return [
    ...(fee.amount === 0n ? [] : [bigintToBytes(fee.amount, 8), bigintToBytes(fee.asset, 2)]),
    ...(withdrawal === 0n ? [] : [encodeWithdrawal(withdrawal)]),
  ]
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

export function encodeProof(proof: ProofWords): Uint8Array {
  // Coordinates are below the base field's order, which the precompiles check.
  return concatBytes(...proof.map((word) => bigintToBytes(word, 32)))
}

export function decodeContext(reader: Reader): SettleContext {
  return {
    identityVersion: reader.integer(4),
    policyVersion: reader.integer(4),
    day: reader.integer(2),
  }
}

export function decodeSlot(reader: Reader, contextCount: number): SettleSlot {
  const head = reader.number(1)
  if (head === SLOT_KIND.EMPTY) return { kind: 'empty' }
  if ((head & HEAD_FORCED) !== 0) return decodeForced(reader, head)
  return decodeTransfer(reader, head, contextCount)
}

/** What stands behind the head of a slot that carries all of a transfer. */
export function decodeTransfer(reader: Reader, head: number, contextCount: number): SettleTransfer {
  const kind = kindOf(head)
  if (head >= HEAD_FORCED || kind === 'void') refuseHead(head)
  const context = reader.number(1)
  if (context >= contextCount) invalid('context', 'the call has none of this index')
  const anchorBatch = reader.integer(5)
  const { nullifier, outputs } = decodeWords(reader)
  const traceTag = reader.field()
  const ephemeral = [reader.field(), reader.field()] as const
  const statisticsCiphertext = [reader.field(), reader.field()] as const
  const investigationCiphertext = repeat(TRANSFER_CIRCUITS[kind].investigationWords, () =>
    reader.field(),
  )
  const proof = reader.proof()
  const memo = reader.bytes(MEMO_BYTES)
  return {
    ...{ kind, context, anchorBatch, nullifier, outputs },
    ...decodePayments(reader, head),
    ...{ traceTag, ephemeral, statisticsCiphertext, investigationCiphertext, memo, proof },
    ...((head & HEAD_SUNSET_KEY) === 0 ? {} : { isSunsetKey: true }),
  }
}

function decodeForced(reader: Reader, head: number): SettleForced {
  const takenAs = kindOf(head)
  if (head >= 2 * HEAD_FORCED || (head & HEAD_SUNSET_KEY) !== 0) refuseHead(head)
  const entryId = reader.integer(5)
  const words = decodeWords(reader)
  return { kind: 'forced', takenAs, entryId, ...words, ...decodePayments(reader, head) }
}

function kindOf(head: number): SettleForced['takenAs'] {
  switch (head & HEAD_KIND) {
    case SLOT_KIND.TRANSFER:
      return 'transfer'
    case SLOT_KIND.COLLECT:
      return 'collect'
    case SLOT_KIND.VOID:
      return 'void'
    default:
      return refuseHead(head)
  }
}

function refuseHead(head: number): never {
  return invalid('slot', `its head byte is ${String(head)}`)
}

function decodeWords(reader: Reader): Pick<SettleTransfer, 'nullifier' | 'outputs'> {
  const nullifier = reader.integer(31)
  if (nullifier === 0n) invalid('nullifier', 'it is 0')
  return {
    nullifier,
    outputs: [reader.field(), reader.field(), reader.field(), reader.field()],
  }
}

function decodePayments(reader: Reader, head: number): Pick<SettleTransfer, 'withdrawal' | 'fee'> {
  const fee = { amount: 0n, asset: 0n }
  if ((head & HEAD_FEE) !== 0) {
    fee.amount = reader.integer(8)
    fee.asset = reader.integer(2)
    if (fee.amount === 0n) invalid('fee', 'its amount is 0')
  }
  return { withdrawal: (head & HEAD_WITHDRAWAL) === 0 ? 0n : decodeWithdrawal(reader), fee }
}

function decodeWithdrawal(reader: Reader): bigint {
  const asset = reader.integer(2)
  const amount = reader.integer(8)
  const recipient = reader.integer(20)
  if (amount === 0n) invalid('withdrawal', 'its amount is 0')
  return packWord('withdrawal', { asset, amount, recipient })
}

/** Reads big-endian values one after the other. */
export class Reader {
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

export function repeat<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

export function invalid(what: string, reason: string): never {
  throw new SettleDataInvalidError({ what, reason })
}

/** Gives errors of the protocol's encodings the codec's own type. */
export function guard<T>(what: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof BaseError) || error.code.startsWith('SETTLE_')) throw error
    throw new SettleDataInvalidError({ what, reason: error.shortMessage, cause: error })
  }
}
