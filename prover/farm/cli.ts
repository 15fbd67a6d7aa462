import { type Command, InvalidArgumentError } from 'commander'
import { hostname } from 'node:os'
import { BATCH_CIRCUITS } from '../../protocol/constants.ts'
import { BaseError } from '../../protocol/errors.ts'
import { bytesToHex } from '../../protocol/field.ts'
import { loadKeys } from '../loadKeys.ts'
import { createProver } from '../prover.ts'
import { findDatabaseUrl } from './databaseUrl.ts'
import { FarmCircuitsMissingError, FarmJobUnknownError, FarmOptionError } from './errors.ts'
import { readFarmKey, writeFarmKey } from './farmKeyFile.ts'
import { FarmWorker, type WorkerEvent } from './farmWorker.ts'
import type { JobId } from './jobInputs.ts'
import { fingerprintOf, generateFarmKey } from './sealedBox.ts'
import { listProofJobs, type ProofJob } from './store/listProofJobs.ts'
import { type Farm, openFarm } from './store/openFarm.ts'
import { requeueProofs } from './store/requeueProofs.ts'
import { countEvent, createProverMetrics } from './workerMetrics.ts'
import { startWorkerServer } from './workerServer.ts'

/** Every batch circuit whose keys this machine holds. */
const defaultCircuits = Object.keys(BATCH_CIRCUITS)
/** How many lines of trouble in a row are the same trouble. */
const SAME_TROUBLE_MS = 5_000

type DatabaseOptions = { databaseUrl?: string }
type WorkOptions = DatabaseOptions & {
  farmKey?: string
  concurrency: number
  circuits?: string[]
  name: string
  drain: number
  metricsPort?: number
  metricsHost: string
  json?: true
}

/** Adds `cinnabar prover …`. */
export function register(program: Command): void {
  const prover = program
    .command('prover')
    .description('Make proofs for a sequencer: one worker of its farm, until Ctrl-C.')
    .option('--database-url <url>', "the farm's Postgres; default: DATABASE_URL")
    .option('--farm-key <file>', 'key that opens the jobs; default: CINNABAR_FARM_KEY_FILE')
    .option('--concurrency <number>', 'proofs at once', parseCount, 1)
    .option('--circuits <names>', 'comma-separated; default: all with keys here', parseNames)
    .option('--name <name>', 'shown to operators', `${hostname()}-${String(process.pid)}`)
    .option('--drain <seconds>', 'how long to finish what is under way at the end', parseCount, 60)
    .option('--metrics-port <number>', 'answer /livez, /readyz and /metrics there', parsePort)
    .option('--metrics-host <address>', 'address for that', '127.0.0.1')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Any number of workers on any number of machines. A worker takes the jobs whose verification keys it
holds (\`npm run setup\` makes them for development). It opens their data with the farm's key, which the
sequencer does not have. Ctrl-C or SIGTERM: takes no more jobs, finishes those under way or, after
--drain, gives them back; the second time gives them back at once.

Exit codes: 0 ended when told to, 1 could not start.

Example:
  $ cinnabar prover keygen --out farm.key
  $ cinnabar sequencer start --provers 0 --farm-public-key 0x… …
  $ cinnabar prover --database-url postgres://farm@db/cinnabar --farm-key farm.key

Next: cinnabar prover jobs`,
    )
    .action(work)

  prover
    .command('keygen')
    .description(
      "Make the farm's key: the file is for workers, the printed half for the sequencer.",
    )
    .requiredOption('--out <file>', 'new file, readable by its owner only')
    .action(async ({ out }: { out: string }) => {
      const key = generateFarmKey()
      await writeFarmKey(out, key)
      console.log(`Farm key written to ${out}. Copy it to the workers, and to nobody else.`)
      console.log(`Public half, for the sequencer: --farm-public-key ${bytesToHex(key.publicKey)}`)
      console.log(`Fingerprint, as workers and jobs show it: ${fingerprintOf(key.publicKey)}`)
    })

  prover
    .command('jobs')
    .description('List the proofs that are wanted, and the workers.')
    .option('--database-url <url>', "the farm's Postgres; default: DATABASE_URL")
    .option('--json', 'JSON')
    .action((own: { json?: true }, command: Command) =>
      withFarm(command, async (farm) => {
        const jobs = await listProofJobs(farm)
        const workers = (await farm.boss.getInstances())
          .filter(({ live, pid }) => live && pid !== process.pid)
          .map(({ name, host, startedOn }) => ({ name, host, startedAt: startedOn }))
        if (own.json ?? command.optsWithGlobals<{ json?: true }>().json) {
          console.log(JSON.stringify({ jobs, workers }, null, 2))
          return
        }
        for (const job of jobs) console.log(describeJob(job))
        if (jobs.length === 0) console.log('No proof is wanted.')
        console.log(`Members: ${workers.map(({ name }) => String(name)).join(', ') || 'none'}`)
        if (jobs.some(({ state }) => state === 'dead')) {
          console.log(
            'Dead jobs wait for you: remove the cause, then cinnabar prover requeue --all',
          )
        }
      }),
    )

  prover
    .command('requeue')
    .description('Give dead jobs all their attempts again.')
    .argument('[job]', 'its name, or the first digits of it')
    .option('--all', 'every dead job')
    .option('--database-url <url>', "the farm's Postgres; default: DATABASE_URL")
    .action((job: string | undefined, { all }: { all?: true }, command: Command) =>
      withFarm(command, async (farm) => {
        const dead = (await listProofJobs(farm)).filter(({ state }) => state === 'dead')
        const chosen = all ? dead.map((one) => one.job) : [findDead(dead, job)]
        const requeued = await requeueProofs(farm, chosen)
        console.log(`${String(requeued.length)} requeued.`)
      }),
    )
}

async function work(options: WorkOptions): Promise<void> {
  const url = databaseUrlOf(options)
  const keyFile = options.farmKey ?? process.env['CINNABAR_FARM_KEY_FILE']
  if (keyFile === undefined || keyFile === '') {
    throw new FarmOptionError({
      missing: "The farm's key",
      remedy: 'Give --farm-key, or set CINNABAR_FARM_KEY_FILE. `cinnabar prover keygen` makes one.',
    })
  }
  const key = await readFarmKey(keyFile)
  const circuits = findCircuits(options.circuits)
  const metrics = createProverMetrics()
  const report = reporter(options.json === true)
  const say = (event: WorkerEvent) => {
    countEvent(metrics, event)
    report(event)
  }
  const farm = await openFarm({
    url,
    name: options.name,
    isKeeper: false,
    poolSize: 2 + options.concurrency,
    onError: ({ message }) => say({ type: 'trouble', worker: options.name, message }),
  })
  const prover = createProver<string>({ workers: options.concurrency })
  const worker = new FarmWorker({
    farm,
    prover,
    key,
    circuits,
    name: options.name,
    concurrency: options.concurrency,
    onEvent: say,
  })
  let isTaking = false
  const { metricsPort: port, metricsHost: host } = options
  const shown =
    port === undefined
      ? undefined
      : await startWorkerServer({
          ...{ metrics, host, port },
          isReady: async () => isTaking && (await answers(farm)),
        }).catch(async (error: unknown) => {
          await farm.close()
          await prover.close()
          throw error
        })
  try {
    await worker.start()
    isTaking = true
    await told()
    isTaking = false
    const impatience = told().then(() => worker.stop())
    await Promise.race([worker.stop({ graceMs: options.drain * 1_000 }), impatience])
  } finally {
    await shown?.close()
    await prover.close()
    await farm.close()
  }
  // The second signal may never come, and its listener keeps nobody alive; neither may anything else.
  process.exit(0)
}

function answers(farm: Farm): Promise<boolean> {
  return farm.query({ text: 'select 1', values: [] }).then(
    () => true,
    () => false,
  )
}

/** The next SIGINT or SIGTERM. */
function told(): Promise<void> {
  return new Promise((resolve) => {
    const heard = () => {
      process.off('SIGINT', heard)
      process.off('SIGTERM', heard)
      resolve()
    }
    process.on('SIGINT', heard)
    process.on('SIGTERM', heard)
  })
}

function findCircuits(wanted: string[] | undefined): {
  name: string
  verificationKeyHash: string
}[] {
  const names = wanted ?? defaultCircuits
  const found = names.flatMap((name) => {
    try {
      return [{ name, verificationKeyHash: loadKeys(name).info.verificationKeyHash }]
    } catch (error) {
      // What was named must be there; of the rest whatever is.
      if (wanted !== undefined || !(error instanceof BaseError)) throw error
      return []
    }
  })
  if (found.length === 0) throw new FarmCircuitsMissingError({ circuits: names })
  return found
}

function reporter(isJson: boolean): (event: WorkerEvent) => void {
  let lastTrouble = { message: '', at: 0 }
  return (event) => {
    if (event.type === 'trouble') {
      const now = Date.now()
      if (event.message === lastTrouble.message && now - lastTrouble.at < SAME_TROUBLE_MS) return
      lastTrouble = { message: event.message, at: now }
    }
    const at = new Date().toISOString()
    console.log(isJson ? JSON.stringify({ at, ...event }) : `${at} ${describeEvent(event)}`)
  }
}

function describeEvent(event: WorkerEvent): string {
  switch (event.type) {
    case 'ready':
      return `${event.worker} waits for jobs of ${event.circuits.join(', ')}`
    case 'claimed':
      return `${shorten(event.job)} ${event.circuit}: claimed, attempt ${String(event.attempt)}`
    case 'delivered':
      return `${shorten(event.job)} ${event.circuit}: proved in ${String(event.durationMs)} ms`
    case 'late':
      return `${shorten(event.job)} ${event.circuit}: too late, another worker has it`
    case 'failed':
      return `${shorten(event.job)} ${event.circuit}: failed\n${event.message}\n(${event.code}; rests ${String(event.restSeconds)} s)`
    case 'foreign':
      return `jobs wait that are sealed to farm key ${event.farmKey}, and this worker has ${event.ownKey}: it takes none of them. Give it the key whose public half the sequencer has.`
    case 'released':
      return `${shorten(event.job)} ${event.circuit}: given back`
    case 'trouble':
      return `the farm does not answer: ${event.message}`
  }
}

function describeJob(job: ProofJob): string {
  const since = Math.max(0, Math.round((Date.now() - job.createdAt.getTime()) / 1_000))
  const failure =
    job.lastError === undefined ? '' : `, last ${job.lastError} by ${job.lastWorker ?? 'nobody'}`
  const by = job.worker === undefined ? '' : ` by ${job.worker}`
  const key = job.farmKey === undefined ? '' : `, farm key ${job.farmKey}`
  return `${shorten(job.job)} ${job.circuit} ${job.state}${by}, ${String(since)} s old, ${String(job.attempts)} attempts${failure}${key}`
}

function shorten(job: JobId): string {
  return job.slice(0, 18)
}

function findDead(dead: readonly ProofJob[], wanted: string | undefined): JobId {
  if (wanted === undefined) {
    throw new FarmOptionError({ missing: 'The job', remedy: 'Name one, or give --all.' })
  }
  const found = dead.filter(({ job }) => job.startsWith(wanted.toLowerCase()))
  const [only] = found
  if (only === undefined || found.length > 1) throw new FarmJobUnknownError({ job: wanted })
  return only.job
}

async function withFarm(command: Command, use: (farm: Farm) => Promise<void>): Promise<void> {
  const url = databaseUrlOf(command.optsWithGlobals<DatabaseOptions>())
  const farm = await openFarm({ url, name: 'operator', isKeeper: false, poolSize: 2 })
  try {
    await use(farm)
  } finally {
    await farm.close()
  }
}

function databaseUrlOf({ databaseUrl }: DatabaseOptions): string {
  const url = findDatabaseUrl(databaseUrl)
  if (url !== undefined) return url
  throw new FarmOptionError({
    missing: "The farm's database",
    remedy: 'Give --database-url, or set DATABASE_URL: it is the sequencer’s Postgres.',
  })
}

function parseCount(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('Write a whole number.')
  return Number(text)
}

function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError('Write a port, 0 to 65535.')
  }
  return Number(text)
}

function parseNames(text: string): string[] {
  return text.split(',').filter((name) => name !== '')
}
