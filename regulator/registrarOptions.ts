import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { privateKeyToAccount } from 'viem/accounts'
import { fileTransactionStore } from '../l1/transactionStore.ts'
import { FileUnreadableError } from './errors.ts'
import { readPassphrase } from './options.ts'
import type { RegistrarDependencies } from './publishIdentity.ts'
import type { RegistrarState } from './registrar.ts'
import { openSealedFile, type SealedFile } from './sealedFile.ts'

export type CommonOptions = { dir: string; passphraseFile?: string }
export type ChainOptions = CommonOptions & {
  rpc: string
  deployment: string
  keyFile: string
  /** Blocks, its own included, that must hold an update before it is kept. */
  confirmations?: number
  json?: true
}

export const STATE_FILE = 'registrar.json'
const TRANSACTIONS_FILE = 'transactions.json'

export async function openState(options: CommonOptions): Promise<SealedFile<RegistrarState>> {
  const passphrase = await readPassphrase(options.passphraseFile)
  return openSealedFile<RegistrarState>(join(options.dir, STATE_FILE), passphrase)
}

/** Who sends, where it is kept, and how deep it must be. */
export async function openSender({
  keyFile,
  dir,
  confirmations = 1,
}: ChainOptions): Promise<Pick<RegistrarDependencies, 'account' | 'store' | 'confirmations'>> {
  const key = (await readText(keyFile)).trim()
  return {
    account: privateKeyToAccount(key as `0x${string}`),
    store: fileTransactionStore(join(dir, TRANSACTIONS_FILE)),
    confirmations,
  }
}

/** @throws {FileUnreadableError} */
export async function readText(path: string): Promise<string> {
  const text = await readIfThere(path)
  if (text === undefined) throw new FileUnreadableError({ path, reason: 'it does not exist' })
  return text
}

/** @throws {FileUnreadableError} when it is there and cannot be read. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new FileUnreadableError({ path, reason: 'it cannot be opened' })
  }
}

export function integer(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
