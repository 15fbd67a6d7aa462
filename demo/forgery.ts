import { settleCall } from '../l1/calls.ts'
import type { ChainEventOf } from '../l1/chainEvents.ts'
import { decodeSettleInput } from '../l1/codec.ts'
import { decodeRevert } from '../l1/revert.ts'
import { applyBatch } from '../protocol/applyBatch.ts'
import type { Batch, BatchSlot } from '../protocol/batch.ts'
import { buildBatch } from '../protocol/buildBatch.ts'
import { BATCH_CIRCUITS } from '../protocol/constants.ts'
import { BaseError } from '../protocol/errors.ts'
import { initialState, type RollupState } from '../protocol/rollupState.ts'
import type { Devnet } from './devnet.ts'

/** How a forgery ended: the code of the refusal, or undefined when it went through. */
export type ForgeryOutcome = string | undefined

/** A settled batch as the protocol's own type. */
export function batchOf(event: ChainEventOf<'batchSettled'>): Batch {
  const slots = Array.from(
    { length: BATCH_CIRCUITS[event.circuit].transferSlots },
    (): BatchSlot => ({ kind: 'empty' }),
  )
  for (const { slot, kind, publicInputs } of event.transfers) {
    const { nullifier, outputs } = publicInputs
    slots[slot] = { kind, nullifier, outputs }
  }
  return {
    circuit: event.circuit,
    batchNumber: event.batchNumber,
    feeRecipient: BigInt(event.feeRecipient),
    slots,
    deposits: event.deposits.map(({ asset, amount, recipient }) => ({ asset, amount, recipient })),
  }
}

/** Both trees from the settled batches alone. */
export function replay(batches: readonly ChainEventOf<'batchSettled'>[]): RollupState {
  const state = initialState()
  for (const batch of batches) applyBatch(state, batchOf(batch))
  return state
}

/**
 * A dishonest sequencer tries to have a spent account spent again: it takes a batch that would be
 * valid, puts the spent nullifier into it, and asks the prover for a proof.
 */
export async function proveSpentNullifier(
  { prover, deployment }: Devnet,
  batches: readonly ChainEventOf<'batchSettled'>[],
): Promise<ForgeryOutcome> {
  const spent = batches.at(-1)?.transfers[0]?.publicInputs
  if (spent === undefined) throw new Error('no transfer was settled yet')
  const { circuitInputs } = buildBatch(
    replay(batches),
    {
      circuit: 'batch-4',
      batchNumber: BigInt(batches.length) + 1n,
      feeRecipient: 0n,
      slots: [{ kind: 'transfer', nullifier: spent.nullifier ^ 1n, outputs: spent.outputs }],
      deposits: [],
    },
    { domain: deployment.domain },
  )
  const [, ...others] = circuitInputs['nullifiers'] as readonly bigint[]
  try {
    await prover.prove('batch-4', {
      ...circuitInputs,
      nullifiers: [spent.nullifier, ...others],
    })
    return undefined
  } catch (error) {
    if (error instanceof BaseError) return error.code
    throw error
  }
}

/**
 * A dishonest sequencer sends a settled batch once more, under the next number: every transfer in it has
 * a valid proof, and every nullifier is spent. Asked as a call, so that nothing is paid for it.
 */
export async function settleTwice(
  { client, deployment, accounts }: Devnet,
  batches: readonly ChainEventOf<'batchSettled'>[],
): Promise<ForgeryOutcome> {
  const event = batches.findLast(({ transfers }) => transfers.length > 0)
  if (event === undefined) throw new Error('no transfer was settled yet')
  const transaction = await client.getTransaction({ hash: event.transactionHash })
  const settled = decodeSettleInput(transaction.input)
  const again = settled.batches
    .filter(({ batchNumber }) => batchNumber === event.batchNumber)
    .map((batch) => ({ ...batch, depositIds: [], batchNumber: BigInt(batches.length) + 1n }))
  try {
    await client.call({
      account: accounts.sequencer.address,
      ...settleCall(deployment, { ...settled, batches: again }),
    })
    return undefined
  } catch (error) {
    const revert = decodeRevert(error)
    if (revert === undefined) throw error
    return revert.name
  }
}
