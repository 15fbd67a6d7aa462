import type { ChainEvent, ChainEventOf } from '../l1/chainEvents.ts'
import { REGISTRY_MODE } from '../protocol/constants.ts'
import { deriveTracePoint, type Keys } from '../protocol/keys.ts'
import { buildPolicyTree } from '../protocol/policy.ts'
import type { MerkleTree } from '../protocol/tree.ts'
import { RegistryDataError } from './errors.ts'
import { type DepositRecord, ensureAccounts, type Ledger, ownerOf } from './ledger.ts'
import { openDepositNote } from './openReceivedNotes.ts'
import { processBatch } from './processBatch.ts'
import type { Trials } from './tryCiphertexts.ts'

export type ProcessContext = {
  readonly keys: Keys
  readonly identityTree: MerkleTree
  /** Recipients of our own deposits by blinding, found even where the ciphertext is noise. */
  readonly knownRecipients: ReadonlyMap<bigint, bigint>
  /** What the ciphertexts of all events at hand gave; without it each is tried as it comes. */
  readonly trials?: Trials
}

/**
 * One base-chain event applied to the ledger. The identity tree advances with it; when it throws, ledger
 * and tree are as they were. The leaves of batches were checked before: `extendSettled`.
 *
 * @throws {RegistryDataError} when the data does not lead to the published roots.
 * @throws {AccountChainError} when a transfer of ours cannot be followed.
 */
export function processChainEvent(
  context: ProcessContext,
  ledger: Ledger,
  event: ChainEvent,
): Ledger {
  switch (event.type) {
    case 'batchSettled':
      return processBatch(context, ledger, event)
    case 'depositQueued':
      return processDeposit(context, ledger, event)
    case 'depositReclaimRequested':
      return setDepositStage(ledger, event.id, 'reclaimRequested')
    case 'depositRefunded':
      return setDepositStage(ledger, event.id, 'refunded')
    case 'identityUpdated':
      return processIdentity(context, ledger, event)
    case 'destinationAnnounced':
      return processAnnouncement(ledger, event)
    case 'policyPublished':
      return processPolicies(ledger, event)
    case 'epochScheduled': {
      const { epoch, startDay, auditKeyS, auditKeyI, auditKeyL } = event
      const added = { epoch, startDay, auditKeyS, auditKeyI, auditKeyL }
      return { ...ledger, epochs: [...ledger.epochs, added] }
    }
    case 'assetListed': {
      const { asset, token, unit, maxFee } = event
      const others = ledger.assets.filter((known) => known.asset !== asset)
      return ensureAccounts(
        { ...ledger, assets: [...others, { asset, token, unit, maxFee }] },
        context.keys,
      )
    }
    case 'withdrawalClaimed':
      return processClaim(ledger, event)
    default:
      // Nothing of ours: credits, keys, the clock.
      return ledger
  }
}

function processDeposit(
  { keys, knownRecipients, trials }: ProcessContext,
  ledger: Ledger,
  event: ChainEventOf<'depositQueued'>,
): Ledger {
  const owner = ownerOf(ledger, keys)
  if (owner === undefined) return { ...ledger, isScannedBlind: true }
  const reader = { keys, owner, ...(trials === undefined ? {} : { trials }) }
  const blinding = openDepositNote(reader, event, knownRecipients)
  if (blinding === undefined) return ledger
  const { id, asset, amount, depositor, deadline } = event
  const { blockNumber, transactionHash, timestamp } = event
  const record: DepositRecord = {
    ...{ id, asset, amount, blinding, depositor, deadline },
    queuedAt: { blockNumber, transactionHash, timestamp },
    stage: 'queued',
  }
  return { ...ledger, deposits: [...ledger.deposits, record] }
}

function setDepositStage(ledger: Ledger, id: bigint, stage: DepositRecord['stage']): Ledger {
  if (!ledger.deposits.some((deposit) => deposit.id === id)) return ledger
  return {
    ...ledger,
    deposits: ledger.deposits.map((deposit) =>
      deposit.id === id ? { ...deposit, stage } : deposit,
    ),
  }
}

function processIdentity(
  { keys, identityTree }: ProcessContext,
  ledger: Ledger,
  event: ChainEventOf<'identityUpdated'>,
): Ledger {
  const fork = identityTree.fork()
  fork.setLeaf(Number(event.index), event.newLeaf)
  if (fork.root !== event.root) throw new RegistryDataError({ what: 'identity registry' })
  identityTree.merge(fork)

  const others = ledger.identityLeaves.filter(([index]) => index !== event.index)
  const isMove = event.mode === REGISTRY_MODE.DESTINATION_BY_OWNER
  const next: Ledger = {
    ...(isMove ? withoutAnnouncement(ledger, event) : ledger),
    identityVersion: event.version,
    identityRoot: event.root,
    identityLeaves: [...others, [event.index, event.newLeaf]],
  }
  if (ledger.identityIndex !== undefined || !isOurRegistration(keys, event)) return next
  return ensureAccounts({ ...next, identityIndex: event.index }, keys)
}

function processAnnouncement(ledger: Ledger, event: ChainEventOf<'destinationAnnounced'>): Ledger {
  if (event.index !== ledger.identityIndex) return ledger
  const { oldLeaf, newLeaf, allowedFrom } = event
  const { announcedDestinations = [], ...rest } = withoutAnnouncement(ledger, event)
  return {
    ...rest,
    announcedDestinations: [...announcedDestinations, { oldLeaf, newLeaf, allowedFrom }],
  }
}

/** The contract keeps the newest announcement of a change, and lets it serve once. */
function withoutAnnouncement(
  ledger: Ledger,
  { index, oldLeaf, newLeaf }: { index: bigint; oldLeaf: bigint; newLeaf: bigint },
): Ledger {
  const { announcedDestinations: known } = ledger
  if (known === undefined || index !== ledger.identityIndex) return ledger
  return {
    ...ledger,
    announcedDestinations: known.filter(
      (other) => other.oldLeaf !== oldLeaf || other.newLeaf !== newLeaf,
    ),
  }
}

/**
 * T is published with the leaf and only our keys give it at this index: so a wallet finds its own
 * identity with nothing but the seed.
 */
export function isOurRegistration(
  keys: Pick<Keys, 'ownerKey' | 'nullifierKey'>,
  event: ChainEvent,
): boolean {
  if (event.type !== 'identityUpdated' || event.mode !== REGISTRY_MODE.FILL) return false
  const owner = { ownerKey: keys.ownerKey, identityIndex: event.index }
  const own = deriveTracePoint(keys.nullifierKey, owner)
  return own.x === event.tracePoint.x && own.y === event.tracePoint.y
}

function processPolicies(ledger: Ledger, event: ChainEventOf<'policyPublished'>): Ledger {
  if (buildPolicyTree(event.policies).root !== event.root) {
    throw new RegistryDataError({ what: 'policies' })
  }
  return { ...ledger, policyRoot: event.root, policies: event.policies }
}

/** A claim pays out all that was credited to an address; only addresses we withdrew to are kept. */
function processClaim(
  ledger: Ledger,
  event: ChainEventOf<'withdrawalCredited' | 'withdrawalClaimed'>,
): Ledger {
  const account = BigInt(event.account)
  const isOurs = ledger.spends.some(
    ({ asset, withdrawal }) => asset === event.asset && withdrawal?.recipient === account,
  )
  if (!isOurs) return ledger
  const { asset, blockNumber, transactionHash, timestamp } = event
  const claim = { asset, account: event.account, blockNumber, transactionHash, timestamp }
  return { ...ledger, claims: [...ledger.claims, claim] }
}
