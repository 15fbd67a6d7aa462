import type { ChainEventOf } from '../l1/chainEvents.ts'
import { type Account, deriveGenesisNullifier, genesisAccount } from '../protocol/account.ts'
import { INITIAL_SLOT_COUNT, NOTE_TREE_DEPTH, type TransferCircuit } from '../protocol/constants.ts'
import type { Keys, Owner } from '../protocol/keys.ts'
import type { Policy } from '../protocol/policy.ts'
import { emptyRoot } from '../protocol/tree.ts'

/** Where in the base chain something of ours was settled. */
export type SettledAt = {
  readonly batchNumber: bigint
  readonly blockNumber: bigint
  readonly transactionHash: `0x${string}`
  /** Block time, Unix seconds. */
  readonly timestamp: bigint
}

/** The account in one asset as the base chain has it. */
export type AccountRecord = {
  readonly asset: bigint
  /** genesisAccount before the first transfer. */
  readonly account: Account
  /** Where its note stands; undefined before the first transfer. */
  readonly leafIndex?: bigint
  /** What the next transfer reveals. */
  readonly nullifier: bigint
}

/** A note that was received and whose ciphertext opened (W2), or that we made for ourselves. */
export type NoteRecord = {
  readonly leafIndex: bigint
  readonly asset: bigint
  readonly amount: bigint
  readonly blinding: bigint
  readonly userMemo: string
  readonly source: 'transfer' | 'deposit' | 'self'
  readonly depositId?: bigint
  readonly settledAt: SettledAt
  /** Nonce of the account note whose transfer took it in. */
  readonly takenBy?: bigint
}

export type SpendInput = { readonly leafIndex: bigint }
export type SpendOutput = {
  readonly slot: 1 | 2 | 3
  readonly amount: bigint
  readonly recipientIndex: bigint
}

/** A settled transfer of this account, read from public data and our own keys alone. */
export type SpendRecord = {
  readonly kind: TransferCircuit
  readonly asset: bigint
  /** Nonce of the account note that was spent; 0 at genesis. */
  readonly nonce: bigint
  readonly nullifier: bigint
  readonly outputs: readonly [bigint, bigint, bigint, bigint]
  readonly memoHash: bigint
  /** Of outputs[0]; outputs[i] stands at this + i. */
  readonly firstLeafIndex: bigint
  readonly amountIn: bigint
  readonly inputs: readonly SpendInput[]
  /** Those with an amount. */
  readonly payments: readonly SpendOutput[]
  readonly withdrawal?: { readonly amount: bigint; readonly recipient: bigint }
  readonly fee: bigint
  /** Day the statement was made for. */
  readonly day: bigint
  readonly settledAt: SettledAt
}

export type DepositRecord = {
  readonly id: bigint
  readonly asset: bigint
  readonly amount: bigint
  readonly blinding: bigint
  readonly depositor: `0x${string}`
  readonly deadline: bigint
  readonly queuedAt: Omit<SettledAt, 'batchNumber'>
  readonly stage: 'queued' | 'reclaimRequested' | 'refunded' | 'settled'
}

/** Somebody claimed all that had been credited to an address. */
export type ClaimRecord = {
  readonly asset: bigint
  readonly account: `0x${string}`
  readonly blockNumber: bigint
  readonly transactionHash: `0x${string}`
  readonly timestamp: bigint
}

export type AssetRecord = Pick<ChainEventOf<'assetListed'>, 'asset' | 'token' | 'unit' | 'maxFee'>
export type EpochRecord = Pick<
  ChainEventOf<'epochScheduled'>,
  'epoch' | 'startDay' | 'auditKeyS' | 'auditKeyI' | 'auditKeyL'
>

/** A change of our destination that was announced and may yet be made. */
export type AnnouncedDestination = Pick<
  ChainEventOf<'destinationAnnounced'>,
  'oldLeaf' | 'newLeaf' | 'allowedFrom'
>

/** All that the wallet knows from the base chain. It can be dropped and rebuilt at any time. */
export type Ledger = {
  /** Newest block whose events were all applied. */
  readonly head?: { readonly number: bigint; readonly hash: `0x${string}` }
  /** Newest settled batch; 0 is the initial state. */
  readonly batchNumber: bigint
  readonly slotCount: bigint
  readonly noteRoot: bigint
  readonly identityVersion: bigint
  readonly identityRoot: bigint
  readonly identityLeaves: readonly (readonly [index: bigint, leaf: bigint])[]
  readonly policyRoot: bigint
  readonly policies: readonly Policy[]
  readonly epochs: readonly EpochRecord[]
  readonly assets: readonly AssetRecord[]
  /** Our own, as the registry has it. */
  readonly identityIndex?: bigint
  /** Of our own index; absent before the first. */
  readonly announcedDestinations?: readonly AnnouncedDestination[]
  /** Deposits or batches went by before our index was known: the chain must be read again. */
  readonly isScannedBlind: boolean
  readonly accounts: readonly AccountRecord[]
  /** Ascending by leaf index. */
  readonly notes: readonly NoteRecord[]
  readonly spends: readonly SpendRecord[]
  readonly deposits: readonly DepositRecord[]
  readonly claims: readonly ClaimRecord[]
}

/** Before the first event. A known identity index makes a second reading complete from the start. */
export function emptyLedger({ identityIndex }: { identityIndex?: bigint } = {}): Ledger {
  return {
    batchNumber: 0n,
    slotCount: INITIAL_SLOT_COUNT,
    noteRoot: emptyRoot(NOTE_TREE_DEPTH),
    identityVersion: 0n,
    identityRoot: 0n,
    identityLeaves: [],
    policyRoot: 0n,
    policies: [],
    epochs: [],
    assets: [],
    ...(identityIndex === undefined ? {} : { identityIndex }),
    isScannedBlind: false,
    accounts: [],
    notes: [],
    spends: [],
    deposits: [],
    claims: [],
  }
}

/** Our own leaf as the registry has it; undefined where we have none. */
export function ownLeafOf({ identityIndex, identityLeaves }: Ledger): bigint | undefined {
  return identityLeaves.find(([index]) => index === identityIndex)?.[1]
}

export function ownerOf(ledger: Ledger, keys: Pick<Keys, 'ownerKey'>): Owner | undefined {
  const { identityIndex } = ledger
  return identityIndex === undefined ? undefined : { ownerKey: keys.ownerKey, identityIndex }
}

/** Adds the unopened account of every listed asset that has none yet. */
export function ensureAccounts(ledger: Ledger, keys: Keys): Ledger {
  const owner = ownerOf(ledger, keys)
  if (owner === undefined) return ledger
  const missing = ledger.assets.filter(
    ({ asset }) => !ledger.accounts.some((record) => record.asset === asset),
  )
  if (missing.length === 0) return ledger
  const opened = missing.map(({ asset }): AccountRecord => ({
    asset,
    account: genesisAccount(owner, asset),
    nullifier: deriveGenesisNullifier(keys.nullifierKey, owner, asset),
  }))
  return { ...ledger, accounts: [...ledger.accounts, ...opened] }
}

export function findAccount(ledger: Ledger, asset: bigint): AccountRecord | undefined {
  return ledger.accounts.find((record) => record.asset === asset)
}

/** Notes that the account can still take in, oldest first. */
export function pendingNotes(ledger: Ledger, account: Account): NoteRecord[] {
  return ledger.notes.filter(
    (note) =>
      note.asset === account.asset &&
      note.takenBy === undefined &&
      note.leafIndex >= account.cursor,
  )
}

/** Notes that no transfer took and that lie below the cursor: out of reach for ever. */
export function forfeitedNotes(ledger: Ledger, account: Account): NoteRecord[] {
  return ledger.notes.filter(
    (note) =>
      note.asset === account.asset && note.takenBy === undefined && note.leafIndex < account.cursor,
  )
}

/** The audit-key epoch of a day. */
export function epochOn(ledger: Ledger, day: bigint): EpochRecord | undefined {
  let found: EpochRecord | undefined
  for (const epoch of ledger.epochs) {
    if (epoch.startDay <= day && (found === undefined || epoch.epoch > found.epoch)) found = epoch
  }
  return found
}
