import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

type RpcCall = { id: number; method: string; params?: unknown[] }
export type ProxyAnswer =
  /** As the node says. */
  | 'pass'
  /** The connection ends without an answer. */
  | 'hang up'
  /** No answer, ever. */
  | 'silent'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** A body that is not JSON. */
  | { readonly text: string }
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } }
  /** The node's answer, changed. */
  | { readonly change: (result: never) => unknown }

/** A node in front of a node, that does what a test wants. */
export type RpcProxy = {
  readonly url: string
  /** Host and port: how the pool names it. */
  readonly name: string
  readonly calls: string[]
  answer: (call: RpcCall) => ProxyAnswer
  stop(): Promise<void>
}

export async function startRpcProxy(target: string): Promise<RpcProxy> {
  const pass = async (body: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await response.json()) as Record<string, unknown>
  }
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      void (async () => {
        const call = JSON.parse(text) as RpcCall
        proxy.calls.push(call.method)
        const answer = proxy.answer(call)
        const send = (body: unknown) => {
          response.setHeader('content-type', 'application/json')
          response.end(JSON.stringify({ jsonrpc: '2.0', id: call.id, ...(body as object) }))
        }
        if (answer === 'hang up') request.socket.destroy()
        else if (answer === 'silent') return
        else if (answer === 'pass') send(await pass(call))
        else if ('status' in answer) response.writeHead(answer.status, answer.headers).end()
        else if ('text' in answer) response.end(answer.text)
        else if ('change' in answer) {
          const { result, ...rest } = await pass(call)
          send({ ...rest, result: answer.change(result as never) })
        } else send(answer)
      })()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const name = `127.0.0.1:${String(port)}`
  const proxy: RpcProxy = {
    url: `http://${name}`,
    name,
    calls: [],
    answer: () => 'pass',
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
  return proxy
}
