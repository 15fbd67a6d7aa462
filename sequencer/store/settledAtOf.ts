import type { SettledAt } from '../finality/assuranceOf.ts'
import { fromBytes } from './database.ts'

/** Columns of a left join with the block of a settlement, as a row has them. */
export function settledAtOf({
  l1_number,
  l1_hash,
  newest_block,
}: {
  l1_number: string | null
  l1_hash: Buffer | null
  newest_block: string | null
}): { settledAt?: SettledAt } {
  if (l1_number === null || l1_hash === null || newest_block === null) return {}
  const l1Block = { number: BigInt(l1_number), hash: fromBytes(l1_hash) }
  return { settledAt: { l1Block, newestBlock: BigInt(newest_block) } }
}
