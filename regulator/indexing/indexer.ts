import type { ChainEvent, ChainEventOf, ChainReader } from '../../l1/chainEvents.ts'
import { ChainWatcher } from '../../l1/watcher.ts'
import type { StatisticsRecord } from '../../protocol/auditRecord.ts'
import { type Kernels, openKernels } from '../../prover/kernels.ts'
import type { AuditKeyRing } from '../auditKeys.ts'
import { isOpened } from '../openRecords.ts'
import { openRecordsMany } from '../openRecordsMany.ts'
import type { RuleRecord } from '../rules/window.ts'
import { claimDeployment } from '../store/claimDeployment.ts'
import { countSealedRecords } from '../store/countSealedRecords.ts'
import type { Connection, Database } from '../store/database.ts'
import { deleteL1BlocksAbove } from '../store/deleteL1BlocksAbove.ts'
import { findChainCursor } from '../store/findChainCursor.ts'
import { findRules } from '../store/findRules.ts'
import { insertL1Block } from '../store/insertL1Block.ts'
import { insertL1Epoch } from '../store/insertL1Epoch.ts'
import { insertRecords, type NewRecord } from '../store/insertRecords.ts'
import { insertSettledBatches } from '../store/insertSettledBatches.ts'
import { type Epoch, listEpochs } from '../store/listEpochs.ts'
import { listUngroundedSubjects } from '../store/listUngroundedSubjects.ts'
import { applyRules, evaluateSubjects, type NewlyOpened } from './applyRules.ts'
import { openLateRecords } from './openLateRecords.ts'

export type IndexerParameters = {
  readonly database: Database
  readonly reader: ChainReader
  readonly deployment: {
    readonly chainId: bigint
    readonly rollup: `0x${string}`
    readonly startBlock: bigint
  }
  /** Keys S at hand. Records of other epochs are kept sealed until their key comes. */
  readonly keys: AuditKeyRing
  readonly confirmations?: bigint
  readonly pollMs?: number
  /** Blocks read, and written in one transaction, at a time. */
  readonly maxBlocks?: bigint
  /** Bulk arithmetic. Default: native where it is built. */
  readonly kernels?: Kernels
  /** Past-tense events with facts of positions and counts: never an amount, never a pseudonym. */
  readonly onProgress?: (event: string, facts: Record<string, string | number>) => void
  /** An epoch that is scheduled, and whose key is not at hand: at the start, and whenever more of it is seen. */
  readonly onKeyMissing?: (missing: MissingKey) => void
  readonly onError?: (error: unknown) => void
}

export type MissingKey = {
  readonly epoch: bigint
  readonly startDay: bigint
  /** Records that wait for it. */
  readonly sealed: number
}

/**
 * Follows the settled chain into the supervisor's store: statistics records, and what the rules make of them. A
 * stretch of blocks is one transaction with its cursor, so a process that is killed goes on where it stood; a
 * reorg takes its rows by cascade and the stretch is read again. It writes nothing that is not settled.
 */
export class Indexer {
  readonly #parameters: IndexerParameters
  readonly #kernels: Kernels
  readonly #watcher: ChainWatcher

  constructor(parameters: IndexerParameters) {
    const { database, reader, deployment, confirmations, pollMs, maxBlocks, onError } = parameters
    this.#parameters = parameters
    this.#kernels = parameters.kernels ?? openKernels()
    this.#watcher = new ChainWatcher({
      reader,
      startBlock: deployment.startBlock,
      ...(confirmations === undefined ? {} : { confirmations }),
      ...(pollMs === undefined ? {} : { pollMs }),
      ...(maxBlocks === undefined ? {} : { maxBlocks }),
      // The blocks are the cursor: written and dropped with what was read in them.
      store: { load: () => findChainCursor(database), save: () => Promise.resolve() },
      handlers: {
        onEvents: ({ events, cursor }) => this.#write(events, cursor.number),
        onReorg: ({ commonAncestor }) => this.#dropAbove(commonAncestor),
        ...(onError === undefined ? {} : { onError }),
      },
    })
  }

  /**
   * To be called once, before anything else: claims the database, and opens what a new key opens.
   *
   * @throws {WrongDatabaseError} when the database belongs to another deployment.
   */
  async prepare(): Promise<void> {
    const { database, deployment, keys, onProgress } = this.#parameters
    await claimDeployment(database, deployment)
    const opened = await openLateRecords({ database, keys, kernels: this.#kernels })
    if (opened > 0) onProgress?.('late records opened', { records: opened })
    await this.#nameMissingKeys()
  }

  /** Reads one stretch. True when there may be more to read at once. */
  tick(): Promise<boolean> {
    return this.#watcher.tick()
  }

  /** Reads until nothing more is there. */
  async catchUp(): Promise<void> {
    while (await this.tick());
  }

  start(): void {
    this.#watcher.start()
  }

  stop(): Promise<void> {
    return this.#watcher.stop()
  }

  async #write(events: readonly ChainEvent[], last: bigint): Promise<void> {
    const { database, reader, keys, onProgress } = this.#parameters
    const block = await reader.getBlock(last)
    if (block === undefined) return
    const batches = events.filter((event) => event.type === 'batchSettled')
    // Points are multiplied before the transaction begins, which then lasts no longer than its writes.
    const opened = await openRecordsMany(
      { kernels: this.#kernels, keys: { statistics: keys } },
      batches,
    )
    const records = batches.flatMap((batch, i) =>
      batch.transfers.map((settled, k): NewRecord & { batch: typeof batch } => ({
        ...{ settled, batch, opened: opened[i]![k]! },
      })),
    )
    await database.transaction(async (connection) => {
      for (const { blockNumber: number, blockHash: hash, timestamp } of distinctBlocks(events)) {
        await insertL1Block(connection, { number, hash, timestamp })
      }
      for (const event of events) {
        if (event.type === 'epochScheduled') await insertL1Epoch(connection, event)
      }
      if (batches.length > 0) {
        await insertSettledBatches(connection, batches)
        await insertRecords(connection, records)
        await runRules(connection, records)
      }
      await insertL1Block(connection, block)
    })
    const isNews = events.some(({ type }) => type === 'epochScheduled')
    const isSealed = records.some(({ opened: { statistics } }) => statistics === 'keyMissing')
    if (isNews || isSealed) await this.#nameMissingKeys()
    if (batches.length === 0) return
    const count = (test: (record: NewRecord) => boolean) => records.filter(test).length
    onProgress?.('batches indexed', {
      batches: batches.length,
      records: records.length,
      sealed: count(({ opened: { statistics } }) => statistics === 'keyMissing'),
      unreadable: count(
        ({ opened: { statistics } }) => !isOpened(statistics) && statistics !== 'keyMissing',
      ),
      block: String(last),
    })
  }

  async #nameMissingKeys(): Promise<void> {
    const { database, keys, onKeyMissing } = this.#parameters
    if (onKeyMissing === undefined) return
    const sealed = await countSealedRecords(database)
    for (const { epoch, startDay, auditKeyS } of await listEpochs(database)) {
      if (keys.secretOf(auditKeyS) !== undefined) continue
      onKeyMissing({ epoch, startDay, sealed: sealed.get(epoch) ?? 0 })
    }
  }

  async #dropAbove(commonAncestor: bigint): Promise<void> {
    const { database, onProgress } = this.#parameters
    await database.transaction(async (connection) => {
      await deleteL1BlocksAbove(connection, commonAncestor)
      const rules = await findRules(connection)
      if (rules === undefined) return
      const { document } = rules
      const subjects = await listUngroundedSubjects(connection, document.version)
      await evaluateSubjects(connection, {
        document,
        subjects: subjects.map(({ day, ...subject }) => ({ ...subject, fromDay: day })),
      })
    })
    onProgress?.('reorg followed', { commonAncestor: String(commonAncestor) })
  }
}

/** One block for each number that an event is in. */
function distinctBlocks(events: readonly ChainEvent[]): ChainEvent[] {
  return [...new Map(events.map((event) => [event.blockNumber, event])).values()]
}

async function runRules(
  connection: Connection,
  records: readonly (NewRecord & { batch: ChainEventOf<'batchSettled'> })[],
): Promise<void> {
  const rules = await findRules(connection)
  if (rules === undefined) return
  const epochs = await listEpochs(connection)
  const newly = records.flatMap(({ opened, batch: { blockNumber } }): NewlyOpened[] => {
    const { statistics, day, withdrawal, epoch } = opened
    if (!isOpened(statistics)) return []
    const record = toRuleRecord({ statistics, day, withdrawn: withdrawal.amount })
    return [{ record, epochStart: startOf(epochs, epoch), blockNumber }]
  })
  await applyRules(connection, { document: rules.document, records: newly })
}

export function toRuleRecord({
  statistics,
  day,
  withdrawn,
}: {
  statistics: StatisticsRecord
  day: bigint
  withdrawn: bigint
}): RuleRecord {
  const { pseudonym, asset, amount1, amount2, amount3, amountIn, notesIn } = statistics
  return {
    ...{ pseudonym, asset, day, withdrawn, amountIn, notesIn },
    amounts: [amount1, amount2, amount3],
  }
}

function startOf(epochs: readonly Epoch[], wanted: bigint): bigint {
  return epochs.find(({ epoch }) => epoch === wanted)?.startDay ?? 0n
}
