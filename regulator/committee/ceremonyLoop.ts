import { setTimeout as delay } from 'node:timers/promises'
import { BaseError } from '../../protocol/errors.ts'
import { type Advanced, advanceCeremony, type Member } from './advanceCeremony.ts'
import type { PeerClient } from './peerClient.ts'

/** What a ceremony comes to, for an operator's screen. */
export type CeremonyNews = (news: {
  readonly id: string
  readonly phase: Advanced['progress']['phase'] | 'error'
  readonly detail: string
}) => void

/**
 * Takes all ceremonies that a member has joined as far as they go: fetches what the others say, answers, and again. Messages
 * are signed, so it does not matter who hands on whose; each member shows all that it has.
 */
export class CeremonyLoop {
  readonly #member: Member
  readonly #peers: readonly PeerClient[]
  readonly #onNews: CeremonyNews
  readonly #pauseMs: number
  readonly #told = new Map<string, string>()
  readonly #finished = new Set<string>()
  /** Ceremonies of which nothing is left to do. */
  readonly #over = new Set<string>()
  /** Messages of each ceremony that were taken in already. */
  readonly #seen = new Map<string, Set<string>>()
  #stop: AbortController | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(
    member: Member,
    peers: readonly PeerClient[],
    { pauseMs = 500, onNews = () => {} }: { pauseMs?: number; onNews?: CeremonyNews } = {},
  ) {
    this.#member = member
    this.#peers = peers
    this.#pauseMs = pauseMs
    this.#onNews = onNews
  }

  start(): void {
    const stop = new AbortController()
    this.#stop = stop
    this.#running = this.#run(stop.signal)
  }

  async stop(): Promise<void> {
    this.#stop?.abort()
    await this.#running
  }

  /** One round over all ceremonies. @returns those that still go on, or whose old shares wait to be destroyed. */
  async tick(): Promise<string[]> {
    const unfinished: string[] = []
    for (const id of await this.#member.ceremonies.list()) {
      if (this.#over.has(id)) continue
      try {
        const progress = await this.#advance(id)
        if (progress !== undefined && isOver(progress)) this.#over.add(id)
        else unfinished.push(id)
        if (progress !== undefined) this.#tell(id, progress.phase, detailOf(progress))
      } catch (error) {
        if (!(error instanceof BaseError)) throw error
        unfinished.push(id)
        this.#tell(id, 'error', `${error.code}: ${error.shortMessage}`)
      }
    }
    return unfinished
  }

  /** Undefined when there was nothing new: a step checks every proof again, and need not for nothing. */
  async #advance(id: string): Promise<Advanced['progress'] | undefined> {
    const seen = this.#seen.get(id)
    const isFirst = seen === undefined
    const known = seen ?? new Set<string>()
    this.#seen.set(id, known)
    // Before it listens, so that everybody who asks finds this member's first word.
    let progress = isFirst ? await this.#take({ id }) : undefined
    if (progress !== undefined && isOver(progress)) return progress
    const incoming = (await this.#collect(id)).filter((message) => {
      const text = JSON.stringify(message)
      if (known.has(text)) return false
      known.add(text)
      return true
    })
    if (incoming.length > 0) {
      progress = await this.#take({ id, incoming })
    }
    if (progress?.phase === 'finished') this.#finished.add(id)
    // Nothing is left to close where only old shares wait, which may take long.
    if (this.#finished.has(id)) return progress
    for (const close of await this.#member.ceremonies.closedRounds(id)) {
      progress = await this.#take({ id, close })
    }
    return progress
  }

  async #take(step: Parameters<typeof advanceCeremony>[1]): Promise<Advanced['progress']> {
    const { progress } = await this.#member.turns.take(() => advanceCeremony(this.#member, step))
    return progress
  }

  async #collect(id: string): Promise<unknown[]> {
    const answers = await Promise.all(
      this.#peers.map(async (peer) => {
        try {
          const answer = (await peer.get(`/v1/ceremonies/${id}/messages`)) as {
            messages?: unknown
          }
          return Array.isArray(answer.messages) ? (answer.messages as unknown[]) : []
        } catch (error) {
          // Away, not joined yet, or talking nonsense: it is asked again at the next tick.
          if (error instanceof BaseError) return []
          throw error
        }
      }),
    )
    return answers.flat()
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.tick()
      await delay(this.#pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }

  #tell(id: string, phase: Advanced['progress']['phase'] | 'error', detail: string): void {
    const line = `${phase} ${detail}`
    if (this.#told.get(id) === line) return
    this.#told.set(id, line)
    this.#onNews({ id, phase, detail })
  }
}

function isOver(progress: Advanced['progress']): boolean {
  return (
    progress.phase === 'failed' || (progress.phase === 'finished' && progress.missing === undefined)
  )
}

function detailOf(progress: Advanced['progress']): string {
  if ('missing' in progress && progress.missing !== undefined) {
    const { type, from } = progress.missing
    return `waits for ${type} of ${from.map(String).join(', ')}`
  }
  return progress.phase === 'failed' ? progress.code : ''
}
