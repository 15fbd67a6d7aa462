import type { SettledDeposit } from '../l1/chainEvents.ts'
import { monthOf } from '../protocol/calendar.ts'
import { LeafTable } from './leafTable.ts'
import { isOpened, type OpenedTransfer } from './openRecords.ts'

export const findingCodes = [
  'RECORD_UNREADABLE',
  'RECORDS_DISAGREE',
  'INPUT_UNKNOWN',
  'INPUT_TAKEN_TWICE',
  'INPUT_OF_ANOTHER',
  'INPUT_AMOUNT_DIFFERS',
  'INFLATION_TAKEN_IN',
  'INFLATION_SPENT',
  'PSEUDONYM_INCONSISTENT',
  'IDENTITY_UNKNOWN',
] as const
export type FindingCode = (typeof findingCodes)[number]

/** Something that must never be seen. `message` names positions, never a person or an amount. */
export type Finding = {
  readonly code: FindingCode
  readonly batchNumber: bigint
  readonly slot: number
  readonly message: string
}

/** Value of one asset that crossed each line so far, in protocol units. */
export type AssetTotals = {
  deposited: bigint
  /** Notes sent, to others and to oneself. */
  sent: bigint
  takenIn: bigint
  withdrawn: bigint
  fees: bigint
}

/**
 * Follows settled batches in order and checks what the supervisors' keys let them check: that every
 * transfer has readable records, that its two records and the public data agree, that each note
 * taken in exists, belongs to who takes it, and is taken once, and that per asset no more was taken
 * in than was ever sent or deposited, nor more spent than was taken in (the inflation alarm).
 * With one key only, the checks that need the other are left out.
 */
export class RecordLedger {
  readonly totals = new Map<bigint, AssetTotals>()
  readonly findings: Finding[] = []
  readonly #leaves = new LeafTable()
  readonly #pseudonyms = new Map<string, bigint>()
  readonly #isKnownIdentity: (index: bigint) => boolean

  /** `isKnownIdentity` says whether an index was ever filled in the registry. */
  constructor(isKnownIdentity: (index: bigint) => boolean) {
    this.#isKnownIdentity = isKnownIdentity
  }

  /**
   * Takes one settled batch. All its inputs come from earlier batches (S1), so the batch's own
   * leaves are added after its inputs were checked.
   */
  addBatch(transfers: readonly OpenedTransfer[], deposits: readonly SettledDeposit[]): void {
    for (const transfer of transfers) this.#checkTransfer(transfer)
    for (const deposit of deposits) {
      this.#leaves.set(deposit.leafIndex, {
        asset: deposit.asset,
        amount: deposit.amount,
        recipient: undefined,
      })
      this.#totalsOf(deposit.asset).deposited += deposit.amount
    }
    for (const transfer of transfers) this.#addLeaves(transfer)
    const last = transfers.at(-1)
    if (last !== undefined) this.#checkTotals(last)
  }

  #checkTransfer(transfer: OpenedTransfer): void {
    const { statistics, investigation } = transfer
    const report = (code: FindingCode, message: string): void => {
      this.findings.push({
        code,
        batchNumber: transfer.batchNumber,
        slot: transfer.slot,
        message,
      })
    }
    for (const [name, record] of [
      ['statistics', statistics],
      ['investigation', investigation],
    ] as const) {
      if (record === 'malformed' || record === 'ephemeralInvalid') {
        report('RECORD_UNREADABLE', `The ${name} record does not open: ${record}.`)
      }
    }

    if (isOpened(statistics)) {
      const totals = this.#totalsOf(statistics.asset)
      totals.takenIn += statistics.amountIn
      totals.sent += statistics.amount1 + statistics.amount2 + statistics.amount3
      for (const [name, word] of [
        ['withdrawal', transfer.withdrawal],
        ['fee', transfer.fee],
      ] as const) {
        if (word.amount !== 0n && word.asset !== statistics.asset) {
          report('RECORDS_DISAGREE', `The ${name} is in another asset than the record.`)
        }
      }
    }
    // Public amounts count whether or not the record opens.
    if (transfer.withdrawal.amount !== 0n) {
      this.#totalsOf(transfer.withdrawal.asset).withdrawn += transfer.withdrawal.amount
    }
    if (transfer.fee.amount !== 0n) {
      this.#totalsOf(transfer.fee.asset).fees += transfer.fee.amount
    }
    if (!isOpened(investigation)) return

    const { sender } = investigation
    const recipients = [
      investigation.recipient1,
      investigation.recipient2,
      investigation.recipient3,
    ]
    if (!this.#isKnownIdentity(sender)) {
      report('IDENTITY_UNKNOWN', 'The sender is an identity index that was never filled.')
    }
    const inputs = inputIndexes(transfer)
    let amountIn: bigint | undefined = 0n
    for (const input of inputs) {
      const leaf = this.#leaves.get(input)
      if (leaf === undefined) {
        report('INPUT_UNKNOWN', 'A note that was taken in is not in an earlier batch.')
        amountIn = undefined
        continue
      }
      if (this.#leaves.take(input)) report('INPUT_TAKEN_TWICE', 'A note was taken in before.')
      if (leaf.recipient !== undefined && leaf.amount !== 0n && leaf.recipient !== sender) {
        report('INPUT_OF_ANOTHER', 'A note was sent to another identity than took it in.')
      }
      if (isOpened(statistics) && leaf.amount !== undefined && leaf.asset !== statistics.asset) {
        report('INPUT_AMOUNT_DIFFERS', 'A note that was taken in is of another asset.')
      }
      amountIn =
        amountIn === undefined || leaf.amount === undefined ? undefined : amountIn + leaf.amount
    }
    if (!isOpened(statistics)) return

    if (amountIn !== undefined && amountIn !== statistics.amountIn) {
      report('INPUT_AMOUNT_DIFFERS', 'The notes taken in do not add up to the recorded amount.')
    }
    if (BigInt(inputs.length) !== statistics.notesIn) {
      report('RECORDS_DISAGREE', 'The records name different numbers of notes taken in.')
    }
    const amounts = [statistics.amount1, statistics.amount2, statistics.amount3]
    amounts.forEach((amount, i) => {
      const recipient = recipients[i] ?? 0n
      if (amount === 0n && recipient !== 0n) {
        report('RECORDS_DISAGREE', 'A recipient is recorded where no amount is.')
      }
      // The payer's word: it made a note that names no identity, which no identity can spend.
      if (amount !== 0n && recipient === 0n) {
        report('RECORDS_DISAGREE', 'An amount is recorded for nobody.')
      }
    })
    const pseudonym = `${transfer.epoch}/${monthOf(transfer.day)}/${statistics.pseudonym}`
    const known = this.#pseudonyms.get(pseudonym)
    if (known !== undefined && known !== sender) {
      report('PSEUDONYM_INCONSISTENT', 'One monthly pseudonym stands for two identities.')
    }
    this.#pseudonyms.set(pseudonym, sender)
  }

  #addLeaves(transfer: OpenedTransfer): void {
    const { statistics, investigation } = transfer
    for (const i of [1, 2, 3] as const) {
      this.#leaves.set(transfer.firstLeafIndex + BigInt(i), {
        asset: isOpened(statistics) ? statistics.asset : 0n,
        amount: isOpened(statistics) ? statistics[`amount${i}`] : undefined,
        recipient: isOpened(investigation) ? investigation[`recipient${i}`] : undefined,
      })
    }
  }

  #checkTotals({ batchNumber, slot }: OpenedTransfer): void {
    for (const totals of this.totals.values()) {
      if (totals.takenIn > totals.sent + totals.deposited) {
        this.findings.push({
          code: 'INFLATION_TAKEN_IN',
          batchNumber,
          slot,
          message: 'More of an asset was taken in than was ever sent or deposited.',
        })
      }
      if (totals.sent + totals.withdrawn + totals.fees > totals.takenIn) {
        this.findings.push({
          code: 'INFLATION_SPENT',
          batchNumber,
          slot,
          message: 'More of an asset was sent, withdrawn and paid in fees than was taken in.',
        })
      }
    }
  }

  #totalsOf(asset: bigint): AssetTotals {
    const known = this.totals.get(asset)
    if (known !== undefined) return known
    const fresh = { deposited: 0n, sent: 0n, takenIn: 0n, withdrawn: 0n, fees: 0n }
    this.totals.set(asset, fresh)
    return fresh
  }
}

/** Leaf indexes of the notes that a transfer took in, from its investigation record. */
export function inputIndexes({ investigation }: OpenedTransfer): bigint[] {
  if (!isOpened(investigation)) return []
  // Recorded as index + 1, so that 0 says "unused".
  return [
    investigation.input1,
    investigation.input2,
    investigation.input3,
    investigation.input4,
    investigation.input5,
    investigation.input6,
  ].flatMap((input) => (input === undefined || input === 0n ? [] : [input - 1n]))
}
