import type { FastifyServerOptions } from 'fastify'
import { checkRegisteredKeys } from './checkRegisteredKeys.ts'
import { createChainReader } from '../l1/chainReader.ts'
import { checkDeployment, createChainClient } from '../l1/client.ts'
import { findReceipt } from '../l1/findReceipt.ts'
import type { ChainDeployment } from '../l1/deployment.ts'
import { addressOfKey } from '../api/index.ts'
import { watchOperatorBond } from '../l1/operatorBond.ts'
import { getBaseFee, getEtherBalance, getSettledState } from '../l1/reads.ts'
import { watchSettlementRight } from '../l1/settlementRight.ts'
import { getVerificationKeys } from '../l1/verificationKeys.ts'
import { submitTransaction, type TransactionAccount } from '../l1/submitTransaction.ts'
import { createTransactionAccount } from '../l1/transactionAccount.ts'
import { BATCH_CIRCUITS, type BatchCircuit, type CircuitName } from '../protocol/constants.ts'
import { BaseError } from '../protocol/errors.ts'
import { hexToBytes } from '../protocol/field.ts'
import { deriveFarmKey, type FarmKey } from '../prover/farm/sealedBox.ts'
import { createProver, type Prover } from '../prover/prover.ts'
import type { VerificationKey } from '../prover/verificationKey.ts'
import { hashVerificationKey } from '../prover/verificationKey.ts'
import {
  createSequencer,
  type FarmPorts,
  defaultSettings,
  type Sequencer,
  type SequencerSettings,
} from './sequencer.ts'
import { failPoint } from './failPoint.ts'
import { EndpointBoard } from './server/endpointBoard.ts'
import { findBatchCircuits } from './sealing/findBatchCircuits.ts'
import type { SettlementChain } from './settlement/settler.ts'
import { type Database, openDatabase } from './store/database.ts'
import { noTracing, openTracing } from './tracing.ts'
import { l1TransactionStore } from './store/l1TransactionStore.ts'

type Hex = `0x${string}`

export type StartSequencerOptions = Partial<SequencerSettings> & {
  deployment: ChainDeployment
  /** Several, by comma, stand in for each other. */
  rpcUrl: string
  databaseUrl: string
  /**
   * Signs and pays for settle calls; must have the SEQUENCER role. Also the default fee recipient. Or the account of
   * a key service (l1/remoteAccount.ts).
   */
  l1PrivateKey: Hex | TransactionAccount
  /** Signs receipts and anchors. */
  receiptPrivateKey: Hex
  /** Default 127.0.0.1. */
  host?: string
  /** Default: any free one. */
  port?: number
  /** Follow another sequencer and take over when it ends. Default: lead from the start, or do not start. */
  isStandby?: boolean
  /** How long to wait for another leader to end, ms. Default 10 s. */
  lockWaitMs?: number
  /** Longest silence of a leader before another may take over, ms. */
  leaseMs?: number
  /** Where clients reach this one, for those that ask a standby. Default: where it listens. */
  publicUrl?: string
  /** Keeps the sealed state from start to start. Default: in memory, rebuilt at every start. */
  stateDirectory?: string
  /** OTLP over HTTP, e.g. `http://127.0.0.1:4318/v1/traces`. Default: no tracing. */
  traceUrl?: string
  /** Default: silent. */
  logger?: FastifyServerOptions['logger']
  /** Default: one of its own, with as many worker processes as `provers`. */
  prover?: Prover
  /** Proofs that this process makes at once. 0: an external farm makes them all. Default 1. */
  provers?: number
  /** Opens jobs in this process. Default: follows from the receipt key, so that it outlives a restart. */
  farmKey?: FarmKey
  /** For an external farm: the public half of the key that its workers hold. Then `provers` must be 0. */
  farmPublicKey?: Uint8Array
  /** Blocks that must hold a settle call before it counts as mined. */
  l1Confirmations?: number
  /** Wei per gas; above it nothing is signed. */
  maxFeePerGas?: bigint
  now?: () => Date
  /** Called when the sequencer cannot go on: it has stopped by then. */
  onFatal?: (error: Error) => void
}

export type RunningSequencer = {
  /** e.g. `http://127.0.0.1:8080`. */
  readonly url: string
  /** Signs receipts and anchors. */
  readonly address: Hex
  readonly sequencer: Sequencer
  /** Its connections, which write in its term of leadership. */
  readonly database: Database
  /** Answers what was asked, ends the loops, closes the database. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Runs a sequencer in this process: opens the database, checks the deployment and its keys, rebuilds the
 * state, listens and starts the loops.
 *
 * @throws what `createSequencer` throws, and l1/'s errors when chain and deployment do not belong together.
 */
export async function startSequencer(options: StartSequencerOptions): Promise<RunningSequencer> {
  const { deployment, rpcUrl, databaseUrl, host = '127.0.0.1', port = 0 } = options
  const endpoints = new EndpointBoard()
  const { chainId, contracts } = deployment
  const client = createChainClient({ rpcUrl, chainId, onEndpoint: endpoints.tell })
  await checkDeployment(client, deployment)
  const database = await openDatabase({ url: databaseUrl })
  const prover = options.prover ?? createProver({ workers: Math.max(1, options.provers ?? 1) })
  const account =
    typeof options.l1PrivateKey === 'string'
      ? createTransactionAccount(options.l1PrivateKey)
      : options.l1PrivateKey

  const { traceUrl } = options
  const tracing =
    traceUrl === undefined
      ? noTracing
      : await openTracing({ url: traceUrl, chainId, rollup: contracts.rollup })

  const closeAll = async () => {
    await tracing.close()
    if (options.prover === undefined) await prover.close()
    await database.close()
  }
  const settings: SequencerSettings = {
    ...defaultSettings,
    feeRecipient: account.address.toLowerCase() as Hex,
    ...definedSettings(options),
  }
  let sequencer: Sequencer
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= sequencer.stop().then(closeAll)
    return stopping
  }
  try {
    const registered = await getVerificationKeys(client, deployment.contracts.rollup)
    sequencer = await createSequencer(
      {
        database,
        reader: createChainReader({ client, deployment }),
        settlement: liveSettlement(options, { client, database, account }),
        findReceipt: (transaction) => findReceipt(client, transaction),
        getBond: watchOperatorBond(
          { client, deployment },
          addressOfKey(hexToBytes(options.receiptPrivateKey)),
        ),
        getBalance: () => getEtherBalance({ client }, account.address),
        prover,
        tracing,
        keyHashOf: (circuit) => keyHash(prover, circuit),
        batchCircuits: findBatchCircuits(
          (circuit) => keyHere(prover, circuit),
          (circuit) => registered.blobs[circuit],
        ),
        keys: {
          getKeys: () => getVerificationKeys(client, deployment.contracts.rollup),
          prover,
        },
        farm: farmPorts(options, prover),
        receiptKey: hexToBytes(options.receiptPrivateKey),
        l1Account: account.address.toLowerCase() as Hex,
        now: options.now ?? (() => new Date()),
        logger: options.logger ?? false,
        ...definedPorts(options),
        onLockLost(error) {
          // Another process decides: nothing that this one writes is taken any more.
          void stop().then(() => options.onFatal?.(error))
        },
      },
      { ...deployment, contracts: { ...deployment.contracts } },
      settings,
    )
  } catch (error) {
    await closeAll()
    throw error
  }
  try {
    const { rollup } = deployment.contracts
    await checkRegisteredKeys({ client, rollup, prover, mayBeInSunset: true })
    const url = await sequencer.app.listen({ host, port })
    endpoints.attach(sequencer.app.log, sequencer.registry)
    sequencer.start(options.publicUrl ?? url)
    return { url, address: sequencer.address, sequencer, database, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function farmPorts(options: StartSequencerOptions, prover: Prover): FarmPorts {
  const verificationKeyHashOf = (circuit: BatchCircuit) =>
    hashVerificationKey(prover.verificationKey(circuit))
  if (options.farmPublicKey !== undefined) {
    return { publicKey: options.farmPublicKey, verificationKeyHashOf }
  }
  const key = options.farmKey ?? deriveFarmKey(hexToBytes(options.receiptPrivateKey))
  const circuits = (Object.keys(BATCH_CIRCUITS) as BatchCircuit[]).filter(
    (circuit) => keyHash(prover, circuit) !== null,
  )
  const concurrency = options.provers ?? 1
  return {
    publicKey: key.publicKey,
    verificationKeyHashOf,
    worker: { key, circuits, concurrency },
  }
}

function liveSettlement(
  options: StartSequencerOptions,
  {
    client,
    database,
    account,
  }: {
    client: ReturnType<typeof createChainClient>
    database: Database
    account: TransactionAccount
  },
): SettlementChain {
  const { deployment, l1Confirmations = 1, maxFeePerGas } = options
  const store = l1TransactionStore(database)
  return {
    getSettled: () => getSettledState({ client, deployment }),
    getRight: watchSettlementRight({ client, deployment }, account.address),
    getBaseFee: () => getBaseFee(client),
    async submit({ purpose, data, signal }) {
      const receipt = await submitTransaction({
        client,
        account,
        store,
        purpose,
        chainId: deployment.chainId,
        to: deployment.contracts.rollup,
        data,
        confirmations: l1Confirmations,
        pollMs: options.pollMs ?? defaultSettings.pollMs,
        signal,
        onProgress({ stage }) {
          if (stage === 'sent') failPoint('settle.sent')
        },
        ...(maxFeePerGas === undefined ? {} : { maxFeePerGas }),
      })
      const { transactionHash: transaction, gasUsed, effectiveGasPrice } = receipt
      return { transaction, gasUsed, costWei: gasUsed * effectiveGasPrice }
    },
  }
}

const settingNames = [
  'batchAgeMs',
  'delayPrice',
  'maxBatchesPerSettle',
  'maxGasPerSettle',
  'maxBytesPerSettle',
  'settleAgeMs',
  'farmProvers',
  'confirmations',
  'finalityDepth',
  'pollMs',
  'minimumFees',
  'feeRecipient',
  'limits',
  'removals',
] as const satisfies readonly (keyof SequencerSettings)[]

function definedSettings(options: StartSequencerOptions): Partial<SequencerSettings> {
  return Object.fromEntries(
    settingNames.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  )
}

function definedPorts(options: StartSequencerOptions) {
  const { isStandby, lockWaitMs, leaseMs, stateDirectory } = options
  return {
    ...(isStandby === undefined ? {} : { isStandby }),
    ...(lockWaitMs === undefined ? {} : { lockWaitMs }),
    ...(leaseMs === undefined ? {} : { leaseMs }),
    ...(stateDirectory === undefined ? {} : { stateDirectory }),
  }
}

function keyHash(prover: Prover, circuit: CircuitName): Hex | null {
  const key = keyHere(prover, circuit)
  return key === undefined ? null : `0x${hashVerificationKey(key)}`
}

/** A circuit without keys here is no failure: a sequencer proves batches only. */
function keyHere(prover: Prover, circuit: CircuitName): VerificationKey | undefined {
  try {
    return prover.verificationKey(circuit)
  } catch (error) {
    if (error instanceof BaseError) return undefined
    throw error
  }
}
