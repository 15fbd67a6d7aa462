import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Counters and gauges of one sequencer. None has a label that depends on who asks or pays. */
export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  return {
    registry,
    admitted: new Counter({
      name: 'cinnabar_transfers_admitted_total',
      help: 'Transfers admitted.',
      registers,
    }),
    refused: new Counter({
      name: 'cinnabar_transfers_refused_total',
      help: 'Submissions refused, by code.',
      labelNames: ['code'],
      registers,
    }),
    rejected: new Counter({
      name: 'cinnabar_transfers_rejected_total',
      help: 'Admitted transfers rejected before they were settled, by code.',
      labelNames: ['code'],
      registers,
    }),
    sealed: new Counter({
      name: 'cinnabar_batches_sealed_total',
      help: 'Batches sealed, by circuit.',
      labelNames: ['circuit'],
      registers,
    }),
    sealedTransfers: new Counter({
      name: 'cinnabar_transfers_sealed_total',
      help: 'Transfers sealed.',
      registers,
    }),
    proveSeconds: new Histogram({
      name: 'cinnabar_batch_prove_seconds',
      help: 'Time from claim to verified batch proof.',
      buckets: [1, 2, 5, 10, 20, 40, 80, 160],
      registers,
    }),
    settled: new Counter({
      name: 'cinnabar_batches_settled_total',
      help: 'Batches observed settled.',
      registers,
    }),
    voided: new Counter({
      name: 'cinnabar_batches_voided_total',
      help: 'Sealed batches voided.',
      registers,
    }),
    loopFailures: new Counter({
      name: 'cinnabar_loop_failures_total',
      help: 'Failed rounds, by loop.',
      labelNames: ['loop'],
      registers,
    }),
    waiting: new Gauge({
      name: 'cinnabar_transfers_waiting',
      help: 'Admitted transfers that wait to be sealed.',
      registers,
    }),
    unproved: new Gauge({
      name: 'cinnabar_batches_unproved',
      help: 'Sealed batches without proof.',
      registers,
    }),
    unsettled: new Gauge({
      name: 'cinnabar_batches_unsettled',
      help: 'Proved batches that are not settled.',
      registers,
    }),
    l1Block: new Gauge({
      name: 'cinnabar_l1_block',
      help: 'Newest base-chain block read.',
      registers,
    }),
  }
}
