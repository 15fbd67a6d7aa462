import assert from 'node:assert/strict'
import { mkdtempSync, promises, rmSync, writeFileSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, describe, test } from 'node:test'
import { zKey } from 'snarkjs'
import { closingFiles } from '../../prover/ceremony/closingFiles.ts'

const scratch = mkdtempSync(join(tmpdir(), 'cinnabar-closing-'))
after(() => rmSync(scratch, { recursive: true }))
const fileWith = (name: string, contents: string) => {
  const path = join(scratch, name)
  writeFileSync(path, contents)
  return path
}
const key = fileWith('key.zkey', 'no key')
const other = fileWith('other', 'of somebody else')

describe('closingFiles', () => {
  test('behavior: closes what was left open, by any name of the path, and nothing else', async (t) => {
    const handles = await closingFiles([key], async () => ({
      left: await promises.open(key),
      byAnotherName: await promises.open(relative(process.cwd(), key)),
      closed: await promises.open(key).then(async (handle) => {
        await handle.close()
        return handle
      }),
      foreign: await promises.open(other),
    }))
    t.after(() => handles.foreign.close())
    assert.deepEqual(
      [handles.left.fd, handles.byAnotherName.fd, handles.closed.fd],
      [-1, -1, -1],
      'closed',
    )
    assert.notEqual(handles.foreign.fd, -1)
  })

  test('behavior: also where the step fails, and opening is as it was afterwards', async () => {
    const { open } = promises
    let left: FileHandle | undefined
    await assert.rejects(
      closingFiles([key], async () => {
        left = await promises.open(key)
        throw new Error('refused')
      }),
      /refused/,
    )
    assert.equal(left?.fd, -1)
    assert.equal(promises.open, open)
  })

  test('behavior: snarkjs leaves the key that it refuses open, and it is closed', async (t) => {
    const opened: FileHandle[] = []
    const { open } = promises
    t.mock.method(promises, 'open', async (...parameters: Parameters<typeof open>) => {
      const handle = await open(...parameters)
      opened.push(handle)
      return handle
    })
    await assert.rejects(closingFiles([key], () => zKey.exportVerificationKey(key)))
    assert.deepEqual(
      opened.map(({ fd }) => fd),
      [-1],
    )
  })
})
