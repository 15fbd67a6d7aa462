import type { Assurance, AssuranceLevel } from '../api/index.ts'
import type { Ledger, SettledAt } from './ledger.ts'

/** Two epochs of Ethereum, after which a block is final. */
export const FINALITY_DEPTH = 64n

/** How sure it is that something of ours stays (docs/spec/sequencer-api.md, assurance). */
export type WalletAssurance = {
  readonly level: AssuranceLevel
  /** From `committed` on: the base-chain block that it counts on. */
  readonly l1Block?: bigint
  /** Blocks that hold it, its own included. */
  readonly confirmations?: bigint
  readonly finalityDepth: bigint
  /** By whose word. What the sequencer says of the base chain is not believed, only shown. */
  readonly by: 'base chain' | 'sequencer'
}

/**
 * Of something settled, by the blocks that this wallet read itself.
 *
 * @param unread blocks that stand on top of the newest one read, because reading keeps its distance.
 */
export function assuranceOfSettled(
  { head }: Pick<Ledger, 'head'>,
  { blockNumber }: Pick<SettledAt, 'blockNumber'>,
  unread: bigint,
): WalletAssurance {
  const confirmations = (head?.number ?? blockNumber) - blockNumber + 1n + unread
  return {
    level: confirmations >= FINALITY_DEPTH ? 'final' : 'committed',
    l1Block: blockNumber,
    confirmations,
    finalityDepth: FINALITY_DEPTH,
    by: 'base chain',
  }
}

/** Of something sealed, as the sequencer said it when it was asked last. */
export function assuranceOfSealed(said: Assurance | undefined): WalletAssurance {
  if (said === undefined) {
    return { level: 'included', finalityDepth: FINALITY_DEPTH, by: 'sequencer' }
  }
  const { level, l1Block, confirmations, finalityDepth } = said
  return {
    level,
    ...(l1Block === undefined ? {} : { l1Block: BigInt(l1Block.number) }),
    ...(confirmations === undefined ? {} : { confirmations: BigInt(confirmations) }),
    finalityDepth: BigInt(finalityDepth),
    by: 'sequencer',
  }
}

/** For a line of the history. */
export function describeAssurance(assurance: WalletAssurance): string {
  const { level, l1Block, confirmations = 0n, finalityDepth, by } = assurance
  if (l1Block === undefined) return level
  const held =
    level === 'final' ? '' : `, ${String(confirmations)} of ${String(finalityDepth)} blocks`
  const said = by === 'sequencer' ? ' (says the sequencer)' : ''
  return `${level} in block ${String(l1Block)}${held}${said}`
}
