import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { formatIdentityFile, parseIdentityFile } from '../api/identityFiles.ts'
import { contractOf } from '../l1/bindings.ts'
import { dayOf } from '../protocol/calendar.ts'
import { IDENTITY_STATUS, MAX_SUSPENSION_DAYS } from '../protocol/constants.ts'
import { formatField } from '../protocol/field.ts'
import { createProver } from '../prover/prover.ts'
import { registerAppeals } from './appealsCli.ts'
import { registerDestinations } from './destinationsCli.ts'
import {
  freezeNotice,
  type FreezeReason,
  freezeReasons,
  planFreeze,
  presentFreeze,
  recordFreeze,
  recordLifting,
} from './freezes.ts'
import { type Connection, connect, readPassphrase, say } from './options.ts'
import { publishIdentity, type PublishIdentityParameters } from './publishIdentity.ts'
import { readRegistry } from './readChain.ts'
import {
  admitEntry,
  changedIdentity,
  checkAcceptance,
  entryOf,
  type IdentityChange,
  initialRegistrarState,
  offerIdentity,
} from './registrar.ts'
import {
  type ChainOptions,
  type CommonOptions,
  integer,
  openSender,
  openState,
  readText,
  STATE_FILE,
} from './registrarOptions.ts'
import { describeRange, rangeOf, registerRanges, withRangeOptions } from './registrarRangeCli.ts'
import { formatDay } from './report.ts'
import { createSealedFile } from './sealedFile.ts'

/** `cinnabar registrar`: identities, from request to suspension. */
export function register(program: Command): void {
  const registrar = program
    .command('registrar')
    .description('Admit, re-tier, freeze and unfreeze identities.')

  const withState = (command: Command): Command =>
    command
      .requiredOption('--dir <folder>', "the registrar's folder")
      .option('--passphrase-file <file>', 'file with the passphrase (else CINNABAR_PASSPHRASE)')
  const withChain = (command: Command): Command =>
    withState(command)
      .requiredOption('--rpc <url>', 'node of the base chain')
      .requiredOption('--deployment <file>', 'deployment file')
      .requiredOption('--key-file <file>', 'file with the base-chain key of the registrar role')
      .option(
        '--confirmations <blocks>',
        'base-chain blocks, its own included, that must hold an update before it is kept',
        integer,
        1,
      )
      .option('--json', 'machine-readable answer')

  withRangeOptions(withState(registrar.command('init')))
    .description('Start a registrar in an existing folder.')
    .requiredOption('--deployment <file>', 'deployment file')
    .requiredOption('--rpc <url>', 'node of the base chain')
    .action(async (options: CommonOptions & Parameters<typeof rangeOf>[0]) => {
      const { deployment } = await connect(options)
      const range = await rangeOf(options)
      const path = join(options.dir, STATE_FILE)
      const passphrase = await readPassphrase(options.passphraseFile)
      const state = initialRegistrarState(deployment.domain, range)
      await createSealedFile(path, passphrase, state)
      say(`Started in ${options.dir}. ${describeRange(range, state.nextIndex)}`)
      say('Next: `cinnabar registrar offer REQUEST`.')
    })

  withState(registrar.command('offer <request>'))
    .description('Offer the next index to the author of a request file.')
    .requiredOption('--tier <number>', 'tier (policy class)', integer)
    .requiredOption('--jurisdiction <code>', 'ISO 3166-1 numeric', integer)
    .requiredOption('--days <number>', 'valid for so many days from today', integer)
    .requiredOption('--reference <text>', 'your own reference to the person, at most 64 bytes')
    .requiredOption('--out <file>', 'where the offer goes')
    .action(
      async (
        request: string,
        options: CommonOptions & {
          tier: number
          jurisdiction: number
          days: number
          reference: string
          out: string
        },
      ) => {
        const file = await openState(options)
        const { state, offer } = offerIdentity(file.value, {
          request: parseIdentityFile('cinnabar.identity-request', await readText(request)),
          terms: {
            tier: options.tier,
            jurisdiction: options.jurisdiction,
            expiryDay: today() + options.days,
            reference: options.reference,
          },
          randomBytes: (length) => randomBytes(length),
        })
        // Kept first: an index that was shown to somebody is never offered again.
        await file.write(state)
        await writeFile(options.out, formatIdentityFile(offer))
        say(`Index ${String(offer.index)} is offered in ${options.out}.`)
        say('Next: the person runs `cinnabar wallet identity accept`, you `registrar admit`.')
      },
    )

  withChain(registrar.command('admit <acceptance>'))
    .description('Check an acceptance, prove the update and publish it.')
    .action(async (acceptanceFile: string, options: ChainOptions) => {
      const acceptance = parseIdentityFile(
        'cinnabar.identity-acceptance',
        await readText(acceptanceFile),
      )
      const file = await openState(options)
      const identity = checkAcceptance(file.value, acceptance)
      const { index } = acceptance
      await publish(options, {
        index,
        next: identity,
        reference: entryOf(file.value, index).reference,
        acceptance,
      })
      await file.write(admitEntry(file.value, { index, identity }))
    })

  withChain(registrar.command('change'))
    .description("Change an identity's tier, jurisdiction, expiry or status.")
    .argument('<index>', 'identity index', integer)
    .option('--tier <number>', 'new tier', integer)
    .option('--jurisdiction <code>', 'new jurisdiction, ISO 3166-1 numeric', integer)
    .option('--days <number>', 'valid for so many days from today', integer)
    .addOption(new Option('--status <status>', 'new status').choices(Object.keys(IDENTITY_STATUS)))
    .action((index: number, options: ChainOptions & IdentityChange & { days?: number }) =>
      change(index, options, options),
    )
  withChain(registrar.command('freeze'))
    .description(
      `Freeze an identity for at most ${String(MAX_SUSPENSION_DAYS)} days, or renew a freeze: it can only leave to its destination.`,
    )
    .argument('<index>', 'identity index', integer)
    .requiredOption('--days <number>', 'for so many days, today included', integer)
    .addOption(
      new Option('--reason <code>', 'why')
        .choices(Object.keys(freezeReasons))
        .makeOptionMandatory(),
    )
    .requiredOption('--basis <text>', 'legal basis or file number, for the notice')
    .requiredOption('--notice <file>', 'where the notice to the person goes')
    .action((index: number, options: ChainOptions & FreezeOptions) => freeze(index, options))
  withChain(registrar.command('unfreeze'))
    .description('Lift a freeze before its end.')
    .argument('<index>', 'identity index', integer)
    .action((index: number, options: ChainOptions) => unfreeze(index, options))

  registerRanges(registrar, { withState })
  registerAppeals(registrar, { withState, withChain })
  registerDestinations(registrar, { withState, withChain }, publish)

  withState(registrar.command('list'))
    .description('Show the identities that this registrar keeps.')
    .option('--json', 'machine-readable answer')
    .action(async (options: CommonOptions & { json?: true }) => {
      const { entries } = (await openState(options)).value
      const rows = entries.map(({ index, state, reference, offer, identity, freezes }) => ({
        index,
        state,
        reference,
        tier: Number(identity?.tier ?? offer.tier),
        jurisdiction: Number(identity?.jurisdiction ?? offer.jurisdiction),
        expires: formatDay(identity?.expiryDay ?? BigInt(offer.expiryDay)),
        status: statusName(identity?.status ?? BigInt(offer.status)),
        frozen: presentFreeze(freezes === undefined ? {} : { freezes }, today())?.reason ?? '',
      }))
      if (options.json === true) console.log(JSON.stringify(rows))
      else if (rows.length === 0) say('No identity yet. Next: `cinnabar registrar offer REQUEST`.')
      else console.table(rows)
    })

  registrar
    .command('root')
    .description(
      "Rebuild the registry from its published updates and compare it with the chain's root.",
    )
    .requiredOption('--rpc <url>', 'node of the base chain')
    .requiredOption('--deployment <file>', 'deployment file')
    .action(async (options: { rpc: string; deployment: string }) => {
      const { client, reader, deployment } = await connect(options)
      const { root, updates } = await readRegistry(reader, { fromBlock: deployment.startBlock })
      const contract = contractOf(deployment, 'identityRegistry')
      const [version, onChain] = await client.readContract({
        ...contract,
        functionName: 'current',
      })
      console.log(`Rebuilt from ${String(updates.length)} updates:  ${formatField(root)}`)
      console.log(`On chain, version ${String(version)}:      ${formatField(onChain)}`)
      say(root === onChain ? 'They match.' : 'THEY DIFFER. Alert the operator.')
      if (root !== onChain) process.exitCode = 2
    })
}

type FreezeOptions = { days: number; reason: FreezeReason; basis: string; notice: string }

async function freeze(index: number, options: ChainOptions & FreezeOptions): Promise<void> {
  const file = await openState(options)
  const planned = planFreeze(today(), options)
  const { old, next } = changedIdentity(file.value, {
    index,
    change: { suspendedUntil: planned.until },
  })
  await publish(options, { index, old, next, reference: entryOf(file.value, index).reference })
  const admitted = admitEntry(file.value, { index, identity: next })
  await file.write(recordFreeze(admitted, { index, freeze: planned }))
  const domain = formatField(file.value.domain)
  const notice = freezeNotice({ domain, index, freeze: planned, formatDay })
  await writeFile(options.notice, `${JSON.stringify(notice, null, 2)}\n`, { mode: 0o600 })
  say(`Frozen until ${notice.until} begins (UTC); hand ${options.notice} to the person.`)
}

async function unfreeze(index: number, options: ChainOptions): Promise<void> {
  const file = await openState(options)
  const { old, next } = changedIdentity(file.value, { index, change: { suspendedUntil: 0 } })
  await publish(options, { index, old, next, reference: entryOf(file.value, index).reference })
  const admitted = admitEntry(file.value, { index, identity: next })
  await file.write(recordLifting(admitted, { index, today: today() }))
}

function today(): number {
  return Number(dayOf(Math.floor(Date.now() / 1000)))
}

async function change(
  index: number,
  options: ChainOptions,
  { days, ...rest }: IdentityChange & { days?: number },
): Promise<void> {
  const file = await openState(options)
  const { tier, jurisdiction, status } = rest
  const { old, next } = changedIdentity(file.value, {
    index,
    change: {
      ...(tier === undefined ? {} : { tier }),
      ...(jurisdiction === undefined ? {} : { jurisdiction }),
      ...(status === undefined ? {} : { status }),
      ...(days === undefined ? {} : { expiryDay: today() + days }),
    },
  })
  await publish(options, { index, old, next, reference: entryOf(file.value, index).reference })
  await file.write(admitEntry(file.value, { index, identity: next }))
}

async function publish(
  options: ChainOptions,
  parameters: Omit<PublishIdentityParameters, 'registry' | 'auditKeyI'>,
): Promise<void> {
  const connection = await connect(options)
  const { client, reader, deployment } = connection
  const registry = await readRegistry(reader, { fromBlock: deployment.startBlock })
  const sender = await openSender(options)
  const prover = createProver()
  try {
    const published = await publishIdentity(
      {
        ...sender,
        ...{ client, deployment, prover },
        randomBytes: (length) => randomBytes(length),
        onPhase: (phase) => {
          if (options.json !== true) say(`${phase} …`)
        },
      },
      { ...parameters, registry, auditKeyI: await presentAuditKeyI(connection) },
    )
    const answer = {
      index: parameters.index,
      status: statusName(parameters.next.status),
      suspendedUntil:
        parameters.next.suspendedUntil === 0n ? null : formatDay(parameters.next.suspendedUntil),
      identityRoot: formatField(published.root),
      transaction: published.transactionHash,
    }
    if (options.json === true) console.log(JSON.stringify(answer))
    else {
      say(
        `Identity ${String(answer.index)} is ${answer.status}` +
          `${answer.suspendedUntil === null ? '' : `, suspended until ${answer.suspendedUntil}`}. Registry root ${answer.identityRoot}.`,
      )
      say('Wallets and the sequencer follow by themselves.')
    }
  } finally {
    await prover.close()
  }
}

/** The audit key I of today's epoch, as the chain has it. */
export async function presentAuditKeyI({ client, deployment }: Connection) {
  const block = await client.getBlock()
  const [, , , x, y] = await client.readContract({
    ...contractOf(deployment, 'supervisionRegistry'),
    functionName: 'keysOfDay',
    args: [dayOf(block.timestamp)],
  })
  return { x, y }
}

function statusName(status: bigint): string {
  const found = Object.entries(IDENTITY_STATUS).find(([, value]) => BigInt(value) === status)
  return found?.[0] ?? 'UNKNOWN'
}
