import { Counter, Gauge, Registry } from 'prom-client'
import { finalityMetrics } from '../server/metrics.ts'

/** Counters and gauges of one follower. */
export type FollowerMetrics = ReturnType<typeof createFollowerMetrics>

export function createFollowerMetrics() {
  const registry = new Registry()
  const registers = [registry]
  return {
    registry,
    refused: new Counter({
      name: 'cinnabar_transfers_refused_total',
      help: 'Submissions refused, by code.',
      labelNames: ['code'],
      registers,
    }),
    turnedAway: new Counter({
      name: 'cinnabar_transfers_turned_away_total',
      help: 'Submissions told to come again later, for lack of room.',
      registers,
    }),
    loopFailures: new Counter({
      name: 'cinnabar_loop_failures_total',
      help: 'Failed rounds, by loop.',
      labelNames: ['loop'],
      registers,
    }),
    l1Block: new Gauge({
      name: 'cinnabar_l1_block',
      help: 'Newest base-chain block read.',
      registers,
    }),
    reorgs: new Counter({
      name: 'cinnabar_l1_reorgs_total',
      help: 'Reorganisations of the base chain that took back what had been read.',
      registers,
    }),
    ...finalityMetrics(registers),
    batch: new Gauge({
      name: 'cinnabar_follower_batch',
      help: 'Newest settled batch that was rebuilt and found right.',
      registers,
    }),
    proofs: new Counter({
      name: 'cinnabar_follower_proofs_total',
      help: 'Proofs of settled transfers and batches verified.',
      registers,
    }),
    divergences: new Gauge({
      name: 'cinnabar_follower_divergences',
      help: 'What does not agree at present, by where: the base chain, or the sequencer that is watched.',
      labelNames: ['where'],
      registers,
    }),
  }
}
