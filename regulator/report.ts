import { formatField } from '../protocol/field.ts'
import { inputIndexes } from './checkRecords.ts'
import { isOpened, type OpenedTransfer } from './openRecords.ts'

/** How a supervisor reads an identity index: the registrar's reference, where the key opens it. */
export type IdentityNames = (index: bigint) => string | undefined

/** Shows an amount of an asset in people's units, e.g. `1.25 ETH`. */
export type AmountFormatter = (asset: bigint, amount: bigint) => string

const COLUMNS = [
  'batch',
  'slot',
  'day',
  'kind',
  'asset',
  'taken in',
  'notes in',
  'amount 1',
  'amount 2',
  'amount 3',
  'withdrawn',
  'fee',
  'tier',
  'jurisdiction',
  'pseudonym',
  'key',
  'sender',
  'recipient 1',
  'recipient 2',
  'recipient 3',
  'inputs',
] as const
type Row = Record<(typeof COLUMNS)[number], string>

/** Unix day as an ISO date. */
export function formatDay(day: bigint): string {
  return new Date(Number(day) * 86_400_000).toISOString().slice(0, 10)
}

function toRow(transfer: OpenedTransfer, names: IdentityNames, format: AmountFormatter): Row {
  const { statistics, investigation } = transfer
  const sealed = 'sealed'
  const person = (index: bigint): string => {
    const name = names(index)
    return name === undefined ? `#${index}` : `#${index} ${name}`
  }
  const amount = (key: 'amountIn' | 'amount1' | 'amount2' | 'amount3'): string =>
    isOpened(statistics) ? format(statistics.asset, statistics[key]) : sealed
  const recipient = (i: 1 | 2 | 3): string => {
    if (!isOpened(investigation)) return sealed
    // No index is 0: it is what the record says where there is no amount (T11).
    const index = investigation[`recipient${i}`]
    return index === 0n ? '' : person(index)
  }
  const { withdrawal, fee } = transfer
  return {
    batch: transfer.batchNumber.toString(),
    slot: transfer.slot.toString(),
    day: formatDay(transfer.day),
    kind: transfer.kind,
    asset: isOpened(statistics) ? statistics.asset.toString() : sealed,
    'taken in': amount('amountIn'),
    'notes in': isOpened(statistics) ? statistics.notesIn.toString() : sealed,
    'amount 1': amount('amount1'),
    'amount 2': amount('amount2'),
    'amount 3': amount('amount3'),
    withdrawn: withdrawal.amount === 0n ? '' : format(withdrawal.asset, withdrawal.amount),
    fee: fee.amount === 0n ? '' : format(fee.asset, fee.amount),
    tier: isOpened(statistics) ? statistics.tier.toString() : sealed,
    jurisdiction: isOpened(statistics) ? statistics.jurisdiction.toString() : sealed,
    pseudonym: isOpened(statistics) ? statistics.pseudonym.toString(16).padStart(32, '0') : sealed,
    key: transfer.investigationKey ?? sealed,
    sender: isOpened(investigation) ? person(investigation.sender) : sealed,
    'recipient 1': recipient(1),
    'recipient 2': recipient(2),
    'recipient 3': recipient(3),
    inputs: isOpened(investigation) ? inputIndexes(transfer).join(' ') : sealed,
  }
}

/** One row a transfer, columns aligned; columns that are sealed throughout are left out. */
export function formatTable(
  transfers: readonly OpenedTransfer[],
  names: IdentityNames,
  format: AmountFormatter,
): string {
  const rows = transfers.map((transfer) => toRow(transfer, names, format))
  if (rows.length === 0) return 'No settled transfer in this range.'
  const columns = COLUMNS.filter((column) =>
    rows.some((row) => !['sealed', ''].includes(row[column])),
  )
  // A pseudonym is for machines to join on; twelve digits tell two apart in a table.
  const cell = (row: Row, column: (typeof COLUMNS)[number]): string =>
    column === 'pseudonym' ? row[column].slice(0, 12) : row[column]
  const widths = columns.map((column) =>
    Math.max(column.length, ...rows.map((row) => cell(row, column).length)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  return [
    line(columns),
    line(widths.map((width) => '─'.repeat(width))),
    ...rows.map((row) => line(columns.map((column) => cell(row, column)))),
  ].join('\n')
}

/** RFC 4180. A cell that a spreadsheet would run as a formula is quoted with an apostrophe. */
export function formatCsv(
  transfers: readonly OpenedTransfer[],
  names: IdentityNames,
  format: AmountFormatter,
): string {
  const quote = (text: string): string => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  const rows = transfers.map((transfer) => toRow(transfer, names, format))
  return [COLUMNS, ...rows.map((row) => COLUMNS.map((column) => quote(row[column])))]
    .map((cells) => `${cells.join(',')}\r\n`)
    .join('')
}

/** Machine-readable form: amounts in protocol units as decimal strings. */
export function toJson(transfers: readonly OpenedTransfer[], names: IdentityNames): unknown[] {
  const strings = (record: object): Record<string, string> =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [key, String(value)]))
  return transfers.map((transfer) => {
    const { statistics, investigation } = transfer
    return {
      batchNumber: transfer.batchNumber.toString(),
      slot: transfer.slot,
      kind: transfer.kind,
      day: formatDay(transfer.day),
      epoch: transfer.epoch.toString(),
      transactionHash: transfer.transactionHash,
      traceTag: formatField(transfer.traceTag),
      withdrawal: {
        ...strings(transfer.withdrawal),
        recipient: `0x${transfer.withdrawal.recipient.toString(16).padStart(40, '0')}`,
      },
      fee: strings(transfer.fee),
      statistics: isOpened(statistics) ? strings(statistics) : { fault: statistics },
      investigation: isOpened(investigation)
        ? { ...strings(investigation), senderName: names(investigation.sender) ?? null }
        : { fault: investigation },
      investigationKey: transfer.investigationKey ?? null,
    }
  })
}
