import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { WorkerEvent } from './farmWorker.ts'

/** Of one worker. Each stands in docs/metrics.md, in the same words. */
export type ProverMetrics = ReturnType<typeof createProverMetrics>

export function createProverMetrics() {
  const registry = new Registry()
  const registers = [registry]
  return {
    registry,
    proofs: new Counter({
      name: 'cinnabar_prover_proofs_total',
      help: 'Ends of attempts of this worker, by circuit and outcome: delivered, late, failed, released.',
      labelNames: ['circuit', 'outcome'],
      registers,
    }),
    seconds: new Histogram({
      name: 'cinnabar_prover_prove_seconds',
      help: 'Time from claim to delivery of a proof, by circuit.',
      labelNames: ['circuit'],
      buckets: [1, 2, 5, 10, 20, 40, 80, 160],
      registers,
    }),
    proving: new Gauge({
      name: 'cinnabar_prover_proving',
      help: 'Proofs that this worker is making.',
      registers,
    }),
    troubles: new Counter({
      name: 'cinnabar_prover_farm_errors_total',
      help: 'Times that the farm’s database did not answer this worker.',
      registers,
    }),
  }
}

/** Counts an event of the worker. */
export function countEvent(metrics: ProverMetrics, event: WorkerEvent): void {
  switch (event.type) {
    case 'ready':
    case 'foreign':
      return
    case 'trouble':
      metrics.troubles.inc()
      return
    case 'claimed':
      metrics.proving.inc()
      return
    case 'delivered':
      metrics.seconds.observe({ circuit: event.circuit }, event.durationMs / 1_000)
      break
    default:
  }
  metrics.proving.dec()
  metrics.proofs.inc({ circuit: event.circuit, outcome: event.type })
}
