import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sql } from '../../regulator/store/database.ts'
import { anIndexerOfSynthetics, INDEXED_TRANSFERS } from '../support/indexerChild.ts'
import { aSupervisorServer } from '../support/supervisors.ts'

const child = fileURLToPath(new URL('../support/indexerChild.ts', import.meta.url))

describe('an indexer that is killed', () => {
  test('behavior: goes on where it stood; nothing is missing, nothing is there twice', async () => {
    const server = await aSupervisorServer()
    const { url, database, close } = await server.open()
    try {
      const running = spawn(process.execPath, [child, url], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const closed = once(running, 'close')
      let stretches = 0
      for await (const line of createInterface({ input: running.stdout })) {
        assert.match(line, /^batches indexed/)
        stretches += 1
        if (stretches === 4) running.kill('SIGKILL')
      }
      await closed
      const count = async () => {
        const [row] = await database.query<{ count: string }>(sql`select count(*) from record`)
        return Number(row?.count)
      }
      const before = await count()
      assert.ok(before > 0 && before < INDEXED_TRANSFERS, `${before} records when it was killed`)

      const again = await anIndexerOfSynthetics(url)
      await again.indexer.catchUp()
      await again.database.close()
      assert.equal(await count(), INDEXED_TRANSFERS)
      const [sums] = await database.query<{ sent: string; opened: string }>(sql`
        select sum(amount_1) as sent, count(*) filter (where status = 'opened') as opened from record
      `)
      assert.deepEqual(sums, {
        sent: String(100 * INDEXED_TRANSFERS),
        opened: String(INDEXED_TRANSFERS),
      })
    } finally {
      await close()
      await server.stop()
    }
  })
})
