import type { FastifyServerOptions } from 'fastify'
import { checkRegisteredKeys } from './checkRegisteredKeys.ts'
import { createChainReader } from '../l1/chainReader.ts'
import { checkDeployment, createChainClient } from '../l1/client.ts'
import type { ChainDeployment } from '../l1/deployment.ts'
import { getBaseFee, getSettledState } from '../l1/reads.ts'
import { getVerificationKeys } from '../l1/verificationKeys.ts'
import { submitTransaction } from '../l1/submitTransaction.ts'
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
import { findBatchCircuits } from './sealing/findBatchCircuits.ts'
import type { SettlementChain } from './settlement/settler.ts'
import { type Database, openDatabase } from './store/database.ts'
import { l1TransactionStore } from './store/l1TransactionStore.ts'

type Hex = `0x${string}`

export type StartSequencerOptions = Partial<SequencerSettings> & {
  deployment: ChainDeployment
  rpcUrl: string
  databaseUrl: string
  /** Signs and pays for settle calls; must have the SEQUENCER role. Also the default fee recipient. */
  l1PrivateKey: Hex
  /** Signs receipts and anchors. */
  receiptPrivateKey: Hex
  /** Default 127.0.0.1. */
  host?: string
  /** Default: any free one. */
  port?: number
  /** Keeps the sealed state from start to start. Default: in memory, rebuilt at every start. */
  stateDirectory?: string
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
  const client = createChainClient({ rpcUrl })
  await checkDeployment(client, deployment)
  const database = await openDatabase({ url: databaseUrl })
  const prover = options.prover ?? createProver({ workers: Math.max(1, options.provers ?? 1) })
  const account = createTransactionAccount(options.l1PrivateKey)

  const closeAll = async () => {
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
        prover,
        keyHashOf: (circuit) => keyHash(prover, circuit),
        batchCircuits: findBatchCircuits(
          (circuit) => keyHere(prover, circuit),
          (circuit) => registered.blobs[circuit],
        ),
        farm: farmPorts(options, prover),
        receiptKey: hexToBytes(options.receiptPrivateKey),
        now: options.now ?? (() => new Date()),
        logger: options.logger ?? false,
        ...(options.stateDirectory === undefined ? {} : { stateDirectory: options.stateDirectory }),
        onLockLost(error) {
          // Without the lock another process may seal: nothing may be written any more.
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
    await checkRegisteredKeys({ client, rollup: deployment.contracts.rollup, prover })
    const url = await sequencer.app.listen({ host, port })
    sequencer.start()
    return { url, address: sequencer.address, sequencer, stop }
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
    account: ReturnType<typeof createTransactionAccount>
  },
): SettlementChain {
  const { deployment, l1Confirmations = 1, maxFeePerGas } = options
  const store = l1TransactionStore(database)
  return {
    getSettled: () => getSettledState({ client, deployment }),
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
        ...(maxFeePerGas === undefined ? {} : { maxFeePerGas }),
      })
      return { transaction: receipt.transactionHash, gasUsed: receipt.gasUsed }
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
  'pollMs',
  'minimumFees',
  'feeRecipient',
  'limits',
] as const satisfies readonly (keyof SequencerSettings)[]

function definedSettings(options: StartSequencerOptions): Partial<SequencerSettings> {
  return Object.fromEntries(
    settingNames.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  )
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
