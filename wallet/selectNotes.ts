import { TRANSFER_CIRCUITS, type TransferCircuit } from '../protocol/constants.ts'
import { AccountCapReachedError, InsufficientFundsError, NothingToCollectError } from './errors.ts'

/** A note that waits, with its position. */
export type WaitingNote = { readonly leafIndex: bigint; readonly amount: bigint }

/** One statement: the notes it takes, oldest first, and whether it makes the payments. */
export type PlannedStatement = {
  readonly circuit: TransferCircuit
  readonly inputs: readonly WaitingNote[]
  readonly isPayment: boolean
}

export type PlanParameters = {
  balance: bigint
  cursor: bigint
  waiting: readonly WaitingNote[]
  /** What leaves the account: payments and withdrawal, without the fee. */
  outgoing: bigint
  /** Of each statement. */
  fee: bigint
  /** undefined in an exit, which may only keep or lower the balance. */
  accountCap: bigint | undefined
}

const COLLECT_NOTES = TRANSFER_CIRCUITS.collect.notesIn

/**
 * Which statements pay `outgoing`, in order; the last one makes the payment. Notes are taken strictly
 * from the oldest on: the cursor moves past whatever is left behind, for ever.
 *
 * One `transfer` with the oldest note where that suffices; else one without a note; else one
 * `collect`, which pays too; else more of them.
 *
 * @throws {InsufficientFundsError} when all notes together do not suffice.
 * @throws {AccountCapReachedError} when they would, and the cap forbids to take them in.
 */
export function planPayment(parameters: PlanParameters): PlannedStatement[] {
  const { cursor, outgoing, fee, accountCap } = parameters
  let { balance } = parameters
  let waiting = takeable(parameters.waiting, cursor)
  const statements: PlannedStatement[] = []
  let isCapReached = false
  for (;;) {
    const counts = [1, 0, ...range(COLLECT_NOTES, 2)].filter((count) => count <= waiting.length)
    for (const count of counts) {
      const inputs = waiting.slice(0, count)
      const after = balance + sum(inputs) - outgoing - fee
      if (after < 0n) continue
      if (!isWithinCap(after, balance, accountCap)) {
        isCapReached = true
        continue
      }
      return [...statements, { circuit: circuitFor(count), inputs, isPayment: true }]
    }
    // Not even a full collect suffices: take in as much as one can and look again.
    const inputs = mostWithinCap({ balance, waiting, fee, accountCap })
    if (inputs === undefined) {
      const isEnough = waiting.length > 0 && balance + sum(waiting) >= outgoing + fee
      throw isCapReached || isEnough ? new AccountCapReachedError() : new InsufficientFundsError()
    }
    const gained = sum(inputs) - fee
    // A step that costs what it brings leads nowhere.
    if (gained <= 0n) throw new InsufficientFundsError()
    balance += gained
    waiting = waiting.slice(inputs.length)
    statements.push({ circuit: circuitFor(inputs.length), inputs, isPayment: false })
  }
}

/**
 * One statement that takes in the oldest notes, as many as fit.
 *
 * @throws {NothingToCollectError | AccountCapReachedError | InsufficientFundsError}
 */
export function planCollect({
  asset,
  balance,
  cursor,
  waiting,
  fee,
  accountCap,
}: Omit<PlanParameters, 'outgoing'> & { asset: bigint }): PlannedStatement {
  const notes = takeable(waiting, cursor)
  if (notes.length === 0) throw new NothingToCollectError({ asset })
  if (balance + sum(notes.slice(0, COLLECT_NOTES)) < fee) throw new InsufficientFundsError()
  const inputs = mostWithinCap({ balance, waiting: notes, fee, accountCap })
  if (inputs === undefined) throw new AccountCapReachedError()
  return { circuit: circuitFor(inputs.length), inputs, isPayment: false }
}

/** As many of the oldest notes as one statement holds without passing the cap; undefined for none. */
function mostWithinCap({
  balance,
  waiting,
  fee,
  accountCap,
}: {
  balance: bigint
  waiting: readonly WaitingNote[]
  fee: bigint
  accountCap: bigint | undefined
}): readonly WaitingNote[] | undefined {
  for (let count = Math.min(COLLECT_NOTES, waiting.length); count > 0; count--) {
    const inputs = waiting.slice(0, count)
    const after = balance + sum(inputs) - fee
    if (after >= 0n && isWithinCap(after, balance, accountCap)) return inputs
  }
  return undefined
}

/** T7 and, in an exit, T6: balance' ≤ max(accountCap, balance), or ≤ balance. */
function isWithinCap(after: bigint, before: bigint, accountCap: bigint | undefined): boolean {
  return after <= before || (accountCap !== undefined && after <= accountCap)
}

function takeable(waiting: readonly WaitingNote[], cursor: bigint): WaitingNote[] {
  return waiting
    .filter((note) => note.leafIndex >= cursor)
    .sort((one, other) => (one.leafIndex < other.leafIndex ? -1 : 1))
}

function circuitFor(count: number): TransferCircuit {
  return count <= TRANSFER_CIRCUITS.transfer.notesIn ? 'transfer' : 'collect'
}

function sum(notes: readonly WaitingNote[]): bigint {
  return notes.reduce((total, { amount }) => total + amount, 0n)
}

/** from, from − 1, …, to. */
function range(from: number, to: number): number[] {
  return Array.from({ length: from - to + 1 }, (_, i) => from - i)
}
