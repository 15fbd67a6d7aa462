import { BaseError } from '../protocol/errors.ts'
import { formatTime } from '../protocol/calendar.ts'

/** No fact of these errors is private: no amount, key, note, memo or recovery word. */

export class WalletExistsError extends BaseError {
  override readonly name = 'WalletExistsError'
  constructor({ dir }: { dir: string }) {
    super('There is a wallet in this folder already.', {
      code: 'WALLET_EXISTS',
      metaMessages: [`Folder: ${dir}`, 'Name another folder with --dir. Nothing was changed.'],
    })
  }
}

export class WalletNotFoundError extends BaseError {
  override readonly name = 'WalletNotFoundError'
  constructor({ dir }: { dir: string }) {
    super('There is no wallet in this folder.', {
      code: 'WALLET_NOT_FOUND',
      metaMessages: [
        `Folder: ${dir}`,
        'Make one with `cinnabar wallet create`, or name its folder with --dir.',
      ],
    })
  }
}

export class WrongPassphraseError extends BaseError {
  override readonly name = 'WrongPassphraseError'
  constructor({ file }: { file: string }) {
    super('The passphrase does not open this wallet, or the file was changed.', {
      code: 'WALLET_PASSPHRASE_WRONG',
      metaMessages: [
        `File: ${file}`,
        'Try again. With the recovery words, `cinnabar wallet restore` makes the wallet anew.',
      ],
    })
  }
}

export class WeakPassphraseError extends BaseError {
  override readonly name = 'WeakPassphraseError'
  constructor({ least }: { least: number }) {
    super('The passphrase is too short.', {
      code: 'WALLET_PASSPHRASE_WEAK',
      metaMessages: [`Use at least ${String(least)} characters.`],
    })
  }
}

export class WalletFileError extends BaseError {
  override readonly name = 'WalletFileError'
  constructor({ file, reason }: { file: string; reason: string }) {
    super(`A file of the wallet cannot be used: ${reason}.`, {
      code: 'WALLET_FILE_UNUSABLE',
      metaMessages: [
        `File: ${file}`,
        'Restore the wallet from its recovery words into another folder: balances and history come back from the base chain.',
      ],
    })
  }
}

export class NoteTreeChangedError extends BaseError {
  override readonly name = 'NoteTreeChangedError'
  constructor() {
    super('The stored note tree was changed on disk.', {
      code: 'WALLET_NOTE_TREE_CHANGED',
      metaMessages: [
        'It was dropped. Synchronise, which reads the base chain again, then repeat the command.',
      ],
    })
  }
}

export class WalletLockedError extends BaseError {
  override readonly name = 'WalletLockedError'
  constructor({ dir, pid }: { dir: string; pid: number }) {
    super('Another process uses this wallet.', {
      code: 'WALLET_LOCKED',
      metaMessages: [
        `Folder:  ${dir}`,
        `Process: ${String(pid)}`,
        'Wait for it to end, or stop it.',
      ],
    })
  }
}

export class DeploymentMismatchError extends BaseError {
  override readonly name = 'DeploymentMismatchError'
  constructor({ what, expected, actual }: { what: string; expected: string; actual: string }) {
    super(`The ${what} is of another deployment.`, {
      code: 'WALLET_DEPLOYMENT_MISMATCH',
      metaMessages: [
        `Expected: ${expected}`,
        `Found:    ${actual}`,
        'Use the deployment file, RPC and sequencer with which this wallet was made.',
      ],
    })
  }
}

/** The base chain's data does not lead to the root that the contract holds. */
export class SettledDataError extends BaseError {
  override readonly name = 'SettledDataError'
  constructor({ batchNumber, reason }: { batchNumber: bigint; reason: string }) {
    super(`The base-chain data of a settled batch does not fit: ${reason}.`, {
      code: 'SYNC_SETTLED_DATA_WRONG',
      metaMessages: [
        `Batch: ${String(batchNumber)}`,
        'The RPC gave wrong or incomplete data. Use another one; nothing was taken from this batch.',
      ],
    })
  }
}

export class RegistryDataError extends BaseError {
  override readonly name = 'RegistryDataError'
  constructor({ what }: { what: string }) {
    super(`The base-chain events of the ${what} do not lead to its published root.`, {
      code: 'SYNC_REGISTRY_DATA_WRONG',
      metaMessages: ['The RPC gave wrong or incomplete data. Use another one.'],
    })
  }
}

/** The sequencer's chain of sealed batches does not fit the settled one or its own signatures. */
export class SealedDataError extends BaseError {
  override readonly name = 'SealedDataError'
  constructor({ batchNumber, reason }: { batchNumber: bigint; reason: string }) {
    super(`The sequencer's sealed batch does not fit: ${reason}.`, {
      code: 'SYNC_SEALED_DATA_WRONG',
      metaMessages: [
        `Batch: ${String(batchNumber)}`,
        'Nothing was taken from it. Try again after the next settlement, and keep this message: it shows a fault of the sequencer.',
      ],
    })
  }
}

/** A transfer with our nullifier settled whose next account note we cannot rebuild. */
export class AccountChainError extends BaseError {
  override readonly name = 'AccountChainError'
  constructor({ batchNumber, slot }: { batchNumber: bigint; slot: number }) {
    super('A settled transfer of this account cannot be followed.', {
      code: 'SYNC_ACCOUNT_CHAIN_BROKEN',
      metaMessages: [
        `Batch: ${String(batchNumber)}`,
        `Slot:  ${String(slot)}`,
        'This software may be too old for it. Update it and sync again.',
      ],
    })
  }
}

export class NotRegisteredError extends BaseError {
  override readonly name = 'NotRegisteredError'
  constructor() {
    super('This wallet has no identity on the base chain yet.', {
      code: 'IDENTITY_NOT_REGISTERED',
      metaMessages: [
        'Give the file of `cinnabar wallet identity request` to the registrar, answer the offer with',
        '`cinnabar wallet identity accept`, and sync when the registrar has filed it.',
      ],
    })
  }
}

export class IdentityUnknownError extends BaseError {
  override readonly name = 'IdentityUnknownError'
  constructor({ index }: { index: bigint }) {
    super('The contents of this identity leaf are not known to the wallet.', {
      code: 'IDENTITY_CONTENTS_UNKNOWN',
      metaMessages: [
        `Identity index: ${String(index)}`,
        'The registrar changed the leaf, or the wallet was restored. Ask the registrar for the current',
        'identity file and read it in with `cinnabar wallet identity accept`. Balances are not affected.',
      ],
    })
  }
}

export class IdentityFileError extends BaseError {
  override readonly name = 'IdentityFileError'
  constructor({ reason }: { reason: string }) {
    super(`The identity file cannot be used: ${reason}.`, {
      code: 'IDENTITY_FILE_UNUSABLE',
      metaMessages: ['Ask the registrar for it again, and check that it is for this wallet.'],
    })
  }
}

export class AppealFileError extends BaseError {
  override readonly name = 'AppealFileError'
  constructor({ reason }: { reason: string }) {
    super(`The appeal cannot be used: ${reason}.`, {
      code: 'APPEAL_UNUSABLE',
      metaMessages: [
        'Write it with `cinnabar wallet appeal write`; see what the base chain has of it with `appeal show`.',
      ],
    })
  }
}

export class DestinationRefusedError extends BaseError {
  override readonly name = 'DestinationRefusedError'
  constructor({ reason }: { reason: string }) {
    super(`The destination cannot be taken: ${reason}.`, {
      code: 'IDENTITY_DESTINATION_REFUSED',
      metaMessages: [
        'Name another address of yours: a base-chain address, or that of another wallet.',
      ],
    })
  }
}

export class DestinationUnknownError extends BaseError {
  override readonly name = 'DestinationUnknownError'
  constructor() {
    super('The registered destination is not known to the wallet.', {
      code: 'IDENTITY_DESTINATION_UNKNOWN',
      metaMessages: [
        'The base chain holds only its hash. Read in the identity file that names it, with',
        '`cinnabar wallet identity accept`.',
      ],
    })
  }
}

export class UnknownAssetError extends BaseError {
  override readonly name = 'UnknownAssetError'
  constructor({ asset, known }: { asset: string; known: readonly string[] }) {
    super('The asset is not listed in this deployment.', {
      code: 'ASSET_UNKNOWN',
      metaMessages: [`Asset: ${asset}`, `Known: ${known.join(', ') || 'none; sync first'}`],
    })
  }
}

export class AmountFormatError extends BaseError {
  override readonly name = 'AmountFormatError'
  constructor({ reason }: { reason: string }) {
    super(`The amount cannot be used: ${reason}.`, {
      code: 'AMOUNT_INVALID',
      metaMessages: ['Write it in whole units with a point, for example 12.5'],
    })
  }
}

export class InsufficientFundsError extends BaseError {
  override readonly name = 'InsufficientFundsError'
  constructor() {
    super('The balance and the payments waiting do not cover this and its fees.', {
      code: 'FUNDS_INSUFFICIENT',
      metaMessages: [
        'See `cinnabar wallet balance`. Money that was just sent to you counts once it is settled.',
      ],
    })
  }
}

export class NothingToCollectError extends BaseError {
  override readonly name = 'NothingToCollectError'
  constructor({ asset }: { asset: bigint }) {
    super('No settled payment waits to be collected.', {
      code: 'COLLECT_NOTHING',
      metaMessages: [`Asset: ${String(asset)}`, 'Payments can be taken once they are settled.'],
    })
  }
}

export class AccountCapReachedError extends BaseError {
  override readonly name = 'AccountCapReachedError'
  constructor() {
    super("Taking in this payment would pass the tier's cap on the account.", {
      code: 'ACCOUNT_CAP_REACHED',
      metaMessages: ['Send or withdraw first, or ask the registrar for a higher tier.'],
    })
  }
}

export class PaymentCountError extends BaseError {
  override readonly name = 'PaymentCountError'
  constructor({ count }: { count: number }) {
    super('A transfer has one to three recipients.', {
      code: 'PAYMENT_COUNT',
      metaMessages: [`Recipients: ${String(count)}`, 'Send the rest in another transfer.'],
    })
  }
}

export class FeeError extends BaseError {
  override readonly name = 'FeeError'
  constructor({ reason }: { reason: 'below the minimum' | 'above the maximum' }) {
    super(`The fee is ${reason}.`, {
      code: 'FEE_OUT_OF_RANGE',
      metaMessages: ['Leave --fee away to pay what the sequencer asks.'],
    })
  }
}

export class JournalTransitionError extends BaseError {
  override readonly name = 'JournalTransitionError'
  constructor({ id, from, to }: { id: number; from: string; to: string }) {
    super('A transfer in the journal cannot take this step.', {
      code: 'JOURNAL_STEP_INVALID',
      metaMessages: [`Transfer: ${String(id)}`, `From:     ${from}`, `To:       ${to}`],
    })
  }
}

/** W4: a sent transfer may still settle, so another one of the account would be its replacement. */
export class TransferPendingError extends BaseError {
  override readonly name = 'TransferPendingError'
  constructor({ id, stage }: { id: number; stage: string }) {
    super('An earlier transfer of this account is not decided yet.', {
      code: 'TRANSFER_PENDING',
      metaMessages: [
        `Transfer: ${String(id)}`,
        `Stage:    ${stage}`,
        'Wait until it is sealed (`cinnabar wallet sync`). `--replace` makes another statement in its place:',
        'at most one of the two can settle, and the history shows both.',
      ],
    })
  }
}

export class TransferRejectedError extends BaseError {
  override readonly name = 'TransferRejectedError'
  /** The sequencer's own code. */
  readonly reason: string
  constructor({ id, reason, message }: { id: number; reason: string; message: string }) {
    super('The sequencer refused the transfer.', {
      code: 'TRANSFER_REJECTED',
      metaMessages: [
        `Transfer: ${String(id)}`,
        `Reason:   ${reason}`,
        `          ${message}`,
        'Nothing was spent. Sync and make the transfer again: it will be a new statement.',
      ],
    })
    this.reason = reason
  }
}

export class SequencerUnreachableError extends BaseError {
  override readonly name = 'SequencerUnreachableError'
  constructor({ cause }: { cause: unknown }) {
    super('The sequencer does not answer.', {
      code: 'SEQUENCER_UNREACHABLE',
      metaMessages: [
        'Try again later: `cinnabar wallet sync` sends what was proved, byte for byte, once it answers.',
        'Balances and history need only the base chain.',
      ],
      cause,
    })
  }
}

export class SequencerKeyChangedError extends BaseError {
  override readonly name = 'SequencerKeyChangedError'
  constructor({ known, found }: { known: string; found: string }) {
    super('The sequencer signs with another key than before.', {
      code: 'SEQUENCER_KEY_CHANGED',
      metaMessages: [
        `Known: ${known}`,
        `Found: ${found}`,
        'Ask the operator. If the change was announced, run `cinnabar wallet sync --trust-sequencer`.',
      ],
    })
  }
}

export class ReceiptError extends BaseError {
  override readonly name = 'ReceiptError'
  constructor({ id }: { id: number }) {
    super("The sequencer's receipt is not validly signed for this transfer.", {
      code: 'RECEIPT_INVALID',
      metaMessages: [
        `Transfer: ${String(id)}`,
        'The transfer may settle all the same. Sync to see; do not count on it before.',
      ],
    })
  }
}

/** The wallet and the sequencer see the base chain at different heights. */
export class BehindBaseChainError extends BaseError {
  override readonly name = 'BehindBaseChainError'
  constructor({ what, wallet, sequencer }: { what: string; wallet: string; sequencer: string }) {
    super(`Wallet and sequencer do not see the same ${what}.`, {
      code: 'BASE_CHAIN_VIEWS_DIFFER',
      metaMessages: [
        `Wallet:    ${wallet}`,
        `Sequencer: ${sequencer}`,
        'One of them is some blocks behind. Try again in a moment.',
      ],
    })
  }
}

export class NotForceableError extends BaseError {
  override readonly name = 'NotForceableError'
  constructor({ id, reason }: { id: number; reason: string }) {
    super(`Transfer ${String(id)} cannot be forced: ${reason}.`, {
      code: 'TRANSFER_NOT_FORCEABLE',
      metaMessages: [
        'Make it anew with --force: it is then made against what the base chain has settled.',
      ],
    })
  }
}

export class NotClaimableError extends BaseError {
  override readonly name = 'NotClaimableError'
  constructor({ id, reason, remedy }: { id: number; reason: string; remedy: string }) {
    super(`Nothing can be claimed for transfer ${String(id)}: ${reason}.`, {
      code: 'TRANSFER_NOT_CLAIMABLE',
      metaMessages: [remedy],
    })
  }
}

export class WaitTimeoutError extends BaseError {
  override readonly name = 'WaitTimeoutError'
  constructor({ stage, seconds }: { stage: string; seconds: number }) {
    super(`The transfer was not ${stage} in time.`, {
      code: 'WAIT_TIMEOUT',
      metaMessages: [
        `Waited: ${String(seconds)} s`,
        'It is not lost: `cinnabar wallet sync` and `cinnabar wallet history` show how it goes on.',
      ],
    })
  }
}

export class OptionError extends BaseError {
  override readonly name = 'OptionError'
  constructor({ option, reason }: { option: string; reason: string }) {
    super(`${option}: ${reason}.`, { code: 'OPTION_INVALID', metaMessages: ['See --help.'] })
  }
}

export class AssetClosedError extends BaseError {
  override readonly name = 'AssetClosedError'
  constructor({ asset }: { asset: bigint }) {
    super('The vault takes no more deposits of this asset.', {
      code: 'ASSET_CLOSED',
      metaMessages: [
        `Asset: ${String(asset)}`,
        'Payments and withdrawals of what is deposited go on as before.',
      ],
    })
  }
}

export class AddressScreenedError extends BaseError {
  override readonly name = 'AddressScreenedError'
  constructor({
    address,
    purpose,
    reason,
    until,
  }: {
    address: string
    purpose: 'deposit' | 'payout'
    reason: string
    /** Unix seconds; 0 where nothing is listed. */
    until: bigint
  }) {
    const isPayout = purpose === 'payout'
    super(
      isPayout
        ? 'The screening list denies payouts to this address now.'
        : 'The screening list does not let this address deposit.',
      {
        code: 'ADDRESS_SCREENED',
        metaMessages: [
          `Address: ${address}`,
          `Reason:  ${reason}`,
          ...(until === 0n ? [] : [`Until:   ${formatTime(until)}`]),
          isPayout
            ? 'What is credited stays this address’s, and can be claimed once the denial ends. Withdraw what is inside to another address of yours.'
            : 'Deposit from another address of yours, or ask whoever keeps the list.',
        ],
      },
    )
  }
}

export class NothingToClaimError extends BaseError {
  override readonly name = 'NothingToClaimError'
  constructor({ recipient }: { recipient: string }) {
    super('Nothing is credited to this address.', {
      code: 'CLAIM_NOTHING',
      metaMessages: [
        `Address: ${recipient}`,
        'A withdrawal can be claimed once it is settled; see `cinnabar wallet history`.',
      ],
    })
  }
}

export class DepositNotReclaimableError extends BaseError {
  override readonly name = 'DepositNotReclaimableError'
  constructor({ id, status }: { id: bigint; status: string }) {
    super('This deposit cannot be taken back.', {
      code: 'DEPOSIT_NOT_RECLAIMABLE',
      metaMessages: [
        `Deposit: ${String(id)}`,
        `Status:  ${status}`,
        'One that was taken is in the balance; one that was refunded can be claimed.',
      ],
    })
  }
}

export class PaymentNotFoundError extends BaseError {
  override readonly name = 'PaymentNotFoundError'
  constructor({ what }: { what: string }) {
    super('The payment is not among this wallet’s settled ones.', {
      code: 'WALLET_PAYMENT_NOT_FOUND',
      metaMessages: [
        `Missing: ${what}`,
        'Sync first; `cinnabar wallet history` shows the leaf of each settled payment.',
      ],
    })
  }
}
