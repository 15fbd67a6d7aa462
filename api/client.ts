import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { SignedAnchor } from './anchors.ts'
import type { BatchPage, LeafPage } from './batches.ts'
import { ErrorBody } from './errorBody.ts'
import { ApiBusyError, ApiRequestError, ApiResponseError, ApiUnreachableError } from './errors.ts'
import type { IdentityLeafPage, PolicyList } from './registryData.ts'
import { type RouteName, routes } from './routes.ts'
import type { StatusBody } from './status.ts'
import type { TransferAdmitted, TransferState, TransferSubmission } from './transfers.ts'

export type Range = { from?: number; count?: number }

/** The sequencer's interface, typed. Every answer is checked against its schema. */
export type ApiClient = {
  submitTransfer(submission: TransferSubmission): Promise<TransferAdmitted>
  getTransfer(id: string): Promise<TransferState>
  getStatus(): Promise<StatusBody>
  /** @throws {ApiRequestError} ANCHOR_UNKNOWN before the first batch is sealed. */
  getLatestAnchor(): Promise<SignedAnchor>
  getAnchor(batchNumber: number): Promise<SignedAnchor>
  getBatches(range?: Range): Promise<BatchPage>
  getLeaves(range?: Range): Promise<LeafPage>
  getIdentityLeaves(range?: Range): Promise<IdentityLeafPage>
  getPolicies(): Promise<PolicyList>
}

export type CreateApiClientParameters = {
  /** e.g. `http://127.0.0.1:8080`. */
  url: string
  /** Milliseconds until an answer is given up. */
  timeoutMs?: number
  /** Milliseconds that a call waits in all when the sequencer has no room and says when it will. */
  patienceMs?: number
  /** For tests. */
  fetch?: typeof globalThis.fetch
}

/** As long as a person waits for a payment. */
const PATIENCE_MS = 20_000
/** Of a wait, at random, so that those turned away together do not come back together. */
const JITTER = 0.25

/**
 * A client of one sequencer. Where the sequencer has no room (429) and says when to come again, it waits
 * and asks again, within its patience. Otherwise it never retries by itself: submissions are idempotent,
 * so the caller may.
 *
 * Every call throws {@link ApiRequestError} (the sequencer's own code; {@link ApiBusyError} when patience
 * ended), {@link ApiUnreachableError} or {@link ApiResponseError}.
 */
export function createApiClient({
  url,
  timeoutMs = 30_000,
  patienceMs = PATIENCE_MS,
  fetch = globalThis.fetch,
}: CreateApiClientParameters): ApiClient {
  async function call(
    name: RouteName,
    { body, path, query = {} }: { body?: unknown; path?: string; query?: Range } = {},
  ): Promise<unknown> {
    const { method, path: pattern, response: schema } = routes[name]
    const address = new URL(path ?? pattern, url)
    for (const [key, value] of Object.entries(query)) {
      address.searchParams.set(key, String(value))
    }
    const content =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    for (let waitedMs = 0; ;) {
      const { status, retryAfterMs, answer } = await ask(address, { method, ...content })
      if (status < 400) {
        check(address, schema, answer)
        return answer
      }
      check(address, ErrorBody, answer)
      const error = answer as ErrorBody
      if (status !== 429) throw new ApiRequestError({ httpStatus: status, body: error })
      const waitMs = retryAfterMs * (1 + JITTER * Math.random())
      if (!(waitedMs + waitMs <= patienceMs)) throw new ApiBusyError({ body: error, waitedMs })
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      waitedMs += waitMs
    }
  }

  async function ask(
    address: URL,
    request: RequestInit,
  ): Promise<{ status: number; retryAfterMs: number; answer: unknown }> {
    try {
      const response = await fetch(address, { ...request, signal: AbortSignal.timeout(timeoutMs) })
      // Seconds; the other form, a date, is not what a sequencer sends. Without a number there is no wait.
      const text = response.headers.get('retry-after') ?? ''
      const retryAfterMs = /^\d{1,9}$/.test(text) ? 1000 * Math.max(1, Number(text)) : Number.NaN
      return { status: response.status, retryAfterMs, answer: await response.json() }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new ApiUnreachableError({ url: address.origin, reason, cause })
    }
  }

  return {
    submitTransfer: async (body) => (await call('submitTransfer', { body })) as TransferAdmitted,
    getTransfer: async (id) =>
      (await call('getTransfer', {
        path: `/v1/transfers/${encodeURIComponent(id)}`,
      })) as TransferState,
    getStatus: async () => (await call('getStatus')) as StatusBody,
    getLatestAnchor: async () => (await call('getLatestAnchor')) as SignedAnchor,
    getAnchor: async (batchNumber) =>
      (await call('getAnchor', { path: `/v1/anchors/${String(batchNumber)}` })) as SignedAnchor,
    getBatches: async (query = {}) => (await call('getBatches', { query })) as BatchPage,
    getLeaves: async (query = {}) => (await call('getLeaves', { query })) as LeafPage,
    getIdentityLeaves: async (query = {}) =>
      (await call('getIdentityLeaves', { query })) as IdentityLeafPage,
    getPolicies: async () => (await call('getPolicies')) as PolicyList,
  }
}

function check(url: URL, schema: TSchema, answer: unknown): void {
  const first = Value.Errors(schema, answer).First()
  if (first !== undefined) {
    throw new ApiResponseError({
      url: url.href,
      where: first.path || 'the body',
      reason: first.message,
    })
  }
}
