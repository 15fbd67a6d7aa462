import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import { readDeployment } from '../../l1/deployment.ts'
import { formatField } from '../../protocol/field.ts'
import { findDatabaseUrl } from '../../prover/farm/databaseUrl.ts'
import { parseAddress, parseCount, parsePositive, parseTime } from '../cliValues.ts'
import type { SequencerCliHost } from '../cli.ts'
import { DatabaseMissingError } from '../errors.ts'
import { openRemovals } from '../server/removals.ts'
import { formatDivergence } from './divergence.ts'
import { defaultFollowerSettings, type FollowerState } from './follower.ts'
import { startFollower } from './startFollower.ts'

/** Of the process, where something does not agree. 1 is for what went wrong, 2 for what was typed wrong. */
const EXIT_DIVERGENCE = 3

type FollowOptions = {
  rpc: string
  deployment: string
  stateDir: string
  databaseUrl?: string
  host: string
  port: number
  confirmations: number
  finalityDepth: number
  poll: number
  watch?: string
  watchSigner?: `0x${string}`
  removals?: string
  once?: true
  json?: true
  logLevel: string
}

/** Adds `cinnabar follow`. */
export function register(program: Command, host: SequencerCliHost = {}): void {
  program
    .command('follow')
    .description(
      'Rebuild and check everything from the base chain, and serve what a sequencer serves.',
    )
    .requiredOption(
      '--rpc <urls>',
      'JSON-RPC of the base chain; several, by comma, stand in for each other',
    )
    .requiredOption('--deployment <file>', 'deployment file of the rollup')
    .option(
      '--state-dir <dir>',
      'what is kept: trees, and the embedded Postgres; can be deleted and is rebuilt then',
      '.cinnabar/follower',
    )
    .option('--database-url <url>', 'Postgres; default: DATABASE_URL, else an embedded one')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on', parseCount, 8081)
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
        .default(defaultFollowerSettings.pollMs, '1s'),
    )
    .option(
      '--watch <url>',
      'a sequencer whose answers and signed anchors are compared with what settles',
    )
    .option(
      '--watch-signer <address>',
      'who must sign them; default: who does at first',
      parseAddress,
    )
    .option(
      '--removals <file>',
      'orders of the base chain that had memos removed: left out of the answers; read again when it changes',
    )
    .option('--once', 'stop when everything is read, and say whether it agrees')
    .option('--json', 'with --once: the answer as JSON')
    .option('--log-level <level>', 'fatal, error, warn, info, debug or silent', 'info')
    .addHelpText(
      'after',
      `
Example:
  $ cinnabar follow --rpc http://127.0.0.1:8545 --deployment deployment.json \\
      --watch http://127.0.0.1:8080 --port 8081

Exit status: 0 all agrees, 3 something does not (also at /healthz), 1 it could not be found out.`,
    )
    .action(async (options: FollowOptions) => {
      await follow(options, host)
    })
}

async function follow(options: FollowOptions, host: SequencerCliHost): Promise<void> {
  const deployment = await readDeployment(options.deployment)
  const stateDirectory = join(options.stateDir, 'trees')
  await mkdir(stateDirectory, { recursive: true })
  const removals =
    options.removals === undefined
      ? undefined
      : await openRemovals(options.removals, { rpc: options.rpc, deployment })
  const database = await chooseDatabase(options, host)
  const stopped = Promise.withResolvers<undefined>()
  const running = await startFollower({
    deployment,
    rpcUrl: options.rpc,
    databaseUrl: database.url,
    stateDirectory,
    host: options.host,
    port: options.port,
    confirmations: BigInt(options.confirmations),
    finalityDepth: BigInt(options.finalityDepth),
    pollMs: options.poll,
    ...(options.watch === undefined ? {} : { watchUrl: options.watch }),
    ...(options.watchSigner === undefined ? {} : { watchSigner: options.watchSigner }),
    ...(removals === undefined ? {} : { removals }),
    // A log among the lines of an answer would help nobody.
    logger: options.logLevel === 'silent' || options.json ? false : { level: options.logLevel },
    onFatal(error) {
      console.error(`The follower stopped: ${error.message}`)
      process.exit(1)
    },
  }).catch(async (error: unknown) => {
    await database.stop()
    throw error
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stopped.resolve(undefined)
    })
  }
  const { follower } = running
  if (options.once) {
    await Promise.race([stopped.promise, isDecided(() => follower.state)])
  } else {
    console.log(`The follower listens on ${running.url}.`)
    console.log('Press Ctrl-C to stop.')
    await stopped.promise
  }
  if (options.once && options.watch !== undefined) await follower.loops.watch?.tick()
  const { state } = follower
  await running.stop()
  await database.stop()
  console.log(options.json ? JSON.stringify(toJson(state)) : summarize(state))
  if (!isAgreed(state)) process.exitCode = EXIT_DIVERGENCE
}

/** Everything is read, or something does not agree. */
async function isDecided(getState: () => FollowerState): Promise<void> {
  for (;;) {
    const { isCaughtUp, divergence } = getState()
    if (isCaughtUp || divergence !== undefined) return
    await delay(50)
  }
}

function isAgreed({ divergence, findings }: FollowerState): boolean {
  return divergence === undefined && findings.length === 0
}

function divergencesOf({ divergence, findings }: FollowerState): string[] {
  return [...(divergence === undefined ? [] : [divergence]), ...findings].map(formatDivergence)
}

function toJson(state: FollowerState): Record<string, unknown> {
  return {
    agrees: isAgreed(state),
    isCaughtUp: state.isCaughtUp,
    l1Block: state.l1Block === undefined ? null : Number(state.l1Block),
    batchNumber: Number(state.batchNumber),
    noteRoot: formatField(state.noteRoot),
    nullifierRoot: formatField(state.nullifierRoot),
    identityVersion: Number(state.identity.version),
    identityRoot: formatField(state.identity.root),
    proofs: state.proofs,
    divergences: divergencesOf(state),
  }
}

function summarize(state: FollowerState): string {
  const { l1Block, batchNumber, identity, proofs, isCaughtUp } = state
  const lines = [
    `Read to block ${String(l1Block ?? 'none')}${isCaughtUp ? ', the newest' : ''}.`,
    `${String(batchNumber)} batches rebuilt, ${String(proofs)} proofs verified since the start, identity tree at version ${String(identity.version)}.`,
    ...divergencesOf(state).map((what) => `DOES NOT AGREE: ${what}`),
    ...(isAgreed(state) ? ['Every root, rule and proof checked agrees.'] : []),
  ]
  return lines.join('\n')
}

async function chooseDatabase(
  { databaseUrl, stateDir }: FollowOptions,
  host: SequencerCliHost,
): Promise<{ url: string; stop(): Promise<void> }> {
  const url = findDatabaseUrl(databaseUrl)
  if (url !== undefined) return { url, stop: () => Promise.resolve() }
  if (host.startPostgres === undefined) throw new DatabaseMissingError()
  return host.startPostgres({ dataDir: join(stateDir, 'postgres') })
}
