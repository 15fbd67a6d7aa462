import type { SignedTransaction } from '../l1/transactionStore.ts'
import { bytesToHex, hexToBytes } from '../protocol/field.ts'
import type { Destination, Identity } from '../protocol/identity.ts'
import type { JournalEntry } from './journal.ts'
import { emptyLedger, type Ledger } from './ledger.ts'

/** The opening of our identity leaf, as the registrar's files gave it. */
export type KnownIdentity = {
  readonly index: bigint
  readonly identity: Identity
  readonly destination?: Destination
}

/** A deposit that we are about to make or made; its counter is used up by being written here. */
export type DepositIntent = {
  readonly counter: bigint
  readonly asset: bigint
  readonly amount: bigint
  readonly recipient: bigint
  readonly ciphertext: Uint8Array
  /** Unix seconds. */
  readonly createdAt: number
  /** Once it is in the base chain. */
  readonly transactionHash?: `0x${string}`
}

/** A signed transaction with its date as JSON has it. */
export type StoredTransaction = Omit<SignedTransaction, 'signedAt'> & { readonly signedAt: string }

/** All that a wallet keeps. Encrypted as a whole. */
export type WalletState = {
  readonly version: 1
  readonly ledger: Ledger
  readonly journal: readonly JournalEntry[]
  readonly identities: readonly KnownIdentity[]
  readonly depositIntents: readonly DepositIntent[]
  /** Signs anchors and receipts; fixed when first seen. */
  readonly sequencer?: string
  /** Asked for at registration, and checked when the registrar's offer comes. */
  readonly requestedDestination?: Destination
  /** Base-chain transactions that this wallet signed. */
  readonly transactions: readonly StoredTransaction[]
  /** Claims made so far: each is a purpose of its own. */
  readonly claims: number
}

export function emptyState(): WalletState {
  return {
    version: 1,
    ledger: emptyLedger(),
    journal: [],
    identities: [],
    depositIntents: [],
    transactions: [],
    claims: 0,
  }
}

/** JSON in which bigints and bytes keep their types. */
export function encodeState(state: WalletState): string {
  return JSON.stringify(state, (_key, value: unknown) => {
    if (typeof value === 'bigint') return { $bigint: value.toString(16) }
    if (value instanceof Uint8Array) return { $bytes: bytesToHex(value) }
    return value
  })
}

/** @throws {SyntaxError} when the text is no JSON. */
export function decodeState(text: string): WalletState {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('$bigint' in value) return BigInt(`0x${String(value.$bigint)}`)
    if ('$bytes' in value) return hexToBytes(String(value.$bytes))
    return value
  }) as WalletState
}
