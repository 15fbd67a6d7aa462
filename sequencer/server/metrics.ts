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
    turnedAway: new Counter({
      name: 'cinnabar_transfers_turned_away_total',
      help: 'Submissions told to come again later, for lack of room.',
      registers,
    }),
    admissionSeconds: new Histogram({
      name: 'cinnabar_transfer_admission_seconds',
      help: 'Time from a parsed submission to its receipt.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5],
      registers,
    }),
    admitting: new Gauge({
      name: 'cinnabar_transfers_admitting',
      help: 'Submissions being admitted.',
      registers,
    }),
    admittingLimit: new Gauge({
      name: 'cinnabar_transfers_admitting_limit',
      help: 'Most submissions that are admitted at once, for now.',
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
    choices: new Counter({
      name: 'cinnabar_choices_total',
      help: 'Choices to seal or settle, or why not yet, by reason; a wait counts once until its reason changes.',
      labelNames: ['what', 'reason'],
      registers,
    }),
    baseFee: new Gauge({
      name: 'cinnabar_base_fee_wei',
      help: 'Base fee of the base chain as last read; 0 where it is not known.',
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
    proofs: new Counter({
      name: 'cinnabar_proofs_total',
      help: 'Ends of attempts to prove a batch, by outcome; failed ones of other workers show as dead.',
      labelNames: ['outcome'],
      registers,
    }),
    provingJobs: new Gauge({
      name: 'cinnabar_proving_jobs',
      help: 'Proofs wanted, by state.',
      labelNames: ['state'],
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
