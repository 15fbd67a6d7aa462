import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parser } from '@prometheus-io/lezer-promql'
import { parse } from 'yaml'
import { readMetricsTable } from '../support/metricsTable.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')

type Rule = {
  alert: string
  expr: string
  for: string
  labels: { severity: string }
  annotations: { summary: string; runbook: string }
}

/** Metrics and their label matchers in an expression. @throws where it does not parse. */
function readExpression(expression: string): { metrics: string[]; labels: string[] } {
  const metrics: string[] = []
  const labels: string[] = []
  parser.parse(expression).iterate({
    enter({ type, name, from, to }) {
      if (type.isError) throw new Error(`does not parse at ${String(from)}: ${expression}`)
      const text = expression.slice(from, to)
      if (name === 'VectorSelector') metrics.push(/^\w+/.exec(text)?.[0] ?? text)
      if (name === 'LabelName') labels.push(text)
    },
  })
  return { metrics, labels }
}

describe('observability', () => {
  /** Names as they are scraped, with the labels they may have. */
  const series = new Map<string, string[]>()
  let rules: Rule[]

  before(() => {
    for (const { name, type, labels } of readMetricsTable(read('docs/metrics.md'))) {
      if (type !== 'histogram') series.set(name, labels)
      else for (const end of ['bucket', 'sum', 'count']) series.set(`${name}_${end}`, labels)
    }
    const { groups } = parse(read('deploy/observability/alerts.yaml')) as {
      groups: { rules: Rule[] }[]
    }
    rules = groups.flatMap((group) => group.rules)
  })

  function check(expression: string): void {
    const { metrics, labels } = readExpression(expression)
    assert.notEqual(metrics.length, 0, expression)
    for (const metric of metrics) assert.ok(series.has(metric), `${metric} is not exported`)
    const known = ['le', 'instance', ...metrics.flatMap((metric) => series.get(metric) ?? [])]
    for (const label of labels) assert.ok(known.includes(label), `no label ${label}: ${expression}`)
  }

  test('default: every alert parses, uses what is exported, and has a severity and a wait', () => {
    assert.ok(rules.length >= 15)
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
    for (const { alert, expr, labels, annotations, ...rule } of rules) {
      assert.match(alert, /^Cinnabar([A-Z][a-z]+)+$/)
      check(expr)
      assert.match(rule.for, /^\d+[mh]$/)
      assert.ok(['critical', 'warning'].includes(labels.severity))
      assert.ok(annotations.summary.endsWith('.'))
    }
  })

  test('rejects: what does not parse, and what nobody exports', () => {
    assert.throws(() => check('rate(cinnabar_l1_reorgs_total[5m)'), /does not parse/)
    assert.throws(() => check('cinnabar_no_such_thing > 0'), /not exported/)
    assert.throws(() => check('cinnabar_proving_jobs{colour="red"} > 0'), /no label colour/)
  })

  test('behavior: every alert has a runbook with all its parts, and every runbook an alert', () => {
    const sections = [
      '## Symptom',
      '## What it means',
      '## What to check',
      '## What to do',
      '## How to know it is over',
    ]
    const index = read('docs/runbooks/README.md')
    for (const { alert, expr, annotations } of rules) {
      const text = read(annotations.runbook)
      assert.ok(text.split('\n')[0]?.includes(alert), alert)
      assert.deepEqual(text.match(/^## .*$/gm), sections, annotations.runbook)
      for (const part of text.split(/^## .*$/m).slice(1)) assert.ok(part.trim().length > 20, alert)
      assert.ok(text.includes(`\`${expr}\``), `${annotations.runbook} shows another expression`)
      assert.ok(index.includes(`[${alert}](${annotations.runbook.replace('docs/runbooks/', '')})`))
    }
    const used = new Set(rules.map(({ annotations }) => annotations.runbook))
    const files = readdirSync(`${root}docs/runbooks`).filter((file) => file !== 'README.md')
    assert.deepEqual(files.map((file) => `docs/runbooks/${file}`).sort(), [...used].sort())
  })

  test('behavior: runbooks name only codes, metrics and files that exist', () => {
    const codes = new Set(
      ['sequencer', 'prover', 'l1', 'postgres']
        .flatMap((folder) =>
          readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
            .filter((file) => file.endsWith('.ts'))
            .map((file) => read(`${folder}/${file}`)),
        )
        .flatMap((text) => [...text.matchAll(/'([A-Z0-9]+(?:_[A-Z0-9]+)+)'/g)])
        .map(([, code]) => code),
    )
    for (const file of readdirSync(`${root}docs/runbooks`)) {
      const text = read(`docs/runbooks/${file}`)
      for (const [, code = ''] of text.matchAll(/`([A-Z0-9]+(?:_[A-Z0-9]+)+)`/g)) {
        assert.ok(codes.has(code) || code === 'DATABASE_URL', `${file}: ${code}`)
      }
      for (const [metric] of text.matchAll(/cinnabar_[a-z0-9_]+/g)) {
        assert.ok(series.has(metric), `${file}: ${metric}`)
      }
      for (const [, path = ''] of text.matchAll(/\]\(([^)#]+)/g)) {
        assert.ok(read(`docs/runbooks/${path}`) !== '', `${file}: ${path}`)
      }
    }
  })

  test('behavior: the dashboard shows what is exported, and overlaps nothing', () => {
    const { panels } = JSON.parse(read('deploy/observability/dashboard.json')) as {
      panels: {
        id: number
        title: string
        gridPos: { x: number; y: number; w: number; h: number }
        targets: { expr: string }[]
      }[]
    }
    assert.ok(panels.length >= 12)
    const taken = new Set<string>()
    for (const { title, gridPos, targets } of panels) {
      assert.notEqual(targets.length, 0, title)
      for (const { expr } of targets) check(expr)
      const { x, y, w, h } = gridPos
      assert.ok(x + w <= 24, title)
      for (let i = 0; i < w * h; i++) {
        const cell = `${String(x + (i % w))} ${String(y + Math.floor(i / w))}`
        assert.equal(taken.has(cell), false, title)
        taken.add(cell)
      }
    }
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  })
})
