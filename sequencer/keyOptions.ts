import type { Command } from 'commander'
import { createRemoteAccount } from '../l1/remoteAccount.ts'
import type { TransactionAccount } from '../l1/submitTransaction.ts'
import { createTransactionAccount } from '../l1/transactionAccount.ts'
import { bytesToHex } from '../protocol/field.ts'
import type { FarmKey } from '../prover/farm/sealedBox.ts'
import { checkDuties } from './checkDuties.ts'
import { parseAddress } from './cliValues.ts'
import { SignerOptionsError } from './errors.ts'
import { readKey } from './readKey.ts'

type Hex = `0x${string}`

export type KeyOptions = {
  l1KeyFile?: string
  l1Signer?: string
  l1SignerAddress?: Hex
  l1SignerCert?: string
  l1SignerKey?: string
  l1SignerCa?: string
  receiptKeyFile?: string
}

/** Options of every command that works with the sequencer's keys. */
export function addKeyOptions(command: Command): Command {
  return command
    .option(
      '--l1-key-file <file>',
      'base-chain key; default: CINNABAR_SEQUENCER_L1_KEY_FILE, else CINNABAR_SEQUENCER_L1_KEY',
    )
    .option('--l1-signer <url>', 'key service in its place, JSON-RPC eth_signTransaction')
    .option('--l1-signer-address <address>', 'account that the service signs for', parseAddress)
    .option('--l1-signer-cert <file>', 'our certificate for it (PEM)')
    .option('--l1-signer-key <file>', 'key of that certificate (PEM)')
    .option('--l1-signer-ca <file>', 'authority that certifies the service (PEM)')
    .option(
      '--receipt-key-file <file>',
      'key for receipts; default: CINNABAR_SEQUENCER_RECEIPT_KEY_FILE, else CINNABAR_SEQUENCER_RECEIPT_KEY',
    )
}

/**
 * The account that settles, from a key or a key service, and the key for receipts.
 *
 * @throws {KeyInvalidError | KeyReusedError | SignerOptionsError | SignerUrlError}
 */
export async function readKeys(
  options: KeyOptions,
  farmKey: FarmKey | undefined,
): Promise<{ account: TransactionAccount; receiptPrivateKey: Hex }> {
  const { l1Signer, l1SignerAddress } = options
  const isRemote = l1Signer !== undefined
  if (
    isRemote !== (l1SignerAddress !== undefined) ||
    (isRemote && options.l1KeyFile !== undefined)
  ) {
    throw new SignerOptionsError()
  }
  const l1Key = isRemote ? undefined : await readL1Key(options)
  const receiptPrivateKey = await readReceiptKey(options)
  checkDuties({
    'base-chain': l1Key,
    receipt: receiptPrivateKey,
    farm: farmKey === undefined ? undefined : bytesToHex(farmKey.secretKey),
  })
  return { account: openAccount(options, l1Key), receiptPrivateKey }
}

function openAccount(options: KeyOptions, l1Key: Hex | undefined): TransactionAccount {
  if (l1Key !== undefined) return createTransactionAccount(l1Key)
  const { l1Signer, l1SignerAddress, l1SignerCert, l1SignerKey, l1SignerCa } = options
  if (l1Signer === undefined || l1SignerAddress === undefined) throw new SignerOptionsError()
  return createRemoteAccount({
    url: l1Signer,
    address: l1SignerAddress,
    ...(l1SignerCert === undefined ? {} : { clientCertificateFile: l1SignerCert }),
    ...(l1SignerKey === undefined ? {} : { clientKeyFile: l1SignerKey }),
    ...(l1SignerCa === undefined ? {} : { authorityFile: l1SignerCa }),
  })
}

export function readL1Key({ l1KeyFile }: KeyOptions): Promise<Hex> {
  return readKey({ what: 'base-chain', file: l1KeyFile, variable: 'CINNABAR_SEQUENCER_L1_KEY' })
}

export function readReceiptKey({ receiptKeyFile }: KeyOptions): Promise<Hex> {
  return readKey({
    what: 'receipt',
    file: receiptKeyFile,
    variable: 'CINNABAR_SEQUENCER_RECEIPT_KEY',
  })
}
