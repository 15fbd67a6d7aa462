import { HttpRequestError, TimeoutError, BaseError as ViemError } from 'viem'
import { BaseError } from '../protocol/errors.ts'
import { BaseChainUnavailableError } from './errors.ts'

/** Asks the node, and says in our words when it does not answer. Refusals pass as they are. */
export async function ask<Answer>(what: string, question: () => Promise<Answer>): Promise<Answer> {
  try {
    return await question()
  } catch (cause) {
    const ours = findOurs(cause)
    if (ours !== undefined) throw ours
    if (isUnavailable(cause)) throw new BaseChainUnavailableError({ what, cause })
    throw cause
  }
}

/** What the pool of nodes threw, out of what viem makes of it on the way. */
function findOurs(error: unknown): BaseError | undefined {
  for (let link = error; link instanceof Error; link = link.cause) {
    if (link instanceof BaseError) return link
  }
  return undefined
}

/** No connection, no answer in time, or a server error, as against an answer that refuses. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof BaseChainUnavailableError) return true
  if (!(error instanceof ViemError)) return false
  const inner = error.walk(
    (link) => link instanceof HttpRequestError || link instanceof TimeoutError,
  )
  return inner !== null && inner !== undefined
}

/** Nobody answers at all: a shorter question would not help. */
export function isUnreachable(error: unknown): boolean {
  if (findOurs(error) !== undefined) return true
  if (!(error instanceof ViemError)) return false
  const inner = error.walk((link) => link instanceof HttpRequestError)
  return inner instanceof HttpRequestError && inner.status === undefined
}
