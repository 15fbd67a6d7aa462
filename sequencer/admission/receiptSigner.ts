import { Worker } from 'node:worker_threads'
import type { Receipt, SigningDomain } from '../../api/index.ts'
import { createSigner, type Signer } from '../signer.ts'
import { Grouping } from './grouping.ts'
import type { SignAnswer, SignRequest, SignWorkerData } from './signWorker.ts'

type Unsigned = {
  readonly statementId: `0x${string}`
  readonly admittedAt: Date
  readonly settleBy: number
}

/** A signature takes 0.4 ms: so many at once are worth a message to the thread and back. */
const FEWEST_FOR_THREAD = 4
const MOST = 64
/** Past this the thread is given up, and what it had is signed here. */
const THREAD_TIMEOUT_MS = 5_000

/**
 * Signs receipts: a few on this thread, many on one of their own, since signatures are half of what
 * admission does itself. The thread starts with the first load; whatever happens to it, receipts are signed.
 */
export class ReceiptSigner {
  readonly #data: SignWorkerData
  readonly #signer: Signer
  readonly #grouping: Grouping<Unsigned, Receipt>
  #worker: Worker | undefined
  #isClosed = false
  #nextId = 1
  readonly #pending = new Map<number, (signatures: SignAnswer['signatures'] | undefined) => void>()

  constructor(data: { privateKey: Uint8Array; domain: SigningDomain }) {
    this.#data = data
    this.#signer = createSigner(data)
    this.#grouping = new Grouping({
      work: (receipts: readonly Unsigned[]) => this.#signAll(receipts),
      most: MOST,
      timeoutMs: 2 * THREAD_TIMEOUT_MS,
      onTimeout: () => new Error('receipts were not signed in time'),
    })
  }

  sign(receipt: Unsigned): Promise<Receipt> {
    return this.#grouping.add(receipt)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#end()
  }

  async #signAll(receipts: readonly Unsigned[]): Promise<Receipt[]> {
    const signatures =
      receipts.length < FEWEST_FOR_THREAD ? undefined : await this.#signOnThread(receipts)
    return receipts.map(({ statementId, admittedAt, settleBy }, i) => {
      const signature = signatures?.[i]
      return signature === undefined
        ? this.#signer.signReceipt(statementId, { admittedAt, settleBy })
        : {
            statementId,
            admittedAt: admittedAt.getTime(),
            settleBy,
            sequencer: this.#signer.address,
            signature,
          }
    })
  }

  /** Undefined where the thread did not do it. */
  async #signOnThread(
    receipts: readonly Unsigned[],
  ): Promise<SignAnswer['signatures'] | undefined> {
    if (this.#isClosed) return undefined
    const worker = (this.#worker ??= this.#start())
    const id = this.#nextId++
    const answered = new Promise<SignAnswer['signatures'] | undefined>((resolve) => {
      this.#pending.set(id, resolve)
    })
    worker.postMessage({
      id,
      receipts: receipts.map(({ statementId, admittedAt, settleBy }) => ({
        statementId,
        admittedAt: admittedAt.getTime(),
        settleBy,
      })),
    } satisfies SignRequest)
    const timer = setTimeout(() => void this.#end(), THREAD_TIMEOUT_MS)
    try {
      return await answered
    } finally {
      clearTimeout(timer)
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./signWorker.ts', import.meta.url), {
      workerData: this.#data,
      // It needs neither what this process was started with nor its secrets.
      env: {},
      execArgv: [],
    })
    worker.unref()
    worker.on('message', ({ id, signatures }: SignAnswer) => this.#settle(id, signatures))
    const ended = () => {
      if (this.#worker === worker) this.#worker = undefined
      for (const id of this.#pending.keys()) this.#settle(id, undefined)
    }
    worker.on('error', ended)
    worker.on('exit', ended)
    return worker
  }

  #settle(id: number, signatures: SignAnswer['signatures'] | undefined): void {
    this.#pending.get(id)?.(signatures)
    this.#pending.delete(id)
  }

  async #end(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    for (const id of this.#pending.keys()) this.#settle(id, undefined)
    await worker?.terminate()
  }
}
