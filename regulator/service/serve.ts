import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyServerOptions } from 'fastify'
import type { Database } from '../store/database.ts'
import { createAuthenticate, type OidcSettings } from './authenticate.ts'
import { buildApp, type TlsSettings } from './buildApp.ts'
import { createHandlers, type HandlerDependencies } from './handlers.ts'

export type ServeParameters = HandlerDependencies & {
  readonly database: Database
  readonly tls: TlsSettings
  readonly oidc?: OidcSettings
  readonly host: string
  readonly port: number
  /** Anchors the log's head where it has grown; called at the start and then every `anchorMs`. */
  readonly anchor?: () => Promise<unknown>
  readonly anchorMs?: number
  /** Pause after a failure; it doubles with each further one, up to an hour. */
  readonly anchorRetryMs?: number
  readonly logger?: FastifyServerOptions['logger']
}

export type RunningService = { readonly url: string; stop(): Promise<void> }

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
/** A node that was away for a day is noticed within an hour of its return. */
const LONGEST_RETRY_MS = 3_600_000

/** Starts the supervisory service and the daily anchoring of its log. */
export async function serve({
  database,
  tls,
  oidc,
  host,
  port,
  anchor,
  anchorMs = DAY_MS,
  anchorRetryMs = MINUTE_MS,
  logger = false,
  ...handlers
}: ServeParameters): Promise<RunningService> {
  const app = await buildApp({
    ...{ database, tls, logger, authenticate: createAuthenticate(oidc) },
    handlers: createHandlers(handlers),
  })
  const url = await app.listen({ host, port })
  const stopping = new AbortController()
  const anchoring = anchor === undefined ? undefined : keepAnchoring()
  return {
    url,
    async stop() {
      stopping.abort()
      await app.close()
      await anchoring
    },
  }

  async function keepAnchoring(): Promise<void> {
    const { signal } = stopping
    let retryMs = anchorRetryMs
    while (!signal.aborted) {
      let pauseMs = anchorMs
      try {
        await anchor?.()
        retryMs = anchorRetryMs
      } catch (error) {
        // Until one succeeds, `log verify` says how far anchors reach.
        pauseMs = Math.min(retryMs, LONGEST_RETRY_MS, anchorMs)
        retryMs *= 2
        app.log.error({ err: error, pauseMs }, 'log not anchored')
      }
      await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }
}
