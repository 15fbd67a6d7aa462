import type { Command } from 'commander'
import { canonicalJson } from '../protocol/canonicalJson.ts'
import { parseIsoDay } from '../protocol/calendar.ts'
import type { PaymentReceipt, ViewingGrant } from '../protocol/grants/documents.ts'
import { addCommonOptions, type CliContext, type FileOptions, give, run } from './cliContext.ts'
import { OptionError } from './errors.ts'
import { makeGrant, makePayeeReceipt, makePayerReceipt } from './grants.ts'
import { buildHistory } from './history.ts'

type GrantOptions = FileOptions & {
  for: string
  from?: string
  to?: string
  leaf: string[]
  complete?: true
}
type ReceiptOptions = FileOptions & { for: string; recipient?: string }

/** `cinnabar wallet grant` and `receipt`: show somebody some of one's own payments, without giving away a key. */
export function registerGrants(wallet: Command): void {
  addCommonOptions(
    wallet
      .command('receipt <leaf>')
      .description('Show one payment, sent or received, and nothing else.'),
  )
    .requiredOption(
      '--for <name>',
      'for whom: stands in the receipt, which is of use to nobody else',
    )
    .option('--recipient <address>', 'of a payment sent, where this wallet no longer knows it')
    .option('--out <file>', 'where the receipt goes; default: stdout')
    .addHelpText(
      'after',
      `
<leaf> names the payment; \`cinnabar wallet history\` shows it. Whoever gets the receipt checks it with nothing but the base
chain: cinnabar verify receipt.json --rpc URL

Example:
  cinnabar wallet receipt 37 --for "the landlord" --out receipt.json`,
    )
    .action((leaf: string, options: ReceiptOptions) =>
      run(options, async (context) => {
        const receipt = await makeReceipt(context, { leafIndex: readLeaf('<leaf>', leaf), options })
        give(context, options, { file: `${canonicalJson(receipt)}\n`, facts: { receipt } })
        sayNext(context, options)
      }),
    )

  addCommonOptions(
    wallet
      .command('grant')
      .description('Show what was sent and received in a period, or in one payment.'),
  )
    .requiredOption('--for <name>', 'for whom: stands in the grant, which is of use to nobody else')
    .option('--from <day>', 'first day, as 2026-11-01')
    .option('--to <day>', 'last day, included')
    .option('--leaf <index...>', 'instead of a period: the transfers with these leaves', [])
    .option(
      '--complete',
      'also show that nothing that was sent is left out; shows the places of all transfers of these epochs',
    )
    .option('--out <file>', 'where the grant goes; default: stdout')
    .addHelpText(
      'after',
      `
Of a transfer that was sent the grant shows both supervisory records: amounts, recipients' identity indexes, what was taken in, tier and
jurisdiction. It holds no key: nothing that is paid later shows. It cannot be taken back: whoever has it keeps it.

Examples:
  cinnabar wallet grant --for "the auditor" --from 2026-11-01 --to 2026-11-30 --complete --out grant.json
  cinnabar wallet grant --for "the bank" --leaf 37 --out grant.json`,
    )
    .action((options: GrantOptions) =>
      run(options, async (context) => {
        const what = readWhat(options)
        const opened = await context.syncedWallet()
        const { randomBytes } = opened
        const grant: ViewingGrant = await makeGrant(
          { wallet: opened, reader: await context.chain(), randomBytes },
          { ...what, grantee: options.for, isComplete: options.complete === true },
        )
        give(context, options, { file: `${canonicalJson(grant)}\n`, facts: { grant } })
        const { sent, received } = grant
        context.say(`It shows ${count(sent, 'sent')} and ${count(received, 'received')}.`)
        sayNext(context, options)
      }),
    )
}

async function makeReceipt(
  context: CliContext,
  { leafIndex, options }: { leafIndex: bigint; options: ReceiptOptions },
): Promise<PaymentReceipt> {
  const wallet = await context.syncedWallet()
  const { ledger, journal } = wallet.state
  const dependencies = { wallet, reader: await context.chain(), randomBytes: wallet.randomBytes }
  const grantee = options.for
  const isReceived = ledger.notes.some((note) => note.leafIndex === leafIndex)
  if (isReceived) return makePayeeReceipt(dependencies, { leafIndex, grantee })
  const sent = buildHistory(ledger, journal).find(
    (entry) => entry.kind === 'sent' && entry.leafIndex === leafIndex,
  )
  const to = options.recipient ?? sent?.counterparty ?? ''
  if (sent !== undefined && to.startsWith('identity ')) {
    throw new OptionError({
      option: '--recipient',
      reason: 'this wallet was restored and no longer knows to which address it paid; name it',
    })
  }
  return makePayerReceipt(dependencies, { leafIndex, to, grantee })
}

/** @throws {OptionError} unless it is a period or leaves. */
function readWhat({ from, to, leaf, complete }: GrantOptions) {
  if (leaf.length > 0) {
    if (from !== undefined || to !== undefined || complete === true) {
      throw new OptionError({
        option: '--leaf',
        reason: 'it stands in the place of --from, --to and --complete',
      })
    }
    return { only: leaf.map((text) => readLeaf('--leaf', text)) }
  }
  return { period: { from: readDay('--from', from), to: readDay('--to', to) } }
}

function readDay(option: string, text: string | undefined): number {
  const day = text === undefined ? undefined : parseIsoDay(text)
  if (day === undefined || day > MAX_DAY) {
    throw new OptionError({ option, reason: 'write a day as 2026-11-30' })
  }
  return Number(day)
}
/** Days have 16 bits. */
const MAX_DAY = 65_535n

function readLeaf(option: string, text: string): bigint {
  if (!/^\d{1,11}$/.test(text)) {
    throw new OptionError({ option, reason: 'it is a number, as history shows it' })
  }
  return BigInt(text)
}

function count(items: readonly unknown[], what: string): string {
  return `${String(items.length)} ${items.length === 1 ? 'transfer' : 'transfers'} ${what}`
}

function sayNext(context: CliContext, { out }: FileOptions): void {
  context.say(`Next: cinnabar verify ${out ?? '<file>'} --rpc <url> shows what it proves.`)
}
