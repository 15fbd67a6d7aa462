import { readFile } from 'node:fs/promises'
import PDFDocument from 'pdfkit'
import { describeLegalBasis } from '../orders/legalBases.ts'
import { formatDay } from '../report.ts'
import type { Bundle } from './bundle.ts'
import { describeOpening } from './describeBundle.ts'

const MARGIN = 48

/**
 * The bundle to print: order, scope, history, records, partials with their proofs, and plaintexts, with the hash by which the file
 * of the same name is known. It is for people; what can be checked is the JSON.
 *
 * English, in the fonts that every PDF reader has: a Chinese font is several megabytes in each file. `font` embeds one, for names.
 */
export async function printBundle(
  bundle: Bundle,
  { bundleHash, font }: { bundleHash: string; font?: string },
): Promise<Uint8Array> {
  const { order, scope } = bundle
  const newest = order.history.at(-1)
  const document = new PDFDocument({
    ...{ size: 'A4', margin: MARGIN, compress: true },
    // The same bundle makes the same file.
    info: {
      Title: `Disclosure bundle, order ${order.number}`,
      Creator: 'Cinnabar',
      CreationDate: new Date(newest?.time ?? 0),
    },
  })
  const parts: Uint8Array[] = []
  document.on('data', (part: Uint8Array) => parts.push(part))
  const ended = new Promise((resolve) => document.on('end', resolve))
  const embedded = font === undefined ? undefined : await readFile(font)
  const face = (name: 'Helvetica' | 'Helvetica-Bold' | 'Courier') => document.font(embedded ?? name)
  const heading = (text: string) => face('Helvetica-Bold').fontSize(12).text(text).moveDown(0.3)
  const line = (text: string) => face('Helvetica').fontSize(9).text(text)
  const fact = (name: string, value: string) =>
    face('Courier')
      .fontSize(7.5)
      .text(`${name.padEnd(13)}${value}`)

  face('Helvetica-Bold').fontSize(16).text('Disclosure bundle').moveDown(0.3)
  fact('bundle', bundleHash)
  fact('chain', bundle.chainId)
  fact('rollup', bundle.rollup)
  document.moveDown()
  heading(`Order ${order.number}`)
  const emergency = order.isEmergency ? ', an emergency' : ''
  line(
    `${scope.kind}${emergency}, legal basis ${describeLegalBasis(order.legalBasis)}, at most ${String(order.limit)} openings`,
  )
  fact('case', bundle.case.file)
  fact('filer', order.filer)
  fact('reviewer', order.reviewer)
  fact('judge', order.judge)
  document.moveDown()
  heading('What it covers')
  for (const covered of describeScope(scope)) line(covered)
  document.moveDown()
  heading('What happened')
  for (const { act, account, time, transaction } of order.history) {
    line(`${time}  ${act}`)
    fact('by', account)
    fact('transaction', transaction)
  }
  document.moveDown()
  heading('Records, as settled')
  for (const record of bundle.records) {
    line(
      `Batch ${record.batch}, slot ${String(record.slot)}, ${record.time}, epoch ${String(record.epoch)}`,
    )
    fact('transaction', record.transaction)
    fact('block', record.block)
    fact('nullifier', record.nullifier)
    fact('trace tag', record.traceTag)
  }
  document.moveDown()
  heading('What they hold')
  for (const opening of bundle.openings) {
    const [title = '', ...values] = describeOpening(bundle, opening)
    line(title)
    for (const value of values) face('Courier').fontSize(7.5).text(value)
    for (const { partial, at } of opening.answers) {
      fact('partial of', `member ${String(partial.member)}, ${at}`)
      fact('  x', partial.result.x)
      fact('  y', partial.result.y)
      // Chaum–Pedersen: one logarithm for the member's share of the key and for this partial.
      fact('  challenge', partial.challenge)
      fact('  response', partial.response)
    }
    document.moveDown(0.3)
  }
  document.moveDown()
  line(
    'Check it: cinnabar regulator verify BUNDLE.json --rpc URL, with a node of your own. This print is for reading; the',
  )
  line('JSON file with the hash above is what holds or does not.')
  document.end()
  await ended
  return Buffer.concat(parts)
}

/** What an order lets be opened, as lines of text. */
function describeScope(scope: Bundle['scope']): string[] {
  const { period } = scope
  const days =
    period === undefined
      ? []
      : [`From ${formatDay(BigInt(period.from))} to ${formatDay(BigInt(period.to))}`]
  const keys = `Records of key ${scope.keys.join(', ')}`
  return scope.kind === 'subject'
    ? [`Identity ${String(scope.index)}, epochs ${scope.epochs.join(', ')}`, ...days, keys]
    : [
        ...scope.transfers.map(({ batch, slot }) => `Batch ${batch}, slot ${String(slot)}`),
        ...days,
        keys,
      ]
}
