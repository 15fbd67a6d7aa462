import type { AbiEvent, Address, Log } from 'viem'
import { isUnavailable, isUnreachable } from './ask.ts'
import type { ChainClient } from './client.ts'
import { BaseChainUnavailableError, RangeUnreadableError } from './errors.ts'

export type GetLogsParameters = {
  address: readonly Address[]
  from: bigint
  to: bigint
  /** With `args`, only this event where an indexed argument has one of the values. */
  event?: AbiEvent
  args?: Readonly<Record<string, readonly bigint[]>>
}

/**
 * Blocks to ask for at a time. Nodes limit ranges or results each in its own way and words, so a refused
 * range is halved, whatever the words, and a chunk that was answered may grow again.
 */
export type LogChunk = { size: bigint; readonly largest: bigint }

export function newLogChunk(largest = 5_000n): LogChunk {
  return { size: largest, largest }
}

/**
 * All logs of [from, to], in chain order.
 *
 * @throws {RangeUnreadableError} when even one block is refused.
 * @throws {BaseChainUnavailableError} when there is no answer.
 */
export async function getLogs(
  client: ChainClient,
  { address, from, to, event, args }: GetLogsParameters,
  chunk: LogChunk = newLogChunk(),
): Promise<Log<bigint, number, false>[]> {
  const logs: Log<bigint, number, false>[] = []
  let next = from
  while (next <= to) {
    const last = next + chunk.size - 1n < to ? next + chunk.size - 1n : to
    const range = { address: [...address], fromBlock: next, toBlock: last }
    try {
      const answer = await client.getLogs(
        event === undefined ? range : { ...range, event, args: args as Record<string, unknown> },
      )
      logs.push(...(answer as Log<bigint, number, false>[]).filter(({ removed }) => !removed))
      next = last + 1n
      // Slowly, or every second range would be refused again.
      const grown = chunk.size + chunk.size / 8n + 1n
      chunk.size = grown < chunk.largest ? grown : chunk.largest
    } catch (cause) {
      if (isUnreachable(cause)) throw new BaseChainUnavailableError({ what: 'events', cause })
      const asked = last - next + 1n
      // A server that times out or breaks on a long range may do a shorter one.
      if (asked > 1n) chunk.size = asked / 2n
      else if (isUnavailable(cause)) throw new BaseChainUnavailableError({ what: 'events', cause })
      else throw new RangeUnreadableError({ block: next, cause })
    }
  }
  return logs.sort(
    (one, other) => Number(one.blockNumber - other.blockNumber) || one.logIndex - other.logIndex,
  )
}
