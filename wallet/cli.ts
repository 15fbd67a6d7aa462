import { type Command, Option } from 'commander'
import { formatIdentityFile } from '../api/index.ts'
import type { DeployedAsset } from '../l1/deployment.ts'
import { type AddressPrefix, decodeAddress } from '../protocol/address.ts'
import { formatMinute, formatTime } from '../protocol/calendar.ts'
import type { Destination } from '../protocol/identity.ts'
import { acceptIdentity, requestIdentity } from './acceptIdentity.ts'
import { registerAppeals } from './appealCli.ts'
import { describeAssurance } from './assurance.ts'
import { formatAmount } from './amounts.ts'
import { computeBalances } from './balance.ts'
import { claim, deposit, reclaim } from './baseChainMoney.ts'
import { claimBond } from './claimBond.ts'
import {
  addCommonOptions,
  askHidden,
  type CliContext,
  type CommonOptions,
  type FileOptions,
  findAsset,
  give,
  readAccount,
  readAmount,
  readFileOf,
  run,
  showAmount,
} from './cliContext.ts'
import { OptionError } from './errors.ts'
import { registerGrants } from './grantsCli.ts'
import { forceEntry, type ForcedQueueAccess } from './forceEntry.ts'
import { buildHistory, type HistoryEntry } from './history.ts'
import { formatAddress } from './identity.ts'
import type { JournalEntry, Promised } from './journal.ts'
import { ownerOf } from './ledger.ts'
import { moveDestination } from './moveDestination.ts'
import {
  collect,
  exit,
  type ForcedPayDependencies,
  type PayDependencies,
  type PayOptions,
  type PayProgress,
  send,
  withdraw,
} from './pay.ts'
import { findOverdue } from './overdue.ts'
import { listUnsignedDestinations } from './unsignedDestinations.ts'
import { defaultConfirmations } from './syncSettled.ts'
import { getAddress, newMnemonic } from './wallet.ts'

type PayCliOptions = CommonOptions & {
  fee?: string
  wait: 'admitted' | 'sealed' | 'settled'
  replace?: true
  trustSequencer?: true
  force?: true
  l1KeyFile?: string
}

/** `cinnabar wallet`: create, identity, deposit, pay, withdraw, look. */
export function register(program: Command): void {
  const wallet = program
    .command('wallet')
    .description('Hold, receive and pay private money.')
    .addHelpText(
      'after',
      `
The passphrase comes from CINNABAR_PASSPHRASE, --passphrase-file, or is asked for. Set CINNABAR_WALLET,
CINNABAR_DEPLOYMENT, CINNABAR_RPC and CINNABAR_SEQUENCER once instead of naming them each time.

A first payment:
  cinnabar wallet create
  cinnabar wallet identity request --destination 0x… --out request.json   (give it to the registrar)
  cinnabar wallet identity accept offer.json --out acceptance.json        (give it back)
  cinnabar wallet deposit ETH 0.5 --l1-key-file key.txt
  cinnabar wallet send ETH tcnb1… 0.1 --memo "for the tea"`,
    )
  registerKeys(wallet)
  registerIdentity(wallet)
  registerAppeals(wallet)
  registerMoney(wallet)
  registerReclaim(wallet)
  registerBond(wallet)
  registerViews(wallet)
  registerGrants(wallet)
}

function registerKeys(wallet: Command): void {
  addCommonOptions(wallet.command('create').description('Make a wallet with new recovery words.'))
    .addHelpText(
      'after',
      '\nExample:\n  cinnabar wallet create --dir alice --deployment deployment.json',
    )
    .action((options: CommonOptions) =>
      run(options, async (context) => {
        const mnemonic = newMnemonic()
        await context.create(mnemonic)
        context.answer({ dir: options.dir, mnemonic }, [
          'Recovery words. Write them down and show them to nobody; they are not shown again:',
          '',
          `  ${mnemonic}`,
          '',
          `Wallet made in ${options.dir}.`,
          'Next: cinnabar wallet identity request --destination <base-chain address> --out request.json',
        ])
      }),
    )

  addCommonOptions(
    wallet
      .command('restore')
      .description('Make a wallet from its recovery words and the base chain.'),
  )
    .option('--words-file <file>', 'file with the words (else CINNABAR_MNEMONIC, else asked)')
    .addHelpText(
      'after',
      '\nNo sequencer is needed.\nExample:\n  cinnabar wallet restore --dir alice2 --deployment deployment.json --rpc http://127.0.0.1:8545',
    )
    .action((options: CommonOptions & { wordsFile?: string }) =>
      run(options, async (context) => {
        const words =
          options.wordsFile === undefined
            ? (process.env['CINNABAR_MNEMONIC'] ?? (await askHidden('Recovery words: ')))
            : readFileOf('--words-file', options.wordsFile)
        await context.create(words.trim().split(/\s+/).join(' '))
        await showState(context)
      }),
    )

  addCommonOptions(
    wallet.command('address').description('Show the address to give to payers.'),
  ).action((options: CommonOptions) =>
    run(options, async (context) => {
      const opened = await context.currentWallet()
      const address = getAddress(opened)
      context.answer({ address }, [address])
    }),
  )
}

function registerIdentity(wallet: Command): void {
  const identity = wallet.command('identity').description('Be admitted by the registrar.')

  addCommonOptions(identity.command('request').description('Write the request to the registrar.'))
    .requiredOption(
      '--destination <address>',
      'where your money goes should you be suspended: your base-chain or other Cinnabar address',
    )
    .option('--name <name>', 'for the registrar’s own file; never published')
    .option('--out <file>', 'where the request goes; default: stdout')
    .action((options: FileOptions & { destination: string; name?: string }) =>
      run(options, async (context) => {
        const opened = await context.wallet()
        const destination = readDestination(opened.deployment.prefix, options.destination)
        const request = requestIdentity(opened, {
          destination,
          ...(options.name === undefined ? {} : { name: options.name }),
        })
        give(context, options, { file: formatIdentityFile(request), facts: { request } })
        context.say('Next: give it to the registrar, and answer the offer with')
        context.say('  cinnabar wallet identity accept offer.json --out acceptance.json')
      }),
    )

  addCommonOptions(
    identity
      .command('accept <file>')
      .description('Check the registrar’s offer, prove the keys, and keep the leaf’s contents.'),
  )
    .option('--destination <address>', 'the one you asked for, when this wallet did not ask')
    .option('--out <file>', 'where the acceptance goes; default: stdout')
    .addHelpText(
      'after',
      '\nAlso reads in a new tier or status of a filed identity, and your own acceptance after a restore.',
    )
    .action((file: string, options: FileOptions & { destination?: string }) =>
      run(options, async (context) => {
        const opened = await context.currentWallet()
        const { prefix } = opened.deployment
        const accepted = await acceptIdentity(
          { wallet: opened, prover: context.prover() },
          {
            file: readFileOf('<file>', file),
            ...(options.destination === undefined
              ? {}
              : { destination: readDestination(prefix, options.destination) }),
            onPhase: (phase) => {
              if (phase === 'witness' || phase === 'proof') context.say(`… ${phase}`)
            },
          },
        )
        const { acceptance, index } = accepted
        if (acceptance === undefined) {
          context.answer({ index }, [`Identity ${String(index)} is known to this wallet.`])
          return
        }
        give(context, options, { file: formatIdentityFile(acceptance), facts: { acceptance } })
        context.say('Next: give it to the registrar. Once it is filed: cinnabar wallet sync')
      }),
    )

  addCommonOptions(
    identity
      .command('move')
      .description(
        'Sign another destination for your money, and write the consent. Sends nothing.',
      ),
  )
    .requiredOption(
      '--destination <address>',
      'where your money is to go should you be suspended: your base-chain or other Cinnabar address',
    )
    .option('--out <file>', 'where the consent goes; default: stdout')
    .addHelpText(
      'after',
      `
The registrar announces it on the base chain, and makes the change after the timelock: seven days where the deployment
says nothing else. Until then \`withdraw --exit\` pays to the present destination. Any other change of the identity
makes the consent void: sign again.

  cinnabar wallet identity move --destination 0x… --out consent.json`,
    )
    .action((options: FileOptions & { destination: string }) =>
      run(options, async (context) => {
        const opened = await context.syncedWallet()
        const destination = readDestination(opened.deployment.prefix, options.destination)
        const consent = moveDestination(opened, { destination })
        give(context, options, { file: formatIdentityFile(consent), facts: { consent } })
        context.say('Next: give it to the registrar. Once the change is made: cinnabar wallet sync')
      }),
    )
}

function registerMoney(wallet: Command): void {
  addCommonOptions(
    wallet
      .command('deposit <asset> <amount>')
      .description('Deposit from the base chain to oneself.'),
  )
    .option('--l1-key-file <file>', 'base-chain key that pays (else CINNABAR_L1_KEY)')
    .addHelpText('after', '\nExample:\n  cinnabar wallet deposit ETH 0.5 --l1-key-file key.txt')
    .action((asset: string, amount: string, options: CommonOptions & { l1KeyFile?: string }) =>
      run(options, async (context) => {
        const account = readAccount(options.l1KeyFile)
        const opened = await context.syncedWallet()
        const deployment = await context.deployment()
        const listed = findAsset(deployment, asset)
        const units = readAmount(listed, amount)
        const made = await deposit(
          { wallet: opened, client: await context.client(), deployment, account },
          {
            asset: listed.asset,
            amount: units,
            onProgress: (stage, hash) => context.say(`… ${stage} sent: ${hash}`),
          },
        )
        const { transactionHash } = made
        context.answer({ asset: listed.symbol, amount, transactionHash }, [
          `Deposited ${showAmount(deployment, listed.asset, units)} in ${String(transactionHash)}.`,
          'Next: it can be spent once a batch with it is settled; see cinnabar wallet balance',
        ])
      }),
    )

  addPayOptions(
    wallet
      .command('send <asset> <addressAndAmount...>')
      .description('Pay one to three recipients.')
      .option('--memo <text...>', 'at most 32 bytes each, in the order of the recipients'),
  )
    .addHelpText(
      'after',
      `
Examples:
  cinnabar wallet send ETH tcnb1… 0.1 --memo "for the tea"
  cinnabar wallet send ETH tcnb1… 0.1 tcnb1… 0.2 --wait settled`,
    )
    .action((asset: string, pairs: string[], options: PayCliOptions & { memo?: string[] }) =>
      run(options, async (context) => {
        const opened = await context.wallet()
        const listed = findAsset(opened.deployment, asset)
        if (pairs.length % 2 !== 0) {
          throw new OptionError({
            option: '<addressAndAmount...>',
            reason: 'each address must be followed by its amount',
          })
        }
        const payments = Array.from({ length: pairs.length / 2 }, (_, i) => ({
          address: pairs[2 * i] ?? '',
          amount: readAmount(listed, pairs[2 * i + 1] ?? ''),
          memo: options.memo?.[i] ?? '',
        }))
        const entries = await send(await payDependencies(context, options), {
          ...payOptions(context, options, listed),
          asset: listed.asset,
          payments,
        })
        showPaid(context, entries)
      }),
    )

  addPayOptions(
    wallet.command('collect <asset>').description('Take in up to six waiting payments.'),
  ).action((asset: string, options: PayCliOptions) =>
    run(options, async (context) => {
      const opened = await context.wallet()
      const listed = findAsset(opened.deployment, asset)
      showPaid(
        context,
        await collect(await payDependencies(context, options), {
          ...payOptions(context, options, listed),
          asset: listed.asset,
        }),
      )
    }),
  )

  addPayOptions(
    wallet
      .command('withdraw <asset> [amount] [recipient]')
      .description('Move money to a base-chain address, or all of it to one’s destination.')
      .option(
        '--exit',
        'everything to the registered destination: all that a suspended identity can do',
      )
      .option(
        '--destination-address <address>',
        'with --exit: the destination’s own Cinnabar address',
      ),
  )
    .addHelpText(
      'after',
      `
Examples:
  cinnabar wallet withdraw ETH 0.1 0x… --wait settled
  cinnabar wallet withdraw ETH --exit`,
    )
    .action(
      (
        asset: string,
        amount: string | undefined,
        recipient: string | undefined,
        options: PayCliOptions & { exit?: true; destinationAddress?: string },
      ) =>
        run(options, async (context) => {
          const opened = await context.wallet()
          const listed = findAsset(opened.deployment, asset)
          const common = { ...payOptions(context, options, listed), asset: listed.asset }
          if (options.exit === true) {
            const { destinationAddress } = options
            const entries = await exit(await payDependencies(context, options), {
              ...common,
              ...(destinationAddress === undefined ? {} : { destinationAddress }),
            })
            showPaid(context, entries)
            return
          }
          if (amount === undefined || recipient === undefined) {
            throw new OptionError({
              option: '[amount] [recipient]',
              reason: 'both are needed without --exit',
            })
          }
          const entries = await withdraw(await payDependencies(context, options), {
            ...common,
            amount: readAmount(listed, amount),
            recipient: formatAddress(readBaseAddress('[recipient]', recipient)),
          })
          showPaid(context, entries)
          context.say(
            `When it is settled: cinnabar wallet claim ${listed.symbol} ${recipient} --l1-key-file key.txt`,
          )
        }),
    )

  addCommonOptions(
    wallet
      .command('force <transfer>')
      .description('Put a transfer that was made before into the base chain’s forced queue.'),
  )
    .option('--l1-key-file <file>', 'base-chain key that pays (else CINNABAR_L1_KEY)')
    .addHelpText(
      'after',
      `
Also one that the sequencer refused, or took and never settled. Each batch must then take it when it is due,
a few hours later, and past its deadline anybody may settle. Its anchor must be settled, and what it was made for
(identities, policies, day) current, or so until lately; else make it anew with --force:

  cinnabar wallet force 3 --l1-key-file key.txt
  cinnabar wallet withdraw ETH --exit --force --l1-key-file key.txt`,
    )
    .action((transfer: string, options: CommonOptions & { l1KeyFile?: string }) =>
      run(options, async (context) => {
        const id = readTransferNumber(transfer)
        const access = await queueAccess(context, options)
        const opened = await context.syncedWallet()
        showPaid(context, [await forceEntry({ wallet: opened, ...access }, id)])
      }),
    )

  addCommonOptions(
    wallet
      .command('claim <asset> <recipient>')
      .description('Have settled withdrawals paid out to their address.'),
  )
    .option('--l1-key-file <file>', 'base-chain key that pays the gas (else CINNABAR_L1_KEY)')
    .action((asset: string, recipient: string, options: CommonOptions & { l1KeyFile?: string }) =>
      run(options, async (context) => {
        const account = readAccount(options.l1KeyFile)
        const opened = await context.wallet()
        const deployment = await context.deployment()
        const listed = findAsset(deployment, asset)
        const { amount, remaining, transactionHash } = await claim(
          { wallet: opened, client: await context.client(), deployment, account },
          {
            asset: listed.asset,
            recipient: formatAddress(readBaseAddress('<recipient>', recipient)),
          },
        )
        const shown = showAmount(deployment, listed.asset, amount)
        const rest = showAmount(deployment, listed.asset, remaining)
        context.answer({ recipient, amount: shown, remaining: rest, transactionHash }, [
          `Paid ${shown} to ${recipient} in ${transactionHash}.`,
          ...(remaining === 0n
            ? []
            : [`${rest} are left: the asset has a daily limit. Claim again tomorrow.`]),
        ])
      }),
    )
}

function registerBond(wallet: Command): void {
  addCommonOptions(
    wallet
      .command('claim-bond <transfer> <payee>')
      .description('Have the operator’s bond pay for a transfer not settled in its promised time.'),
  )
    .option('--l1-key-file <file>', 'base-chain key that pays (else CINNABAR_L1_KEY)')
    .addHelpText(
      'after',
      `
Puts the transfer into the base chain’s forced queue, which settles it, and shows by that that the receipt’s time was
over and it could still be settled. Takes two transactions; <payee> is a base-chain address, and the public sees that
it has to do with this transfer: use a fresh one. Started again after a crash, it goes on where it was.

  cinnabar wallet claim-bond 3 0x… --l1-key-file key.txt`,
    )
    .action((transfer: string, payee: string, options: CommonOptions & { l1KeyFile?: string }) =>
      run(options, async (context) => {
        const id = readTransferNumber(transfer)
        const address = formatAddress(readBaseAddress('<payee>', payee))
        const access = await queueAccess(context, options)
        const opened = await context.syncedWallet()
        const { paid, transactionHash, entry } = await claimBond(
          { wallet: opened, chain: await context.chain(), ...access },
          { id, payee: address },
        )
        context.answer(
          { id, statementId: entry.statementId, payee: address, paid, transactionHash },
          [
            `${formatAmount({ unit: 1n, decimals: 18 }, paid)} ETH were paid to ${address} in ${transactionHash}.`,
            'The transfer stands in the forced queue. Next: cinnabar wallet sync shows when it is settled.',
          ],
        )
      }),
    )
}

function readTransferNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new OptionError({
      option: '<transfer>',
      reason: 'it is a number, as send and history show it',
    })
  }
  return Number(text)
}

function registerReclaim(wallet: Command): void {
  addCommonOptions(
    wallet
      .command('reclaim <depositId>')
      .description('Take back a deposit that no batch took before its deadline.'),
  )
    .option('--l1-key-file <file>', 'base-chain key that deposited (else CINNABAR_L1_KEY)')
    .addHelpText(
      'after',
      '\nIn three steps: reclaim (the request), reclaim once more when the vault’s window is over, claim.',
    )
    .action((depositId: string, options: CommonOptions & { l1KeyFile?: string }) =>
      run(options, async (context) => {
        const account = readAccount(options.l1KeyFile)
        if (!/^\d{1,12}$/.test(depositId)) {
          throw new OptionError({
            option: '<depositId>',
            reason: 'it is a number; see history --json',
          })
        }
        const opened = await context.syncedWallet()
        const deployment = await context.deployment()
        const { step, transactionHash } = await reclaim(
          { wallet: opened, client: await context.client(), deployment, account },
          { id: BigInt(depositId) },
        )
        context.answer({ depositId, step, transactionHash }, [
          `${step === 'requested' ? 'Requested' : 'Refunded'} in ${transactionHash}.`,
          step === 'requested'
            ? 'Next: the same command again when the window is over.'
            : 'Next: cinnabar wallet claim <asset> <the depositing address>',
        ])
      }),
    )
}

function registerViews(wallet: Command): void {
  addCommonOptions(wallet.command('balance').description('Show what one has, by asset.')).action(
    (options: CommonOptions) =>
      run(options, async (context) => {
        await showState(context)
      }),
  )

  addCommonOptions(
    wallet.command('history').description('Show what happened, oldest first.'),
  ).action((options: CommonOptions) =>
    run(options, async (context) => {
      const opened = await context.currentWallet()
      const { ledger, journal } = opened.state
      const entries = buildHistory(ledger, journal, { unread: defaultConfirmations(opened) })
      const { deployment } = opened
      context.answer(
        {
          history: entries.map((entry) => ({
            ...entry,
            amount: showAmount(deployment, entry.asset, entry.amount),
          })),
        },
        entries.length === 0
          ? ['Nothing yet.']
          : entries.map((entry) => historyLine(deployment, entry)),
      )
    }),
  )

  addCommonOptions(
    wallet
      .command('sync')
      .description(
        'Read the base chain; with a sequencer, also send and follow what is on its way.',
      ),
  )
    .option('--trust-sequencer', 'accept that the sequencer signs with another key than before')
    .action((options: CommonOptions & { trustSequencer?: true }) =>
      run(options, async (context) => {
        const opened = await context.syncedWallet()
        if (options.sequencer !== undefined) {
          await context.resume(opened, { trustSequencer: options.trustSequencer === true })
        }
        await showState(context, await findOverdue(opened, () => context.view()))
      }),
    )
}

async function showState(context: CliContext, overdue: readonly Promised[] = []): Promise<void> {
  const wallet = await context.currentWallet()
  const { ledger, journal } = wallet.state
  const show = (asset: bigint, amount: bigint) => showAmount(wallet.deployment, asset, amount)
  const balances = computeBalances(ledger, journal)
  const isRegistered = ownerOf(ledger, wallet.keys) !== undefined
  const unsigned = listUnsignedDestinations(wallet).map(({ allowedFrom }) => ({
    allowedFrom: formatTime(allowedFrom),
  }))
  context.answer(
    {
      settledBatch: ledger.batchNumber,
      block: ledger.head?.number,
      ...(isRegistered ? { address: getAddress(wallet) } : {}),
      ...(overdue.length === 0 ? {} : { overdue }),
      ...(unsigned.length === 0 ? {} : { unsignedDestinations: unsigned }),
      balances: balances.map(({ asset, waitingNotes, ...amounts }) => ({
        asset,
        waitingNotes,
        ...Object.fromEntries(
          Object.entries(amounts).map(([name, amount]) => [name, show(asset, amount)]),
        ),
      })),
    },
    [
      `Settled batch ${String(ledger.batchNumber)}, base-chain block ${String(ledger.head?.number ?? 0n)}.`,
      ...balances.flatMap((balance) => {
        const { asset, account, waiting, waitingNotes, queuedDeposits, forfeited } = balance
        const { accountAfterPending } = balance
        return [
          `${show(asset, balance.total)}: ${show(asset, account)} in the account, ${show(asset, waiting)} in ${String(waitingNotes)} waiting payments`,
          ...(queuedDeposits > 0n
            ? [`  and ${show(asset, queuedDeposits)} deposited, not in a batch yet`]
            : []),
          ...(accountAfterPending === undefined
            ? []
            : [`  the account will hold ${show(asset, accountAfterPending)} when all is settled`]),
          ...(forfeited > 0n
            ? [`  ${show(asset, forfeited)} was passed over and cannot be taken in any more`]
            : []),
        ]
      }),
      ...overdue.map(
        ({ id }) =>
          `Transfer ${String(id)} was promised to be settled by now. The operator’s bond pays for it: cinnabar wallet claim-bond ${String(id)} <base-chain address>`,
      ),
      ...unsigned.map(
        ({ allowedFrom }) =>
          `A change of your destination that this wallet did not sign was announced; it may be made from ${allowedFrom}, with a signature of your keys. Unless you signed it on another device, somebody has them: move your money before then.`,
      ),
      ...(isRegistered
        ? []
        : ['No identity on the base chain yet. Next: cinnabar wallet identity request']),
    ],
  )
}

function showPaid(context: CliContext, entries: readonly JournalEntry[]): void {
  const last = entries.at(-1)
  const replaced = entries.find(({ replaces }) => replaces !== undefined)
  context.answer(
    {
      transfers: entries.map(
        ({ id, statementId, circuit, stage, batchNumber, replaces, forced, receipt }) => ({
          ...{ id, statementId, circuit, stage },
          ...(receipt === undefined || receipt.settleBy === 0
            ? {}
            : { settleBy: receipt.settleBy }),
          ...(forced === undefined ? {} : { forced }),
          ...(batchNumber === undefined ? {} : { batchNumber }),
          ...(replaces === undefined ? {} : { replaces }),
        }),
      ),
    },
    [
      ...entries.map(({ id, circuit, stage, statementId, forced }) =>
        forced === undefined || stage === 'settled'
          ? `Transfer ${String(id)} (${circuit}) is ${stage}: ${statementId}`
          : `Transfer ${String(id)} (${circuit}) is in the forced queue: ${statementId}`,
      ),
      ...(replaced === undefined
        ? []
        : [
            `It is a new statement in the place of transfer ${String(replaced.replaces)}: at most one of them settles.`,
          ]),
      ...(last?.stage === 'settled'
        ? ['It is settled on the base chain.']
        : ['Next: cinnabar wallet sync shows when it is settled.']),
    ],
  )
}

function historyLine(deployment: Parameters<typeof showAmount>[0], entry: HistoryEntry): string {
  const when = formatMinute(entry.at)
  const sign = {
    deposit: '+',
    received: '+',
    collected: ' ',
    toSelf: ' ',
    sent: '-',
    withdrawal: '-',
    fee: '-',
  }
  const facts = [
    entry.counterparty,
    entry.memo === undefined ? undefined : `“${entry.memo}”`,
    entry.batchNumber === undefined ? undefined : `batch ${String(entry.batchNumber)}`,
    entry.assurance === undefined ? undefined : describeAssurance(entry.assurance),
    entry.replaces === undefined ? undefined : `in the place of transfer ${String(entry.replaces)}`,
    entry.leafIndex === undefined ? undefined : `leaf ${String(entry.leafIndex)}`,
    entry.depositId === undefined ? undefined : `deposit ${String(entry.depositId)}`,
    entry.rejection,
  ].filter((fact) => fact !== undefined)
  const amount = `${sign[entry.kind]}${showAmount(deployment, entry.asset, entry.amount)}`
  return [when, entry.kind.padEnd(10), amount.padEnd(18), entry.stage.padEnd(10), ...facts].join(
    '  ',
  )
}

function addPayOptions(command: Command): Command {
  return addCommonOptions(command)
    .option('--fee <amount>', 'fee of each statement; default: what the sequencer asks')
    .addOption(
      new Option('--wait <stage>', 'how far to wait')
        .choices(['admitted', 'sealed', 'settled'])
        .default('admitted'),
    )
    .option(
      '--replace',
      'in the place of an earlier transfer that may still settle (a new statement)',
    )
    .option('--trust-sequencer', 'accept that the sequencer signs with another key than before')
    .option('--force', 'by the base chain’s forced queue: needs no sequencer, costs gas and a fee')
    .option('--l1-key-file <file>', 'with --force: base-chain key that pays (else CINNABAR_L1_KEY)')
}

function payOptions(context: CliContext, options: PayCliOptions, asset: DeployedAsset): PayOptions {
  const stop = new AbortController()
  process.once('SIGINT', () => {
    stop.abort(new OptionError({ option: 'Ctrl-C', reason: 'stopped; what was sent goes on' }))
  })
  return {
    waitFor: options.wait,
    replace: options.replace === true,
    trustSequencer: options.trustSequencer === true,
    signal: stop.signal,
    ...(options.fee === undefined ? {} : { fee: readAmount(asset, options.fee) }),
    onProgress: ({ phase, statement, statements }: PayProgress) => {
      const which = statements > 1 ? ` (${String(statement)} of ${String(statements)})` : ''
      context.say(`… ${phase}${which}`)
    },
  }
}
async function payDependencies(
  context: CliContext,
  options: PayCliOptions,
): Promise<PayDependencies | ForcedPayDependencies> {
  const common = {
    wallet: await context.wallet(),
    chain: await context.chain(),
    prover: context.prover(),
  }
  if (options.force !== true) return { ...common, api: context.api() }
  return { ...common, queue: await queueAccess(context, options) }
}

async function queueAccess(
  context: CliContext,
  { l1KeyFile }: { l1KeyFile?: string },
): Promise<ForcedQueueAccess> {
  return { account: readAccount(l1KeyFile), ...(await context.view()) }
}

function readDestination(prefix: AddressPrefix, text: string): Destination {
  if (text.startsWith('0x')) {
    return { kind: 'address', address: readBaseAddress('--destination', text) }
  }
  return { kind: 'owner', owner: decodeAddress(text, prefix).owner }
}

function readBaseAddress(option: string, text: string): bigint {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text) || BigInt(text) === 0n) {
    throw new OptionError({
      option,
      reason: 'it must be a base-chain address, 0x and 40 hex digits',
    })
  }
  return BigInt(text)
}
