import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Stands for npm where it is not npm that is tested: notes that it was called, takes a moment, and leaves
 * what the bootstrap looks for. Continuous integration starts from nothing, with the real one.
 */
const NPM = `#!/bin/sh
echo "$@" >> calls
if [ -f npm-fails ]; then echo "npm error the registry is on fire" >&2; exit 1; fi
sleep 0.4
mkdir -p node_modules/node/bin
ln -sf "${process.execPath}" node_modules/node/bin/node
`

const COMMAND = `
const [what] = process.argv.slice(2)
if (what === 'fail') process.exitCode = 7
if (what === 'wait') {
  let interrupts = 0
  process.on('SIGINT', () => {
    interrupts++
    console.log('interrupts', interrupts)
    setTimeout(() => process.exit(3), 300)
  })
  setInterval(() => {}, 1000)
}
// Last: a test sends its signal as soon as it reads this.
console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd() }))`

describe('scripts/run.mjs', () => {
  let root: string
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'cinnabar-bootstrap-'))
    await cp(join(import.meta.dirname, '../../scripts'), join(root, 'scripts'), { recursive: true })
    for (const folder of ['demo', 'path']) await mkdir(join(root, folder))
    await writeFile(join(root, 'demo/main.ts'), COMMAND)
    await writeFile(join(root, 'package.json'), '{ "type": "module" }')
    await writeFile(join(root, 'path/npm'), NPM, { mode: 0o755 })
  })
  beforeEach(async () => {
    for (const name of ['node_modules', '.cinnabar', 'calls', 'npm-fails']) {
      await rm(join(root, name), { recursive: true, force: true })
    }
    await writeFile(join(root, 'package-lock.json'), lockFile('1.0.0'))
  })
  after(() => rm(root, { recursive: true }))

  function start(...args: string[]) {
    const { npm_execpath: _npm, ...environment } = process.env
    const child = spawn(process.execPath, [join(root, 'scripts/run.mjs'), ...args], {
      cwd: tmpdir(),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment, PATH: [join(root, 'path'), process.env['PATH']].join(delimiter) },
    })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
      })
    }
    const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>(
      (resolve) => {
        child.once('close', (code) => resolve({ code, ...output }))
      },
    )
    return { child, output, ended }
  }
  const run = (...args: string[]) => start(...args).ended
  const npmCalls = async () =>
    (await readFile(join(root, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean)

  test('installs once, then runs the command at the root with its arguments', async () => {
    const first = await run('demo', '--json', 'out file.json')
    assert.equal(first.code, 0, first.stderr)
    const { args, cwd } = JSON.parse(first.stdout) as { args: string[]; cwd: string }
    assert.deepEqual(args, ['--json', 'out file.json'])
    assert.equal(cwd, root)
    assert.match(first.stderr, /^Installing dependencies …\n.*done after \d+ s\n$/)

    const second = await run('demo')
    assert.equal(second.stderr, '')
    assert.deepEqual(await npmCalls(), ['ci --loglevel=error --no-fund --no-audit --no-progress'])
  })

  test('behavior: two at once install once', async () => {
    const both = await Promise.all([run('demo'), run('demo')])
    assert.deepEqual(
      both.map(({ code }) => code),
      [0, 0],
    )
    assert.equal((await npmCalls()).length, 1)
    await assert.rejects(stat(join(root, '.cinnabar/install.lock')), { code: 'ENOENT' })
  })

  test('behavior: installs again when the lock file changes', async () => {
    await run('demo')
    await writeFile(join(root, 'package-lock.json'), lockFile('1.0.1'))
    await run('demo')
    assert.equal((await npmCalls()).length, 2)
  })

  test('behavior: believes what npm noted of an installation of its own, if it agrees', async () => {
    await mkdir(join(root, 'node_modules/node/bin'), { recursive: true })
    await symlink(process.execPath, join(root, 'node_modules/node/bin/node'))
    const note = join(root, 'node_modules/.package-lock.json')
    await writeFile(note, lockFile('1.0.0'))
    assert.equal((await run('demo')).code, 0)
    assert.deepEqual(await npmCalls(), [])

    await rm(join(root, 'node_modules/.cinnabar-lock-hash'))
    await writeFile(note, lockFile('0.9.0'))
    assert.equal((await run('demo')).code, 0)
    assert.equal((await npmCalls()).length, 1)
  })

  test('behavior: takes over the lock of an installer that died', async () => {
    const { child, ended } = start('demo')
    child.kill('SIGKILL')
    const dead = child.pid
    await ended
    await mkdir(join(root, '.cinnabar/install.lock'), { recursive: true })
    await writeFile(join(root, '.cinnabar/install.lock/pid'), String(dead))
    assert.equal((await run('demo')).code, 0)
  })

  test('rejects: an installation that fails, in npm’s words, and tries again next time', async () => {
    await writeFile(join(root, 'npm-fails'), '')
    const failed = await run('demo')
    assert.equal(failed.code, 1)
    assert.match(failed.stderr, /the registry is on fire/)
    await rm(join(root, 'npm-fails'))
    assert.equal((await run('demo')).code, 0)
  })

  test('behavior: passes the exit code through', async () => {
    assert.equal((await run('demo', 'fail')).code, 7)
  })

  for (const [signal, code, said] of [
    ['SIGINT', 3, /interrupts 1\n$/],
    // Nothing handles it in the command, so it ends by it: 128 + 15.
    ['SIGTERM', 143, /\}\n$/],
  ] as const) {
    test(`behavior: passes ${signal} through, once`, async () => {
      const { child, output, ended } = start('demo', 'wait')
      while (!output.stdout.includes('}')) await delay(20)
      child.kill(signal)
      const { code: actual, stdout } = await ended
      assert.equal(actual, code)
      assert.match(stdout, said)
    })
  }

  test('behavior: help and mistakes install nothing', async () => {
    const help = await run('demo', '--help')
    assert.equal(help.code, 0)
    assert.match(help.stdout, /--json FILE/)
    const unknown = await run('dmeo')
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /There is no command dmeo/)
    assert.deepEqual(await npmCalls(), [])
  })
})

function lockFile(version: string): string {
  return JSON.stringify({
    packages: {
      'node_modules/one': { version },
      // As the packages of other platforms: not installed here, and not missed.
      ...(version === '1.0.0' ? {} : { 'node_modules/other': { version, optional: true } }),
    },
  })
}
