import { seededRandom } from '../../test/support/seededRandom.ts'
import { soak } from '../../test/support/soak.ts'
import { median, type Suite } from '../row.ts'

const DEFAULT_MINUTES = 60
/** Lines of what went wrong. */
const SHOWN = 40

/**
 * An hour (CINNABAR_SOAK_MINUTES says another time) of mixed traffic with faults at one per cent. Proofs are simulated, under
 * keys that the contracts hold; everything else is real and a process of its own.
 */
export const suite: Suite = {
  name: 'soak',
  summary: 'an hour of mixed traffic with faults: what was lost or doubled, time to recover',
  async run(say) {
    const minutes = Number(process.env['CINNABAR_SOAK_MINUTES'] ?? DEFAULT_MINUTES)
    if (!(minutes > 0 && minutes <= 24 * 60)) {
      throw new RangeError('CINNABAR_SOAK_MINUTES must be a number of minutes, at most a day')
    }
    const { findings, seconds, faults, recoveries, identityChanges, follower } = await soak({
      seconds: 60 * minutes,
      faultRate: 0.01,
      random: seededRandom('soak'),
      say,
    })
    const { sent, settled, rejected, forced, lost, doubled, stuck, broken } = findings
    // What went wrong is to be looked into: a count alone does not say where.
    for (const line of [...stuck, ...broken, ...lost, ...doubled].slice(0, SHOWN)) say(line)
    const made = Object.values(faults).reduce((sum, count) => sum + count, 0)
    return [
      row('seconds', seconds, 's'),
      row('transfersSent', sent, 'transfers'),
      row('transfersSettled', settled, 'transfers'),
      row('transfersRejected', rejected, 'transfers'),
      row('transfersForced', forced, 'transfers'),
      row('identityChanges', identityChanges, 'changes'),
      row('faults', made, 'faults'),
      ...Object.entries(faults).map(([kind, count]) => row(`faults.${kind}`, count, 'faults')),
      row('lost', lost.length, 'transfers'),
      row('doubled', doubled.length, 'transfers'),
      row('stuck', stuck.length, 'kinds of work'),
      row('broken', broken.length, 'promises'),
      row('followerBatches', follower.batches, 'batches'),
      row('followerProofs', follower.proofs, 'proofs'),
      row('followerSeconds', follower.seconds, 's'),
      row('recoverySecondsMedian', median(recoveries) / 1000, 's'),
      row('recoverySecondsMost', Math.max(...recoveries) / 1000, 's'),
    ]
  },
}

function row(name: string, value: number, unit: string) {
  return { name: `soak.${name}`, value, unit }
}
