/** A farm as a queue: batches arrive at random, pass Postgres, and wait for one of many workers. */
export type FarmModel = {
  /** Batches a second, a Poisson stream. */
  arrivalsPerSecond: number
  workers: number
  /** Seconds of a proof: fixed, or drawn. */
  proofSeconds: number | ((random: () => number) => number)
  /** Seconds that each job occupies the database: its statements there, not how long a client waits. 0 leaves it out. */
  databaseSeconds?: number
  /** Jobs that the database serves at once. Default: 1. */
  databaseAtOnce?: number
  /** Batches that count; a tenth of as many before them warm the farm up. */
  batches: number
  seed: number
}

export type FarmOutcome = {
  /** From arrival to the start of the proof, seconds. */
  meanWaitSeconds: number
  p99WaitSeconds: number
  /** Share of the workers' time that is proof. */
  utilisation: number
  /** Batches in the system at a random moment, waiting or being proved. */
  meanInSystem: number
  completedPerSecond: number
}

/**
 * A discrete-event simulation, first come first served. Because service is in order of arrival, the events
 * need no calendar: each batch starts at the later of its release by the database and the first free worker.
 */
export function simulateFarm(model: FarmModel): FarmOutcome {
  const { arrivalsPerSecond, workers, proofSeconds, batches, seed } = model
  const { databaseSeconds = 0, databaseAtOnce = 1 } = model
  const random = createRandom(seed)
  const warmUp = Math.floor(batches / 10)
  const free = new Heap(workers)
  const database = new Heap(databaseAtOnce)
  const waits: number[] = []
  let now = 0
  let from = 0
  /** Of the first batch that counts: before it, the backlog of those that do not was worked off. */
  let firstStart = 0
  let busy = 0
  let sojourn = 0
  let end = 0
  for (let i = 0; i < batches + warmUp; i++) {
    now += -Math.log(1 - random()) / arrivalsPerSecond
    if (i === warmUp) from = now
    const released = Math.max(database.least, now) + databaseSeconds
    database.replaceLeast(released)
    const start = Math.max(released, free.least)
    const seconds = typeof proofSeconds === 'number' ? proofSeconds : proofSeconds(random)
    free.replaceLeast(start + seconds)
    if (i < warmUp) continue
    if (i === warmUp) firstStart = start
    waits.push(start - now)
    busy += seconds
    sojourn += start + seconds - now
    end = Math.max(end, start + seconds)
  }
  const span = now - from
  waits.sort((a, b) => a - b)
  return {
    meanWaitSeconds: waits.reduce((sum, wait) => sum + wait, 0) / waits.length,
    p99WaitSeconds: waits[Math.floor(0.99 * (waits.length - 1))] ?? Number.NaN,
    utilisation: busy / (workers * (end - firstStart)),
    meanInSystem: sojourn / span,
    completedPerSecond: waits.length / (end - firstStart),
  }
}

/** Mulberry32: 32 bits of state, the same everywhere. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** When each worker is free, the earliest on top. */
class Heap {
  readonly #times: number[]

  constructor(size: number) {
    this.#times = new Array<number>(size).fill(0)
  }

  get least(): number {
    return this.#times[0]!
  }

  replaceLeast(time: number): void {
    const times = this.#times
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= times.length) break
      if (child + 1 < times.length && times[child + 1]! < times[child]!) child += 1
      if (times[child]! >= time) break
      times[at] = times[child]!
      at = child
    }
    times[at] = time
  }
}
