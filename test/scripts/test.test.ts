import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'

const GOOD = `import { test } from 'node:test'\ntest('adds', () => {})\ntest('takes away', () => {})\n`
const BAD = `import { test } from 'node:test'\ntest('breaks', () => { throw new Error('so it does') })\n`

describe('scripts/test.ts', () => {
  let root: string
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'cinnabar-tests-'))
    await cp(join(import.meta.dirname, '../../scripts'), join(root, 'scripts'), { recursive: true })
    await writeFile(join(root, 'package.json'), '{ "type": "module" }')
    for (const [path, contents] of [
      ['test/protocol/good.test.ts', GOOD],
      ['test/api/bad.test.ts', BAD],
      ['test/deploy/crash.test.ts', 'process.exit(3)\n'],
      ['test/api/serial.test.ts', `// Runs alone: it says so\n${GOOD}`],
      ['test/support/never.test.ts', BAD],
    ] as const) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), contents)
    }
  })
  after(() => rm(root, { recursive: true }))

  function run(...args: string[]): Promise<{ code: number | null; lines: string[] }> {
    // The runner recognises by this variable that it runs inside another one, and reports to that.
    const { NODE_TEST_CONTEXT: _context, ...env } = process.env
    const child = spawn(process.execPath, ['scripts/test.ts', ...args], { cwd: root, env })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    return new Promise((resolve) => {
      child.once('close', (code) => resolve({ code, lines: output.trimEnd().split('\n') }))
    })
  }

  test('default: one report of all files, with the totals as the last lines', async () => {
    const { code, lines } = await run()
    assert.equal(code, 1)
    assert.equal(lines.at(-1), '4 passed, 2 failed')
    const closing = lines.slice(-11)
    for (const line of ['ℹ tests 6', 'ℹ pass 4', 'ℹ fail 2', 'ℹ cancelled 0']) {
      assert.ok(closing.includes(line), `${line} in\n${lines.join('\n')}`)
    }
    // Each total stands there once, though the files ran in two groups.
    assert.equal(lines.filter((line) => line.includes('ℹ tests')).length, 1)
    const recap = lines.slice(lines.findIndex((line) => line.includes('failing tests')))
    assert.ok(recap.some((line) => line.includes('breaks')))
    assert.ok(recap.some((line) => line.includes('crash.test.ts')))
  })

  test('behavior: runs what folders and files name', async () => {
    const { code, lines } = await run('test/protocol', 'test/api/serial.test.ts')
    assert.equal(code, 0)
    assert.equal(lines.at(-1), '4 passed, 0 failed')
  })

  test('behavior: picks tests by name', async () => {
    const { code, lines } = await run('test/protocol', '--name', '^adds$')
    assert.equal(code, 0)
    assert.equal(lines.at(-1), '1 passed, 0 failed')
  })

  test('behavior: a long file begins first, and only calm ones run beside it', async (t) => {
    const seen = join(root, 'seen')
    const header = `import { appendFileSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
const say = (what) => appendFileSync(${JSON.stringify(seen)}, what + ' ')
const said = () => readFileSync(${JSON.stringify(seen)}, 'utf8')\n`
    const files = {
      'test/files/other.test.ts': `test('other', () => say('other'))`,
      'test/files/long.test.ts': `// Runs long: it waits
test('long', async () => {
  say('begins')
  while (!said().includes('calm')) await delay(10)
  await delay(500)
  say('ends')
})`,
      'test/api/calm.test.ts': `test('calm', () => say('calm'))`,
    }
    for (const [path, contents] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), header + contents)
    }
    t.after(() => Promise.all(Object.keys(files).map((path) => rm(join(root, path)))))
    const { code, lines } = await run('test/files', 'test/api/calm.test.ts')
    assert.equal(code, 0, lines.join('\n'))
    const words = (await readFile(seen, 'utf8')).trim().split(' ')
    assert.deepEqual(words.toSorted(), ['begins', 'calm', 'ends', 'other'])
    assert.deepEqual(words.slice(2), ['ends', 'other'])
  })

  test('rejects: a name that fits no test, since nothing passed', async () => {
    const { code, lines } = await run('test/protocol', '--name', 'no such thing')
    assert.equal(code, 1)
    assert.equal(lines.at(-1), '0 passed, 0 failed')
  })

  test('rejects: a file without tests', async (t) => {
    const file = join(root, 'test/protocol/empty.test.ts')
    await writeFile(file, '')
    t.after(() => rm(file))
    const { code, lines } = await run('test/protocol')
    assert.equal(code, 1)
    assert.ok(lines.includes('✖ test/protocol/empty.test.ts has no tests'))
    assert.equal(lines.at(-1), '2 passed, 1 failed')
  })

  test('rejects: a path that is not there', async () => {
    const { code, lines } = await run('test/protcol')
    assert.equal(code, 1)
    assert.deepEqual(lines, ['There is no test/protcol.'])
  })
})
