// A sequencer in a process of its own, for tests that kill it. Settings come as JSON in the first argument.
import { readDeployment } from '../../l1/deployment.ts'
import { startSequencer } from '../../sequencer/startSequencer.ts'

export type SequencerChildSettings = {
  deploymentFile: string
  rpcUrl: string
  databaseUrl: string
  l1PrivateKey: `0x${string}`
  batchAgeMs: number
}

const { deploymentFile, ...settings } = JSON.parse(process.argv[2] ?? '') as SequencerChildSettings
const running = await startSequencer({
  ...settings,
  deployment: await readDeployment(deploymentFile),
  receiptPrivateKey: `0x${'1f'.repeat(32)}`,
  pollMs: 50,
  limits: {
    bodyBytes: 16_384,
    connections: 800,
    requestsPerMinute: 100_000,
    requestTimeoutMs: 10_000,
    connectionTimeoutMs: 30_000,
  },
})
process.stdout.write(`listening on ${running.url}\n`)
process.once('SIGTERM', () => {
  void running.stop()
})
