import { createHash } from 'node:crypto'
import { closeSync, createReadStream, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { CeremonyFileError, CeremonyFileHashError, CeremonyOutputError } from './errors.ts'

/** BLAKE2b of a file as hex: 64 bytes, the hash that phase 1's files are published with. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('blake2b512')
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      hash.update(chunk as Buffer)
    }
  } catch (cause) {
    throw new CeremonyFileError({ path, reason: 'it cannot be read', cause })
  }
  return hash.digest('hex')
}

/** @throws {CeremonyFileHashError} unless the file has this hash. */
export async function checkFileHash(path: string, expected: string): Promise<void> {
  const actual = await hashFile(path)
  if (actual !== expected) throw new CeremonyFileHashError({ path, expected, actual })
}

export function hashText(text: string): string {
  return createHash('blake2b512').update(text).digest('hex')
}

export type Section = { readonly offset: number; readonly length: number }

/** An iden3 binary file whose table of sections was checked against its size. */
export class SectionFile {
  readonly path: string
  readonly sections: ReadonlyMap<number, Section>
  readonly #file: number

  private constructor(path: string, file: number, sections: ReadonlyMap<number, Section>) {
    this.path = path
    this.#file = file
    this.sections = sections
  }

  /** @throws {CeremonyFileError} when it is another sort of file, cut short, or has a section twice. */
  static open(path: string, type: 'zkey' | 'ptau'): SectionFile {
    let file: number
    try {
      file = openSync(path, 'r')
    } catch (cause) {
      throw new CeremonyFileError({ path, reason: 'it cannot be read', cause })
    }
    try {
      return new SectionFile(path, file, readTable(path, file, type))
    } catch (error) {
      closeSync(file)
      throw error
    }
  }

  /** Bytes of a section from `start` on. @throws {CeremonyFileError} */
  read(id: number, start = 0, length?: number): Uint8Array {
    const section = this.sections.get(id)
    if (section === undefined) throw this.#error(`it has no section ${id}`)
    const wanted = length ?? section.length - start
    if (start + wanted > section.length) throw this.#error(`its section ${id} is too short`)
    return readAt(this.path, this.#file, section.offset + start, wanted)
  }

  /** Length of a section, 0 where there is none. */
  lengthOf(id: number): number {
    return this.sections.get(id)?.length ?? 0
  }

  close(): void {
    closeSync(this.#file)
  }

  #error(reason: string): CeremonyFileError {
    return new CeremonyFileError({ path: this.path, reason })
  }
}

function readTable(path: string, file: number, type: string): Map<number, Section> {
  const fail = (reason: string): never => {
    throw new CeremonyFileError({ path, reason })
  }
  const { size } = fstatSync(file)
  if (size < 12) fail('it is cut short')
  const head = viewOf(readAt(path, file, 0, 12))
  const magic = Buffer.from(head.buffer, head.byteOffset, 4).toString('latin1')
  if (magic !== type) fail(`it is no ${type} file`)
  const count = head.getUint32(8, true)
  const sections = new Map<number, Section>()
  let offset = 12
  for (let index = 0; index < count; index++) {
    if (offset + 12 > size) fail('it is cut short')
    const entry = viewOf(readAt(path, file, offset, 12))
    const id = entry.getUint32(0, true)
    const length = Number(entry.getBigUint64(4, true))
    offset += 12
    if (offset + length > size) fail('it is cut short')
    // Readers differ in which of two they take.
    if (sections.has(id)) fail(`it has two sections ${id}`)
    sections.set(id, { offset, length })
    offset += length
  }
  if (offset !== size) fail('bytes follow its end')
  return sections
}

function readAt(path: string, file: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length;) {
    const read = readSync(file, bytes, done, length - done, position + done)
    if (read === 0) throw new CeremonyFileError({ path, reason: 'it is cut short' })
    done += read
  }
  return bytes
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * Fills a directory under another name beside it and renames it: it is there whole or not at all.
 *
 * @throws {CeremonyOutputError} when it is there already.
 */
export async function makeDirectory(
  target: string,
  fill: (directory: string) => Promise<void>,
): Promise<void> {
  if (existsSync(target)) throw new CeremonyOutputError({ path: target })
  const temporary = await mkdtemp(join(dirname(target), `.${basename(target)}-`))
  try {
    await fill(temporary)
    if (existsSync(target)) throw new CeremonyOutputError({ path: target })
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    throw error
  }
}
