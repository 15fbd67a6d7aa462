import { describe, test } from 'node:test'

import {
  BaseChainUnavailableError,
  ChainChangedError,
  ContractMissingError,
  DeploymentFileError,
  FeeLimitError,
  InsufficientFundsError,
  NotRollupError,
  PurposeReusedError,
  RangeUnreadableError,
  SettledDataMissingError,
  TransactionRefusedError,
  TransactionRevertedError,
  TransactionStoreError,
  WrongChainError,
} from '../../l1/errors.ts'
import { remedyOf } from '../../l1/revert.ts'
import type { BaseError } from '../../protocol/errors.ts'

const account = `0x${'ab'.repeat(20)}`
const transaction = `0x${'cd'.repeat(32)}` as const
const revert = { name: 'BatchOutOfOrder', args: [3n, 2n] }
const purpose = 'settle 2'

const errors: BaseError[] = [
  new DeploymentFileError({ path: 'deployment.json', reason: 'it cannot be opened' }),
  new BaseChainUnavailableError({ what: 'newest block' }),
  new WrongChainError({ expected: 1n, actual: 31_337n }),
  new ContractMissingError({ contract: 'rollup', address: account }),
  new NotRollupError({ address: account }),
  new ChainChangedError({ block: 9n }),
  new RangeUnreadableError({ block: 9n, cause: undefined }),
  new SettledDataMissingError({ transaction, what: 'batch 3' }),
  new InsufficientFundsError({ account, balance: 3n, needed: 10n }),
  new TransactionRevertedError({ purpose, revert, remedy: remedyOf(revert) }),
  new TransactionRevertedError({ purpose, revert: undefined, transaction }),
  new PurposeReusedError({ purpose }),
  new TransactionRefusedError({ purpose, reason: 'transaction underpriced' }),
  new FeeLimitError({ limit: 1n, needed: 2n }),
  new TransactionStoreError({ path: 'transactions.json', reason: 'it is malformed' }),
]

describe('errors of l1', () => {
  for (const [i, error] of errors.entries()) {
    test(`default: text of ${error.name} (${String(i)})`, (t) => {
      t.assert.snapshot({ code: error.code, message: error.message.split('\n') })
    })
  }
})
