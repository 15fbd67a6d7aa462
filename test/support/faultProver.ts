import { openDatabase, fromField, sql, toField } from '../../sequencer/store/database.ts'
import { proofFromWords } from '../../prover/proof.ts'
import type { Prover } from '../../prover/prover.ts'
import { farmKeyFrom } from '../../prover/farm/sealedBox.ts'
import { verifyMany } from '../../prover/verifyMany.ts'
import type { SimulatedKeys } from './simulatedKeys.ts'

/** Of farms whose workers are processes of their own (faultWorker.ts). */
export const faultFarmKey = farmKeyFrom(new Uint8Array(32).fill(5))

/**
 * A prover under keys whose secrets are known: its proofs verify, here and in the contracts, and take no time. Of a
 * batch it proves the public inputs that were fixed when it was sealed.
 */
export async function faultProver(
  keys: SimulatedKeys,
  databaseUrl: string,
): Promise<Prover & { close(): Promise<void> }> {
  const database = await openDatabase({ url: databaseUrl, poolSize: 1 })
  return {
    async prove(circuit, inputs) {
      const rho = inputs['rho'] as bigint
      const [row] = await database.query<{ c: Buffer; y: Buffer }>(
        sql`select c, y from proving_job where rho = ${toField(rho)}`,
      )
      if (row === undefined) throw new Error('nobody wants this proof any more')
      const publicSignals = [fromField(row.c), fromField(row.y), rho]
      return {
        proof: proofFromWords(keys.prove(circuit, publicSignals)),
        publicSignals,
        timings: { queuedMs: 0, witnessMs: 0, proofMs: 0, loadMs: 0 } as never,
      }
    },
    verify: async (circuit, proof, publicSignals) => {
      const verificationKey = keys.verificationKeys[circuit]
      return (await verifyMany([{ verificationKey, proof, publicSignals }]))[0] === true
    },
    verifyMany: (all) =>
      verifyMany(
        all.map(({ circuit, proof, publicSignals }) => ({
          verificationKey: keys.verificationKeys[circuit],
          proof,
          publicSignals,
        })),
      ),
    verificationKey: (circuit) => keys.verificationKeys[circuit],
    warmUp: () => Promise.resolve(),
    close: () => database.close(),
  }
}
