import { setTimeout as delay } from 'node:timers/promises'

/** Asks until the answer is not undefined. @throws when that takes longer than `timeoutMs`. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { timeoutMs = 120_000, everyMs = 50 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const until = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > until) throw new Error(`no ${what} within ${String(timeoutMs / 1000)} s`)
    await delay(everyMs)
  }
}
