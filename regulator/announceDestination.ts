import { parseEventLogs } from 'viem'
import { abis } from '../l1/bindings.ts'
import { announceDestinationCall } from '../l1/calls.ts'
import {
  type DestinationChange,
  type DestinationChangeState,
  readDestinationChange,
} from '../l1/destinations.ts'
import { type ChainView, getClock } from '../l1/reads.ts'
import { submitTransaction } from '../l1/submitTransaction.ts'
import { hashIdentity, type Identity } from '../protocol/identity.ts'
import {
  DestinationConsentError,
  DestinationNotAnnouncedError,
  DestinationTooSoonError,
} from './errors.ts'
import type { RegistrarDependencies } from './publishIdentity.ts'
import { presentLimits } from './registrarLimits.ts'

/** A leaf before and after its destination changes. */
export type DestinationMove = {
  readonly index: number
  readonly old: Identity
  readonly next: Identity
}

export type DestinationAnnouncement = {
  /** Settlement-clock time, seconds. */
  readonly allowedFrom: bigint
  /** By the settlement clock, which a guardian can stop; 0 once it can be made. */
  readonly secondsLeft: bigint
  /** Undefined where it was announced already. */
  readonly transactionHash: `0x${string}` | undefined
}

/**
 * Starts the timelock of a change of destination that its owner has signed. Safe to repeat: one that is
 * announced already keeps its time.
 *
 * @throws {DestinationConsentError} when the leaf on the chain is not `old`.
 * @throws {RegistrarLimitError} when the index is another registrar's, or the day's updates are made.
 */
export async function announceDestination(
  dependencies: Omit<RegistrarDependencies, 'prover' | 'randomBytes' | 'onPhase'>,
  move: DestinationMove,
): Promise<DestinationAnnouncement> {
  const { client, deployment, account, store, confirmations = 1 } = dependencies
  const change = changeOf(move)
  const before = await readDestinationChange(dependencies, change)
  if (before.leaf === change.newLeaf) {
    throw new DestinationConsentError({
      index: move.index,
      reason: 'the change is made',
      remedy: 'Run `cinnabar registrar destination move`, which keeps it.',
    })
  }
  checkLeaf(before, change)
  if (before.allowedFrom !== undefined) {
    return answerOf(dependencies, { allowedFrom: before.allowedFrom, transactionHash: undefined })
  }
  await presentLimits(dependencies, move.index)
  const { index, oldLeaf, newLeaf } = change
  const { logs, transactionHash } = await submitTransaction({
    ...{ client, account, store, confirmations, chainId: deployment.chainId },
    // Counted: a leaf that comes back can be announced again, in a transaction of its own.
    purpose: `destination ${String(index)} ${String(oldLeaf)} ${String(newLeaf)} ${String(before.timesMade)}`,
    ...announceDestinationCall(deployment, change),
  })
  const { identityRegistry: abi } = abis
  const [announced] = parseEventLogs({ abi, eventName: 'DestinationAnnounced', logs })
  // A transaction that was mined for this purpose has the event.
  if (announced === undefined) throw new DestinationNotAnnouncedError({ index: move.index })
  const { allowedFrom } = announced.args
  return answerOf(dependencies, { allowedFrom, transactionHash })
}

/**
 * Checks that a change of destination can be made now: what the contract would refuse otherwise, once it
 * is proved.
 *
 * @throws {DestinationConsentError | DestinationNotAnnouncedError | DestinationTooSoonError}
 */
export async function checkAnnounced(
  view: Pick<RegistrarDependencies, 'client' | 'deployment'>,
  move: DestinationMove,
): Promise<void> {
  const { index } = move
  const change = changeOf(move)
  const state = await readDestinationChange(view, change)
  checkLeaf(state, change)
  const { allowedFrom } = state
  if (allowedFrom === undefined) throw new DestinationNotAnnouncedError({ index })
  const { time } = await getClock(view)
  if (time < allowedFrom) throw new DestinationTooSoonError({ index, allowedFrom, now: time })
}

function checkLeaf({ leaf }: DestinationChangeState, { index, oldLeaf }: DestinationChange): void {
  if (leaf === oldLeaf) return
  throw new DestinationConsentError({
    index: Number(index),
    reason: "the identity's leaf on the base chain is another one",
  })
}

async function answerOf(
  view: ChainView,
  announced: Pick<DestinationAnnouncement, 'allowedFrom' | 'transactionHash'>,
): Promise<DestinationAnnouncement> {
  const { time } = await getClock(view)
  const { allowedFrom } = announced
  return { ...announced, secondsLeft: allowedFrom > time ? allowedFrom - time : 0n }
}

function changeOf({ index, old, next }: DestinationMove): DestinationChange {
  return { index: BigInt(index), oldLeaf: hashIdentity(old), newLeaf: hashIdentity(next) }
}
