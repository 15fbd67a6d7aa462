import { HttpRequestError, TimeoutError, BaseError as ViemError } from 'viem'
import { BaseChainUnavailableError } from './errors.ts'

/** Asks the node, and says in our words when it does not answer. Refusals pass as they are. */
export async function ask<Answer>(what: string, question: () => Promise<Answer>): Promise<Answer> {
  try {
    return await question()
  } catch (cause) {
    if (isUnavailable(cause)) throw new BaseChainUnavailableError({ what, cause })
    throw cause
  }
}

/** No connection, no answer in time, or a server error, as against an answer that refuses. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof ViemError)) return false
  const inner = error.walk(
    (link) => link instanceof HttpRequestError || link instanceof TimeoutError,
  )
  return inner !== null && inner !== undefined
}

/** Nobody answers at all: a shorter question would not help. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof ViemError)) return false
  const inner = error.walk((link) => link instanceof HttpRequestError)
  return inner instanceof HttpRequestError && inner.status === undefined
}
