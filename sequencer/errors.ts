import { BaseError } from '../protocol/errors.ts'

export class DatabaseInUseError extends BaseError {
  override readonly name = 'DatabaseInUseError'
  constructor({ url }: { url: string | undefined }) {
    super('Another sequencer is working with this database.', {
      code: 'DATABASE_IN_USE',
      metaMessages: [
        ...(url === undefined ? [] : [`It answers at: ${url}`]),
        'Stop it first, or start this one with --standby: it takes over when the other one ends.',
      ],
    })
  }
}

export class LeadershipLostError extends BaseError {
  override readonly name = 'LeadershipLostError'
  constructor({ cause }: { cause?: unknown } = {}) {
    super('Another sequencer has taken over.', {
      code: 'LEADERSHIP_LOST',
      metaMessages: [
        'This one gave no sign of life for too long: it was paused, overloaded or cut off from the database.',
        'Nothing was lost: what it wrote since was refused. Start it again with --standby.',
      ],
      cause,
    })
  }
}

export class StandbyError extends BaseError {
  override readonly name = 'StandbyError'
  constructor({ url }: { url: string | undefined }) {
    super('This sequencer stands by and admits nothing.', {
      code: 'SEQUENCER_STANDBY',
      metaMessages: [
        `Leader: ${url ?? 'none at this moment'}`,
        'Submit to the leader, or here again in a moment; reading works here too.',
      ],
    })
  }
}

export class FailPointsRefusedError extends BaseError {
  override readonly name = 'FailPointsRefusedError'
  constructor() {
    super('Fail-points are for tests.', {
      code: 'FAIL_POINTS_REFUSED',
      metaMessages: ['NODE_ENV is production: nothing is armed.'],
    })
  }
}

export class StateInconsistentError extends BaseError {
  override readonly name = 'StateInconsistentError'
  constructor({ batchNumber, what }: { batchNumber: bigint; what: string }) {
    super('The stored batches do not give the state that was signed.', {
      code: 'STATE_INCONSISTENT',
      metaMessages: [
        `Batch: ${String(batchNumber)}`,
        `What:  ${what}`,
        'The database was changed by hand or is damaged. Restore a backup, or start with an empty one: settled batches are read from the base chain again.',
      ],
    })
  }
}

export class SealConflictError extends BaseError {
  override readonly name = 'SealConflictError'
  constructor() {
    super('A transfer of the batch is no longer waiting.', { code: 'SEAL_CONFLICT' })
  }
}

/** What a batch names is not on the base chain, which may go back again. */
export class NotOnBaseChainError extends BaseError {
  override readonly name: string = 'NotOnBaseChainError'
  /** The first batch that cannot be settled for want of it. */
  readonly batchNumber: bigint
  constructor(
    what: string,
    { code, batchNumber, thing }: { code: string; batchNumber: bigint; thing: string },
  ) {
    super(what, {
      code,
      metaMessages: [
        `Batch: ${String(batchNumber)}`,
        `A reorg of the base chain removed it. It is tried again, and void where the ${thing} stays away.`,
      ],
    })
    this.batchNumber = batchNumber
  }
}

export class RootVersionUnknownError extends NotOnBaseChainError {
  override readonly name = 'RootVersionUnknownError'
  constructor({ kind, batchNumber }: { kind: string; batchNumber: bigint }) {
    super(`A transfer's ${kind} root has no version on the base chain.`, {
      ...{ code: 'SETTLEMENT_ROOT_VERSION_UNKNOWN', batchNumber, thing: 'root' },
    })
  }
}

export class QueuedItemAbsentError extends NotOnBaseChainError {
  override readonly name = 'QueuedItemAbsentError'
  constructor({ kind, id, batchNumber }: { kind: string; id: bigint; batchNumber: bigint }) {
    super(`The ${kind} ${String(id)} of a batch is not on the base chain.`, {
      ...{ code: 'SETTLEMENT_QUEUED_ITEM_ABSENT', batchNumber, thing: kind },
    })
  }
}

export class BatchSettledError extends BaseError {
  override readonly name = 'BatchSettledError'
  constructor({ from, settled }: { from: bigint; settled: bigint }) {
    super('The batch is settled and cannot be voided.', {
      code: 'VOID_SETTLED',
      metaMessages: [
        `Asked for:      ${String(from)} and all after it`,
        `Settled so far: ${String(settled)}`,
        `Nothing was changed. The first that can be voided is ${String(settled + 1n)}.`,
      ],
    })
  }
}

export class BatchInFlightError extends BaseError {
  override readonly name = 'BatchInFlightError'
  constructor({
    from,
    status,
    firstBatch,
    lastBatch,
  }: {
    from: bigint
    status: 'open' | 'mined'
    firstBatch: bigint
    lastBatch: bigint
  }) {
    super('A settle call with the batch is under way.', {
      code: 'VOID_IN_FLIGHT',
      metaMessages: [
        `Asked for: ${String(from)} and all after it`,
        `Call:      batches ${String(firstBatch)} to ${String(lastBatch)}, ${status === 'open' ? 'its end is not known' : 'mined, and not observed yet'}`,
        'Nothing was changed. Start the sequencer: the call ends mined or refused. Then stop it and ask again.',
      ],
    })
  }
}

export class KeyInvalidError extends BaseError {
  override readonly name = 'KeyInvalidError'
  constructor({ what, source, reason }: { what: string; source: string; reason: string }) {
    super(`The ${what} key cannot be read.`, {
      code: 'KEY_INVALID',
      metaMessages: [
        `Source: ${source}`,
        `Reason: ${reason}`,
        'It must be 0x and 64 hex digits, and nothing else, in a file that only its owner may read.',
      ],
    })
  }
}

export class KeyReusedError extends BaseError {
  override readonly name = 'KeyReusedError'
  constructor({ duties }: { duties: readonly string[] }) {
    super('One key was given for two duties.', {
      code: 'KEY_REUSED',
      metaMessages: [
        `Duties: ${duties.join(' and ')}`,
        'Make a key for each: whoever gets hold of one must not get the other with it.',
      ],
    })
  }
}

export class StandbyKeysError extends BaseError {
  override readonly name = 'StandbyKeysError'
  constructor({
    key,
    expected,
    actual,
  }: {
    key: 'l1Account' | 'receiptSigner'
    expected: string
    actual: string
  }) {
    super('The standby has another key than the sequencer that leads.', {
      code: 'STANDBY_KEYS',
      metaMessages: [
        `Key:     ${key === 'l1Account' ? 'base chain' : 'receipts'}`,
        `Leader:  ${expected}`,
        `Standby: ${actual}`,
        'Start it with the keys of the leader. To change keys, stop the standbys first (docs/operations.md).',
      ],
    })
  }
}

export class ReceiptKeyBarredError extends BaseError {
  override readonly name = 'ReceiptKeyBarredError'
  constructor({ receiptSigner }: { receiptSigner: string }) {
    super('The receipt key was ended when this database was restored from a backup.', {
      code: 'RECEIPT_KEY_BARRED',
      metaMessages: [
        `Signer: ${receiptSigner}`,
        'It may have signed anchors of batch numbers that will be sealed anew, and one key must not sign two of one number.',
        'Start with a new --receipt-key-file. Where nothing was sealed since the backup, restore with --keep-receipt-key.',
      ],
    })
  }
}

export class SignerOptionsError extends BaseError {
  override readonly name = 'SignerOptionsError'
  constructor() {
    super('The options say two things, or half of one, about who signs on the base chain.', {
      code: 'SIGNER_OPTIONS',
      metaMessages: [
        'A key here: --l1-key-file. A key service: --l1-signer with --l1-signer-address. Not both.',
      ],
    })
  }
}

export class DeploymentMismatchError extends BaseError {
  override readonly name = 'DeploymentMismatchError'
  constructor({ what, expected, actual }: { what: string; expected: string; actual: string }) {
    super('The deployment file, the base chain and the database do not belong together.', {
      code: 'DEPLOYMENT_MISMATCH',
      metaMessages: [
        `What:     ${what}`,
        `Expected: ${expected}`,
        `Actual:   ${actual}`,
        'Check --deployment, --rpc and --database-url.',
      ],
    })
  }
}

export class VerificationKeyMismatchError extends BaseError {
  override readonly name = 'VerificationKeyMismatchError'
  constructor({ circuit }: { circuit: string }) {
    super('A verification key here is not the one that is active on the base chain.', {
      code: 'SEQUENCER_KEY_MISMATCH',
      metaMessages: [
        `Circuit: ${circuit}`,
        'Proofs that hold here would not settle, and the other way round.',
        'Get the keys of this deployment (cinnabar setup), or start the version that they belong to.',
      ],
    })
  }
}

export class DatabaseMissingError extends BaseError {
  override readonly name = 'DatabaseMissingError'
  constructor() {
    super('No database was named.', {
      code: 'DATABASE_MISSING',
      metaMessages: [
        'Give --database-url, or set DATABASE_URL, to a Postgres of version 14 or later.',
      ],
    })
  }
}

export class FarmOptionsError extends BaseError {
  override readonly name = 'FarmOptionsError'
  constructor() {
    super('The options say two things about who proves.', {
      code: 'FARM_OPTIONS',
      metaMessages: [
        'With workers elsewhere only: --provers 0 and --farm-public-key, and no --farm-key.',
        'In this process, alone or beside others: --provers 1 or more, and --farm-key where others help.',
      ],
    })
  }
}

/** A settlement was observed, and the base chain's receipt does not say the same. */
export class SettlementReceiptError extends BaseError {
  override readonly name = 'SettlementReceiptError'
  constructor({
    batchNumber,
    l1Transaction,
    l1Block,
    receipt,
  }: {
    batchNumber: bigint
    l1Transaction: string
    l1Block: { number: bigint; hash: string }
    receipt: { blockNumber: bigint; blockHash: string; isSuccess: boolean } | undefined
  }) {
    super('The receipt of a settlement is not the one that was observed.', {
      code: 'FINALITY_RECEIPT_DIFFERS',
      metaMessages: [
        `Batch:        ${String(batchNumber)}`,
        `Transaction:  ${l1Transaction}`,
        `Observed in:  block ${String(l1Block.number)}, ${l1Block.hash}`,
        receipt === undefined
          ? 'Receipt:      none'
          : `Receipt:      ${receipt.isSuccess ? 'success' : 'reverted'}, block ${String(receipt.blockNumber)}, ${receipt.blockHash}`,
        'Nothing is called final by it. A reorganisation under way ends by itself; else compare the node with another one.',
      ],
    })
  }
}

export class BackupFileError extends BaseError {
  override readonly name = 'BackupFileError'
  constructor({ path, reason, cause }: { path: string; reason: string; cause?: unknown }) {
    super('The backup file cannot be used.', {
      code: 'BACKUP_FILE',
      metaMessages: [
        `File:   ${path}`,
        `Reason: ${reason}`,
        'Nothing was changed. Name another file, or use the version of the software that made it.',
      ],
      cause,
    })
  }
}

export class DatabaseNotEmptyError extends BaseError {
  override readonly name = 'DatabaseNotEmptyError'
  constructor() {
    super('The database is not empty.', {
      code: 'DATABASE_NOT_EMPTY',
      metaMessages: ['A backup is restored into a new database only: make one, and name it.'],
    })
  }
}
