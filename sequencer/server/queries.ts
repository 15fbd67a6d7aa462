import type { Static } from '@sinclair/typebox'
import {
  type BatchPage,
  type BatchRange,
  encodeBatchBody,
  type IdentityLeafPage,
  type LeafPage,
  type LeafRange,
  MAX_BATCHES_PER_PAGE,
  MAX_LEAVES_PER_PAGE,
  NOBODY,
  type PolicyList,
  type SignedAnchor,
  type StatusBody,
  type TransferState,
} from '../../api/index.ts'
import {
  BATCH_CIRCUITS,
  CIRCUIT_IDS,
  type CircuitName,
  DEPOSITS_PER_SLOT,
  OUTPUTS_PER_SLOT,
  PROTOCOL_VERSION,
} from '../../protocol/constants.ts'
import type { OperatorBondState } from '../../l1/operatorBond.ts'
import type { SettlementRight } from '../../l1/settlementRight.ts'
import { formatField } from '../../protocol/field.ts'
import { AnchorUnknownError, NotReadyError, TransferUnknownError } from '../admission/errors.ts'
import { assuranceOf, type Finality } from '../finality/assuranceOf.ts'
import { type ChainView, currentValues } from '../chainView.ts'
import type { Signer } from '../signer.ts'
import { toSignedAnchor } from '../signer.ts'
import { SealedState } from '../state/sealedState.ts'
import type { Database } from '../store/database.ts'
import { findForcedEntry } from '../store/findForcedEntry.ts'
import { findTransfer } from '../store/findTransfer.ts'
import { listBatchDeposits } from '../store/listBatchDeposits.ts'
import { listBatches } from '../store/listBatches.ts'
import { listBatchTransfers } from '../store/listBatchTransfers.ts'
import { listIdentityLeaves } from '../store/listIdentityLeaves.ts'
import type { Limits } from './limits.ts'
import { noRemovals, type Removal, type Removals } from './removals.ts'

type Hex = `0x${string}`

export type QueriesDependencies = {
  database: Database
  state: SealedState
  getView: () => ChainView | undefined
  getRight: () => SettlementRight | undefined
  getFinality: () => Finality
  /** The bond that answers for receipts now. Default: none. */
  getPromise?: () => OperatorBondState | undefined
  isReceiving: (id: string) => boolean
  /** None in a follower: its anchors are unsigned. */
  signer: Signer | undefined
  chainId: bigint
  contracts: Readonly<Record<string, Hex>>
  domain: bigint
  prefix: 'cnb' | 'tcnb'
  keyHashOf: (circuit: CircuitName) => Hex | null
  minimumFees: ReadonlyMap<bigint, bigint>
  feeRecipient: Hex
  limits: Limits
  /** Memos that an order removed from the answers. Default: none. */
  removals?: Removals
  now: () => Date
}

/** Everything that the interface reads. */
export type Queries = {
  getTransfer(id: Hex): Promise<TransferState>
  getStatus(): Promise<StatusBody>
  getAnchor(batchNumber: bigint | undefined): Promise<SignedAnchor>
  getBatches(range: Static<typeof BatchRange>): Promise<BatchPage>
  getLeaves(range: Static<typeof LeafRange>): Promise<LeafPage>
  getIdentityLeaves(range: Static<typeof LeafRange>): Promise<IdentityLeafPage>
  getPolicies(): Promise<PolicyList>
}

export function createQueries(deps: QueriesDependencies): Queries {
  const { database, state, getView, signer, removals = noRemovals } = deps
  const requireView = (): ChainView => {
    const view = getView()
    if (view === undefined) throw new NotReadyError({ what: 'a first look at the base chain' })
    return view
  }

  return {
    async getTransfer(id) {
      const found = await findTransfer(database, id)
      // Asked first, a rejected one that is being submitted again is received again.
      if (deps.isReceiving(id) && (found === undefined || found.stage === 'rejected')) {
        return { id, status: 'received' }
      }
      const entry = await findForcedEntry(database, id)
      const forced =
        entry === undefined
          ? {}
          : {
              forced: {
                entry: Number(entry.entryId),
                deadline: Math.floor(entry.deadlineAt.getTime() / 1000),
              },
            }
      const isWaiting = entry !== undefined && entry.takenAs === undefined
      if (isWaiting && (found === undefined || found.stage === 'rejected')) {
        return { id, status: 'forced', ...forced }
      }
      if (found === undefined) throw new TransferUnknownError({ id })
      return {
        id,
        status: found.stage,
        ...forced,
        ...(found.receiptSignature === undefined || signer === undefined
          ? {}
          : {
              receipt: {
                statementId: id,
                admittedAt: found.admittedAt.getTime(),
                settleBy: found.settleBy,
                sequencer: found.receiptSigner ?? signer.address,
                signature: found.receiptSignature,
              },
            }),
        ...(found.batchNumber === undefined ? {} : { batchNumber: Number(found.batchNumber) }),
        ...(found.slot === undefined ? {} : { slot: found.slot }),
        ...(found.firstLeafIndex === undefined
          ? {}
          : { firstLeafIndex: Number(found.firstLeafIndex) }),
        ...(found.l1Transaction === undefined ? {} : { l1Transaction: found.l1Transaction }),
        ...(found.batchNumber === undefined || found.stage === 'rejected'
          ? {}
          : {
              assurance: assuranceOf(
                { batchNumber: found.batchNumber, settledAt: found.settledAt },
                deps.getFinality(),
              ),
            }),
        ...(found.reason === undefined ? {} : { reason: found.reason }),
      }
    },

    async getStatus() {
      const view = requireView()
      const current = currentValues(view, deps.now())
      if (current === undefined) {
        throw new NotReadyError({ what: 'audit keys in force on the base chain' })
      }
      const { epoch } = current
      return {
        protocolVersion: PROTOCOL_VERSION,
        chainId: Number(deps.chainId),
        contracts: { ...deps.contracts },
        domain: formatField(deps.domain),
        prefix: deps.prefix,
        circuits: (Object.keys(CIRCUIT_IDS) as CircuitName[]).map((name) => ({
          name,
          id: CIRCUIT_IDS[name],
          keyHash: deps.keyHashOf(name),
        })),
        sealed: encodeHead(state.head),
        settled: await settledHead(view),
        finality: {
          batchNumber: Number(deps.getFinality().final?.batchNumber ?? 0n),
          depth: Number(deps.getFinality().depth),
        },
        settlement: encodeRight(deps.getRight()),
        promise: encodePromise(deps.getPromise?.()),
        identity: encodeVersion(view.identity),
        policy: encodeVersion(view.policy),
        day: Number(current.day),
        epoch: Number(epoch.epoch),
        auditKeyS: [formatField(epoch.auditKeyS.x), formatField(epoch.auditKeyS.y)],
        auditKeyI: [formatField(epoch.auditKeyI.x), formatField(epoch.auditKeyI.y)],
        auditKeyL: [formatField(epoch.auditKeyL.x), formatField(epoch.auditKeyL.y)],
        minimumFees: [...deps.minimumFees].map(([asset, amount]) => ({
          asset: Number(asset),
          amount: String(amount),
        })),
        limits: {
          bodyBytes: deps.limits.bodyBytes,
          requestsPerMinute: deps.limits.requestsPerMinute,
          batchesPerPage: MAX_BATCHES_PER_PAGE,
          leavesPerPage: MAX_LEAVES_PER_PAGE,
        },
        batchSizes: Object.values(BATCH_CIRCUITS).map(({ size }) => size),
        feeRecipient: deps.feeRecipient,
        sequencer: signer?.address ?? NOBODY,
      }
    },

    async getAnchor(batchNumber) {
      const number = batchNumber ?? state.head.batchNumber
      const [batch] = await listBatches(database, { from: number, count: 1 })
      if (batch === undefined) throw new AnchorUnknownError({ batchNumber })
      return toSignedAnchor(batch, signer)
    },

    async getBatches({ from, count }) {
      const batches = await listBatches(database, { from: BigInt(from), count })
      const ids = batches.map(({ id }) => id)
      const transfers = await listBatchTransfers(database, ids)
      const deposits = await listBatchDeposits(database, ids)
      const removed = await removals.read()
      return {
        newestBatch: Number(state.head.batchNumber),
        batches: batches.map((batch) => {
          const { circuit, position, id } = batch
          const { size } = BATCH_CIRCUITS[circuit]
          // Deposits fill the last slot.
          const depositLeaf =
            BigInt(OUTPUTS_PER_SLOT) * (position + BigInt(size)) - BigInt(DEPOSITS_PER_SLOT)
          return encodeBatchBody({
            anchor: toSignedAnchor(batch, signer),
            batchNumber: batch.number,
            circuit,
            position,
            oldSlotCount: batch.oldSlotCount,
            newSlotCount: batch.newSlotCount,
            noteRoot: batch.newNoteRoot,
            nullifierRoot: batch.newNullifierRoot,
            feeRecipient: batch.feeRecipient,
            stage: batch.stage,
            ...(batch.l1Transaction === undefined ? {} : { l1Transaction: batch.l1Transaction }),
            assurance: assuranceOf(
              { batchNumber: batch.number, settledAt: batch.settledAt },
              deps.getFinality(),
            ),
            transfers: (transfers.get(id) ?? []).map((transfer) => ({
              kind: transfer.circuit,
              statementId: transfer.id,
              slot: transfer.slot,
              firstLeafIndex: BigInt(OUTPUTS_PER_SLOT) * (position + BigInt(transfer.slot)),
              publicInputs: transfer.publicInputs,
              memo: transfer.memo,
              ...removalOf(removed, transfer.publicInputs),
              anchorBatch: transfer.anchorBatch,
            })),
            deposits: (deposits.get(id) ?? []).map((deposit, place) => ({
              ...deposit,
              leafIndex: depositLeaf + BigInt(place),
            })),
          })
        }),
      }
    },

    getLeaves({ from, count }) {
      const { batchNumber, slotCount } = state.head
      return Promise.resolve({
        from,
        leaves: state.leaves(from, count).map(formatField),
        leafCount: OUTPUTS_PER_SLOT * Number(slotCount),
        batchNumber: Number(batchNumber),
      })
    },

    async getIdentityLeaves({ from, count }) {
      const view = requireView()
      const leaves = await listIdentityLeaves(database, { from, limit: count + 1 })
      const next = leaves[count]
      return {
        ...encodeVersion(view.identity),
        leaves: leaves
          .slice(0, count)
          .map(({ index, leaf }) => ({ index, leaf: formatField(leaf) })),
        ...(next === undefined ? {} : { next: next.index }),
      }
    },

    getPolicies() {
      const { policy } = requireView()
      return Promise.resolve({
        ...encodeVersion(policy),
        policies: policy.policies.map((entry) => ({
          tier: Number(entry.tier),
          asset: Number(entry.asset),
          perTransfer: String(entry.perTransfer),
          perDay: String(entry.perDay),
          accountCap: String(entry.accountCap),
          reportAbove: String(entry.reportAbove),
        })),
      })
    },
  }

  async function settledHead({ settled }: ChainView): Promise<StatusBody['settled']> {
    const [batch] =
      settled === undefined
        ? []
        : await listBatches(database, { from: settled.batchNumber, count: 1 })
    return encodeHead(
      batch === undefined
        ? initialHead
        : {
            batchNumber: batch.number,
            noteRoot: batch.newNoteRoot,
            nullifierRoot: batch.newNullifierRoot,
            slotCount: batch.newSlotCount,
          },
    )
  }
}

function removalOf(
  removed: ReadonlyMap<string, Removal>,
  { nullifier }: { nullifier: bigint },
): { memoRemoval?: Removal } {
  const removal = removed.get(formatField(nullifier))
  return removal === undefined ? {} : { memoRemoval: removal }
}

/** Of the initial state, batch 0. */
const initialHead = new SealedState().head

function encodeHead(head: SealedState['head']): StatusBody['sealed'] {
  return {
    batchNumber: Number(head.batchNumber),
    noteRoot: formatField(head.noteRoot),
    nullifierRoot: formatField(head.nullifierRoot),
    slotCount: Number(head.slotCount),
  }
}

function encodePromise(bond: OperatorBondState | undefined): StatusBody['promise'] {
  if (bond === undefined) return null
  const { promiseTime, amount, payout } = bond
  return { seconds: Number(promiseTime), bond: String(amount), payout: String(payout) }
}

function encodeRight(right: SettlementRight | undefined): StatusBody['settlement'] {
  return {
    mode: right?.mode ?? 'sequencer',
    isOurs: right?.maySettle ?? false,
    leaseHolder: right?.holder ?? null,
    leaseEndsAt: right?.leaseEndsAt === undefined ? null : Number(right.leaseEndsAt),
  }
}

function encodeVersion({ version, root }: { version: bigint; root: bigint }): {
  version: number
  root: Hex
} {
  return { version: Number(version), root: formatField(root) }
}
