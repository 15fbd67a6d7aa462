import { type Command, InvalidArgumentError, Option } from 'commander'
import { readDeployment } from '../l1/deployment.ts'
import { findDatabaseUrl } from '../prover/farm/databaseUrl.ts'
import { parseFarmPublicKey, readFarmKey } from '../prover/farm/farmKeyFile.ts'
import { openFarm } from '../prover/farm/store/openFarm.ts'
import { parseAddress, parseCount, parsePositive, parseTime } from './cliValues.ts'
import { DatabaseMissingError, FarmOptionsError } from './errors.ts'
import { registerBondCommands } from './bondCli.ts'
import { registerOperatorCommands } from './operatorCli.ts'
import { addKeyOptions, type KeyOptions, readKeys } from './keyOptions.ts'
import { defaultSettings } from './sequencer.ts'
import { openRemovals } from './server/removals.ts'
import { startSequencer } from './startSequencer.ts'
import { openDatabase } from './store/database.ts'
import { migrate } from './store/migrate.ts'

/** Wei for a transfer and second. At 1 gwei of base fee, a call of its own pays for 80 minutes of one transfer. */
const DEFAULT_DELAY_PRICE = 100_000_000_000n

/** What the command line can lend: a Postgres for development, where no other is named. */
export type SequencerCliHost = {
  startPostgres?: (parameters: {
    dataDir: string
  }) => Promise<{ url: string; stop(): Promise<void> }>
}

type StartOptions = KeyOptions & {
  rpc: string
  deployment: string
  databaseUrl?: string
  dataDir: string
  stateDir: string
  batchAge: number
  delayPrice: bigint
  host: string
  port: number
  standby?: true
  publicUrl?: string
  minFee: Map<bigint, bigint>
  maxBatchesPerSettle: number
  confirmations: number
  finalityDepth: number
  poll: number
  feeRecipient?: `0x${string}`
  provers: number
  farmProvers: number
  farmKey?: string
  farmPublicKey?: Uint8Array
  traceUrl?: string
  removals?: string
  logLevel: string
}

/** Adds `cinnabar sequencer …`. */
export function register(program: Command, host: SequencerCliHost = {}): void {
  const sequencer = program
    .command('sequencer')
    .description('Run the service that admits, seals, proves and settles.')

  const start = sequencer
    .command('start')
    .description('Start the sequencer and serve its interface until Ctrl-C.')
    .requiredOption(
      '--rpc <urls>',
      'JSON-RPC of the base chain; several, by comma, stand in for each other',
    )
    .requiredOption('--deployment <file>', 'deployment file of the rollup')
    .option('--database-url <url>', 'Postgres; default: DATABASE_URL, else an embedded one')
    .option('--data-dir <dir>', 'data of the embedded Postgres', '.cinnabar/sequencer-postgres')
    .option(
      '--state-dir <dir>',
      'trees on a local disk; can be deleted and is rebuilt then',
      '.cinnabar/sequencer-state',
    )
    .addOption(
      new Option('--batch-age <time>', 'longest wait for a batch')
        .argParser(parseTime)
        .default(defaultSettings.batchAgeMs, '10s'),
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on', parseCount, 8080)
    .option('--standby', 'follow the sequencer that leads, and take over when it ends')
    .option('--public-url <url>', 'where clients reach this one; default: where it listens')
    .addOption(
      new Option(
        '--min-fee <asset=units>',
        'lowest fee in an asset, protocol units; may be given again',
      )
        .argParser(addFee)
        .default(new Map<bigint, bigint>(), 'none'),
    )
    .option(
      '--fee-recipient <address>',
      'who is credited the fees; default: the base-chain account',
      parseAddress,
    )
    .option(
      '--max-batches-per-settle <number>',
      'batches in one settle call',
      parseCount,
      defaultSettings.maxBatchesPerSettle,
    )
    .addOption(
      new Option(
        '--delay-price <wei>',
        'what a second’s delay of one transfer counts for, against the gas that waiting saves',
      )
        .argParser(parseWei)
        .default(DEFAULT_DELAY_PRICE, '100 gwei'),
    )
    .option('--confirmations <blocks>', 'base-chain blocks to wait before reading', parseCount, 0)
    .option(
      '--finality-depth <blocks>',
      'base-chain blocks that make a settlement final',
      parsePositive,
      64,
    )
    .addOption(
      new Option('--poll <time>', 'how often the base chain is read')
        .argParser(parseTime)
        .default(defaultSettings.pollMs, '1s'),
    )
  addKeyOptions(start)
    .option('--provers <number>', 'proofs that this process makes at once', parseCount, 1)
    .option(
      '--farm-provers <number>',
      'for --provers 0: proofs that the farm makes at once, at least',
      parsePositive,
      defaultSettings.farmProvers,
    )
    .option('--farm-key <file>', 'key of the farm, for a process that proves beside other workers')
    .option(
      '--farm-public-key <hex>',
      'for --provers 0: public half of the key that the workers hold',
      parseFarmPublicKey,
    )
    .option('--trace-url <url>', 'send traces there, OTLP over HTTP; default: none')
    .option(
      '--removals <file>',
      'orders of the base chain that had memos removed: left out of the answers; read again when it changes',
    )
    .option('--log-level <level>', 'fatal, error, warn, info, debug or silent', 'info')
    .addHelpText(
      'after',
      `
Example:
  $ cinnabar sequencer start --rpc http://127.0.0.1:8545 --deployment deployment.json \\
      --database-url postgres://localhost/cinnabar --batch-age 10s --port 8080

Next: curl http://127.0.0.1:8080/v1/status, and point wallets at this address.`,
    )
    .action(async (options: StartOptions) => {
      await run(options, host)
    })

  registerOperatorCommands(sequencer)
  registerBondCommands(sequencer)

  sequencer
    .command('migrate')
    .description('Bring the database to this version without starting anything.')
    .option('--database-url <url>', 'Postgres; default: DATABASE_URL')
    .action(async (options: { databaseUrl?: string }) => {
      const url = findDatabaseUrl(options.databaseUrl)
      if (url === undefined) throw new DatabaseMissingError()
      const database = await openDatabase({ url })
      try {
        const applied = await migrate(database)
        for (const name of applied) console.log(`applied ${name}`)
        // The queue's own schema, which its library makes and migrates.
        await (await openFarm({ url, name: 'migration', isKeeper: true, poolSize: 2 })).close()
        console.log(applied.length === 0 ? 'The schema is up to date.' : 'Done.')
      } finally {
        await database.close()
      }
    })
}

async function run(options: StartOptions, host: SequencerCliHost): Promise<void> {
  checkFarmOptions(options)
  const deployment = await readDeployment(options.deployment)
  const farmKey = options.farmKey === undefined ? undefined : await readFarmKey(options.farmKey)
  const { account, receiptPrivateKey } = await readKeys(options, farmKey)
  const removals =
    options.removals === undefined
      ? undefined
      : await openRemovals(options.removals, { rpc: options.rpc, deployment })
  const database = await chooseDatabase(options, host)
  const running = await startSequencer({
    deployment,
    rpcUrl: options.rpc,
    databaseUrl: database.url,
    stateDirectory: options.stateDir,
    l1PrivateKey: account,
    receiptPrivateKey,
    host: options.host,
    port: options.port,
    batchAgeMs: options.batchAge,
    minimumFees: options.minFee,
    maxBatchesPerSettle: options.maxBatchesPerSettle,
    delayPrice: options.delayPrice,
    confirmations: BigInt(options.confirmations),
    finalityDepth: BigInt(options.finalityDepth),
    l1Confirmations: options.confirmations + 1,
    pollMs: options.poll,
    provers: options.provers,
    farmProvers: options.farmProvers,
    isStandby: options.standby === true,
    ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
    ...(farmKey === undefined ? {} : { farmKey }),
    ...(options.farmPublicKey === undefined ? {} : { farmPublicKey: options.farmPublicKey }),
    ...(options.feeRecipient === undefined ? {} : { feeRecipient: options.feeRecipient }),
    ...(options.traceUrl === undefined ? {} : { traceUrl: options.traceUrl }),
    ...(removals === undefined ? {} : { removals }),
    logger: options.logLevel === 'silent' ? false : { level: options.logLevel },
    onFatal(error) {
      console.error(`The sequencer stopped: ${error.message}`)
      process.exit(1)
    },
  }).catch(async (error: unknown) => {
    await database.stop()
    throw error
  })
  const role = options.standby === true ? 'stands by' : 'listens'
  console.log(`The sequencer ${role} on ${running.url} and signs as ${running.address}.`)
  console.log('Press Ctrl-C to stop.')
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  await running.stop()
  await database.stop()
}

/** @throws {FarmOptionsError} where nobody could open the jobs, or two keys were named. */
function checkFarmOptions({ provers, farmKey, farmPublicKey }: StartOptions): void {
  const isExternal = farmPublicKey !== undefined
  if (isExternal !== (provers === 0) || (isExternal && farmKey !== undefined)) {
    throw new FarmOptionsError()
  }
}

async function chooseDatabase(
  { databaseUrl, dataDir }: StartOptions,
  host: SequencerCliHost,
): Promise<{ url: string; stop(): Promise<void> }> {
  const url = findDatabaseUrl(databaseUrl)
  if (url !== undefined) return { url, stop: () => Promise.resolve() }
  if (host.startPostgres === undefined) throw new DatabaseMissingError()
  return host.startPostgres({ dataDir })
}

function parseWei(text: string): bigint {
  if (!/^\d{1,30}$/.test(text)) throw new InvalidArgumentError('Write a whole number of wei.')
  return BigInt(text)
}

function addFee(text: string, fees: Map<bigint, bigint>): Map<bigint, bigint> {
  const match = /^(\d{1,5})=(\d{1,19})$/.exec(text)
  const [, asset, amount] = match ?? []
  if (asset === undefined || amount === undefined) {
    throw new InvalidArgumentError('Write asset=units, e.g. 1=100.')
  }
  return new Map(fees).set(BigInt(asset), BigInt(amount))
}
