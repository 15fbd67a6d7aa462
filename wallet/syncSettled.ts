import type { ChainReader } from '../l1/chainEvents.ts'
import { depositRecipients } from './depositNote.ts'
import { emptyLedger, type Ledger, ownerOf } from './ledger.ts'
import type { BatchLeaves } from './noteTree.ts'
import { processChainEvent } from './processChainEvent.ts'
import { resetLedger, updateLedger, type Wallet } from './wallet.ts'

/** Blocks asked for at a time; the reader halves it where its node asks for less. */
const CHUNK_BLOCKS = 2_000n
/** Own deposits are looked for this far beyond the last one known, as BIP-44 does with addresses. */
const DEPOSIT_GAP = 20

export type SyncSettledParameters = {
  /** Blocks that must stand on top of an event. A reorg beyond them is noticed and undone. */
  confirmations?: bigint
  onProgress?: (progress: { block: bigint; target: bigint }) => void
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
  { confirmations = 0n, onProgress = () => {} }: SyncSettledParameters = {},
): Promise<SyncSettledResult> {
  let isRescanned = false
  for (;;) {
    const isOnChain = await isHeadOnChain(wallet.state.ledger, chain)
    const isBlind = isScannedBlind(wallet.state.ledger)
    if (!isOnChain || isBlind) {
      isRescanned = true
      const { identityIndex } = wallet.state.ledger
      // After a reorg the registration may be gone too; when merely blind, the index is what was missing.
      resetLedger(
        wallet,
        emptyLedger(isOnChain && identityIndex !== undefined ? { identityIndex } : {}),
      )
    }
    const head = await chain.getHead()
    const target = head.number - confirmations
    const next = (wallet.state.ledger.head?.number ?? wallet.deployment.startBlock - 1n) + 1n
    if (next > target) {
      if (isScannedBlind(wallet.state.ledger)) continue
      const { ledger } = wallet.state
      const block = ledger.head?.number ?? target
      return { block, batchNumber: ledger.batchNumber, isRescanned }
    }
    const to = next + CHUNK_BLOCKS - 1n < target ? next + CHUNK_BLOCKS - 1n : target
    await applyRange({ wallet, chain }, { from: next, to })
    onProgress({ block: to, target })
  }
}

async function applyRange(
  { wallet, chain }: { wallet: Wallet; chain: ChainReader },
  { from, to }: { from: bigint; to: bigint },
): Promise<void> {
  const before = await chain.getBlock(to)
  const events = await chain.getEvents({ from, to })
  const after = await chain.getBlock(to)
  // The chain moved while it was read: the caller's loop looks again.
  if (before === undefined || before.hash !== after?.hash) return

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
  wallet.trees.noteTree.merge(trees.noteTree)
  wallet.trees.identityTree.merge(trees.identityTree)
  updateLedger(wallet, { ledger: { ...ledger, head: { number: to, hash: before.hash } }, leaves })
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

function isScannedBlind({ isScannedBlind, identityIndex }: Ledger): boolean {
  return isScannedBlind && identityIndex !== undefined
}

async function isHeadOnChain({ head }: Ledger, chain: ChainReader): Promise<boolean> {
  if (head === undefined) return true
  const block = await chain.getBlock(head.number)
  return block?.hash === head.hash
}
