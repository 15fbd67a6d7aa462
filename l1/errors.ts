import { BaseError } from '../protocol/errors.ts'

/** A custom error of a contract, decoded: `FeeTooHigh(1, 20, 10)`. */
export type DecodedRevert = { readonly name: string; readonly args: readonly unknown[] }

export class DeploymentFileError extends BaseError {
  override readonly name = 'DeploymentFileError'
  constructor({ path, reason, cause }: { path: string; reason: string; cause?: unknown }) {
    super('The deployment file cannot be used.', {
      code: 'L1_DEPLOYMENT_FILE_INVALID',
      metaMessages: [
        `File:   ${path}`,
        `Reason: ${reason}`,
        'Get the file that was written when this rollup was deployed.',
      ],
      cause,
    })
  }
}

export class BaseChainUnavailableError extends BaseError {
  override readonly name = 'BaseChainUnavailableError'
  constructor({ what, cause }: { what: string; cause?: unknown }) {
    super('The base chain does not answer.', {
      code: 'L1_UNAVAILABLE',
      metaMessages: [
        `Asked for: ${what}`,
        'Check that the node runs and that its URL is the one given.',
      ],
      cause,
    })
  }
}

/** All of several nodes are away, limited, behind or of another chain. */
export class NoEndpointError extends BaseChainUnavailableError {
  readonly faults: readonly string[]
  constructor({ faults, cause }: { faults: readonly string[]; cause?: unknown }) {
    super({ what: `an answer of any node (${faults.join('; ')})`, cause })
    this.faults = faults
  }
}

export class EndpointsDisagreeError extends BaseError {
  override readonly name = 'EndpointsDisagreeError'
  constructor({
    block,
    groups,
  }: {
    block: bigint
    groups: readonly { hash: string; names: readonly string[] }[]
  }) {
    super('The nodes of the base chain have different blocks, and there is no majority.', {
      code: 'L1_ENDPOINTS_DISAGREE',
      metaMessages: [
        `Block: ${block}`,
        ...groups.map(({ hash, names }) => `${hash}: ${names.join(', ')}`),
        'One of them lies or is on a dead branch. Nothing is read until they agree; name a third one, or leave out the wrong one.',
      ],
    })
  }
}

export class WrongChainError extends BaseError {
  override readonly name = 'WrongChainError'
  constructor({ expected, actual }: { expected: bigint; actual: bigint }) {
    super('The node serves another chain than the deployment is on.', {
      code: 'L1_WRONG_CHAIN',
      metaMessages: [
        `Chain of the deployment: ${expected}`,
        `Chain of the node:       ${actual}`,
        'Give the URL of a node of the right chain, or the right deployment file.',
      ],
    })
  }
}

export class ContractMissingError extends BaseError {
  override readonly name = 'ContractMissingError'
  constructor({ contract, address }: { contract: string; address: string }) {
    super(`There is no ${contract} contract at its address.`, {
      code: 'L1_CONTRACT_MISSING',
      metaMessages: [
        `Address: ${address}`,
        'The chain may have been started afresh: deploy again, or use the newer deployment file.',
      ],
    })
  }
}

/** A contract that does not answer as a rollup does, or none. */
export class NotRollupError extends BaseError {
  override readonly name = 'NotRollupError'

  constructor({ address, cause }: { address: string; cause?: unknown }) {
    super('There is no rollup at this address of the base chain.', {
      code: 'L1_NOT_A_ROLLUP',
      cause,
      metaMessages: [
        `Address:  ${address}`,
        'Take the address of the contract Rollup from the deployment file, and the URL of its chain.',
      ],
    })
  }
}

export class ChainChangedError extends BaseError {
  override readonly name = 'ChainChangedError'
  constructor({ block }: { block: bigint }) {
    super('The base chain changed while it was read.', {
      code: 'L1_CHANGED_WHILE_READING',
      metaMessages: [`Block: ${block}`, 'Read the range again.'],
    })
  }
}

export class RangeUnreadableError extends BaseError {
  override readonly name = 'RangeUnreadableError'
  constructor({ block, cause }: { block: bigint; cause: unknown }) {
    super('The node refuses to give the events of a single block.', {
      code: 'L1_RANGE_UNREADABLE',
      metaMessages: [
        `Block: ${block}`,
        'It may have pruned them: use a node that keeps all receipts since the deployment.',
      ],
      cause,
    })
  }
}

export class SettledDataMissingError extends BaseError {
  override readonly name = 'SettledDataMissingError'
  constructor({ transaction, what }: { transaction: string; what: string }) {
    super('The data of a settled batch cannot be found.', {
      code: 'L1_SETTLED_DATA_MISSING',
      metaMessages: [
        `Transaction: ${transaction}`,
        `Missing:     ${what}`,
        'Use a node that keeps all transactions since the deployment.',
      ],
    })
  }
}

export class AnnouncedKeyMissingError extends BaseError {
  override readonly name = 'AnnouncedKeyMissingError'
  constructor({ address, keyHash }: { address: string; keyHash: string }) {
    super('A verification key is not where the registry put it.', {
      code: 'L1_ANNOUNCED_KEY_MISSING',
      metaMessages: [
        `Address:        ${address}`,
        `Announced hash: ${keyHash}`,
        'The node does not serve the code of this chain: use another one.',
      ],
    })
  }
}

export class InsufficientFundsError extends BaseError {
  override readonly name = 'InsufficientFundsError'
  constructor({
    account,
    balance,
    needed,
    cause,
  }: {
    account: string
    balance: bigint
    needed: bigint
    cause?: unknown
  }) {
    super('The account has too little ETH for the transaction and its gas.', {
      code: 'L1_INSUFFICIENT_FUNDS',
      metaMessages: [
        `Account: ${account}`,
        `Balance: ${balance} wei`,
        `Needed:  ${needed} wei at most`,
        `Send ${needed > balance ? needed - balance : 0n} wei or more to the account, then run the command again: it continues where it stopped.`,
      ],
      cause,
    })
  }
}

export class TransactionRevertedError extends BaseError {
  override readonly name = 'TransactionRevertedError'
  /** The contract's error, where it could be decoded. */
  readonly revert: DecodedRevert | undefined
  /** Set when the transaction was mined, and not only refused in advance. */
  readonly transaction: `0x${string}` | undefined
  constructor({
    purpose,
    revert,
    remedy,
    transaction,
    cause,
  }: {
    purpose: string
    revert: DecodedRevert | undefined
    remedy?: string | undefined
    transaction?: `0x${string}` | undefined
    cause?: unknown
  }) {
    super(
      transaction === undefined
        ? 'The contract would refuse the transaction; it was not sent.'
        : 'The contract refused the transaction.',
      {
        code: transaction === undefined ? 'L1_WOULD_REVERT' : 'L1_REVERTED',
        metaMessages: [
          `Purpose:     ${purpose}`,
          ...(transaction === undefined ? [] : [`Transaction: ${transaction}`]),
          `Reason:      ${revert === undefined ? 'not given' : formatRevert(revert)}`,
          ...(remedy === undefined ? [] : [remedy]),
        ],
        cause,
      },
    )
    this.revert = revert
    this.transaction = transaction
  }
}

export class PurposeReusedError extends BaseError {
  override readonly name = 'PurposeReusedError'
  constructor({ purpose }: { purpose: string }) {
    super('A purpose already stands for another transaction.', {
      code: 'L1_PURPOSE_REUSED',
      metaMessages: [
        `Purpose: ${purpose}`,
        'One purpose is one recipient, one value and one data; a different transaction needs a purpose of its own.',
      ],
    })
  }
}

export class TransactionRefusedError extends BaseError {
  override readonly name = 'TransactionRefusedError'
  constructor({ purpose, reason, cause }: { purpose: string; reason: string; cause?: unknown }) {
    super('The node refuses the transaction.', {
      code: 'L1_TRANSACTION_REFUSED',
      metaMessages: [
        `Purpose: ${purpose}`,
        `Reason:  ${reason}`,
        'It is signed and stored: once the reason is gone, the same call sends the same transaction.',
      ],
      cause,
    })
  }
}

export class FeeLimitError extends BaseError {
  override readonly name = 'FeeLimitError'
  constructor({ limit, needed }: { limit: bigint; needed: bigint }) {
    super("The base chain's gas price is above the limit set.", {
      code: 'L1_FEE_ABOVE_LIMIT',
      metaMessages: [
        `Limit:  ${limit} wei per gas`,
        `Needed: ${needed} wei per gas`,
        'Wait for a lower price or raise the limit.',
      ],
    })
  }
}

export class TransactionStoreError extends BaseError {
  override readonly name = 'TransactionStoreError'
  constructor({ path, reason, cause }: { path: string; reason: string; cause?: unknown }) {
    super('The file of signed transactions cannot be used.', {
      code: 'L1_TRANSACTION_STORE_INVALID',
      metaMessages: [
        `File:   ${path}`,
        `Reason: ${reason}`,
        'Do not delete it while a transaction may be on its way: it is what keeps one from being sent twice.',
      ],
      cause,
    })
  }
}

/** `Name(1, 0xabc…)`, long arguments cut. */
export function formatRevert({ name, args }: DecodedRevert): string {
  const shown = args.map((arg) => {
    const text = typeof arg === 'string' ? arg : String(arg)
    return text.length > 80 ? `${text.slice(0, 77)}…` : text
  })
  return `${name}(${shown.join(', ')})`
}

export class SignerUrlError extends BaseError {
  override readonly name = 'SignerUrlError'
  constructor({ reason, cause }: { reason: string; cause?: unknown }) {
    super(`The key service cannot be used: ${reason}.`, {
      code: 'L1_SIGNER_URL',
      metaMessages: [
        'Give an https: URL (with --l1-signer-cert, --l1-signer-key, --l1-signer-ca), or http: on this machine.',
      ],
      cause,
    })
  }
}

export class SignerUnavailableError extends BaseError {
  override readonly name = 'SignerUnavailableError'
  constructor({ host, cause }: { host: string; cause: unknown }) {
    super('The key service does not answer.', {
      code: 'L1_SIGNER_UNAVAILABLE',
      metaMessages: [
        `Service: ${host}`,
        'Nothing was signed. It is asked again; check that it runs and takes our certificate.',
      ],
      cause,
    })
  }
}

export class SignerRefusedError extends BaseError {
  override readonly name = 'SignerRefusedError'
  constructor({ reason }: { reason: string }) {
    super('The key service did not sign.', {
      code: 'L1_SIGNER_REFUSED',
      metaMessages: [`Reason: ${reason}`, 'Check its rules and that it holds the account’s key.'],
    })
  }
}

export class SignerMismatchError extends BaseError {
  override readonly name = 'SignerMismatchError'
  constructor({ what, cause }: { what: string; cause?: unknown }) {
    super('The key service signed something else than it was asked to.', {
      code: 'L1_SIGNER_MISMATCH',
      metaMessages: [
        `What differs: ${what}`,
        'Nothing was sent. Check --l1-signer-address, and whether the service is the right one.',
      ],
      cause,
    })
  }
}
