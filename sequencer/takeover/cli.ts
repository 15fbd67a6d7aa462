import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { readDeployment } from '../../l1/deployment.ts'
import { DatabaseMissingError } from '../errors.ts'
import type { SequencerCliHost } from '../cli.ts'
import { formatEther } from '../cliValues.ts'
import { readKey } from '../readKey.ts'
import { checkBreach, takeOver, type TakeoverEvent, withdrawBond } from './takeOver.ts'

type Options = {
  rpc: string
  deployment: string
  keyFile?: string
  databaseUrl?: string
  dataDir: string
  keepGoing?: boolean
  wait?: boolean
  withdraw?: boolean
  json?: boolean
  maxFeePerGas?: bigint
  poll: number
  logLevel: string
}

/** Adds `cinnabar takeover`. */
export function register(program: Command, host: SequencerCliHost = {}): void {
  program
    .command('takeover')
    .description('Settle in the operator’s place, once it has missed a deadline or fallen silent.')
    .requiredOption('--rpc <url>', 'JSON-RPC of the base chain')
    .requiredOption('--deployment <file>', 'deployment file of the rollup')
    .option('--key-file <file>', 'pays gas and bond; default: CINNABAR_TAKEOVER_KEY')
    .option('--database-url <url>', 'Postgres; default: DATABASE_URL, else an embedded one')
    .option('--data-dir <dir>', 'everything that is kept between runs', '.cinnabar/takeover')
    .option('--keep-going', 'settle what comes, until Ctrl-C, and not only what waits')
    .option('--wait', 'wait for a breach where there is none')
    .option('--withdraw', 'only take the bond out again, after the lease')
    .option('--max-fee-per-gas <wei>', 'above it nothing is signed', parseWei)
    .option('--poll <ms>', 'how often the base chain is read', parseCount, 1_000)
    .option('--json', 'one JSON object a line')
    .option('--log-level <level>', 'log of the sequencer inside, on stderr', 'silent')
    .addHelpText(
      'after',
      `
An empty machine will do: all state is rebuilt from the base chain. The account needs the bond (1 ETH
by default, given back) and gas. It may be stopped or killed at any point and started again.

Example:
  $ export CINNABAR_TAKEOVER_KEY=0x…
  $ cinnabar takeover --rpc http://127.0.0.1:8545 --deployment deployment.json

Next: cinnabar takeover --withdraw …, when the lease is over.`,
    )
    .action(async (options: Options) => {
      await run(options, host)
    })
}

async function run(options: Options, host: SequencerCliHost): Promise<void> {
  const deployment = await readDeployment(options.deployment)
  const privateKey = await readKey({
    what: 'base-chain',
    file: options.keyFile,
    variable: 'CINNABAR_TAKEOVER_KEY',
  })
  const say = options.json === true ? sayJson : sayText
  const waitForBreach = options.wait === true
  if (options.withdraw !== true) {
    await checkBreach({ deployment, rpcUrl: options.rpc, privateKey, waitForBreach })
  }
  const database = await chooseDatabase(options, host)
  const common = { deployment, rpcUrl: options.rpc, databaseUrl: database.url, privateKey }
  const abort = new AbortController()
  const stop = () => {
    abort.abort()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    if (options.withdraw === true) {
      const wei = await withdrawBond(common)
      if (options.json === true)
        console.log(JSON.stringify({ event: 'withdrawn', wei: String(wei) }))
      else console.log(`The bond of ${formatEther(wei)} ETH is back.`)
      return
    }
    const result = await takeOver({
      ...common,
      stateDirectory: join(options.dataDir, 'state'),
      keepGoing: options.keepGoing === true,
      waitForBreach,
      pollMs: options.poll,
      ...(options.maxFeePerGas === undefined ? {} : { maxFeePerGas: options.maxFeePerGas }),
      // Logs go to stderr: stdout is the progress.
      logger:
        options.logLevel === 'silent' ? false : { level: options.logLevel, stream: process.stderr },
      signal: abort.signal,
      onEvent: say,
    })
    if (options.json === true) {
      const { bond, leaseEndsAt, ...rest } = result
      const ends = leaseEndsAt === undefined ? null : String(leaseEndsAt)
      console.log(
        JSON.stringify({ event: 'result', ...rest, bond: String(bond), leaseEndsAt: ends }),
      )
      return
    }
    console.log(`Note root:      ${result.noteRoot}`)
    console.log(`Nullifier root: ${result.nullifierRoot}`)
    if (result.bond > 0n) {
      console.log(
        `Take the bond of ${formatEther(result.bond)} ETH out with --withdraw${result.leaseEndsAt === undefined ? '' : ', when the lease is over'}.`,
      )
    }
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    await database.stop()
  }
}

function sayJson(event: TakeoverEvent): void {
  console.log(JSON.stringify(event))
}

function sayText(event: TakeoverEvent): void {
  console.log(textOf(event))
}

/** A line for people. */
function textOf(event: TakeoverEvent): string {
  switch (event.event) {
    case 'rebuilding':
      return `Rebuilding from the base chain: batch ${String(event.batch)} of ${String(event.of)}.`
    case 'rebuilt':
      return `All ${String(event.batch)} batches rebuilt; the roots are the contract's.`
    case 'waiting':
      return WAITING[event.for](event.until)
    case 'opened':
      return `Settlement is open: ${BREACHES[event.breach]}.`
    case 'bonded':
      return `Bond posted: ${formatEther(BigInt(event.wei))} ETH in all.`
    case 'leased':
      return `The lease is ours until ${event.until} (settlement clock).`
    case 'sealed':
      return `Batch ${String(event.batch)} sealed; proving.`
    case 'settled':
      return `Batch ${String(event.batch)} settled.`
    case 'trouble':
      return `Trouble, tried again: ${event.checks.join('; ')}.`
    case 'done':
      return `Done after batch ${String(event.batch)}: ${ENDS[event.because]}.`
  }
}

const WAITING = {
  breach: (until: string) => `Nothing is past its deadline; waiting, until ${until} at the latest.`,
  turn: (until: string) => `Another proposer holds the lease until ${until}; waiting for our turn.`,
  'cool-down': (until: string) =>
    `Our last lease ended unused; another can be had from ${until} on.`,
  clock: () => 'The guardian has stopped settlement; waiting.',
} as const
const BREACHES = {
  none: 'it was opened by another',
  forcedTransfer: 'a forced transfer is past its deadline',
  deposit: 'a deposit is past its deadline',
  liveness: 'nothing was settled for too long',
} as const
const ENDS = {
  'nothing-waits': 'nothing waits to be settled',
  closing: 'settlement returns to the operator',
  stopped: 'it was stopped',
} as const

async function chooseDatabase(
  { databaseUrl, dataDir }: Options,
  host: SequencerCliHost,
): Promise<{ url: string; stop(): Promise<void> }> {
  const url = databaseUrl ?? process.env['DATABASE_URL']
  if (url !== undefined && url !== '') return { url, stop: () => Promise.resolve() }
  if (host.startPostgres === undefined) throw new DatabaseMissingError()
  return host.startPostgres({ dataDir: join(dataDir, 'postgres') })
}

function parseWei(text: string): bigint {
  if (!/^\d{1,30}$/.test(text)) throw new InvalidArgumentError('Write a whole number of wei.')
  return BigInt(text)
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Write a whole number.')
  return Number(text)
}
