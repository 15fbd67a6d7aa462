import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import type { ChainDeployment } from '../l1/deployment.ts'
import { formatField } from '../protocol/field.ts'
import { type AuditKeyKind, auditKeyKinds, generateAuditKey } from './auditKeys.ts'
import { registryOf } from './committeeCli.ts'
import {
  amountFormatter,
  connect,
  openAuditKey,
  openAuditKeys,
  readPassphrase,
  say,
} from './options.ts'
import { readChain, type SupervisedChain } from './readChain.ts'
import { registerAuditKey } from './registerAuditKey.ts'
import { formatCsv, formatTable, toJson } from './report.ts'
import { registerOrders } from './orderCli.ts'
import { registerScreening } from './screeningCli.ts'
import { createSealedFile } from './sealedFile.ts'
import { registerSupervision } from './supervisionCli.ts'
import { claimDeployment } from './store/claimDeployment.ts'
import {
  address,
  openStore,
  recorded,
  type RegulatorCliHost,
  wholeNumber,
} from './supervisionOptions.ts'
import { registerVerify } from './verifyCli.ts'
import { registerTravelRule } from './travelRuleCli.ts'

type PossessOptions = {
  deployment?: string
  chainId?: number
  registry?: string
  epoch: number
  passphraseFile?: string
  out: string
}
type ReadOptions = {
  rpc: string
  deployment: string
  statisticsKey: string[]
  investigationKey: string[]
  largeValueKey: string[]
  passphraseFile?: string
  format: 'table' | 'csv' | 'json'
  json?: true
  out?: string
  databaseUrl?: string
}

/** `cinnabar regulator`: audit keys, reading the settled chain with them, and the supervisor's own store. */
export function register(program: Command, host: RegulatorCliHost = {}): void {
  const regulator = program
    .command('regulator')
    .description('Read what the supervisory keys may open, and check the settled chain.')

  regulator
    .command('key')
    .description('Make an audit key and keep it in a file under a passphrase.')
    .addOption(
      new Option('--kind <kind>', 'which key: statistics (S), investigation (I) or largeValue (L)')
        .choices(auditKeyKinds)
        .makeOptionMandatory(),
    )
    .requiredOption('--out <file>', 'where the sealed key goes')
    .option('--passphrase-file <file>', 'file with the passphrase (else CINNABAR_PASSPHRASE)')
    .action(async (options: { kind: AuditKeyKind; out: string; passphraseFile?: string }) => {
      const key = generateAuditKey(options.kind, (length) => randomBytes(length))
      await createSealedFile(options.out, await readPassphrase(options.passphraseFile), {
        kind: key.kind,
        registrationSecret: key.registrationSecret,
      })
      console.log(
        JSON.stringify({
          kind: key.kind,
          registrationPoint: [key.registrationPoint.x, key.registrationPoint.y].map(formatField),
          auditKey: [key.auditKey.x, key.auditKey.y].map(formatField),
        }),
      )
      say(`Sealed in ${options.out}. Back it up: without it, this key's records stay closed.`)
      say('Next: cinnabar regulator possess, for the epoch that it is to be scheduled for.')
    })

  regulator
    .command('possess <key>')
    .description('Prove to the registry that you have an audit key: what scheduling it takes.')
    .option('--deployment <file>', 'deployment file: names chain and registry')
    .option('--chain-id <number>', 'instead, before there is a deployment: the chain', wholeNumber)
    .option('--registry <address>', 'and where its SupervisionRegistry will stand', address)
    .requiredOption(
      '--epoch <number>',
      'epoch that the key will be scheduled for: the next',
      wholeNumber,
    )
    .option('--passphrase-file <file>', 'file with the passphrase (else CINNABAR_PASSPHRASE)')
    .requiredOption('--out <file>', 'where the registration goes')
    .addHelpText(
      'after',
      `
The proof holds for one chain, registry, epoch and kind of key. The registration is public; whoever has the supervision
role schedules it with the other two keys': cinnabar committee schedule. Give the key file to index, serve and read
beside the older ones, best before the epoch begins.`,
    )
    .action(async (file: string, options: PossessOptions) => {
      const { chainId, registry } = await registryOf(options)
      const key = await openAuditKey(file, await readPassphrase(options.passphraseFile))
      const registration = registerAuditKey(key, {
        ...{ chainId: BigInt(chainId), registry: registry as `0x${string}` },
        epoch: BigInt(options.epoch),
        randomBytes: (length) => randomBytes(length),
      })
      await writeFile(options.out, `${JSON.stringify(registration, null, 2)}\n`, { mode: 0o600 })
      say(`Written to ${options.out}. Next: cinnabar committee schedule.`)
    })

  regulator
    .command('read')
    .description('Open the records of all settled transfers and check them.')
    .requiredOption('--rpc <url>', 'node of the base chain')
    .requiredOption('--deployment <file>', 'deployment file')
    .option('--statistics-key <file...>', 'audit keys S, one a file, of any epochs', [])
    .option('--investigation-key <file...>', 'audit keys I, one a file, of any epochs', [])
    .option('--large-value-key <file...>', 'audit keys L, one a file, of any epochs', [])
    .option('--passphrase-file <file>', 'file with the passphrase (else CINNABAR_PASSPHRASE)')
    .addOption(
      new Option('--format <format>', 'form of the answer')
        .choices(['table', 'csv', 'json'])
        .default('table'),
    )
    .option('--json', 'short for --format json')
    .option('--out <file>', 'write there instead of to the screen')
    .option(
      '--database-url <url>',
      'store whose log gets an entry of the reading; default: CINNABAR_REGULATOR_DATABASE_URL',
    )
    .addHelpText(
      'after',
      `
Only the base chain is read. With key S: assets, amounts, tiers, jurisdictions, monthly pseudonyms and
the inflation alarm. With key I: who paid whom, but for payments above the day's threshold and exits, which key L opens.
With all, the readings are held against each other.
The exit status is 2 when a check has failed.

Example:
  CINNABAR_PASSPHRASE=… cinnabar regulator read --rpc http://127.0.0.1:8545 \\
    --deployment deployment.json --statistics-key s.json --investigation-key i.json \\
    --large-value-key l.json`,
    )
    .action(async (options: ReadOptions) => {
      const { chain, deployment } = await readWithKeys(options)
      // As for an answer of the service: before it is given.
      await recordReading(chain, deployment, options)
      const format = options.json === true ? 'json' : options.format
      const amounts = amountFormatter(deployment)
      const { nameOf } = chain.registry
      const answer =
        format === 'json'
          ? `${JSON.stringify(jsonReport(chain), null, 2)}\n`
          : format === 'csv'
            ? formatCsv(chain.transfers, nameOf, amounts)
            : `${formatTable(chain.transfers, nameOf, amounts)}\n`
      if (options.out === undefined) process.stdout.write(answer)
      else await writeFile(options.out, answer, { mode: 0o600 })
      for (const [asset, totals] of chain.totals) {
        say(
          `Asset ${String(asset)}: deposited ${amounts(asset, totals.deposited)}, sent ` +
            `${amounts(asset, totals.sent)}, taken in ${amounts(asset, totals.takenIn)}, withdrawn ` +
            `${amounts(asset, totals.withdrawn)}, fees ${amounts(asset, totals.fees)}.`,
        )
      }
      say(
        `${String(chain.transfers.length)} transfers in ${String(chain.batches.length)} settled batches, ` +
          `read to block ${String(chain.head.number)}.`,
      )
      for (const line of missingKeys(chain, options)) say(line)
      if (chain.findings.length === 0) {
        say('What the given keys open is all there, readable and consistent.')
        return
      }
      for (const { code, batchNumber, slot, message } of chain.findings) {
        say(`ALARM ${code} in batch ${String(batchNumber)}, slot ${String(slot)}: ${message}`)
      }
      say('Keep this answer as evidence and stop relying on balances until it is explained.')
      process.exitCode = 2
    })

  registerSupervision(regulator, host)
  registerOrders(regulator)
  registerScreening(regulator)
  registerVerify(regulator)
  registerTravelRule(regulator)
}

async function readWithKeys(options: ReadOptions) {
  const { reader, deployment } = await connect(options)
  const [statistics, investigation, largeValue] = await Promise.all([
    openAuditKeys('statistics', options.statisticsKey, options),
    openAuditKeys('investigation', options.investigationKey, options),
    openAuditKeys('largeValue', options.largeValueKey, options),
  ])
  const chain = await readChain(reader, {
    fromBlock: deployment.startBlock,
    ...{ statistics, investigation, largeValue },
    onProgress: ({ block, head }) => {
      if (block !== head) say(`Read to block ${String(block)} of ${String(head)}.`)
    },
  })
  return { chain, deployment }
}

/** What was read, and with which kinds of keys, in the log of the store that is named; elsewhere nobody else learns of it. */
async function recordReading(
  { transfers, head }: SupervisedChain,
  deployment: ChainDeployment,
  options: ReadOptions,
): Promise<void> {
  const named = options.databaseUrl ?? process.env['CINNABAR_REGULATOR_DATABASE_URL'] ?? ''
  if (named === '') {
    say('No store is named, so this reading leaves no entry in a log (--database-url).')
    return
  }
  const store = await openStore({ databaseUrl: named, dataDir: '' }, {})
  const { database } = store
  try {
    await claimDeployment(database, deployment)
    const epochs = [...new Set(transfers.map(({ epoch }) => String(epoch)))]
    await recorded(database, 'RECORDS_READ', {
      transfers: transfers.length,
      toBlock: String(head.number),
      epochs: epochs.join(' '),
      keys: [
        ...(options.statisticsKey.length === 0 ? [] : ['statistics']),
        ...(options.investigationKey.length === 0 ? [] : ['investigation']),
        ...(options.largeValueKey.length === 0 ? [] : ['largeValue']),
      ].join(' '),
    })
  } finally {
    await store.close()
  }
}

/** Epochs of which a record stays closed although keys of its kind were given. Where none was, nobody asked for it. */
function missingKeys({ transfers }: SupervisedChain, options: ReadOptions): string[] {
  const closed = (record: 'statistics' | 'investigation') => {
    const counts = new Map<bigint, number>()
    for (const transfer of transfers) {
      if (transfer[record] !== 'keyMissing') continue
      counts.set(transfer.epoch, (counts.get(transfer.epoch) ?? 0) + 1)
    }
    return [...counts]
  }
  const { statisticsKey, investigationKey, largeValueKey } = options
  const asked = investigationKey.length + largeValueKey.length
  return [
    ...(statisticsKey.length === 0 ? [] : closed('statistics')).map(
      ([epoch, count]) =>
        `Epoch ${String(epoch)}: ${String(count)} statistics records stay closed, its key S was not given.`,
    ),
    ...(asked === 0 ? [] : closed('investigation')).map(
      ([epoch, count]) =>
        `Epoch ${String(epoch)}: ${String(count)} investigation records stay closed, the key I or L that they are for was not given.`,
    ),
  ]
}

/** The machine-readable answer. */
export function jsonReport(chain: SupervisedChain): Record<string, unknown> {
  return {
    head: { number: chain.head.number.toString(), hash: chain.head.hash },
    batches: chain.batches.length,
    transfers: toJson(chain.transfers, (index) => chain.registry.nameOf(index)),
    totals: Object.fromEntries(
      [...chain.totals].map(([asset, totals]) => [
        asset.toString(),
        Object.fromEntries(Object.entries(totals).map(([name, value]) => [name, value.toString()])),
      ]),
    ),
    identityRoot: formatField(chain.registry.root),
    findings: chain.findings.map((finding) => ({
      ...finding,
      batchNumber: finding.batchNumber.toString(),
    })),
  }
}
