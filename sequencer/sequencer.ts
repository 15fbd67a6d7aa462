import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { HealthBody } from '../api/index.ts'
import type { ChainReader } from '../l1/chainEvents.ts'
import type { BatchCircuit, CircuitName } from '../protocol/constants.ts'
import { BaseError } from '../protocol/errors.ts'
import { FarmWorker } from '../prover/farm/farmWorker.ts'
import type { FarmKey } from '../prover/farm/sealedBox.ts'
import { findFarmHealth } from '../prover/farm/store/listProofJobs.ts'
import { type Farm, type FarmSettings, openFarm } from '../prover/farm/store/openFarm.ts'
import { releaseWorker } from '../prover/farm/store/releaseWorker.ts'
import type { Prover } from '../prover/prover.ts'
import { Admitter } from './admission/admitter.ts'
import { ReceiptSigner } from './admission/receiptSigner.ts'
import { Verifier } from './admission/verifier.ts'
import { BaseFee } from './baseFee.ts'
import { currentValues } from './chainView.ts'
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
import { type SettlementChain, Settler } from './settlement/settler.ts'
import { createSigner } from './signer.ts'
import { adoptSettledBatches } from './state/adoptSettledBatches.ts'
import { openSealedState, type OpenedSealedState } from './state/openSealedState.ts'
import type { Restoration } from './state/restoreState.ts'
import { acquireWriterLock } from './store/acquireWriterLock.ts'
import { claimDeployment } from './store/claimDeployment.ts'
import type { Database } from './store/database.ts'
import { findQueueHealth } from './store/findQueueHealth.ts'
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
  /** How often the base chain is read, ms. */
  pollMs: number
  /** Lowest fee by asset, protocol units. Empty: free. */
  minimumFees: ReadonlyMap<bigint, bigint>
  feeRecipient: Hex
  limits: Limits
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
  pollMs: 1_000,
  minimumFees: new Map<bigint, bigint>(),
  limits: defaultLimits,
} as const satisfies Partial<SequencerSettings>

export type SequencerPorts = {
  database: Database
  reader: ChainReader
  settlement: SettlementChain
  prover: Pick<Prover, 'prove' | 'verifyMany'>
  /** 0x and 64 hex digits, or null where a circuit has no key here. */
  keyHashOf: (circuit: CircuitName) => Hex | null
  /** Sizes whose key is here and active on the base chain. Default: those that every machine makes. */
  batchCircuits?: readonly BatchCircuit[]
  farm: FarmPorts
  /** Signs receipts and anchors. */
  receiptKey: Uint8Array
  now: () => Date
  logger: FastifyServerOptions['logger']
  /** Keeps the sealed state from start to start. Default: in memory, rebuilt at every start. */
  stateDirectory?: string
  /** How long to wait for a previous life of this sequencer to let go of the database, ms. */
  lockWaitMs?: number
  /** Called when the database was lost to the lock: nothing may be written any more. */
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
/** From this many failed attempts at one job on, health says so, before the job is dead. */
const ATTEMPTS_UNTIL_UNHEALTHY = 3

export type Sequencer = {
  /** The interface, not listening yet. */
  readonly app: FastifyInstance
  readonly address: Hex
  /** Rounds of each loop, for tests. */
  readonly loops: {
    readonly observer: Observer
    readonly sealer: Sealer
    readonly prover: ProofCollector
    readonly settler: Settler
  }
  /** The worker in this process. */
  readonly worker: FarmWorker | undefined
  /** What it took to bring the state up to the database. */
  readonly restoration: Restoration
  /** Starts the loops. */
  start(): void
  /** Answers what was asked, ends the loops and lets go of the database. */
  stop(): Promise<void>
}

/**
 * Brings the database up to date, rebuilds the state from it, looks at the base chain once, and puts
 * everything together. Nothing runs before `start`.
 *
 * @throws {MigrationChangedError | DatabaseInUseError | DeploymentMismatchError | StateInconsistentError}
 */
export async function createSequencer(
  ports: SequencerPorts,
  deployment: SequencerDeployment,
  settings: SequencerSettings,
): Promise<Sequencer> {
  const { database } = ports
  const { chainId, rollup, domain } = deployment
  const lock = await acquireWriterLock(database, {
    waitMs: ports.lockWaitMs ?? 10_000,
    onLost: ports.onLockLost,
  })
  try {
    await migrate(database)
    await claimDeployment(database, { chainId, rollup })
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
      // The lock says that its last life is over.
      await releaseWorker(farm, WORKER)
      return await assemble(ports, deployment, settings, sealed, farm, lock, domain)
    } catch (error) {
      await farm.close()
      await sealed.state.close()
      throw error
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function assemble(
  ports: SequencerPorts,
  deployment: SequencerDeployment,
  settings: SequencerSettings,
  sealed: OpenedSealedState,
  farm: Farm,
  lock: { release(): Promise<void> },
  domain: bigint,
): Promise<Sequencer> {
  const { database, reader, prover, now } = ports
  const { chainId, rollup } = deployment
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
      app.log.error({ loop, code, err: error }, 'round failed')
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
      if (isReorg) app.log.warn({ l1Block: String(view.head.number) }, 'base chain reorganised')
      const { adopted, voided } = await adoptSettledBatches(
        { database, state, chain: reader, signer, now },
        settled,
      )
      if (adopted.length > 0) {
        app.log.warn({ batchNumbers: adopted.map(String) }, 'settled batches adopted')
      }
      voidedTotal(voided)
      sealer.wake()
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
  const requestProof = createProofRequester({
    farm,
    publicKey: ports.farm.publicKey,
    verificationKeyHashOf: ports.farm.verificationKeyHashOf,
  })
  const sealer = new Sealer({
    deps: { database, state, getView, signer, requestProof, domain, feeRecipient },
    batchAgeMs,
    getMeans: async () => ({
      circuits: ports.batchCircuits ?? ['batch-4', 'batch-16'],
      proofSeconds: proofTimes.seconds,
      provers: proversAtOnce(ports, settings),
      baseFee: await readBaseFee(),
      delayPrice: settings.delayPrice,
    }),
    now,
    reporter,
    onChoice({ circuit, reason, facts }) {
      metrics.choices.inc({ what: 'seal', reason })
      if (circuit === undefined) app.log.debug({ reason, ...facts }, 'sealing waits')
    },
    onSealed({ sealed, choice, rejected }) {
      for (const [code, count] of rejected) {
        metrics.rejected.inc({ code }, count)
        app.log.info({ code, count }, 'transfers rejected')
      }
      if (sealed === undefined) return
      const { batchNumber, circuit, transferCount, depositCount } = sealed
      metrics.sealed.inc({ circuit })
      sealedCircuits.set(batchNumber, circuit)
      metrics.sealedTransfers.inc(transferCount)
      app.log.info(
        {
          batchNumber: String(batchNumber),
          ...{ circuit, transferCount, depositCount },
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
    onProved({ batchNumber, worker: by, durationMs }) {
      metrics.proveSeconds.observe(durationMs / 1000)
      const circuit = sealedCircuits.get(batchNumber)
      if (circuit !== undefined) proofTimes.note(circuit, durationMs)
      sealedCircuits.delete(batchNumber)
      metrics.proofs.inc({ outcome: 'proved' })
      app.log.info({ batchNumber: String(batchNumber), worker: by, durationMs }, 'batch proved')
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
  })
  const worker = createWorker(ports, farm, (event) => {
    if (event.type === 'delivered') collector.wake()
    if (event.type !== 'failed') return
    metrics.proofs.inc({ outcome: 'failed' })
    app.log.error({ job: event.job, code: event.code }, 'proof failed')
  })
  const settler = new Settler({
    database,
    state,
    chain: ports.settlement,
    maxBatchesPerSettle: settings.maxBatchesPerSettle,
    getMeans: async () => ({
      maxGas: settings.maxGasPerSettle,
      maxBytes: settings.maxBytesPerSettle,
      settleAgeMs: settings.settleAgeMs,
      baseFee: await readBaseFee(),
      delayPrice: settings.delayPrice,
      proofSeconds: proofTimes.seconds,
    }),
    now,
    reporter,
    onChoice({ count, reason, facts }) {
      metrics.choices.inc({ what: 'settle', reason })
      if (count > 0) app.log.info({ batchCount: count, reason, facts }, 'settling')
      else app.log.debug({ reason, facts }, 'settlement waits')
    },
    onSettled({ firstBatch, lastBatch, transaction, gasUsed }) {
      app.log.info(
        {
          firstBatch: String(firstBatch),
          lastBatch: String(lastBatch),
          l1Transaction: transaction,
          gasUsed: String(gasUsed),
        },
        'batches settled',
      )
      observer.wake()
    },
    onVoided: voidedTotal,
  })
  const loops = { observer, sealer, prover: collector, settler }

  const admitter = new Admitter({
    database,
    state,
    getView,
    verifier: new Verifier((verifications) => prover.verifyMany(verifications)),
    signer,
    receiptSigner,
    domain,
    minimumFees,
    now,
    onAdmitted() {
      metrics.admitted.inc()
      sealer.noteArrival()
    },
  })

  const app = await buildApp({
    async admit(body) {
      const stopWatch = metrics.admissionSeconds.startTimer()
      const admitted = await admitter.admit(body)
      stopWatch()
      return admitted
    },
    checkRoom: () => admitter.checkRoom(),
    queries: createQueries({
      database,
      state,
      getView,
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
      now,
    }),
    metrics,
    decisions: () => ({ sealing: sealer.choice ?? null, settlement: settler.choice ?? null }),
    ready: async () => toHealth(await readinessChecks()),
    health: async () => toHealth([...(await readinessChecks()), ...(await queueChecks())]),
    limits,
    logger: ports.logger,
  })

  async function readinessChecks(): Promise<Check[]> {
    const view = getView()
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

  async function queueChecks(): Promise<Check[]> {
    const queue = await findQueueHealth(database).catch(() => undefined)
    const proving = await findFarmHealth(database).catch(() => undefined)
    metrics.provingJobs.set({ state: 'waiting' }, proving?.waiting ?? 0)
    metrics.provingJobs.set({ state: 'proving' }, proving?.proving ?? 0)
    metrics.provingJobs.set({ state: 'dead' }, proving?.dead ?? 0)
    metrics.waiting.set(queue?.waiting ?? 0)
    metrics.unproved.set(queue?.sealedUnproved ?? 0)
    metrics.unsettled.set(queue?.provedUnsettled ?? 0)
    metrics.admitting.set(admitter.gate.inside)
    metrics.admittingLimit.set(admitter.gate.limit)
    return [
      ...Object.values(loops).map((loop) => ({ name: loop.name, isOk: loop.failures < 3 })),
      {
        name: 'proving queue',
        isOk: proving?.dead === 0 && proving.failedAttempts < ATTEMPTS_UNTIL_UNHEALTHY,
        ...(proving?.lastError === undefined
          ? {}
          : { detail: `${String(proving.dead)} dead; last ${proving.lastError}` }),
      },
    ]
  }

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

  // A first look, so that requests are answered from the start; a base chain that is down is for later.
  await observer.tick().catch((error: unknown) => {
    reporter.onFailure(observer.name, error)
  })

  return {
    app,
    address: signer.address,
    loops,
    worker,
    restoration,
    start() {
      for (const loop of Object.values(loops)) loop.start()
      const failed = (error: unknown) => reporter.onFailure('worker', error)
      worker?.start().catch(failed)
      listening = farm
        .listen((event) => {
          if (event !== 'job') collector.wake()
        })
        // The collector asks twice a second anyway.
        .catch(() => undefined)
    },
    async stop() {
      await app.close()
      await receiptSigner.close()
      await Promise.all(Object.values(loops).map((loop) => loop.stop()))
      // Its proof is given back, for another worker or the next start: nobody waits for it here.
      await worker?.stop()
      await (await listening)?.close()
      await farm.close()
      await state.close()
      await lock.release()
    },
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
      // Only the circuits named below reach it.
      prove: (circuit, inputs, options) => prover.prove(circuit as BatchCircuit, inputs, options),
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

type Check = { name: string; isOk: boolean; detail?: string }

function toHealth(checks: Check[]): HealthBody {
  return { status: checks.every(({ isOk }) => isOk) ? 'ok' : 'failing', checks }
}
