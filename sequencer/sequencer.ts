import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { Registry } from 'prom-client'
import { addressOfKey } from '../api/index.ts'
import type { ChainReader } from '../l1/chainEvents.ts'
import type { MinedTransaction } from '../l1/findReceipt.ts'
import type { OperatorBondState } from '../l1/operatorBond.ts'
import type { BatchCircuit, CircuitName } from '../protocol/constants.ts'
import { BaseError } from '../protocol/errors.ts'
import { FarmWorker } from '../prover/farm/farmWorker.ts'
import type { FarmKey } from '../prover/farm/sealedBox.ts'
import { type Farm, type FarmSettings, openFarm } from '../prover/farm/store/openFarm.ts'
import { releaseWorker } from '../prover/farm/store/releaseWorker.ts'
import type { Prover } from '../prover/prover.ts'
import { Admitter } from './admission/admitter.ts'
import { Backlog } from './admission/backlog.ts'
import { NotReadyError } from './admission/errors.ts'
import { ReceiptSigner } from './admission/receiptSigner.ts'
import { Verifier } from './admission/verifier.ts'
import { BaseFee } from './baseFee.ts'
import { checkStandbyKeys, claimLeaderKeys } from './claimLeaderKeys.ts'
import { StandbyError } from './errors.ts'
import { failPoint } from './failPoint.ts'
import { Leadership } from './leadership.ts'
import { describeError } from './describeError.ts'
import { DrainWatch } from './drainWatch.ts'
import { createFinality } from './finality/createFinality.ts'
import type { FinalityWatch } from './finality/finalityWatch.ts'
import { createFigures } from './figures.ts'
import { createHealth } from './health.ts'
import { KeyWatcher, type KeyWatcherParameters } from './keyWatcher.ts'
import type { LoopReporter } from './loop.ts'
import { Observer } from './observation/observer.ts'
import { ProofCollector } from './proving/proofCollector.ts'
import { createProofRequester } from './proving/proofRequester.ts'
import { ProofTimes } from './sealing/proofTimes.ts'
import { Sealer } from './sealing/sealer.ts'
import { buildApp } from './server/buildApp.ts'
import { defaultLimits, type Limits } from './server/limits.ts'
import { createMetrics } from './server/metrics.ts'
import { createQueries } from './server/queries.ts'
import { noRemovals, type Removals } from './server/removals.ts'
import { BondWatcher } from './settlement/bondWatcher.ts'
import { RightWatcher } from './settlement/rightWatcher.ts'
import { type SettlementChain, Settler } from './settlement/settler.ts'
import { createSigner } from './signer.ts'
import { Standby } from './standby.ts'
import { adoptSettledBatches } from './state/adoptSettledBatches.ts'
import { openSealedState, type OpenedSealedState } from './state/openSealedState.ts'
import { type Restoration, restoreState } from './state/restoreState.ts'
import { voidChangedBatches } from './state/voidChangedBatches.ts'
import { claimDeployment } from './store/claimDeployment.ts'
import type { Database } from './store/database.ts'
import { findForcedHealth } from './store/findForcedHealth.ts'
import type { LeaderKeys } from './store/findLeaderKeys.ts'
import { findLeader } from './store/findLeader.ts'
import { noTracing, type Tracing } from './tracing.ts'
import { findBacklog } from './store/findBacklog.ts'
import { findFigures } from './store/findFigures.ts'
import { findUnfinished } from './store/findUnfinished.ts'
import { listStatementIds } from './store/listStatementIds.ts'
import { migrate } from './store/migrate.ts'

type Hex = `0x${string}`

/** Where the rollup stands. */
export type SequencerDeployment = {
  readonly chainId: bigint
  readonly rollup: Hex
  readonly domain: bigint
  readonly prefix: 'cnb' | 'tcnb'
  readonly startBlock: bigint
  readonly contracts: Readonly<Record<string, Hex>>
}

/** What the operator decides. */
export type SequencerSettings = {
  /** Longest time that a transfer or deposit waits for its batch to be sealed, ms. */
  batchAgeMs: number
  /**
   * Wei that a second's delay of one transfer counts for, against the gas that waiting saves. Undefined: batches are
   * sealed when they are full or due, and settled once proved.
   */
  delayPrice: bigint | undefined
  /** Batches that one settle call takes at most. */
  maxBatchesPerSettle: number
  /** Of one settle call: below the base chain's limit of a transaction, 2^24 (EIP-7825). */
  maxGasPerSettle: number
  /** Of one settle call's data: nodes pass on no larger transaction than 128 KiB. */
  maxBytesPerSettle: number
  /** From its sealing on, a proved batch waits no longer for others to share its call. */
  settleAgeMs: number
  /** Proofs that an external farm makes at once; of the worker in this process it is known. */
  farmProvers: number
  /** Blocks below the head that are not read yet. */
  confirmations: bigint
  /** Blocks, its own included, that make a settlement final. */
  finalityDepth: bigint
  /** How often the base chain is read, ms. */
  pollMs: number
  /** Lowest fee by asset, protocol units. Empty: free. */
  minimumFees: ReadonlyMap<bigint, bigint>
  feeRecipient: Hex
  limits: Limits
  /** Memos that orders removed from the answers: the base chain keeps them, and their hashes prove them. */
  removals: Removals
}

export const defaultSettings = {
  batchAgeMs: 10_000,
  delayPrice: undefined,
  maxBatchesPerSettle: 16,
  maxGasPerSettle: 15_000_000,
  maxBytesPerSettle: 120_000,
  settleAgeMs: 600_000,
  farmProvers: 4,
  confirmations: 0n,
  // Two epochs of Ethereum, after which a block is final.
  finalityDepth: 64n,
  pollMs: 1_000,
  minimumFees: new Map<bigint, bigint>(),
  limits: defaultLimits,
  removals: noRemovals,
} as const satisfies Partial<SequencerSettings>

export type SequencerPorts = {
  database: Database
  reader: ChainReader
  settlement: SettlementChain
  /** Asks the base chain where a transaction was mined, before its settlement is called final. */
  findReceipt: (transaction: Hex) => Promise<MinedTransaction | undefined>
  /** The bond that answers for receipts. Default: none, and they promise no time. */
  getBond?: () => Promise<OperatorBondState>
  /** Wei of the account that pays for settle calls. Default: not known. */
  getBalance?: () => Promise<bigint>
  prover: Pick<Prover, 'prove' | 'verifyMany'>
  /** 0x and 64 hex digits, or null where a circuit has no key here. */
  keyHashOf: (circuit: CircuitName) => Hex | null
  /** Sizes whose key is here and active on the base chain. Default: those that every machine makes. */
  batchCircuits?: readonly BatchCircuit[]
  /** The base chain's keys, and those here. Default: they never change. */
  keys?: Pick<KeyWatcherParameters, 'getKeys' | 'prover'>
  farm: FarmPorts
  /** Signs receipts and anchors. */
  receiptKey: Uint8Array
  /** Signs and pays for settle calls. */
  l1Account: Hex
  now: () => Date
  logger: FastifyServerOptions['logger']
  /** Default: none. */
  tracing?: Tracing
  /** Keeps the sealed state from start to start. Default: in memory, rebuilt at every start. */
  stateDirectory?: string
  /** Follow another sequencer and take over when it ends. Default: lead from the start, or do not start. */
  isStandby?: boolean
  /** How long to wait for a previous life of this sequencer to let go of the database, ms. */
  lockWaitMs?: number
  /** Longest silence of a leader before another may take over, ms. */
  leaseMs?: number
  /** Called when another process leads: nothing may be written any more. */
  onLockLost: (error: Error) => void
}

export type FarmPorts = {
  /** Jobs are sealed to it; 32 bytes. */
  publicKey: Uint8Array
  /** 64 hex digits. @throws where a circuit has no keys here: its batches are not sealed then. */
  verificationKeyHashOf: (circuit: BatchCircuit) => string
  /** A worker in this process, for farms of one machine. It proves by `prover`. */
  worker?: { key: FarmKey; circuits: readonly BatchCircuit[]; concurrency: number }
  settings?: Partial<FarmSettings>
}

/** The name of the worker in this process: only one sequencer works with a database. */
const WORKER = 'sequencer'
/** The base chain's keys are looked at so much less often than its blocks: a change is announced a week ahead. */
const KEY_POLLS = 30
/** A worker that could not start is started again. */
const WORKER_RETRY_MS = 1_000
/** While draining, a deposit or a forced transfer alone starts a batch only when its deadline is nearer than this. */
const DRAIN_MARGIN_MS = 6 * 3_600_000

export type Sequencer = {
  /** The interface, not listening yet. */
  readonly app: FastifyInstance
  readonly address: Hex
  /** What /metrics gives out. */
  readonly registry: Registry
  /** Rounds of each loop, for tests. */
  readonly loops: {
    readonly observer: Observer
    readonly sealer: Sealer
    readonly prover: ProofCollector
    readonly settler: Settler
    readonly right: RightWatcher
    readonly finality: FinalityWatch
    readonly bond?: BondWatcher
    readonly keys?: KeyWatcher
    readonly drain: DrainWatch
    readonly backlog: Backlog
  }
  /** The worker in this process. */
  readonly worker: FarmWorker | undefined
  /** What it took to bring the state up to the database. */
  readonly restoration: Restoration
  readonly leadership: Leadership
  /** Starts the loops; a standby's, until it leads. @param url where it answers. */
  start(url?: string): void
  /** Answers what was asked, ends the loops and lets go of the database. */
  stop(): Promise<void>
}

/**
 * Brings the database up to date, rebuilds the state from it, looks at the base chain once, and puts
 * everything together. Nothing runs before `start`.
 *
 * @throws {MigrationChangedError | DatabaseInUseError | DeploymentMismatchError | StateInconsistentError}
 * @throws {StandbyKeysError | ReceiptKeyBarredError}
 */
export async function createSequencer(
  ports: SequencerPorts,
  deployment: SequencerDeployment,
  settings: SequencerSettings,
): Promise<Sequencer> {
  const { database } = ports
  const { domain } = deployment
  // Of a database that nobody leads yet. Otherwise the leader migrates, and nobody under its feet.
  if ((await findLeader(database)) === undefined) await migrate(database)
  const trouble: ((error: unknown) => void)[] = []
  const leadership = new Leadership({
    database,
    ...(ports.leaseMs === undefined ? {} : { leaseMs: ports.leaseMs }),
    onLost: ports.onLockLost,
    onTrouble(error) {
      for (const listener of trouble) listener(error)
    },
  })
  if (ports.isStandby === true) await checkStandbyKeys(database, keysOf(ports))
  else await leadership.take({ waitMs: ports.lockWaitMs ?? 10_000 })
  try {
    if (leadership.term !== undefined) await prepareDatabase(ports, deployment)
    const sealed = await openSealedState({
      database,
      domain,
      directory: ports.stateDirectory,
      onTaken: ports.onLockLost,
    })
    const farm = await openFarm({
      url: database.url,
      name: 'sequencer',
      isKeeper: true,
      settings: ports.farm.settings ?? {},
    }).catch(async (error: unknown) => {
      await sealed.state.close()
      throw error
    })
    try {
      const parts = { sealed, farm, leadership, trouble }
      return await assemble(ports, deployment, settings, parts)
    } catch (error) {
      await farm.close()
      await sealed.state.close()
      throw error
    }
  } catch (error) {
    await leadership.release()
    throw error
  }
}

/** The first steps of a leader. */
async function prepareDatabase(
  ports: SequencerPorts,
  { chainId, rollup }: SequencerDeployment,
): Promise<void> {
  const { database } = ports
  await migrate(database)
  await claimDeployment(database, { chainId, rollup })
  await claimLeaderKeys(database, keysOf(ports))
}

function keysOf({ l1Account, receiptKey }: SequencerPorts): LeaderKeys {
  return { l1Account, receiptSigner: addressOfKey(receiptKey) }
}

type Parts = {
  sealed: OpenedSealedState
  farm: Farm
  leadership: Leadership
  /** To be told of signs of life that did not get through. */
  trouble: ((error: unknown) => void)[]
}

async function assemble(
  ports: SequencerPorts,
  deployment: SequencerDeployment,
  settings: SequencerSettings,
  { sealed, farm: sharedFarm, leadership, trouble }: Parts,
): Promise<Sequencer> {
  const { database, reader, prover, now, tracing = noTracing } = ports
  const { chainId, rollup, domain } = deployment
  const farm = fencedFarm(sharedFarm, database)
  const { state, restoration } = sealed
  const { batchAgeMs, minimumFees, feeRecipient, limits } = settings
  const metrics = createMetrics()
  const signing = { privateKey: ports.receiptKey, domain: { chainId, rollup } }
  const signer = createSigner(signing)
  const receiptSigner = new ReceiptSigner(signing)
  const getView = () => observer.view

  const reporter: LoopReporter = {
    onFailure(loop, error) {
      metrics.loopFailures.inc({ loop })
      const code = error instanceof BaseError ? error.code : 'UNEXPECTED'
      app.log.error({ loop, code, err: describeError(error) }, 'round failed')
    },
  }
  const voidedTotal = (batchNumbers: readonly bigint[]) => {
    if (batchNumbers.length === 0) return
    metrics.voided.inc(batchNumbers.length)
    app.log.warn({ batchNumbers: batchNumbers.map(String) }, 'batches voided')
  }

  const observer = new Observer({
    database,
    chain: reader,
    startBlock: deployment.startBlock,
    confirmations: settings.confirmations,
    intervalMs: settings.pollMs,
    reporter,
    async onObserved({ view, settled, isReorg }) {
      metrics.l1Block.set(Number(view.head.number))
      metrics.settled.inc(settled.length)
      if (isReorg) {
        metrics.reorgs.inc()
        app.log.warn({ l1Block: String(view.head.number) }, 'base chain reorganised')
      }
      const { adopted, voided } = await adoptSettledBatches(
        { database, state, chain: reader, signer, now },
        settled,
      )
      if (adopted.length > 0) {
        app.log.warn({ batchNumbers: adopted.map(String) }, 'settled batches adopted')
      }
      voidedTotal(voided)
      voidedTotal(await voidChangedBatches({ database, state, now }))
      const statementIds = await listStatementIds(
        database,
        settled.map(({ batchNumber }) => batchNumber),
      )
      for (const { batchNumber, transactionHash: l1Transaction } of settled) {
        app.log.info(
          {
            ...{ batchNumber: String(batchNumber), l1Transaction },
            statementIds: statementIds.get(batchNumber) ?? [],
          },
          'batch settled',
        )
      }
      sealer.wake()
      finality.watch.wake()
    },
  })
  const finality = createFinality({
    ...{ database, settings, reporter, metrics },
    findReceipt: ports.findReceipt,
    getLog: () => app.log,
  })
  const right = new RightWatcher({
    getRight: () => ports.settlement.getRight(),
    intervalMs: settings.pollMs,
    reporter,
    onChange({ mode, maySettle, holder, leaseEndsAt }) {
      metrics.maySettle.set(maySettle ? 1 : 0)
      const facts = { mode, holder: holder ?? null, leaseEndsAt: String(leaseEndsAt ?? '') }
      if (maySettle) app.log.info(facts, 'settlement is ours')
      else app.log.warn(facts, 'settlement is not ours: nothing is promised, sealed or settled')
      sealer.wake()
      settler.wake()
    },
  })
  const bond =
    ports.getBond === undefined
      ? undefined
      : new BondWatcher({
          getBond: ports.getBond,
          batchAgeMs,
          getHeadTime: () => getView()?.head.minedAt.getTime(),
          getOldestAt: () => backlog.oldestAt,
          now,
          intervalMs: settings.pollMs,
          reporter,
          onChange(reason, { amount, promiseTime }) {
            metrics.promising.set(reason === null ? 1 : 0)
            const facts = { amount: String(amount), promiseSeconds: String(promiseTime) }
            if (reason === null) app.log.info(facts, 'receipts promise a time')
            else app.log.warn({ reason, ...facts }, 'receipts promise no time')
          },
        })
  const keys =
    ports.keys === undefined
      ? undefined
      : new KeyWatcher({
          ...ports.keys,
          intervalMs: KEY_POLLS * settings.pollMs,
          reporter,
          onChange(outdated) {
            if (outdated.length === 0) app.log.info('the keys here are the active ones')
            else app.log.error({ circuits: outdated }, 'keys were replaced: nothing is admitted')
            sealer.wake()
            settler.wake()
          },
        })
  const proofTimes = new ProofTimes()
  /** Of batches sealed since the start and not proved yet. */
  const sealedCircuits = new Map<bigint, BatchCircuit>()
  const baseFee = new BaseFee({ read: () => ports.settlement.getBaseFee(), now })
  const readBaseFee = async () => {
    const fee = await baseFee.get()
    metrics.baseFee.set(Number(fee ?? 0n))
    return fee
  }
  const circuits = ports.batchCircuits ?? (['batch-4', 'batch-16'] as const)
  const backlog: Backlog = new Backlog({
    find: () => findBacklog(database),
    getMeans: () => ({
      circuits,
      proofSeconds: proofTimes.seconds,
      provers: proversAtOnce(ports, settings),
    }),
    getPromiseSeconds: () =>
      bond?.promise === undefined ? undefined : Number(bond.promise.promiseTime),
    intervalMs: settings.pollMs,
    reporter,
  })
  const requestProof = createProofRequester({
    farm,
    publicKey: ports.farm.publicKey,
    verificationKeyHashOf: ports.farm.verificationKeyHashOf,
  })
  const sealer = new Sealer({
    deps: { database, state, getView, signer, requestProof, domain, feeRecipient },
    batchAgeMs,
    maySeal: () => right.maySeal,
    async getMeans() {
      const circuits = keys?.batchCircuits ?? ports.batchCircuits ?? ['batch-4', 'batch-16']
      if (circuits.length === 0) return undefined
      const means = {
        // One at a time: the next sign of life is due when the last one has settled.
        isSilent:
          right.isSilent && state.head.batchNumber === (getView()?.settled?.batchNumber ?? 0n),
        circuits,
        proofSeconds: proofTimes.seconds,
        provers: proversAtOnce(ports, settings),
        baseFee: await readBaseFee(),
        delayPrice: settings.delayPrice,
      }
      if (!drain.isDraining || means.isSilent) return means
      if (!(await hasToSeal())) return undefined
      return { ...means, batchAgeMs: 0, delayPrice: undefined }
    },
    now,
    reporter,
    onChoice({ circuit, reason, facts }) {
      metrics.choices.inc({ what: 'seal', reason })
      if (circuit === undefined) app.log.debug({ reason, ...facts }, 'sealing waits')
    },
    onSealed({ sealed, choice, rejected, startedAt }) {
      for (const [code, statementIds] of rejected) {
        metrics.rejected.inc({ code }, statementIds.length)
        app.log.info({ code, statementIds }, 'transfers rejected')
      }
      if (sealed === undefined) return
      const { batchNumber, circuit, statementIds, depositCount } = sealed
      const transferCount = statementIds.length
      metrics.sealed.inc({ circuit })
      tracing.sealed({ batchNumber, circuit, statementIds, startedAt, endedAt: now() })
      sealedCircuits.set(batchNumber, circuit)
      metrics.sealedTransfers.inc(transferCount)
      app.log.info(
        {
          batchNumber: String(batchNumber),
          ...{ circuit, transferCount, depositCount, statementIds },
          ...{ reason: choice.reason, facts: choice.facts },
        },
        'batch sealed',
      )
      worker?.wake()
    },
  })
  const collector = new ProofCollector({
    database,
    farm,
    prover,
    now,
    reporter,
    onProved({ batchNumber, worker: by, durationMs, statementIds }) {
      metrics.proveSeconds.observe(durationMs / 1000)
      const circuit = sealedCircuits.get(batchNumber)
      if (circuit !== undefined) proofTimes.note(circuit, durationMs)
      sealedCircuits.delete(batchNumber)
      metrics.proofs.inc({ outcome: 'proved' })
      const endedAt = now()
      const startedAt = new Date(endedAt.getTime() - durationMs)
      tracing.proved({ batchNumber, worker: by, startedAt, endedAt })
      app.log.info(
        { batchNumber: String(batchNumber), worker: by, durationMs, statementIds },
        'batch proved',
      )
      settler.wake()
    },
    onRejected({ job, batchNumber, worker: by }) {
      metrics.proofs.inc({ outcome: 'rejected' })
      app.log.error({ job, batchNumber: String(batchNumber), worker: by }, 'proof rejected')
    },
    onDead(job) {
      metrics.proofs.inc({ outcome: 'dead' })
      app.log.error({ job }, 'proof given up')
    },
    onRevived(job) {
      app.log.warn({ job }, 'proof tried again')
    },
  })
  const worker = createWorker(ports, sharedFarm, (event) => {
    if (event.type === 'claimed') failPoint('proof.claimed')
    if (event.type === 'delivered') {
      failPoint('proof.delivered')
      collector.wake()
    }
    if (event.type !== 'failed') return
    metrics.proofs.inc({ outcome: 'failed' })
    app.log.error({ job: event.job, code: event.code }, 'proof failed')
  })
  const settler = new Settler({
    database,
    state,
    chain: ports.settlement,
    maxBatchesPerSettle: settings.maxBatchesPerSettle,
    right,
    ...(keys === undefined ? {} : { keys }),
    getMeans: async () => ({
      maxGas: settings.maxGasPerSettle,
      maxBytes: settings.maxBytesPerSettle,
      settleAgeMs: settings.settleAgeMs,
      baseFee: await readBaseFee(),
      delayPrice: drain.isDraining ? undefined : settings.delayPrice,
      proofSeconds: proofTimes.seconds,
    }),
    now,
    reporter,
    onChoice({ count, reason, facts }) {
      metrics.choices.inc({ what: 'settle', reason })
      if (count > 0) app.log.info({ batchCount: count, reason, facts }, 'settling')
      else app.log.debug({ reason, facts }, 'settlement waits')
    },
    onSettled({ firstBatch, lastBatch, transaction, gasUsed, startedAt }) {
      tracing.settled({
        ...{ firstBatch, lastBatch, l1Transaction: transaction, startedAt, endedAt: now() },
      })
      app.log.info(
        {
          firstBatch: String(firstBatch),
          lastBatch: String(lastBatch),
          l1Transaction: transaction,
          gasUsed: String(gasUsed),
        },
        'settle call mined',
      )
      observer.wake()
    },
    onVoided: voidedTotal,
  })
  const drain: DrainWatch = new DrainWatch({
    database,
    countAdmitting: () => admitter.gate.inside,
    now,
    reporter,
    onChange(isDraining) {
      app.log.warn(isDraining ? 'draining: nothing is admitted' : 'admitting again')
      sealer.wake()
      settler.wake()
    },
  })
  const loops = {
    ...{ observer, sealer, prover: collector, settler, right, drain, backlog },
    finality: finality.watch,
    ...(bond === undefined ? {} : { bond }),
    ...(keys === undefined ? {} : { keys }),
  }

  /** While draining: whether a promise, or the deadline of a deposit or forced transfer, asks for a batch. */
  async function hasToSeal(): Promise<boolean> {
    if ((await findUnfinished(database)).admitted > 0) return true
    const { depositDueAt } = await findFigures(database)
    const { oldest } = await findForcedHealth(database)
    const clock = right.clockAt(now()) ?? now()
    return [depositDueAt, oldest?.deadlineAt].some(
      (due) => due !== undefined && due.getTime() - clock.getTime() < DRAIN_MARGIN_MS,
    )
  }

  const admitter: Admitter = new Admitter({
    database,
    state,
    getView,
    verifier: new Verifier((verifications) => prover.verifyMany(verifications)),
    signer,
    receiptSigner,
    domain,
    minimumFees,
    checkRight() {
      if (right.right === undefined) throw new NotReadyError({ what: 'who may settle' })
      right.check()
      keys?.check()
    },
    now,
    isDraining: () => drain.isDraining,
    checkBacklog() {
      backlog.check()
    },
    settleBy: (admittedAt) => bond?.settleBy(admittedAt) ?? 0,
    onAdmitted() {
      metrics.admitted.inc()
      backlog.noteAdmitted()
      sealer.noteArrival()
    },
  })

  const checkLeads = () => {
    if (leadership.term === undefined) throw new StandbyError({ url: standby.leader?.url })
  }
  const getHealth = createHealth({
    ...{ database, metrics, getView, now, right },
    isDraining: () => drain.isDraining,
    isLeading: () => leadership.term !== undefined,
    keys,
    loops: Object.values(loops),
  })
  const figures = createFigures({
    ...{ database, metrics, getView, now, health: getHealth },
    getClock: () => right.clockAt(now()),
    isDraining: () => drain.isDraining,
    isLeading: () => leadership.term !== undefined,
    gate: admitter.gate,
    getBacklogSeconds: () => backlog.seconds,
    getBalance: ports.getBalance,
  })

  const app = await buildApp({
    async admit(body) {
      checkLeads()
      const stopWatch = metrics.admissionSeconds.startTimer()
      const startedAt = now()
      const admitted = await admitter.admit(body)
      stopWatch()
      tracing.admitted({ statementId: admitted.id, startedAt, endedAt: now() })
      return admitted
    },
    checkRoom() {
      checkLeads()
      admitter.checkRoom()
    },
    queries: createQueries({
      database,
      state,
      getView,
      getRight: () => right.right,
      getFinality: () => finality.finality,
      getPromise: () => bond?.promise,
      isReceiving: (id) => admitter.isReceiving(id),
      signer,
      chainId,
      contracts: deployment.contracts,
      domain,
      prefix: deployment.prefix,
      keyHashOf: ports.keyHashOf,
      minimumFees,
      feeRecipient,
      limits,
      removals: settings.removals,
      now,
    }),
    metrics,
    refreshMetrics: () => figures.refresh(),
    decisions: () => ({ sealing: sealer.choice ?? null, settlement: settler.choice ?? null }),
    ready: () => getHealth.ready(),
    health: () => getHealth.health(),
    limits,
    logger: ports.logger,
  })

  let listening: Promise<{ close(): Promise<void> } | undefined> | undefined

  sealed.listen({
    onFailure(error) {
      reporter.onFailure('state', error)
    },
    onRestored({ reverted, replayed, rebuiltBecause }) {
      const { batchNumber } = state.head
      const facts = { batchNumber: String(batchNumber), reverted, replayed }
      if (rebuiltBecause === undefined) app.log.info(facts, 'state restored')
      else app.log.warn({ ...facts, because: rebuiltBecause }, 'state rebuilt')
    },
  })

  trouble.push((error) => {
    reporter.onFailure('leadership', error)
  })
  /** What a leader does before its loops run. */
  const prepareToLead = async () => {
    // No other sequencer is at work: what a worker of this name had is nobody's.
    await releaseWorker(farm, WORKER)
    // Before the first request: what the operator decided holds over a restart, and for whoever leads.
    await drain.tick()
    // A first look, so that requests are answered from the start; a base chain that is down is for later.
    for (const loop of [observer, right, backlog, bond, keys].filter((one) => one !== undefined)) {
      await loop.tick().catch((error: unknown) => {
        reporter.onFailure(loop.name, error)
      })
    }
    failPoint('lead.prepared')
  }
  let isStopping = false
  /** Until it runs: were the database away at this moment and no more asked, nothing would ever be proved. */
  const startWorker = () => {
    if (isStopping) return
    worker?.start().catch((error: unknown) => {
      reporter.onFailure('worker', error)
      setTimeout(startWorker, WORKER_RETRY_MS).unref()
    })
  }
  const startLoops = () => {
    for (const loop of Object.values(loops)) loop.start()
    startWorker()
    listening = farm
      .listen((event) => {
        if (event !== 'job') collector.wake()
      })
      // The collector asks twice a second anyway.
      .catch(() => undefined)
  }
  let address: string | undefined
  const standby = new Standby({
    database,
    state,
    observer,
    leadership,
    reporter,
    checkKeys: () => checkStandbyKeys(database, keysOf(ports)),
    onKeysRefused: ports.onLockLost,
    async onLead() {
      await prepareDatabase(ports, deployment)
      await state.exclusive(() => restoreState(database, state))
      await prepareToLead()
      if (address !== undefined) await leadership.announce(address)
      startLoops()
      app.log.warn({ term: String(leadership.term) }, 'leadership taken over')
    },
  })
  if (leadership.term === undefined) await observer.follow()
  else await prepareToLead()

  return {
    app,
    address: signer.address,
    registry: metrics.registry,
    loops,
    worker,
    restoration,
    leadership,
    start(url) {
      address = url
      // A standby answers too, and this one writes nothing.
      finality.watch.start()
      if (leadership.term === undefined) {
        standby.start()
        return
      }
      if (url !== undefined) void leadership.announce(url)
      startLoops()
    },
    async stop() {
      isStopping = true
      await app.close()
      await receiptSigner.close()
      await standby.stop()
      await Promise.all(Object.values(loops).map((loop) => loop.stop()))
      // Its proof is given back, for another worker or the next start: nobody waits for it here.
      await worker?.stop()
      await (await listening)?.close()
      await farm.close()
      await state.close()
      await leadership.release()
    },
  }
}

/** The farm as its keeper sees it: what it decides about jobs is a leader's, and fenced like the rest. */
function fencedFarm(farm: Farm, database: Database): Farm {
  return {
    ...farm,
    query: (query) => database.query(query),
    transaction: (work) => database.transaction(work),
  }
}

/** Of the worker in this process it is known; of an external farm the operator says it. */
function proversAtOnce({ farm }: SequencerPorts, { farmProvers }: SequencerSettings): number {
  const here = farm.worker?.concurrency ?? 0
  return here > 0 ? here : Math.max(1, farmProvers)
}

function createWorker(
  { prover, farm: { worker, verificationKeyHashOf } }: SequencerPorts,
  farm: Farm,
  onEvent: ConstructorParameters<typeof FarmWorker>[0]['onEvent'],
): FarmWorker | undefined {
  if (worker === undefined || worker.concurrency === 0) return undefined
  const { key, concurrency } = worker
  return new FarmWorker({
    farm,
    prover: {
      async prove(circuit, inputs, options) {
        // Only the circuits named below reach it.
        const proved = await prover.prove(circuit as BatchCircuit, inputs, options)
        failPoint('proof.made')
        return proved
      },
    },
    key,
    circuits: worker.circuits.map((name) => ({
      name,
      verificationKeyHash: verificationKeyHashOf(name),
    })),
    name: WORKER,
    concurrency,
    ...(onEvent === undefined ? {} : { onEvent }),
  })
}
