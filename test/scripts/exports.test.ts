import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { findUnofferedExports } from '../../scripts/exports.ts'

describe('findUnofferedExports', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cinnabar-exports-'))
    await writeFile(join(folder, 'index.ts'), `export { one, type Two } from './first.ts'\n`)
    await writeFile(
      join(folder, 'first.ts'),
      'export const one = 1\nexport type Two = 2\nexport function three() {}\nconst four = 4\n',
    )
    await writeFile(join(folder, 'second.ts'), 'export const five = 5\n')
    await writeFile(join(folder, 'types.d.ts'), 'export const six: number\n')
  })
  after(() => rm(folder, { recursive: true }))

  test('rejects: an export and a file that the index leaves out, and nothing else', async () => {
    assert.deepEqual(await findUnofferedExports(folder), [
      'first.ts: three',
      'second.ts: not in the index',
    ])
  })

  test('accepts: the protocol, all of it', async () => {
    const protocol = join(dirname(dirname(import.meta.dirname)), 'protocol')
    assert.deepEqual(await findUnofferedExports(protocol), [])
  })
})
