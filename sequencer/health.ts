import type { HealthBody } from '../api/index.ts'
import { findFarmHealth } from '../prover/farm/store/listProofJobs.ts'
import { type ChainView, currentValues } from './chainView.ts'
import type { KeyWatcher } from './keyWatcher.ts'
import type { Loop } from './loop.ts'
import type { RightWatcher } from './settlement/rightWatcher.ts'
import type { Metrics } from './server/metrics.ts'
import type { Database } from './store/database.ts'
import { findForcedHealth } from './store/findForcedHealth.ts'

export type HealthDependencies = {
  database: Database
  metrics: Metrics
  getView: () => ChainView | undefined
  isDraining: () => boolean
  right: Pick<RightWatcher, 'right' | 'maySettle' | 'clockAt'>
  isLeading: () => boolean
  /** Undefined where none are watched. */
  keys: Pick<KeyWatcher, 'outdated'> | undefined
  loops: readonly Loop[]
  now: () => Date
}

export type Health = {
  /** Whether a transfer would be admitted now. For a load balancer. */
  ready(): Promise<HealthBody>
  /** The same, and whether all loops work and all queues move. For an operator. */
  health(): Promise<HealthBody>
}

type Check = {
  name: string
  isOk: boolean
  detail?: string
  /** Says no on purpose: a load balancer must hear it, and no rule may fire. */
  isExpected?: boolean
}

/** From this many failed attempts at one job on, health says so, before the job is dead. */
const ATTEMPTS_UNTIL_UNHEALTHY = 3
/** With less until the oldest forced transfer's deadline, health says so: time to do something yet. */
const FORCED_MARGIN_MS = 6 * 3_600_000
/** From this many failed rounds in a row on. */
const ROUNDS_UNTIL_UNHEALTHY = 3

/** Each check is asked now, and its answer is a metric too. */
export function createHealth(deps: HealthDependencies): Health {
  const { database, metrics, getView, isDraining, isLeading, right, keys, loops, now } = deps

  async function readinessChecks(): Promise<Check[]> {
    const view = getView()
    const isReachable = await database.query({ text: 'select 1', values: [] }).then(
      () => true,
      () => false,
    )
    return [
      { name: 'database', isOk: isReachable },
      {
        name: 'base chain',
        isOk: view !== undefined && currentValues(view, now()) !== undefined,
      },
      settlementCheck(),
      ...keyChecks(),
      {
        name: 'admission',
        isOk: !isDraining(),
        ...(isDraining() ? { detail: 'draining: cinnabar sequencer resume' } : {}),
      },
    ]
  }

  /** A standby does not ask whose settlement is: it settles nothing. */
  function settlementCheck(): Check {
    const name = 'settlement'
    if (!isLeading()) return { name, isOk: false, detail: 'SEQUENCER_STANDBY', isExpected: true }
    const { right: known, maySettle: isOk } = right
    return { name, isOk, ...(known === undefined || isOk ? {} : { detail: 'SETTLEMENT_NOT_OURS' }) }
  }

  function keyChecks(): Check[] {
    if (keys === undefined) return []
    const { outdated } = keys
    const isOk = outdated.length === 0
    const detail = `SEQUENCER_KEY_MISMATCH: ${outdated.join(', ')}`
    return [{ name: 'keys', isOk, ...(isOk ? {} : { detail }) }]
  }

  async function queueChecks(): Promise<Check[]> {
    const proving = await findFarmHealth(database).catch(() => undefined)
    const forced = await findForcedHealth(database).catch(() => undefined)
    const dueAt = forced?.oldest?.deadlineAt.getTime() ?? Number.POSITIVE_INFINITY
    const clock = right.clockAt(now()) ?? now()
    return [
      ...loops.map((loop) => ({
        name: loop.name,
        isOk: loop.failures < ROUNDS_UNTIL_UNHEALTHY,
      })),
      { name: 'forced queue', isOk: dueAt - clock.getTime() >= FORCED_MARGIN_MS },
      {
        name: 'proving queue',
        isOk: proving?.dead === 0 && proving.failedAttempts < ATTEMPTS_UNTIL_UNHEALTHY,
        ...(proving?.lastError === undefined
          ? {}
          : { detail: `${String(proving.dead)} dead; last ${proving.lastError}` }),
      },
    ]
  }

  function toHealth(checks: readonly Check[]): HealthBody {
    for (const { name, isOk, isExpected = false } of checks) {
      if (isExpected) metrics.checkOk.remove({ check: name })
      else metrics.checkOk.set({ check: name }, isOk ? 1 : 0)
    }
    return {
      status: checks.every(({ isOk }) => isOk) ? 'ok' : 'failing',
      checks: checks.map(({ name, isOk, detail }) => ({
        ...{ name, isOk },
        ...(detail === undefined ? {} : { detail }),
      })),
    }
  }

  return {
    ready: async () => toHealth(await readinessChecks()),
    health: async () => toHealth([...(await readinessChecks()), ...(await queueChecks())]),
  }
}
