import { type AnswerRequest, answerRequests } from '../prover/portable/answerRequests.ts'
import { runTrial, type TrialRequest } from './trialTasks.ts'

/** A thread that tries ciphertexts. It gets shared points and no key. */
const answer: AnswerRequest<TrialRequest, Uint8Array> = (request) => {
  const result = runTrial(request)
  return { result, transfer: [result.buffer] }
}
answerRequests(answer)
