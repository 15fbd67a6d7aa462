import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

import { buildBn128 } from 'ffjavascript'

import { SCALAR_BYTES, chooseWindowBits } from './fixedBase.ts'
import type { GroupName } from './fixedBase.ts'
import type { FixedBaseAnswer, FixedBaseTask, FixedBaseWorkerData } from './fixedBaseWorker.ts'

/** Scalars a task: small enough that both threads end at about the same time. */
const CHUNK = 4_096
/** More threads would each build a table that is worth less and less. */
const MOST_THREADS = 4

type Waiting = { resolve: (points: Uint8Array) => void; reject: (error: Error) => void }

/** Multiplies the generators by many scalars in worker threads. */
export class FixedBasePool {
  readonly #workers: Worker[] = []
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 0

  private constructor(threads: number, workerData: FixedBaseWorkerData) {
    for (let thread = 0; thread < threads; thread++) {
      const worker = new Worker(new URL('./fixedBaseWorker.ts', import.meta.url), { workerData })
      worker.on('message', (answer: FixedBaseAnswer) => this.#settle(answer))
      worker.on('error', (error: Error) => this.#rejectAll(error))
      this.#workers.push(worker)
    }
  }

  /** `expected`: scalars in all, from which the size of the tables follows. */
  static async open(expected: number): Promise<FixedBasePool> {
    const threads = Math.max(1, Math.min(MOST_THREADS, availableParallelism()))
    const { tm, G1, G2 } = await buildBn128(true)
    return new FixedBasePool(threads, {
      module: await WebAssembly.compile(new Uint8Array(tm.code)),
      windowBits: chooseWindowBits(Math.ceil(expected / threads)),
      generators: { g1: G1.toAffine(G1.g), g2: G2.toAffine(G2.g) },
    })
  }

  /** Affine points in Montgomery form, in the order of the scalars. Zeros cost nothing. */
  async multiply(group: GroupName, scalars: readonly bigint[]): Promise<Uint8Array> {
    const pointBytes = group === 'g1' ? 64 : 128
    const result = new Uint8Array(scalars.length * pointBytes)
    const live = scalars.flatMap((scalar, index) => (scalar === 0n ? [] : [index]))
    const tasks: Promise<void>[] = []
    for (let start = 0; start < live.length; start += CHUNK) {
      const indexes = live.slice(start, start + CHUNK)
      const bytes = encodeScalars(indexes.map((index) => scalars[index]!))
      tasks.push(
        this.#post(group, bytes).then((points) => {
          for (const [position, index] of indexes.entries()) {
            const point = points.subarray(position * pointBytes, (position + 1) * pointBytes)
            result.set(point, index * pointBytes)
          }
        }),
      )
    }
    await Promise.all(tasks)
    return result
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  #post(group: GroupName, scalars: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const id = this.#nextId
    this.#nextId += 1
    const worker = this.#workers[id % this.#workers.length]!
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      const task: FixedBaseTask = { id, group, scalars }
      worker.postMessage(task, [scalars.buffer])
    })
  }

  #settle(answer: FixedBaseAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if ('points' in answer) waiting?.resolve(answer.points)
    else waiting?.reject(new Error(answer.failure))
  }

  #rejectAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

function encodeScalars(scalars: readonly bigint[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(scalars.length * SCALAR_BYTES)
  const view = new DataView(bytes.buffer)
  for (const [index, scalar] of scalars.entries()) {
    for (let word = 0; word < 4; word++) {
      const part = (scalar >> BigInt(64 * word)) & 0xffffffffffffffffn
      view.setBigUint64(index * SCALAR_BYTES + word * 8, part, true)
    }
  }
  return bytes
}
