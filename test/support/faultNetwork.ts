import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ApiClient, createApiClient } from '../../api/index.ts'
import {
  type EmbeddedPostgres,
  makeVolatileDirectory,
  startEmbeddedPostgres,
} from '../../deploy/devnet/postgres.ts'
import { ROLE_IDS } from '../../deploy/contracts/roles.ts'
import { createChainReader } from '../../l1/chainReader.ts'
import type { ChainReader } from '../../l1/chainEvents.ts'
import { type ChainClient, createChainClient } from '../../l1/client.ts'
import { writeDeployment } from '../../l1/deployment.ts'
import type { FaultChildSettings } from './faultChild.ts'
import { expectFollowerAgrees } from './expectFollowerAgrees.ts'
import { startTestRollup, type TestRollup } from './settlement.ts'
import { send } from './expectRevert.ts'
import { simulatedKeys } from './simulatedKeys.ts'

const CHILD = fileURLToPath(new URL('./faultChild.ts', import.meta.url))
const WORKER = fileURLToPath(new URL('./faultWorker.ts', import.meta.url))
export const SEED = 'faults'
const SEQUENCER_ACCOUNT = 7

/** A sequencer in a process of its own. */
export type FaultChild = {
  readonly process: ChildProcess
  readonly api: ApiClient
  readonly url: string
  /** The lines it printed, the first one says where it listens. */
  readonly lines: string[]
  /** How it ended: an exit code, or the signal. */
  readonly ended: Promise<number | string>
  /** Whether it stands still, by SIGSTOP. */
  isPaused(): boolean
  /** SIGKILL. */
  kill(): Promise<void>
}

/** A worker of the farm in a process of its own, for sequencers that have a farm. */
export type FaultWorker = {
  /** It will die by SIGKILL with the next job in its hands. */
  dieAtNextJob(): void
  hasEnded(): boolean
  readonly ended: Promise<unknown>
}

/**
 * All that a sequencer needs, to break it: a real base chain with the real contracts, a real Postgres, and
 * sequencers in processes of their own. Proofs are simulated, under keys that the contracts hold, so that hundreds of
 * transfers settle in seconds; test/sequencer/restart.test.ts walks the same path with real ones.
 */
export type FaultNetwork = {
  readonly rollup: TestRollup
  /** The server that runs now; its address stays the same. */
  readonly postgres: () => EmbeddedPostgres
  readonly databaseUrl: string
  /** SIGKILL to the database server, and its start on the same data some time later. */
  restartPostgres(parameters?: { downMs?: number }): Promise<void>
  readonly client: ChainClient
  readonly reader: ChainReader
  readonly directory: string
  /** Starts a sequencer and waits until it listens. @throws when it ends before. */
  start(settings?: Partial<FaultChildSettings>): Promise<FaultChild>
  /** As `start`; resolves with how it ended when it died before it listened. */
  tryStart(settings?: Partial<FaultChildSettings>): Promise<FaultChild | string>
  /** A fresh follower's roots are the contract's, every rule and proof holds. @throws when not. */
  expectFollowed(): Promise<void>
  /** @throws when it ends before it takes work. */
  startWorker(): Promise<FaultWorker>
  stop(): Promise<void>
}

/** @param spares processes that are loaded ahead of their start, for tests that start many. */
export async function startFaultNetwork({
  spares = 0,
}: { spares?: number } = {}): Promise<FaultNetwork> {
  const directory = await makeVolatileDirectory('cinnabar-faults-')
  const dataDir = join(directory, 'postgres')
  const [rollup, first] = await Promise.all([
    startTestRollup({ keys: simulatedKeys(SEED) }),
    startEmbeddedPostgres({ dataDir }),
  ])
  let postgres = first
  const databaseUrl = first.url
  const { deployment, chain } = rollup
  // An account of its own, so that nothing of the test's uses its nonces.
  const sequencer = chain.accounts[SEQUENCER_ACCOUNT]
  if (sequencer === undefined) throw new Error('no account for the sequencer')
  await send(
    rollup.contract('accessManager'),
    'grantRole',
    ROLE_IDS.sequencer,
    sequencer.address,
    0,
  )
  const client = createChainClient({ rpcUrl: chain.rpcUrl })
  const deploymentFile = join(directory, 'deployment.json')
  await writeDeployment(deploymentFile, deployment)
  const children = new Set<ChildProcess>()

  const load = (): ChildProcess => {
    const child = spawn(process.execPath, [CHILD, SEED], { stdio: ['pipe', 'pipe', 'inherit'] })
    children.add(child)
    child.once('exit', () => children.delete(child))
    // Of one that is killed before it read its settings.
    child.stdin.on('error', () => undefined)
    return child
  }
  const loaded = Array.from({ length: spares }, load)

  const startWorker = async (): Promise<FaultWorker> => {
    const child = spawn(process.execPath, [WORKER, SEED], { stdio: ['pipe', 'pipe', 'ignore'] })
    children.add(child)
    const ended = once(child, 'exit').finally(() => children.delete(child))
    child.stdin.on('error', () => undefined)
    child.stdin.write(`${databaseUrl}\n`)
    const isReady = await Promise.race([
      once(child.stdout, 'data').then(() => true),
      ended.then(() => false),
    ])
    if (!isReady) throw new Error('the worker ended')
    return {
      ended,
      dieAtNextJob: () => child.kill('SIGUSR2'),
      hasEnded: () => !children.has(child),
    }
  }

  const tryStart = async (
    settings: Partial<FaultChildSettings> = {},
  ): Promise<FaultChild | string> => {
    const whole: FaultChildSettings = {
      deploymentFile,
      rpcUrl: chain.rpcUrl,
      databaseUrl,
      l1PrivateKey: sequencer.privateKey,
      batchAgeMs: 60,
      ...settings,
    }
    const child = loaded.shift() ?? load()
    if (spares > 0) loaded.push(load())
    const { stdin, stdout } = child
    if (stdin === null || stdout === null) throw new Error('a child without pipes')
    const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string)
    const lines: string[] = []
    const output = createInterface({ input: stdout })
    output.on('line', (line) => lines.push(line))
    stdin.write(`${JSON.stringify(whole)}\n`)
    const first = await Promise.race([
      once(output, 'line').then(([line]) => line as string),
      ended.then((end) => ({ end })),
    ])
    if (typeof first !== 'string') return String(first.end)
    const url = first.replace('listening on ', '')
    return {
      process: child,
      url,
      lines,
      ended,
      api: createApiClient({ url, timeoutMs: 5_000 }),
      isPaused: () => /^State:\tT/m.test(readFileSync(`/proc/${String(child.pid)}/status`, 'utf8')),
      async kill() {
        child.kill('SIGKILL')
        await ended
      },
    }
  }
  return {
    rollup,
    postgres: () => postgres,
    databaseUrl,
    async restartPostgres({ downMs = 0 } = {}) {
      await postgres.kill()
      await delay(downMs)
      postgres = await startEmbeddedPostgres({ dataDir, port: Number(new URL(databaseUrl).port) })
    },
    client,
    reader: createChainReader({ client, deployment }),
    directory,
    tryStart,
    startWorker,
    async start(settings) {
      const started = await tryStart(settings)
      if (typeof started === 'string') throw new Error(`the sequencer ended: ${started}`)
      return started
    },
    async expectFollowed() {
      await expectFollowerAgrees({
        ...{ client, deployment, rpcUrl: chain.rpcUrl },
        createDatabase: () => postgres.createDatabase(),
      })
    },
    async stop() {
      for (const child of children) child.kill('SIGKILL')
      await rollup.stop()
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
