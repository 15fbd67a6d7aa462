import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { replaceFile } from '../files/replaceFile.ts'
import { concatBytes } from '../protocol/field.ts'
import { seedFromMnemonic } from '../protocol/keys.ts'
import type { RandomBytes } from '../protocol/memo.ts'
import {
  derivePassphraseKey,
  openBox,
  type PassphraseBox,
  passphraseKeyOf,
  sealBox,
} from '../protocol/passphraseBox.ts'
import {
  DeploymentMismatchError,
  WalletExistsError,
  WalletFileError,
  WalletNotFoundError,
  WeakPassphraseError,
  WrongPassphraseError,
} from './errors.ts'

export const KEYSTORE_FILE = 'wallet.json'
const NONCE_BYTES = 24
const SALT_BYTES = 32
const LEAST_PASSPHRASE = 8

/** A deployment's name on disk: a wallet's keys hold for one deployment and no other. */
export type KeystoreDeployment = {
  readonly chainId: string
  /** Lower case. */
  readonly rollup: string
}

/** `deployment` outside says without the passphrase which one it is; the sealed copy is the truth. */
type KeystoreFile = { readonly deployment: KeystoreDeployment; readonly secret: PassphraseBox }
type KeystoreSecret = { readonly deployment: KeystoreDeployment; readonly mnemonic: string }

/** An opened keystore: the seed, and the key under which all other files are kept. */
export type Keystore = {
  readonly mnemonic: string
  readonly seed: Uint8Array
  readonly deployment: KeystoreDeployment
  /** 32 bytes. */
  readonly storageKey: Uint8Array
}

export type CreateKeystoreParameters = {
  dir: string
  mnemonic: string
  passphrase: string
  deployment: { chainId: bigint; rollup: string }
}

export function hasKeystore(dir: string): boolean {
  return existsSync(join(dir, KEYSTORE_FILE))
}

/**
 * Writes a new keystore of mode 0600, sealed under the passphrase (protocol/passphraseBox.ts).
 *
 * @throws {WalletExistsError | WeakPassphraseError | InvalidMnemonicError}
 */
export async function createKeystore(
  { randomBytes }: { randomBytes: RandomBytes },
  { dir, mnemonic, passphrase, deployment }: CreateKeystoreParameters,
): Promise<Keystore> {
  if (hasKeystore(dir)) throw new WalletExistsError({ dir })
  if (passphrase.length < LEAST_PASSPHRASE) {
    throw new WeakPassphraseError({ least: LEAST_PASSPHRASE })
  }
  const seed = seedFromMnemonic(mnemonic)
  const name: KeystoreDeployment = {
    chainId: deployment.chainId.toString(),
    rollup: deployment.rollup.toLowerCase(),
  }
  const passphraseKey = await derivePassphraseKey(passphrase, randomBytes(SALT_BYTES))
  const secret: KeystoreSecret = { deployment: name, mnemonic }
  const box = sealBox(passphraseKey, new TextEncoder().encode(JSON.stringify(secret)), randomBytes)
  const file: KeystoreFile = { deployment: name, secret: box }
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  replaceFile(join(dir, KEYSTORE_FILE), `${JSON.stringify(file, undefined, 2)}\n`)
  return { mnemonic, seed, deployment: name, storageKey: passphraseKey.key }
}

/**
 * @throws {WalletNotFoundError | WalletFileError | WrongPassphraseError}
 * @throws {DeploymentMismatchError} when the name outside was changed.
 */
export async function openKeystore({
  dir,
  passphrase,
}: {
  dir: string
  passphrase: string
}): Promise<Keystore> {
  const path = join(dir, KEYSTORE_FILE)
  if (!existsSync(path)) throw new WalletNotFoundError({ dir })
  const file = parseKeystore(path)
  const passphraseKey = await passphraseKeyOf(file.secret, passphrase)
  let plaintext: Uint8Array
  try {
    plaintext = openBox(passphraseKey, file.secret)
  } catch {
    throw new WrongPassphraseError({ file: path })
  }
  const { deployment, mnemonic } = JSON.parse(new TextDecoder().decode(plaintext)) as KeystoreSecret
  if (
    deployment.chainId !== file.deployment.chainId ||
    deployment.rollup !== file.deployment.rollup
  ) {
    const name = (of: KeystoreDeployment) => `${of.rollup} on chain ${of.chainId}`
    throw new DeploymentMismatchError({
      what: 'keystore',
      expected: name(deployment),
      actual: name(file.deployment),
    })
  }
  return { mnemonic, seed: seedFromMnemonic(mnemonic), deployment, storageKey: passphraseKey.key }
}

/** nonce ‖ XChaCha20-Poly1305 ciphertext (draft-irtf-cfrg-xchacha), bound to `context`. */
export function sealBytes(
  { key, randomBytes }: { key: Uint8Array; randomBytes: RandomBytes },
  { plaintext, context }: { plaintext: Uint8Array; context: string },
): Uint8Array {
  // 24 random bytes do not repeat, so one key serves all files and all versions of them.
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = xchacha20poly1305(key, nonce, new TextEncoder().encode(context))
  return concatBytes(nonce, cipher.encrypt(plaintext))
}

/** undefined when the key is another, or anything was changed or moved to another context. */
export function openBytes(
  key: Uint8Array,
  { sealed, context }: { sealed: Uint8Array; context: string },
): Uint8Array | undefined {
  try {
    const nonce = sealed.subarray(0, NONCE_BYTES)
    const cipher = xchacha20poly1305(key, nonce, new TextEncoder().encode(context))
    return cipher.decrypt(sealed.subarray(NONCE_BYTES))
  } catch {
    return undefined
  }
}

function parseKeystore(path: string): KeystoreFile {
  const unusable = (reason: string) => new WalletFileError({ file: path, reason })
  let file: KeystoreFile
  try {
    file = JSON.parse(readFileSync(path, 'utf8')) as KeystoreFile
  } catch {
    throw unusable('it is not JSON')
  }
  const isHex = (text: unknown) => typeof text === 'string' && /^0x([0-9a-f]{2})+$/.test(text)
  const isText = (text: unknown) => typeof text === 'string'
  // From outside: any member may be missing, whatever the type says.
  const { deployment, secret } = file as Partial<KeystoreFile>
  if (!isText(deployment?.chainId) || !isText(deployment?.rollup)) {
    throw unusable('it names no deployment')
  }
  if (secret?.version !== 1) throw unusable('its version is not known to this software')
  if (!isHex(secret.kdf.salt) || !isHex(secret.nonce) || !isHex(secret.ciphertext)) {
    throw unusable('a field is missing or malformed')
  }
  return file
}
