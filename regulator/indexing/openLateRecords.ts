import { STATISTICS_MASKS, unmaskStatistics } from '../../protocol/auditRecord.ts'
import { bigintToBytes } from '../../protocol/field.ts'
import { NODE_BYTES, readNode, writeNode } from '../../protocol/nodeStore.ts'
import type { Kernels } from '../../prover/kernels.ts'
import type { AuditKeyRing } from '../auditKeys.ts'
import { isOpened, orMalformed } from '../openRecords.ts'
import type { Database } from '../store/database.ts'
import { findRules } from '../store/findRules.ts'
import { listEpochs } from '../store/listEpochs.ts'
import { listRecordsAt } from '../store/listRecordsAt.ts'
import { listSealedRecords, type SealedRecord } from '../store/listSealedRecords.ts'
import { type LateOpening, openSealedRecords } from '../store/openSealedRecords.ts'
import { applyRules } from './applyRules.ts'

/** Opened in one transaction: each is progress that a crash does not take back. */
const TOGETHER = 2_048

/**
 * Opens stored records of epochs whose key was not at hand when they were settled, and runs the rules over
 * them.
 *
 * @returns how many.
 */
export async function openLateRecords({
  database,
  keys,
  kernels,
}: {
  database: Database
  keys: AuditKeyRing
  kernels: Kernels
}): Promise<number> {
  const secrets = new Map<bigint, bigint>()
  for (const { epoch, auditKeyS } of await listEpochs(database)) {
    const secret = keys.secretOf(auditKeyS)
    if (secret !== undefined) secrets.set(epoch, secret)
  }
  const epochs = [...secrets.keys()]
  for (let count = 0; ;) {
    const records = await listSealedRecords(database, { epochs, limit: TOGETHER })
    if (records.length === 0) return count
    const openings = await openMany(kernels, secrets, records)
    await database.transaction(async (connection) => {
      await openSealedRecords(connection, openings)
      const rules = await findRules(connection)
      if (rules === undefined) return
      const opened = openings.filter(({ statistics }) => isOpened(statistics))
      await applyRules(connection, {
        document: rules.document,
        records: await listRecordsAt(connection, opened),
      })
    })
    count += records.length
  }
}

async function openMany(
  kernels: Kernels,
  secrets: ReadonlyMap<bigint, bigint>,
  records: readonly SealedRecord[],
): Promise<LateOpening[]> {
  const openings: LateOpening[] = []
  for (const [epoch, secret] of secrets) {
    const chosen = records.filter((record) => record.epoch === epoch)
    if (chosen.length === 0) continue
    const points = new Uint8Array(chosen.length * 2 * NODE_BYTES)
    chosen.forEach(({ ephemeral: [x, y] }, i) => {
      writeNode(points, 2 * i * NODE_BYTES, x)
      writeNode(points, (2 * i + 1) * NODE_BYTES, y)
    })
    const scalar = bigintToBytes(secret, NODE_BYTES).reverse()
    const { points: shared, isValid } = await kernels.multiplyMany(points, scalar)
    const pads = await Promise.all(
      STATISTICS_MASKS.map((initialState) =>
        kernels.hashMany({ initialState, arity: 2, inputs: shared }),
      ),
    )
    chosen.forEach(({ batchNumber, slot, ciphertext }, i) => {
      const masks = pads.map((hashes) => readNode(hashes, i * NODE_BYTES))
      const statistics =
        isValid[i] === 1
          ? orMalformed(() => unmaskStatistics(masks, ciphertext))
          : 'ephemeralInvalid'
      openings.push({ batchNumber, slot, statistics })
    })
  }
  return openings
}
