import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { fileURLToPath } from 'node:url'
import { bytesToHex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { dayOf } from '../../protocol/calendar.ts'
import { SECONDS_PER_DAY } from '../../protocol/constants.ts'
import {
  BaseChainRequestError,
  BaseChainStartError,
  UnknownBaseChainClientError,
} from './errors.ts'
import { startGuardedProcess } from './guardedProcess.ts'
import type { GuardedProcess } from './guardedProcess.ts'

export const baseChainClients = ['hardhat', 'anvil'] as const
export type BaseChainClient = (typeof baseChainClients)[number]

/** What both clients are started with. Equal settings are the point: nothing may depend on one client. */
export type BaseChainSettings = {
  chainId: number
  /** 0 takes a free one. */
  port: number
  mnemonic: string
  accountCount: number
  balanceEther: number
  blockGasLimit: number
  hardfork: string
  /** Of the genesis block, in seconds; the clock goes on from there. */
  startsAt: number
}

export type DevAccount = { address: `0x${string}`; privateKey: `0x${string}` }

export type BaseChain = {
  client: BaseChainClient
  rpcUrl: string
  chainId: number
  /** Process id of the node. */
  pid: number
  /** Funded with 10,000 ether each. The keys are public knowledge. */
  accounts: readonly DevAccount[]
  /** One JSON-RPC call, for development methods. Everything else talks to the chain through `l1/`. */
  request(method: string, params?: readonly unknown[]): Promise<unknown>
  /** Mines `blocks` empty blocks (1 unless told). */
  mine(blocks?: number): Promise<void>
  /** Moves the clock forward and mines one block at the new time. */
  increaseTime(seconds: number): Promise<void>
  /** Back to the genesis block. */
  reset(): Promise<void>
  /** Marks the present state; the returned function brings the chain back to it, once. */
  snapshot(): Promise<() => Promise<void>>
  stop(): Promise<void>
  /** SIGKILL: the node disappears as in a crash, and its chain with it. */
  kill(): Promise<void>
}

export type StartBaseChainParameters = {
  /** Default: `CINNABAR_L1`, else hardhat. */
  client?: BaseChainClient
  /** Default: any free one. */
  port?: number
  /** Default: 31337. */
  chainId?: number
}

/** The phrase every development tool knows. Its accounts hold money on no real chain. */
export const DEV_MNEMONIC = 'test test test test test test test test test test test junk'

const ACCOUNT_COUNT = 20
/** A node that has not answered by then is broken; both answer within 2 s on an idle machine. */
const START_TIMEOUT_MS = 60_000
/** What is admitted at the end of a day is stale when it is over; a development chain begins well before one. */
const SHORTEST_FIRST_DAY_SECONDS = 30 * 60

/**
 * Starts a base chain that mines each transaction at once, and resolves when it answers. It ends with
 * this process at the latest.
 *
 * @throws {BaseChainStartError} when it exits or stays silent.
 * @throws {UnknownBaseChainClientError} when `CINNABAR_L1` names another client.
 */
export async function startBaseChain({
  client = baseChainClientFromEnvironment(),
  port = 0,
  chainId = 31_337,
}: StartBaseChainParameters = {}): Promise<BaseChain> {
  const settings: BaseChainSettings = {
    chainId,
    port,
    mnemonic: DEV_MNEMONIC,
    accountCount: ACCOUNT_COUNT,
    balanceEther: 10_000,
    // Ethereum's own at the time of writing. The hardfork brings its cap of 2^24 gas a transaction.
    blockGasLimit: 60_000_000,
    hardfork: 'osaka',
    startsAt: genesisTime(Date.now()),
  }
  const node = await startGuardedProcess({
    ...(client === 'anvil' ? anvilCommand(settings) : hardhatCommand(settings)),
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    env: { NO_COLOR: '1', HARDHAT_DISABLE_TELEMETRY: 'true' },
    stopSignal: 'SIGTERM',
    graceMs: 3_000,
  }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw new BaseChainStartError({ client, reason, output: [] })
  })
  const rpcUrl = `http://127.0.0.1:${String(await waitForPort(node, client))}`
  const request = (method: string, params: readonly unknown[] = []) => rpc(rpcUrl, method, params)

  const actual = Number(await request('eth_chainId'))
  if (actual !== chainId) {
    await node.stop()
    const reason = `chain id ${String(actual)} answers in place of ${String(chainId)}`
    throw new BaseChainStartError({ client, reason, output: node.lastOutput() })
  }

  const mine = async (blocks = 1) => {
    await request('hardhat_mine', [`0x${blocks.toString(16)}`])
  }
  const snapshot = async () => {
    const id = await request('evm_snapshot')
    return async () => {
      await request('evm_revert', [id])
    }
  }
  // Hardhat 3 has no `hardhat_reset`, so both clients are reset by a snapshot, which serves only once.
  let backToGenesis = await snapshot()
  return {
    client,
    rpcUrl,
    chainId,
    pid: node.pid,
    accounts: devAccounts(),
    request,
    mine,
    async increaseTime(seconds) {
      await request('evm_increaseTime', [seconds])
      await mine()
    },
    async reset() {
      await backToGenesis()
      backToGenesis = await snapshot()
    },
    snapshot,
    stop: () => node.stop(),
    kill: () => node.kill(),
  }
}

/** Seconds: now, or the next midnight (UTC) where less than half an hour of the day is left. */
export function genesisTime(nowMs: number): number {
  const now = Math.floor(nowMs / 1000)
  const midnight = Number(dayOf(now) + 1n) * SECONDS_PER_DAY
  return midnight - now < SHORTEST_FIRST_DAY_SECONDS ? midnight : now
}

/** @throws {UnknownBaseChainClientError} */
export function baseChainClientFromEnvironment(): BaseChainClient {
  const name = process.env['CINNABAR_L1'] ?? 'hardhat'
  const client = baseChainClients.find((known) => known === name)
  if (client === undefined) throw new UnknownBaseChainClientError({ client: name })
  return client
}

/** The funded accounts of every development chain, first to last. */
export function devAccounts(): DevAccount[] {
  return Array.from({ length: ACCOUNT_COUNT }, (_, addressIndex) => {
    const account = mnemonicToAccount(DEV_MNEMONIC, { addressIndex })
    const privateKey = account.getHdKey().privateKey
    if (privateKey === null) throw new Error('unreachable: a key derived from a phrase is private')
    return { address: account.address, privateKey: bytesToHex(privateKey) }
  })
}

function hardhatCommand(settings: BaseChainSettings) {
  const script = fileURLToPath(new URL('hardhatNode.ts', import.meta.url))
  return { command: process.execPath, args: [script, JSON.stringify(settings)] }
}

function anvilCommand(settings: BaseChainSettings) {
  return {
    command: anvilBinary(),
    args: [
      ...['--host', '127.0.0.1', '--port', String(settings.port)],
      ...['--chain-id', String(settings.chainId), '--hardfork', settings.hardfork],
      ...['--mnemonic', settings.mnemonic, '--accounts', String(settings.accountCount)],
      ...['--balance', String(settings.balanceEther)],
      ...['--gas-limit', String(settings.blockGasLimit), '--order', 'fifo'],
      ...['--timestamp', String(settings.startsAt)],
      // With the default of 32 the `finalized` block lags 64 behind, so on a quiet chain for ever.
      ...['--slots-in-an-epoch', '1'],
    ],
  }
}

/** The binary itself and not its launcher script, which would be one more process to keep alive. */
function anvilBinary(): string {
  const operatingSystem = platform() === 'win32' ? 'win32' : platform()
  const machine = arch() === 'x64' ? 'amd64' : arch()
  const file = platform() === 'win32' ? 'anvil.exe' : 'anvil'
  const packageName = `@foundry-rs/anvil-${operatingSystem}-${machine}`
  try {
    return createRequire(import.meta.url).resolve(`${packageName}/bin/${file}`)
  } catch {
    const reason = `its package ${packageName} is not installed`
    throw new BaseChainStartError({ client: 'anvil', reason, output: [] })
  }
}

/** Both clients print the address they listen on once they do. */
function waitForPort(node: GuardedProcess, client: BaseChainClient): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      clearTimeout(timer)
      void node.kill()
      reject(new BaseChainStartError({ client, reason, output: node.lastOutput() }))
    }
    const timer = setTimeout(() => {
      fail(`it was silent for ${String(START_TIMEOUT_MS / 1000)} s`)
    }, START_TIMEOUT_MS)
    const look = (line: string) => {
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve(Number(port))
    }
    for (const line of node.lastOutput()) look(line)
    node.onLine(look)
    void node.exited.then((code) => {
      fail(`it exited with code ${String(code)}`)
    })
  })
}

async function rpc(rpcUrl: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const body = (await response.json()) as { result?: unknown; error?: { message: string } }
  if (body.error !== undefined) {
    throw new BaseChainRequestError({ method, reason: body.error.message })
  }
  return body.result
}
