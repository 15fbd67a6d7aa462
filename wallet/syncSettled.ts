import type { ChainReader } from '../l1/chainEvents.ts'
import { ChainChangedError } from '../l1/errors.ts'
import { pollChain, type PollResult } from '../l1/pollChain.ts'
import { depositRecipients } from './depositNote.ts'
import { emptyLedger, type Ledger, ownerOf } from './ledger.ts'
import type { BatchLeaves } from './noteTree.ts'
import { processChainEvent } from './processChainEvent.ts'
import { resetLedger, updateLedger, type Wallet } from './wallet.ts'

/**
 * On production networks an event counts under this many blocks: two epochs of Ethereum, after which a
 * block is final. A cursor that passed a note cannot go back, so a reorg may cost money.
 */
const PRODUCTION_CONFIRMATIONS = 64n
/** A chain that changes under so many reads in a row is not one to read from. */
const READS = 5
/** Own deposits are looked for this far beyond the last one known, as BIP-44 does with addresses. */
const DEPOSIT_GAP = 20

export type SyncSettledParameters = {
  /**
   * Blocks that must stand on top of an event; default 64, on test networks 0. A reorg beyond them
   * is noticed and undone.
   */
  confirmations?: bigint
  onProgress?: (progress: { block: bigint }) => void
}

export type SyncSettledResult = {
  readonly block: bigint
  readonly batchNumber: bigint
  /** The chain was read again from the start: after a reorg, or when our identity was found. */
  readonly isRescanned: boolean
}

/**
 * Brings the ledger up to the base chain (W1, W2): nothing but its events is used. It resumes at the
 * last block applied, and saves after every stretch.
 *
 * @throws {SettledDataError | RegistryDataError | AccountChainError}
 */
export async function syncSettled(
  { wallet, chain }: { wallet: Wallet; chain: ChainReader },
  {
    confirmations = defaultConfirmations(wallet),
    onProgress = () => {},
  }: SyncSettledParameters = {},
): Promise<SyncSettledResult> {
  let isRescanned = false
  let reads = 0
  const forget = (identityIndex?: bigint) => {
    isRescanned = true
    resetLedger(wallet, emptyLedger(identityIndex === undefined ? {} : { identityIndex }))
  }
  for (;;) {
    const { ledger } = wallet.state
    // Our index was found behind things that could have been ours: read again, knowing it.
    if (ledger.isScannedBlind && ledger.identityIndex !== undefined) forget(ledger.identityIndex)
    const result = await readNext(wallet, chain, confirmations).catch((error: unknown) => {
      if (!(error instanceof ChainChangedError) || (reads += 1) >= READS) throw error
      return undefined
    })
    switch (result?.kind) {
      case undefined:
        break
      case 'reorg':
        // The registration may be gone with the rest, so the index is forgotten too.
        forget()
        break
      case 'idle': {
        const { head, batchNumber } = wallet.state.ledger
        return { block: head?.number ?? 0n, batchNumber, isRescanned }
      }
      case 'events':
        reads = 0
        applyEvents(wallet, result)
        onProgress({ block: result.to })
    }
  }
}

function defaultConfirmations({ deployment }: Wallet): bigint {
  return deployment.prefix === 'cnb' ? PRODUCTION_CONFIRMATIONS : 0n
}

/** Without a trail of marks: after a reorg all is read again, since it costs less than it is worth. */
function readNext(wallet: Wallet, chain: ChainReader, confirmations: bigint): Promise<PollResult> {
  const { head } = wallet.state.ledger
  const cursor = head === undefined ? undefined : { ...head, trail: [] }
  const { startBlock } = wallet.deployment
  return pollChain(chain, cursor, { startBlock, confirmations })
}

/** All events of a stretch, or none. */
function applyEvents(
  wallet: Wallet,
  { events, cursor }: Extract<PollResult, { kind: 'events' }>,
): void {
  const leaves: BatchLeaves[] = []
  // Forks: when an event is refused, trees and ledger stay together where they were.
  const trees = {
    noteTree: wallet.trees.noteTree.fork(),
    identityTree: wallet.trees.identityTree.fork(),
  }
  let { ledger } = wallet.state
  let known: Recipients | undefined
  for (const event of events) {
    known = recipientsFor(wallet, ledger, known)
    const context = {
      keys: wallet.keys,
      trees,
      knownRecipients: known.recipients,
      onLeaves: (batch: BatchLeaves) => leaves.push(batch),
    }
    ledger = processChainEvent(context, ledger, event)
  }
  const { number, hash } = cursor
  wallet.trees.noteTree.merge(trees.noteTree)
  wallet.trees.identityTree.merge(trees.identityTree)
  updateLedger(wallet, { ledger: { ...ledger, head: { number, hash } }, leaves })
}

type Recipients = { readonly key: string; readonly recipients: ReadonlyMap<bigint, bigint> }

/** Recomputed only when a deposit of ours, or our index, was found. */
function recipientsFor(wallet: Wallet, ledger: Ledger, known: Recipients | undefined): Recipients {
  const owner = ownerOf(ledger, wallet.keys)
  const highest = wallet.state.depositIntents.reduce(
    (most, { counter }) => (counter + 1n > most ? counter + 1n : most),
    0n,
  )
  const count = Math.max(Number(highest), ledger.deposits.length) + DEPOSIT_GAP
  const key = `${String(owner?.identityIndex)}/${String(count)}`
  if (known?.key === key) return known
  const recipients =
    owner === undefined
      ? new Map<bigint, bigint>()
      : depositRecipients({ keys: wallet.keys, owner }, { from: 0n, count })
  return { key, recipients }
}
