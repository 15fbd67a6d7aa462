import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { PROTOCOL_VERSION } from '../../protocol/constants.ts'

/** Of sequencer and follower alike. */
export function finalityMetrics(registers: Registry[]) {
  return {
    finalBatch: new Gauge({
      name: 'cinnabar_final_batch',
      help: 'Newest batch whose settlement is final; 0 before the first.',
      registers,
    }),
    finalityTakenBack: new Counter({
      name: 'cinnabar_finality_taken_back_total',
      help: 'Reorganisations of the base chain that took back a settlement that was called final.',
      registers,
    }),
  }
}

/**
 * Counters and gauges of one sequencer. None has a label that depends on who asks or pays. Each stands in
 * docs/metrics.md, in the same words.
 */
export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics() {
  const metrics = makeMetrics()
  // Without a label, it would say 0 before anybody has looked, and a standby never looks.
  metrics.maySettle.remove()
  return metrics
}

function makeMetrics() {
  const registry = new Registry()
  const registers = [registry]
  new Gauge({
    name: 'cinnabar_build_info',
    help: 'Always 1; its label is the version of the protocol.',
    labelNames: ['protocol'],
    registers,
  }).set({ protocol: String(PROTOCOL_VERSION) }, 1)
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
    maySettle: new Gauge({
      name: 'cinnabar_settlement_is_ours',
      help: '1 while this sequencer may settle, 0 while settlement is leased to others; absent while it stands by.',
      registers,
    }),
    promising: new Gauge({
      name: 'cinnabar_receipts_promise_time',
      help: "1 while receipts promise a time, for which the operator's bond answers.",
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
    forcedWaiting: new Gauge({
      name: 'cinnabar_forced_transfers_waiting',
      help: 'Entries of the forced queue that no settled batch has taken.',
      registers,
    }),
    forcedAge: new Gauge({
      name: 'cinnabar_forced_transfers_oldest_seconds',
      help: 'Time since the oldest of them was queued; 0 when none waits.',
      registers,
    }),
    forcedTimeLeft: new Gauge({
      name: 'cinnabar_forced_transfers_time_left_seconds',
      help: 'Time of the settlement clock until the deadline of the oldest of them, past which settlement opens to others; absent where none waits.',
      registers,
    }),
    backlog: new Gauge({
      name: 'cinnabar_backlog_seconds',
      help: 'Time that the provers need for all that is promised and not proved; past half of what receipts promise, or 30 minutes, nothing is admitted.',
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
    l1BlockTime: new Gauge({
      name: 'cinnabar_l1_block_timestamp_seconds',
      help: 'Time of the newest base-chain block read.',
      registers,
    }),
    reorgs: new Counter({
      name: 'cinnabar_l1_reorgs_total',
      help: 'Reorganisations of the base chain that took back what had been read.',
      registers,
    }),
    ...finalityMetrics(registers),
    settledAt: new Gauge({
      name: 'cinnabar_last_settled_batch_timestamp_seconds',
      help: 'Block time of the newest settled batch; absent before the first.',
      registers,
    }),
    waitingSince: new Gauge({
      name: 'cinnabar_oldest_waiting_transfer_timestamp_seconds',
      help: 'Admission of the oldest transfer that is not sealed; absent where none waits.',
      registers,
    }),
    unsettledSince: new Gauge({
      name: 'cinnabar_oldest_unsettled_batch_timestamp_seconds',
      help: 'Sealing of the oldest batch that is not settled; absent where all are.',
      registers,
    }),
    depositDueAt: new Gauge({
      name: 'cinnabar_oldest_deposit_deadline_timestamp_seconds',
      help: 'Deadline of the first deposit that no settled batch took; absent where none waits.',
      registers,
    }),
    balance: new Gauge({
      name: 'cinnabar_l1_account_balance_wei',
      help: 'Balance of the account that pays for settle calls.',
      registers,
    }),
    spend: new Gauge({
      name: 'cinnabar_l1_spend_wei_per_day',
      help: 'Cost of settle calls a day, over the last seven days; absent where none was mined.',
      registers,
    }),
    balanceDays: new Gauge({
      name: 'cinnabar_l1_account_balance_days',
      help: 'Days that the balance lasts at that cost; absent where none was mined.',
      registers,
    }),
    leads: new Gauge({
      name: 'cinnabar_leads',
      help: '1 while this process leads, 0 while it stands by.',
      registers,
    }),
    draining: new Gauge({
      name: 'cinnabar_draining',
      help: '1 while nothing is admitted because the operator drains it.',
      registers,
    }),
    checkOk: new Gauge({
      name: 'cinnabar_check_ok',
      help: '1 for each check of /healthz that passes, by its name there.',
      labelNames: ['check'],
      registers,
    }),
  }
}
