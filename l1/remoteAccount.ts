import { readFileSync } from 'node:fs'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import {
  type Address,
  type Hex,
  numberToHex,
  parseTransaction,
  recoverTransactionAddress,
  type TransactionSerializable,
  type TransactionSerialized,
} from 'viem'
import { toAccount } from 'viem/accounts'
import {
  SignerMismatchError,
  SignerRefusedError,
  SignerUnavailableError,
  SignerUrlError,
} from './errors.ts'
import type { TransactionAccount } from './submitTransaction.ts'

export type RemoteAccountParameters = {
  /** JSON-RPC of the key service: `https:`, or `http:` on this machine. Carries no password. */
  url: string
  /** The account that it signs for. */
  address: Address
  /** Files in PEM form: who we are to the service (both or none), and whom it is certified by. */
  clientCertificateFile?: string
  clientKeyFile?: string
  authorityFile?: string
  timeoutMs?: number
}

const TIMEOUT_MS = 30_000
/** A signed settle call is 128 KiB at most, in hex. */
const MAX_ANSWER_BYTES = 1 << 20

/**
 * The account of a key that this process never sees: each transaction is signed by a service over JSON-RPC
 * `eth_signTransaction`, as Web3Signer and Clef have it. What comes back is compared field by field with what was
 * asked, and its signature with the account: the service decides whether it signs, not what.
 *
 * @throws {SignerUrlError} for an address over which others could listen in or ask in our place.
 */
export function createRemoteAccount(parameters: RemoteAccountParameters): TransactionAccount {
  const url = checkUrl(parameters.url)
  const tls = readTls(parameters)
  const { address, timeoutMs = TIMEOUT_MS } = parameters
  const unsupported = () => Promise.reject(new SignerRefusedError({ reason: 'not asked for' }))

  const account: TransactionAccount = toAccount({
    address,
    async signTransaction(transaction) {
      const asked = transaction as TransactionSerializable
      const body = JSON.stringify({
        ...{ jsonrpc: '2.0', id: 1, method: 'eth_signTransaction' },
        params: [toRequest(address, asked)],
      })
      const raw = readAnswer(await post(url, body, { tls, timeoutMs }))
      await checkSigned(raw, asked, address)
      return raw
    },
    signMessage: unsupported,
    signTypedData: unsupported,
  })
  return account
}

function checkUrl(text: string): URL {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new SignerUrlError({ reason: 'it is no URL' })
  }
  if (url.username !== '' || url.password !== '') {
    throw new SignerUrlError({
      reason: 'it carries a password; identify yourself by a certificate',
    })
  }
  const isHere = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere)) {
    throw new SignerUrlError({ reason: 'only https:, or http: on this machine, keeps others out' })
  }
  return url
}

type Tls = { cert?: Buffer; key?: Buffer; ca?: Buffer }

function readTls({
  clientCertificateFile,
  clientKeyFile,
  authorityFile,
}: RemoteAccountParameters): Tls {
  if ((clientCertificateFile === undefined) !== (clientKeyFile === undefined)) {
    throw new SignerUrlError({ reason: 'a client certificate comes with its key' })
  }
  const read = (file: string) => {
    try {
      return readFileSync(file)
    } catch (cause) {
      throw new SignerUrlError({ reason: `the file ${file} cannot be read`, cause })
    }
  }
  return {
    ...(clientCertificateFile === undefined ? {} : { cert: read(clientCertificateFile) }),
    ...(clientKeyFile === undefined ? {} : { key: read(clientKeyFile) }),
    ...(authorityFile === undefined ? {} : { ca: read(authorityFile) }),
  }
}

/** Numbers as JSON-RPC has them. */
function toRequest(from: Address, transaction: TransactionSerializable): Record<string, unknown> {
  const { to, data, value, nonce, gas, chainId, maxFeePerGas, maxPriorityFeePerGas } = transaction
  const hex = (number: bigint | number | undefined) => numberToHex(number ?? 0)
  return {
    ...{ from, to, data: data ?? '0x', value: hex(value), nonce: hex(nonce), gas: hex(gas) },
    chainId: hex(chainId),
    maxFeePerGas: hex(maxFeePerGas),
    maxPriorityFeePerGas: hex(maxPriorityFeePerGas),
  }
}

function post(
  url: URL,
  body: string,
  { tls, timeoutMs }: { tls: Tls; timeoutMs: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(new SignerUnavailableError({ host: url.host, cause }))
    const options = {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      signal: AbortSignal.timeout(timeoutMs),
    }
    const send = url.protocol === 'https:' ? requestHttps : requestHttp
    const request = send(url, { ...options, ...tls }, (response) => {
      const parts: Buffer[] = []
      let bytes = 0
      response.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes > MAX_ANSWER_BYTES) request.destroy(new Error('the answer is too long'))
        else parts.push(part)
      })
      response.on('error', fail)
      response.on('end', () => {
        const { statusCode = 0 } = response
        if (statusCode >= 500) fail(new Error(`status ${String(statusCode)}`))
        else resolve(Buffer.concat(parts).toString('utf8'))
      })
    })
    request.on('error', fail)
    request.end(body)
  })
}

/** Web3Signer answers with the transaction, Clef and geth with `{ raw, tx }`. */
function readAnswer(text: string): Hex {
  let answer: { result?: unknown; error?: { message?: unknown } }
  try {
    answer = JSON.parse(text) as typeof answer
  } catch {
    throw new SignerRefusedError({ reason: 'its answer is not JSON' })
  }
  const { result, error } = answer ?? {}
  if (error !== undefined && error !== null) {
    const { message } = error
    throw new SignerRefusedError({
      reason: typeof message === 'string' ? message.slice(0, 200) : 'no reason given',
    })
  }
  const raw =
    typeof result === 'object' && result !== null ? (result as { raw?: unknown }).raw : result
  if (typeof raw !== 'string' || !/^0x(?:[0-9a-fA-F]{2})+$/.test(raw)) {
    throw new SignerRefusedError({ reason: 'its answer holds no signed transaction' })
  }
  return raw.toLowerCase() as Hex
}

/** @throws {SignerMismatchError} where it is not exactly what was asked for, signed by the account. */
async function checkSigned(
  raw: Hex,
  asked: TransactionSerializable,
  address: Address,
): Promise<void> {
  let signed: TransactionSerializable
  let signer: Address
  try {
    signed = parseTransaction(raw)
    signer = await recoverTransactionAddress({
      serializedTransaction: raw as TransactionSerialized,
    })
  } catch (cause) {
    throw new SignerMismatchError({ what: 'form', cause })
  }
  if (signer.toLowerCase() !== address.toLowerCase()) {
    throw new SignerMismatchError({ what: 'account' })
  }
  if (signed.type !== 'eip1559') throw new SignerMismatchError({ what: 'type' })
  const wanted = toRequest(address, asked)
  const got = toRequest(address, signed)
  for (const [field, value] of Object.entries(wanted)) {
    const same = String(got[field]).toLowerCase() === String(value).toLowerCase()
    if (!same) throw new SignerMismatchError({ what: field })
  }
  if ((signed.accessList ?? []).length > 0) throw new SignerMismatchError({ what: 'accessList' })
}
