import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import { ErrorBody } from '../../api/index.ts'

// What a service may be sent, byte for byte, and what it may answer. Requests go over sockets, because clients and
// `inject` refuse to send most of what is worth sending.

export type FuzzedRoute = {
  readonly method: string
  /** With `:name` for parameters. */
  readonly path: string
  /** Names of members of the query that mean something. */
  readonly query?: readonly string[]
  /** A body that is accepted, or nearly: changed ones reach further than arbitrary ones. */
  readonly body?: unknown
}

export type FuzzedRequest = { readonly method: string; readonly bytes: Buffer }
export type RawAnswer = { readonly status: number; readonly text: string }

/** Numbers that break something somewhere: ends of types, and what JSON can say and integers cannot. */
const oddNumbers = fc.oneof(
  fc.constantFrom(0, -0, -1, 1.5, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 63, 2 ** 64, 1e21, 1e30, 1e308),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const oddStrings = fc.oneof(
  fc.constantFrom(
    ...['', '\0', 'a\0b', '\ud800', '\u202e', '\ufeff', '0x', `0x${'f'.repeat(64)}`, '1e308', '-1'],
    ...['9'.repeat(30), 'a'.repeat(300), '__proto__', 'constructor', "'; select 1; --", '../../x'],
    ...['%00', '%', 'null', 'NaN', 'Infinity', '0x10', ' 1 ', '１', 'latest', '[object Object]'],
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
)
const odd: fc.Arbitrary<unknown> = fc.oneof(
  oddStrings,
  oddNumbers,
  fc.constantFrom(null, true, false, [], {}),
  fc.jsonValue({ maxDepth: 3 }),
)

type Change = {
  at: number
  how: 'replace' | 'remove' | 'add' | 'repeat'
  odd: unknown
  name: string
}

/** The value with one place of it changed. */
function changed(value: unknown, change: Change, place = { left: change.at }): unknown {
  if (place.left-- === 0 && change.how === 'replace') return change.odd
  if (Array.isArray(value)) {
    if (place.left === 0 && change.how === 'add') return [...(value as unknown[]), change.odd]
    if (place.left === 0 && change.how === 'repeat') return [...(value as unknown[]), ...value]
    return value.map((item) => changed(item, change, place))
  }
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
  if (place.left === 0 && change.how === 'add') {
    return Object.fromEntries([...members, [change.name, change.odd]])
  }
  if (place.left === 0 && change.how === 'remove') return Object.fromEntries(members.slice(1))
  return Object.fromEntries(members.map(([name, item]) => [name, changed(item, change, place)]))
}

function bodiesLike(sample: unknown): fc.Arbitrary<Buffer> {
  const text = (value: unknown) => Buffer.from(JSON.stringify(value) ?? 'null')
  const change = fc.record({
    at: fc.nat({ max: 40 }),
    how: fc.constantFrom('replace' as const, 'remove' as const, 'add' as const, 'repeat' as const),
    odd,
    name: oddStrings,
  })
  const deep = fc
    .tuple(fc.nat({ max: 7_000 }), fc.constantFrom(['[', ']'], ['{"a":', '}']))
    .map(([depth, [open = '', close = '']]) =>
      Buffer.from(`${open.repeat(depth)}1${close.repeat(depth)}`),
    )
  return fc.oneof(
    { weight: 6, arbitrary: change.map((one) => text(changed(sample, one))) },
    fc.constant(text(sample)),
    fc.json().map((json) => Buffer.from(json)),
    odd.map((value) => text({ __proto__: null, constructor: value })),
    fc
      .constantFrom('{"__proto__":{"a":1}}', '\ufeff{}', '{"a":1,"a":2}', '{', '[]]', '')
      .map((text) => Buffer.from(text)),
    deep,
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  )
}

/** A piece of a URL: encoded as it must be, or as it is where the request line allows it. */
const pieces = fc.oneof(
  oddStrings.map((text) => encodeURIComponent(text.toWellFormed())),
  oddNumbers.map(String),
  fc.constantFrom('%', '%zz', '%c0%af', '..', '%2e%2e', '%00', '?', '#', ';', '\\', '|'),
  fc.string({
    unit: fc.constantFrom(...'!$&()*+,-./0123456789:;=@AZaz_~'.split('')),
    maxLength: 30,
  }),
)

export function requestsTo(routes: readonly FuzzedRoute[]): fc.Arbitrary<FuzzedRequest> {
  return fc.constantFrom(...routes).chain((route) => {
    const path = fc
      .array(pieces, { minLength: 3, maxLength: 3 })
      .map((values) => route.path.replace(/:\w+/g, () => values.pop() ?? ''))
    const names = route.query ?? []
    const query = fc.array(
      fc.tuple(names.length === 0 ? pieces : fc.oneof(fc.constantFrom(...names), pieces), pieces),
      { maxLength: 3 },
    )
    const method = fc.oneof(
      { weight: 12, arbitrary: fc.constant(route.method) },
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'PROPFIND', 'NO'),
    )
    const type = fc.oneof(
      { weight: 12, arbitrary: fc.constant('application/json') },
      fc.constantFrom(
        'text/plain',
        'application/json; charset=latin1',
        'multipart/form-data',
        'x',
        '',
      ),
    )
    // Lines that are no headers, and headers that nobody asked for.
    const extra = fc.oneof(
      { weight: 12, arbitrary: fc.constant('') },
      fc.constantFrom(
        ...[
          'x-forwarded-for: 1.2.3.4\r\n',
          'expect: nothing\r\n',
          'content-length: 1\r\n',
          ': x\r\n',
        ],
        ...['transfer-encoding: chunked\r\n', 'host: y\r\n', 'upgrade: h2c\r\n', 'no colon\r\n'],
        `x-long: ${'a'.repeat(20_000)}\r\n`,
      ),
    )
    const version = fc.oneof(
      { weight: 20, arbitrary: fc.constant('HTTP/1.1') },
      fc.constantFrom('HTTP/1.0', 'HTTP/9.9', ''),
    )
    return fc
      .record({ method, path, query, type, extra, version, body: bodiesLike(route.body ?? {}) })
      .map((made) => {
        const search = made.query.map(([name, value]) => `${name}=${value}`).join('&')
        const hasBody = made.method !== 'GET' && made.method !== 'HEAD'
        const head = [
          `${made.method} ${made.path}${search === '' ? '' : `?${search}`} ${made.version}`,
          'host: fuzz',
          'connection: close',
          ...(hasBody
            ? [`content-type: ${made.type}`, `content-length: ${String(made.body.length)}`]
            : []),
        ]
        const text = `${head.join('\r\n')}\r\n${made.extra}\r\n`
        // As Latin-1: a character of the path is one byte on the wire.
        const bytes = Buffer.concat([
          Buffer.from(text, 'latin1'),
          hasBody ? made.body : Buffer.of(),
        ])
        return { method: made.method, bytes }
      })
  })
}

/** Sends and reads until the other side closes. @throws when it does not. */
export async function exchange(
  open: () => Socket,
  bytes: Uint8Array,
  { patienceMs = 30_000 }: { patienceMs?: number } = {},
): Promise<RawAnswer> {
  const socket = open()
  const chunks: Buffer[] = []
  return new Promise((resolve, reject) => {
    socket.setTimeout(patienceMs, () => {
      reject(new Error(`no answer to ${JSON.stringify(Buffer.from(bytes).toString('latin1'))}`))
      socket.destroy()
    })
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    // A reset after the answer is how a server ends a body that it does not want.
    socket.on('error', () => undefined)
    socket.once('close', () => {
      const whole = Buffer.concat(chunks).toString()
      const at = whole.indexOf('\r\n\r\n')
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(whole)?.[1] ?? 0)
      resolve({ status, text: at < 0 ? '' : whole.slice(at + 4) })
    })
    socket.write(bytes)
  })
}

/** Nobody may learn from an answer how the service is made, and every refusal has the one form. */
export function checkAnswer(
  { status, text }: RawAnswer,
  { method, statusOf }: { method: string; statusOf?: Readonly<Record<string, number>> | undefined },
): void {
  assert.ok(status >= 200 && status < 500, `status ${String(status)}: ${text}`)
  assert.doesNotMatch(text, /\bat .*(node:|\.[cm]?[jt]s\b)|node_modules|file:\/\//, 'a stack trace')
  if (status < 400 || method === 'HEAD') return
  const body = JSON.parse(text) as ErrorBody
  assert.deepEqual([...Value.Errors(ErrorBody, body)], [], text)
  assert.match(body.code, /^[A-Z][A-Z0-9_]+$/)
  if (statusOf !== undefined) assert.equal(statusOf[body.code], status, body.code)
}
