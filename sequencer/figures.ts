import { findFarmHealth } from '../prover/farm/store/listProofJobs.ts'
import type { Gate } from './admission/gate.ts'
import type { ChainView } from './chainView.ts'
import type { Health } from './health.ts'
import type { Metrics } from './server/metrics.ts'
import type { Database } from './store/database.ts'
import { findFigures } from './store/findFigures.ts'
import { findForcedHealth } from './store/findForcedHealth.ts'
import { findQueueHealth } from './store/findQueueHealth.ts'
import { findSpend } from './store/findSpend.ts'

const DAY_MS = 86_400_000
/** Days over which spending is averaged: a weekend is in it. */
const SPEND_DAYS = 7
/** A sequencer that has settled for less than this counts as if for this long: one call is no rate. */
const LEAST_SPEND_MS = DAY_MS / 24
/** Whoever scrapes, and how often: the database is asked once in this time. */
const FRESH_MS = 1_000

export type FiguresDependencies = {
  database: Database
  metrics: Metrics
  health: Health
  getView: () => ChainView | undefined
  /** The settlement clock now; undefined before it was read. */
  getClock: () => Date | undefined
  isDraining: () => boolean
  isLeading: () => boolean
  gate: Pick<Gate, 'inside' | 'limit'>
  /** Of proving that is promised; undefined before it was counted. */
  getBacklogSeconds: () => number | undefined
  /** Wei of the account that pays for settle calls; undefined where there is none. */
  getBalance: (() => Promise<bigint>) | undefined
  now: () => Date
}

/**
 * Brings the gauges up to date when they are read, and not before: those that are asked of the database or the base
 * chain. One that cannot be had keeps its last value, and `cinnabar_check_ok` says why.
 *
 * @returns `refresh`; calls at the same time share one answer.
 */
export function createFigures(deps: FiguresDependencies): { refresh(): Promise<void> } {
  let last: { at: number; done: Promise<void> } | undefined
  return {
    refresh() {
      const at = deps.now().getTime()
      if (last === undefined || Math.abs(at - last.at) > FRESH_MS) last = { at, done: read(deps) }
      return last.done
    },
  }
}

async function read(deps: FiguresDependencies): Promise<void> {
  const { metrics, health, gate, isDraining, isLeading } = deps
  metrics.admitting.set(gate.inside)
  metrics.admittingLimit.set(gate.limit)
  setOrRemove(metrics.backlog, deps.getBacklogSeconds())
  metrics.draining.set(isDraining() ? 1 : 0)
  metrics.leads.set(isLeading() ? 1 : 0)
  setMoment(metrics.l1BlockTime, deps.getView()?.head.minedAt)
  const readers = [readQueues, readForced, readMoments, readAccount, () => health.health()]
  await Promise.allSettled(readers.map((reader) => reader(deps)))
}

async function readQueues({ database, metrics }: FiguresDependencies): Promise<void> {
  const queue = await findQueueHealth(database)
  metrics.waiting.set(queue.waiting)
  metrics.unproved.set(queue.sealedUnproved)
  metrics.unsettled.set(queue.provedUnsettled)
  const proving = await findFarmHealth(database)
  for (const state of ['waiting', 'proving', 'dead'] as const) {
    metrics.provingJobs.set({ state }, proving[state])
  }
}

async function readForced(deps: FiguresDependencies): Promise<void> {
  const { database, metrics, now, getClock } = deps
  const { waiting, oldest } = await findForcedHealth(database)
  const secondsFrom = (one: Date, other: Date) => (other.getTime() - one.getTime()) / 1_000
  metrics.forcedWaiting.set(waiting)
  metrics.forcedAge.set(oldest === undefined ? 0 : secondsFrom(oldest.queuedAt, now()))
  setOrRemove(
    metrics.forcedTimeLeft,
    oldest === undefined ? undefined : secondsFrom(getClock() ?? now(), oldest.deadlineAt),
  )
}

async function readMoments(deps: FiguresDependencies): Promise<void> {
  const { database, metrics, now, getClock } = deps
  const figures = await findFigures(database)
  /** When a deadline of the settlement clock comes by the time of day, if nobody stops it again. */
  const byTimeOfDay = (deadline: Date) =>
    new Date(deadline.getTime() + now().getTime() - (getClock() ?? now()).getTime())
  setMoment(metrics.settledAt, figures.settledAt)
  setMoment(metrics.waitingSince, figures.waitingSince)
  setMoment(metrics.unsettledSince, figures.unsettledSince)
  const { depositDueAt } = figures
  setMoment(metrics.depositDueAt, depositDueAt && byTimeOfDay(depositDueAt))
}

async function readAccount({
  database,
  metrics,
  getBalance,
  now,
}: FiguresDependencies): Promise<void> {
  const since = new Date(now().getTime() - SPEND_DAYS * DAY_MS)
  const weiPerDay = await measureSpend(database, { since, now: now() })
  setOrRemove(metrics.spend, weiPerDay)
  const balance = await getBalance?.()
  setOrRemove(metrics.balance, balance === undefined ? undefined : Number(balance))
  setOrRemove(
    metrics.balanceDays,
    balance === undefined || weiPerDay === undefined || weiPerDay === 0
      ? undefined
      : Number(balance) / weiPerDay,
  )
}

/** Wei a day that settle calls have cost; undefined where none has been mined in the time. */
export async function measureSpend(
  database: Database,
  { since, now }: { since: Date; now: Date },
): Promise<number | undefined> {
  const spend = await findSpend(database, { since })
  if (spend === undefined) return undefined
  const ms = Math.max(LEAST_SPEND_MS, now.getTime() - spend.since.getTime())
  return (Number(spend.wei) * DAY_MS) / ms
}

/** A gauge without a value is not exported: no rule about it fires, where a 0 would mean 1970. */
function setMoment(gauge: Metrics['settledAt'], moment: Date | undefined): void {
  setOrRemove(gauge, moment === undefined ? undefined : moment.getTime() / 1_000)
}

function setOrRemove(gauge: Metrics['settledAt'], value: number | undefined): void {
  if (value === undefined) gauge.remove()
  else gauge.set(value)
}
