import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { formatNumber, summarize } from '../../bench/summary.ts'

const result = {
  suite: 'state',
  machine: { cpu: 'some', cores: 2 },
  rows: [
    { name: 'state.inserts', value: 8_400, unit: '1/s' },
    { name: 'state.insertsAt1k', value: 9_000, unit: '1/s', size: 1_000 },
  ],
  plots: ['state.svg'],
}

describe('summarize', () => {
  test('default: rows without a size, the machine and the plots', () => {
    const text = summarize([result])
    assert.match(text, /## state/)
    assert.match(text, /Machine: cpu some, cores 2\./)
    assert.match(text, /\| `state\.inserts` \| 8,400 \| 1\/s \|/)
    assert.match(text, /!\[state\]\(state\.svg\)/)
    assert.doesNotMatch(text, /insertsAt1k/)
  })

  test('behavior: the rows that the suite names, where it names some', () => {
    const text = summarize([{ ...result, headlines: ['state.insertsAt1k'] }])
    assert.match(text, /insertsAt1k/)
    assert.doesNotMatch(text, /`state\.inserts`/)
  })
})

test('formatNumber: whole numbers whole, fractions with three digits', () => {
  assert.deepEqual([182_241, 0.12345, 542.42, -250.4].map(formatNumber), [
    '182,241',
    '0.123',
    '542',
    '-250',
  ])
})
