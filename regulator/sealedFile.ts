import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { replaceFile } from '../files/replaceFile.ts'
import {
  derivePassphraseKey,
  openBox,
  type PassphraseBox,
  type PassphraseKey,
  passphraseKeyOf,
  sealBox,
} from '../protocol/passphraseBox.ts'
import { FileExistsError, FileUnreadableError } from './errors.ts'

/** bigints as decimal strings with a suffix that no other string of ours has. */
export function encodePrivate(value: unknown): Uint8Array {
  const text = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? `${item}n` : item,
  )
  return new TextEncoder().encode(text)
}

export function decodePrivate(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes), (_key, item: unknown) =>
    typeof item === 'string' && /^\d+n$/.test(item) ? BigInt(item.slice(0, -1)) : item,
  )
}

/** A JSON file of private values under a passphrase. Writes are atomic and reach the disk. */
export type SealedFile<T> = {
  readonly value: T
  write(value: T): Promise<void>
}

function sealed(key: PassphraseKey, value: unknown): string {
  return JSON.stringify(sealBox(key, encodePrivate(value), (n) => randomBytes(n)))
}

/**
 * A new one: a key or a registrar's state that was written over is lost for good.
 *
 * @throws {FileExistsError} when there is something of that name.
 */
export async function createSealedFile<T>(
  path: string,
  passphrase: string,
  value: T,
): Promise<SealedFile<T>> {
  if (existsSync(path)) throw new FileExistsError({ path })
  const key = await derivePassphraseKey(passphrase, randomBytes(16))
  replaceFile(path, sealed(key, value))
  return sealedFile(path, key, value)
}

/** @throws {FileUnreadableError} or {WrongPassphraseError}. */
export async function openSealedFile<T>(path: string, passphrase: string): Promise<SealedFile<T>> {
  let box: PassphraseBox
  try {
    box = JSON.parse(await readFile(path, 'utf8')) as PassphraseBox
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'it is not JSON'
    throw new FileUnreadableError({
      path,
      reason: code === 'ENOENT' ? 'it does not exist' : code,
    })
  }
  const key = await passphraseKeyOf(box, passphrase)
  return sealedFile(path, key, decodePrivate(openBox(key, box)) as T)
}

function sealedFile<T>(path: string, key: PassphraseKey, initial: T): SealedFile<T> {
  let current = initial
  return {
    get value() {
      return current
    },
    async write(value) {
      replaceFile(path, sealed(key, value))
      current = value
    },
  }
}
