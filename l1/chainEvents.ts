import type { CurvePoint } from '../protocol/babyjubjub.ts'
import type { BatchCircuit, TransferCircuit } from '../protocol/constants.ts'
import type { Policy } from '../protocol/policy.ts'
import type { TransferPublicInputs } from '../protocol/publicInputs.ts'

/** Where an event stands in the base chain. */
export type EventPosition = {
  readonly blockNumber: bigint
  readonly blockHash: `0x${string}`
  readonly transactionHash: `0x${string}`
  readonly logIndex: number
  /** Block time, Unix seconds. */
  readonly timestamp: bigint
}

/** A settled transfer or collect, complete: what a follower, wallet or supervisor needs. */
export type SettledTransfer = {
  readonly kind: TransferCircuit
  /** Position of the slot in the batch. */
  readonly slot: number
  /** Leaf index of outputs[0]; outputs[i] stands at this + i. */
  readonly firstLeafIndex: bigint
  /** Complete, in protocol terms: roots, audit keys and day are filled in from their versions. */
  readonly publicInputs: TransferPublicInputs
  readonly memo: Uint8Array
  /** Base-chain batch whose note root is the anchor. */
  readonly anchorBatch: bigint
  /** Set where it came by the forced queue: the entry's id there. */
  readonly forcedEntry?: bigint
}

/**
 * An entry of the forced queue that was consumed without effect, its nullifier being spent before. It left
 * nothing in the trees; its words are in the batch's proof.
 */
export type SettledVoid = {
  readonly slot: number
  readonly forcedEntry: bigint
  readonly nullifier: bigint
  readonly outputs: TransferPublicInputs['outputs']
}

export type SettledDeposit = {
  readonly id: bigint
  readonly asset: bigint
  /** Protocol units. */
  readonly amount: bigint
  readonly recipient: bigint
  readonly ciphertext: Uint8Array
  readonly leafIndex: bigint
}

export type ChainEvent = EventPosition &
  (
    | {
        readonly type: 'batchSettled'
        readonly batchNumber: bigint
        readonly circuit: BatchCircuit
        readonly feeRecipient: `0x${string}`
        /** First slot index of the batch in both trees. */
        readonly position: bigint
        readonly oldSlotCount: bigint
        readonly newSlotCount: bigint
        readonly noteRoot: bigint
        readonly nullifierRoot: bigint
        readonly transfers: readonly SettledTransfer[]
        readonly voids: readonly SettledVoid[]
        readonly deposits: readonly SettledDeposit[]
      }
    | {
        readonly type: 'depositQueued'
        readonly id: bigint
        readonly asset: bigint
        readonly amount: bigint
        readonly recipient: bigint
        readonly ciphertext: Uint8Array
        readonly depositor: `0x${string}`
        readonly deadline: bigint
      }
    | {
        readonly type: 'depositReclaimRequested'
        readonly id: bigint
        readonly refundableAt: bigint
      }
    | { readonly type: 'depositRefunded'; readonly id: bigint }
    | {
        readonly type: 'forcedTransferQueued'
        readonly id: bigint
        /** computeStatementId of what follows. */
        readonly statementId: `0x${string}`
        readonly kind: TransferCircuit
        readonly publicInputs: TransferPublicInputs
        readonly memo: Uint8Array
        readonly anchorBatch: bigint
        /** Seconds of the settlement clock. */
        readonly queuedAt: bigint
        readonly dueAt: bigint
        readonly deadline: bigint
        readonly wasCurrent: boolean
      }
    | {
        readonly type: 'identityUpdated'
        readonly index: bigint
        readonly oldLeaf: bigint
        readonly newLeaf: bigint
        readonly mode: number
        readonly version: bigint
        readonly root: bigint
        /** The index's registered T. */
        readonly tracePoint: CurvePoint
        /** The leaf's contents, sealed to the investigation audit key. */
        readonly sealedContents: Uint8Array
      }
    | {
        readonly type: 'destinationAnnounced'
        readonly index: bigint
        readonly oldLeaf: bigint
        readonly newLeaf: bigint
        /** Settlement-clock time, seconds, from which the owner's signature makes the change. */
        readonly allowedFrom: bigint
      }
    | {
        readonly type: 'policyPublished'
        readonly version: bigint
        readonly root: bigint
        readonly policies: readonly Policy[]
      }
    | {
        readonly type: 'epochScheduled'
        readonly epoch: bigint
        readonly startDay: bigint
        readonly auditKeyS: CurvePoint
        readonly auditKeyI: CurvePoint
        readonly auditKeyL: CurvePoint
      }
    | {
        readonly type: 'assetListed'
        readonly asset: bigint
        readonly token: `0x${string}`
        /** Base-chain amount of one protocol unit. */
        readonly unit: bigint
        readonly maxFee: bigint
      }
    | {
        readonly type: 'clockStopped'
        /** Block time at which the stop lapses by itself. */
        readonly until: bigint
      }
    | { readonly type: 'clockResumed' }
    | {
        readonly type: 'keyAnnounced'
        readonly circuitId: number
        readonly version: number
        /** keccak256 of the words that the registry keeps of the key. */
        readonly keyHash: `0x${string}`
      }
    | {
        readonly type: 'keyActivated'
        readonly circuitId: number
        readonly version: number
        /** Clock time until which the key before it may be used. */
        readonly previousUsableUntil: bigint
      }
    | { readonly type: 'keyRetired'; readonly circuitId: number; readonly version: number }
    | {
        readonly type: 'keyStopped'
        readonly circuitId: number
        readonly version: number
        /** Block time at which the stop lapses. */
        readonly until: bigint
      }
    | {
        readonly type: 'withdrawalCredited' | 'withdrawalClaimed'
        readonly asset: bigint
        readonly account: `0x${string}`
        /** Protocol units. */
        readonly amount: bigint
      }
  )

export type ChainEventType = ChainEvent['type']
export type ChainEventOf<T extends ChainEventType> = Extract<ChainEvent, { type: T }>

/** A block as far as the chain's continuity is concerned. */
export type ChainHead = {
  readonly number: bigint
  readonly hash: `0x${string}`
  readonly timestamp: bigint
}

/**
 * Reads the base chain. Two implementations: the live one over JSON-RPC (l1/chainReader.ts) and
 * recorded ones in tests.
 */
export type ChainReader = {
  getHead(): Promise<ChainHead>
  getBlock(number: bigint): Promise<ChainHead | undefined>
  /** All events of ours in [from, to], in chain order. */
  getEvents(range: { from: bigint; to: bigint }): Promise<readonly ChainEvent[]>
}
