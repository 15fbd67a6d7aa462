import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { Registry } from 'prom-client'
import { type ApiClient, type HealthBody, NOBODY } from '../../api/index.ts'
import type { ChainEvent, ChainEventOf, ChainReader } from '../../l1/chainEvents.ts'
import type { SettleCall } from '../../l1/codec.ts'
import type { MinedTransaction } from '../../l1/findReceipt.ts'
import type { SettledState } from '../../l1/reads.ts'
import type { SettlementRight } from '../../l1/settlementRight.ts'
import { isSubgroupPoint } from '../../protocol/babyjubjub.ts'
import { BaseError } from '../../protocol/errors.ts'
import { formatField } from '../../protocol/field.ts'
import { buildPolicyTree } from '../../protocol/policy.ts'
import { openKernels } from '../../prover/kernels.ts'
import { verifyMany } from '../../prover/verifyMany.ts'
import { BatchOvertakenError, TransferUnknownError } from '../admission/errors.ts'
import { type ChainView, currentValues } from '../chainView.ts'
import { createFinality } from '../finality/createFinality.ts'
import type { FinalityWatch } from '../finality/finalityWatch.ts'
import { Leadership } from '../leadership.ts'
import type { LoopReporter } from '../loop.ts'
import { Observer } from '../observation/observer.ts'
import type { SequencerDeployment } from '../sequencer.ts'
import { buildApp } from '../server/buildApp.ts'
import { defaultLimits, type Limits } from '../server/limits.ts'
import { createQueries, type Queries } from '../server/queries.ts'
import { type FindOrder, noRemovals, type Removals } from '../server/removals.ts'
import { RightWatcher } from '../settlement/rightWatcher.ts'
import { adoptSettledBatches } from '../state/adoptSettledBatches.ts'
import { kernelHasher } from '../state/kernelHasher.ts'
import { openSealedState, type OpenedSealedState } from '../state/openSealedState.ts'
import type { Restoration } from '../state/restoreState.ts'
import { voidBatchesFrom } from '../state/voidBatchesFrom.ts'
import { claimDeployment } from '../store/claimDeployment.ts'
import type { Database } from '../store/database.ts'
import { findLeader } from '../store/findLeader.ts'
import { findDetachedBatch } from '../store/findDetachedBatch.ts'
import { hasSealedBatches } from '../store/hasSealedBatches.ts'
import { listPolicyPublications } from '../store/listPolicyPublications.ts'
import { migrate } from '../store/migrate.ts'
import { AnchorWatch } from './anchorWatch.ts'
import { BatchAuditor } from './batchAuditor.ts'
import type { ChainVerificationKeys } from './chainVerificationKeys.ts'
import { refusal } from './checkSettlement.ts'
import { type Divergence, DivergenceError, formatDivergence } from './divergence.ts'
import { FollowerDatabaseError, FollowerReadOnlyError } from './errors.ts'
import { createFollowerMetrics } from './followerMetrics.ts'
import { IdentityAuditor } from './identityAuditor.ts'

type Hex = `0x${string}`

export type FollowerDeployment = SequencerDeployment & {
  /** S2's window, seconds of the settlement clock. */
  readonly settleWindow: bigint
}

export type FollowerPorts = {
  database: Database
  reader: ChainReader
  readSettleCall: (transaction: Hex) => Promise<SettleCall>
  /** Asks the base chain where a transaction was mined, before its settlement is called final. */
  findReceipt: (transaction: Hex) => Promise<MinedTransaction | undefined>
  /** What the contract says of itself at a block. */
  readContractState: (block: bigint) => Promise<SettledState>
  /** Who may settle now, as the status says it. Default: it says nothing of it. */
  readRight?: () => Promise<SettlementRight>
  keys: ChainVerificationKeys
  depositDelays: { readonly due: bigint; readonly deadline: bigint }
  /** Default: this process verifies, folded, natively where that is built. */
  verifyMany?: typeof verifyMany
  /** A sequencer to be compared with what settles. */
  watch?: {
    api: Pick<ApiClient, 'getStatus' | 'getBatches'>
    findOrder: FindOrder
    sequencer?: Hex
  }
  now: () => Date
  logger: FastifyServerOptions['logger']
  /** Keeps the trees from start to start. Default: in memory, rebuilt at every start. */
  stateDirectory?: string
  lockWaitMs?: number
  /** Called when the database was lost to the lock: nothing may be written any more. */
  onLockLost: (error: Error) => void
}

export type FollowerSettings = {
  /** Blocks below the head that are not read yet. */
  confirmations: bigint
  /** Blocks, its own included, that make a settlement final. */
  finalityDepth: bigint
  /** How often the base chain is read, ms. */
  pollMs: number
  limits: Limits
  /** Memos that orders removed from the answers, as a sequencer has them. */
  removals: Removals
}

export const defaultFollowerSettings: FollowerSettings = {
  confirmations: 0n,
  finalityDepth: 64n,
  pollMs: 1_000,
  limits: defaultLimits,
  removals: noRemovals,
}

/** How far a follower is, and whether all it saw agrees. */
export type FollowerState = {
  /** Newest block read; undefined before the first. */
  readonly l1Block: bigint | undefined
  /** Whether all is read and compared with what the contract says of itself at that block. */
  readonly isCaughtUp: boolean
  /** Newest batch rebuilt and found right. */
  readonly batchNumber: bigint
  readonly noteRoot: bigint
  readonly nullifierRoot: bigint
  readonly identity: { readonly version: bigint; readonly root: bigint }
  /** Proofs verified since the start. */
  readonly proofs: number
  /** What the base chain settled or published and should not have. */
  readonly divergence: Divergence | undefined
  /** Where the sequencer that is watched says or signed something else. */
  readonly findings: readonly Divergence[]
}

export type Follower = {
  /** The interface, not listening yet. */
  readonly app: FastifyInstance
  /** What /metrics gives out. */
  readonly registry: Registry
  readonly state: FollowerState
  /** Rounds of each loop, for tests. */
  readonly loops: {
    readonly observer: Observer
    readonly finality: FinalityWatch
    readonly right?: RightWatcher
    readonly watch?: AnchorWatch
  }
  /** What it took to bring the state up to the database. */
  readonly restoration: Restoration
  start(): void
  stop(): Promise<void>
}

/**
 * Follows a rollup from the base chain alone: rebuilds the three trees and all batches, checks every root, rule and
 * proof, and serves what a sequencer serves, but for admission. It has no key of any kind. Nothing runs before
 * `start`.
 *
 * @throws {DatabaseInUseError | DeploymentMismatchError | FollowerDatabaseError | StateInconsistentError}
 */
export async function createFollower(
  ports: FollowerPorts,
  deployment: FollowerDeployment,
  settings: FollowerSettings = defaultFollowerSettings,
): Promise<Follower> {
  const { database } = ports
  const { chainId, rollup, domain } = deployment
  // Of a database that nobody leads yet. Otherwise whoever leads migrates, and nobody under its feet.
  if ((await findLeader(database)) === undefined) await migrate(database)
  const leadership = new Leadership({ database, onLost: ports.onLockLost })
  await leadership.take({ waitMs: ports.lockWaitMs ?? 10_000 })
  try {
    await migrate(database)
    await claimDeployment(database, { chainId, rollup })
    if (await hasSealedBatches(database)) throw new FollowerDatabaseError()
    const sealed = await openSealedState({
      database,
      domain,
      directory: ports.stateDirectory,
      onTaken: ports.onLockLost,
    })
    try {
      return await assemble(ports, deployment, settings, sealed, leadership)
    } catch (error) {
      await sealed.state.close()
      throw error
    }
  } catch (error) {
    await leadership.release()
    throw error
  }
}

async function assemble(
  ports: FollowerPorts,
  deployment: FollowerDeployment,
  settings: FollowerSettings,
  sealed: OpenedSealedState,
  leadership: Leadership,
): Promise<Follower> {
  const { database, reader, now } = ports
  const { state, restoration } = sealed
  const { limits, removals } = settings
  const metrics = createFollowerMetrics()
  const identities = new IdentityAuditor({ database, hasher: kernelHasher(openKernels()) })
  let divergence: Divergence | undefined
  let proofs = 0
  let comparedAt: bigint | undefined
  /** Newest policy version and number of epochs that were found right. */
  let checked = { policy: 0n, epochs: 0 }
  /** Of the block read last: a call's batches and its credits stand in one. */
  let lastBlock: { number: bigint; events: readonly ChainEvent[] } | undefined

  const reporter: LoopReporter = {
    onFailure(loop, error) {
      metrics.loopFailures.inc({ loop })
      const code = error instanceof BaseError ? error.code : 'UNEXPECTED'
      app.log.error({ loop, code, err: error }, 'round failed')
    },
  }
  const report = (where: 'chain' | 'watch', found: readonly Divergence[], before: string): void => {
    metrics.divergences.set({ where }, found.length)
    const facts = found.map(formatDivergence)
    if (facts.join() === before) return
    for (const what of facts) app.log.error({ where, what }, 'divergence')
    if (facts.length === 0) app.log.info({ where }, 'all agrees again')
  }
  const auditor = new BatchAuditor({
    database,
    noteRootOf: (batchNumber) => state.noteRootOf(batchNumber),
    domain: deployment.domain,
    settleWindow: deployment.settleWindow,
    depositDelays: ports.depositDelays,
    readSettleCall: ports.readSettleCall,
    async readBlock(number) {
      if (lastBlock?.number !== number) {
        lastBlock = { number, events: await reader.getEvents({ from: number, to: number }) }
      }
      return lastBlock.events
    },
    keys: ports.keys,
    async verifyMany(verifications) {
      const results = await (ports.verifyMany ?? verifyMany)(verifications)
      metrics.proofs.inc(results.length)
      proofs += results.length
      return results
    },
  })

  /** Batches read from blocks that are gone: the same number may have been settled by other data. */
  const dropDetached = (): Promise<void> =>
    state.exclusive(async () => {
      const from = await findDetachedBatch(database)
      if (from === undefined) return
      const voided = await voidBatchesFrom(
        { database, state },
        { from, reason: new BatchOvertakenError(), now: now() },
      )
      app.log.warn({ batchNumbers: voided.map(String) }, 'batches taken back by a reorg')
    })

  const checkRegistries = async ({ epochs }: ChainView): Promise<void> => {
    await identities.advance()
    for (const { version, root, policies } of await listPolicyPublications(database, {
      after: checked.policy,
    })) {
      const expected = buildPolicyTree(policies).root
      if (expected !== root) {
        const check = `policy root of version ${String(version)}`
        refusal(undefined)(check, formatField(expected), formatField(root))
      }
      checked = { ...checked, policy: version }
    }
    for (const { epoch, auditKeyS, auditKeyI, auditKeyL } of epochs.slice(checked.epochs)) {
      if (![auditKeyS, auditKeyI, auditKeyL].every(isSubgroupPoint)) {
        const check = `audit keys of epoch ${String(epoch)}`
        refusal(undefined)(check, 'points of the subgroup', 'another point')
      }
    }
    checked = { ...checked, epochs: epochs.length }
  }

  /** What was rebuilt is what the contract says of itself. */
  const checkContract = async ({ head }: ChainView): Promise<void> => {
    const { batchNumber, noteRoot, nullifierRoot, slotCount } = await ports.readContractState(
      head.number,
    )
    const own = state.head
    const refuse = refusal(batchNumber)
    const compare = (what: string, expected: bigint, actual: bigint) => {
      if (expected !== actual) refuse(what, String(expected), String(actual))
    }
    compare('contract batch number', own.batchNumber, batchNumber)
    compare('contract slot count', own.slotCount, slotCount)
    compare('contract note root', own.noteRoot, noteRoot)
    compare('contract nullifier root', own.nullifierRoot, nullifierRoot)
  }

  const observer = new Observer({
    database,
    chain: reader,
    startBlock: deployment.startBlock,
    confirmations: settings.confirmations,
    intervalMs: settings.pollMs,
    reporter,
    async onObserved({ view, settled, isReorg, isCaughtUp }) {
      metrics.l1Block.set(Number(view.head.number))
      lastBlock = undefined
      if (isReorg) {
        metrics.reorgs.inc()
        checked = { policy: 0n, epochs: 0 }
        app.log.warn({ l1Block: String(view.head.number) }, 'base chain reorganised')
        await dropDetached()
      }
      const before = divergence === undefined ? '' : formatDivergence(divergence)
      try {
        await checkRegistries(view)
        const { adopted } = await adopt(settled)
        const { batchNumber } = state.head
        if (adopted.length > 0) {
          app.log.info({ batchNumber: String(batchNumber), count: adopted.length }, 'followed')
        }
        // Nodes forget the state of old blocks, and the newest one says it all.
        if (isCaughtUp) await checkContract(view)
        comparedAt = isCaughtUp ? view.head.number : undefined
        divergence = undefined
      } catch (error) {
        if (!(error instanceof DivergenceError)) throw error
        ;({ divergence } = error)
      }
      metrics.batch.set(Number(state.head.batchNumber))
      finality.watch.wake()
      report('chain', divergence === undefined ? [] : [divergence], before)
    },
  })
  const adopt = (settled: readonly ChainEventOf<'batchSettled'>[]) =>
    adoptSettledBatches(
      { database, state, chain: reader, now, audit: (facts) => auditor.audit(facts) },
      settled,
    )

  const finality = createFinality({
    ...{ database, settings, reporter, metrics },
    findReceipt: ports.findReceipt,
    getLog: () => app.log,
  })
  const right =
    ports.readRight === undefined
      ? undefined
      : new RightWatcher({
          getRight: ports.readRight,
          intervalMs: settings.pollMs,
          reporter,
          onChange({ mode, holder }) {
            app.log.info({ mode, holder }, 'right to settle changed')
          },
        })
  const queries = withoutRejected(
    createQueries({
      database,
      state,
      getView: () => observer.view,
      getRight: () => right?.right,
      getFinality: () => finality.finality,
      isReceiving: () => false,
      signer: undefined,
      chainId: deployment.chainId,
      contracts: deployment.contracts,
      domain: deployment.domain,
      prefix: deployment.prefix,
      // What is accepted is decided by the keys on the base chain; there are none here.
      keyHashOf: () => null,
      minimumFees: new Map(),
      feeRecipient: NOBODY,
      limits,
      removals,
      now,
    }),
  )

  let findings = ''
  const watch =
    ports.watch === undefined
      ? undefined
      : new AnchorWatch({
          ...ports.watch,
          database,
          queries,
          getHead: () => state.head.batchNumber,
          domain: deployment.domain,
          signing: { chainId: deployment.chainId, rollup: deployment.rollup },
          settleWindow: deployment.settleWindow,
          intervalMs: settings.pollMs,
          now,
          reporter,
          onFindings(found) {
            report('watch', found, findings)
            findings = found.map(formatDivergence).join()
          },
        })
  const loops = {
    observer,
    finality: finality.watch,
    ...(right === undefined ? {} : { right }),
    ...(watch === undefined ? {} : { watch }),
  }

  const followerState = (): FollowerState => {
    const { batchNumber, noteRoot, nullifierRoot } = state.head
    return {
      l1Block: observer.view?.head.number,
      isCaughtUp: comparedAt !== undefined && comparedAt === observer.view?.head.number,
      ...{ batchNumber, noteRoot, nullifierRoot },
      identity: { version: identities.version, root: identities.root },
      ...{ proofs, divergence },
      findings: watch?.findings ?? [],
    }
  }

  const app: FastifyInstance = await buildApp({
    title: 'Cinnabar follower',
    admit: () => Promise.reject(new FollowerReadOnlyError()),
    queries,
    metrics,
    decisions: () => ({
      divergences: divergence === undefined ? [] : [formatDivergence(divergence)],
      watch: (watch?.findings ?? []).map(formatDivergence),
    }),
    ready: async () => toHealth(await readinessChecks()),
    health: async () => toHealth([...(await readinessChecks()), ...agreementChecks()]),
    limits,
    logger: ports.logger,
  })

  async function readinessChecks(): Promise<Check[]> {
    const view = observer.view
    const isReachable = await database.query({ text: 'select 1', values: [] }).then(
      () => true,
      () => false,
    )
    return [
      { name: 'database', isOk: isReachable },
      {
        name: 'base chain',
        isOk: view !== undefined && currentValues(view, now()) !== undefined,
      },
    ]
  }

  function agreementChecks(): Check[] {
    const found = divergence === undefined ? [] : [formatDivergence(divergence)]
    const watched = (watch?.findings ?? []).map(formatDivergence)
    const toCheck = (name: string, facts: readonly string[]): Check => ({
      ...{ name, isOk: facts.length === 0 },
      ...(facts[0] === undefined ? {} : { detail: facts[0] }),
    })
    return [
      ...Object.values(loops).map((loop) => ({ name: loop.name, isOk: loop.failures < 3 })),
      toCheck('agreement', found),
      ...(watch === undefined ? [] : [toCheck('watched sequencer', watched)]),
    ]
  }

  sealed.listen({
    onFailure(error) {
      reporter.onFailure('state', error)
    },
    onRestored({ reverted, replayed, rebuiltBecause }) {
      const facts = { batchNumber: String(state.head.batchNumber), reverted, replayed }
      if (rebuiltBecause === undefined) app.log.info(facts, 'state restored')
      else app.log.warn({ ...facts, because: rebuiltBecause }, 'state rebuilt')
    },
  })

  return {
    app,
    registry: metrics.registry,
    get state() {
      return followerState()
    },
    loops,
    restoration,
    start() {
      for (const loop of Object.values(loops)) loop.start()
    },
    async stop() {
      await app.close()
      await Promise.all(Object.values(loops).map((loop) => loop.stop()))
      await state.close()
      await leadership.release()
    },
  }
}

/**
 * A follower rejects nothing: a transfer that a reorg took back is as unknown as before, until it is settled
 * again.
 */
function withoutRejected(queries: Queries): Queries {
  return {
    ...queries,
    async getTransfer(id) {
      const found = await queries.getTransfer(id)
      if (found.status === 'rejected') throw new TransferUnknownError({ id })
      return found
    },
  }
}

type Check = { name: string; isOk: boolean; detail?: string }

function toHealth(checks: Check[]): HealthBody {
  return { status: checks.every(({ isOk }) => isOk) ? 'ok' : 'failing', checks }
}
