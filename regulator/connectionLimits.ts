import { requestTimers } from '../api/index.ts'

/** Of a service over TLS. Strangers get as far as the handshake. */
export type ConnectionLimits = {
  /** At a time; one more is closed at once, so that nobody uses up the process's files. */
  readonly connections: number
  /** Until the handshake must be over, ms. */
  readonly handshakeTimeoutMs: number
  /** Until a request must have arrived whole, ms. */
  readonly requestTimeoutMs: number
}

export const defaultConnectionLimits: ConnectionLimits = {
  // A process may commonly open 1,024 files at least; the database and the base chain need some.
  connections: 800,
  handshakeTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
}

/** Between two requests of a connection. Not while an answer is made: an opening of many records takes minutes. */
const KEEP_ALIVE_MS = 30_000

/** For Fastify, beside its other options. */
export function limitsOfServer({ requestTimeoutMs }: ConnectionLimits) {
  return { requestTimeout: requestTimeoutMs, keepAliveTimeout: KEEP_ALIVE_MS }
}

/** For the server that Fastify makes, as part of `https`. */
export function limitsOfTls({ handshakeTimeoutMs, requestTimeoutMs }: ConnectionLimits) {
  return { handshakeTimeout: handshakeTimeoutMs, ...requestTimers(requestTimeoutMs) }
}
