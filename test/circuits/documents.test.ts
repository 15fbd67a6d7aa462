import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

import { readPinnedCounts } from '../../circuits/checkConstraints.ts'
import { repositoryRoot } from '../../circuits/locateCircuit.ts'
import { CIRCUIT_IDS } from '../../protocol/constants.ts'
import { countPublicInputs } from '../../protocol/publicInputs.ts'

const read = (path: string): string => readFileSync(join(repositoryRoot, path), 'utf8')

describe('documents of the circuits', () => {
  // A rejecting test names its clause in its title or hands it to the helper that expects it.
  const sources = globSync('test/circuits/*.test.ts', { cwd: repositoryRoot }).map(read).join('\n')
  const pages = ['transfer', 'batch', 'registry', 'registration'].map(
    (name) => `docs/spec/${name}.md`,
  )
  const clausesOf = (page: string): string[] =>
    [...read(page).matchAll(/\*\*([A-Z]\d+)\b/g)].map((match) => match[1]!)
  for (const page of pages) {
    const clauses = clausesOf(page)
    test(`behavior: every clause of ${page} has a rejecting test`, () => {
      assert.ok(clauses.length > 0)
      for (const clause of clauses) {
        const title = new RegExp(`rejects: [^\\n]*\\b${clause}\\b`)
        assert.ok(sources.includes(`'${clause}'`) || title.test(sources), clause)
      }
    })
  }

  test('behavior: every clause of docs/spec/collect.md, transfer’s own, has a rejecting test of a collect', () => {
    assert.match(read('docs/spec/collect.md'), /so is every clause, T0 to T12/)
    const ofCollect = read('test/circuits/collect.test.ts')
    for (const clause of clausesOf('docs/spec/transfer.md')) {
      const title = new RegExp(`rejects: [^\\n]*\\bcollect\\b[^\\n]*\\b${clause}\\b`)
      const isTested =
        ofCollect.includes(`'${clause}'`) ||
        sources.includes(`rejectsInCollect('${clause}'`) ||
        title.test(sources)
      assert.ok(isTested, clause)
    }
  })

  test('behavior: circuits/README.md states the pinned counts, ids and public inputs', () => {
    const rows = [...read('circuits/README.md').matchAll(/^\| `([a-z0-9-]+)` +\|(.*)\|$/gm)].map(
      ([, name, rest]) => [name!, rest!.split('|').map((cell) => cell.trim())] as const,
    )
    const pinned = readPinnedCounts()
    assert.deepEqual(rows.map(([name]) => name).sort(), Object.keys(pinned).sort())
    for (const [name, cells] of rows) {
      const circuit = name as keyof typeof CIRCUIT_IDS
      assert.equal(Number(cells[0]), CIRCUIT_IDS[circuit], name)
      assert.equal(Number(cells[3]!.replaceAll(',', '')), pinned[name], name)
      assert.equal(Number(cells[4]), countPublicInputs(circuit), name)
      // Groth16's domain holds the constraints, the public inputs and one more.
      const domain = 2 ** Math.ceil(Math.log2(pinned[name]! + countPublicInputs(circuit) + 1))
      assert.equal(cells[5], `2^${Math.log2(domain)}`, name)
    }
  })
})
