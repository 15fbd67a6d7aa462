import assert from 'node:assert/strict'
import { createApiClient } from '../../api/index.ts'
import type { ChainClient } from '../../l1/client.ts'
import type { ChainDeployment } from '../../l1/deployment.ts'
import { getIdentityRoot, getPolicyRoot, getSettledState } from '../../l1/reads.ts'
import { formatField } from '../../protocol/field.ts'
import { formatDivergence } from '../../sequencer/follower/divergence.ts'
import type { FollowerState } from '../../sequencer/follower/follower.ts'
import { startFollower } from '../../sequencer/follower/startFollower.ts'
import { waitFor } from './waitFor.ts'

export type ExpectFollowerAgreesParameters = {
  client: ChainClient
  deployment: ChainDeployment
  rpcUrl: string
  /** Makes an empty database: the follower knows nothing but the base chain. */
  createDatabase: () => Promise<{ url: string; drop(): Promise<void> }>
  /** Compared with what settled, and with what the follower serves. */
  sequencerUrl?: string
  /** To read everything. Default: that of waitFor. */
  timeoutMs?: number
}

/**
 * A follower on an empty machine rebuilds everything from the base chain: every root, rule and proof holds, its
 * roots are the contracts' and, where one is named, the sequencer's.
 */
export async function expectFollowerAgrees({
  client,
  deployment,
  rpcUrl,
  createDatabase,
  sequencerUrl,
  timeoutMs,
}: ExpectFollowerAgreesParameters): Promise<FollowerState> {
  const database = await createDatabase()
  const running = await startFollower({
    ...{ deployment, rpcUrl, databaseUrl: database.url, pollMs: 50 },
    ...(sequencerUrl === undefined ? {} : { watchUrl: sequencerUrl }),
  })
  try {
    const { follower } = running
    const state = await waitFor(
      'follower that has read everything',
      () => {
        const { isCaughtUp, divergence } = follower.state
        return Promise.resolve(isCaughtUp || divergence !== undefined ? follower.state : undefined)
      },
      timeoutMs === undefined ? {} : { timeoutMs },
    )
    assert.equal(state.divergence === undefined ? '' : formatDivergence(state.divergence), '')
    const contract = await getSettledState({ client, deployment }, state.l1Block)
    assert.deepEqual(
      [state.batchNumber, state.noteRoot, state.nullifierRoot],
      [contract.batchNumber, contract.noteRoot, contract.nullifierRoot],
    )
    const identity = await getIdentityRoot({ client, deployment })
    assert.deepEqual(state.identity, identity)
    // Read back as a wallet would.
    const status = await createApiClient({ url: running.url }).getStatus()
    assert.equal(status.settled.noteRoot, formatField(contract.noteRoot))
    assert.equal(
      status.policy.root,
      formatField((await getPolicyRoot({ client, deployment })).root),
    )
    if (sequencerUrl !== undefined) {
      await follower.loops.watch?.tick()
      assert.deepEqual(follower.state.findings.map(formatDivergence), [])
      const sequencer = createApiClient({ url: sequencerUrl })
      const watched = await waitFor('sequencer that has seen as much', async () => {
        const answer = await sequencer.getStatus()
        return answer.settled.batchNumber >= status.settled.batchNumber ? answer : undefined
      })
      assert.deepEqual(watched.settled, status.settled)
      assert.deepEqual(watched.identity, status.identity)
    }
    return follower.state
  } finally {
    await running.stop()
    await database.drop()
  }
}
