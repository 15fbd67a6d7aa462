import { randomUUID } from 'node:crypto'
import { hexToBytes } from '../../../protocol/field.ts'
import { computeJobId, encodeInputs, type JobId } from '../jobInputs.ts'
import { fingerprintOf, sealTo } from '../sealedBox.ts'
import type { CircuitInputs } from '../../witnessCalculator.ts'
import { asDb, ensureQueue, type Farm, notifyFarm, queueName } from './openFarm.ts'
import { type FarmConnection, sql } from './sql.ts'

export type ProofRequest = {
  circuit: string
  /** 64 hex digits; see prover/verificationKey.ts. */
  verificationKeyHash: string
  inputs: CircuitInputs
}

/**
 * Asks for a proof, inside the caller's transaction: workers hear of it when that is committed. The inputs
 * are stored sealed to the farm's key. What was asked for before is the same job, whatever state it is in.
 *
 * @returns the job's name.
 */
export async function enqueueProof(
  farm: Farm,
  connection: FarmConnection,
  publicKey: Uint8Array,
  { circuit, verificationKeyHash, inputs }: ProofRequest,
): Promise<JobId> {
  const encoded = encodeInputs(inputs)
  const id = computeJobId(verificationKeyHash, encoded)
  const farmKey = fingerprintOf(publicKey)
  const lease = randomUUID()
  const witness = sealTo(publicKey, encoded, hexToBytes(id))
  const inserted = await connection.query(sql`
    insert into proof_job (id, circuit, verification_key, farm_key, witness, lease)
    values (
      ${hexToBytes(id)}, ${circuit}, ${hexToBytes(`0x${verificationKeyHash}`)}, ${farmKey},
      ${witness}, ${lease}
    )
    on conflict (id) do nothing
    returning id
  `)
  if (inserted.length === 1) {
    const queue = queueName({ circuit, verificationKeyHash, farmKey })
    await ensureQueue(farm, queue)
    await farm.boss.send(queue, { job: id }, { id: lease, db: asDb(connection) })
    await notifyFarm(connection, 'job')
  }
  return id
}
