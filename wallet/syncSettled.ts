import type { ChainReader } from '../l1/chainEvents.ts'
import { ChainChangedError } from '../l1/errors.ts'
import { pollChain, type PollResult } from '../l1/pollChain.ts'
import { FINALITY_DEPTH } from './assurance.ts'
import { depositRecipients } from './depositNote.ts'
import { emptyLedger, type Ledger, ownerOf } from './ledger.ts'
import { extendSettled } from './extendSettled.ts'
import { isOurRegistration, processChainEvent } from './processChainEvent.ts'
import { tryCiphertexts } from './tryCiphertexts.ts'
import { resetLedger, updateLedger, type Wallet } from './wallet.ts'

/**
 * On production networks an event counts under this many blocks: two epochs of Ethereum, after which a
 * block is final. A cursor that passed a note cannot go back, so a reorg may cost money.
 */
const PRODUCTION_CONFIRMATIONS = FINALITY_DEPTH
/** A chain that changes under so many reads in a row is not one to read from. */
const READS = 5
/** Blocks of the first stretch; how many of the next depends on how much was in it. */
const FIRST_BLOCKS = 250n
const MAX_BLOCKS = 2_000n
/** Leaves of a stretch: about 100 MB while they are worked on. */
const STRETCH_LEAVES = 65_536
/** Own deposits are looked for this far beyond the last one known, as BIP-44 does with addresses. */
const DEPOSIT_GAP = 20

export type SyncSettledParameters = {
  /**
   * Blocks that must stand on top of an event; default 64, on test networks 0. A reorg beyond them
   * is noticed and undone.
   */
  confirmations?: bigint
  onProgress?: (progress: SyncProgress) => void
}

export type SyncProgress = {
  /** Read up to here, of `lastBlock`. */
  readonly block: bigint
  readonly lastBlock: bigint
  /** Leaves of the note tree so far. */
  readonly leaves: number
  /** What is left at the pace so far; undefined at the end. */
  readonly secondsLeft?: number
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
  let maxBlocks = FIRST_BLOCKS
  const progress = startProgress(wallet)
  const forget = (identityIndex?: bigint) => {
    isRescanned = true
    resetLedger(wallet, emptyLedger(identityIndex === undefined ? {} : { identityIndex }))
  }
  for (;;) {
    const { ledger } = wallet.state
    // Our index was found behind things that could have been ours: read again, knowing it.
    if (ledger.isScannedBlind && ledger.identityIndex !== undefined) forget(ledger.identityIndex)
    const result = await readNext(wallet, chain, {
      confirmations,
      maxBlocks,
    }).catch((error: unknown) => {
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
      case 'events': {
        reads = 0
        const before = wallet.noteTreeFiles.leafCount
        await applyEvents(wallet, result)
        const leaves = wallet.noteTreeFiles.leafCount
        if (leaves - before > STRETCH_LEAVES && maxBlocks > 1n) maxBlocks /= 2n
        else if (leaves - before < STRETCH_LEAVES / 4 && maxBlocks < MAX_BLOCKS) maxBlocks *= 2n
        onProgress(await progress(chain, { block: result.to, leaves, confirmations }))
      }
    }
  }
}

/** Blocks that a wallet leaves unread unless it is told otherwise. */
export function defaultConfirmations({ deployment }: Pick<Wallet, 'deployment'>): bigint {
  return deployment.prefix === 'cnb' ? PRODUCTION_CONFIRMATIONS : 0n
}

/** Without a trail of marks: after a reorg all is read again, since it costs less than it is worth. */
function readNext(
  wallet: Wallet,
  chain: ChainReader,
  { confirmations, maxBlocks }: { confirmations: bigint; maxBlocks: bigint },
): Promise<PollResult> {
  const { head } = wallet.state.ledger
  const cursor = head === undefined ? undefined : { ...head, trail: [] }
  const { startBlock } = wallet.deployment
  return pollChain(chain, cursor, { startBlock, confirmations, maxBlocks })
}

/** Measures the pace from now on. */
function startProgress({ state, deployment }: Wallet) {
  const startedAt = performance.now()
  const startBlock = state.ledger.head?.number ?? deployment.startBlock
  return async (
    chain: ChainReader,
    { block, leaves, confirmations }: { block: bigint; leaves: number; confirmations: bigint },
  ): Promise<SyncProgress> => {
    const head = await chain.getHead()
    const target = head.number - confirmations
    const lastBlock = target > block ? target : block
    const left = Number(lastBlock - block)
    const done = Number(block - startBlock)
    if (left === 0 || done <= 0) return { block, lastBlock, leaves }
    const secondsLeft = Math.ceil(((performance.now() - startedAt) / 1_000) * (left / done))
    return { block, lastBlock, leaves, secondsLeft }
  }
}

/** All events of a stretch, or none. */
async function applyEvents(
  wallet: Wallet,
  { events, cursor }: Extract<PollResult, { kind: 'events' }>,
): Promise<void> {
  const { kernels, keys, trees, noteTreeFiles: files } = wallet
  const appended = await extendSettled(
    { files, kernels, noteTree: trees.noteTree },
    wallet.state.ledger,
    events,
  )
  let { ledger } = wallet.state
  // Before our index is known nothing can be ours.
  const mayBeOurs =
    ownerOf(ledger, keys) !== undefined || events.some((event) => isOurRegistration(keys, event))
  const trials = mayBeOurs
    ? await tryCiphertexts({ kernels, viewingKey: keys.viewingKey }, events)
    : undefined
  // A fork: when an event is refused, tree and ledger stay together where they were.
  const identityTree = trees.identityTree.fork()
  let known: Recipients | undefined
  for (const event of events) {
    known = recipientsFor(wallet, ledger, known)
    const context = {
      ...{ keys, identityTree },
      knownRecipients: known.recipients,
      ...(trials === undefined ? {} : { trials }),
    }
    ledger = processChainEvent(context, ledger, event)
  }
  const { number, hash } = cursor
  trees.identityTree.merge(identityTree)
  updateLedger(wallet, { ledger: { ...ledger, head: { number, hash } }, appended })
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
