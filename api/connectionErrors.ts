import type { ErrorBody } from './errorBody.ts'

/** What Node calls an error of a connection whose bytes never became a request. */
type ConnectionError = { readonly code?: string }
type Answerable = {
  readonly destroyed: boolean
  readonly writable: boolean
  write(text: string): unknown
  destroy(error?: Error): unknown
}

const answers: Readonly<Record<string, { httpStatus: number; body: ErrorBody }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    httpStatus: 408,
    body: { code: 'REQUEST_TIMEOUT', message: 'The request did not arrive in time.', details: [] },
  },
  HPE_HEADER_OVERFLOW: {
    httpStatus: 431,
    body: {
      code: 'HEADERS_TOO_LARGE',
      message: 'The headers are larger than those of any valid request.',
      details: [],
    },
  },
}
const malformed = {
  httpStatus: 400,
  body: { code: 'REQUEST_INVALID', message: 'The request is not HTTP.', details: [] },
}

/**
 * Answers what is no request, for a server's `clientError`: there is no reply object yet, and the frameworks' own
 * answers have another form than every other error. The connection ends with it.
 */
export function answerConnectionError(error: Error & ConnectionError, socket: Answerable): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  if (socket.writable) {
    const { httpStatus, body } = answers[error.code ?? ''] ?? malformed
    const text = JSON.stringify(body)
    const head = [
      // Its reason phrase may be empty; everything in the body is ASCII.
      `HTTP/1.1 ${String(httpStatus)} `,
      'content-type: application/json; charset=utf-8',
      `content-length: ${String(text.length)}`,
      'connection: close',
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n${text}`)
  }
  socket.destroy(error)
}

/** For a server's `checkExpectation`: Node itself would answer with a status alone. */
export function answerExpectation(
  _request: unknown,
  response: {
    writeHead(status: number, headers: Record<string, string>): { end(text: string): unknown }
  },
): void {
  const body: ErrorBody = {
    code: 'REQUEST_INVALID',
    message: 'The request expects what this service does not offer.',
    details: ['Leave the Expect header out.'],
  }
  const text = JSON.stringify(body)
  response
    .writeHead(400, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(text.length),
      connection: 'close',
    })
    .end(text)
}
