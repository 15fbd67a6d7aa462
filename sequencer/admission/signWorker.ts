import { parentPort, workerData } from 'node:worker_threads'
import type { SigningDomain } from '../../api/index.ts'
import { createSigner } from '../signer.ts'

/** What the thread is started with. */
export type SignWorkerData = { privateKey: Uint8Array; domain: SigningDomain }
export type SignRequest = {
  id: number
  receipts: readonly { statementId: `0x${string}`; admittedAt: number; settleBy: number }[]
}
export type SignAnswer = { id: number; signatures: readonly `0x${string}`[] }

const signer = createSigner(workerData as SignWorkerData)
parentPort?.on('message', ({ id, receipts }: SignRequest) => {
  const signatures = receipts.map(
    ({ statementId, admittedAt, settleBy }) =>
      signer.signReceipt(statementId, { admittedAt: new Date(admittedAt), settleBy }).signature,
  )
  parentPort?.postMessage({ id, signatures } satisfies SignAnswer)
})
