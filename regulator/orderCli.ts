import { createHash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ApproverRole } from '../l1/orderCalls.ts'
import { getOrder, getOrderCount, getOrderCounters, getOrderHistory } from '../l1/orders.ts'
import { bytesToHex } from '../protocol/field.ts'
import { canonicalJson } from '../protocol/canonicalJson.ts'
import { buildBundle } from './bundle/buildBundle.ts'
import { readJson } from './committeeCli.ts'
import { readCommitteeFile } from './committee/committeeFile.ts'
import { readAddressBook } from './committee/memberCard.ts'
import { MemberStore } from './committee/memberStore.ts'
import { createPeerClient, hasService } from './committee/peerClient.ts'
import { type DestinationPlan, readDestinationPlan } from './destinations.ts'
import { connect, readPassphrase, say } from './options.ts'
import { itemName } from './orders/collectOpenings.ts'
import { Case, freshSalt, hashDocument, readDocument, Scope } from './orders/documents.ts'
import { fileOnce } from './orders/fileOnce.ts'
import {
  checkRoom,
  findTransfers,
  itemsToAnnounce,
  type TransferName,
} from './orders/itemsToAnnounce.ts'
import { openAnnounced, type Openers } from './orders/openAnnounced.ts'
import {
  announceOpenings,
  approveOrder,
  closeOrder,
  discloseOrder,
  fileDestinationOrder,
  logOf,
  makeAnnouncement,
  markOrder,
  rejectOrder,
  unsealOrder,
} from './orders/orderActions.ts'
import { OrderFolder } from './orders/orderFolder.ts'
import { replaceFile } from '../files/replaceFile.ts'
import { registerAlertOrder } from './alertOrderCli.ts'
import {
  type ActorOptions,
  actorOf,
  type ChainOptions,
  integer,
  legalBasis as readLegalBasis,
  keyOption,
  orderNumber,
  print,
  withActor,
  withChain,
} from './orderOptions.ts'

type AskOptions = ChainOptions & {
  dir: string
  member: string
  book: string
  committee: string[]
  confirmations: number
  passphraseFile?: string
}

/** `cinnabar regulator order`: orders on the disclosure log, from filing to unsealing. */
export function registerOrders(regulator: Command): void {
  const order = regulator
    .command('order')
    .description('File, approve and execute orders on the base chain.')

  withActor(order.command('file'))
    .description('File an order: named transfers, or one subject and epochs.')
    .requiredOption('--case <file>', 'the case file; its salted hash goes to the chain')
    .requiredOption('--legal-basis <code>', 'code of docs/spec/legal-bases.md', readLegalBasis)
    .requiredOption('--limit <count>', 'trace keys and records to open at most', integer)
    .option('--transfer <batch:slot...>', 'settled transfers', [])
    .option('--subject <index>', 'identity index', integer)
    .option('--epoch <number...>', 'epochs of the subject', [])
    .option('--from-day <day>', 'Unix day; with --to-day a period', integer)
    .option('--to-day <day>', 'Unix day', integer)
    .addOption(keyOption())
    .option('--emergency', 'one approval begins; the other must follow in time')
    .addHelpText(
      'after',
      `
The documents are kept in --dir before anything is sent. Given again with the same case file and options, the command names the
order that it filed; once that one was rejected or closed, it files another.`,
    )
    .action(
      async (
        options: ActorOptions & {
          case: string
          legalBasis: number
          limit: number
          transfer: string[]
          subject?: number
          epoch: string[]
          fromDay?: number
          toDay?: number
          key: string[]
          emergency?: true
        },
      ) => {
        const { actor, source } = await actorOf(options)
        const { subject, legalBasis, limit } = options
        const isEmergency = options.emergency === true
        const common = {
          ...{ type: 'cinnabar.scope', version: 1, ...logOf(actor.deployment) },
          ...{ keys: options.key, ...readPeriod(options) },
        }
        const names = options.transfer.map(readTransfer)
        const rest =
          subject === undefined
            ? { kind: 'transfers', transfers: await findTransfers(source, names, common.period) }
            : { kind: 'subject', index: subject, epochs: options.epoch.map(integer) }
        const file = await hashFile(options.case)
        const random = (n: number) => new Uint8Array(randomBytes(n))
        const filed = await fileOnce(actor, new OrderFolder(options.dir), {
          wish: { ...common, ...rest, file, legalBasis, limit, isEmergency },
          make: () => ({
            scope: readDocument(Scope, { ...common, ...rest, salt: freshSalt(random) }, 'scope'),
            caseDocument: { type: 'cinnabar.case', version: 1, file, salt: freshSalt(random) },
            ...{ legalBasis, limit, isEmergency },
          }),
        })
        print({ order: filed.order, transaction: filed.transactionHash })
        say('Next: `order approve` by a reviewer and a judge, who are two other accounts.')
      },
    )

  withActor(order.command('file-destination <plan>'))
    .description('File an order that allows one change of destination, and opens nothing.')
    .requiredOption('--case <file>', 'the case file; its salted hash goes to the chain')
    .requiredOption('--legal-basis <code>', 'code of docs/spec/legal-bases.md', readLegalBasis)
    .action(async (path: string, options: ActorOptions & { case: string; legalBasis: number }) => {
      const { actor } = await actorOf(options)
      const plan = readDestinationPlan(await readFile(path, 'utf8'))
      const filed = await fileDestinationOrder(actor, {
        leaves: {
          index: plan.index,
          oldLeaf: BigInt(plan.oldLeaf),
          newLeaf: BigInt(plan.newLeaf),
        },
        caseDocument: await caseOfPlan(options.dir, plan, await hashFile(options.case)),
        legalBasis: options.legalBasis,
      })
      print({ order: filed.order, transaction: filed.transactionHash })
      say('Next: `order approve` by a reviewer and a judge, then `registrar destination apply`.')
    })

  registerAlertOrder(order)

  const roleOption = () =>
    new Option('--as <role>', 'role of the account')
      .choices(['reviewer', 'judge'])
      .makeOptionMandatory()
  withActor(order.command('approve <order>'))
    .description('Approve: two people of two roles, neither of them the filer.')
    .addOption(roleOption())
    .action(async (number: string, options: ActorOptions & { as: ApproverRole }) => {
      const { actor } = await actorOf(options)
      const receipt = await approveOrder(actor, { order: orderNumber(number), role: options.as })
      print({ order: number, approvedAs: options.as, transaction: receipt.transactionHash })
    })
  withActor(order.command('reject <order>'))
    .description('Reject; the reason’s hash goes to the chain.')
    .addOption(roleOption())
    .requiredOption('--reason <text>', 'stays with you')
    .action(
      async (number: string, options: ActorOptions & { as: ApproverRole; reason: string }) => {
        const { actor } = await actorOf(options)
        const { as: role, reason } = options
        const receipt = await rejectOrder(actor, { order: orderNumber(number), role, reason })
        print({ order: number, rejectedAs: role, transaction: receipt.transactionHash })
      },
    )

  withActor(order.command('announce <order>'))
    .description('Say on the chain what is about to be opened: traces first, then records.')
    .option('--traces', 'the subject’s trace keys of all epochs of the scope')
    .option('--subject-records', 'all transfers of the period that the opened trace keys find')
    .option('--transfer <batch:slot...>', 'only these, of the scope or of the subject', [])
    .action(
      async (
        number: string,
        options: ActorOptions & {
          traces?: true
          subjectRecords?: true
          transfer: string[]
        },
      ) => {
        const { actor, source } = await actorOf(options)
        const folder = new OrderFolder(options.dir)
        const named = orderNumber(number)
        const items = await itemsToAnnounce(source, await folder.load(named), {
          ...options,
          transfers: options.transfer.map(readTransfer),
        })
        // The same list is announced once, however often the command is given.
        let announcement = await folder.findAnnouncement(named, items)
        if (announcement === undefined) {
          await checkRoom(source, named, items.length)
          announcement = makeAnnouncement(actor.deployment, {
            ...{ order: named, items },
            randomBytes: (n) => new Uint8Array(randomBytes(n)),
          })
          await folder.addAnnouncement(named, announcement)
        }
        const receipt = await announceOpenings(actor, announcement)
        const recordsHash = hashDocument(announcement)
        print({
          ...{ order: number, count: items.length, recordsHash },
          transaction: receipt.transactionHash,
        })
      },
    )

  withChain(order.command('open <order>'))
    .description('Ask the committees for what was announced, check every answer, and keep it.')
    .requiredOption('--dir <folder>', 'folder of orders')
    .requiredOption('--member <folder>', 'folder of the asking office (cinnabar committee keygen)')
    .requiredOption('--book <file>', 'address book with the members’ cards')
    .requiredOption('--committee <file...>', 'descriptions of the committees to ask')
    .option('--confirmations <number>', 'blocks that everything must have', integer, 12)
    .option('--passphrase-file <file>', 'file with the passphrase (else CINNABAR_PASSPHRASE)')
    .action(async (number: string, options: AskOptions) => {
      const source = await connect(options)
      const folder = new OrderFolder(options.dir)
      const named = orderNumber(number)
      const openers = await openersOf(options)
      try {
        const summary = await openAnnounced(source, {
          ...{ folder, order: named, openers, confirmations: options.confirmations },
        })
        const { opened, withoutCommittee, refused, faults } = summary
        for (const { item, key, code } of refused) say(`${itemName(item)}, ${key}: ${code}`)
        for (const { member, code, detail } of faults) say(`${member}: ${code}, ${detail}`)
        const left = { withoutCommittee, refused: refused.length }
        print({ order: number, opened, ...left, faults: faults.length })
      } finally {
        if (await folder.hasEvidence(named)) {
          const path = folder.evidencePath(named)
          say(`Wrong partials, signed by their authors, are kept in ${path}.`)
        }
      }
    })

  withChain(order.command('bundle <order>'))
    .description('Put the disclosure bundle together, as JSON and, with --pdf, to print.')
    .requiredOption('--dir <folder>', 'folder of orders')
    .requiredOption('--out <file>', 'where the bundle goes')
    .option('--pdf <file>', 'also as a PDF')
    .option('--font <file>', 'TrueType or OpenType font for names outside Latin-1')
    .option('--confirmations <number>', 'blocks that everything must have', integer, 12)
    .action(
      async (
        number: string,
        options: ChainOptions & {
          dir: string
          out: string
          pdf?: string
          font?: string
          confirmations: number
        },
      ) => {
        const source = await connect(options)
        const file = await new OrderFolder(options.dir).load(orderNumber(number))
        const bundle = await buildBundle(source, options, file)
        // Never by an accident of key order: the text whose hash goes to the chain.
        await writeFile(options.out, `${canonicalJson(bundle)}\n`, { mode: 0o600 })
        const bundleHash = hashDocument(bundle)
        if (options.pdf !== undefined) {
          const { printBundle } = await import('./bundle/printBundle.ts')
          await writeFile(options.pdf, await printBundle(bundle, { bundleHash, ...options }), {
            mode: 0o600,
          })
        }
        print({ order: number, openings: bundle.openings.length, bundleHash })
      },
    )

  withActor(order.command('disclose <order>'))
    .description('End the execution with the bundle’s hash.')
    .requiredOption('--bundle <file>', 'the bundle')
    .action(async (number: string, options: ActorOptions & { bundle: string }) => {
      const { actor } = await actorOf(options)
      const bundle = (await readJson(options.bundle)) as Parameters<typeof hashDocument>[0]
      const bundleHash = hashDocument(bundle)
      const receipt = await discloseOrder(actor, { order: orderNumber(number), bundleHash })
      print({ order: number, bundleHash, transaction: receipt.transactionHash })
    })
  withActor(order.command('unseal <order>'))
    .description('From here on the contents may be shown.')
    .requiredOption('--notice <text>', 'notice to the subject, or why there is none')
    .action(async (number: string, options: ActorOptions & { notice: string }) => {
      const { actor } = await actorOf(options)
      const { notice } = options
      const receipt = await unsealOrder(actor, { order: orderNumber(number), notice })
      print({ order: number, transaction: receipt.transactionHash })
    })
  withActor(order.command('close <order>'))
    .description('End an order under which nothing was opened.')
    .action(async (number: string, options: ActorOptions) => {
      const { actor } = await actorOf(options)
      print({
        order: number,
        transaction: (await closeOrder(actor, orderNumber(number))).transactionHash,
      })
    })
  withActor(order.command('mark <order>'))
    .description('Mark what was not done in time. Anybody may.')
    .addOption(
      new Option('--as <mark>', 'which mark')
        .choices(['lapse', 'markOverdue', 'markViolation'])
        .makeOptionMandatory(),
    )
    .action(
      async (
        number: string,
        options: ActorOptions & { as: 'lapse' | 'markOverdue' | 'markViolation' },
      ) => {
        const { actor } = await actorOf(options)
        const receipt = await markOrder(actor, { order: orderNumber(number), as: options.as })
        print({ order: number, transaction: receipt.transactionHash })
      },
    )

  withChain(order.command('status [order]'))
    .description('Show an order and its history, or all orders and the public counters.')
    .action(async (number: string | undefined, options: ChainOptions) => {
      const source = await connect(options)
      if (number !== undefined) {
        const found = await getOrder(source, orderNumber(number))
        print({ order: found ?? null, history: await getOrderHistory(source, orderNumber(number)) })
        return
      }
      const count = await getOrderCount(source)
      const numbers = Array.from({ length: Number(count) }, (_, i) => BigInt(i + 1))
      print({
        counters: await getOrderCounters(source),
        orders: await Promise.all(numbers.map((each) => getOrder(source, each))),
      })
    })
}

async function hashFile(path: string): Promise<`0x${string}`> {
  const hash = createHash('sha256')
  return bytesToHex(hash.update(await readFile(path)).digest())
}

/** The case of a planned change, kept before it is filed: a repeated command files with the same salt, and so one order. */
async function caseOfPlan(dir: string, plan: DestinationPlan, file: `0x${string}`): Promise<Case> {
  const path = join(dir, `destination-${plan.newLeaf.slice(2, 18)}.json`)
  const kept = await readFile(path, 'utf8').catch(() => undefined)
  if (kept !== undefined) {
    const { caseDocument } = JSON.parse(kept) as { caseDocument: unknown }
    return readDocument(Case, caseDocument, 'case')
  }
  const salt = freshSalt((n) => new Uint8Array(randomBytes(n)))
  const caseDocument: Case = { type: 'cinnabar.case', version: 1, file, salt }
  replaceFile(path, `${JSON.stringify({ plan, caseDocument }, null, 2)}\n`)
  return caseDocument
}

/** Half a period would be none, and the order about more than was meant. */
function readPeriod({ fromDay: from, toDay: to }: { fromDay?: number; toDay?: number }): {
  period?: { from: number; to: number }
} {
  if (from === undefined && to === undefined) return {}
  if (from === undefined || to === undefined || from > to) {
    throw new InvalidArgumentError('A period has --from-day and --to-day, in this order.')
  }
  return { period: { from, to } }
}

/** `12:3` as batch 12, slot 3. */
function readTransfer(text: string): TransferName {
  const [, batch, slot] = /^(\d+):(\d+)$/.exec(text) ?? []
  if (batch === undefined || slot === undefined) {
    throw new InvalidArgumentError('A transfer is BATCH:SLOT, both numbers.')
  }
  return { batch: BigInt(batch), slot: Number(slot) }
}

async function openersOf(options: AskOptions): Promise<Openers[]> {
  const passphrase = await readPassphrase(options.passphraseFile)
  // Only who it is: a service may run in the same folder.
  const { identity } = await MemberStore.open(options.member, passphrase)
  const book = readAddressBook(await readJson(options.book))
  return Promise.all(
    options.committee.map(async (path) => {
      const file = readCommitteeFile(await readJson(path))
      const peers = file.committee.members
        .map(({ signingKey }) => book.members.find((card) => card.signingKey === signingKey))
        .filter((card) => card !== undefined)
        .filter(hasService)
        .map((card) => createPeerClient(identity.tls, card))
      return { file, peers }
    }),
  )
}
