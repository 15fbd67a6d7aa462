import type { ChainEvent, ChainReader } from './chainEvents.ts'
import { ChainChangedError } from './errors.ts'

export type BlockMark = { readonly number: bigint; readonly hash: `0x${string}` }

/**
 * Up to where the chain was read. `trail` holds blocks read up to earlier, oldest first, dense near the
 * end and thin further back: it is where a common ancestor is looked for after a reorg.
 */
export type ChainCursor = BlockMark & { readonly trail: readonly BlockMark[] }

export type PollChainParameters = {
  /** First block of interest: the deployment's. */
  startBlock: bigint
  /** Blocks that must stand on top of one that is read. */
  confirmations?: bigint
  /** Blocks read at a time. */
  maxBlocks?: bigint
}

/** What one poll found. The caller applies it, then keeps `cursor`. */
export type PollResult =
  | {
      readonly kind: 'events'
      readonly from: bigint
      readonly to: bigint
      readonly events: readonly ChainEvent[]
      readonly cursor: ChainCursor
      /** Nothing more to read at present. */
      readonly isCaughtUp: boolean
    }
  | {
      readonly kind: 'reorg'
      /** Everything read above it is to be forgotten. Block before the first when all of it is. */
      readonly commonAncestor: bigint
      readonly cursor: ChainCursor | undefined
    }
  | { readonly kind: 'idle' }

const MAX_BLOCKS = 2_000n
/** 64 recent marks are enough for any reorg of a chain with finality; the thinned ones for the rest. */
const TRAIL_LENGTH = 128

/**
 * Reads the next stretch of the chain after `cursor`, or finds that the chain no longer contains it.
 * Writes nothing: the caller keeps the cursor, in one transaction with what it made of the events where
 * it can.
 *
 * @throws {ChainChangedError} when the chain changed during the read; poll again.
 */
export async function pollChain(
  reader: ChainReader,
  cursor: ChainCursor | undefined,
  { startBlock, confirmations = 0n, maxBlocks = MAX_BLOCKS }: PollChainParameters,
): Promise<PollResult> {
  if (cursor !== undefined && !(await isInChain(reader, cursor))) {
    return findAncestor(reader, cursor, startBlock)
  }
  const head = await reader.getHead()
  const target = head.number - confirmations
  const from = cursor === undefined ? startBlock : cursor.number + 1n
  if (from > target) return { kind: 'idle' }
  const to = from + maxBlocks - 1n < target ? from + maxBlocks - 1n : target

  const last = await reader.getBlock(to)
  if (last === undefined) throw new ChainChangedError({ block: to })
  const events = await reader.getEvents({ from, to })
  // Both ends stand where they stood, so all between them belongs to one chain.
  const isWhole =
    (await isInChain(reader, last)) && (cursor === undefined || (await isInChain(reader, cursor)))
  if (!isWhole) throw new ChainChangedError({ block: to })
  const mark = { number: to, hash: last.hash }
  const trail = cursor === undefined ? [] : [...cursor.trail, markOf(cursor)]
  return {
    ...{ kind: 'events', from, to, events },
    cursor: { ...mark, trail: thin(trail) },
    isCaughtUp: to === target,
  }
}

async function findAncestor(
  reader: ChainReader,
  { trail }: ChainCursor,
  startBlock: bigint,
): Promise<PollResult> {
  for (let at = trail.length - 1; at >= 0; at--) {
    const mark = trail[at]
    if (mark !== undefined && (await isInChain(reader, mark))) {
      const cursor = { ...mark, trail: trail.slice(0, at) }
      return { kind: 'reorg', commonAncestor: mark.number, cursor }
    }
  }
  return { kind: 'reorg', commonAncestor: startBlock - 1n, cursor: undefined }
}

async function isInChain(reader: ChainReader, { number, hash }: BlockMark): Promise<boolean> {
  const block = await reader.getBlock(number)
  return block?.hash === hash
}

function markOf({ number, hash }: ChainCursor): BlockMark {
  return { number, hash }
}

/** Of the older half every second mark goes, so that the trail reaches back exponentially far. */
function thin(trail: readonly BlockMark[]): readonly BlockMark[] {
  if (trail.length <= TRAIL_LENGTH) return trail
  const half = TRAIL_LENGTH / 2
  return trail.filter((_, at) => at >= half || at % 2 === 0)
}
