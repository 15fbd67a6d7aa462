import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FarmAddressError } from './errors.ts'
import type { ProverMetrics } from './workerMetrics.ts'

export type WorkerServerParameters = {
  metrics: ProverMetrics
  host: string
  /** 0: any free one. */
  port: number
  /** Whether it may take jobs now: it has begun, was not told to end, and the farm answers. */
  isReady: () => Promise<boolean>
}

/**
 * What a worker shows of itself: `/livez` (the process answers), `/readyz` (it takes jobs), `/metrics`. Nothing of the
 * jobs, and nothing can be asked of it.
 *
 * @throws {FarmAddressError} where the address is taken.
 */
export async function startWorkerServer({
  metrics,
  host,
  port,
  isReady,
}: WorkerServerParameters): Promise<{ url: string; close(): Promise<void> }> {
  const answers: Readonly<Record<string, () => Promise<[number, string, string]>>> = {
    '/livez': () => Promise.resolve([200, 'text/plain', 'ok\n']),
    '/readyz': async () =>
      (await isReady()) ? [200, 'text/plain', 'ok\n'] : [503, 'text/plain', 'failing\n'],
    '/metrics': async () => [200, metrics.registry.contentType, await metrics.registry.metrics()],
  }
  const server = createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000 },
    (request, reply) => {
      const answer = request.method === 'GET' ? answers[request.url ?? ''] : undefined
      const answered = answer?.() ?? Promise.resolve([404, 'text/plain', 'not found\n'] as const)
      answered
        .catch(() => [500, 'text/plain', 'failed\n'] as const)
        .then(([status, type, body]) => {
          reply.writeHead(status, { 'content-type': type, connection: 'close' }).end(body)
        })
        // The asker is gone.
        .catch(() => undefined)
    },
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new FarmAddressError({ host, port, cause })))
    server.listen({ host, port }, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  const shown = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${shown}:${String(bound)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
