import { connect, type Socket } from 'node:net'

export type Answer = { status: number; retryAfter?: number; body: string }

/**
 * One HTTP/1.1 connection that carries one request at a time, given as bytes. A general client costs as
 * much processor time as the server under test; this one reads a status, two headers and a length.
 */
export class Connection {
  readonly #port: number
  readonly #host: string
  #socket: Socket | undefined
  #received: Buffer[] = []
  #pending: ((answer: Answer | undefined) => void) | undefined

  constructor({ host, port }: { host: string; port: number }) {
    this.#host = host
    this.#port = port
  }

  /** Undefined when the connection broke before the answer was complete. */
  ask(request: Uint8Array): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      this.#pending = resolve
      this.#received = []
      this.#socket ??= this.#open()
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#socket?.destroy()
  }

  #open(): Socket {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true })
    socket.on('data', (bytes) => {
      this.#received.push(bytes)
      const answer = parseAnswer(Buffer.concat(this.#received))
      if (answer !== undefined) this.#finish(answer)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined
      this.#finish(undefined)
    })
    return socket
  }

  #finish(answer: Answer | undefined): void {
    const pending = this.#pending
    this.#pending = undefined
    pending?.(answer)
  }
}

const HEAD_END = '\r\n\r\n'

/** Undefined while bytes are missing. */
export function parseAnswer(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf(HEAD_END)
  if (end < 0) return undefined
  const head = bytes.toString('latin1', 0, end)
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN)
  if (Number.isNaN(length)) throw new Error('an answer without content-length')
  const start = end + HEAD_END.length
  if (bytes.length < start + length) return undefined
  const retryAfter = /\r\nretry-after: (\d+)/i.exec(head)?.[1]
  return {
    status: Number(head.slice(9, 12)),
    body: bytes.toString('utf8', start, start + length),
    ...(retryAfter === undefined ? {} : { retryAfter: Number(retryAfter) }),
  }
}
