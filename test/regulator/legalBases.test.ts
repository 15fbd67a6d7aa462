import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import {
  describeLegalBasis,
  FIRST_OWN_LEGAL_BASIS,
  isLegalBasis,
  legalBases,
} from '../../regulator/orders/legalBases.ts'

describe('legal bases', () => {
  test('default: the published table is the one that the commands have', async () => {
    const page = await readFile(new URL('../../docs/spec/legal-bases.md', import.meta.url), 'utf8')
    const rows = [...page.matchAll(/^\| (\d+) +\| ([^|]+?) +\|/gm)].map(
      ([, code, ground]) => [Number(code), ground] as const,
    )
    assert.deepEqual(rows, [...legalBases])
    assert.ok([...legalBases.keys()].every((code) => code > 0 && code < FIRST_OWN_LEGAL_BASIS))
  })

  test('rejects: a code that no table has', () => {
    assert.deepEqual([0, 1, 11, 12, 999, 1_000, 65_535, 65_536].map(isLegalBasis), [
      false,
      true,
      true,
      false,
      false,
      true,
      true,
      false,
    ])
  })

  test('behavior: a code is named, or said to be nobody’s or the deployment’s', () => {
    assert.deepEqual([2, 12, 1_000].map(describeLegalBasis), [
      '2, inquiry into money laundering',
      '12, which no table has',
      '1000, of this deployment’s own table',
    ])
  })
})
