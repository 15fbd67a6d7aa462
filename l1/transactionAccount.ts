import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { TransactionAccount } from './submitTransaction.ts'

/** The account of a private key (0x and 64 hex digits). Signs in this process; sends nothing. */
export function createTransactionAccount(privateKey: Hex): TransactionAccount {
  return privateKeyToAccount(privateKey)
}
