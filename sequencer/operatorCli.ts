import type { Command } from 'commander'
import { findDatabaseUrl } from '../prover/farm/databaseUrl.ts'
import { parsePositive } from './cliValues.ts'
import { backupSequencer, restoreSequencer } from './backup.ts'
import { DatabaseMissingError } from './errors.ts'
import { drainSequencer, type DrainProgress } from './drainSequencer.ts'
import { type Database, openDatabase } from './store/database.ts'
import { endDrain } from './store/drain.ts'
import { voidSealed } from './voidSealed.ts'

type DatabaseOptions = { databaseUrl?: string; json?: true }
type VoidOptions = DatabaseOptions & { from: bigint }
type RestoreOptions = DatabaseOptions & { from: string; keepReceiptKey?: true }

/** Adds what an operator does beside starting: `cinnabar sequencer drain`, `resume`, … */
export function registerOperatorCommands(sequencer: Command): void {
  sequencer
    .command('drain')
    .description('Admit nothing more, finish what was promised, and say when that is done.')
    .option('--database-url <url>', 'Postgres of the sequencer; default: DATABASE_URL')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Before an upgrade, a move or a backup that must lose nothing. The running sequencer answers submissions with 503
SEQUENCER_DRAINING, seals and settles at once, and goes on answering everything else. The drain stands
until cinnabar sequencer resume, whatever is restarted. Ctrl-C ends the wait and not the drain.

Exit status: 0 everything promised is settled, 1 not yet (interrupted, or resumed by somebody).`,
    )
    .action(async (options: DatabaseOptions) => {
      await withDatabase(options, async (database) => {
        const abort = new AbortController()
        const stop = () => abort.abort()
        process.once('SIGINT', stop)
        process.once('SIGTERM', stop)
        const isEmpty = await drainSequencer({
          database,
          signal: abort.signal,
          onProgress(progress) {
            console.log(options.json ? JSON.stringify(progress) : describeProgress(progress))
          },
        })
        if (isEmpty && !options.json) {
          console.log('Empty: it can be stopped. Then: cinnabar sequencer resume')
        }
        process.exitCode = isEmpty ? 0 : 1
      })
    })

  sequencer
    .command('resume')
    .description('End a drain: admit transfers again.')
    .option('--database-url <url>', 'Postgres of the sequencer; default: DATABASE_URL')
    .action(async (options: DatabaseOptions) => {
      await withDatabase(options, async (database) => {
        const wasDraining = await endDrain(database)
        console.log(wasDraining ? 'It admits transfers again.' : 'It was not draining.')
      })
    })

  sequencer
    .command('void')
    .description('Void sealed batches that cannot settle, with the sequencer stopped.')
    .requiredOption(
      '--from <number>',
      'the first batch; all sealed after it are void too',
      parseBatch,
    )
    .option('--database-url <url>', 'Postgres of the sequencer; default: DATABASE_URL')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      `
For batches that the contract refuses for ever and that are not voided by themselves (docs/runbooks/not-settling.md).
Their transfers wait to be sealed again; what is stale by then is rejected, and its owner reads why. Their deposits and
forced transfers are free. Refused: while a sequencer leads (stop it, standbys too), for what is settled, and while a
settle call with one of them is under way.

Exit status: 0 voided, 1 there was nothing to void.`,
    )
    .action(async ({ from, json, ...options }: VoidOptions) => {
      await withDatabase(options, async (database) => {
        const voided = (await voidSealed(database, { from })).map(String)
        if (json === true) console.log(JSON.stringify({ voided }))
        else if (voided.length === 0) console.log('No batch of this number or above is sealed.')
        else {
          console.log(`Void: ${voided.join(', ')}. Their transfers wait to be sealed again.`)
          console.log('Next: start the sequencer.')
        }
        process.exitCode = voided.length > 0 ? 0 : 1
      })
    })

  sequencer
    .command('backup')
    .description('Write what this node decided and promised to a file, while it runs.')
    .requiredOption('--out <file>', 'new file; gzip, readable by its owner only')
    .option('--database-url <url>', 'Postgres of the sequencer; default: DATABASE_URL')
    .addHelpText(
      'after',
      `
In it: receipts, admitted transfers, batches, proofs wanted, settle calls. Not in it: keys (keep them elsewhere),
and what is on the base chain. For no loss at all, archive Postgres' log beside it (docs/operations.md).`,
    )
    .action(async ({ out, ...options }: DatabaseOptions & { out: string }) => {
      await withDatabase(options, async (database) => {
        const { rows } = await backupSequencer(database, { path: out })
        console.log(`${String(rows)} rows written to ${out}.`)
      })
    })

  sequencer
    .command('restore')
    .description('Bring a backup into an empty database.')
    .requiredOption('--from <file>', 'what `backup` wrote')
    .option('--database-url <url>', 'an empty Postgres database; default: DATABASE_URL')
    .option('--keep-receipt-key', 'nothing was sealed since the backup, as after a drain')
    .addHelpText(
      'after',
      `
What the base chain settled since the backup is taken in at the next start. Lost are receipts given since for transfers
that are not settled: their owners submit again. A sequencer with the receipt key of before is refused
(RECEIPT_KEY_BARRED), so that two anchors of one number are never signed by one key: make a new one.`,
    )
    .action(async ({ from, keepReceiptKey, ...options }: RestoreOptions) => {
      await withDatabase(options, async (database) => {
        const { rows, createdAt, barredSigner } = await restoreSequencer(database, {
          path: from,
          keepsReceiptKey: keepReceiptKey === true,
        })
        console.log(`${String(rows)} rows of ${createdAt} restored.`)
        if (barredSigner !== undefined) {
          console.log(`Receipt key ${barredSigner} signs here no more: make a new one.`)
        }
        console.log('Next: cinnabar doctor, then start.')
      })
    })
}

function parseBatch(value: string): bigint {
  return BigInt(parsePositive(value))
}

function describeProgress({ isAcknowledged, admitted, sealed, batches }: DrainProgress): string {
  if (!isAcknowledged) return 'Asked. No sequencer has answered yet: is one running?'
  return `Left: ${String(admitted)} admitted, ${String(sealed)} sealed, ${String(batches)} batches not settled.`
}

/** Opens the named database, and closes it whatever happens. @throws {DatabaseMissingError} */
export async function withDatabase<T>(
  { databaseUrl }: DatabaseOptions,
  use: (database: Database) => Promise<T>,
): Promise<T> {
  const url = findDatabaseUrl(databaseUrl)
  if (url === undefined) throw new DatabaseMissingError()
  const database = await openDatabase({ url, poolSize: 2 })
  try {
    return await use(database)
  } finally {
    await database.close()
  }
}
