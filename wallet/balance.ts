import type { JournalEntry } from './journal.ts'
import { openStages } from './journal.ts'
import { forfeitedNotes, type Ledger, pendingNotes } from './ledger.ts'

/** What one has in an asset, in protocol units, by how sure it is. */
export type Balance = {
  readonly asset: bigint
  /** In the account note, settled. */
  readonly account: bigint
  /** Received and settled, and not taken in yet: spendable with the next transfers. */
  readonly waiting: bigint
  readonly waitingNotes: number
  /** account + waiting. */
  readonly total: bigint
  /** Deposits of ours that no batch has taken yet. */
  readonly queuedDeposits: bigint
  /** What the account will hold once the transfers on their way have settled; else undefined. */
  readonly accountAfterPending?: bigint
  /** Notes that a later one was taken before: out of reach for ever. */
  readonly forfeited: bigint
}

/** Balances of every asset in which there is an account, ascending by asset. */
export function computeBalances(ledger: Ledger, journal: readonly JournalEntry[]): Balance[] {
  return ledger.accounts
    .map(({ asset, account }): Balance => {
      const waiting = pendingNotes(ledger, account)
      const waitingAmount = total(waiting)
      const queued = ledger.deposits.filter(
        (deposit) => deposit.asset === asset && deposit.stage === 'queued',
      )
      const last = journal.findLast(
        (entry) =>
          entry.asset === asset &&
          openStages.includes(entry.stage) &&
          entry.nextAccount.nonce > account.nonce,
      )
      return {
        asset,
        account: account.balance,
        waiting: waitingAmount,
        waitingNotes: waiting.length,
        total: account.balance + waitingAmount,
        queuedDeposits: total(queued),
        ...(last === undefined ? {} : { accountAfterPending: last.nextAccount.balance }),
        forfeited: total(forfeitedNotes(ledger, account)),
      }
    })
    .sort((one, other) => (one.asset < other.asset ? -1 : 1))
}

function total(amounts: readonly { readonly amount: bigint }[]): bigint {
  return amounts.reduce((sum, { amount }) => sum + amount, 0n)
}
