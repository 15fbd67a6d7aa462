import type { FastifyError } from 'fastify'
import type { ErrorBody } from '../../api/index.ts'
import { BaseError } from '../../protocol/errors.ts'
import { isDatabaseUnavailable } from '../store/database.ts'
import { httpStatuses } from './httpStatuses.ts'

export type ErrorAnswer = {
  httpStatus: number
  body: ErrorBody
  /** Ours, and for the log. */
  isInternal: boolean
}

/** What a client is told of an error: code, sentence, facts. Never a stack trace, never a cause. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof BaseError && httpStatuses[error.code] !== undefined) {
    const { code, shortMessage, metaMessages } = error
    return known(code, shortMessage, ...metaMessages)
  }
  if (isDatabaseUnavailable(error)) {
    return {
      ...known('SERVICE_NOT_READY', 'The store does not answer.', 'Try again in a moment.'),
      isInternal: true,
    }
  }
  const { code, validation, message, statusCode } = error as Partial<FastifyError>
  if (validation !== undefined)
    return known('REQUEST_INVALID', 'The request is malformed.', message ?? '')
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return known('BODY_TOO_LARGE', 'The request is larger than any valid one.')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return known('MEDIA_TYPE_UNSUPPORTED', 'The request must be application/json.')
    default:
  }
  if (statusCode === 429) {
    return known('RATE_LIMITED', 'Too many requests.', 'Wait for the time in retry-after.')
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return known('REQUEST_INVALID', 'The request is malformed.')
  return { ...known('INTERNAL', 'The service failed. Nothing was lost.'), isInternal: true }
}

function known(code: string, message: string, ...details: string[]): ErrorAnswer {
  return {
    httpStatus: httpStatuses[code] ?? 500,
    body: { code, message, details },
    isInternal: false,
  }
}
