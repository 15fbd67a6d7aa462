import type { Assurance } from '../../api/index.ts'
import type { ObservedSettlement } from '../store/findDeepestSettlement.ts'

/** Where a batch stands on the base chain, and how far that was read when it was asked: in one look at the database. */
export type SettledAt = {
  readonly l1Block: { readonly number: bigint; readonly hash: `0x${string}` }
  readonly newestBlock: bigint
}

export type Finality = {
  /** Blocks, a settlement's own included, that make it final. */
  readonly depth: bigint
  /** Blocks above the newest one read, that are known to be there because reading keeps its distance. */
  readonly unread: bigint
  /** The newest settlement whose receipt was looked at again. */
  readonly final: ObservedSettlement | undefined
}

/** How sure a sealed batch is, from what was observed of it. */
export function assuranceOf(
  { batchNumber, settledAt }: { batchNumber: bigint; settledAt?: SettledAt | undefined },
  { depth, unread, final }: Finality,
): Assurance {
  const finalityDepth = Number(depth)
  if (settledAt === undefined) return { level: 'included', finalityDepth }
  const { l1Block, newestBlock } = settledAt
  const confirmations = newestBlock - l1Block.number + 1n + unread
  // The depth too: after a reorganisation the same batch stands in a younger block, before anybody looked again.
  const isFinal =
    confirmations >= depth &&
    final !== undefined &&
    batchNumber <= final.batchNumber &&
    l1Block.number <= final.l1Block.number
  return {
    level: isFinal ? 'final' : 'committed',
    l1Block: { number: Number(l1Block.number), hash: l1Block.hash },
    confirmations: Number(confirmations),
    finalityDepth,
  }
}
