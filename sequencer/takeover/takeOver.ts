import { setTimeout as delay } from 'node:timers/promises'
import { keccak256 } from 'viem'
import type { FastifyServerOptions } from 'fastify'
import type { HealthBody, StatusBody } from '../../api/index.ts'
import type { ContractCall } from '../../l1/calls.ts'
import { checkDeployment, createChainClient } from '../../l1/client.ts'
import type { ChainDeployment } from '../../l1/deployment.ts'
import { TransactionRevertedError } from '../../l1/errors.ts'
import { getSettledState } from '../../l1/reads.ts'
import { submitTransaction } from '../../l1/submitTransaction.ts'
import {
  advanceLeaseCall,
  type Breach,
  getTakeoverState,
  joinCall,
  openSettlementCall,
  postBondCall,
  type TakeoverState,
  withdrawBondCall,
} from '../../l1/takeover.ts'
import { createTransactionAccount } from '../../l1/transactionAccount.ts'
import { formatField } from '../../protocol/field.ts'
import type { Prover } from '../../prover/prover.ts'
import { startSequencer } from '../startSequencer.ts'
import { openDatabase } from '../store/database.ts'
import { l1TransactionStore } from '../store/l1TransactionStore.ts'
import { NoBreachError } from './errors.ts'
import { nextStep, type TakeoverStep } from './nextStep.ts'

type Hex = `0x${string}`

/** What happened, for people and, as JSON lines, for programs. */
export type TakeoverEvent =
  | { event: 'rebuilding'; batch: number; of: number }
  | { event: 'rebuilt'; batch: number; noteRoot: Hex; nullifierRoot: Hex }
  | { event: 'waiting'; for: 'breach' | 'turn' | 'cool-down' | 'clock'; until: string }
  | { event: 'opened'; breach: Breach }
  | { event: 'bonded'; wei: string }
  | { event: 'leased'; until: string }
  /** With what waited in the queues when it was looked at last. */
  | { event: 'sealed'; batch: number; deposits: string; forced: string }
  | { event: 'settled'; batch: number }
  | { event: 'trouble'; checks: readonly string[] }
  | { event: 'done'; because: 'nothing-waits' | 'closing' | 'stopped'; batch: number }

export type TakeOverParameters = {
  readonly deployment: ChainDeployment
  readonly rpcUrl: string
  /** An empty one will do. */
  readonly databaseUrl: string
  /** Pays gas and bond. Fees of what it settles are credited to it. */
  readonly privateKey: Hex
  /** Trees on disk; default: in memory. */
  readonly stateDirectory?: string
  /** Go on when nothing waits, until `signal`. */
  readonly keepGoing?: boolean
  /** Wait for a breach where there is none. */
  readonly waitForBreach?: boolean
  readonly pollMs?: number
  readonly batchAgeMs?: number
  readonly maxFeePerGas?: bigint
  /** Default: one of its own. */
  readonly prover?: Prover
  readonly logger?: FastifyServerOptions['logger']
  readonly signal?: AbortSignal
  readonly onEvent?: (event: TakeoverEvent) => void
}

export type TakeoverResult = {
  /** The newest settled batch, and the contract's roots after it. */
  readonly batch: number
  readonly noteRoot: Hex
  readonly nullifierRoot: Hex
  /** Wei that can be taken out when the lease is over. */
  readonly bond: bigint
  readonly leaseEndsAt: bigint | undefined
}

/**
 * Settles in the operator's place: rebuilds all state from the base chain, opens settlement if it may be opened, posts
 * the bond, and settles what waits in the queues whenever it holds the lease. Every step follows from the base chain's
 * state, and transactions are stored before they are sent, so it can be killed at any point and started again.
 *
 * @throws {NoBreachError} where settlement is the operator's and `waitForBreach` is not set.
 * @throws what `startSequencer` and `submitTransaction` throw.
 */
export async function takeOver(parameters: TakeOverParameters): Promise<TakeoverResult> {
  const { deployment, rpcUrl, databaseUrl, privateKey, pollMs = 1_000, signal } = parameters
  const account = createTransactionAccount(privateKey)
  const client = createChainClient({ rpcUrl })
  await checkBreach(parameters)
  const running = await startSequencer({
    ...{ deployment, rpcUrl, databaseUrl, pollMs },
    l1PrivateKey: privateKey,
    // What it signs are anchors of its own batches; one more secret would be one more file to lose.
    receiptPrivateKey: keccak256(`${privateKey}${'00'.repeat(8)}`),
    batchAgeMs: parameters.batchAgeMs ?? 2_000,
    settleAgeMs: 30_000,
    ...(parameters.stateDirectory === undefined
      ? {}
      : { stateDirectory: parameters.stateDirectory }),
    ...(parameters.prover === undefined ? {} : { prover: parameters.prover }),
    ...(parameters.maxFeePerGas === undefined ? {} : { maxFeePerGas: parameters.maxFeePerGas }),
    logger: parameters.logger ?? false,
  })
  try {
    const pilot = new Pilot(parameters, {
      status: async () => {
        const { body, statusCode } = await running.sequencer.app.inject({ url: '/v1/status' })
        return statusCode === 200 ? (JSON.parse(body) as StatusBody) : undefined
      },
      trouble: async () => {
        const { body } = await running.sequencer.app.inject({ url: '/healthz' })
        const { checks } = JSON.parse(body) as HealthBody
        // That settlement is not ours is what the pilot is about.
        return checks.filter(({ isOk, name }) => !isOk && name !== 'settlement')
      },
      look: () => getTakeoverState({ client, deployment }, account.address),
      settled: () => getSettledState({ client, deployment }),
      submit: async (purpose, call) => {
        await submitTransaction({
          ...{ client, account, purpose, chainId: deployment.chainId, pollMs },
          store: l1TransactionStore(running.database),
          ...call,
          ...(signal === undefined ? {} : { signal }),
          ...(parameters.maxFeePerGas === undefined
            ? {}
            : { maxFeePerGas: parameters.maxFeePerGas }),
        })
      },
      pause: () => delay(pollMs, undefined, signal === undefined ? {} : { signal }),
      account: account.address.toLowerCase() as Hex,
    })
    return await pilot.run()
  } finally {
    await running.stop()
  }
}

/**
 * Asked before anything is started: mostly there is nothing to do.
 *
 * @throws {NoBreachError}
 */
export async function checkBreach({
  deployment,
  rpcUrl,
  privateKey,
  waitForBreach = false,
}: Pick<
  TakeOverParameters,
  'deployment' | 'rpcUrl' | 'privateKey' | 'waitForBreach'
>): Promise<void> {
  const client = createChainClient({ rpcUrl })
  await checkDeployment(client, deployment)
  const { address } = createTransactionAccount(privateKey)
  const state = await getTakeoverState({ client, deployment }, address)
  if (!state.isOpen && state.breach === 'none' && !waitForBreach) throw new NoBreachError(state)
}

/** Takes a bond out again, once no lease holds it. */
export async function withdrawBond({
  deployment,
  rpcUrl,
  databaseUrl,
  privateKey,
}: Pick<
  TakeOverParameters,
  'deployment' | 'rpcUrl' | 'databaseUrl' | 'privateKey'
>): Promise<bigint> {
  const account = createTransactionAccount(privateKey)
  const client = createChainClient({ rpcUrl })
  const { own, time } = await getTakeoverState({ client, deployment }, account.address)
  const database = await openDatabase({ url: databaseUrl })
  try {
    await submitTransaction({
      ...{ client, account, chainId: deployment.chainId },
      store: l1TransactionStore(database),
      purpose: `takeover withdraw at ${String(time)}`,
      ...withdrawBondCall(deployment, account.address),
    })
    return own.bond
  } finally {
    await database.close()
  }
}

/** What the pilot needs of the world. */
type Ports = {
  /** Undefined before the base chain was read. */
  readonly status: () => Promise<StatusBody | undefined>
  /** Checks that fail. */
  readonly trouble: () => Promise<HealthBody['checks']>
  readonly look: () => Promise<TakeoverState>
  readonly settled: () => Promise<{ batchNumber: bigint; noteRoot: bigint; nullifierRoot: bigint }>
  readonly submit: (purpose: string, call: ContractCall) => Promise<void>
  readonly pause: () => Promise<void>
  readonly account: Hex
}

class Pilot {
  readonly #parameters: TakeOverParameters
  readonly #ports: Ports
  #said = ''
  #warned = ''
  #sealed = 0
  #settled = 0

  constructor(parameters: TakeOverParameters, ports: Ports) {
    this.#parameters = parameters
    this.#ports = ports
  }

  async run(): Promise<TakeoverResult> {
    await this.#rebuild()
    const { signal, keepGoing = false } = this.#parameters
    const { look, account, pause } = this.#ports
    while (signal?.aborted !== true) {
      const state = await look()
      const isUnsettled = await this.#follow(state)
      const hasWork = isUnsettled || state.waitingDeposits > 0n || state.waitingForced > 0n
      const step = nextStep(state, { account, hasWork, keepGoing })
      if (step.do === 'done') return this.#end(step.because)
      await this.#perform(step, state)
      await pause().catch(() => undefined)
    }
    return this.#end('stopped')
  }

  /** Until what is here is what the base chain has settled. */
  async #rebuild(): Promise<void> {
    const { status, settled, pause } = this.#ports
    for (;;) {
      const target = await settled()
      const of = Number(target.batchNumber)
      const here = (await status())?.settled
      if (here?.batchNumber === of && BigInt(here.noteRoot) === target.noteRoot) {
        this.#sealed = this.#settled = of
        const { batchNumber: batch, noteRoot, nullifierRoot } = here
        this.#say({ event: 'rebuilt', batch, noteRoot, nullifierRoot })
        return
      }
      this.#say({ event: 'rebuilding', batch: here?.batchNumber ?? 0, of })
      await this.#warn()
      await pause()
    }
  }

  /** Says what was sealed and settled since. @returns whether something sealed is not settled yet. */
  async #follow({ waitingDeposits, waitingForced }: TakeoverState): Promise<boolean> {
    const sealed = (await this.#ports.status())?.sealed.batchNumber ?? this.#sealed
    await this.#warn()
    const settled = Number((await this.#ports.settled()).batchNumber)
    if (sealed > this.#sealed) {
      const [deposits, forced] = [String(waitingDeposits), String(waitingForced)]
      this.#say({ event: 'sealed', batch: sealed, deposits, forced })
    }
    if (settled > this.#settled) this.#say({ event: 'settled', batch: settled })
    this.#sealed = sealed
    this.#settled = settled
    return sealed > settled
  }

  /** What keeps failing is shown and tried again: money may arrive, a node come back. */
  async #warn(): Promise<void> {
    const checks = (await this.#ports.trouble()).map(({ name, detail }) =>
      detail === undefined ? name : `${name}: ${detail}`,
    )
    const text = checks.join('; ')
    if (checks.length > 0 && text !== this.#warned) this.#say({ event: 'trouble', checks })
    this.#warned = text
  }

  async #perform(step: Exclude<TakeoverStep, { do: 'done' }>, state: TakeoverState): Promise<void> {
    const { deployment, waitForBreach = false } = this.#parameters
    const { account } = this.#ports
    switch (step.do) {
      case 'no-breach': {
        if (!waitForBreach) throw new NoBreachError(state)
        const until = String(state.livenessDeadline)
        this.#say({ event: 'waiting', for: 'breach', until })
        return
      }
      case 'open':
        if (await this.#send('open', state, openSettlementCall(deployment))) {
          this.#say({ event: 'opened', breach: state.breach })
        }
        return
      case 'advance':
        await this.#send('advance', state, advanceLeaseCall(deployment))
        return
      case 'join':
      case 'post': {
        const { value } = step
        const call =
          step.do === 'join'
            ? joinCall(deployment, value)
            : postBondCall(deployment, { proposer: account, value })
        if (await this.#send(step.do, state, call)) {
          this.#say({ event: 'bonded', wei: String(state.own.bond + value) })
        }
        return
      }
      case 'settle':
        // The sequencer's own loops do it.
        this.#say({ event: 'leased', until: String(step.until) })
        return
      case 'wait':
        this.#say({ event: 'waiting', for: step.for, until: String(step.until) })
    }
  }

  /** Named by the time at which it was decided: the same decision after a restart goes on with its transaction. */
  async #send(method: string, { time }: TakeoverState, call: ContractCall): Promise<boolean> {
    try {
      await this.#ports.submit(`takeover ${method} at ${String(time)}`, call)
      return true
    } catch (error) {
      // Somebody else was first, or the lease began or ended meanwhile: the next look says what is to be done.
      if (!(error instanceof TransactionRevertedError)) throw error
      if (!OVERTAKEN.has(error.revert?.name ?? '')) throw error
      return false
    }
  }

  async #end(because: 'nothing-waits' | 'closing' | 'stopped'): Promise<TakeoverResult> {
    const { own, lease } = await this.#ports.look()
    const settled = await this.#ports.settled()
    const batch = Number(settled.batchNumber)
    const [noteRoot, nullifierRoot] = [settled.noteRoot, settled.nullifierRoot].map(
      formatField,
    ) as [Hex, Hex]
    this.#say({ event: 'done', because, batch })
    const isHeld = lease?.holder === this.#ports.account
    return {
      ...{ batch, noteRoot, nullifierRoot },
      bond: own.bond,
      leaseEndsAt: isHeld ? lease.endsAt : undefined,
    }
  }

  /** Once, however often it is looked at. */
  #say(event: TakeoverEvent): void {
    const text = JSON.stringify(event)
    if (text === this.#said) return
    this.#said = text
    this.#parameters.onEvent?.(event)
  }
}

/** Refusals that say that the decision came too late. */
const OVERTAKEN: ReadonlySet<string> = new Set([
  'AlreadyOpen',
  'NotOpen',
  'NoBreach',
  'AlreadyWaiting',
  'LeaseRunning',
  'NobodyWaits',
  'BondTooLow',
  'CoolingDown',
  'ClosingDue',
])
