import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'

import { plotOf, plotSvg, type Plot } from '../../bench/plot.ts'
import type { Row } from '../../bench/row.ts'

const aPlot = (overrides: Partial<Plot> = {}): Plot => ({
  title: 'Proof time against constraints',
  x: { label: 'constraints' },
  y: { label: 'proof', unit: 's' },
  series: [
    {
      label: 'native',
      points: [
        { x: 2_775, y: 0.05 },
        { x: 31_426, y: 0.2 },
        { x: 182_241, y: 1.2 },
      ],
    },
    {
      label: 'snarkjs',
      points: [
        { x: 2_775, y: 0.9 },
        { x: 31_426, y: 2.6 },
        { x: 182_241, y: 18 },
      ],
    },
  ],
  ...overrides,
})

/** Tags in order, after a check that they nest, that text has no bare `<` and that entities are XML's own. */
function parse(svg: string): { name: string; attributes: Record<string, string>; text: string }[] {
  const elements: { name: string; attributes: Record<string, string>; text: string }[] = []
  const open: string[] = []
  let rest = svg
  while (rest !== '') {
    const text = /^[^<]+/.exec(rest)?.[0]
    if (text !== undefined) {
      assert.ok(!/&(?!(?:amp|lt|gt|quot|apos);)/.test(text), `bare & in ${text}`)
      // What stands between elements is white space; text is only in those without elements in them.
      if (text.trim() !== '') elements.at(-1)!.text += text
      rest = rest.slice(text.length)
      continue
    }
    const tag =
      /^<(\/?)([a-z]+)((?: [a-zA-Z:-]+="[^"<]*")*)(\/?)>/.exec(rest) ??
      assert.fail(`no tag at ${rest.slice(0, 60)}`)
    const [whole, closing, name, attributes, isEmpty] = tag as unknown as string[]
    rest = rest.slice(whole!.length)
    if (closing === '/') assert.equal(open.pop(), name)
    else {
      const pairs = [...attributes!.matchAll(/ ([a-zA-Z:-]+)="([^"]*)"/g)]
      for (const [, , value] of pairs) assert.ok(!/&(?!(?:amp|lt|gt|quot|apos);)/.test(value!))
      elements.push({
        name: name!,
        attributes: Object.fromEntries(pairs.map(([, key, value]) => [key!, value!])),
        text: '',
      })
      if (isEmpty === '') open.push(name!)
    }
  }
  assert.deepEqual(open, [])
  return elements
}

/** Places of a line's points, in the order drawn, of each line of the plot. */
function drawnLines(svg: string): { x: number; y: number }[][] {
  return parse(svg)
    .filter(({ name, attributes }) => name === 'path' && attributes['class'] === 'line')
    .map(({ attributes }) => attributes['d']!)
    .filter((d) => !d.includes('h'))
    .map((d) =>
      [...d.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => ({
        x: Number(x),
        y: Number(y),
      })),
    )
}

function frameOf(svg: string): { left: number; right: number; top: number; bottom: number } {
  const frame = parse(svg).find(({ attributes }) => attributes['class'] === 'frame')!
  const [, left, top, bottom, right] = /^M([\d.]+) ([\d.]+)V([\d.]+)H([\d.]+)$/.exec(
    frame.attributes['d']!,
  )!
  return { left: Number(left), right: Number(right), top: Number(top), bottom: Number(bottom) }
}

const aScale = fc.constantFrom('linear' as const, 'log' as const, undefined)
/** Positive, over twenty decades, so that every scale takes it. */
const aValue = fc
  .tuple(fc.double({ min: 1, max: 9.999, noNaN: true }), fc.integer({ min: -9, max: 11 }))
  .map(([digits, power]) => digits * 10 ** power)
const somePlots = fc
  .record({
    xScale: aScale,
    yScale: aScale,
    series: fc.array(
      fc.array(fc.record({ x: aValue, y: aValue }), { minLength: 1, maxLength: 6 }),
      {
        minLength: 1,
        maxLength: 8,
      },
    ),
  })
  .map(({ xScale, yScale, series }) =>
    aPlot({
      x: { label: 'size', ...(xScale === undefined ? {} : { scale: xScale }) },
      y: { label: 'cost', ...(yScale === undefined ? {} : { scale: yScale }) },
      series: series.map((points, i) => ({
        label: `line ${String(i)}`,
        points: points.sort((one, other) => one.x - other.x),
      })),
    }),
  )

describe('plotSvg', () => {
  test('default: well-formed, titled, described, with both axes and their units', () => {
    const elements = parse(plotSvg(aPlot()))
    const textOf = (name: string) => elements.filter((e) => e.name === name).map((e) => e.text)
    assert.equal(elements[0]?.name, 'svg')
    assert.equal(elements[0]?.attributes['role'], 'img')
    assert.equal(textOf('title')[0], 'Proof time against constraints')
    assert.match(textOf('desc')[0]!, /snarkjs: 0\.9 at 2775, 2\.6 at 31426, 18 at 182241\./)
    for (const words of [
      'constraints, logarithmic',
      'proof (s), logarithmic',
      'native',
      'snarkjs',
    ]) {
      assert.ok(textOf('text').includes(words), `no text "${words}"`)
    }
    assert.equal(textOf('title').length, 1 + 6, 'a title a point')
  })

  test('default: nothing comes from elsewhere, and a dark ground is provided for', () => {
    const svg = plotSvg(aPlot())
    assert.deepEqual(svg.match(/https?:[^"]*/g), ['http://www.w3.org/2000/svg'])
    assert.doesNotMatch(svg, /<script|<image|<use|@import|url\(/)
    assert.match(svg, /prefers-color-scheme: dark/)
  })

  test('default: equal plots give equal text', () => {
    assert.equal(plotSvg(aPlot()), plotSvg(structuredClone(aPlot())))
  })

  test('behavior: every point is inside the frame, in the order of its values', () => {
    fc.assert(
      fc.property(somePlots, (plot) => {
        const svg = plotSvg(plot)
        const { left, right, top, bottom } = frameOf(svg)
        const lines = drawnLines(svg)
        assert.equal(lines.length, plot.series.length)
        for (const [i, line] of lines.entries()) {
          const { points } = plot.series[i]!
          assert.equal(line.length, points.length)
          for (const [j, { x, y }] of line.entries()) {
            assert.ok(x >= left && x <= right && y >= top && y <= bottom, `${x} ${y} outside`)
            const before = points[j - 1]
            if (before === undefined) continue
            assert.ok(x >= line[j - 1]!.x)
            // Up on the screen is a smaller y.
            const rise = points[j]!.y - before.y
            if (rise > 0) assert.ok(y <= line[j - 1]!.y)
            else assert.ok(y >= line[j - 1]!.y)
          }
        }
      }),
      { numRuns: 300, seed: 7 },
    )
  })

  test('behavior: ticks rise along each axis and none is written twice', () => {
    fc.assert(
      fc.property(somePlots, (plot) => {
        const ticks = parse(plotSvg(plot)).filter(
          ({ attributes }) => attributes['class'] === 'tick',
        )
        for (const anchor of ['middle', 'end']) {
          const axis = ticks.filter(({ attributes }) => attributes['text-anchor'] === anchor)
          assert.ok(axis.length >= 2 && axis.length <= 24, `${axis.length} ticks`)
          const values = axis.map(({ text }) => {
            const [, digits, suffix] = /^(-?[\d.e+-]+)([kMG]?)$/.exec(text) ?? assert.fail(text)
            return (
              Number(digits) * { '': 1, k: 1e3, M: 1e6, G: 1e9 }[suffix as '' | 'k' | 'M' | 'G']
            )
          })
          for (const [i, value] of values.entries()) assert.ok(i === 0 || value > values[i - 1]!)
          const places = axis.map(({ attributes }) =>
            Number(attributes[anchor === 'end' ? 'y' : 'x']),
          )
          const sign = anchor === 'end' ? -1 : 1
          for (const [i, place] of places.entries()) {
            assert.ok(i === 0 || sign * (place - places[i - 1]!) > 0)
          }
        }
      }),
      { numRuns: 300, seed: 8 },
    )
  })

  test('behavior: a linear cost starts at 0', () => {
    const svg = plotSvg(
      aPlot({
        series: [
          {
            label: 'a',
            points: [
              { x: 1, y: 90 },
              { x: 2, y: 100 },
            ],
          },
        ],
      }),
    )
    const ticks = parse(svg).filter(({ attributes }) => attributes['text-anchor'] === 'end')
    assert.equal(ticks[0]?.text, '0')
  })

  test('behavior: markup in names stays text', () => {
    const evil = `</text><script>"x" & 'y'\u0000`
    const svg = plotSvg(aPlot({ title: evil, series: [{ label: evil, points: [{ x: 1, y: 1 }] }] }))
    assert.ok(parse(svg).every(({ name }) => name !== 'script'))
    assert.ok(!svg.includes('\u0000'))
  })

  test('rejects: no point, values that are not finite, 0 on a logarithmic axis', () => {
    const of = (points: { x: number; y: number }[], y: Plot['y'] = { label: 'cost' }) =>
      aPlot({ y, series: [{ label: 'a', points }] })
    assert.throws(() => plotSvg(of([])), RangeError)
    assert.throws(() => plotSvg(of([{ x: 1, y: Number.NaN }])), RangeError)
    assert.throws(() => plotSvg(of([{ x: Infinity, y: 1 }])), RangeError)
    assert.throws(() => plotSvg(of([{ x: 1, y: 0 }], { label: 'cost', scale: 'log' })), RangeError)
  })
})

describe('plotOf', () => {
  const description = { title: 't', x: { label: 'leaves' }, y: { label: 'inserts' } }
  const row = (name: string, extra: Partial<Row> = {}): Row => ({
    name,
    value: 1,
    unit: 'u',
    ...extra,
  })

  test('default: rows with a size become points, by series, in the order of size', () => {
    const plot = plotOf(description, [
      row('total'),
      row('b', { size: 20, series: 'native', value: 2 }),
      row('a', { size: 10, series: 'native', value: 3 }),
      row('c', { size: 10, series: 'portable', value: 4 }),
    ])
    assert.deepEqual(plot?.series, [
      {
        label: 'native',
        points: [
          { x: 10, y: 3 },
          { x: 20, y: 2 },
        ],
      },
      { label: 'portable', points: [{ x: 10, y: 4 }] },
    ])
  })

  test('behavior: rows that name a plot are in that one alone, others in the first alone', () => {
    const rows = [row('a', { size: 1 }), row('b', { size: 2, plot: 'memory' })]
    const named = { ...description, name: 'memory' }
    assert.deepEqual(plotOf(description, rows)?.series[0]?.points, [{ x: 1, y: 1 }])
    assert.deepEqual(plotOf(named, rows, { isFirst: false })?.series[0]?.points, [{ x: 2, y: 1 }])
  })

  test('behavior: no rows with a size, no plot', () => {
    assert.equal(plotOf(description, [row('a')]), undefined)
  })
})
