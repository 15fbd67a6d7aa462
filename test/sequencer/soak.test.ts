import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '../support/seededRandom.ts'
import { soak, soakFaults } from '../support/soak.ts'

// Runs long: five minutes of processes that are killed, of `npm run bench -- soak`, which runs for an hour. Every kind of
// fault comes at least once.

describe('mixed traffic under faults', () => {
  test('behavior: nothing is lost, doubled, stuck or broken, and a fresh follower agrees', async (t) => {
    const { findings, faults, recoveries, identityChanges, follower } = await soak({
      seconds: 300,
      faultRate: 0.01,
      random: seededRandom('cut'),
    })
    const { lost, doubled, stuck, broken, sent, settled, rejected, forced } = findings
    assert.deepEqual(
      { lost, doubled, stuck, broken },
      { lost: [], doubled: [], stuck: [], broken: [] },
    )
    for (const kind of soakFaults) assert.ok(faults[kind] > 0, `no fault of kind ${kind}`)
    // In so many actions each of them comes; the follower throws where it disagrees.
    assert.ok(forced > 0 && identityChanges > 0 && follower.batches > 0)
    assert.ok(settled > 0 && settled + rejected >= sent, `${String(settled)} of ${String(sent)}`)
    t.diagnostic(
      `${String(sent)} sent, ${String(settled)} settled, ${String(forced)} forced, ` +
        `${String(identityChanges)} identities changed, faults ${JSON.stringify(faults)}, ` +
        `slowest recovery ${String(Math.round(Math.max(...recoveries)))} ms`,
    )
  })
})
