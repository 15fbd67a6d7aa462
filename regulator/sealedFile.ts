import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  derivePassphraseKey,
  openBox,
  type PassphraseBox,
  type PassphraseKey,
  passphraseKeyOf,
  sealBox,
} from '../protocol/passphraseBox.ts'
import { FileUnreadableError } from './errors.ts'

/** bigints as decimal strings with a suffix that no other string of ours has. */
function encode(value: unknown): Uint8Array {
  const text = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? `${item}n` : item,
  )
  return new TextEncoder().encode(text)
}

function decode(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes), (_key, item: unknown) =>
    typeof item === 'string' && /^\d+n$/.test(item) ? BigInt(item.slice(0, -1)) : item,
  )
}

/** A JSON file of private values under a passphrase. Writes are atomic and reach the disk. */
export type SealedFile<T> = {
  readonly value: T
  write(value: T): Promise<void>
}

async function writeAtomic(path: string, key: PassphraseKey, value: unknown): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(JSON.stringify(sealBox(key, encode(value), (n) => randomBytes(n))))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  const directory = await open(dirname(path))
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

export async function createSealedFile<T>(
  path: string,
  passphrase: string,
  value: T,
): Promise<SealedFile<T>> {
  const key = await derivePassphraseKey(passphrase, randomBytes(16))
  await writeAtomic(path, key, value)
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
  return sealedFile(path, key, decode(openBox(key, box)) as T)
}

function sealedFile<T>(path: string, key: PassphraseKey, initial: T): SealedFile<T> {
  let current = initial
  return {
    get value() {
      return current
    },
    async write(value) {
      await writeAtomic(path, key, value)
      current = value
    },
  }
}
