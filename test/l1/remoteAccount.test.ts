import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Hex, hexToBigInt, hexToNumber, parseTransaction } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { createRemoteAccount } from '../../l1/remoteAccount.ts'

// A key service on loopback that signs with a key of its own, as Web3Signer and Clef answer, and ones that lie.

const key = privateKeyToAccount(`0x${'4c'.repeat(32)}`)
const another = privateKeyToAccount(`0x${'4d'.repeat(32)}`)
const transaction = {
  type: 'eip1559',
  chainId: 31_337,
  to: `0x${'ab'.repeat(20)}`,
  data: '0x00c0ffee',
  nonce: 7,
  gas: 1_234_567n,
  maxFeePerGas: 30_000_000_000n,
  maxPriorityFeePerGas: 1_000_000_000n,
} as const

type Request = Record<string, Hex>
type Answer = (request: Request) => Promise<unknown>

async function sign(request: Request, changes: object = {}, by = key): Promise<Hex> {
  return by.signTransaction({
    type: 'eip1559',
    to: request['to'] as Hex,
    data: request['data'] as Hex,
    value: hexToBigInt(request['value'] as Hex),
    nonce: hexToNumber(request['nonce'] as Hex),
    gas: hexToBigInt(request['gas'] as Hex),
    chainId: hexToNumber(request['chainId'] as Hex),
    maxFeePerGas: hexToBigInt(request['maxFeePerGas'] as Hex),
    maxPriorityFeePerGas: hexToBigInt(request['maxPriorityFeePerGas'] as Hex),
    ...changes,
  })
}

describe('createRemoteAccount', () => {
  let server: Server
  let url: string
  let answer: Answer
  let raw = ''
  const asked: { method: string; params: Request[] }[] = []

  const listener: RequestListener = (request, reply) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const call = JSON.parse(Buffer.concat(parts).toString()) as (typeof asked)[number]
      asked.push(call)
      void answer(call.params[0] ?? {}).then((result) => {
        reply.end(
          raw === '' ? JSON.stringify({ jsonrpc: '2.0', id: 1, ...(result as object) }) : raw,
        )
      })
    })
  }
  before(async () => {
    server = createServer(listener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  })
  after(() => server.close())

  const signRemotely = (address = key.address) =>
    createRemoteAccount({ url, address }).signTransaction(transaction)

  test('default: the service signs what it is asked to, and is asked for all of it', async () => {
    answer = async (request) => ({ result: await sign(request) })
    const signed = await signRemotely()
    assert.equal(signed, await key.signTransaction(transaction))
    assert.deepEqual(asked.at(-1), {
      jsonrpc: '2.0',
      id: 1,
      method: 'eth_signTransaction',
      params: [
        {
          from: key.address,
          to: transaction.to,
          data: '0x00c0ffee',
          value: '0x0',
          nonce: '0x7',
          gas: '0x12d687',
          chainId: '0x7a69',
          maxFeePerGas: '0x6fc23ac00',
          maxPriorityFeePerGas: '0x3b9aca00',
        },
      ],
    })
  })

  test('behavior: an answer in the form of Clef and geth', async () => {
    answer = async (request) => ({ result: { raw: await sign(request), tx: {} } })
    assert.equal(parseTransaction(await signRemotely()).nonce, 7)
  })

  for (const [what, changes] of [
    ['to', { to: `0x${'cd'.repeat(20)}` }],
    ['data', { data: '0x00c0ffef' }],
    ['value', { value: 1n }],
    ['nonce', { nonce: 8 }],
    ['gas', { gas: 1n }],
    ['chainId', { chainId: 1 }],
    ['maxFeePerGas', { maxFeePerGas: 31_000_000_000n }],
    ['maxPriorityFeePerGas', { maxPriorityFeePerGas: 0n }],
    ['accessList', { accessList: [{ address: `0x${'cd'.repeat(20)}`, storageKeys: [] }] }],
  ] as const) {
    test(`rejects: another ${what} than was asked for`, async () => {
      answer = async (request) => ({ result: await sign(request, changes) })
      await assert.rejects(signRemotely(), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'L1_SIGNER_MISMATCH')
        assert.match(error.message, new RegExp(`What differs: ${what}$`, 'm'))
        return true
      })
    })
  }

  test('rejects: the signature of another account, and another type of transaction', async () => {
    answer = async (request) => ({ result: await sign(request, {}, another) })
    await assert.rejects(signRemotely(), /What differs: account/)
    answer = async () => ({
      result: await key.signTransaction({
        ...{ type: 'legacy', chainId: 31_337, nonce: 7, gas: 1_234_567n, gasPrice: 1n },
        ...{ to: transaction.to, data: transaction.data },
      }),
    })
    await assert.rejects(signRemotely(), /What differs: type/)
  })

  test('rejects: refusals and answers that are none', async () => {
    for (const [result, reason] of [
      [{ error: { code: -32_000, message: 'request denied' } }, /request denied/],
      [{ error: {} }, /no reason given/],
      [{ result: null }, /no signed transaction/],
      [{ result: '0x' }, /no signed transaction/],
      [{ result: { raw: 7 } }, /no signed transaction/],
      [{}, /no signed transaction/],
    ] as const) {
      answer = () => Promise.resolve(result)
      await assert.rejects(signRemotely(), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'L1_SIGNER_REFUSED')
        assert.match(error.message, reason)
        return true
      })
    }
    answer = () => Promise.resolve({ result: '0x02c0' })
    await assert.rejects(signRemotely(), { code: 'L1_SIGNER_MISMATCH' })
    for (const text of ['<html>', 'null']) {
      raw = text
      await assert.rejects(signRemotely(), { code: 'L1_SIGNER_REFUSED' })
    }
    raw = 'x'.repeat(2 << 20)
    await assert.rejects(signRemotely(), { code: 'L1_SIGNER_UNAVAILABLE' })
    raw = ''
  })

  test('rejects: a service that is away or hangs', async () => {
    const away = createRemoteAccount({ url: 'http://127.0.0.1:1', address: key.address })
    await assert.rejects(away.signTransaction(transaction), { code: 'L1_SIGNER_UNAVAILABLE' })
    answer = () => new Promise(() => undefined)
    const hanging = createRemoteAccount({ url, address: key.address, timeoutMs: 50 })
    await assert.rejects(hanging.signTransaction(transaction), { code: 'L1_SIGNER_UNAVAILABLE' })
  })

  test('rejects: addresses over which others could listen in, and half a certificate', () => {
    for (const [bad, reason] of [
      ['http://signer.example', /keeps others out/],
      ['ftp://127.0.0.1', /keeps others out/],
      ['https://user:pass@signer.example', /password/],
      ['nonsense', /no URL/],
    ] as const) {
      assert.throws(
        () => createRemoteAccount({ url: bad, address: key.address }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'L1_SIGNER_URL')
          assert.match(error.message, reason)
          assert.equal(error.message.includes('pass@'), false)
          return true
        },
      )
    }
    const address = key.address
    assert.throws(
      () => createRemoteAccount({ url: 'https://a.example', address, clientKeyFile: '/nowhere' }),
      { code: 'L1_SIGNER_URL' },
    )
  })

  test('behavior: both sides by certificate, and none without', async () => {
    // Made once, valid for a hundred years, of no use but here.
    const file = (name: string) =>
      fileURLToPath(new URL(`../support/certificates/${name}`, import.meta.url))
    const tls = createTlsServer(
      {
        cert: readFileSync(file('service.pem')),
        key: readFileSync(file('service.key')),
        ca: readFileSync(file('client.pem')),
        requestCert: true,
      },
      listener,
    ).listen(0, '127.0.0.1')
    await once(tls, 'listening')
    const port = (tls.address() as AddressInfo).port
    const service = { url: `https://127.0.0.1:${String(port)}`, address: key.address }
    answer = async (request) => ({ result: await sign(request) })
    const trusted = {
      ...{ ...service, authorityFile: file('service.pem') },
      ...{ clientCertificateFile: file('client.pem'), clientKeyFile: file('client.key') },
    }
    const signed = await createRemoteAccount(trusted).signTransaction(transaction)
    assert.equal(signed, await key.signTransaction(transaction))
    for (const parameters of [service, { ...service, authorityFile: file('service.pem') }]) {
      await assert.rejects(createRemoteAccount(parameters).signTransaction(transaction), {
        code: 'L1_SIGNER_UNAVAILABLE',
      })
    }
    tls.close()
    tls.closeAllConnections()
  })
})
