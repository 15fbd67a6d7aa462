import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { build } from 'esbuild'
import type { Metafile } from 'esbuild'
import { exercise } from '../support/exerciseProtocol.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Runs a bundle where there is nothing but the language and what browsers add to it: no process,
 * no Buffer, no require, and no module to import.
 */
const RUNNER = `
import { readFileSync } from 'node:fs'
import { SourceTextModule, createContext } from 'node:vm'
const browser = { TextEncoder, TextDecoder, atob, btoa, crypto, performance, URL, console }
const context = createContext({ ...browser })
const module = new SourceTextModule(readFileSync(process.argv[2], 'utf8'), { context })
await module.link((name) => { throw new Error('the bundle imports ' + name) })
await module.evaluate()
const has = ['process', 'Buffer', 'require', 'global', 'module'].filter((name) => name in context)
console.log(JSON.stringify({ result: module.namespace.result, has }))
`

let directory: string
let bundle: string
let metafile: Metafile
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cinnabar-bundle-'))
  const output = await build({
    stdin: {
      contents: `
        export * as protocol from './protocol/index.ts'
        import { exercise } from './test/support/exerciseProtocol.ts'
        export const result = exercise()
      `,
      resolveDir: root,
    },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  metafile = output.metafile
  bundle = join(directory, 'protocol.mjs')
  await writeFile(bundle, output.outputFiles[0]?.contents ?? '')
})
after(() => rm(directory, { recursive: true, force: true }))

describe('the protocol in a browser', () => {
  test('default: the bundle runs without Node and gives what Node gives', async () => {
    const runner = join(directory, 'run.mjs')
    await writeFile(runner, RUNNER)
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--experimental-vm-modules',
      '--no-warnings',
      runner,
      bundle,
    ])
    const { result, has } = JSON.parse(stdout) as { result: unknown; has: string[] }
    assert.deepEqual(has, [], 'the context has none of Node’s globals')
    assert.deepEqual(result, exercise())
  })

  test('behavior: what it computes is what the vectors say', async () => {
    const path = join(root, 'test/vectors/batch.json')
    const { initial, vectors } = JSON.parse(await readFile(path, 'utf8')) as {
      initial: { noteRoot: string; nullifierRoot: string }
      vectors: { name: string; publicInputs: unknown }[]
    }
    const { noteRoot, nullifierRoot, firstBatch } = exercise()
    assert.deepEqual([noteRoot, nullifierRoot], [initial.noteRoot, initial.nullifierRoot])
    const first = vectors.find(({ name }) => name === 'first')
    assert.deepEqual(firstBatch, first?.publicInputs)
  })

  test('behavior: nothing of Node’s is imported', () => {
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports)
    const names = new Set(builtinModules)
    const ofNode = imports.filter(
      ({ path, external }) =>
        external === true || path.startsWith('node:') || names.has(path.split('/')[0] ?? ''),
    )
    assert.deepEqual(ofNode, [])
  })

  test('behavior: all of protocol/ is in the bundle', async () => {
    const files = (await readdir(join(root, 'protocol'))).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.d.ts'),
    )
    const bundled = new Set(Object.keys(metafile.inputs))
    assert.deepEqual(
      files.filter((name) => !bundled.has(`protocol/${name}`)),
      [],
    )
  })
})
