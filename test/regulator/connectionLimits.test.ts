import assert from 'node:assert/strict'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { after, afterEach, before, describe, test } from 'node:test'
import type { ConnectionLimits } from '../../regulator/connectionLimits.ts'
import { createAuthenticate } from '../../regulator/service/authenticate.ts'
import { buildApp } from '../../regulator/service/buildApp.ts'
import { createHandlers } from '../../regulator/service/handlers.ts'
import { insertAccount } from '../../regulator/store/insertAccount.ts'
import { anAuthority } from '../support/certificates.ts'
import { exchange } from '../support/httpFuzz.ts'
import '../support/lightPassphrases.ts'
import { aGroup, startServices } from '../support/memberServices.ts'
import { recordedDeployment } from '../support/recordedChain.ts'
import { aSupervisorServer } from '../support/supervisors.ts'
import { waitFor } from '../support/waitFor.ts'

// Strangers reach a port before anybody has asked who they are: what they can hold up, in both services over TLS.

const connections = 20
const limits: ConnectionLimits = { connections, handshakeTimeoutMs: 1_500, requestTimeoutMs: 1_500 }

type Service = {
  port: number
  open: () => TLSSocket
  get: string
  post: string
  stop: () => Promise<void>
}

async function supervisoryService(): Promise<Service> {
  const server = await aSupervisorServer()
  const { database, close } = await server.open()
  const authority = await anAuthority('supervisors')
  const [own, client] = [await authority.issue('service'), await authority.issue('worker')]
  const credentials = [{ kind: 'certificate', fingerprint: client.fingerprint }] as const
  await insertAccount(database, { id: 'worker', roles: ['analyst'], credentials })
  const app = await buildApp({
    ...{ database, limits },
    authenticate: createAuthenticate(undefined),
    handlers: createHandlers({
      ...{ deployment: recordedDeployment, rulesSigners: [] },
      isOrderFiled: () => Promise.resolve(false),
    }),
    tls: { key: own.key, certificate: own.certificate, clientAuthority: authority.certificate },
  })
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
  return {
    ...{ port, get: '/v1/account', post: '/v1/alerts/1/notes' },
    open: () =>
      connect({
        ...{ host: '127.0.0.1', port, ca: [authority.certificate] },
        ...{ key: client.key, cert: client.certificate },
      }),
    async stop() {
      await app.close()
      await close()
      await server.stop()
    },
  }
}

async function memberService(): Promise<Service> {
  const group = await aGroup(1)
  await startServices(group, { limits })
  const port = Number(new URL(group.services[0]!.url).port)
  const { tls } = group.office.store.identity
  return {
    ...{ port, get: '/v1/status', post: '/v1/openings' },
    open: () =>
      connect({
        ...{ host: '127.0.0.1', port, key: tls.privateKey, cert: tls.certificate },
        // Pinned in the address book; here it is the service that is looked at.
        rejectUnauthorized: false,
      }),
    stop: () => group.stop(),
  }
}

for (const [name, start] of [
  ['the supervisory service', supervisoryService],
  ['a committee member’s service', memberService],
] as const) {
  describe(`strangers at ${name}`, () => {
    let service: Service
    let ask: Buffer
    const sockets: Socket[] = []
    before(async () => {
      service = await start()
      ask = Buffer.from(`GET ${service.get} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
    })
    after(() => service.stop())
    afterEach(() => {
      for (const socket of sockets.splice(0)) socket.destroy()
    })
    const aStranger = () => {
      const socket = connectPlain(service.port, '127.0.0.1').on('error', () => undefined)
      sockets.push(socket)
      // Read, or its end would not be seen.
      socket.resume()
      return socket
    }
    const closed = (socket: Socket) =>
      new Promise<void>((resolve) => {
        if (socket.closed) resolve()
        else socket.once('close', () => resolve())
      })

    test('behavior: who says nothing is cut off; a connection too many is closed, and there is room again', async () => {
      const silent = Array.from({ length: connections }, aStranger)
      // Connections are taken in the order in which they came.
      const refused = await exchange(service.open, ask)
      assert.deepEqual(refused, { status: 0, text: '' }, 'closed without a word')
      await Promise.all(silent.map(closed))
      await waitFor('room', async () =>
        (await exchange(service.open, ask)).status === 200 ? true : undefined,
      )
    })

    test('behavior: who is let in and sends a byte now and then is cut off, with a reason, and holds up nobody', async () => {
      const slow = Array.from({ length: connections - 1 }, async () => {
        const socket = service.open().on('error', () => undefined)
        sockets.push(socket)
        const chunks: Buffer[] = []
        socket.on('data', (chunk: Buffer) => chunks.push(chunk))
        const head = [
          `POST ${service.post} HTTP/1.1`,
          ...['host: x', 'content-type: application/json', 'content-length: 100'],
        ]
        socket.write(`${head.join('\r\n')}\r\n\r\n`)
        const trickle = setInterval(() => socket.write('{'), 100)
        await closed(socket)
        clearInterval(trickle)
        return Buffer.concat(chunks).toString()
      })
      assert.equal((await exchange(service.open, ask)).status, 200, 'served beside them')
      for (const text of await Promise.all(slow)) {
        assert.match(text, /^HTTP\/1\.1 408 /)
        assert.match(text, /"code":"REQUEST_TIMEOUT"/)
      }
    })
  })
}
