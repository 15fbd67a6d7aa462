import { BaseError } from '../../protocol/errors.ts'
import { askJson } from '../jsonOverTls.ts'
import { ServiceRefusedError, ServiceUnavailableError } from './errors.ts'

/** Asks the supervisory service, as an account. */
export type ServiceClient = {
  get(path: string): Promise<unknown>
  post(path: string, body: unknown): Promise<unknown>
}

export type ServiceClientParameters = {
  readonly url: string
  /** The account's certificate and key, PEM. */
  readonly certificate: string
  readonly key: string
  /** Who issued the service's certificate, PEM. Default: the authorities of the machine. */
  readonly authority?: string
  readonly timeoutMs?: number
}

export function createServiceClient({
  url,
  certificate,
  key,
  authority,
  timeoutMs = 30_000,
}: ServiceClientParameters): ServiceClient {
  const ask = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> => {
    try {
      const { status, value } = await askJson(new URL(path, url), {
        ...{ method, body, timeout: timeoutMs, key, cert: certificate },
        ...(authority === undefined ? {} : { ca: [authority] }),
      })
      if (status === 200) return value
      const { code, message } = value as { code?: unknown; message?: unknown }
      throw new ServiceRefusedError({
        reason: typeof code === 'string' ? code.slice(0, 80) : `HTTP ${String(status)}`,
        message: typeof message === 'string' ? message.slice(0, 400) : '',
      })
    } catch (cause) {
      throw cause instanceof BaseError ? cause : new ServiceUnavailableError({ url, cause })
    }
  }
  return { get: (path) => ask('GET', path), post: (path, body) => ask('POST', path, body) }
}
