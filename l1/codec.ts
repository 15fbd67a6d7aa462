import { BATCH_CIRCUITS, type BatchCircuit, CIRCUIT_IDS } from '../protocol/constants.ts'
import {
  bigintToBytes,
  bytesToBigint,
  bytesToHex,
  concatBytes,
  fieldToBytes,
  hexToBytes,
} from '../protocol/field.ts'
import { NotASettleCallError, SettleDataTruncatedError } from './codecErrors.ts'
import {
  decodeContext,
  decodeSlot,
  encodeContext,
  encodeProof,
  encodeSlot,
  guard,
  type Hex,
  invalid,
  type ProofWords,
  Reader,
  repeat,
  type SettleContext,
  type SettleSlot,
} from './slotCodec.ts'

export type {
  Hex,
  ProofWords,
  SettleContext,
  SettleForced,
  SettleSlot,
  SettleTransfer,
} from './slotCodec.ts'

/** Format of `settle`'s data. Spec: docs/spec/settlement.md, byte for byte. */
export const SETTLE_DATA_VERSION = 1

/** keccak256("settle(bytes)"), first four bytes. */
export const SETTLE_SELECTOR: Hex = '0xd0322fbf'

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
    const contexts = repeat(contextCount, () => decodeContext(reader))
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
