import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { privateKeyToAccount } from 'viem/accounts'
import { scheduleEpochCall } from '../l1/calls.ts'
import { getEpochs } from '../l1/reads.ts'
import { readDeployment } from '../l1/deployment.ts'
import { submitTransaction } from '../l1/submitTransaction.ts'
import { fileTransactionStore } from '../l1/transactionStore.ts'
import { dayOf } from '../protocol/calendar.ts'
import { bytesToHex } from '../protocol/field.ts'
import { auditKeyKinds } from './auditKeys.ts'
import { encodePoint, read } from './committee/bodies.ts'
import { CeremonyLoop } from './committee/ceremonyLoop.ts'
import { readCommitteeFile } from './committee/committeeFile.ts'
import {
  attestationOf,
  attestationPath,
  destroyShare,
  readAttestations,
} from './committee/destroyShare.ts'
import { agreeOn } from './committee/description.ts'
import { CommitteeFileInvalidError, ShareMissingError } from './committee/errors.ts'
import { exchangeFolder } from './committee/exchangeFolder.ts'
import {
  makeCard,
  makeEntry,
  readAddressBook,
  readCard,
  readEntry,
} from './committee/memberCard.ts'
import { startMemberService } from './committee/memberService.ts'
import { MemberStore } from './committee/memberStore.ts'
import { createMember, openMemberAlone, readMember } from './committee/openMember.ts'
import { createPeerClient, hasService } from './committee/peerClient.ts'
import {
  decodeRegistration,
  provePossessionTogether,
  Registration,
} from './committee/possessionRounds.ts'
import { applyRetention, finishDestructions } from './committee/retention.ts'
import { FileUnreadableError } from './errors.ts'
import { connect, readPassphrase, say } from './options.ts'
import type { MessageType } from './committee/envelope.ts'
import type { Member } from './committee/advanceCeremony.ts'

type MemberOptions = { dir: string; passphraseFile?: string }
const ROUNDS = ['announce', 'deal', 'judge', 'confirm'] as const satisfies readonly MessageType[]
/** Epochs are counted in days: once an hour is often enough. */
const RETENTION_PERIOD_MS = 3_600_000

/** `cinnabar committee`: a member of a committee that has an audit key together. */
export function register(program: Command): void {
  const committee = program
    .command('committee')
    .description('Hold an audit key among several members, and answer under orders.')

  const withMember = (command: Command): Command =>
    command
      .requiredOption('--dir <folder>', "the member's folder")
      .option('--passphrase-file <file>', 'file with the passphrase (else CINNABAR_PASSPHRASE)')

  withMember(committee.command('keygen'))
    .description('Make a member, or an office that asks members: its signing key and certificate.')
    .requiredOption('--name <name>', 'what others call it')
    .option('--url <url>', 'https://host:port of its service; none for who only asks')
    .requiredOption('--card <file>', 'where its public card goes')
    .option('--entry <file>', 'also prepare a key for a first ceremony; where the entry goes')
    .action(
      async (
        options: MemberOptions & { name: string; url?: string; card: string; entry?: string },
      ) => {
        const passphrase = await readPassphrase(options.passphraseFile)
        const member = await createMember(options.dir, passphrase, { name: options.name })
        await writeCard(member.store, options)
        if (options.entry !== undefined) await prepare(member.store, options.entry)
        say(`${options.name} is made in ${options.dir}. Hand out ${options.card}; it is public.`)
      },
    )

  withMember(committee.command('card'))
    .description('Write the card again; with --renew under a new certificate.')
    .option('--url <url>', 'https://host:port of its service')
    .requiredOption('--card <file>', 'where the card goes')
    .option('--renew', 'make a new TLS key and certificate, valid for five years')
    .action(async (options: MemberOptions & { url?: string; card: string; renew?: true }) => {
      const store = await openStore(options)
      await writeCard(options.renew === true ? await store.renewCertificate() : store, options)
      say(`Written to ${options.card}. Others need it in their address books.`)
    })

  withMember(committee.command('prepare'))
    .description('Make a fresh key that shares of one ceremony will be sealed to.')
    .requiredOption('--entry <file>', 'where the entry for the description goes')
    .action(async (options: MemberOptions & { entry: string }) => {
      await prepare(await openStore(options), options.entry)
      say(`Written to ${options.entry}. Whoever describes the ceremony needs it.`)
    })

  committee
    .command('book')
    .description('Put cards together in an address book.')
    .option('--member <card...>', 'cards of members', [])
    .option('--client <card...>', 'cards of offices that may ask for openings', [])
    .requiredOption('--out <file>', 'where the book goes')
    .action(async (options: { member: string[]; client: string[]; out: string }) => {
      const cards = (files: string[]) =>
        Promise.all(files.map(async (file) => readCard(await readJson(file))))
      const book = readAddressBook({
        type: 'cinnabar.address-book',
        version: 1,
        members: await cards(options.member),
        clients: await cards(options.client),
      })
      await writeJson(options.out, book)
      for (const { name, signingKey } of [...book.members, ...book.clients]) {
        say(`${name}: ${signingKey}`)
      }
      say('Compare these keys with their owners, over a way that you trust.')
    })

  committee
    .command('describe <entry...>')
    .description('Describe a ceremony: everybody checks and joins the same file.')
    .option('--deployment <file>', 'deployment file: names chain and registry')
    .option('--chain-id <number>', 'instead, before there is a deployment: the chain', integer)
    .option('--registry <address>', 'and where its SupervisionRegistry will stand')
    .requiredOption('--epoch <number>', 'epoch that the key will be scheduled for', integer)
    .addOption(
      new Option('--kind <kind>', 'which of the epoch’s keys')
        .choices(auditKeyKinds)
        .makeOptionMandatory(),
    )
    .requiredOption('--threshold <number>', 'members needed to open', integer)
    .option('--from <committee>', 'hand over: the committee that has the key now')
    .requiredOption('--out <file>', 'where the description goes')
    .action(
      async (
        entries: string[],
        options: {
          deployment?: string
          chainId?: number
          registry?: string
          epoch: number
          kind: string
          threshold: number
          from?: string
          out: string
        },
      ) => {
        const { chainId, registry } = await registryOf(options)
        const members = await Promise.all(
          entries.map(async (file, i) => {
            const { name, signingKey, encryptionKey } = readEntry(await readJson(file))
            return { index: i + 1, name, encryptionKey, signingKey }
          }),
        )
        const from =
          options.from === undefined
            ? undefined
            : readCommitteeFile(await readJson(options.from)).committee
        const { description, id } = agreeOn({
          version: 1,
          ...{ chainId, registry },
          ...{ epoch: options.epoch, kind: options.kind, threshold: options.threshold, members },
          ...(from === undefined ? {} : { from }),
          nonce: bytesToHex(randomBytes(32)),
        })
        await writeJson(options.out, description)
        say(`Ceremony ${id}: ${String(options.threshold)} of ${String(members.length)} open.`)
        console.log(JSON.stringify({ ceremony: id }))
      },
    )

  committee
    .command('join <description>')
    .description('Take part in a ceremony; a running service begins at once.')
    .requiredOption('--dir <folder>', "the member's folder")
    .action(async (file: string, options: { dir: string }) => {
      const { CeremonyFolder } = await import('./committee/ceremonyFolder.ts')
      const folder = new CeremonyFolder(options.dir)
      const { id, description } = await folder.join(await readJson(file))
      for (const { index, name, signingKey } of description.members) {
        say(`${String(index)}  ${name}  ${signingKey}`)
      }
      say(`Joined ${id}. Compare it, and the members, with the others.`)
    })

  committee
    .command('close <ceremony> <round>')
    .description(`Close a round (${ROUNDS.join(', ')}) without members who do not come.`)
    .requiredOption('--dir <folder>', "the member's folder")
    .action(async (id: string, round: string, options: { dir: string }) => {
      const { CeremonyFolder } = await import('./committee/ceremonyFolder.ts')
      await new CeremonyFolder(options.dir).closeRound(id, roundOf(round))
      say(`Closed. Every member must close the same round, or their transcripts differ.`)
    })

  withMember(committee.command('exchange <ceremony>'))
    .description('One step of a ceremony by message files, for a member without a network.')
    .requiredOption('--folder <folder>', 'where everybody’s messages are carried')
    .option('--close <round>', 'close a round without members who do not come', roundOf)
    .action(
      async (id: string, options: MemberOptions & { folder: string; close?: MessageType }) => {
        const { member, unlock } = await open(options)
        try {
          const { folder, close } = options
          const { progress, refused } = await exchangeFolder(member, {
            ...{ id, folder },
            ...(close === undefined ? {} : { close }),
          })
          for (const error of refused) say(error.message)
          const waitsFor = 'missing' in progress ? progress.missing : undefined
          console.log(
            JSON.stringify({
              ...{ ceremony: id, phase: progress.phase },
              ...(waitsFor === undefined ? {} : { waitsFor }),
            }),
          )
        } finally {
          unlock()
        }
      },
    )

  withMember(committee.command('serve'))
    .description('Serve ceremonies, proofs of possession, and openings under orders.')
    .requiredOption('--book <file>', 'address book: who may talk to this member')
    .option('--rpc <url>', 'node of the base chain that this member follows by itself')
    .option('--deployment <file>', 'deployment file; with --rpc')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .requiredOption('--port <number>', 'port to listen on', integer)
    .option('--confirmations <number>', 'blocks that a batch or an order must have', integer, 12)
    .option('--retention-days <number>', 'destroy an epoch’s share so long after its end', integer)
    .addHelpText(
      'after',
      `
The certificates of the address book are the only ones that get a connection. Without --rpc it holds
ceremonies and opens nothing.`,
    )
    .action(serve)

  withMember(committee.command('status'))
    .description('Show what this member has; --committee writes its public description.')
    .option('--committee <file>', 'write the newest committee’s description there')
    .action(async (options: MemberOptions & { committee?: string }) => {
      const passphrase = await readPassphrase(options.passphraseFile)
      const member = await readMember(options.dir, passphrase)
      const shares = await member.store.shares()
      const { ceremonies, journal, store } = member
      const states = await Promise.all(
        (await ceremonies.list()).map(async (id) => ({
          ceremony: id,
          isFinished: (await ceremonies.result(id)) !== undefined,
          failure: (await ceremonies.load(id))?.failure ?? null,
        })),
      )
      if (options.committee !== undefined) {
        const newest = await newestCommittee(member)
        if (newest === undefined) throw new ShareMissingError({ reason: 'there is none yet' })
        await writeJson(options.committee, newest)
      }
      console.log(
        JSON.stringify({
          ...{ name: store.identity.name, signingKey: store.signingKey, ceremonies: states },
          shares: shares.map(({ file, member: index }) => ({
            ...{ epoch: file.epoch, kind: file.kind, member: index },
            ...{ threshold: file.committee.threshold, members: file.committee.members.length },
            ...{ publicKey: file.committee.publicKey, transcript: file.transcript },
          })),
          journal: { entries: journal.entries.length, head: journal.head },
        }),
      )
    })

  withMember(committee.command('possess <committee>'))
    .description('Have t members prove to the registry, together, that they have the key.')
    .requiredOption('--book <file>', 'address book with the members’ cards')
    .requiredOption('--out <file>', 'where the registration goes')
    .action(async (file: string, options: MemberOptions & { book: string; out: string }) => {
      const { identity } = await openStore(options)
      const described = readCommitteeFile(await readJson(file))
      const { members } = described.committee
      const book = readAddressBook(await readJson(options.book))
      const cards = members
        .map(({ signingKey }) => book.members.find((card) => card.signingKey === signingKey))
        .filter((card) => card !== undefined)
        .filter(hasService)
      const peers = cards.map((card) => createPeerClient(identity.tls, card))
      const registration = await provePossessionTogether(described, peers, (n) => randomBytes(n))
      await writeJson(options.out, registration)
      say(`Written to ${options.out}. Next: cinnabar committee schedule.`)
    })

  committee
    .command('schedule')
    .description('Schedule an epoch with its keys in the SupervisionRegistry.')
    .requiredOption('--rpc <url>', 'node of the base chain')
    .requiredOption('--deployment <file>', 'deployment file')
    .requiredOption('--key-file <file>', 'file with the base-chain key of the supervision role')
    .requiredOption('--statistics <file>', 'registration of key S')
    .requiredOption('--investigation <file>', 'registration of key I')
    .requiredOption('--large-value <file>', 'registration of key L')
    .requiredOption('--start-day <number>', 'Unix day that the epoch starts with', integer)
    .requiredOption('--transactions <file>', 'where signed transactions are kept')
    .action(
      async (options: {
        rpc: string
        deployment: string
        keyFile: string
        statistics: string
        investigation: string
        largeValue: string
        startDay: number
        transactions: string
      }) => {
        const { client, deployment } = await connect(options)
        const read = async (file: string) => decodeRegistration(await readRegistration(file))
        const { transactionHash } = await submitTransaction({
          client,
          account: privateKeyToAccount((await readText(options.keyFile)).trim() as `0x${string}`),
          store: fileTransactionStore(options.transactions),
          purpose: `schedule epoch from day ${String(options.startDay)}`,
          chainId: deployment.chainId,
          ...scheduleEpochCall(deployment, {
            startDay: BigInt(options.startDay),
            statistics: await read(options.statistics),
            investigation: await read(options.investigation),
            largeValue: await read(options.largeValue),
          }),
        })
        console.log(JSON.stringify({ startDay: options.startDay, transaction: transactionHash }))
      },
    )

  withMember(committee.command('destroy <transcript>'))
    .description('Destroy the share of one ceremony for ever, and attest it.')
    .requiredOption('--out <file>', 'where the signed attestation goes')
    .requiredOption('--yes', 'there is no way back')
    .action(async (transcript: string, options: MemberOptions & { out: string }) => {
      const { member, unlock } = await open(options)
      try {
        const held = await member.store.shareOf(transcript)
        // Of one that is gone already, the attestation once more.
        const attestation =
          held === undefined
            ? await attestationOf(member.store, transcript)
            : await destroyShare(member, held, 'order')
        if (attestation === undefined) {
          throw new ShareMissingError({ reason: 'there is none of that name' })
        }
        await writeJson(options.out, attestation)
        say(`Destroyed. The attestation is in ${options.out}; publish it.`)
      } finally {
        unlock()
      }
    })

  committee
    .command('attested <committee> <attestation...>')
    .description('Say whether a committee’s key is closed, by what its members attest.')
    .action(async (file: string, attestations: string[]) => {
      const state = readAttestations(
        readCommitteeFile(await readJson(file)),
        await Promise.all(attestations.map(readJson)),
      )
      console.log(JSON.stringify(state))
      if (!state.isClosed) process.exitCode = 2
    })
}

async function serve(
  options: MemberOptions & {
    book: string
    rpc?: string
    deployment?: string
    host: string
    port: number
    confirmations: number
    retentionDays?: number
  },
): Promise<void> {
  const { member, unlock } = await open(options)
  const closers: (() => unknown)[] = [unlock]
  try {
    await finishDestructions(member)
    const { rpc, deployment, host, port, confirmations, retentionDays } = options
    const source =
      rpc === undefined || deployment === undefined ? undefined : await connect({ rpc, deployment })
    const book = readAddressBook(await readJson(options.book))
    const service = await startMemberService({
      ...{ member, book, confirmations, host, port },
      ...(source === undefined ? {} : { source }),
    })
    closers.push(() => service.stop())
    const { signingKey, identity } = member.store
    const peers = book.members
      .filter((card) => card.signingKey !== signingKey)
      .filter(hasService)
      .map((card) => createPeerClient(identity.tls, card, { timeoutMs: 10_000 }))
    const loop = new CeremonyLoop(member, peers, {
      onNews: ({ id, phase, detail }) => say(`ceremony ${id.slice(0, 10)}: ${phase} ${detail}`),
    })
    loop.start()
    closers.push(() => loop.stop())
    if (source !== undefined && retentionDays !== undefined) {
      const apply = async (): Promise<void> => {
        const { timestamp } = await source.client.getBlock()
        const epochs = await getEpochs(source)
        const attestations = await member.turns.take(() =>
          applyRetention(member, { epochs, today: dayOf(timestamp), retentionDays }),
        )
        for (const attestation of attestations) {
          const path = attestationPath(member.store, attestation.transcript)
          say(`epoch ${String(attestation.epoch)}: the share was destroyed, attested in ${path}`)
        }
      }
      const report = (error: unknown) => say(`retention: ${String(error)}`)
      await apply().catch(report)
      const timer = setInterval(() => void apply().catch(report), RETENTION_PERIOD_MS)
      closers.push(() => clearInterval(timer))
    }
    say(`${identity.name} serves at ${service.url}`)
    await new Promise<void>((resolve) => {
      process.once('SIGINT', () => resolve())
      process.once('SIGTERM', () => resolve())
    })
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

/** Where a key will be registered. */
export async function registryOf({
  deployment,
  chainId,
  registry,
}: {
  deployment?: string
  chainId?: number
  registry?: string
}): Promise<{ chainId: string; registry: string }> {
  if (deployment !== undefined) {
    const { chainId: chain, contracts } = await readDeployment(deployment)
    return { chainId: chain.toString(), registry: contracts.supervisionRegistry }
  }
  if (chainId === undefined || registry === undefined) {
    throw new InvalidArgumentError('Name --deployment, or --chain-id and --registry.')
  }
  return { chainId: String(chainId), registry: registry.toLowerCase() }
}

/** The description of the newest ceremony that this member finished. */
async function newestCommittee({
  store,
  ceremonies,
  journal,
}: Awaited<ReturnType<typeof readMember>>) {
  const kept = journal.entries.findLast(({ fact }) => fact.what === 'shareKept')?.fact
  if (kept?.what !== 'shareKept') return undefined
  const share = await store.shareOf(kept.transcript)
  if (share !== undefined) return share.file
  const files = await Promise.all((await ceremonies.list()).map((id) => ceremonies.result(id)))
  return files.find((file) => file?.transcript === kept.transcript)
}

async function prepare(store: MemberStore, path: string): Promise<void> {
  const encryptionKey = encodePoint(await store.prepareKey((n) => randomBytes(n)))
  await writeJson(path, makeEntry(store.identity, encryptionKey))
}

async function writeCard(
  { identity }: MemberStore,
  { card, url }: { card: string; url?: string },
): Promise<void> {
  await writeJson(card, makeCard({ ...identity, certificate: identity.tls.certificate }, url))
}

/** For all that uses shares or writes to the journal: no other process does meanwhile. */
async function open(options: MemberOptions): Promise<{ member: Member; unlock: () => void }> {
  return openMemberAlone(options.dir, await readPassphrase(options.passphraseFile))
}

/** Who it is, and keys in files of their own: that is safe beside a running service. */
async function openStore(options: MemberOptions): Promise<MemberStore> {
  return MemberStore.open(options.dir, await readPassphrase(options.passphraseFile))
}

async function readRegistration(path: string): Promise<Registration> {
  const registration = read(Registration, await readJson(path))
  if (registration === undefined) {
    throw new CommitteeFileInvalidError({ reason: 'it is no key registration' })
  }
  return registration
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    throw new FileUnreadableError({ path, reason: 'it cannot be opened' })
  }
}

/** @throws {FileUnreadableError} */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readText(path)) as unknown
  } catch (error) {
    if (error instanceof FileUnreadableError) throw error
    throw new FileUnreadableError({ path, reason: 'it is no JSON' })
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
}

function roundOf(text: string): MessageType {
  const round = ROUNDS.find((name) => name === text)
  if (round === undefined) throw new InvalidArgumentError(`It must be one of ${ROUNDS.join(', ')}.`)
  return round
}

function integer(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
