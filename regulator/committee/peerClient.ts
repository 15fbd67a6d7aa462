import { BaseError } from '../../protocol/errors.ts'
import { PeerAnswerInvalidError, PeerRefusedError, PeerUnavailableError } from './errors.ts'
import type { MemberCard } from './memberCard.ts'
import type { TlsIdentity } from './certificates.ts'
import { askJson } from '../jsonOverTls.ts'

/** Asks one member's service. */
export type PeerClient = {
  readonly name: string
  get(path: string): Promise<unknown>
  post(path: string, body: unknown): Promise<unknown>
}

/** A thousand partials take a member some seconds. */
const TIMEOUT_MS = 120_000

/**
 * A connection to the member of a card, over TLS with pinned certificates on both sides: the peer is who has the key of the
 * card's certificate, and no authority can put another in its place.
 */
export function createPeerClient(
  { privateKey, certificate }: TlsIdentity,
  card: MemberCard & { readonly url: string },
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): PeerClient {
  const ask = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> => {
    const { name } = card
    try {
      const { status, value } = await askJson(new URL(path, card.url), {
        ...{ method, body, timeout: timeoutMs },
        ...{ key: privateKey, cert: certificate, ca: [card.certificate] },
        // The pinned certificate is the whole identity; its host may change.
        checkServerIdentity: () => undefined,
      })
      return readAnswer(name, status, value)
    } catch (cause) {
      if (cause instanceof BaseError) throw cause
      if (cause instanceof SyntaxError) throw new PeerAnswerInvalidError({ name })
      throw new PeerUnavailableError({ name, cause })
    }
  }
  return {
    name: card.name,
    get: (path) => ask('GET', path),
    post: (path, body) => ask('POST', path, body),
  }
}

/** Whether a card is of a member that has a service. */
export function hasService(card: MemberCard): card is MemberCard & { readonly url: string } {
  return card.url !== undefined
}

/** @throws {PeerRefusedError} */
function readAnswer(name: string, status: number, value: unknown): unknown {
  if (status === 200) return value
  const { code, message } = value as { code?: unknown; message?: unknown }
  throw new PeerRefusedError({
    name,
    reason: typeof code === 'string' ? code.slice(0, 80) : `HTTP ${String(status)}`,
    message: typeof message === 'string' ? message.slice(0, 400) : '',
  })
}
