import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ApiUnreachableError } from '../../api/errors.ts'
import { type FailPoint, failPoints } from '../../sequencer/failPoint.ts'
import { connectTo, cutConnections, failWrites } from './databaseFaults.ts'
import type { FaultChildSettings } from './faultChild.ts'
import type { FaultChild, FaultNetwork } from './faultNetwork.ts'
import { FaultTraffic } from './faultTraffic.ts'

/** What a scenario has: a sequencer that runs, and clients. */
export type FaultStage = {
  readonly network: FaultNetwork
  readonly traffic: FaultTraffic
  readonly child: FaultChild
  /** Starts a sequencer over the same data, in a new process. */
  start(settings?: Partial<FaultChildSettings>): Promise<FaultChild>
}

/** Who runs afterwards, and when it was hit. */
export type FaultOutcome = { readonly child: FaultChild; readonly hitAt: number }

export type FaultScenario = {
  readonly name: string
  readonly group: 'killed' | 'database' | 'base chain' | 'standby' | 'worker'
  /** Whether proofs are made by a worker in a process of its own. */
  readonly hasFarm?: boolean
  /** Does its harm; the sequencer that runs afterwards is the one to recover. */
  hit(stage: FaultStage): Promise<FaultOutcome>
}

/** Moments of a batch that another sequencer got ahead of: it is void, and the other's is adopted. */
const OVERTAKEN = [
  'settle.refused',
  'void.written',
  'void.committed',
  'adopt.applied',
  'adopt.written',
  'adopt.committed',
] as const satisfies readonly FailPoint[]
/** These need more than a transfer on its way. */
export const ELSEWHERE: readonly FailPoint[] = ['observe.dropped', ...OVERTAKEN]
/** A moment that does not come in this time on any machine does not come. */
const REACH_MS = 120_000

/** One life, that ends by SIGKILL at the moment. */
async function dieAt(
  point: FailPoint,
  network: FaultNetwork,
  drive: (victim: FaultChild) => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const victim = await network.tryStart({
    failPoint: point,
    // The first flush is of a state as it was found.
    failAt: point.startsWith('state.') ? 2 : 1,
    stateDirectory: join(network.directory, 'state'),
  })
  if (typeof victim === 'string') return
  // It may die meanwhile, which is the point.
  await drive(victim).catch((error: unknown) => {
    if (!(error instanceof ApiUnreachableError)) throw error
  })
  const end = await Promise.race([victim.ended, delay(REACH_MS, 'never', { ref: false })])
  if (end !== 'SIGKILL') throw new Error(`${point} was not reached`)
}

/** The next process begins with what the killed one left. */
const killed = (point: FailPoint, reach: (stage: FaultStage) => Promise<void>): FaultScenario => ({
  name: point,
  group: 'killed',
  async hit(stage) {
    await reach(stage)
    const hitAt = performance.now()
    return { child: await stage.start(), hitAt }
  },
})

const killedAt = (point: FailPoint): FaultScenario =>
  killed(point, async ({ network, traffic, child }) => {
    await child.kill()
    await dieAt(point, network, async ({ api }) => {
      await traffic.send(api)
      await traffic.deposit(5n)
      await network.rollup.chain.mine()
    })
  })

/** Killed while it takes back what a reorg took from it. */
const killedAfterReorg = killed('observe.dropped', async ({ network, traffic, child }) => {
  const { chain } = network.rollup
  const undo = await chain.snapshot()
  await traffic.send(child.api)
  while (!(await isFinal(traffic, child))) await delay(50)
  await child.kill()
  await undo()
  await chain.mine(5)
  await dieAt('observe.dropped', network)
})

/** Killed after its start, which finds that another settled what it had sealed. */
const killedOvertaken = (point: FailPoint): FaultScenario =>
  killed(point, async ({ network, traffic, child }) => {
    await child.kill()
    await dieAt('settle.opened', network, ({ api }) => traffic.send(api))
    const other = await network.postgres().createDatabase()
    const others = new FaultTraffic(network, `ahead of ${point}`)
    const ahead = await network.start({ databaseUrl: other.url })
    await others.send(ahead.api)
    while (!(await isFinal(others, ahead))) await delay(50)
    await ahead.kill()
    await other.drop()
    await dieAt(point, network)
  })

/** The same process goes on, without help. */
const whileItRuns = (
  name: string,
  group: FaultScenario['group'],
  harm: (stage: FaultStage) => Promise<void>,
): FaultScenario => ({
  name,
  group,
  async hit(stage) {
    const hitAt = performance.now()
    await harm(stage)
    return { child: stage.child, hitAt }
  },
})

/** Writes that fail twice, with transfers on their way. */
const failing = (name: string, table: string, code: string): FaultScenario =>
  whileItRuns(name, 'database', async ({ network, traffic, child }) => {
    const client = await connectTo(network.databaseUrl)
    const end = await failWrites(client, { table, code, times: 2 })
    await traffic.send(child.api)
    while (!(await isFinal(traffic, child))) await delay(50)
    if ((await end()) <= 2) throw new Error(`${table} was not written again`)
    await client.end()
  })

async function isFinal(traffic: FaultTraffic, { api }: FaultChild): Promise<boolean> {
  await traffic.askAgain(api)
  return (await traffic.countFinal(api)) === traffic.ids.length
}

/** Transactions that a reorg takes back: what was settled in them is settled again. */
const reorgOf = (blocks: number): FaultScenario =>
  whileItRuns(`reorg of ${String(blocks)}`, 'base chain', async ({ network, traffic, child }) => {
    const { chain } = network.rollup
    const undo = await chain.snapshot()
    await traffic.send(child.api)
    while (!(await isFinal(traffic, child))) await delay(50)
    await chain.mine(blocks)
    await undo()
    await chain.mine(blocks + 3)
  })

/** One after the other on one network; each begins when all work of the last one has ended. */
export const faultScenarios: readonly FaultScenario[] = [
  ...failPoints.filter((point) => !ELSEWHERE.includes(point)).map(killedAt),
  killedAfterReorg,
  ...OVERTAKEN.map(killedOvertaken),
  whileItRuns('connections cut', 'database', ({ network }) => cutConnections(network.databaseUrl)),
  whileItRuns('Postgres killed', 'database', async ({ network, traffic, child }) => {
    const made = await Promise.all(Array.from({ length: 4 }, () => traffic.make(child.api)))
    const sending = Promise.all(made.map((one) => traffic.sendMade(child.api, one)))
    await network.restartPostgres({ downMs: 300 })
    await sending
  }),
  failing('serialisation failure while sealing', 'batch', '40001'),
  failing('disk full while admitting', 'transfer', '53100'),
  failing('disk full while settling', 'settlement', '53100'),
  failing('disk full while signing', 'l1_transaction', '53100'),
  reorgOf(1),
  reorgOf(12),
  reorgOf(64),
  {
    name: 'leader killed, with a standby',
    group: 'standby',
    async hit({ network, traffic, child }) {
      const standby = await network.start({ isStandby: true })
      await traffic.send(child.api)
      const hitAt = performance.now()
      await child.kill()
      return { child: standby, hitAt }
    },
  },
  {
    name: 'leader paused, with a standby',
    group: 'standby',
    async hit({ network, traffic, child }) {
      const standby = await network.start({ isStandby: true })
      await traffic.send(child.api)
      const hitAt = performance.now()
      child.process.kill('SIGSTOP')
      // It wakes when the other leads, and ends.
      while (!(await leads(standby))) await delay(20)
      child.process.kill('SIGCONT')
      await child.ended
      return { child: standby, hitAt }
    },
  },
  {
    name: 'worker killed with a proof in its hands',
    group: 'worker',
    hasFarm: true,
    async hit({ network, traffic, child }) {
      const worker = await network.startWorker()
      worker.dieAtNextJob()
      await traffic.send(child.api)
      await worker.ended
      const hitAt = performance.now()
      await network.startWorker()
      // Admission goes on all the time: it is the proof that has to recover.
      while (!(await isFinal(traffic, child))) await delay(50)
      return { child, hitAt }
    },
  },
]

async function leads({ url }: FaultChild): Promise<boolean> {
  const text = await fetch(new URL('/metrics', url)).then((answer) => answer.text())
  return /^cinnabar_leads 1$/m.test(text)
}
