import type { Server } from 'node:https'
import { TLSSocket } from 'node:tls'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import { answerConnectionError, answerExpectation, ErrorBody } from '../../api/index.ts'
import { BaseError } from '../../protocol/errors.ts'
import { appendLogEntry } from '../store/appendLogEntry.ts'
import type { Database } from '../store/database.ts'
import {
  type ConnectionLimits,
  defaultConnectionLimits,
  limitsOfServer,
  limitsOfTls,
} from '../connectionLimits.ts'
import type { Authenticate, Presented } from './authenticate.ts'
import { errorAnswer } from './errorAnswer.ts'
import { RoleMissingError, ServiceStoppingError } from './errors.ts'
import type { Call, Handler } from './handlers.ts'
import { type Route, type RouteName, routes } from './routes.ts'

/** What TLS needs. Clients need a certificate of `clientAuthority` where no identity provider is set. */
export type TlsSettings = {
  readonly key: string
  readonly certificate: string
  /** PEM of the authorities that issue client certificates. */
  readonly clientAuthority?: string
}

export type AppDependencies = {
  readonly database: Database
  readonly authenticate: Authenticate
  readonly handlers: Record<RouteName, Handler>
  readonly tls: TlsSettings
  readonly now?: () => Date
  readonly requestsPerMinute?: number
  readonly limits?: ConnectionLimits
  readonly logger?: FastifyServerOptions['logger']
}

/** Notes and rules are the largest bodies. */
const BODY_BYTES = 262_144

/**
 * The supervisory service. Each request is authenticated, then checked for a role, then answered in one
 * transaction with its entry in the hash-chained log: nobody gets an answer that left no trace. What is refused to an account
 * leaves an entry of its own.
 */
export async function buildApp({
  database,
  authenticate,
  handlers,
  tls,
  now = () => new Date(),
  requestsPerMinute = 600,
  limits = defaultConnectionLimits,
  logger = false,
}: AppDependencies): Promise<FastifyInstance<Server>> {
  const app = Fastify({
    logger,
    ...limitsOfServer(limits),
    https: {
      ...limitsOfTls(limits),
      key: tls.key,
      cert: tls.certificate,
      minVersion: 'TLSv1.3',
      // A client without a certificate may have a token: who it is is asked for each request.
      requestCert: true,
      rejectUnauthorized: false,
      ...(tls.clientAuthority === undefined ? { ca: [] } : { ca: [tls.clientAuthority] }),
    },
    bodyLimit: BODY_BYTES,
    // What is no request, or has no address, is answered in the form of every other error.
    clientErrorHandler: answerConnectionError,
    frameworkErrors(error, _request, reply: FastifyReply) {
      const { httpStatus, body } = errorAnswer(error)
      void reply.code(httpStatus).send(body)
    },
    // By the hook below, which answers in the form of every other error.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // Who asked for what is the chained log's, not the machine's.
    logController: new LogController({ disableRequestLogging: true }),
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array', allErrors: false } },
  })

  app.server.maxConnections = limits.connections
  app.server.on('checkExpectation', answerExpectation)
  let isClosing = false
  app.addHook('preClose', (done) => {
    isClosing = true
    done()
  })
  app.addHook('onRequest', (_request, _reply, done) => {
    done(isClosing ? new ServiceStoppingError() : undefined)
  })

  app.setErrorHandler(async (error, request, reply) => {
    let { httpStatus, body, isInternal } = errorAnswer(error)
    // What came too often was not looked at, and would fill the log.
    const asked = httpStatus === 429 ? undefined : callers.get(request)
    try {
      // Outside the transaction of the act, which went back with its own entry.
      if (asked !== undefined && httpStatus < 500) await recordRefusal(asked, request, body.code)
    } catch (cause) {
      // As for an answer: a refusal that cannot be logged is not told.
      request.log.error({ err: describe(cause) }, 'refusal not logged')
      ;({ httpStatus, body, isInternal } = errorAnswer(cause))
    }
    if (isInternal) request.log.error({ err: describe(error) }, 'request failed')
    if (httpStatus === 401) void reply.header('www-authenticate', 'Bearer')
    return reply.code(httpStatus).send(body)
  })
  async function recordRefusal(
    { account, route }: Caller,
    { params }: FastifyRequest,
    code: string,
  ): Promise<void> {
    const { id } = params as { id?: unknown }
    const alert = Number(id)
    await database.transaction((connection) =>
      appendLogEntry(connection, {
        ...{ account: account.id, action: 'ATTEMPT_REFUSED', now: now() },
        facts: { route, code, ...(Number.isSafeInteger(alert) && alert > 0 ? { alert } : {}) },
      }),
    )
  }
  app.setNotFoundHandler((_, reply) =>
    reply.code(404).send({
      code: 'ROUTE_UNKNOWN',
      message: 'There is nothing at this address.',
      details: ['See /openapi.json.'],
    }),
  )

  await app.register(rateLimit, { max: requestsPerMinute, timeWindow: '1 minute' })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Cinnabar supervision',
        version: '1',
        description: 'Statistics, alerts, rules and the log of who asked for what.',
      },
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      },
      // Empty: a client certificate is enough, which this library's types cannot name (mutualTLS).
      security: [{ token: [] }, {}],
    },
  })

  for (const [name, route] of Object.entries(routes) as [RouteName, Route][]) {
    app.route({
      url: route.path,
      method: route.method,
      schema: {
        operationId: name,
        summary: route.summary,
        description: `Roles: ${route.roles.join(', ')}. In the log: ${route.action}.`,
        ...(route.body === undefined ? {} : { body: route.body }),
        ...(route.parameters === undefined ? {} : { params: route.parameters }),
        ...(route.query === undefined ? {} : { querystring: route.query }),
        response: { 200: route.response, default: ErrorBody },
      },
      // Before the body is read: who is nobody here is not listened to.
      onRequest: async (request) => {
        const account = await authenticate(database, presentedBy(request))
        if (!route.roles.some((role) => account.roles.includes(role))) {
          await database.transaction((connection) =>
            appendLogEntry(connection, {
              ...{ account: account.id, action: 'ACCESS_REFUSED', now: now() },
              facts: { route: name },
            }),
          )
          throw new RoleMissingError({ needed: route.roles })
        }
        callers.set(request, { account, route: name })
      },
      handler: async (request, reply) => {
        const account = callers.get(request)?.account
        if (account === undefined) throw new Error('unreachable: onRequest sets it')
        const parameters = request.params as Call['parameters']
        const call: Call = { account, parameters, query: request.query, body: request.body }
        const answer = await database.transaction(async (connection) => {
          const { answer: found, facts = {} } = await handlers[name](connection, call)
          await appendLogEntry(connection, {
            ...{ account: account.id, action: route.action, now: now() },
            facts: {
              ...(parameters.id === undefined ? {} : { alert: parameters.id }),
              ...facts,
            },
          })
          return found
        })
        return reply
          .code(200)
          .type('application/json')
          .send(answer ?? 'null')
      },
    })
  }
  app.get('/livez', { schema: { hide: true } }, () => ({ status: 'ok' }))
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  await app.ready()
  return app
}

/** Who asks for what: known once the request was authenticated and the role is right. */
type Caller = { readonly account: Call['account']; readonly route: RouteName }
const callers = new WeakMap<FastifyRequest, Caller>()

function presentedBy(request: FastifyRequest): Presented {
  const { socket } = request.raw
  const { authorization } = request.headers
  // `authorized`: it was issued by an authority of ours, has not expired, and its key signed the handshake.
  const isTrusted = socket instanceof TLSSocket && socket.authorized
  const certificate = isTrusted ? socket.getPeerX509Certificate()?.raw : undefined
  return { certificate, authorization }
}

/** For the machine's log: no request contents. */
function describe(error: unknown): { type: string; code?: string; message: string } {
  if (!(error instanceof Error)) return { type: typeof error, message: 'thrown value' }
  return {
    type: error.name,
    message: error.message,
    ...(error instanceof BaseError ? { code: error.code } : {}),
  }
}
