import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { isAddress } from 'viem'
import { getHeadTime } from '../l1/reads.ts'
import {
  countRegistrarChanges,
  getPermission,
  getRegistrarLimits,
  listRegistrars,
  scheduleCall,
  setRegistrarCall,
} from '../l1/registrars.ts'
import { submitTransaction } from '../l1/submitTransaction.ts'
import { createTransactionAccount } from '../l1/transactionAccount.ts'
import { fileTransactionStore } from '../l1/transactionStore.ts'
import { formatTime } from '../protocol/calendar.ts'
import { GovernanceMissingError } from './errors.ts'
import { connect, say } from './options.ts'
import { type IndexRange, withRange } from './registrar.ts'
import { readRange } from './registrarRange.ts'
import { type CommonOptions, integer, openState, readText } from './registrarOptions.ts'

type ViewOptions = { rpc: string; deployment: string; json?: true }
type RangeOptions = { account?: `0x${string}`; range?: IndexRange }

/** Which indexes a registrar gives: from the chain, or as said. */
export function withRangeOptions(command: Command): Command {
  return command
    .option(
      '--account <address>',
      "the registrar's base-chain account: its range is taken from the chain (default: the only one there)",
      address,
    )
    .addOption(
      new Option('--range <first-end>', 'or this range, the end not included: 1000-2000')
        .argParser(indexRange)
        .conflicts('account'),
    )
}

/** Adds the commands about ranges of indexes to `cinnabar registrar`. */
export function registerRanges(
  registrar: Command,
  { withState }: { withState: (command: Command) => Command },
): void {
  const withView = (command: Command): Command =>
    command
      .requiredOption('--rpc <url>', 'node of the base chain')
      .requiredOption('--deployment <file>', 'deployment file')

  withRangeOptions(withView(withState(registrar.command('range'))))
    .description(
      'Take the range of indexes to offer from the chain again, after governance changed it.',
    )
    .action(async (options: CommonOptions & ViewOptions & RangeOptions) => {
      const range = await rangeOf(options)
      const file = await openState(options)
      const state = withRange(file.value, range)
      await file.write(state)
      say(describeRange(range, state.nextIndex))
    })

  withView(registrar.command('limits'))
    .description('Show every registrar that the chain knows, and what it may do.')
    .option('--json', 'machine-readable answer')
    .action(async (options: ViewOptions) => {
      const registrars = await listRegistrars(await connect(options))
      if (options.json === true) console.log(JSON.stringify(registrars))
      else console.table(registrars)
    })

  withView(registrar.command('set <account>'))
    .description('Give an account its range, tier cap and daily quota: an act of governance.')
    .requiredOption(
      '--range <first-end>',
      'indexes, the end not included: 1000-2000; 0-0 takes its work away',
      indexRange,
    )
    .requiredOption('--tier-cap <number>', 'highest tier that it may give', upTo(255))
    .requiredOption('--daily-quota <number>', 'updates and announcements a day', upTo(2 ** 32 - 1))
    .requiredOption('--key-file <file>', 'file with the base-chain key of the governance role')
    .requiredOption('--dir <folder>', 'folder of transactions')
    .option('--json', 'machine-readable answer')
    .addHelpText(
      'after',
      `
Governance acts after a delay: the first run schedules the change, and the same command, given again after the delay
that it names, makes it. REGISTRAR is a role besides: who has none is granted it by the admin of the access manager.`,
    )
    .action(setRegistrar)
}

type SetOptions = ViewOptions & {
  range: IndexRange
  tierCap: number
  dailyQuota: number
  keyFile: string
  dir: string
}

async function setRegistrar(text: string, options: SetOptions): Promise<void> {
  const registrar = address(text)
  const { range, tierCap, dailyQuota } = options
  const limits = { ...range, tierCap, dailyQuota }
  const connection = await connect(options)
  const { client, deployment } = connection
  const answer = (said: string, facts: Record<string, unknown>): void => {
    if (options.json === true) console.log(JSON.stringify({ registrar, ...limits, ...facts }))
    else say(said)
  }
  const present = await getRegistrarLimits(connection, registrar)
  if (
    Object.entries(limits).every(([name, value]) => present[name as keyof typeof limits] === value)
  ) {
    answer(`${registrar} has these limits.`, { state: 'set' })
    return
  }
  const account = createTransactionAccount(
    (await readText(options.keyFile)).trim() as `0x${string}`,
  )
  const call = setRegistrarCall(deployment, { account: registrar, limits })
  const permission = await getPermission(connection, account.address, call)
  if (permission.kind === 'none') {
    throw new GovernanceMissingError({ account: account.address, act: 'set a registrar' })
  }
  await mkdir(options.dir, { recursive: true, mode: 0o700 })
  const submission = {
    ...{ client, account, chainId: deployment.chainId },
    store: fileTransactionStore(join(options.dir, `transactions-${account.address}.json`)),
  }
  if (permission.kind === 'delayed') {
    const { scheduledFor, delay, nonce } = permission
    if (scheduledFor === undefined) {
      const { transactionHash, blockNumber } = await submitTransaction({
        ...{ ...submission, ...scheduleCall(deployment, call) },
        purpose: `schedule ${String(nonce)} ${call.data}`,
      })
      const { timestamp } = await client.getBlock({ blockNumber })
      const from = timestamp + BigInt(delay)
      answer(
        `Scheduled. Give the command again from ${formatTime(from)} on; until then everybody can see it.`,
        { state: 'scheduled', from: formatTime(from), transaction: transactionHash },
      )
      return
    }
    if ((await getHeadTime(client)) < BigInt(scheduledFor)) {
      const from = formatTime(BigInt(scheduledFor))
      answer(`It is scheduled. Give the command again from ${from} on.`, {
        state: 'scheduled',
        from,
      })
      return
    }
  }
  const { transactionHash } = await submitTransaction({
    ...{ ...submission, ...call },
    // The same limits again, after others in between, are another change.
    purpose: `set after change ${String(await countRegistrarChanges(connection))} ${call.data}`,
  })
  answer(`${registrar} may write to the indexes ${formatRange(range)}, in ${transactionHash}.`, {
    ...{ state: 'set', transaction: transactionHash },
  })
}

/** @throws {RegistrarRangeUnknownError} */
export async function rangeOf({
  account,
  range,
  ...chain
}: { rpc: string; deployment: string } & RangeOptions): Promise<IndexRange> {
  return range ?? readRange(await connect(chain), account)
}

export function describeRange(range: IndexRange, nextIndex: number): string {
  return `Indexes ${formatRange(range)} are this registrar's; the next one is ${String(nextIndex)}.`
}

function formatRange({ firstIndex, endIndex }: IndexRange): string {
  return `${String(firstIndex)} to ${String(endIndex - 1)}`
}

function indexRange(text: string): IndexRange {
  const [, first, end] = /^(\d{1,7})-(\d{1,7})$/.exec(text) ?? []
  const range = { firstIndex: Number(first), endIndex: Number(end) }
  if (first === undefined || range.firstIndex > range.endIndex) {
    throw new InvalidArgumentError('Write the first index and the end: 1000-2000.')
  }
  return range
}

function upTo(largest: number): (text: string) => number {
  return (text) => {
    const number = integer(text)
    if (number > largest) throw new InvalidArgumentError(`It is ${String(largest)} at most.`)
    return number
  }
}

function address(text: string): `0x${string}` {
  if (!isAddress(text, { strict: false })) {
    throw new InvalidArgumentError('Write 0x and 40 hex digits.')
  }
  return text
}
