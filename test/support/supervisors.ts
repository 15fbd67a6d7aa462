import { startPostgres } from '../../deploy/devnet/postgres.ts'
import type { ChainReader } from '../../l1/chainEvents.ts'
import { openPortableKernels } from '../../prover/kernels.ts'
import { type AuditKeyRing } from '../../regulator/auditKeys.ts'
import { Indexer, type IndexerParameters } from '../../regulator/indexing/indexer.ts'
import { type Database, openDatabase } from '../../regulator/store/database.ts'
import { migrate } from '../../regulator/store/migrate.ts'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import { recordedDeployment } from './recordedChain.ts'
import { auditSecretS } from './transfers.ts'

/** Key S of one epoch of a recorded chain. */
export function statisticsRing(...epochs: bigint[]): AuditKeyRing {
  const secrets = epochs.map((epoch) => auditSecretS + epoch)
  return {
    secretOf: ({ x, y }) =>
      secrets.find((secret) => {
        const key = mulBase8(secret)
        return key.x === x && key.y === y
      }),
  }
}

export type SupervisorServer = {
  /** A migrated store of its own. */
  open(): Promise<{ url: string; database: Database; close: () => Promise<void> }>
  stop(): Promise<void>
}

/** One Postgres for a test file; each test opens a store of its own. */
export async function aSupervisorServer(): Promise<SupervisorServer> {
  const postgres = await startPostgres()
  return {
    async open() {
      const { url, drop } = await postgres.createDatabase()
      const database = await openDatabase({ url })
      await migrate(database)
      return {
        url,
        database,
        close: async () => {
          await database.close()
          await drop()
        },
      }
    },
    stop: () => postgres.stop(),
  }
}

export function anIndexer(
  database: Database,
  reader: ChainReader,
  options: Partial<IndexerParameters> = {},
): Indexer {
  return new Indexer({
    ...{ database, reader, deployment: recordedDeployment, keys: statisticsRing(1n) },
    kernels: openPortableKernels(),
    ...options,
  })
}
