import type { Row } from './row.ts'

export type PlotAxis = {
  readonly label: string
  /** Shown in brackets after the label. */
  readonly unit?: string
  /**
   * `log` wants values above 0. A linear y axis starts at 0. Default: `log` where all values are above 0
   * and the highest is 20 times the lowest or more.
   */
  readonly scale?: 'linear' | 'log'
}

/** What a suite says of a plot; its rows bring the points. */
export type PlotDescription = {
  /** Needed from the second plot of a suite on: part of the file's name and what `Row.plot` says. */
  readonly name?: string
  readonly title: string
  readonly x: PlotAxis
  readonly y: PlotAxis
}

export type PlotPoint = { readonly x: number; readonly y: number }
export type PlotSeries = { readonly label: string; readonly points: readonly PlotPoint[] }
export type Plot = PlotDescription & { readonly series: readonly PlotSeries[] }

const WIDTH = 720
const HEIGHT = 440
const MARGIN = { left: 84, right: 28, top: 52, bottom: 60 }
const LEGEND_ROW = 20
const LEGEND_COLUMNS = 3
const MIN_RATIO_OF_LOG = 20
const TICKS = 6

/** Told apart by shape and dashes too, for whoever sees no colours. Contrast 3:1 or more on both grounds. */
const STYLES = [
  { colour: '#0a84c8', dash: '', marker: 'circle' },
  { colour: '#d9581a', dash: '7 3', marker: 'square' },
  { colour: '#178f6b', dash: '2 3', marker: 'triangle' },
  { colour: '#b8559a', dash: '9 3 2 3', marker: 'diamond' },
  { colour: '#8a7a1f', dash: '4 4', marker: 'circle' },
  { colour: '#6f74c9', dash: '12 4', marker: 'square' },
] as const

/** The plot of those rows that have a size and name this plot; undefined where there are none. */
export function plotOf(
  description: PlotDescription,
  rows: readonly Row[],
  { isFirst = true }: { isFirst?: boolean } = {},
): Plot | undefined {
  const lines = new Map<string, PlotPoint[]>()
  for (const { size, series = description.y.label, plot, value } of rows) {
    if (size === undefined) continue
    if (plot === undefined ? !isFirst : plot !== description.name) continue
    const points = lines.get(series) ?? []
    points.push({ x: size, y: value })
    lines.set(series, points)
  }
  if (lines.size === 0) return undefined
  const series = [...lines].map(([label, points]) => ({
    label,
    points: points.sort((one, other) => one.x - other.x),
  }))
  return { ...description, series }
}

/**
 * A line plot as an SVG document of its own: no scripts, no fonts or files from elsewhere, colours for a
 * light and a dark ground, and what it shows in words for those who do not see it. Equal plots give equal
 * text.
 *
 * @throws {RangeError} without a point, for a value that is not finite, and for a value of 0 or less on a
 * logarithmic axis.
 */
export function plotSvg(plot: Plot): string {
  const legendRows = plot.series.length > 1 ? Math.ceil(plot.series.length / LEGEND_COLUMNS) : 0
  const frame = {
    left: MARGIN.left,
    right: WIDTH - MARGIN.right,
    top: MARGIN.top + legendRows * LEGEND_ROW,
    bottom: HEIGHT - MARGIN.bottom + legendRows * LEGEND_ROW,
  }
  const height = HEIGHT + legendRows * LEGEND_ROW
  const points = plot.series.flatMap((series) => series.points)
  const x = scaleOf(
    plot.x,
    points.map((point) => point.x),
    { from: frame.left, to: frame.right, startsAtZero: false },
  )
  const y = scaleOf(
    plot.y,
    points.map((point) => point.y),
    { from: frame.bottom, to: frame.top, startsAtZero: true },
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escape(plot.title)}</title>`,
    `<desc id="description">${escape(describe(plot))}</desc>`,
    STYLE,
    `<rect class="ground" width="${WIDTH}" height="${height}"/>`,
    `<text class="heading" x="${frame.left}" y="28">${escape(plot.title)}</text>`,
    ...(legendRows === 0 ? [] : legend(plot.series, frame.left)),
    ...x.ticks.map(
      (tick) =>
        `<path class="grid" d="M${at(x.place(tick))} ${frame.top}V${frame.bottom}"/>` +
        `<text class="tick" text-anchor="middle" x="${at(x.place(tick))}" y="${frame.bottom + 18}">${formatTick(tick)}</text>`,
    ),
    ...y.ticks.map(
      (tick) =>
        `<path class="grid" d="M${frame.left} ${at(y.place(tick))}H${frame.right}"/>` +
        `<text class="tick" text-anchor="end" x="${frame.left - 8}" y="${at(y.place(tick) + 4)}">${formatTick(tick)}</text>`,
    ),
    `<path class="frame" d="M${frame.left} ${frame.top}V${frame.bottom}H${frame.right}"/>`,
    `<text class="label" text-anchor="middle" x="${(frame.left + frame.right) / 2}" y="${height - 16}">${escape(caption(plot.x, x.isLog))}</text>`,
    `<text class="label" text-anchor="middle" transform="translate(20 ${(frame.top + frame.bottom) / 2}) rotate(-90)">${escape(caption(plot.y, y.isLog))}</text>`,
    ...plot.series.map((series, index) => line(series, index, x.place, y.place, plot)),
    '</svg>',
    '',
  ].join('\n')
}

const STYLE = `<style>
text { font-family: system-ui, sans-serif; fill: #1f2328 }
.ground { fill: #ffffff }
.heading { font-size: 16px; font-weight: 600 }
.label { font-size: 13px }
.tick, .key { font-size: 12px }
.grid { stroke: #d8dee4; stroke-width: 1; fill: none }
.frame { stroke: #59636e; stroke-width: 1; fill: none }
.line { fill: none; stroke-width: 2; stroke-linejoin: round }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .ground { fill: #0d1117 }
  .grid { stroke: #30363d }
  .frame { stroke: #9198a1 }
}
</style>`

type Scale = { isLog: boolean; ticks: readonly number[]; place: (value: number) => number }

/** Ends of the axis are ticks, so that every point lies between two of them. */
function scaleOf(
  { scale, label }: PlotAxis,
  values: readonly number[],
  { from, to, startsAtZero }: { from: number; to: number; startsAtZero: boolean },
): Scale {
  if (values.length === 0) throw new RangeError('a plot without points')
  if (!values.every(Number.isFinite)) throw new RangeError(`a value of ${label} is not finite`)
  const low = Math.min(...values)
  const high = Math.max(...values)
  const isLog =
    scale === 'log' || (scale === undefined && low > 0 && high >= MIN_RATIO_OF_LOG * low)
  if (isLog && low <= 0) throw new RangeError(`a logarithmic ${label} of 0 or less`)
  const ticks = isLog
    ? logTicks(low, high)
    : linearTicks(startsAtZero ? Math.min(0, low) : low, high)
  const measure = isLog ? Math.log10 : (value: number) => value
  const first = measure(ticks[0]!)
  const last = measure(ticks.at(-1)!)
  const place = (value: number): number =>
    from + ((measure(value) - first) / (last - first)) * (to - from)
  return { isLog, ticks, place }
}

/** Multiples of 1, 2 or 5 times a power of ten. */
function linearTicks(low: number, high: number): number[] {
  const span = high - low || Math.abs(high) || 1
  const power = 10 ** Math.floor(Math.log10(span / TICKS))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => span / each <= TICKS)!
  const first = Math.floor(low / step)
  const last = Math.max(Math.ceil(high / step), first + 1)
  return Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  )
}

/** Powers of ten, with 2 and 5 times them where there are few. */
function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low)
  const factors = decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 5]
  const every: number[] = []
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)) + 1; power++) {
    for (const factor of factors) every.push(Number((factor * 10 ** power).toPrecision(12)))
  }
  const first = every.findLastIndex((tick) => tick <= low)
  const last = every.findIndex((tick, index) => tick >= high && index > first)
  return every.slice(first, last + 1)
}

function line(
  { label, points }: PlotSeries,
  index: number,
  x: (value: number) => number,
  y: (value: number) => number,
  plot: Plot,
): string {
  const { colour, dash, marker } = STYLES[index % STYLES.length]!
  const path = points
    .map((point, i) => `${i === 0 ? 'M' : 'L'}${at(x(point.x))} ${at(y(point.y))}`)
    .join('')
  const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`
  const marks = points.map((point) => {
    const words = `${label}: ${formatExact(point.y)}${unitOf(plot.y)} at ${formatExact(point.x)}${unitOf(plot.x)}`
    return `<g class="mark" fill="${colour}"><title>${escape(words)}</title>${markerAt(marker, x(point.x), y(point.y))}</g>`
  })
  return `<g><path class="line" stroke="${colour}"${dashes} d="${path}"/>${marks.join('')}</g>`
}

function legend(series: readonly PlotSeries[], left: number): string[] {
  const column = (WIDTH - left - MARGIN.right) / LEGEND_COLUMNS
  return series.map(({ label }, index) => {
    const { colour, dash, marker } = STYLES[index % STYLES.length]!
    const x = left + (index % LEGEND_COLUMNS) * column
    const y = MARGIN.top + Math.floor(index / LEGEND_COLUMNS) * LEGEND_ROW - 6
    const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`
    return (
      `<path class="line" stroke="${colour}"${dashes} d="M${at(x)} ${y}h28"/>` +
      `<g fill="${colour}">${markerAt(marker, x + 14, y)}</g>` +
      `<text class="key" x="${at(x + 36)}" y="${y + 4}">${escape(label)}</text>`
    )
  })
}

function markerAt(marker: (typeof STYLES)[number]['marker'], x: number, y: number): string {
  const path = {
    square: 'm-4 -4h8v8h-8z',
    triangle: 'm0 -5l5 9h-10z',
    diamond: 'm0 -5l5 5l-5 5l-5 -5z',
  }
  if (marker === 'circle') return `<circle cx="${at(x)}" cy="${at(y)}" r="4"/>`
  return `<path d="M${at(x)} ${at(y)}${path[marker]}"/>`
}

/** What a reader would say of it: the lines with their ends. */
function describe(plot: Plot): string {
  const lines = plot.series.map(({ label, points }) => {
    const each = points.map((p) => `${formatExact(p.y)} at ${formatExact(p.x)}`)
    return `${label}: ${each.join(', ')}.`
  })
  return `${caption(plot.y, false)} against ${caption(plot.x, false)}. ${lines.join(' ')}`
}

function caption({ label, unit }: PlotAxis, isLog: boolean): string {
  const words = unit === undefined ? label : `${label} (${unit})`
  return isLog ? `${words}, logarithmic` : words
}

function unitOf({ unit }: PlotAxis): string {
  return unit === undefined ? '' : ` ${unit}`
}

/** 12,500 → 12.5k; short, for axes. */
function formatTick(value: number): string {
  const size = Math.abs(value)
  const [divisor, suffix] =
    size >= 1e9 ? [1e9, 'G'] : size >= 1e6 ? [1e6, 'M'] : size >= 1e4 ? [1e3, 'k'] : [1, '']
  return `${Number((value / divisor).toPrecision(6))}${suffix}`
}

/** Four digits that say something. */
function formatExact(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)))
}

/** Coordinates with a tenth of a pixel, so that equal plots are equal on every machine. */
function at(coordinate: number): string {
  return String(Math.round(coordinate * 10) / 10)
}

function escape(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;')
      // Characters that XML does not have, even escaped.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
  )
}
