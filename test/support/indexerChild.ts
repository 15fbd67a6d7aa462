// An indexer in a process of its own, for tests that kill it: it follows a synthetic chain, two blocks a transaction.
import { openPortableKernels } from '../../prover/kernels.ts'
import { auditKeyFromSecret, auditKeyRing } from '../../regulator/auditKeys.ts'
import { Indexer } from '../../regulator/indexing/indexer.ts'
import { openDatabase } from '../../regulator/store/database.ts'
import { recordedDeployment } from './recordedChain.ts'
import { syntheticChain } from './syntheticChain.ts'

export const INDEXED_TRANSFERS = 150

/** The same chain in every process. */
export async function anIndexerOfSynthetics(url: string) {
  const statistics = auditKeyFromSecret('statistics', 11n)
  const kernels = openPortableKernels()
  const reader = await syntheticChain({
    ...{ kernels, transfers: INDEXED_TRANSFERS },
    auditKeys: { statistics, investigation: auditKeyFromSecret('investigation', 12n) },
  })
  const database = await openDatabase({ url })
  const indexer = new Indexer({
    ...{ database, reader, kernels, deployment: recordedDeployment, maxBlocks: 2n },
    keys: auditKeyRing([statistics]),
    onProgress: (event, facts) => {
      process.stdout.write(`${event} ${JSON.stringify(facts)}\n`)
    },
  })
  await indexer.prepare()
  return { indexer, database }
}

const [, script, url] = process.argv
if (script?.endsWith('indexerChild.ts') === true && url !== undefined) {
  const { indexer } = await anIndexerOfSynthetics(url)
  await indexer.catchUp()
  process.exit(0)
}
