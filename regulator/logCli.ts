import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { getAnchorSender, readLogAnchors } from '../l1/supervisionLog.ts'
import { canonicalJson } from '../protocol/canonicalJson.ts'
import { logEntryFromJson, logEntryToJson } from './log/exportLog.ts'
import { LogAnchorContradictsError } from './log/errors.ts'
import type { LogEntry } from './log/entry.ts'
import { LogBrokenError, verifyLog } from './log/verifyLog.ts'
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

type VerifyOptions = StoreOptions & ChainOptions & { file?: string; falseAnchor: string[] }

/** `cinnabar regulator log`. */
export function registerLog(regulator: Command, onStore: OnStore): void {
  async function verify(options: VerifyOptions): Promise<void> {
    const { client, deployment } = await connect(options)
    const anchors = await readLogAnchors(client, deployment)
    const { file } = options
    try {
      const verified =
        file === undefined
          ? await onStore(options, (database) => verifyLog(readLog(database), anchors))
          : await verifyLog(readExport(await readText(file)), anchors)
      const { length, head, anchoredLength } = verified
      console.log(
        JSON.stringify({ length: String(length), head, anchored: String(anchoredLength) }),
      )
      say(
        `${String(length)} entries hold. Anchors cover ${String(anchoredLength)}; what is behind them ` +
          'could still be rewritten by who owns the database.',
      )
      const falseAnchors = options.falseAnchor.map((hash) => hash.toLowerCase())
      for (const { known, reason } of verified.contradictions) {
        const isKnownFalse = falseAnchors.includes(known.transactionHash.toLowerCase())
        const error = new LogAnchorContradictsError({
          ...{ ...known, reason, logLength: length },
          sender: await getAnchorSender(client, known),
        })
        say(`${isKnownFalse ? 'Set aside:' : 'ALARM'} ${error.message}\n(${error.code})`)
        if (!isKnownFalse) process.exitCode = 2
      }
    } catch (error) {
      if (!(error instanceof LogBrokenError)) throw error
      // An alarm and no failure of the command: as for `read`, a status of its own.
      say(`ALARM ${error.message}\n(${error.code})`)
      process.exitCode = 2
    }
  }

  const log = regulator
    .command('log')
    .description('The hash-chained log of everything that supervisors do.')
  withChain(withStore(log.command('verify')))
    .description('Recompute the log and compare it with the heads on the base chain.')
    .option('--file <file>', 'verify an export instead of the database')
    .option(
      '--false-anchor <transaction...>',
      'anchors that were found to be false: named, and no longer an alarm',
      [],
    )
    .addHelpText(
      'after',
      `
The exit status is 2 when an entry was changed, removed or inserted, or an anchor says something else than the log: the
log was rewritten or cut off, or an officer's key anchored what the log never was. The rest is verified all the same.`,
    )
    .action(verify)
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

function readExport(text: string): LogEntry[] {
  return text.trimEnd().split('\n').map(logEntryFromJson)
}
