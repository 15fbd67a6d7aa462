import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A way to a node that fails now and then: no answer, a refusal for too many requests, or an error of the server. */
export async function startFaultyRpc(
  rpcUrl: string,
  { isFaulty }: { isFaulty: () => boolean },
): Promise<{ url: string; faults: () => number; close(): Promise<void> }> {
  let faults = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (isFaulty()) {
        const kind = faults++ % 3
        if (kind === 0) request.socket.destroy()
        else response.writeHead(kind === 1 ? 429 : 503).end('no')
        return
      }
      fetch(rpcUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: Buffer.concat(chunks),
      })
        .then(async (answer) => {
          response.writeHead(answer.status, { 'content-type': 'application/json' })
          response.end(Buffer.from(await answer.arrayBuffer()))
        })
        .catch(() => request.socket.destroy())
    })
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    faults: () => faults,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => {
          resolve()
        })
      }),
  }
}
