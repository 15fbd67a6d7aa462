import type { FastifyBaseLogger } from 'fastify'
import type { Counter, Gauge } from 'prom-client'
import type { ObservedSettlement } from '../store/findDeepestSettlement.ts'
import type { Finality } from './assuranceOf.ts'
import { FinalityWatch, type FinalityWatchParameters } from './finalityWatch.ts'

export type FinalityDependencies = Pick<
  FinalityWatchParameters,
  'database' | 'findReceipt' | 'reporter'
> & {
  settings: { finalityDepth: bigint; confirmations: bigint; pollMs: number }
  metrics: { finalBatch: Gauge; finalityTakenBack: Counter }
  getLog: () => FastifyBaseLogger
}

/** The watch of a sequencer or follower, and what its answers are made from. */
export function createFinality({
  settings: { finalityDepth, confirmations, pollMs },
  metrics,
  getLog,
  ...rest
}: FinalityDependencies): { watch: FinalityWatch; readonly finality: Finality } {
  const factsOf = ({ batchNumber, l1Block, l1Transaction }: ObservedSettlement) => ({
    ...{ batchNumber: String(batchNumber), l1Block: String(l1Block.number), l1Transaction },
  })
  const watch = new FinalityWatch({
    ...rest,
    // What is read has `confirmations` blocks on top of it already.
    depth: finalityDepth > confirmations ? finalityDepth - confirmations : 1n,
    intervalMs: pollMs,
    onFinal(settlement) {
      metrics.finalBatch.set(Number(settlement.batchNumber))
      getLog().info(factsOf(settlement), 'settlement final')
    },
    onTakenBack(settlement) {
      metrics.finalBatch.set(0)
      metrics.finalityTakenBack.inc()
      getLog().error(factsOf(settlement), 'final settlement taken back by a reorg')
    },
  })
  return {
    watch,
    get finality() {
      return { depth: finalityDepth, unread: confirmations, final: watch.final }
    },
  }
}
