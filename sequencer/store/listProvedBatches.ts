import { type ProofWords, proofFromBytes } from '../proofBytes.ts'
import { type Connection, fromField, sql } from './database.ts'

export type ProvedBatch = {
  id: bigint
  number: bigint
  c: bigint
  y: bigint
  proof: ProofWords
}

/** Proofs of the standing batches from `from` on, up to the first that is not proved yet. */
export async function listProvedBatches(
  connection: Connection,
  { from, limit }: { from: bigint; limit: number },
): Promise<ProvedBatch[]> {
  const rows = await connection.query<{
    id: string
    number: string
    c: Buffer
    y: Buffer
    proof: Buffer
  }>(sql`
    select id, number, c, y, proof
    from batch
    where status = 'proved' and proof is not null and number >= ${from}
      and number < ${from + BigInt(limit)}
    order by number
  `)
  const consecutive: ProvedBatch[] = []
  for (const row of rows) {
    if (BigInt(row.number) !== from + BigInt(consecutive.length)) break
    consecutive.push({
      id: BigInt(row.id),
      number: BigInt(row.number),
      c: fromField(row.c),
      y: fromField(row.y),
      proof: proofFromBytes(row.proof),
    })
  }
  return consecutive
}
