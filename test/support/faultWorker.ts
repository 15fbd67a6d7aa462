// A worker of the farm in a process of its own, as faultChild.ts is a sequencer. Told so by SIGUSR2, it dies by SIGKILL with
// the next job in its hands. It takes the database's address from a line of its input, and says `ready` in a line.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { FarmWorker } from '../../prover/farm/farmWorker.ts'
import { openFarm } from '../../prover/farm/store/openFarm.ts'
import { hashVerificationKey } from '../../prover/verificationKey.ts'
import { BATCH_CIRCUITS, type BatchCircuit } from '../../protocol/constants.ts'
import { faultFarmKey, faultProver } from './faultProver.ts'
import { simulatedKeys } from './simulatedKeys.ts'

const keys = simulatedKeys(process.argv[2] ?? '')
const input = createInterface({ input: process.stdin })
const [url] = (await once(input, 'line')) as [string]
input.close()
let isToDie = false
process.on('SIGUSR2', () => {
  isToDie = true
})
const name = `worker ${String(process.pid)}`
const worker = new FarmWorker({
  farm: await openFarm({ url, name, isKeeper: false }),
  prover: await faultProver(keys, url),
  key: faultFarmKey,
  circuits: (Object.keys(BATCH_CIRCUITS) as BatchCircuit[]).map((circuit) => ({
    name: circuit,
    verificationKeyHash: hashVerificationKey(keys.verificationKeys[circuit]),
  })),
  name,
  onEvent({ type }) {
    if (type === 'claimed' && isToDie) process.kill(process.pid, 'SIGKILL')
  },
})
await worker.start()
process.stdout.write('ready\n')
