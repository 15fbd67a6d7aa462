import { type Hash, TransactionReceiptNotFoundError } from 'viem'
import { ask } from './ask.ts'
import type { ChainClient } from './client.ts'

/** Where a transaction was mined, as the chain has it now. */
export type MinedTransaction = {
  readonly blockNumber: bigint
  readonly blockHash: Hash
  readonly isSuccess: boolean
}

/** Undefined for a transaction that is in no block, or not any more. @throws {BaseChainUnavailableError} */
export async function findReceipt(
  client: ChainClient,
  hash: Hash,
): Promise<MinedTransaction | undefined> {
  try {
    const receipt = await ask('receipt', () => client.getTransactionReceipt({ hash }))
    const { blockNumber, blockHash, status } = receipt
    return { blockNumber, blockHash, isSuccess: status === 'success' }
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined
    throw error
  }
}
