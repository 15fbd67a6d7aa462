import { type Hash, TransactionNotFoundError } from 'viem'
import { ask } from './ask.ts'
import type { ChainClient } from './client.ts'
import { decodeSettleInput, type SettleCall } from './codec.ts'
import { SettledDataMissingError } from './errors.ts'

/**
 * What a settling transaction carried: contexts, slots and proofs as its calldata has them.
 *
 * @throws {SettledDataMissingError} when the node does not have the transaction.
 * @throws what `decodeSettleInput` throws, and BaseChainUnavailableError.
 */
export async function readSettleCall(client: ChainClient, hash: Hash): Promise<SettleCall> {
  try {
    const { input } = await ask('transaction', () => client.getTransaction({ hash }))
    return decodeSettleInput(input)
  } catch (error) {
    if (!(error instanceof TransactionNotFoundError)) throw error
    throw new SettledDataMissingError({ transaction: hash, what: 'the transaction' })
  }
}
