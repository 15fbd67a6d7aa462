import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { readLogAnchors } from '../l1/supervisionLog.ts'
import { canonicalJson } from '../protocol/canonicalJson.ts'
import { logEntryFromJson, logEntryToJson } from './log/exportLog.ts'
import { type KnownHead, LogBrokenError, verifyLog } from './log/verifyLog.ts'
import { connect, say } from './options.ts'
import { readLog } from './store/listLogEntries.ts'
import {
  anchoring,
  type ChainOptions,
  type OnStore,
  readText,
  recorded,
  type StoreOptions,
  withChain,
  withStore,
} from './supervisionOptions.ts'

/** `cinnabar regulator log`. */
export function registerLog(regulator: Command, onStore: OnStore): void {
  const log = regulator
    .command('log')
    .description('The hash-chained log of everything that supervisors do.')
  withChain(withStore(log.command('verify')))
    .description('Recompute the log and compare it with the heads on the base chain.')
    .option('--file <file>', 'verify an export instead of the database')
    .addHelpText(
      'after',
      '\nThe exit status is 2 when an entry was changed, removed or inserted, or the end was cut off.',
    )
    .action(async (options: StoreOptions & ChainOptions & { file?: string }) => {
      const { client, deployment } = await connect(options)
      const known = (await readLogAnchors(client, deployment)).map(
        ({ length, head, transactionHash }): KnownHead => ({
          ...{ length, head, where: `the anchor in transaction ${transactionHash}` },
        }),
      )
      const verify = async (entries: Parameters<typeof verifyLog>[0]) => {
        const { length, head, anchoredLength } = await verifyLog(entries, known)
        console.log(
          JSON.stringify({ length: String(length), head, anchored: String(anchoredLength) }),
        )
        say(
          `${String(length)} entries hold. Anchors cover ${String(anchoredLength)}; what is behind them ` +
            'could still be rewritten by who owns the database.',
        )
      }
      try {
        if (options.file === undefined) {
          await onStore(options, (database) => verify(readLog(database)))
        } else
          await verify((await readText(options.file)).trimEnd().split('\n').map(logEntryFromJson))
      } catch (error) {
        if (!(error instanceof LogBrokenError)) throw error
        // An alarm and no failure of the command: as for `read`, a status of its own.
        say(`ALARM ${error.message}\n(${error.code})`)
        process.exitCode = 2
      }
    })
  withStore(log.command('export'))
    .description('Write the log, an entry a line.')
    .requiredOption('--out <file>', 'where to')
    .action((options: StoreOptions & { out: string }) =>
      onStore(options, async (database) => {
        const lines: string[] = []
        for await (const entry of readLog(database)) {
          lines.push(`${canonicalJson(logEntryToJson(entry))}\n`)
        }
        await writeFile(options.out, lines.join(''), { mode: 0o600 })
        await recorded(database, 'LOG_EXPORTED', { entries: lines.length })
      }),
    )
  withChain(withStore(log.command('anchor')))
    .description('Anchor the log’s head on the base chain, where it has grown.')
    .option('--l1-key-file <file>', 'officer’s base-chain key (else CINNABAR_REGULATOR_L1_KEY)')
    .option('--dir <dir>', 'where sent transactions are kept', '.cinnabar')
    .action((options: StoreOptions & ChainOptions & { l1KeyFile?: string; dir: string }) =>
      onStore(options, async (database) => {
        const anchor = await anchoring(database, await connect(options), options)
        const anchored = await anchor()
        say(
          anchored === undefined
            ? 'Nothing is new since the last anchor.'
            : `Anchored ${String(anchored.length)} entries in ${anchored.transactionHash}.`,
        )
      }),
    )
}
