import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { targets } from '../fuzz/targets.ts'

// What coverage-guided fuzzing (test/fuzz/) found to reach further than anything before it, once more.

const corpus = fileURLToPath(new URL('../fuzz/corpus/', import.meta.url))

describe('corpus', () => {
  const folders = readdirSync(corpus)

  test('behavior: every folder belongs to a decoder, and holds something', () => {
    const names = targets.map(({ name }) => name)
    for (const folder of folders) {
      assert.ok(names.includes(folder), folder)
      assert.ok(readdirSync(join(corpus, folder)).length > 0, folder)
    }
  })

  for (const target of targets) {
    const { name, seeds } = target
    test(`behavior: ${name} gives a value or an error of ours`, () => {
      const folder = join(corpus, name)
      const files = folders.includes(name) ? readdirSync(folder) : []
      const inputs = files.map((file) => readFileSync(join(folder, file)))
      for (const input of [...seeds, ...inputs]) target.run(new Uint8Array(input))
    })
  }
})
