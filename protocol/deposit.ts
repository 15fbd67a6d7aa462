import { type Address } from './address.ts'
import { AMOUNT_BITS, type Asset, unitsOf } from './asset.ts'
import { mulBase8 } from './babyjubjub.ts'
import { SCALAR_BITS } from './constants.ts'
import { BaseError } from './errors.ts'
import { bytesToBigint, checkBits, isFieldElement, lowBits, reduce } from './field.ts'
import { type Owner } from './keys.ts'
import { openDeposit, type RandomBytes, sealDeposit } from './memo.ts'
import { commitToRecipient, deriveRecipient, type Note } from './note.ts'
import { packWord } from './words.ts'

/** A deposit as the base chain shows it. Its commitment is computed by the batch proof. */
export type Deposit = {
  readonly asset: bigint
  /** Protocol units, above 0. */
  readonly amount: bigint
  /** H(RECIPIENT, owner, blinding): all that a depositor shows of the payee. */
  readonly recipient: bigint
}

export class DepositEmptyError extends BaseError {
  override readonly name = 'DepositEmptyError'
  constructor() {
    super('A deposit of nothing is not acceptable.', {
      code: 'DEPOSIT_EMPTY',
      metaMessages: ['Deposit at least one unit of the asset.'],
    })
  }
}

export class DepositRecipientError extends BaseError {
  override readonly name = 'DepositRecipientError'
  constructor() {
    super('The recipient of a deposit is not acceptable.', {
      code: 'DEPOSIT_RECIPIENT_INVALID',
      metaMessages: ['It must be a field element other than 0: nobody could ever spend it.'],
    })
  }
}

/** What a depositor sends to the Vault, and the note it becomes. */
export type BuiltDeposit = {
  readonly deposit: Deposit
  /** 92 bytes: packed R, nonce, sealed blinding. */
  readonly ciphertext: Uint8Array
  readonly note: Note
}

/**
 * A deposit of a base-chain amount to an address. Asset and amount are public; the payee is not.
 *
 * @throws {AmountNotWholeUnitsError | AmountOutOfRangeError}
 */
export function buildDeposit({
  address,
  asset,
  baseAmount,
  randomBytes,
}: {
  address: Address
  asset: Asset
  baseAmount: bigint
  randomBytes: RandomBytes
}): BuiltDeposit {
  const amount = unitsOf(asset, baseAmount)
  const { owner, viewingPublicKey } = address
  // 64 bytes, so that the reduction's bias is negligible.
  const blinding = reduce(bytesToBigint(randomBytes(64)))
  const ephemeralSecret = lowBits(bytesToBigint(randomBytes(32)), SCALAR_BITS)
  const ephemeral = mulBase8(ephemeralSecret)
  return {
    deposit: { asset: asset.id, amount, recipient: deriveRecipient(owner, blinding) },
    ciphertext: sealDeposit({
      viewingPublicKey,
      blinding,
      ephemeralSecret,
      ephemeral,
      randomBytes,
    }),
    note: { asset: asset.id, amount, owner, blinding },
  }
}

/** The note of a deposit that was made to this owner, else undefined. */
export function openDepositNote({
  deposit,
  ciphertext,
  owner,
  viewingKey,
}: {
  deposit: Deposit
  ciphertext: Uint8Array
  owner: Owner
  viewingKey: bigint
}): Note | undefined {
  const blinding = openDeposit({ ciphertext, viewingKey })
  // A depositor can seal anything: only what hashes to the recipient is ours to spend.
  if (blinding === undefined || deriveRecipient(owner, blinding) !== deposit.recipient) {
    return undefined
  }
  return { asset: deposit.asset, amount: deposit.amount, owner, blinding }
}

/**
 * What the Vault checks on entry, so that every queued deposit can be taken in.
 * @throws {OutOfRangeError | DepositEmptyError | DepositRecipientError}
 */
export function checkDeposit(deposit: Deposit): void {
  checkBits(deposit.asset, 16, 'asset id')
  checkBits(deposit.amount, AMOUNT_BITS, 'deposit amount')
  if (deposit.amount === 0n) throw new DepositEmptyError()
  if (deposit.recipient === 0n || !isFieldElement(deposit.recipient)) {
    throw new DepositRecipientError()
  }
}

/** The deposit's first word in a batch: asset | amount. The second is the recipient. */
export function packDepositWord({ asset, amount }: Deposit): bigint {
  return packWord('note', { asset, amount })
}

/** H(NOTE, recipient, asset | amount): the leaf. Twin: circuits/src/deposit-leaf.circom. */
export function commitDeposit(deposit: Deposit): bigint {
  return commitToRecipient(deposit)
}
