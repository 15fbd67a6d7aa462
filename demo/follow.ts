import { setTimeout as delay } from 'node:timers/promises'
import { getSettledState } from '../l1/reads.ts'
import { formatDivergence } from '../sequencer/follower/divergence.ts'
import { startFollower } from '../sequencer/follower/startFollower.ts'
import type { Devnet } from './devnet.ts'

/** What somebody found who has nothing but the base chain. */
export type Followed = {
  readonly batches: number
  readonly proofs: number
  /** What is not as the rules say, or as the contract; undefined when all is. */
  readonly problem: string | undefined
}

/** Rebuilds the rollup in an empty database from the base chain alone, checks every root, rule and proof, and compares. */
export async function followChain(devnet: Devnet, patienceMs: number): Promise<Followed> {
  const { client, deployment, chain, postgres } = devnet
  const database = await postgres.createDatabase()
  const running = await startFollower({
    ...{ deployment, rpcUrl: chain.rpcUrl, databaseUrl: database.url, pollMs: 50 },
  })
  try {
    const { follower } = running
    const end = performance.now() + patienceMs
    while (!follower.state.isCaughtUp && follower.state.divergence === undefined) {
      if (performance.now() > end) throw new Error('the follower did not catch up in time')
      await delay(50)
    }
    const { batchNumber, noteRoot, nullifierRoot, proofs, divergence, l1Block } = follower.state
    const contract = await getSettledState({ client, deployment }, l1Block)
    const isSame =
      batchNumber === contract.batchNumber &&
      noteRoot === contract.noteRoot &&
      nullifierRoot === contract.nullifierRoot
    const difference = isSame ? undefined : 'its roots are not the contract’s'
    return {
      batches: Number(batchNumber),
      proofs,
      problem: divergence === undefined ? difference : formatDivergence(divergence),
    }
  } finally {
    await running.stop()
    await database.drop()
  }
}
