import { X509Certificate } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { TLSSocket } from 'node:tls'
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import { answerConnectionError, answerExpectation } from '../../api/index.ts'
import { BaseError } from '../../protocol/errors.ts'
import {
  type ConnectionLimits,
  defaultConnectionLimits,
  limitsOfServer,
  limitsOfTls,
} from '../connectionLimits.ts'
import type { ChainSource } from '../orders/openingChain.ts'
import { viewChain } from '../orders/openingChain.ts'
import type { Member } from './advanceCeremony.ts'
import { answerOpenings } from './answerOpenings.ts'
import { CallerRefusedError, CeremonyUnknownError } from './errors.ts'
import { type AddressBook, fingerprintOf } from './memberCard.ts'
import { answerPossession, commitPossession } from './possessionRounds.ts'

export type MemberServiceParameters = {
  readonly member: Member
  readonly book: AddressBook
  /** The chain that this member follows by itself; without it, it holds ceremonies and opens nothing. */
  readonly source?: ChainSource
  /** Blocks, its own included, that a batch or an order must have. */
  readonly confirmations: number
  readonly limits?: ConnectionLimits
  readonly host?: string
  readonly port?: number
}

export type MemberService = {
  readonly app: FastifyInstance
  /** https://host:port */
  readonly url: string
  stop(): Promise<void>
}

/** A request with 1,000 items of an announcement with 10,000, or a subject order's traces. */
const MAX_BODY_BYTES = 16 * 1024 * 1024
/** A request of that size takes its time. */
const memberLimits: ConnectionLimits = { ...defaultConnectionLimits, requestTimeoutMs: 60_000 }
type Caller = 'member' | 'client'

/**
 * A member's service, over TLS with pinned certificates both ways: who is not in the address book gets no handshake. It gives out
 * its ceremony messages, its part of proofs of possession, and partial decryptions under orders.
 */
export async function startMemberService(
  parameters: MemberServiceParameters,
): Promise<MemberService> {
  const { host = '127.0.0.1', port = 0 } = parameters
  const app = buildMemberApp(parameters)
  await app.listen({ host, port })
  const address = app.server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  return {
    app,
    url: `https://${name}:${String(address.port)}`,
    stop: () => app.close(),
  }
}

function buildMemberApp({
  member,
  book,
  source,
  confirmations,
  limits = memberLimits,
}: MemberServiceParameters): FastifyInstance {
  const { privateKey, certificate } = member.store.identity.tls
  const callers = new Map<string, Set<Caller>>()
  for (const [list, caller] of [
    [book.members, 'member'],
    [book.clients, 'client'],
  ] as const) {
    for (const card of list) {
      const fingerprint = fingerprintOf(card)
      callers.set(fingerprint, (callers.get(fingerprint) ?? new Set()).add(caller))
    }
  }
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    // What is no request, or has no address, is answered in the form of every other error.
    clientErrorHandler: answerConnectionError,
    frameworkErrors(error, _request, reply: FastifyReply) {
      const { status, body } = errorAnswer(error)
      void reply.status(status).send(body)
    },
    ...limitsOfServer(limits),
    https: {
      ...limitsOfTls(limits),
      key: privateKey,
      cert: certificate,
      ca: [...book.members, ...book.clients].map((card) => card.certificate),
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    },
  }) as unknown as FastifyInstance
  /** @returns the caller's name: its certificate's fingerprint. */
  const check = (request: FastifyRequest, ...allowed: Caller[]): string => {
    const { socket } = request.raw
    const peer = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
    const known = peer === undefined ? undefined : callers.get(fingerprint(peer))
    if (peer === undefined || !allowed.some((caller) => known?.has(caller))) {
      throw new CallerRefusedError()
    }
    return fingerprint(peer)
  }

  app.get('/v1/status', async (request) => {
    check(request, 'member', 'client')
    const shares = await member.store.shares()
    return {
      name: member.store.identity.name,
      signingKey: member.store.signingKey,
      committees: shares.map(({ file }) => file),
      journal: { entries: member.journal.entries.length, head: member.journal.head },
    }
  })

  app.get<{ Params: { id: string } }>('/v1/ceremonies/:id/messages', async (request) => {
    check(request, 'member')
    const { id } = request.params
    if (!(await member.ceremonies.list()).includes(id)) throw new CeremonyUnknownError({ id })
    const stored = await member.ceremonies.load(id)
    return { messages: stored?.run.messages ?? [] }
  })

  // For both: an office has it made for a registration (`possess`), or a member that is one itself.
  app.post('/v1/possession/commitments', (request) => {
    const caller = check(request, 'member', 'client')
    return member.turns.take(() => commitPossession(member, request.body, caller))
  })
  app.post('/v1/possession/shares', (request) => {
    const caller = check(request, 'member', 'client')
    return member.turns.take(() => answerPossession(member, request.body, caller))
  })

  app.post('/v1/openings', (request) => {
    check(request, 'client')
    return member.turns.take(async () => {
      if (source === undefined) throw new CallerRefusedError()
      return answerOpenings(member, await viewChain(source, { confirmations }), request.body)
    })
  })

  app.server.maxConnections = limits.connections
  app.server.on('checkExpectation', answerExpectation)
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const { status, body } = errorAnswer(error)
    return reply.status(status).send(body)
  })
  app.setNotFoundHandler((_request, reply) =>
    reply.status(404).send({ code: 'NOT_FOUND', message: 'There is nothing here.', details: [] }),
  )
  return app
}

/** Code, sentence and facts of what we throw on purpose; nothing of anything else. */
function errorAnswer(error: FastifyError): {
  status: number
  body: { code: string; message: string; details: readonly string[] }
} {
  if (error instanceof BaseError) {
    const { code, shortMessage: message, metaMessages: details } = error
    const status = code === 'L1_UNAVAILABLE' ? 503 : code.endsWith('_UNKNOWN') ? 404 : 403
    return { status, body: { code, message, details } }
  }
  const status = error.statusCode ?? 500
  return status < 500
    ? {
        status,
        body: { code: 'REQUEST_INVALID', message: 'The request is malformed.', details: [] },
      }
    : {
        status: 500,
        body: {
          code: 'INTERNAL',
          message: 'The member’s service failed. Nothing was lost; try again in a moment.',
          details: [],
        },
      }
}

function fingerprint(certificate: X509Certificate): string {
  return certificate.fingerprint256
}
