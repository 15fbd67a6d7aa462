import { setTimeout as delay } from 'node:timers/promises'
import { getLedger } from '../../l1/reads.ts'
import { packWord } from '../../protocol/words.ts'
import { openDatabase } from '../../sequencer/store/database.ts'
import { cutConnections } from './databaseFaults.ts'
import { expectFollowerAgrees } from './expectFollowerAgrees.ts'
import {
  type FaultChild,
  type FaultNetwork,
  type FaultWorker,
  startFaultNetwork,
} from './faultNetwork.ts'
import { FaultTraffic, type Findings } from './faultTraffic.ts'
import { startFaultyRpc } from './faultyRpc.ts'
import { IdentityChanges } from './identityChanges.ts'
import { waitFor } from './waitFor.ts'

export const soakFaults = ['kill', 'pause', 'cut', 'reorg', 'database', 'worker'] as const
export type SoakFault = (typeof soakFaults)[number]

export type SoakParameters = {
  seconds: number
  /** Share of actions that are faults, and of requests to the base chain that fail. */
  faultRate: number
  /** In [0, 1). Seeded by the caller, so that a run can be had again. */
  random: () => number
  say?: (line: string) => void
}

export type SoakReport = {
  readonly findings: Findings
  readonly seconds: number
  readonly identityChanges: number
  /** Of a follower that read the base chain from its start, when all work had ended; it throws where it disagrees. */
  readonly follower: { readonly batches: number; readonly proofs: number; readonly seconds: number }
  /** Faults made, by kind; rpc are requests that failed. */
  readonly faults: Readonly<Record<SoakFault | 'rpc', number>>
  /** From each fault to the next admission, ms. */
  readonly recoveries: readonly number[]
}

/** Between two actions, ms: what two cores carry beside the base chain. */
const PAUSE_MS = 40
/** More than a proof waits that was given up (`reviveSeconds` of the farm); without such, the last settlements take seconds. */
const END_MS = 12 * 60_000
/** Units that a deposit brings; withdrawals take one each. */
const AMOUNT = 1_000n

/** All that a fault or an action can touch. */
type Stage = {
  network: FaultNetwork
  traffic: FaultTraffic
  identities: IdentityChanges
  random: () => number
  rpcUrl: string
  child: FaultChild
  worker: FaultWorker
  /** Withdrawals that may still be made. */
  withdrawals: bigint
}

/**
 * Mixed traffic for a time, of transfers, deposits, withdrawals, forced transfers and changes of identities, with a
 * sequencer that is killed or paused, a worker that dies with a proof in its hands, a database whose connections are cut
 * or that crashes, a base chain that reorganises and whose node fails to answer; then an end of all work, a look at what
 * became of every promise, and a follower on an empty machine that must come to the same roots.
 */
export async function soak({
  seconds,
  faultRate,
  random,
  say = () => undefined,
}: SoakParameters): Promise<SoakReport> {
  const network = await startFaultNetwork({ spares: 1 })
  let isOver = false
  const rpc = await startFaultyRpc(network.rollup.chain.rpcUrl, {
    isFaulty: () => !isOver && random() < faultRate,
  })
  const traffic = new FaultTraffic(network, 'soak')
  const identities = new IdentityChanges(network.rollup)
  const { deployment, chain } = network.rollup
  const { client } = network
  const faults = { kill: 0, pause: 0, cut: 0, reorg: 0, database: 0, worker: 0 }
  const recoveries: number[] = []
  try {
    const child = await startAgain(network, rpc.url)
    const worker = await startWorkerAgain(network)
    const rpcUrl = rpc.url
    const stage = { network, traffic, identities, random, rpcUrl, child, worker }
    const all: Stage = { ...stage, withdrawals: AMOUNT }
    // What all withdrawals together take is there before the first one.
    await traffic.deposit(AMOUNT)
    await waitFor('a deposit in the rollup', async () => {
      const { inRollup } = await getLedger({ client, deployment }, 1n)
      return inRollup >= AMOUNT ? true : undefined
    })
    const startedAt = performance.now()
    const elapsed = () => (performance.now() - startedAt) / 1000
    let reported = 0
    // The first round of faults is of every kind; then they come as they come.
    const due: SoakFault[] = [...soakFaults]
    let sinceFault: number | undefined
    while (elapsed() < seconds || due.length > 0) {
      if (elapsed() - reported > 30) {
        reported = elapsed()
        say(`${reported.toFixed(0)} s: ${String(traffic.ids.length)} transfers sent`)
      }
      const isDue = due.length > 0 && random() < 0.1
      if (isDue || random() < faultRate) {
        const kind =
          (isDue ? due.shift() : undefined) ??
          soakFaults[Math.floor(random() * soakFaults.length)] ??
          'kill'
        faults[kind] += 1
        sinceFault = performance.now()
        await makeFault(kind, all)
        await traffic.askAgain(all.child.api)
      }
      // Whatever it ended of: a supervisor of processes starts it again.
      if (all.worker.hasEnded()) all.worker = await startWorkerAgain(network)
      await act(all)
      if (sinceFault !== undefined) {
        recoveries.push(performance.now() - sinceFault)
        sinceFault = undefined
      }
      await delay(PAUSE_MS)
    }
    isOver = true
    const trafficSeconds = elapsed()
    const findings = await settleAll(all)
    const followedAt = performance.now()
    const { batchNumber, proofs } = await expectFollowerAgrees({
      ...{ client, deployment, rpcUrl: chain.rpcUrl, sequencerUrl: all.child.url },
      createDatabase: () => network.postgres().createDatabase(),
      // Far less than the traffic took, and on any machine enough for what is read once.
      timeoutMs: END_MS + seconds * 1000,
    })
    return {
      findings,
      seconds: trafficSeconds,
      identityChanges: identities.count,
      follower: {
        ...{ batches: Number(batchNumber), proofs },
        seconds: (performance.now() - followedAt) / 1000,
      },
      faults: { ...faults, rpc: rpc.faults() },
      recoveries,
    }
  } finally {
    isOver = true
    await rpc.close()
    await network.stop()
  }
}

const startAgain = (network: FaultNetwork, rpcUrl: string): Promise<FaultChild> =>
  // A start that meets a failing node is tried again, as a supervisor of processes does.
  waitFor(
    'a start',
    async () => {
      const started = await network.tryStart({ rpcUrl, batchAgeMs: 300, hasFarm: true })
      return typeof started === 'string' ? undefined : started
    },
    { everyMs: 200 },
  )

const startWorkerAgain = (network: FaultNetwork): Promise<FaultWorker> =>
  waitFor('a worker', () => network.startWorker().catch(() => undefined), { everyMs: 200 })

/** One thing that a client or a registrar does. */
async function act(stage: Stage): Promise<void> {
  const { traffic, child, identities, random } = stage
  const dice = random()
  if (dice < 0.1) return traffic.deposit(AMOUNT)
  if (dice < 0.12) {
    await identities.change({ isNew: random() < 0.5 })
    return
  }
  await waitFor('a status', () => child.api.getStatus().catch(() => undefined))
  if (dice < 0.15) {
    await traffic.force(child.api, { isSentToo: random() < 0.5 })
    return
  }
  const isWithdrawal = dice < 0.25 && stage.withdrawals > 0n
  if (isWithdrawal) stage.withdrawals -= 1n
  await traffic.send(child.api, {
    circuit: dice < 0.45 ? 'collect' : 'transfer',
    ...(isWithdrawal
      ? { withdrawal: packWord('withdrawal', { asset: 1n, amount: 1n, recipient: 0xbeefn }) }
      : {}),
  })
}

async function makeFault(kind: SoakFault, stage: Stage): Promise<void> {
  const { network, child, worker, traffic, identities, rpcUrl } = stage
  const { chain } = network.rollup
  switch (kind) {
    case 'kill':
      await child.kill()
      stage.child = await startAgain(network, rpcUrl)
      return
    case 'pause': {
      child.process.kill('SIGSTOP')
      stage.child = await startAgain(network, rpcUrl)
      child.process.kill('SIGCONT')
      await child.ended
      return
    }
    case 'cut':
      await cutConnections(network.databaseUrl)
      return
    case 'database':
      await network.restartPostgres({ downMs: 200 })
      return
    case 'worker':
      worker.dieAtNextJob()
      // Where no other job comes, this is one.
      await traffic.deposit(AMOUNT)
      await worker.ended
      stage.worker = await startWorkerAgain(network)
      return
    case 'reorg': {
      const undo = await chain.snapshot()
      // Transactions that a reorg takes back come again, as they wait in the nodes' pools.
      const again = [
        await identities.change({ isNew: true }),
        await traffic.force(child.api, { isSentToo: false }),
      ]
      await traffic.send(child.api).catch(() => undefined)
      await delay(500)
      await undo()
      for (const one of again) await one()
      await chain.mine(3)
      return
    }
  }
}

/** Waits for an end of all work. What has not ended in END_MS is found stuck. */
export async function settleAll({
  network,
  traffic,
  child,
}: Pick<Stage, 'network' | 'traffic' | 'child'>): Promise<Findings> {
  const database = await openDatabase({ url: network.databaseUrl, poolSize: 1 })
  const until = performance.now() + END_MS
  try {
    for (;;) {
      await traffic.askAgain(child.api)
      const isFinal = (await traffic.countFinal(child.api)) === traffic.ids.length
      const isLate = performance.now() > until
      if (isFinal || isLate) {
        const now = await traffic.inspect(child.api, database)
        if (now.stuck.length === 0 || isLate) return now
      }
      await delay(100)
    }
  } finally {
    await database.close()
  }
}
