import { seededScalars } from './simulatedKeys.ts'

/** Numbers in [0, 1) that are the same for a seed. */
export function seededRandom(seed: string): () => number {
  const next = seededScalars(seed)
  return () => Number(next() & 0xffff_ffffn) / 2 ** 32
}
