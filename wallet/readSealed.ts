import {
  type ApiClient,
  decodeBatchBody,
  MAX_BATCHES_PER_PAGE,
  NOBODY,
  type SealedBatch,
  type StatusBody,
  verifyAnchor,
} from '../api/index.ts'
import { formatField } from '../protocol/field.ts'
import type { MerkleTree } from '../protocol/tree.ts'
import { DeploymentMismatchError, SealedDataError, SequencerKeyChangedError } from './errors.ts'
import { followTransfer } from './followTransfer.ts'
import type { AccountRecord } from './ledger.ts'
import { batchLeaves, extendTree } from './noteTree.ts'
import { updateState, type Wallet } from './wallet.ts'

/** The newest signed anchor, with the tree rebuilt to it and our own accounts in it. */
export type SealedView = {
  readonly status: Pick<StatusBody, 'identity' | 'policy' | 'day' | 'epoch' | 'minimumFees'>
  /** Number of the newest sealed batch, whose note root is `noteTree.root`. */
  readonly anchorBatch: bigint
  readonly noteTree: MerkleTree
  /** Own accounts after the sealed batches: on unsettled data, only one's own change is taken (W1). */
  readonly accounts: readonly AccountRecord[]
}

export type ReadSealedParameters = {
  /** Accept another signing key than before. */
  trustSequencer?: boolean
}

/**
 * Extends the settled note tree by the batches that are sealed and not settled (W3). Each must follow
 * its predecessor's roots, be signed by the sequencer, and give the root that was signed.
 *
 * @throws {SealedDataError | DeploymentMismatchError | SequencerKeyChangedError}
 * @throws what the client throws.
 */
export async function readSealed(
  { wallet, api }: { wallet: Wallet; api: ApiClient },
  { trustSequencer = false }: ReadSealedParameters = {},
): Promise<SealedView> {
  const status = await api.getStatus()
  checkStatus(wallet, status)
  const { ledger } = wallet.state
  if (status.sequencer === NOBODY) {
    // A follower signs nothing and has settled batches only: those this wallet reads from the base chain.
    const { accounts, batchNumber: anchorBatch } = ledger
    return { status, anchorBatch, noteTree: wallet.trees.noteTree.fork(), accounts }
  }
  const sequencer = pinSequencer(wallet, status, trustSequencer)

  let noteTree = wallet.trees.noteTree.fork()
  let { accounts, slotCount, batchNumber } = ledger
  for (;;) {
    const page = await api.getBatches({
      from: Number(batchNumber) + 1,
      count: MAX_BATCHES_PER_PAGE,
    })
    for (const body of page.batches) {
      const batch = decodeBatchBody(body)
      const refuse = (reason: string) =>
        new SealedDataError({ batchNumber: batch.batchNumber, reason })
      if (batch.batchNumber !== batchNumber + 1n) throw refuse('it is not the next one')
      const domain = { chainId: wallet.deployment.chainId, rollup: wallet.deployment.rollup }
      if (!verifyAnchor(domain, batch.anchor, sequencer)) throw refuse('its signature is not valid')
      if (
        BigInt(batch.anchor.parentNoteRoot) !== noteTree.root ||
        batch.oldSlotCount !== slotCount
      ) {
        throw refuse('it does not follow the batch before it')
      }
      const leaves = batchLeaves(batch)
      if ('wrong' in leaves) throw refuse(leaves.wrong)
      const extended = extendTree(noteTree, leaves, batch.noteRoot)
      if (extended === undefined) throw refuse('its leaves do not give the signed root')
      noteTree = extended
      accounts = followAll(wallet, accounts, batch)
      slotCount = batch.newSlotCount
      batchNumber = batch.batchNumber
    }
    if (page.batches.length === 0 || batchNumber >= BigInt(page.newestBatch)) break
  }
  return { status, anchorBatch: batchNumber, noteTree, accounts }
}

/** Own account notes only; received notes wait for the base chain. */
function followAll(
  wallet: Wallet,
  accounts: readonly AccountRecord[],
  batch: SealedBatch,
): readonly AccountRecord[] {
  return accounts.map((record) => {
    const transfer = batch.transfers.find(
      ({ publicInputs }) => publicInputs.nullifier === record.nullifier,
    )
    if (transfer === undefined) return record
    const followed = followTransfer(wallet.keys, record, transfer)
    if (followed === undefined) {
      // The nullifier is ours and the contents are not: nobody else could have proved that.
      throw new SealedDataError({
        batchNumber: batch.batchNumber,
        reason: 'it holds a transfer with our nullifier that is not ours',
      })
    }
    return followed.record
  })
}

function checkStatus({ deployment, domain }: Wallet, status: StatusBody): void {
  if (BigInt(status.domain) === domain && BigInt(status.chainId) === deployment.chainId) return
  throw new DeploymentMismatchError({
    what: 'sequencer',
    expected: formatField(domain),
    actual: status.domain,
  })
}

/** The key is fixed at first sight: a later one would be free to sign another chain. */
function pinSequencer(wallet: Wallet, status: StatusBody, trustSequencer: boolean): string {
  const found = status.sequencer.toLowerCase()
  const known = wallet.state.sequencer
  if (known !== undefined && known !== found && !trustSequencer) {
    throw new SequencerKeyChangedError({ known, found })
  }
  if (known !== found) updateState(wallet, { sequencer: found })
  return found
}
