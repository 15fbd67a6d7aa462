// A sequencer in a process of its own that dies at a moment it is told, by SIGKILL as in a power cut. Its proofs are
// simulated and really verified. It loads itself, waits for its settings as a line of JSON, and says in a line where it
// listens.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { readDeployment } from '../../l1/deployment.ts'
import { armFailPoints, type FailPoint } from '../../sequencer/failPoint.ts'
import { defaultLimits } from '../../sequencer/server/limits.ts'
import { startSequencer } from '../../sequencer/startSequencer.ts'
import { faultFarmKey, faultProver } from './faultProver.ts'
import { simulatedKeys } from './simulatedKeys.ts'

export type FaultChildSettings = {
  deploymentFile: string
  rpcUrl: string
  databaseUrl: string
  l1PrivateKey: `0x${string}`
  batchAgeMs: number
  /** It dies there, the `failAt`-th time (1 unless told) that it comes by. */
  failPoint?: FailPoint
  failAt?: number
  /** It stops there once, as by SIGSTOP, until it is told to go on. */
  pauseAt?: FailPoint
  stateDirectory?: string
  isStandby?: boolean
  leaseMs?: number
  settleAgeMs?: number
  /** Workers of their own make the proofs (faultWorker.ts). Default: this process does. */
  hasFarm?: boolean
  log?: string
}

const keys = simulatedKeys(process.argv[2] ?? '')
const input = createInterface({ input: process.stdin })
const [line] = (await once(input, 'line')) as [string]
input.close()
const settings = JSON.parse(line) as FaultChildSettings
const { failPoint: wanted, failAt = 1, deploymentFile, log } = settings
let passes = 0
let hasPaused = false
armFailPoints((point) => {
  if (point === settings.pauseAt && !hasPaused) {
    hasPaused = true
    process.kill(process.pid, 'SIGSTOP')
  }
  if (point !== wanted) return
  passes += 1
  if (passes === failAt) process.kill(process.pid, 'SIGKILL')
})
const running = await startSequencer({
  ...settings,
  deployment: await readDeployment(deploymentFile),
  receiptPrivateKey: `0x${'1f'.repeat(32)}`,
  prover: await faultProver(keys, settings.databaseUrl),
  pollMs: 40,
  ...(settings.hasFarm === true ? { provers: 0, farmPublicKey: faultFarmKey.publicKey } : {}),
  limits: { ...defaultLimits, requestsPerMinute: 1_000_000 },
  ...(log === undefined ? {} : { logger: { level: 'info', file: log } }),
  onFatal(error) {
    process.stdout.write(`stopped: ${error.message.split('\n')[0] ?? ''}\n`)
    process.exit(3)
  },
})
process.stdout.write(`listening on ${running.url}\n`)
process.once('SIGTERM', () => {
  void running.stop().then(() => process.exit(0))
})
