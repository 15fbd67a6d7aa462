import type { ChainEvent, ChainEventOf } from '../../l1/chainEvents.ts'
import type { SettleBatch, SettleCall, SettleTransfer } from '../../l1/codec.ts'
import { type AppliedBatch, applyBatch } from '../../protocol/applyBatch.ts'
import type { Batch, BatchSlot } from '../../protocol/batch.ts'
import { batchPublicInputs, batchWords } from '../../protocol/batchWords.ts'
import { BATCH_CIRCUITS, type CircuitName } from '../../protocol/constants.ts'
import { BaseError } from '../../protocol/errors.ts'
import { formatField } from '../../protocol/field.ts'
import { publicInputsToArray, type TransferPublicInputs } from '../../protocol/publicInputs.ts'
import type { RollupState } from '../../protocol/rollupState.ts'
import { proofFromWords, type ProofWords } from '../../prover/proof.ts'
import { VerificationKeyError } from '../../prover/errors.ts'
import type { Verification } from '../../prover/verifyMany.ts'
import type { Connection } from '../store/database.ts'
import { findNewestTakenDeposit } from '../store/findNewestTakenDeposit.ts'
import { findRootVersion } from '../store/findRootVersion.ts'
import { listQueuedForced } from '../store/listQueuedForced.ts'
import { findSettlementFacts, type SettlementFacts } from '../store/findSettlementFacts.ts'
import { listQueuedDeposits } from '../store/listQueuedDeposits.ts'
import {
  checkContext,
  checkCredits,
  checkDeposits,
  checkForced,
  checkSlot,
  compareWithCalldata,
  comparePublicInputs,
  type ContextValues,
  DEPOSIT_LOOKAHEAD,
  refusal,
} from './checkSettlement.ts'
import { DivergenceError } from './divergence.ts'
import { type AnnouncedKey, findUsableKey } from './keyHistory.ts'
import type { ChainVerificationKeys } from './chainVerificationKeys.ts'
import { SettlementClock } from './settlementClock.ts'

type Hex = `0x${string}`
type SettledEvent = ChainEventOf<'batchSettled'>

export type BatchAuditorParameters = {
  database: Connection
  /** The note root after a batch that was rebuilt; undefined where there is none. */
  noteRootOf: (batchNumber: bigint) => bigint | undefined
  domain: bigint
  /** Seconds of the settlement clock. */
  settleWindow: bigint
  depositDelays: { readonly due: bigint; readonly deadline: bigint }
  readSettleCall: (transaction: Hex) => Promise<SettleCall>
  /** All events of one block. */
  readBlock: (block: bigint) => Promise<readonly ChainEvent[]>
  keys: ChainVerificationKeys
  verifyMany: (verifications: readonly Verification[]) => Promise<boolean[]>
}

/**
 * Checks everything that a settled batch claims: the rules of settlement from what the base chain had said by
 * then, the transition of both trees, and every proof, with the keys that the chain named at that place.
 */
export class BatchAuditor {
  readonly #parameters: BatchAuditorParameters
  /** Batches of one call stand in one transaction. */
  #lastCall: { transaction: Hex; call: SettleCall } | undefined

  constructor(parameters: BatchAuditorParameters) {
    this.#parameters = parameters
  }

  /**
   * Applies the batch to the fork.
   *
   * @throws {DivergenceError} with the first thing that does not hold.
   */
  async audit({ event, fork }: { event: SettledEvent; fork: RollupState }): Promise<AppliedBatch> {
    const { database, verifyMany } = this.#parameters
    const { batchNumber } = event
    const refuse = refusal(batchNumber)
    const call = await this.#readCall(event.transactionHash)
    const settled = call.batches.find((candidate) => candidate.batchNumber === batchNumber)
    if (settled === undefined) return refuse('S3 batch number', 'one of the call', 'none')
    compareWithCalldata(event, settled)

    const facts = await findSettlementFacts(database, event.blockNumber)
    const clock = new SettlementClock(facts.stops)
    const inputs = await this.#checkSlots(event, call, settled, facts, clock)
    await this.#checkForced(event, settled)
    await this.#checkDeposits(event, clock)
    if (call.batches[0] === settled) await this.#checkCredits(event, call)
    const { batch, applied } = applySettled(event, settled, fork)
    const verifications = await this.#verifications(
      { event, settled, facts, clock },
      { inputs, batch, applied },
    )
    const results = await verifyMany(verifications.map(({ verification }) => verification))
    const failed = results.indexOf(false)
    if (failed !== -1) {
      refuse(`proof of ${verifications[failed]?.what ?? ''}`, 'a valid proof', 'an invalid one')
    }
    return applied
  }

  async #readCall(transaction: Hex): Promise<SettleCall> {
    if (this.#lastCall?.transaction !== transaction) {
      const call = await this.#parameters.readSettleCall(transaction)
      this.#lastCall = { transaction, call }
    }
    return this.#lastCall.call
  }

  /** S1, S2, S3. @returns by slot, what each proof had to be for. */
  async #checkSlots(
    event: SettledEvent,
    call: SettleCall,
    settled: SettleBatch,
    facts: SettlementFacts,
    clock: SettlementClock,
  ): Promise<Map<SettleTransfer, TransferPublicInputs>> {
    const { domain, noteRootOf } = this.#parameters
    const { batchNumber } = event
    const contexts: ContextValues[] = []
    for (const context of call.contexts) {
      contexts.push(await this.#checkContext(event, context, facts, clock))
    }
    const inputs = new Map<SettleTransfer, TransferPublicInputs>()
    for (const [place, slot] of settled.slots.entries()) {
      if (slot.kind === 'empty' || slot.kind === 'forced') continue
      const context = contexts[slot.context]
      if (context === undefined)
        return refusal(batchNumber)('S2 context', 'one of the call', 'none')
      const { maxFees } = facts
      const anchor = noteRootOf(slot.anchorBatch)
      const expected = checkSlot(batchNumber, slot, { domain, context, anchor, maxFees })
      const read = event.transfers.find((transfer) => transfer.slot === place)
      comparePublicInputs(batchNumber, slot, expected, read?.publicInputs)
      inputs.set(slot, expected)
    }
    return inputs
  }

  async #checkContext(
    { batchNumber, blockNumber: block, timestamp: blockTime }: SettledEvent,
    context: SettleCall['contexts'][number],
    { epochs }: SettlementFacts,
    clock: SettlementClock,
  ): Promise<ContextValues> {
    const { database, settleWindow } = this.#parameters
    const rootAt = (kind: 'identity' | 'policy', version: bigint) =>
      findRootVersion(database, { kind, version, block })
    return checkContext(batchNumber, context, {
      ...{ clock, blockTime, settleWindow, epochs },
      identity: await rootAt('identity', context.identityVersion),
      policy: await rootAt('policy', context.policyVersion),
    })
  }

  /** S4, S5 of forced slots; each entry's proof was checked by the contract when it was let in. */
  async #checkForced({ batchNumber, blockNumber: block }: SettledEvent, settled: SettleBatch) {
    const limit = settled.slots.length
    const queue = await listQueuedForced(this.#parameters.database, { batchNumber, block, limit })
    checkForced(settled, queue)
  }

  async #checkDeposits(event: SettledEvent, clock: SettlementClock): Promise<void> {
    const { database, depositDelays: delays } = this.#parameters
    const last = await findNewestTakenDeposit(database, event.batchNumber)
    const newest = event.deposits.at(-1)?.id ?? last ?? 0n
    const from = (last ?? 0n) + 1n
    const limit = Number(newest - from + 1n) + DEPOSIT_LOOKAHEAD + 1
    const queue = await listQueuedDeposits(database, { from, block: event.blockNumber, limit })
    checkDeposits(event, { now: clock.timeAt(event.timestamp), delays, queue })
  }

  async #checkCredits(event: SettledEvent, call: SettleCall): Promise<void> {
    const events = await this.#parameters.readBlock(event.blockNumber)
    checkCredits(
      call,
      events.filter(({ transactionHash }) => transactionHash === event.transactionHash),
    )
  }

  async #verifications(
    where: {
      event: SettledEvent
      settled: SettleBatch
      facts: SettlementFacts
      clock: SettlementClock
    },
    {
      inputs,
      batch,
      applied,
    }: {
      inputs: ReadonlyMap<SettleTransfer, TransferPublicInputs>
      batch: Batch
      applied: AppliedBatch
    },
  ): Promise<{ what: string; verification: Verification }[]> {
    const { domain } = this.#parameters
    const { settled } = where
    const words = batchWords(batch, applied)
    const expected = batchPublicInputs(settled.circuit, domain, words)
    if (expected.c !== settled.c) {
      refusal(settled.batchNumber)('B6 c', formatField(expected.c), formatField(settled.c))
    }
    const of = async (
      what: string,
      circuit: CircuitName,
      { proof, isSunsetKey = false }: { proof: ProofWords; isSunsetKey?: boolean },
      publicSignals: readonly bigint[],
    ) => ({
      what,
      verification: await this.#verification(where, { circuit, proof, isSunsetKey, publicSignals }),
    })
    return [
      await of(
        'the batch',
        settled.circuit,
        settled,
        publicInputsToArray(settled.circuit, expected),
      ),
      ...(await Promise.all(
        [...inputs].map(([slot, publicInputs]) =>
          of(
            `the ${slot.kind} in slot ${String(settled.slots.indexOf(slot))}`,
            slot.kind,
            slot,
            publicInputsToArray(slot.kind, publicInputs),
          ),
        ),
      )),
    ]
  }

  async #verification(
    {
      event,
      facts: { keyEvents },
      clock,
    }: { event: SettledEvent; facts: SettlementFacts; clock: SettlementClock },
    proof: {
      circuit: CircuitName
      proof: ProofWords
      isSunsetKey: boolean
      publicSignals: readonly bigint[]
    },
  ): Promise<Verification> {
    const { circuit, isSunsetKey: isSunset, publicSignals } = proof
    const key: AnnouncedKey | undefined = findUsableKey(keyEvents, {
      ...{ circuit, isSunset, at: event, blockTime: event.timestamp },
      clockTime: clock.timeAt(event.timestamp),
      isClockStopped: clock.isStoppedAt(event.timestamp),
    })
    if (key === undefined) {
      const which = isSunset ? 'a key in sunset' : 'an active key'
      return refusal(event.batchNumber)(`key of ${circuit}`, which, 'none that may be used')
    }
    const { verificationKey, domainPosition } = await this.#parameters.keys
      .get(circuit, key)
      .catch((error: unknown) => {
        if (!(error instanceof VerificationKeyError)) throw error
        return refusal(event.batchNumber)(`key of ${circuit}`, 'a sound key', error.message)
      })
    return {
      verificationKey,
      proof: proofFromWords(proof.proof),
      // The domain's share stands in the registered key.
      publicSignals: publicSignals.filter((_, place) => place !== domainPosition),
    }
  }
}

/** B1 to B5: the batch as its calldata has it, applied; its roots and counts are those that were settled. */
function applySettled(
  event: SettledEvent,
  settled: SettleBatch,
  fork: RollupState,
): { batch: Batch; applied: AppliedBatch } {
  const { batchNumber } = event
  const refuse = refusal(batchNumber)
  const batch: Batch = {
    circuit: settled.circuit,
    batchNumber,
    feeRecipient: BigInt(settled.feeRecipient),
    slots: settled.slots.map((slot): BatchSlot =>
      slot.kind === 'empty'
        ? slot
        : {
            kind: slot.kind === 'forced' ? slot.takenAs : slot.kind,
            nullifier: slot.nullifier,
            outputs: slot.outputs,
          },
    ),
    deposits: event.deposits.map(({ asset, amount, recipient }) => ({ asset, amount, recipient })),
  }
  const applied = tryToApply(fork, batch)
  const equal = (check: string, expected: bigint, actual: bigint) => {
    if (expected !== actual) refuse(check, formatField(expected), formatField(actual))
  }
  equal('B5 old slot count', applied.oldSlotCount, event.oldSlotCount)
  equal('B5 new slot count', applied.newSlotCount, event.newSlotCount)
  const position = event.newSlotCount - BigInt(BATCH_CIRCUITS[settled.circuit].size)
  equal('B5 position', BigInt(applied.position), position)
  equal('B3 note root', applied.newNoteRoot, event.noteRoot)
  equal('B1 nullifier root', applied.newNullifierRoot, event.nullifierRoot)
  return { batch, applied }
}

function tryToApply(fork: RollupState, batch: Batch): AppliedBatch {
  try {
    return applyBatch(fork, batch)
  } catch (error) {
    if (!(error instanceof BaseError)) throw error
    const { batchNumber } = batch
    const [expected, actual] = ['a batch that can be applied', `${error.code}: ${error.message}`]
    throw new DivergenceError({ batchNumber, check: 'B1 slots', expected, actual }, error)
  }
}
