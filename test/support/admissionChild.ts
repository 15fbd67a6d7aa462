// A sequencer that only admits, in a process of its own, for tests that kill it. Its proofs are simulated and
// really verified; then it waits, so that it can be given more than it can do on any machine.
import { setTimeout as delay } from 'node:timers/promises'
import { verifyMany } from '../../prover/verifyMany.ts'
import { defaultLimits } from '../../sequencer/server/limits.ts'
import { openDatabase } from '../../sequencer/store/database.ts'
import { aSequencer } from './sequencers.ts'
import { simulatedKeys } from './simulatedKeys.ts'

export type AdmissionChildSettings = {
  databaseUrl: string
  seed: string
  /** Milliseconds a proof, besides verifying it. */
  slowness: number
}

const { databaseUrl, seed, slowness } = JSON.parse(process.argv[2] ?? '') as AdmissionChildSettings
const keys = simulatedKeys(seed)
const { sequencer } = await aSequencer(await openDatabase({ url: databaseUrl }), {
  settings: { limits: { ...defaultLimits, requestsPerMinute: 1_000_000 } },
  ports: {
    prover: {
      prove: () => Promise.reject(new Error('no proof is made here')),
      async verifyMany(all) {
        const results = await verifyMany(
          all.map(({ circuit, proof, publicSignals }) => ({
            verificationKey: keys.verificationKeys[circuit],
            proof,
            publicSignals,
          })),
        )
        await delay(slowness * all.length)
        return results
      },
    },
  },
})
const url = await sequencer.app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`listening on ${url}\n`)
