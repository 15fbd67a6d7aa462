import { randomBytes } from 'node:crypto'
import { renameSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { lockFolder } from '../files/folderLock.ts'
import { replaceFile, syncFolder } from '../files/replaceFile.ts'
import {
  derivePassphraseKey,
  openBox,
  type PassphraseBox,
  type PassphraseKey,
  passphraseKeyOf,
  sealBox,
} from '../protocol/passphraseBox.ts'
import { FileUnreadableError, FolderInUseError } from './errors.ts'
import { decodePrivate, encodePrivate } from './sealedFile.ts'

const PATTERN = /^[a-z0-9.-]+$/i
const TAKEN = 'taken-'

/**
 * Private values in a folder, each in a file of its own under one passphrase, so that one of them can be destroyed without
 * touching the others. One derivation serves all files.
 */
export class SealedFolder {
  readonly #dir: string
  readonly #key: PassphraseKey

  private constructor(dir: string, key: PassphraseKey) {
    this.#dir = dir
    this.#key = key
  }

  /** Makes the folder. `name` is its first entry, which later opens the folder or shows that a passphrase is wrong. */
  static async create(
    dir: string,
    passphrase: string,
    { name, value }: { name: string; value: unknown },
  ): Promise<SealedFolder> {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    if ((await readdir(dir)).some((file) => file.endsWith('.json'))) {
      throw new FileUnreadableError({ path: dir, reason: 'there is something in it already' })
    }
    const folder = new SealedFolder(dir, await derivePassphraseKey(passphrase, randomBytes(16)))
    await folder.write(name, value)
    return folder
  }

  /** @throws {FileUnreadableError | WrongPassphraseError} */
  static async open(dir: string, passphrase: string, name: string): Promise<SealedFolder> {
    const box = await readBox(join(dir, `${name}.json`))
    const key = await passphraseKeyOf(box, passphrase)
    openBox(key, box)
    return new SealedFolder(dir, key)
  }

  async write(name: string, value: unknown): Promise<void> {
    const box = sealBox(this.#key, encodePrivate(value), (n) => randomBytes(n))
    replaceFile(this.#pathOf(name), JSON.stringify(box))
  }

  /** Undefined where there is none. @throws {FileUnreadableError | WrongPassphraseError} */
  async read<T>(name: string): Promise<T | undefined> {
    try {
      const box = await readBox(this.#pathOf(name))
      return decodePrivate(openBox(this.#key, box)) as T
    } catch (error) {
      if (error instanceof FileUnreadableError && error.isMissing) return undefined
      throw error
    }
  }

  async list(prefix: string): Promise<string[]> {
    const files = await readdir(this.#dir)
    return files
      .filter((file) => file.startsWith(prefix) && file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length))
      .sort()
  }

  /**
   * Overwrites an entry's bytes where they are, then removes it. What the disk itself kept of them (snapshots, a journal,
   * blocks that wear levelling set aside, backups) is still under the passphrase, and out of reach from here.
   *
   * @returns whether there was one.
   */
  async destroy(name: string): Promise<boolean> {
    const path = this.#pathOf(name)
    const file = await open(path, 'r+').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    })
    if (file === undefined) return false
    try {
      const { size } = await file.stat()
      await file.write(randomBytes(size), 0, size, 0)
      await file.sync()
    } finally {
      await file.close()
    }
    await rm(path)
    syncFolder(this.#dir)
    return true
  }

  /**
   * An entry's value, for one caller only, in this process or another: it has a name that nobody else knows, on the disk, before
   * it is read, and is destroyed before it is given out. What a crash leaves of it nobody takes again.
   *
   * @returns undefined where there is none, or another took it.
   */
  async take<T>(name: string): Promise<T | undefined> {
    const taken = `${TAKEN}${randomBytes(16).toString('hex')}`
    try {
      renameSync(this.#pathOf(name), this.#pathOf(taken))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
    syncFolder(this.#dir)
    const value = await this.read<T>(taken)
    return (await this.destroy(taken)) ? value : undefined
  }

  /** Destroys what a crash left between taking and destroying. For who has the lock. */
  async destroyTaken(): Promise<void> {
    for (const name of await this.list(TAKEN)) await this.destroy(name)
  }

  /**
   * Makes this process the only one that answers from the folder. A lock whose process is gone is taken over.
   *
   * @throws {FolderInUseError}
   */
  lock(): () => void {
    const lock = lockFolder(this.#dir)
    if ('heldBy' in lock) throw new FolderInUseError({ dir: this.#dir, pid: lock.heldBy })
    return lock.release
  }

  #pathOf(name: string): string {
    if (!PATTERN.test(name)) throw new RangeError('not the name of an entry')
    return join(this.#dir, `${name}.json`)
  }
}

async function readBox(path: string): Promise<PassphraseBox> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as PassphraseBox
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const reason = isMissing ? 'it does not exist' : 'it is no sealed file'
    throw new FileUnreadableError({ path, reason, isMissing })
  }
}
