import {
  type Abi,
  type Address,
  BlockNotFoundError,
  type ContractEventName,
  decodeEventLog,
  type DecodeEventLogReturnType,
  getAbiItem,
  type Hash,
  type Hex,
  type Log,
} from 'viem'
import { BATCH_CIRCUITS, DEPOSITS_PER_SLOT, OUTPUTS_PER_SLOT } from '../protocol/constants.ts'
import { keccak248 } from '../protocol/domain.ts'
import { hexToBytes } from '../protocol/field.ts'
import { packWord } from '../protocol/words.ts'
import { ask } from './ask.ts'
import { abis, contractOf } from './bindings.ts'
import type {
  ChainEvent,
  ChainHead,
  ChainReader,
  EventPosition,
  SettledDeposit,
  SettledTransfer,
  SettledVoid,
} from './chainEvents.ts'
import type { ChainClient } from './client.ts'
import type { SettleBatch, SettleCall, SettleContext } from './codec.ts'
import type { ChainDeployment, ContractName } from './deployment.ts'
import { ChainChangedError, SettledDataMissingError } from './errors.ts'
import { decodeForcedEntry, type ForcedEntry } from './forcedEntry.ts'
import { getLogs, type LogChunk, newLogChunk } from './getLogs.ts'
import { QueuedItems } from './queuedItems.ts'
import { readSettleCall } from './readSettleCall.ts'

export type CreateChainReaderParameters = {
  client: ChainClient
  deployment: ChainDeployment
  /** Blocks to ask for at a time, at most; less where the node asks for less. */
  chunkBlocks?: bigint
}

/** Contracts whose events are read. */
const WATCHED = [
  'clock',
  'forcedQueue',
  'identityRegistry',
  'policyRegistry',
  'rollup',
  'supervisionRegistry',
  'vault',
  'verifierRegistry',
] as const satisfies readonly ContractName[]
type Watched = (typeof WATCHED)[number]

/** Reads that met a chain in motion are made again, so often. */
const ATTEMPTS = 3

/**
 * The live ChainReader. It keeps nothing between calls but what was queued (deposits, forced transfers), and
 * checks the blocks of those again, so a reorg cannot leave anything stale in it.
 */
export function createChainReader({
  client,
  deployment,
  chunkBlocks,
}: CreateChainReaderParameters): ChainReader {
  const reader = new LiveChainReader(client, deployment, newLogChunk(chunkBlocks))
  return {
    getHead: () => reader.getHead(),
    getBlock: (number) => reader.getBlock(number),
    getEvents: (range) => reader.getEvents(range),
  }
}

type DecodedOf<N extends Watched> = DecodeEventLogReturnType<
  (typeof abis)[N],
  ContractEventName<(typeof abis)[N]>,
  Hex[],
  Hex
>
type Decoded = { [N in Watched]: { contract: N } & DecodedOf<N> }[Watched]
type ReadLog = { log: Log<bigint, number, false>; decoded: Decoded }
type QueuedDeposit = Omit<SettledDeposit, 'leafIndex'>

class LiveChainReader {
  readonly #client: ChainClient
  readonly #deployment: ChainDeployment
  readonly #chunk: LogChunk
  readonly #contracts: ReadonlyMap<string, Watched>
  readonly #deposits: QueuedItems<QueuedDeposit>
  readonly #forced: QueuedItems<ForcedEntry>

  constructor(client: ChainClient, deployment: ChainDeployment, chunk: LogChunk) {
    this.#client = client
    this.#deployment = deployment
    this.#chunk = chunk
    this.#contracts = new Map(
      WATCHED.map((name) => [deployment.contracts[name].toLowerCase(), name] as const),
    )
    const common = {
      ...{ client, chunk, startBlock: deployment.startBlock },
      getBlockHash: async (number: bigint) => (await this.getBlock(number))?.hash,
    }
    this.#deposits = new QueuedItems({
      ...common,
      address: deployment.contracts.vault,
      event: getAbiItem({ abi: abis.vault, name: 'DepositQueued' }),
      read: (log) => readDeposit(this.#decode(log)),
    })
    this.#forced = new QueuedItems({
      ...common,
      address: deployment.contracts.forcedQueue,
      event: getAbiItem({ abi: abis.forcedQueue, name: 'ForcedTransferQueued' }),
      read: (log) => readForcedEntry(this.#decode(log)),
    })
  }

  async getHead(): Promise<ChainHead> {
    return headOf(await ask('newest block', () => this.#client.getBlock()))
  }

  async getBlock(number: bigint): Promise<ChainHead | undefined> {
    try {
      return headOf(await ask('block', () => this.#client.getBlock({ blockNumber: number })))
    } catch (error) {
      if (error instanceof BlockNotFoundError) return undefined
      throw error
    }
  }

  /** @throws {ChainChangedError} when the chain does not hold still for three attempts. */
  async getEvents(range: { from: bigint; to: bigint }): Promise<readonly ChainEvent[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#readEvents(range)
      } catch (error) {
        if (!(error instanceof ChainChangedError) || attempt === ATTEMPTS) throw error
      }
    }
  }

  async #readEvents({ from, to }: { from: bigint; to: bigint }): Promise<ChainEvent[]> {
    const address = WATCHED.map((name) => this.#deployment.contracts[name])
    const logs = await getLogs(this.#client, { address, from, to }, this.#chunk)
    const read = logs.flatMap((log): ReadLog[] => {
      const decoded = this.#decode(log)
      return decoded === undefined ? [] : [{ log, decoded }]
    })
    for (const { log } of read) {
      this.#deposits.remember(log)
      this.#forced.remember(log)
    }
    const blocks = await this.#checkBlocks(logs)
    const context = new Lookups(this.#client, this.#deployment, read)
    const events: ChainEvent[] = []
    for (const { log, decoded } of read) {
      const position: EventPosition = {
        blockNumber: log.blockNumber,
        blockHash: log.blockHash,
        transactionHash: log.transactionHash,
        logIndex: log.logIndex,
        timestamp: blocks.get(log.blockNumber) ?? 0n,
      }
      const event = await this.#toEvent(decoded, position, context)
      if (event !== undefined) events.push(event)
    }
    return events
  }

  #decode(log: Log<bigint, number, false>): Decoded | undefined {
    const contract = this.#contracts.get(log.address.toLowerCase())
    if (contract === undefined) return undefined
    const { data, topics } = log
    try {
      const abi: Abi = abis[contract]
      const decoded = decodeEventLog({ abi, data, topics: topics })
      return { contract, ...decoded } as unknown as Decoded
    } catch {
      // An event of a later version of the contract: none of those we know.
      return undefined
    }
  }

  /** Times of the blocks that the logs are in. @throws {ChainChangedError} */
  async #checkBlocks(
    logs: readonly { blockNumber: bigint; blockHash: string | null }[],
  ): Promise<Map<bigint, bigint>> {
    const hashes = new Map<bigint, string | null>()
    for (const { blockNumber, blockHash } of logs) {
      if ((hashes.get(blockNumber) ?? blockHash) !== blockHash) {
        throw new ChainChangedError({ block: blockNumber })
      }
      hashes.set(blockNumber, blockHash)
    }
    const times = new Map<bigint, bigint>()
    await eachOf([...hashes], async ([number, hash]) => {
      const block = await this.getBlock(number)
      if (block?.hash !== hash) throw new ChainChangedError({ block: number })
      times.set(number, block.timestamp)
    })
    return times
  }

  async #toEvent(
    decoded: Decoded,
    position: EventPosition,
    lookups: Lookups,
  ): Promise<ChainEvent | undefined> {
    switch (decoded.contract) {
      case 'rollup':
        if (decoded.eventName !== 'BatchSettled') return undefined
        return this.#toBatch(decoded.args, position, lookups)
      case 'vault':
        return fromVault(decoded, position)
      case 'forcedQueue':
        if (decoded.eventName !== 'ForcedTransferQueued') return undefined
        return toForcedTransfer(decoded.args, position, lookups)
      case 'clock':
        return fromClock(decoded, position)
      case 'verifierRegistry':
        return fromVerifierRegistry(decoded, position)
      case 'identityRegistry': {
        if (decoded.eventName === 'DestinationAnnounced') {
          const { index, ...change } = decoded.args
          return { type: 'destinationAnnounced', ...position, index: BigInt(index), ...change }
        }
        if (decoded.eventName !== 'IdentityUpdated') return undefined
        const { index, oldLeaf, newLeaf, mode, version, root, tracePoint } = decoded.args
        return {
          type: 'identityUpdated',
          ...position,
          ...{ index: BigInt(index), oldLeaf, newLeaf, mode, version, root },
          tracePoint: { x: tracePoint[0], y: tracePoint[1] },
          sealedContents: hexToBytes(decoded.args.sealedContents),
        }
      }
      case 'policyRegistry': {
        if (decoded.eventName !== 'PolicyPublished') return undefined
        const { version, root, policies } = decoded.args
        return {
          type: 'policyPublished',
          ...position,
          version,
          root,
          policies: policies.map(({ tier, asset, ...limits }) => ({
            ...{ tier: BigInt(tier), asset: BigInt(asset), ...limits },
          })),
        }
      }
      case 'supervisionRegistry': {
        if (decoded.eventName !== 'EpochScheduled') return undefined
        const { epoch, startDay, statisticsKey, investigationKey, largeValueKey } = decoded.args
        return {
          type: 'epochScheduled',
          ...position,
          epoch: BigInt(epoch),
          startDay: BigInt(startDay),
          auditKeyS: { x: statisticsKey[0], y: statisticsKey[1] },
          auditKeyI: { x: investigationKey[0], y: investigationKey[1] },
          auditKeyL: { x: largeValueKey[0], y: largeValueKey[1] },
        }
      }
    }
  }

  async #toBatch(
    args: BatchSettledArgs,
    position: EventPosition,
    lookups: Lookups,
  ): Promise<ChainEvent> {
    const { batchNumber, noteRoot, nullifierRoot, oldSlotCount, newSlotCount } = args
    const { transactionHash } = position
    const call = await lookups.settleCall(transactionHash)
    const batch = call.batches.find((candidate) => candidate.batchNumber === batchNumber)
    if (batch === undefined) {
      const what = `batch ${String(batchNumber)}`
      throw new SettledDataMissingError({ transaction: transactionHash, what })
    }
    const { transferSlots, deposits } = BATCH_CIRCUITS[batch.circuit]
    const size = BigInt(transferSlots + deposits / DEPOSITS_PER_SLOT)
    const first = newSlotCount - size
    const { transfers, voids } = await this.#slotsOf({ call, batch, first }, position, lookups)
    return {
      type: 'batchSettled',
      ...position,
      ...{ batchNumber, circuit: batch.circuit, noteRoot, nullifierRoot },
      feeRecipient: batch.feeRecipient,
      position: first,
      ...{ oldSlotCount, newSlotCount, transfers, voids },
      deposits: await this.#depositsOf(batch, first + BigInt(transferSlots), position),
    }
  }

  /** Transfers with all that stands elsewhere: roots and keys, and what the forced queue published. */
  async #slotsOf(
    { call, batch, first }: { call: SettleCall; batch: SettleBatch; first: bigint },
    { blockNumber, transactionHash }: EventPosition,
    lookups: Lookups,
  ): Promise<{ transfers: SettledTransfer[]; voids: SettledVoid[] }> {
    const ids = batch.slots.flatMap((slot) => (slot.kind === 'forced' ? [slot.entryId] : []))
    await this.#forced.load(ids, blockNumber)
    const transfers: SettledTransfer[] = []
    const voids: SettledVoid[] = []
    for (const [slot, contents] of batch.slots.entries()) {
      if (contents.kind === 'empty') continue
      const firstLeafIndex = (first + BigInt(slot)) * BigInt(OUTPUTS_PER_SLOT)
      if (contents.kind !== 'forced') {
        const { kind, memo, anchorBatch, context } = contents
        const publicInputs = await lookups.publicInputs(contextOf(call, context), contents)
        transfers.push({ kind, slot, firstLeafIndex, publicInputs, memo, anchorBatch })
        continue
      }
      const { entryId: forcedEntry, takenAs, nullifier, outputs } = contents
      if (takenAs === 'void') {
        voids.push({ slot, forcedEntry, nullifier, outputs })
        continue
      }
      const entry = this.#forced.get(forcedEntry)
      if (entry === undefined) {
        const what = `event of forced transfer ${String(forcedEntry)}`
        throw new SettledDataMissingError({ transaction: transactionHash, what })
      }
      const { kind, memo, anchorBatch } = entry.transfer
      const publicInputs = await lookups.publicInputs(entry.context, entry.transfer)
      transfers.push({ kind, slot, firstLeafIndex, publicInputs, memo, anchorBatch, forcedEntry })
    }
    return { transfers, voids }
  }

  async #depositsOf(
    { depositIds }: SettleBatch,
    firstSlot: bigint,
    { blockNumber, transactionHash }: EventPosition,
  ): Promise<SettledDeposit[]> {
    if (depositIds.length === 0) return []
    await this.#deposits.load(depositIds, blockNumber)
    return depositIds.map((id, i) => {
      const queued = this.#deposits.get(id)
      if (queued === undefined) {
        const what = `event of deposit ${String(id)}`
        throw new SettledDataMissingError({ transaction: transactionHash, what })
      }
      const { asset, amount, recipient, ciphertext } = queued
      const leafIndex = firstSlot * BigInt(OUTPUTS_PER_SLOT) + BigInt(i)
      return { id, asset, amount, recipient, ciphertext, leafIndex }
    })
  }
}

type BatchSettledArgs = Extract<DecodedOf<'rollup'>, { eventName: 'BatchSettled' }>['args']
type ForcedQueuedArgs = Extract<
  DecodedOf<'forcedQueue'>,
  { eventName: 'ForcedTransferQueued' }
>['args']

function readDeposit(
  decoded: Decoded | undefined,
): { id: bigint; item: QueuedDeposit } | undefined {
  if (decoded?.contract !== 'vault' || decoded.eventName !== 'DepositQueued') return undefined
  const { id, asset, amount, recipient, ciphertext } = decoded.args
  const item = { id, asset: BigInt(asset), amount, recipient, ciphertext: hexToBytes(ciphertext) }
  return { id, item }
}

function readForcedEntry(
  decoded: Decoded | undefined,
): { id: bigint; item: ForcedEntry } | undefined {
  if (decoded?.contract !== 'forcedQueue') return undefined
  if (decoded.eventName !== 'ForcedTransferQueued') return undefined
  const { id, data } = decoded.args
  return { id, item: decodeForcedEntry(data) }
}

async function toForcedTransfer(
  { id, statementId, queuedAt, dueAt, deadline, wasCurrent, data }: ForcedQueuedArgs,
  position: EventPosition,
  lookups: Lookups,
): Promise<ChainEvent> {
  const { context, transfer } = decodeForcedEntry(data)
  const { kind, memo, anchorBatch } = transfer
  return {
    type: 'forcedTransferQueued',
    ...position,
    ...{ id, statementId, kind, memo, anchorBatch, queuedAt, dueAt, deadline, wasCurrent },
    publicInputs: await lookups.publicInputs(context, transfer),
  }
}

function contextOf({ contexts }: SettleCall, index: number): SettleContext {
  const context = contexts[index]
  if (context === undefined) throw new RangeError('unreachable: the codec checks contexts')
  return context
}

function fromVault(
  decoded: Extract<Decoded, { contract: 'vault' }>,
  position: EventPosition,
): ChainEvent | undefined {
  switch (decoded.eventName) {
    case 'DepositQueued': {
      const { id, asset, amount, recipient, ciphertext, depositor, deadline } = decoded.args
      return {
        type: 'depositQueued',
        ...position,
        ...{ id, asset: BigInt(asset), amount, recipient, deadline },
        ciphertext: hexToBytes(ciphertext),
        depositor: lower(depositor),
      }
    }
    case 'DepositReclaimRequested':
      return { type: 'depositReclaimRequested', ...position, ...decoded.args }
    case 'DepositRefunded':
      return { type: 'depositRefunded', ...position, ...decoded.args }
    case 'AssetListed': {
      const { asset, token, unit, maxFee } = decoded.args
      return {
        type: 'assetListed',
        ...position,
        ...{ asset: BigInt(asset), token: lower(token), unit, maxFee },
      }
    }
    case 'Credited':
    case 'Claimed': {
      const { asset, account, amount } = decoded.args
      return {
        type: decoded.eventName === 'Credited' ? 'withdrawalCredited' : 'withdrawalClaimed',
        ...position,
        ...{ asset: BigInt(asset), account: lower(account), amount },
      }
    }
    default:
      return undefined
  }
}

function fromClock(
  decoded: Extract<Decoded, { contract: 'clock' }>,
  position: EventPosition,
): ChainEvent | undefined {
  switch (decoded.eventName) {
    case 'Stopped':
      return { type: 'clockStopped', ...position, until: decoded.args.until }
    case 'Resumed':
      return { type: 'clockResumed', ...position }
    default:
      return undefined
  }
}

function fromVerifierRegistry(
  decoded: Extract<Decoded, { contract: 'verifierRegistry' }>,
  position: EventPosition,
): ChainEvent | undefined {
  switch (decoded.eventName) {
    case 'KeyAnnounced': {
      const { circuitId, version, keyHash } = decoded.args
      return { type: 'keyAnnounced', ...position, circuitId, version, keyHash }
    }
    case 'KeyActivated':
      return { type: 'keyActivated', ...position, ...decoded.args }
    case 'KeyRetired':
      return { type: 'keyRetired', ...position, ...decoded.args }
    case 'KeyStopped':
      return { type: 'keyStopped', ...position, ...decoded.args }
    default:
      return undefined
  }
}

/**
 * What settled transfers name by number: roots, keys, transactions. All of it is fixed once it is in the
 * chain, but the chain may change, so it is kept for one call only.
 */
class Lookups {
  readonly #client: ChainClient
  readonly #deployment: ChainDeployment
  readonly #known = new Map<string, Promise<unknown>>()

  constructor(client: ChainClient, deployment: ChainDeployment, read: readonly ReadLog[]) {
    this.#client = client
    this.#deployment = deployment
    // Most anchors are roots of batches settled a moment before.
    for (const { decoded } of read) {
      if (decoded.contract === 'rollup' && decoded.eventName === 'BatchSettled') {
        const { batchNumber, noteRoot } = decoded.args
        this.#known.set(`note root ${String(batchNumber)}`, Promise.resolve(noteRoot))
      }
    }
  }

  settleCall(hash: Hash): Promise<SettleCall> {
    return this.#once(`transaction ${hash}`, () => readSettleCall(this.#client, hash))
  }

  async publicInputs(
    context: SettleContext,
    transfer: ForcedEntry['transfer'],
  ): Promise<SettledTransfer['publicInputs']> {
    const [anchor, identityRoot, policyRoot, keys] = await Promise.all([
      this.#noteRoot(transfer.anchorBatch),
      this.#root('identityRegistry', context.identityVersion),
      this.#root('policyRegistry', context.policyVersion),
      this.#keysOfDay(context.day),
    ])
    const [epoch, sx, sy, ix, iy, lx, ly] = keys
    const { nullifier, outputs, withdrawal, traceTag, ephemeral } = transfer
    const { statisticsCiphertext, investigationCiphertext } = transfer
    return {
      ...{ anchor, identityRoot, policyRoot, day: context.day },
      domain: this.#deployment.domain,
      ...{ nullifier, outputs, withdrawal },
      fee: packWord('fee', { ...transfer.fee, epoch }),
      memoHash: keccak248(transfer.memo),
      ...{ traceTag, ephemeral, statisticsCiphertext, investigationCiphertext },
      auditKeyS: [sx, sy],
      auditKeyI: [ix, iy],
      auditKeyL: [lx, ly],
    }
  }

  #noteRoot(batchNumber: bigint): Promise<bigint> {
    return this.#once(`note root ${String(batchNumber)}`, () =>
      this.#client.readContract({
        ...contractOf(this.#deployment, 'rollup'),
        functionName: 'noteRootOf',
        args: [batchNumber],
      }),
    )
  }

  #root(contract: 'identityRegistry' | 'policyRegistry', version: bigint): Promise<bigint> {
    return this.#once(`${contract} ${String(version)}`, async () => {
      const { address } = contractOf(this.#deployment, contract)
      // Both registries have this function; one of the ABIs serves for both.
      const [root] = await this.#client.readContract({
        ...{ address, abi: abis.identityRegistry },
        functionName: 'rootAt',
        args: [version],
      })
      return root
    })
  }

  #keysOfDay(
    day: bigint,
  ): Promise<readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint]> {
    return this.#once(`keys of day ${String(day)}`, () =>
      this.#client.readContract({
        ...contractOf(this.#deployment, 'supervisionRegistry'),
        functionName: 'keysOfDay',
        args: [day],
      }),
    )
  }

  #once<Answer>(key: string, question: () => Promise<Answer>): Promise<Answer> {
    const known = this.#known.get(key) as Promise<Answer> | undefined
    if (known !== undefined) return known
    const answer = ask(key, question)
    this.#known.set(key, answer)
    return answer
  }
}

/** Requests at a time to one node. */
const AT_ONCE = 8

async function eachOf<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) {
    await Promise.all(items.slice(at, at + AT_ONCE).map(work))
  }
}

function headOf({
  number,
  hash,
  timestamp,
}: {
  number: bigint | null
  hash: Hash | null
  timestamp: bigint
}): ChainHead {
  if (number === null || hash === null) throw new RangeError('unreachable: the block is mined')
  return { number, hash, timestamp }
}

function lower(address: Address): Address {
  return address.toLowerCase() as Address
}
