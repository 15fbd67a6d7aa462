import { computeStatementId } from '../../api/index.ts'
import type { ChainReader } from '../../l1/chainEvents.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'

/** Where a statement was settled. */
export type SettledStatement = {
  readonly batchNumber: bigint
  readonly slot: number
  readonly transactionHash: `0x${string}`
}

const CHUNK = 2_000n

/** Looks for a statement in the settled chain, from its contents alone; undefined when it is not there (yet). */
export async function findStatement(
  reader: ChainReader,
  { fromBlock, statementId }: { fromBlock: bigint; statementId: string },
): Promise<SettledStatement | undefined> {
  const { number: last } = await reader.getHead()
  for (let from = fromBlock; from <= last; from += CHUNK) {
    const to = from + CHUNK - 1n < last ? from + CHUNK - 1n : last
    for (const event of await reader.getEvents({ from, to })) {
      if (event.type !== 'batchSettled') continue
      for (const { kind, slot, publicInputs, memo } of event.transfers) {
        const inputs = publicInputsToArray(kind, publicInputs)
        const id = computeStatementId({ circuit: kind, publicInputs: inputs, memo })
        if (id !== statementId) continue
        const { batchNumber, transactionHash } = event
        return { batchNumber, slot, transactionHash }
      }
    }
  }
  return undefined
}
