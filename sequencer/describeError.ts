import { BaseError } from '../protocol/errors.ts'

export type ErrorDescription = {
  type: string
  code?: string
  message: string
  stack?: string
  cause?: ErrorDescription
}

/** Causes of causes beyond this say nothing new. */
const MAX_DEPTH = 4

/**
 * An error for the log: what it is, what it says and where, with its causes. Nothing of it that a logger would dig up
 * itself: errors of libraries carry whole requests as members.
 */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: 'thrown value' }
  const code = error instanceof BaseError ? error.code : codeOf(error)
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    message: hideUrlSecrets(error.message),
    ...(error.stack === undefined ? {} : { stack: hideUrlSecrets(error.stack) }),
    ...(error.cause === undefined || depth === MAX_DEPTH
      ? {}
      : { cause: describeError(error.cause, depth + 1) }),
  }
}

/**
 * Leaves scheme and host of every URL in a text. Path and query hold the keys of most RPC services, and the part before
 * the host the database's password.
 */
export function hideUrlSecrets(text: string): string {
  return text.replace(
    /\b(?!file:|node:)([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#]*@)?([^\s/?#"'`,;)\]}]+)([^\s"'`,;)\]}]*)/gi,
    (_, scheme: string, host: string, rest: string) =>
      `${scheme}${host}${rest === '' || rest === '/' ? rest : '/…'}`,
  )
}

function codeOf(error: Error): string | undefined {
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : undefined
}
