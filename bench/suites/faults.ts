import { type FaultScenario, faultScenarios } from '../../test/support/faultScenarios.ts'
import {
  type FaultChild,
  type FaultNetwork,
  startFaultNetwork,
} from '../../test/support/faultNetwork.ts'
import type { FaultChildSettings } from '../../test/support/faultChild.ts'
import { FaultTraffic, type Findings } from '../../test/support/faultTraffic.ts'
import { settleAll } from '../../test/support/soak.ts'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { median, type Row, type Suite } from '../row.ts'

type Result = { scenario: FaultScenario; findings: Findings; recoverySeconds: number }

/**
 * One fault after the other, each with clients that keep what they were promised. Time to recover is from the fault to the
 * next receipt, starts of processes included; of a killed worker it is to the settled transfer. Proofs are simulated,
 * under keys that the contracts hold; everything else is real and a process of its own.
 */
export const suite: Suite = {
  name: 'faults',
  summary: 'scenarios run and survived, what was lost or doubled, time to recover from each',
  plots: [
    {
      title: 'Time to recover, by scenario',
      x: { label: 'scenario, in order' },
      y: { label: 'to the next receipt', unit: 's' },
    },
  ],
  async run(say) {
    const results: Result[] = []
    const network = await startFaultNetwork()
    try {
      const stateDirectory = join(network.directory, 'state')
      const startAs = (hasFarm: boolean) => (settings: Partial<FaultChildSettings>) =>
        network.start({ stateDirectory, hasFarm, ...settings })
      let child = await startAs(false)({})
      let isFarm = false
      for (const scenario of faultScenarios) {
        const { name, hasFarm = false } = scenario
        if (hasFarm !== isFarm) {
          await child.kill()
          child = await startAs(hasFarm)({})
          isFarm = hasFarm
        }
        const traffic = new FaultTraffic(network, name)
        const start = (settings = {}) => startAs(hasFarm)(settings)
        const result = await runScenario(scenario, { network, traffic, child, start })
        child = result.child
        results.push(result)
        say(`${name}: ${result.recoverySeconds.toFixed(2)} s${isWhole(result) ? '' : ', BROKEN'}`)
      }
    } finally {
      await network.stop()
    }
    return toRows(results)
  },
}

async function runScenario(
  scenario: FaultScenario,
  stage: {
    network: FaultNetwork
    traffic: FaultTraffic
    child: FaultChild
    start: (settings?: Partial<FaultChildSettings>) => Promise<FaultChild>
  },
): Promise<Result & { child: FaultChild }> {
  const { network, traffic } = stage
  const { child, hitAt } = await scenario.hit(stage)
  await admitOne(traffic, child)
  const recoverySeconds = (performance.now() - hitAt) / 1000
  return {
    scenario,
    recoverySeconds,
    findings: await settleAll({ network, traffic, child }),
    child,
  }
}

/** A client sends until it has a receipt. */
async function admitOne(traffic: FaultTraffic, { api }: FaultChild): Promise<void> {
  const submission = await retried(() => traffic.make(api))
  await retried(() => api.submitTransfer(submission))
  await traffic.sendMade(api, submission)
}

async function retried<T>(ask: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + 120_000; ; await delay(20)) {
    try {
      return await ask()
    } catch (error) {
      if (performance.now() > until) throw error
    }
  }
}

const isWhole = ({ findings: { lost, doubled, stuck, broken } }: Result): boolean =>
  lost.length + doubled.length + stuck.length + broken.length === 0

function toRows(results: readonly Result[]): Row[] {
  const sum = (count: (findings: Findings) => number) =>
    results.reduce((total, { findings }) => total + count(findings), 0)
  const seconds = results.map(({ recoverySeconds }) => recoverySeconds)
  return [
    row('scenarios', results.length, 'scenarios'),
    row('survived', results.filter(isWhole).length, 'scenarios'),
    row(
      'transfersSent',
      sum(({ sent }) => sent),
      'transfers',
    ),
    row(
      'lost',
      sum(({ lost }) => lost.length),
      'transfers',
    ),
    row(
      'doubled',
      sum(({ doubled }) => doubled.length),
      'transfers',
    ),
    row('recoverySecondsMedian', median(seconds), 's'),
    row('recoverySecondsMost', Math.max(...seconds), 's'),
    ...results.map(({ scenario: { name, group }, recoverySeconds }, i) => ({
      ...row(`recovery.${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}`, recoverySeconds, 's'),
      size: i + 1,
      series: group,
    })),
  ]
}

function row(name: string, value: number, unit: string) {
  return { name: `faults.${name}`, value, unit }
}
