import { ask } from './ask.ts'
import type { ChainClient } from './client.ts'

/** What reads of one moment are made at. */
export type NewestBlock = { readonly number: bigint; readonly timestamp: bigint }

/**
 * A read of the newest block for whoever asks again and again: while that block stays the same so does the answer, and
 * one request for the block is all that is made.
 */
export function oncePerBlock<Answer>(
  client: ChainClient,
  read: (block: NewestBlock) => Promise<Answer>,
): () => Promise<Answer> {
  let known: { hash: string; answer: Answer } | undefined
  return async () => {
    const { hash, number, timestamp } = await ask('newest block', () => client.getBlock())
    if (known?.hash === hash) return known.answer
    const answer = await read({ number, timestamp })
    // The node was asked by number. Had the chain changed on the way, the answer would be another block's, and stay.
    const after = await ask('block', () => client.getBlock({ blockNumber: number }))
    if (after.hash === hash) known = { hash, answer }
    return answer
  }
}
