import type { FastifyError } from 'fastify'
import type { ErrorBody } from '../../api/index.ts'
import { BaseError } from '../../protocol/errors.ts'
import { LeadershipLostError, StandbyError } from '../errors.ts'
import { isDatabaseUnavailable } from '../store/database.ts'
import { httpStatuses } from './httpStatuses.ts'

export type ErrorAnswer = {
  httpStatus: number
  body: ErrorBody
  /** Ours, and for the log. */
  isInternal: boolean
  retryAfterSeconds?: number
}

/** What a client is told of an error: code, sentence, facts. Never a stack trace, never a cause. */
export function errorAnswer(error: unknown): ErrorAnswer {
  // The remedy that it names is the operator's; for a client this is a standby from now on.
  if (error instanceof LeadershipLostError) return errorAnswer(new StandbyError({ url: undefined }))
  if (error instanceof BaseError) {
    const httpStatus = httpStatuses[error.code]
    if (httpStatus !== undefined) {
      const { code, shortMessage: message, metaMessages } = error
      return {
        httpStatus,
        body: { code, message, details: [...metaMessages] },
        isInternal: false,
        ...('retryAfterSeconds' in error && typeof error.retryAfterSeconds === 'number'
          ? { retryAfterSeconds: error.retryAfterSeconds }
          : {}),
      }
    }
  }
  if (isDatabaseUnavailable(error)) {
    const detail = 'Missing: an answer of the database'
    const remedy = 'Try again in a moment; a submission may be repeated.'
    return {
      ...known('SEQUENCER_NOT_READY', 'The sequencer cannot admit transfers yet.', detail, remedy),
      isInternal: true,
    }
  }
  const { code, validation, message, statusCode } = error as Partial<FastifyError>
  if (validation !== undefined)
    return known('REQUEST_INVALID', 'The request is malformed.', message)
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return known('BODY_TOO_LARGE', 'The request is larger than any valid one.')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return known('MEDIA_TYPE_UNSUPPORTED', 'The request must be application/json.')
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return known('REQUEST_INVALID', 'The request is not JSON.')
    default:
  }
  if (statusCode === 429) {
    return known(
      'RATE_LIMITED',
      'Too many requests.',
      'Wait for the time in the retry-after header.',
    )
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return known('REQUEST_INVALID', 'The request is malformed.')
  }
  return {
    ...known('INTERNAL', 'The sequencer failed. Nothing was lost; try again in a moment.'),
    isInternal: true,
  }
}

function known(code: string, message: string, ...facts: (string | undefined)[]): ErrorAnswer {
  const details = facts.filter((fact) => fact !== undefined)
  return {
    httpStatus: httpStatuses[code] ?? 500,
    body: { code, message, details },
    isInternal: false,
  }
}
