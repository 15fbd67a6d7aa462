import { request as httpsRequest, type RequestOptions } from 'node:https'

/** The larger answers are a ceremony's messages, two of which fit. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024

/**
 * One request with a JSON body, answered with JSON, over TLS 1.3 on a connection of its own.
 *
 * @throws {SyntaxError} for an answer that is not JSON; {Error} when there is none.
 */
export function askJson(
  url: URL,
  { body, ...options }: RequestOptions & { method: 'GET' | 'POST'; body?: unknown },
): Promise<{ status: number; value: unknown }> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const sent = httpsRequest(
      url,
      {
        ...options,
        minVersion: 'TLSv1.3',
        agent: false,
        headers: {
          ...(options.headers as Record<string, string> | undefined),
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      },
      (answer) => {
        const parts: Buffer[] = []
        let size = 0
        answer.on('data', (part: Buffer) => {
          size += part.length
          if (size > MAX_ANSWER_BYTES) answer.destroy(new Error('the answer is too long'))
          else parts.push(part)
        })
        answer.on('end', () => {
          try {
            const value: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'))
            resolve({ status: answer.statusCode ?? 0, value })
          } catch (error) {
            reject(error instanceof Error ? error : new Error('unreachable'))
          }
        })
        answer.on('error', reject)
      },
    )
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
    sent.on('error', reject)
    sent.end(text)
  })
}
