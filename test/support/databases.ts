import { startPostgres } from '../../deploy/devnet/postgres.ts'
import { type Database, openDatabase } from '../../sequencer/store/database.ts'

export type TestServer = {
  /** An empty database of its own. */
  open(): Promise<{ url: string; database: Database; close: () => Promise<void> }>
  stop(): Promise<void>
}

/** One Postgres for a test file; each test opens a database of its own. */
export async function aServer(): Promise<TestServer> {
  const postgres = await startPostgres()
  return {
    async open() {
      const { url, drop } = await postgres.createDatabase()
      const database = await openDatabase({ url })
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
