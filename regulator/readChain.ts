import type { ChainEvent, ChainEventOf, ChainHead, ChainReader } from '../l1/chainEvents.ts'
import { IDENTITY_TREE_DEPTH } from '../protocol/constants.ts'
import { formatField } from '../protocol/field.ts'
import { openIdentity } from '../protocol/sealedIdentity.ts'
import { MerkleTree } from '../protocol/tree.ts'
import { type Kernels, openKernels } from '../prover/kernels.ts'
import type { AuditKeyRing } from './auditKeys.ts'
import { type Finding, type AssetTotals, RecordLedger } from './checkRecords.ts'
import { RegistryRootMismatchError } from './errors.ts'
import type { OpenedTransfer } from './openRecords.ts'
import { openRecordsMany } from './openRecordsMany.ts'

/** Everything that a supervisor's keys show of the settled chain. */
export type SupervisedChain = {
  readonly head: ChainHead
  readonly transfers: readonly OpenedTransfer[]
  readonly batches: readonly ChainEventOf<'batchSettled'>[]
  readonly findings: readonly Finding[]
  readonly totals: ReadonlyMap<bigint, AssetTotals>
  readonly registry: RegistryView
}

/** The registry as published. */
export type RegistryView = {
  readonly tree: MerkleTree
  readonly root: bigint
  readonly updates: readonly ChainEventOf<'identityUpdated'>[]
  /** The registrar's reference for an index, where a key at hand opens it. */
  readonly nameOf: (index: bigint) => string | undefined
}

export type ReadChainParameters = {
  /** Block of the deployment. */
  readonly fromBlock: bigint
  /** Last block to read; the head when absent. */
  readonly toBlock?: bigint
  readonly statistics?: AuditKeyRing
  readonly investigation?: AuditKeyRing
  readonly largeValue?: AuditKeyRing
  /** Bulk arithmetic. Default: native where it is built. */
  readonly kernels?: Kernels
  /** Audit keys I of all epochs on chain are tried for sealed identities. */
  readonly onProgress?: (progress: { block: bigint; head: bigint }) => void
}

/** What following the chain gives without keeping its transfers. */
export type ChainReading = Omit<SupervisedChain, 'transfers' | 'batches'>

/** Blocks asked for at a time: enough to be quick, few enough for public endpoints' limits. */
const CHUNK = 2_000n

/**
 * Reads the settled chain from the base chain alone and opens what the keys open. Keeps all of it: for
 * a chain of millions, `followChain` hands it on instead.
 *
 * @throws {RegistryRootMismatchError} when a published identity root does not follow from the
 * published updates.
 */
export async function readChain(
  reader: ChainReader,
  parameters: ReadChainParameters,
): Promise<SupervisedChain> {
  const transfers: OpenedTransfer[] = []
  const batches: ChainEventOf<'batchSettled'>[] = []
  const reading = await followChain(reader, parameters, (batch, opened) => {
    batches.push(batch)
    for (const transfer of opened) transfers.push(transfer)
  })
  return { ...reading, transfers, batches }
}

/**
 * Reads the settled chain stretch by stretch, opens what the keys open, checks it, and hands each batch
 * on, in order. What is kept is what the checks need: 15 bytes a leaf.
 *
 * @throws {RegistryRootMismatchError} as `readChain`.
 */
export async function followChain(
  reader: ChainReader,
  {
    fromBlock,
    toBlock,
    statistics,
    investigation,
    largeValue,
    kernels = openKernels(),
    onProgress,
  }: ReadChainParameters,
  onBatch: (batch: ChainEventOf<'batchSettled'>, opened: readonly OpenedTransfer[]) => void,
): Promise<ChainReading> {
  const head = await reader.getHead()
  const last = toBlock === undefined || toBlock > head.number ? head.number : toBlock
  const registry = new RegistryBuilder(investigation)
  const ledger = new RecordLedger((index) => registry.isFilled(index))
  const keys = {
    ...(statistics === undefined ? {} : { statistics }),
    ...(investigation === undefined ? {} : { investigation }),
    ...(largeValue === undefined ? {} : { largeValue }),
  }
  for (let from = fromBlock; from <= last; from += CHUNK) {
    const to = from + CHUNK - 1n < last ? from + CHUNK - 1n : last
    const events = await reader.getEvents({ from, to })
    const batches = events.filter((event) => event.type === 'batchSettled')
    const opened = await openRecordsMany({ kernels, keys }, batches)
    let next = 0
    for (const event of events) {
      registry.add(event)
      if (event.type !== 'batchSettled') continue
      const transfers = opened[next++] ?? []
      ledger.addBatch(transfers, event.deposits)
      onBatch(event, transfers)
    }
    onProgress?.({ block: to, head: last })
  }
  return {
    head,
    findings: ledger.findings,
    totals: ledger.totals,
    registry: registry.view(),
  }
}

/** Reads the registry alone: what a registrar needs before it proves an update. */
export async function readRegistry(
  reader: ChainReader,
  { fromBlock, investigation }: { fromBlock: bigint; investigation?: AuditKeyRing },
): Promise<RegistryView> {
  const { registry } = await readChain(reader, {
    fromBlock,
    ...(investigation === undefined ? {} : { investigation }),
  })
  return registry
}

class RegistryBuilder {
  readonly #tree = new MerkleTree(IDENTITY_TREE_DEPTH)
  readonly #updates: ChainEventOf<'identityUpdated'>[] = []
  readonly #names = new Map<bigint, string>()
  readonly #auditKeys: { x: bigint; y: bigint }[] = []
  readonly #investigation: AuditKeyRing | undefined

  constructor(investigation: AuditKeyRing | undefined) {
    this.#investigation = investigation
  }

  add(event: ChainEvent): void {
    if (event.type === 'epochScheduled') this.#auditKeys.push(event.auditKeyI)
    if (event.type !== 'identityUpdated') return
    this.#tree.setLeaf(Number(event.index), event.newLeaf)
    if (this.#tree.root !== event.root) {
      throw new RegistryRootMismatchError({
        computed: formatField(this.#tree.root),
        onChain: formatField(event.root),
      })
    }
    this.#updates.push(event)
    for (const auditKey of this.#auditKeys) {
      const auditSecret = this.#investigation?.secretOf(auditKey)
      if (auditSecret === undefined) continue
      const file = openIdentity({ sealed: event.sealedContents, leaf: event.newLeaf, auditSecret })
      if (file !== undefined) this.#names.set(event.index, file.reference)
    }
  }

  isFilled(index: bigint): boolean {
    return this.#tree.leaf(Number(index)) !== 0n
  }

  view(): RegistryView {
    const names = this.#names
    return {
      tree: this.#tree,
      root: this.#tree.root,
      updates: this.#updates,
      nameOf: (index) => names.get(index),
    }
  }
}
