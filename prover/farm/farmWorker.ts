import { setTimeout as delay } from 'node:timers/promises'
import { BaseError } from '../../protocol/errors.ts'
import { hexToBytes } from '../../protocol/field.ts'
import type { Proved, Prover } from '../prover.ts'
import { decodeInputs, type JobId } from './jobInputs.ts'
import { type FarmKey, fingerprintOf, openSealed } from './sealedBox.ts'
import {
  claimProof,
  type ClaimedProof,
  endLease,
  type Lease,
  touchLease,
} from './store/claimProof.ts'
import { deliverProof } from './store/deliverProof.ts'
import { failProof, releaseProof } from './store/failProof.ts'
import { listWaitingQueues } from './store/listProofJobs.ts'
import { ensureQueue, type Farm, queueName } from './store/openFarm.ts'

/** Without news from Postgres it asks this often. */
const POLL_MS = 1_000
/** A delivery that Postgres did not take is tried again so often, while the lease may still be held. */
const DELIVERY_RETRY_MS = 500

export type WorkerEvent =
  | { type: 'ready'; worker: string; circuits: readonly string[] }
  | { type: 'claimed'; worker: string; job: JobId; circuit: string; attempt: number }
  | { type: 'delivered'; worker: string; job: JobId; circuit: string; durationMs: number }
  /** The proof came too late: another worker has the job. */
  | { type: 'late'; worker: string; job: JobId; circuit: string }
  | {
      type: 'failed'
      worker: string
      job: JobId
      circuit: string
      code: string
      message: string
      /** It takes no other job for so long. */
      restSeconds: number
    }
  /** Jobs that it could prove wait for workers with another farm key; said once for each. Fingerprints. */
  | { type: 'foreign'; worker: string; farmKey: string; ownKey: string }
  | { type: 'released'; worker: string; job: JobId; circuit: string }
  /** The farm did not answer; it is asked again. */
  | { type: 'trouble'; worker: string; message: string }

export type FarmWorkerParameters = {
  farm: Farm
  prover: { prove: Prover<string>['prove'] }
  key: FarmKey
  /** What it can prove: circuits by the hash of their verification keys. */
  circuits: readonly { name: string; verificationKeyHash: string }[]
  /** Shown to operators; unique in the farm. */
  name: string
  /** Jobs at once. */
  concurrency?: number
  onEvent?: (event: WorkerEvent) => void
}

/**
 * Takes jobs whose keys it holds, proves them, hands the proofs in. After an attempt that failed it rests, longer with
 * each in a row: what fails at once is always free, and would take all attempts of a job from workers that are not.
 */
export class FarmWorker {
  readonly #parameters: FarmWorkerParameters
  readonly #name: string
  readonly #concurrency: number
  readonly #running = new Set<Promise<void>>()
  readonly #leases = new Map<Lease, AbortController>()
  readonly #farmKey: string
  readonly #foreign = new Set<string>()
  /** In a row. */
  #failures = 0
  /** On the clock of `performance.now`. */
  #restsUntil = 0
  #loop: Promise<void> | undefined
  #listener: Promise<{ close(): Promise<void> } | undefined> | undefined
  #isStopping = false
  #isWoken = false
  #wake: (() => void) | undefined

  constructor(parameters: FarmWorkerParameters) {
    this.#parameters = parameters
    this.#name = parameters.name
    this.#concurrency = parameters.concurrency ?? 1
    this.#farmKey = fingerprintOf(parameters.key.publicKey)
  }

  /** Takes work until `stop`. @throws what the farm's database says to the first queries. */
  async start(): Promise<void> {
    await this.#ensureQueues()
    this.#listener = this.#parameters.farm
      .listen((event) => {
        if (event !== 'result') this.wake()
      })
      // Polling goes on; the farm reports what is wrong.
      .catch(() => undefined)
    await this.#listener
    this.#say({
      type: 'ready',
      worker: this.#name,
      circuits: this.#parameters.circuits.map(({ name }) => name),
    })
    this.#loop = this.#run()
  }

  /** Looks for work now. */
  wake(): void {
    this.#isWoken = true
    this.#wake?.()
  }

  /**
   * Takes no more work. What is under way may be finished for `graceMs`, and is given back then, for another
   * worker to take at once.
   */
  async stop({ graceMs = 0 }: { graceMs?: number } = {}): Promise<void> {
    this.#isStopping = true
    this.#wake?.()
    await this.#loop
    const drained = Promise.all(this.#running).then(() => true)
    if (graceMs > 0) {
      const timer = new AbortController()
      await Promise.race([
        drained,
        delay(graceMs, undefined, { signal: timer.signal }).catch(() => undefined),
      ])
      timer.abort()
    }
    for (const abort of this.#leases.values()) abort.abort(RELEASE)
    await drained
    await (await this.#listener)?.close()
  }

  /** For tests and tools: works off what can be taken now, without rests. @returns how many jobs were claimed. */
  async runAvailable(): Promise<number> {
    await this.#ensureQueues()
    let count = 0
    while (await this.#takeOne()) {
      count += 1
      await Promise.all(this.#running)
    }
    return count
  }

  async #ensureQueues(): Promise<void> {
    const { farm, circuits } = this.#parameters
    for (const { name, verificationKeyHash } of circuits) {
      const keys = { circuit: name, verificationKeyHash, farmKey: this.#farmKey }
      await ensureQueue(farm, queueName(keys))
    }
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      this.#isWoken = false
      try {
        while (this.#canTake && (await this.#takeOne()));
      } catch (error) {
        this.#trouble(error)
      }
      await this.#pause()
    }
  }

  get #canTake(): boolean {
    if (this.#isStopping || this.#running.size >= this.#concurrency) return false
    return performance.now() >= this.#restsUntil
  }

  async #pause(): Promise<void> {
    if (this.#isStopping || this.#isWoken) return
    await new Promise<void>((resolve) => {
      // Not all of a large farm at the same moment.
      const timer = setTimeout(resolve, POLL_MS * (0.75 + Math.random() / 2))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }

  /** @returns whether there was something to take. */
  async #takeOne(): Promise<boolean> {
    const { farm, circuits } = this.#parameters
    const { queues, foreign } = await listWaitingQueues(farm, {
      verificationKeyHashes: circuits.map(({ verificationKeyHash }) => verificationKeyHash),
      farmKey: this.#farmKey,
    })
    for (const farmKey of foreign) this.#notice(farmKey)
    for (const queue of queues) {
      const taken = await claimProof(farm, { queue, worker: this.#name })
      if (taken === undefined) continue
      const { lease, claimed } = taken
      if (claimed === undefined) {
        await endLease(farm, lease)
        return true
      }
      const work = this.#work(lease, claimed).finally(() => {
        this.#running.delete(work)
        this.wake()
      })
      this.#running.add(work)
      return true
    }
    return false
  }

  /** One attempt. Never rejects. */
  async #work(lease: Lease, claimed: ClaimedProof): Promise<void> {
    const { farm } = this.#parameters
    const facts = { worker: this.#name, job: lease.job, circuit: claimed.circuit }
    this.#say({ type: 'claimed', ...facts, attempt: claimed.attempt })
    const abort = new AbortController()
    this.#leases.set(lease, abort)
    const heartbeat = setInterval(
      () => void this.#touch(lease, abort),
      (farm.settings.heartbeatSeconds * 1_000) / 3,
    )
    const startedAt = performance.now()
    try {
      const proved = await this.#prove(lease, claimed, abort.signal)
      const durationMs = Math.round(performance.now() - startedAt)
      const isInTime = await this.#deliver(lease, proved)
      this.#failures = 0
      this.#say(isInTime ? { type: 'delivered', ...facts, durationMs } : { type: 'late', ...facts })
    } catch (error) {
      await this.#giveUp(lease, claimed.circuit, abort.signal, error).catch((failure: unknown) =>
        // The lease runs out by itself.
        this.#trouble(failure),
      )
    } finally {
      clearInterval(heartbeat)
      this.#leases.delete(lease)
    }
  }

  async #prove(
    lease: Lease,
    { circuit, witness }: ClaimedProof,
    signal: AbortSignal,
  ): Promise<Proved> {
    const { key, prover } = this.#parameters
    const inputs = decodeInputs(openSealed(key, witness, hexToBytes(lease.job)))
    return prover.prove(circuit, inputs, { signal })
  }

  /** Tries again while Postgres is away; the lease tells whether it is too late then. */
  async #deliver(lease: Lease, { proof, publicSignals }: Proved): Promise<boolean> {
    const { farm } = this.#parameters
    const delivery = { worker: this.#name, proof, publicSignals }
    const until = performance.now() + farm.settings.expireSeconds * 1_000
    for (;;) {
      try {
        return await deliverProof(farm, lease, delivery)
      } catch (error) {
        if (this.#isStopping || performance.now() > until) throw error
        this.#trouble(error)
        await delay(DELIVERY_RETRY_MS)
      }
    }
  }

  async #giveUp(lease: Lease, circuit: string, signal: AbortSignal, error: unknown): Promise<void> {
    const { farm } = this.#parameters
    const facts = { worker: this.#name, job: lease.job, circuit }
    if (signal.reason === RELEASE) {
      await releaseProof(farm, lease)
      this.#say({ type: 'released', ...facts })
      return
    }
    if (signal.reason === LOST) {
      this.#say({ type: 'late', ...facts })
      return
    }
    // Only our own errors' sentences leave: another's may quote what is private.
    const isOurs = error instanceof BaseError
    const code = isOurs ? error.code : 'PROVING_FAILED'
    const message = isOurs ? error.message : 'An error that is not ours.'
    const restSeconds = this.#rest()
    const isInTime = await failProof(farm, lease, { worker: this.#name, code })
    this.#say(
      isInTime
        ? { type: 'failed', ...facts, code, message, restSeconds }
        : { type: 'late', ...facts },
    )
  }

  /** @returns for how long it takes nothing. */
  #rest(): number {
    const { restSeconds, maxRestSeconds } = this.#parameters.farm.settings
    const seconds = Math.min(restSeconds * 2 ** this.#failures, maxRestSeconds)
    this.#failures += 1
    this.#restsUntil = performance.now() + seconds * 1_000
    return seconds
  }

  #notice(farmKey: string): void {
    if (this.#foreign.has(farmKey)) return
    this.#foreign.add(farmKey)
    this.#say({ type: 'foreign', worker: this.#name, farmKey, ownKey: this.#farmKey })
  }

  async #touch(lease: Lease, abort: AbortController): Promise<void> {
    try {
      if (!(await touchLease(this.#parameters.farm, lease)) && this.#leases.has(lease)) {
        abort.abort(LOST)
      }
    } catch (error) {
      // Says nothing about the lease.
      this.#trouble(error)
    }
  }

  #trouble(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    this.#say({ type: 'trouble', worker: this.#name, message })
  }

  #say(event: WorkerEvent): void {
    this.#parameters.onEvent?.(event)
  }
}

/** Why a proof is aborted. */
const RELEASE = 'released'
const LOST = 'lease lost'
