import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

/** What a worker answers to a request: see `answerRequests`. */
export type WorkerAnswer<Result> =
  | { readonly id: number; readonly result: Result }
  | { readonly id: number; readonly failure: { readonly name: string; readonly message: string } }

type Task<Request, Result> = {
  readonly id: number
  readonly request: Request
  readonly transfer: readonly ArrayBuffer[]
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** Two tasks under way for each thread: the next one lies there when the first is done. */
const TASKS_PER_WORKER = 2

/**
 * Threads that all run one file and answer requests in any order. They are started with the first
 * requests, as many as there are processors at most, and let the process end while they have nothing to do.
 */
export class WorkerPool<Request, Result> {
  readonly #file: URL
  readonly #data: unknown
  readonly #size: number
  readonly #waiting: Task<Request, Result>[] = []
  readonly #workers = new Map<Worker, Map<number, Task<Request, Result>>>()
  #nextId = 0

  constructor(
    file: URL,
    { data, size = availableParallelism() }: { data?: unknown; size?: number },
  ) {
    this.#file = file
    this.#data = data
    this.#size = Math.max(1, size)
  }

  get size(): number {
    return this.#size
  }

  /** Rejects with a RangeError or Error as the worker threw it. Buffers in `transfer` move there. */
  run(request: Request, transfer: readonly ArrayBuffer[] = []): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id: this.#nextId++, request, transfer, resolve, reject })
      this.#assign()
    })
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#leastBusy()
      if (worker === undefined) return
      const task = this.#waiting.shift()
      if (task === undefined) return
      const tasks = this.#workers.get(worker)
      if (tasks?.size === 0) worker.ref()
      tasks?.set(task.id, task)
      worker.postMessage({ id: task.id, request: task.request }, [...task.transfer])
    }
  }

  /** An idle worker, else a new one, else one with room. */
  #leastBusy(): Worker | undefined {
    let best: Worker | undefined
    let fewest = TASKS_PER_WORKER
    for (const [worker, tasks] of this.#workers) {
      if (tasks.size < fewest) [best, fewest] = [worker, tasks.size]
    }
    if (fewest > 0 && this.#workers.size < this.#size) return this.#start()
    return best
  }

  #start(): Worker {
    const worker = new Worker(this.#file, { workerData: this.#data })
    const tasks = new Map<number, Task<Request, Result>>()
    this.#workers.set(worker, tasks)
    worker.on('message', (answer: WorkerAnswer<Result>) => {
      const task = tasks.get(answer.id)
      tasks.delete(answer.id)
      if (tasks.size === 0) worker.unref()
      if ('result' in answer) task?.resolve(answer.result)
      else {
        const { name, message } = answer.failure
        task?.reject(name === 'RangeError' ? new RangeError(message) : new Error(message))
      }
      this.#assign()
    })
    const fail = (error: unknown): void => {
      this.#workers.delete(worker)
      for (const task of tasks.values()) task.reject(error)
      tasks.clear()
      this.#assign()
    }
    worker.on('error', fail)
    worker.on('exit', () => fail(new Error('A worker thread ended.')))
    return worker
  }
}
