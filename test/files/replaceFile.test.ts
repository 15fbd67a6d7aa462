import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { replaceFile } from '../../files/replaceFile.ts'

describe('replaceFile', () => {
  const parent = mkdtempSync(join(tmpdir(), 'cinnabar-files-'))
  after(() => {
    rmSync(parent, { recursive: true, force: true })
  })
  const newFolder = (name: string) => {
    const dir = join(parent, name)
    mkdirSync(dir)
    return dir
  }

  test('behavior: a crash while writing leaves the old contents', () => {
    const dir = newFolder('crash')
    const file = join(dir, 'file')
    replaceFile(file, 'old')
    // What a crash leaves behind: half of the new contents beside the old file.
    writeFileSync(`${file}.${String(process.pid)}.tmp`, 'ne')
    assert.equal(readFileSync(file, 'utf8'), 'old')
    replaceFile(file, 'new')
    assert.equal(readFileSync(file, 'utf8'), 'new')
    assert.deepEqual(readdirSync(dir), ['file'])
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })

  test('behavior: one that others could read is theirs no more', () => {
    const file = join(newFolder('mode'), 'file')
    writeFileSync(file, 'old')
    chmodSync(file, 0o644)
    replaceFile(file, new Uint8Array([110, 101, 119]))
    assert.equal(readFileSync(file, 'utf8'), 'new')
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })

  test('rejects: a place that is taken by a folder, which stays as it was', () => {
    const dir = newFolder('taken')
    mkdirSync(join(dir, 'file', 'inside'), { recursive: true })
    assert.throws(() => {
      replaceFile(join(dir, 'file'), 'new')
    })
    assert.deepEqual(readdirSync(dir), ['file'])
    assert.deepEqual(readdirSync(join(dir, 'file')), ['inside'])
  })
})
