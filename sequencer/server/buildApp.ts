import { randomUUID } from 'node:crypto'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import {
  answerConnectionError,
  answerExpectation,
  type BatchRange,
  type HealthBody,
  type LeafRange,
  requestTimers,
  type RouteName,
  routes,
  type TransferAdmitted,
  type TransferSubmission,
} from '../../api/index.ts'
import { HealthBody as HealthSchema, ErrorBody } from '../../api/index.ts'
import type { Static } from '@sinclair/typebox'
import {
  SequencerBusyError,
  SequencerStoppingError,
  TransferRefusedError,
} from '../admission/errors.ts'
import { describeError } from '../describeError.ts'
import { errorAnswer } from './errorAnswer.ts'
import { defaultLimits, type Limits } from './limits.ts'
import type { Metrics } from './metrics.ts'
import type { Queries } from './queries.ts'

export type AppDependencies = {
  /** Of the OpenAPI document. */
  title?: string
  admit: (body: TransferSubmission) => Promise<TransferAdmitted>
  /** Throws where a submission would be turned away: asked before its body is read. */
  checkRoom?: () => void
  queries: Queries
  metrics: Pick<Metrics, 'registry' | 'refused' | 'turnedAway'>
  /** Brings the gauges up to date, before they are read. */
  refreshMetrics?: () => Promise<void>
  /** What was chosen last in sealing and settling, and from what. */
  decisions: () => object
  /** Named checks; one that throws or gives false fails. */
  ready: () => Promise<Static<typeof HealthBody>>
  health: () => Promise<Static<typeof HealthBody>>
  limits?: Limits
  logger?: FastifyServerOptions['logger']
}

/** The HTTP interface. It opens no port: `inject` tests it, the server listens. */
export async function buildApp({
  title = 'Cinnabar sequencer',
  admit,
  checkRoom,
  queries,
  metrics,
  refreshMetrics = () => Promise.resolve(),
  decisions,
  ready,
  health,
  limits = defaultLimits,
  logger = false,
}: AppDependencies): Promise<FastifyInstance> {
  const app = Fastify({
    logger,
    bodyLimit: limits.bodyBytes,
    // What is no request, or has no address, is answered in the form of every other error.
    clientErrorHandler: answerConnectionError,
    frameworkErrors(error, _request, reply: FastifyReply) {
      const { httpStatus, body } = errorAnswer(error)
      void reply.code(httpStatus).send(body)
    },
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.connectionTimeoutMs,
    keepAliveTimeout: limits.connectionTimeoutMs,
    http: requestTimers(limits.requestTimeoutMs),
    // A client gets its answer before the port closes, and no new request: by the hook below, in our form.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // In the answer and on the lines about it; never taken from the client, who could forge others' lines.
    genReqId: () => randomUUID(),
    // Who asked for what is nobody's business, the log's included.
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'requestId',
    }),
    // Unknown members are refused, not dropped: a client that sends one is mistaken about something.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array', allErrors: false } },
  })

  app.server.maxConnections = limits.connections
  app.server.on('checkExpectation', answerExpectation)

  app.setErrorHandler((error, request, reply) => {
    const { httpStatus, body, isInternal, retryAfterSeconds } = errorAnswer(error)
    if (isInternal) request.log.error({ err: describeError(error) }, 'request failed')
    if (retryAfterSeconds !== undefined) void reply.header('retry-after', retryAfterSeconds)
    void reply.code(httpStatus).send(body)
  })
  app.setNotFoundHandler((_, reply) =>
    reply.code(404).send({
      code: 'ROUTE_UNKNOWN',
      message: 'There is nothing at this address.',
      details: ['See /openapi.json.'],
    }),
  )

  // A connection that was busy when the stop began would else stay open, idle, until it times out.
  let isClosing = false
  app.addHook('preClose', (done) => {
    isClosing = true
    done()
  })
  app.addHook('onRequest', (_request, _reply, done) => {
    done(isClosing ? new SequencerStoppingError() : undefined)
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    void reply.header('x-request-id', request.id)
    if (isClosing) void reply.header('connection', 'close')
    done(null, payload)
  })

  await app.register(rateLimit, {
    max: limits.requestsPerMinute,
    timeWindow: '1 minute',
    allowList: (request) => request.url === '/livez' || request.url === '/readyz',
  })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title,
        version: '1',
        description: 'Submit proved transfers, follow them, and sync a wallet by range.',
      },
    },
  })

  const operation = (name: RouteName) => {
    const route = routes[name]
    return {
      url: route.path,
      method: route.method,
      schema: {
        operationId: name,
        summary: route.summary,
        ...('body' in route ? { body: route.body } : {}),
        ...('parameters' in route ? { params: route.parameters } : {}),
        ...('query' in route ? { querystring: route.query } : {}),
        response: { [route.status]: route.response, default: ErrorBody },
      },
    } as const
  }

  app.route({
    ...operation('submitTransfer'),
    ...(checkRoom === undefined
      ? {}
      : {
          onRequest: (_request, _reply, done) => {
            try {
              checkRoom()
              done()
            } catch (error) {
              metrics.turnedAway.inc()
              done(error as Error)
            }
          },
        }),
    handler: async (request, reply) => {
      try {
        const admitted = await admit(request.body as TransferSubmission)
        request.log.info({ statementId: admitted.id }, 'transfer admitted')
        return await reply.code(routes.submitTransfer.status).send(admitted)
      } catch (error) {
        if (error instanceof TransferRefusedError) {
          metrics.refused.inc({ code: error.code })
          request.log.info({ code: error.code }, 'transfer refused')
        }
        if (error instanceof SequencerBusyError) metrics.turnedAway.inc()
        throw error
      }
    },
  })
  app.route({
    ...operation('getTransfer'),
    handler: (request) => queries.getTransfer((request.params as { id: `0x${string}` }).id),
  })
  app.route({ ...operation('getStatus'), handler: () => queries.getStatus() })
  app.route({ ...operation('getLatestAnchor'), handler: () => queries.getAnchor(undefined) })
  app.route({
    ...operation('getAnchor'),
    handler: (request) => queries.getAnchor(BigInt((request.params as { batch: number }).batch)),
  })
  app.route({
    ...operation('getBatches'),
    handler: (request) => queries.getBatches(request.query as Static<typeof BatchRange>),
  })
  app.route({
    ...operation('getLeaves'),
    handler: (request) => queries.getLeaves(request.query as Static<typeof LeafRange>),
  })
  app.route({
    ...operation('getIdentityLeaves'),
    handler: (request) => queries.getIdentityLeaves(request.query as Static<typeof LeafRange>),
  })
  app.route({ ...operation('getPolicies'), handler: () => queries.getPolicies() })

  const healthSchema = (summary: string) => ({
    schema: { summary, response: { 200: HealthSchema, 503: HealthSchema } },
  })
  app.get('/livez', healthSchema('The process answers'), () => ({ status: 'ok', checks: [] }))
  for (const [path, summary, ask] of [
    ['/readyz', 'Transfers can be admitted now', ready],
    ['/healthz', 'All loops work and all queues move', health],
  ] as const) {
    app.get(path, healthSchema(summary), async (_, reply) => {
      const body = await ask()
      return reply.code(body.status === 'ok' ? 200 : 503).send(body)
    })
  }
  app.get('/metrics', { schema: { hide: true } }, async (_, reply) => {
    await refreshMetrics()
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })
  app.get('/decisions', { schema: { hide: true } }, () => decisions())
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())

  await app.ready()
  return app
}
