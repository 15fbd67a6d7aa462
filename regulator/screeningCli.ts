import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Address, isAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { ContractCall } from '../l1/calls.ts'
import { getHeadTime } from '../l1/reads.ts'
import {
  allowCall,
  denyCall,
  getListVersion,
  getScreening,
  nameOfReason,
  readListChanges,
  removeCall,
  type ScreeningReason,
  screeningReasons,
} from '../l1/screening.ts'
import { submitTransaction } from '../l1/submitTransaction.ts'
import { fileTransactionStore } from '../l1/transactionStore.ts'
import { SECONDS_PER_DAY } from '../protocol/constants.ts'
import { bytesToHex } from '../protocol/field.ts'
import { FileUnreadableError } from './errors.ts'
import { formatTime } from '../protocol/calendar.ts'
import { connect, say } from './options.ts'

type ViewOptions = { rpc: string; deployment: string; json?: true }
type ActOptions = ViewOptions & { keyFile: string; dir: string; source: string }
type Source = Awaited<ReturnType<typeof connect>>

/** `cinnabar regulator screening`: base-chain addresses that may not deposit or be paid. */
export function registerScreening(regulator: Command): void {
  const screening = regulator
    .command('screening')
    .description('Base-chain addresses that may not deposit or be paid out.')
    .addHelpText(
      'after',
      `
A denial refuses deposits at entry and holds payouts: what is held stays its owner's, and is paid once the denial ends.
It touches no account inside; freezing a person is the registrar's (cinnabar registrar freeze).

  cinnabar regulator screening deny 0x… 0x… --reason sanctions --days 90 --source list.xml …
  cinnabar regulator screening show 0x…`,
    )
  const withView = (command: Command): Command =>
    command
      .requiredOption('--rpc <url>', 'node of the base chain')
      .requiredOption('--deployment <file>', 'deployment file')
      .option('--json', 'machine-readable answer')
  const withActor = (command: Command): Command =>
    withView(command)
      .requiredOption('--key-file <file>', 'file with the base-chain key of the screener role')
      .requiredOption('--dir <folder>', 'folder of transactions')
      .requiredOption(
        '--source <file>',
        'the published document that it rests on; its SHA-256 goes to the chain',
      )

  withActor(screening.command('deny <address...>'))
    .description('Deny addresses for so many days; made again, it goes on.')
    .addOption(
      new Option('--reason <code>', 'why')
        .choices(Object.keys(screeningReasons))
        .makeOptionMandatory(),
    )
    .requiredOption('--days <number>', 'for so many days, 366 at most', integer)
    .action(
      async (
        addresses: string[],
        options: ActOptions & { reason: ScreeningReason; days: number },
      ) => {
        const reason = screeningReasons[options.reason]
        await act('deny', addresses, options, async (source, named) =>
          denyCall(source.deployment, {
            ...{ ...named, reason },
            until: await endOf(source, options.days),
          }),
        )
      },
    )
  withActor(screening.command('allow <address...>'))
    .description('Allow addresses: lifts a denial; needed where only listed addresses deposit.')
    .requiredOption('--days <number>', 'for so many days, 366 at most', integer)
    .action((addresses: string[], options: ActOptions & { days: number }) =>
      act('allow', addresses, options, async (source, named) =>
        allowCall(source.deployment, { ...named, until: await endOf(source, options.days) }),
      ),
    )
  withActor(screening.command('remove <address...>'))
    .description('Take addresses off the list.')
    .action((addresses: string[], options: ActOptions) =>
      act('remove', addresses, options, (source, named) =>
        Promise.resolve(removeCall(source.deployment, named)),
      ),
    )

  withView(screening.command('show [address]'))
    .description('Show what counts for an address, or every change of the list.')
    .action(async (address: string | undefined, options: ViewOptions) => {
      const source = await connect(options)
      const shown =
        address === undefined
          ? (await readListChanges(source)).map(({ reason, until, ...change }) => ({
              ...change,
              reason: reason === 0 ? null : nameOfReason(reason),
              until: until === 0n ? null : formatTime(until),
            }))
          : await describe(source, readAddress(address))
      if (options.json === true) print(shown)
      else if (Array.isArray(shown) && shown.length === 0) say('Nobody was ever listed.')
      else console.table(Array.isArray(shown) ? shown : [shown])
    })
}

async function describe(source: Source, address: Address) {
  const { listing, reason, until, version, ...now } = await getScreening(source, address)
  const against = (code: number) => (code === 0 ? null : nameOfReason(code))
  return {
    ...{ address, listing, version },
    reason: reason === 0 ? null : nameOfReason(reason),
    until: until === 0n ? null : formatTime(until),
    deposit: against(now.againstDeposit) ?? 'may',
    payout: against(now.againstPayout) ?? 'may',
  }
}

async function act(
  verb: 'deny' | 'allow' | 'remove',
  addresses: string[],
  options: ActOptions,
  callOf: (
    source: Source,
    named: { accounts: Address[]; source: `0x${string}` },
  ) => Promise<ContractCall>,
): Promise<void> {
  const source = await connect(options)
  const accounts = addresses.map(readAddress)
  await mkdir(options.dir, { recursive: true, mode: 0o700 })
  const document = await readFile(options.source).catch(() => {
    throw new FileUnreadableError({ path: options.source, reason: 'it cannot be opened' })
  })
  const named = { accounts, source: bytesToHex(createHash('sha256').update(document).digest()) }
  const call = await callOf(source, named)
  const { client, deployment } = source
  const account = privateKeyToAccount(
    (await readFile(options.keyFile, 'utf8')).trim() as `0x${string}`,
  )
  const { transactionHash } = await submitTransaction({
    ...{ client, account, ...call },
    store: fileTransactionStore(join(options.dir, `transactions-${account.address}.json`)),
    chainId: deployment.chainId,
    // Said again later it is another change; said again after a crash it is the same.
    purpose: `${verb} after version ${String(await getListVersion(source))} ${call.data}`,
  })
  if (options.json === true)
    print({ verb, addresses: accounts, source: named.source, transactionHash })
  else say(`${String(accounts.length)} addresses: ${verb}, in ${transactionHash}.`)
}

/** Days from the chain's own time: its contract compares with that. */
async function endOf({ client }: Source, days: number): Promise<bigint> {
  return (await getHeadTime(client)) + BigInt(days) * BigInt(SECONDS_PER_DAY)
}

function readAddress(text: string): Address {
  if (!isAddress(text)) throw new InvalidArgumentError(`${text} is no base-chain address.`)
  return text
}

function print(answer: unknown): void {
  const text = JSON.stringify(answer, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
  process.stdout.write(`${text}\n`)
}

function integer(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
