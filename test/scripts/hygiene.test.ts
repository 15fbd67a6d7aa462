import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { findHygieneProblems } from '../../scripts/hygiene.ts'

// Put together here, or the check would find them in this file.
const MACHINE_PATH = ['', 'work', 'main'].join('/')
const REGISTRY = ['https://registry', 'npmjs.org/left-pad'].join('.')
const LEFT_OUT = ['test', `skip('soon', () => {})`].join('.')
const UNNUMBERED = ['// TO', 'DO later'].join('')

describe('findHygieneProblems', () => {
  let root: string
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'cinnabar-hygiene-'))
    execFileSync('git', ['init', '--quiet'], { cwd: root })
    for (const [path, contents] of [
      ['.gitignore', 'ignored/\n'],
      ['notes.md', `fine\nsee ${MACHINE_PATH}/protocol\n`],
      ['framework.md', 'our framework/work/item is no folder of a machine\n'],
      ['install.sh', `curl ${REGISTRY}\n`],
      ['package-lock.json', '{\n  "resolved": "somewhere"\n}\n'],
      ['test/one.test.ts', `${LEFT_OUT}\n`],
      ['circuits/one.circom', `${UNNUMBERED}\n// ${['TO', 'DO(#12)'].join('')} later\n`],
      ['large.bin', Buffer.alloc(2 * 1024 * 1024 + 1)],
      ['picture.png', Buffer.from(`\0${MACHINE_PATH}/`)],
      ['ignored/notes.md', `see ${MACHINE_PATH}/protocol\n`],
    ] as const) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), contents)
    }
  })
  after(() => rm(root, { recursive: true }))

  test('names each finding by file and line, and nothing else', async () => {
    const problems = (await findHygieneProblems(root)).map((problem) => problem.split(' ')[0])
    assert.deepEqual(problems.sort(), [
      'circuits/one.circom:1',
      'install.sh:1',
      'large.bin:',
      'notes.md:2',
      'package-lock.json:2',
      'test/one.test.ts:1',
    ])
  })
})
