import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { lockFolder } from '../../files/folderLock.ts'

const CHILD = fileURLToPath(new URL('../support/lockChild.ts', import.meta.url))

describe('lockFolder', () => {
  const folders: string[] = []
  const children: ChildProcess[] = []
  after(() => {
    for (const child of children) child.kill('SIGKILL')
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })
  const newFolder = () => {
    const folder = mkdtempSync(join(tmpdir(), 'cinnabar-lock-'))
    folders.push(folder)
    return folder
  }
  const take = (dir: string) => {
    const lock = lockFolder(dir)
    if ('heldBy' in lock) throw new Error(`held by ${String(lock.heldBy)}`)
    return lock.release
  }
  /** A process that waits for the sign to ask. */
  const startAsker = async (dir: string) => {
    const child = spawn(process.execPath, [CHILD, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    assert.deepEqual(await lines.next(), { done: false, value: 'ready' })
    return {
      child,
      answer: async () => (await lines.next()).value,
      async kill() {
        child.kill('SIGKILL')
        await once(child, 'exit')
      },
    }
  }
  const letAsk = (dir: string) => {
    writeFileSync(join(dir, 'go'), '')
  }

  test('behavior: one at a time, and again after its release', () => {
    const dir = newFolder()
    const release = take(dir)
    assert.equal(readFileSync(join(dir, 'lock'), 'utf8'), String(process.pid))
    assert.deepEqual(lockFolder(dir), { heldBy: process.pid })
    assert.deepEqual(readdirSync(dir), ['lock'])
    release()
    take(dir)()
    assert.deepEqual(readdirSync(dir), [])
  })

  test('behavior: of another process while it lives, and taken over when it was killed', async () => {
    const dir = newFolder()
    const asker = await startAsker(dir)
    letAsk(dir)
    assert.equal(await asker.answer(), 'held')
    assert.deepEqual(lockFolder(dir), { heldBy: asker.child.pid })
    await asker.kill()
    take(dir)()
    assert.deepEqual(readdirSync(dir), ['go'])
  })

  test('behavior: a file that names no process is stale', () => {
    for (const text of ['', 'x', '0', '-1', '1.5', '99999999999999999999']) {
      const dir = newFolder()
      writeFileSync(join(dir, 'lock'), text)
      take(dir)
      assert.equal(readFileSync(join(dir, 'lock'), 'utf8'), String(process.pid), text)
    }
  })

  test('behavior: who was killed while it took a lock over is in nobody’s way', async () => {
    const dir = newFolder()
    const gone = await startAsker(newFolder())
    await gone.kill()
    writeFileSync(join(dir, 'lock'), '')
    writeFileSync(join(dir, 'lock.takeover'), String(gone.child.pid))
    take(dir)
    assert.deepEqual(readdirSync(dir), ['lock'])
  })

  test('behavior: many that find a stale lock at one moment: one gets it', async () => {
    const dir = newFolder()
    const gone = await startAsker(newFolder())
    await gone.kill()
    writeFileSync(join(dir, 'lock'), String(gone.child.pid))
    const askers = await Promise.all(Array.from({ length: 4 }, () => startAsker(dir)))
    letAsk(dir)
    const answers = await Promise.all(askers.map((asker) => asker.answer()))
    const holder = askers[answers.indexOf('held')]
    assert.ok(holder)
    assert.deepEqual(
      answers.filter((answer) => answer !== 'held'),
      Array.from({ length: 3 }, () => `held by ${String(holder.child.pid)}`),
    )
  })
})
