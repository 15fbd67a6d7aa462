import { randomUUID } from 'node:crypto'
import { bytesToHex } from '../../../protocol/field.ts'
import { asDb, type Farm, notifyFarm, queueOf } from './openFarm.ts'
import { type FarmConnection, sql } from './sql.ts'

export type LeasedRow = {
  id: Buffer
  circuit: string
  verification_key: Buffer
  farm_key: string | null
  attempts: number
}

/**
 * Puts a job in the queue again under a new lease, with the attempts it has left. Its former lease must be
 * over: two at once would be two proofs.
 */
export async function renewLease(
  { boss, settings }: Farm,
  connection: FarmConnection,
  row: LeasedRow,
  { afterSeconds = 0 }: { afterSeconds?: number } = {},
): Promise<void> {
  const { id, attempts } = row
  const lease = randomUUID()
  await connection.query(sql`
    update proof_job set lease = ${lease}, worker = null, claimed_at = null where id = ${id}
  `)
  await boss.send(
    queueOf(row),
    { job: bytesToHex(id) },
    {
      id: lease,
      db: asDb(connection),
      retryLimit: Math.max(0, settings.attempts - attempts - 1),
      startAfter: afterSeconds,
    },
  )
  await notifyFarm(connection, 'job')
}
