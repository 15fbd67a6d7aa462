import { workerData } from 'node:worker_threads'

import { type AnswerRequest, answerRequests } from './answerRequests.ts'
import { Arithmetic } from './arithmetic.ts'

export type ArithmeticRequest =
  | { readonly kind: 'multiply'; readonly points: Uint8Array<ArrayBuffer>; readonly scalar: bigint }
  | { readonly kind: 'subgroup'; readonly points: Uint8Array<ArrayBuffer> }
  | {
      readonly kind: 'hash'
      readonly initialState: Uint8Array
      readonly arity: number
      readonly inputs: Uint8Array<ArrayBuffer>
    }

/** `flags` says which points are points, or in the subgroup. */
export type ArithmeticResult = {
  readonly bytes?: Uint8Array
  readonly flags?: Uint8Array
}

/** One thread of the portable kernels. */
const arithmetic = new Arithmetic(workerData as WebAssembly.Module)
const answer: AnswerRequest<ArithmeticRequest, ArithmeticResult> = (request) => {
  switch (request.kind) {
    case 'multiply': {
      const { multiples, isPoint } = arithmetic.multiply(request.points, request.scalar)
      return { result: { bytes: multiples, flags: isPoint } }
    }
    case 'subgroup':
      return { result: { flags: arithmetic.areSubgroupPoints(request.points) } }
    case 'hash': {
      const { initialState, arity, inputs } = request
      return { result: { bytes: arithmetic.hashMany(initialState, arity, inputs) } }
    }
  }
}
answerRequests(answer)
