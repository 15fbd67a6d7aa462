import { parentPort } from 'node:worker_threads'

/** What a worker makes of one request. Buffers in `transfer` move with the result. */
export type AnswerRequest<Request, Result> = (request: Request) => {
  readonly result: Result
  readonly transfer?: readonly ArrayBuffer[]
}

/** The worker's side of `WorkerPool`: answers every request by `answer`'s result or what it throws. */
export function answerRequests(answer: AnswerRequest<never, unknown>): void {
  const port = parentPort
  port?.on('message', ({ id, request }: { id: number; request: never }) => {
    try {
      const { result, transfer = [] } = answer(request)
      port.postMessage({ id, result }, [...transfer])
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error('unknown failure')
      port.postMessage({ id, failure: { name, message } })
    }
  })
}
