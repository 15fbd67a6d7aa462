import { type Command, InvalidArgumentError, Option } from 'commander'
import { readDeployment } from '../l1/deployment.ts'
import { parseFarmPublicKey, readFarmKey } from '../prover/farm/farmKeyFile.ts'
import { openFarm } from '../prover/farm/store/openFarm.ts'
import { DatabaseMissingError, FarmOptionsError } from './errors.ts'
import { readKey } from './readKey.ts'
import { defaultSettings } from './sequencer.ts'
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

type StartOptions = {
  rpc: string
  deployment: string
  databaseUrl?: string
  dataDir: string
  stateDir: string
  batchAge: number
  delayPrice: bigint
  host: string
  port: number
  minFee: Map<bigint, bigint>
  maxBatchesPerSettle: number
  confirmations: number
  poll: number
  feeRecipient?: `0x${string}`
  l1KeyFile?: string
  receiptKeyFile?: string
  provers: number
  farmKey?: string
  farmPublicKey?: Uint8Array
  logLevel: string
}

/** Adds `cinnabar sequencer …`. */
export function register(program: Command, host: SequencerCliHost = {}): void {
  const sequencer = program
    .command('sequencer')
    .description('Run the service that admits, seals, proves and settles.')

  sequencer
    .command('start')
    .description('Start the sequencer and serve its interface until Ctrl-C.')
    .requiredOption('--rpc <url>', 'JSON-RPC of the base chain')
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
    .addOption(
      new Option('--poll <time>', 'how often the base chain is read')
        .argParser(parseTime)
        .default(defaultSettings.pollMs, '1s'),
    )
    .option('--l1-key-file <file>', 'base-chain key; default: CINNABAR_SEQUENCER_L1_KEY')
    .option(
      '--receipt-key-file <file>',
      'key for receipts; default: CINNABAR_SEQUENCER_RECEIPT_KEY',
    )
    .option('--provers <number>', 'proofs that this process makes at once', parseCount, 1)
    .option('--farm-key <file>', 'key of the farm, for a process that proves beside other workers')
    .option(
      '--farm-public-key <hex>',
      'for --provers 0: public half of the key that the workers hold',
      parseFarmPublicKey,
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
      await start(options, host)
    })

  sequencer
    .command('migrate')
    .description('Bring the database to this version without starting anything.')
    .option('--database-url <url>', 'Postgres; default: DATABASE_URL')
    .action(async (options: { databaseUrl?: string }) => {
      const url = options.databaseUrl ?? process.env['DATABASE_URL']
      if (url === undefined || url === '') throw new DatabaseMissingError()
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

async function start(options: StartOptions, host: SequencerCliHost): Promise<void> {
  checkFarmOptions(options)
  const deployment = await readDeployment(options.deployment)
  const l1PrivateKey = await readKey({
    what: 'base-chain',
    file: options.l1KeyFile,
    variable: 'CINNABAR_SEQUENCER_L1_KEY',
  })
  const receiptPrivateKey = await readKey({
    what: 'receipt',
    file: options.receiptKeyFile,
    variable: 'CINNABAR_SEQUENCER_RECEIPT_KEY',
  })
  const database = await chooseDatabase(options, host)
  const running = await startSequencer({
    deployment,
    rpcUrl: options.rpc,
    databaseUrl: database.url,
    stateDirectory: options.stateDir,
    l1PrivateKey,
    receiptPrivateKey,
    host: options.host,
    port: options.port,
    batchAgeMs: options.batchAge,
    minimumFees: options.minFee,
    maxBatchesPerSettle: options.maxBatchesPerSettle,
    delayPrice: options.delayPrice,
    confirmations: BigInt(options.confirmations),
    l1Confirmations: options.confirmations + 1,
    pollMs: options.poll,
    provers: options.provers,
    ...(options.farmKey === undefined ? {} : { farmKey: await readFarmKey(options.farmKey) }),
    ...(options.farmPublicKey === undefined ? {} : { farmPublicKey: options.farmPublicKey }),
    ...(options.feeRecipient === undefined ? {} : { feeRecipient: options.feeRecipient }),
    logger: options.logLevel === 'silent' ? false : { level: options.logLevel },
    onFatal(error) {
      console.error(`The sequencer stopped: ${error.message}`)
      process.exit(1)
    },
  }).catch(async (error: unknown) => {
    await database.stop()
    throw error
  })
  console.log(`The sequencer listens on ${running.url} and signs as ${running.address}.`)
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
  const url = databaseUrl ?? process.env['DATABASE_URL']
  if (url !== undefined && url !== '') return { url, stop: () => Promise.resolve() }
  if (host.startPostgres === undefined) throw new DatabaseMissingError()
  return host.startPostgres({ dataDir })
}

/** `500ms`, `10s`, `2m`; milliseconds. */
function parseTime(text: string): number {
  const match = /^(\d+)(ms|s|m)$/.exec(text)
  const [, amount, unit] = match ?? []
  if (amount === undefined) throw new InvalidArgumentError('Write e.g. 500ms, 10s or 2m.')
  return Number(amount) * (unit === 'ms' ? 1 : unit === 's' ? 1_000 : 60_000)
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Write a whole number.')
  return Number(text)
}

function parseWei(text: string): bigint {
  if (!/^\d{1,30}$/.test(text)) throw new InvalidArgumentError('Write a whole number of wei.')
  return BigInt(text)
}

function parseAddress(text: string): `0x${string}` {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) {
    throw new InvalidArgumentError('Write 0x and 40 hex digits.')
  }
  return text.toLowerCase() as `0x${string}`
}

function addFee(text: string, fees: Map<bigint, bigint>): Map<bigint, bigint> {
  const match = /^(\d{1,5})=(\d{1,19})$/.exec(text)
  const [, asset, amount] = match ?? []
  if (asset === undefined || amount === undefined) {
    throw new InvalidArgumentError('Write asset=units, e.g. 1=100.')
  }
  return new Map(fees).set(BigInt(asset), BigInt(amount))
}
