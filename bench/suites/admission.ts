import { startPostgres } from '../../deploy/devnet/postgres.ts'
import type { TransferSubmission } from '../../api/index.ts'
import { verifyMany } from '../../prover/verifyMany.ts'
import { openDatabase } from '../../sequencer/store/database.ts'
import { aSequencer, aSubmission } from '../../test/support/sequencers.ts'
import { simulatedKeys } from '../../test/support/simulatedKeys.ts'
import { median, type Row, type Suite } from '../row.ts'

/** Transfers after those that warm up. */
const TRANSFERS = 1_000
const WARM_UP = 100
/** Clients that each wait for one answer before they ask again. */
const CLIENTS = 64

/**
 * How many transfers a sequencer admits: each is parsed, verified, checked against the state and the
 * database, durable in a real Postgres, and answered with a signed receipt, over HTTP on loopback.
 *
 * Proofs are simulated under verification keys whose secrets are known: verifying one costs what
 * verifying a real one does, and a thousand real ones would take an hour to make.
 */
export const suite: Suite = {
  name: 'admission',
  summary: 'transfers admitted a second: verified, conflict-checked, durable, over HTTP',
  async run(say) {
    say(`making ${String(TRANSFERS + WARM_UP)} statements`)
    const keys = simulatedKeys('bench')
    const submissions = Array.from({ length: TRANSFERS + WARM_UP }, (_, i): TransferSubmission => {
      const submission = aSubmission(`bench ${String(i)}`)
      const proof = keys.prove('transfer', submission.publicInputs.map(BigInt))
      return {
        ...submission,
        proof: proof.map((word) => `0x${word.toString(16).padStart(64, '0')}` as const),
      }
    })
    const postgres = await startPostgres()
    try {
      const { url, drop } = await postgres.createDatabase()
      const database = await openDatabase({ url })
      const { sequencer } = await aSequencer(database, {
        settings: {
          limits: {
            bodyBytes: 16_384,
            requestsPerMinute: 1_000_000,
            requestTimeoutMs: 60_000,
            connectionTimeoutMs: 60_000,
          },
        },
        ports: {
          prover: {
            prove: () => Promise.reject(new Error('admission makes no proof')),
            verifyMany: (all) =>
              verifyMany(
                all.map(({ circuit, proof, publicSignals }) => ({
                  verificationKey: keys.verificationKeys[circuit],
                  proof,
                  publicSignals,
                })),
              ),
          },
        },
      })
      try {
        const address = await sequencer.app.listen({ host: '127.0.0.1', port: 0 })
        await submitAll(address, submissions.slice(0, WARM_UP))
        say(`submitting ${String(TRANSFERS)} transfers from ${String(CLIENTS)} clients`)
        const started = performance.now()
        const latencies = await submitAll(address, submissions.slice(WARM_UP))
        const seconds = (performance.now() - started) / 1000
        return [
          {
            name: 'admission.transfersPerSecond',
            value: latencies.length / seconds,
            unit: 'transfers/s',
          },
          {
            name: 'admission.medianMilliseconds',
            value: median(latencies),
            unit: `ms with ${String(CLIENTS)} clients`,
          },
          {
            name: 'admission.p99MillisecondsAtFullLoad',
            value: percentile(latencies, 0.99),
            unit: `ms with ${String(CLIENTS)} clients`,
          },
        ] satisfies Row[]
      } finally {
        await sequencer.stop()
        await database.close()
        await drop()
      }
    } finally {
      await postgres.stop()
    }
  },
}

/** Milliseconds of each answer. @throws when one is not admitted. */
async function submitAll(
  address: string,
  submissions: readonly TransferSubmission[],
): Promise<number[]> {
  const queue = [...submissions]
  const latencies: number[] = []
  const client = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const started = performance.now()
      const response = await fetch(`${address}/v1/transfers`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(next),
      })
      const text = await response.text()
      if (response.status !== 202) throw new Error(`not admitted: ${text}`)
      latencies.push(performance.now() - started)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return latencies
}

function percentile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}
