import { type Command, InvalidArgumentError } from 'commander'
import { addressOfKey, hashBondOwner, signDigest } from '../api/index.ts'
import type { ContractCall } from '../l1/calls.ts'
import { type ChainClient, checkDeployment, createChainClient } from '../l1/client.ts'
import { type ChainDeployment, readDeployment } from '../l1/deployment.ts'
import {
  bondNoticeCall,
  getOperatorBond,
  type OperatorBondState,
  postOperatorBondCall,
  registerBondCall,
  withdrawOperatorBondCall,
} from '../l1/operatorBond.ts'
import { submitTransaction } from '../l1/submitTransaction.ts'
import { createTransactionAccount } from '../l1/transactionAccount.ts'
import { fileTransactionStore } from '../l1/transactionStore.ts'
import { getTransactionCount } from '../l1/reads.ts'
import { hexToBytes } from '../protocol/field.ts'
import { checkDuties } from './checkDuties.ts'
import { formatEther, parseAddress } from './cliValues.ts'
import { readReceiptKey } from './keyOptions.ts'
import { readKey } from './readKey.ts'

type Hex = `0x${string}`

type ChainOptions = { rpc: string; deployment: string; json?: true }
type StatusOptions = ChainOptions & { of: Hex }
type OwnerOptions = StatusOptions & { keyFile?: string; transactions: string }
type PostOptions = Omit<OwnerOptions, 'of'> & { receiptKeyFile?: string }

/** Adds `cinnabar sequencer bond …`. */
export function registerBondCommands(sequencer: Command): void {
  const bond = sequencer
    .command('bond')
    .description('The money that answers for receipts: post it, see it, take it back.')
    .addHelpText(
      'after',
      `
While it stands, the sequencer's receipts promise settlement in a time that the contract fixes; a transfer that was not
settled by then takes from it. Its owner is an account of its own: not the one that settles, whose nonces the sequencer
counts. docs/spec/operator-bond.md has all of it.

  cinnabar sequencer bond post 2 --rpc URL --deployment FILE --key-file owner.txt --receipt-key-file receipts.txt
  cinnabar sequencer bond status --rpc URL --deployment FILE --of 0x…`,
    )

  addChainOptions(bond.command('status'))
    .description('Show the bond for the receipts of an address.')
    .requiredOption('--of <address>', 'who signs the receipts; /v1/status names it', parseAddress)
    .action(async (options: StatusOptions) => {
      const { client, deployment } = await connect(options)
      show(options, options.of, await getOperatorBond({ client, deployment }, options.of))
    })

  addOwnerOptions(bond.command('post <ether>'))
    .description('Add to the bond; the first time, become its owner.')
    .option(
      '--receipt-key-file <file>',
      'key for receipts, which agrees to the owner; default: CINNABAR_SEQUENCER_RECEIPT_KEY_FILE, else CINNABAR_SEQUENCER_RECEIPT_KEY',
    )
    .action(async (text: string, options: PostOptions) => {
      const value = parseEther(text)
      const { client, deployment } = await connect(options)
      const receiptKey = await readReceiptKey(options)
      const owner = await readOwner(options)
      checkDuties({ 'base-chain': owner.key, receipt: receiptKey, farm: undefined })
      const of = addressOfKey(hexToBytes(receiptKey))
      const state = await getOperatorBond({ client, deployment }, of)
      const { chainId, rollup, contracts } = deployment
      const bondOwner = { owner: owner.address, bond: contracts.operatorBond }
      const consent = signDigest(
        hexToBytes(receiptKey),
        hashBondOwner({ chainId, rollup }, bondOwner),
      )
      const call =
        state.owner === undefined
          ? registerBondCall(deployment, { sequencer: of, consent, value })
          : postOperatorBondCall(deployment, { sequencer: of, value })
      await send(options, { client, deployment, owner }, call)
      show(options, of, await getOperatorBond({ client, deployment }, of))
    })

  for (const [name, description, isLeaving] of [
    ['leave', 'Announce that the bond is withdrawn: receipts promise no time from now on.', true],
    ['stay', 'Take the announcement back.', false],
  ] as const) {
    addOwnerOptions(bond.command(name))
      .description(description)
      .requiredOption('--of <address>', 'who signs the receipts', parseAddress)
      .action(async (options: OwnerOptions) => {
        const { client, deployment } = await connect(options)
        const owner = await readOwner(options)
        const call = bondNoticeCall(deployment, { sequencer: options.of, isLeaving })
        await send(options, { client, deployment, owner }, call)
        show(options, options.of, await getOperatorBond({ client, deployment }, options.of))
      })
  }

  addOwnerOptions(bond.command('withdraw'))
    .description('Take the whole bond back, when the notice is over.')
    .requiredOption('--of <address>', 'who signs the receipts', parseAddress)
    .option('--to <address>', 'who gets it; default: the owner', parseAddress)
    .action(async (options: OwnerOptions & { to?: Hex }) => {
      const { client, deployment } = await connect(options)
      const owner = await readOwner(options)
      const call = withdrawOperatorBondCall(deployment, {
        sequencer: options.of,
        to: options.to ?? owner.address,
      })
      await send(options, { client, deployment, owner }, call)
      show(options, options.of, await getOperatorBond({ client, deployment }, options.of))
    })
}

function addChainOptions(command: Command): Command {
  return command
    .requiredOption('--rpc <urls>', 'JSON-RPC of the base chain')
    .requiredOption('--deployment <file>', 'deployment file of the rollup')
    .option('--json', 'the answer as JSON')
}

function addOwnerOptions(command: Command): Command {
  return addChainOptions(command)
    .option('--key-file <file>', 'key of the owner; default: CINNABAR_BOND_KEY')
    .option(
      '--transactions <file>',
      'where what was signed is kept, for a crash',
      '.cinnabar/bond-transactions.json',
    )
}

async function connect(
  options: ChainOptions,
): Promise<{ client: ChainClient; deployment: ChainDeployment }> {
  const deployment = await readDeployment(options.deployment)
  const client = createChainClient({ rpcUrl: options.rpc, chainId: deployment.chainId })
  await checkDeployment(client, deployment)
  return { client, deployment }
}

type Owner = { readonly key: Hex; readonly address: Hex }

async function readOwner({ keyFile }: Pick<OwnerOptions, 'keyFile'>): Promise<Owner> {
  const key = await readKey({ what: 'bond', file: keyFile, variable: 'CINNABAR_BOND_KEY' })
  return { key, address: createTransactionAccount(key).address.toLowerCase() as Hex }
}

async function send(
  { transactions }: Pick<OwnerOptions, 'transactions'>,
  { client, deployment, owner }: { client: ChainClient; deployment: ChainDeployment; owner: Owner },
  call: ContractCall,
): Promise<void> {
  // Until it is mined the count stays: the same command after a crash goes on with the same transaction.
  const count = await getTransactionCount({ client }, owner.address)
  await submitTransaction({
    ...{ client, account: createTransactionAccount(owner.key), chainId: deployment.chainId },
    store: fileTransactionStore(transactions),
    purpose: `bond ${String(count)} ${call.data}`,
    ...call,
  })
}

function show({ json }: { json?: true }, of: Hex, bond: OperatorBondState): void {
  const { owner, amount, payout, minBond, isBonded, withdrawableAt, promiseTime, time } = bond
  if (json === true) {
    const facts = { of, owner: owner ?? null, amount, payout, minBond, isBonded }
    const times = { promiseTime, withdrawableAt: withdrawableAt ?? null, time }
    console.log(
      JSON.stringify({ ...facts, ...times }, (_key, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      ),
    )
    return
  }
  if (owner === undefined) {
    console.log(`There is no bond for receipts of ${of}.`)
    console.log('Next: cinnabar sequencer bond post')
    return
  }
  console.log(`Bond for receipts of ${of}: ${formatEther(amount)} ETH, owner ${owner}.`)
  console.log(
    `A broken promise takes ${formatEther(2n * payout)} ETH, half of it for who was promised.`,
  )
  if (isBonded) console.log(`Receipts promise settlement within ${String(promiseTime)} s.`)
  else if (withdrawableAt === undefined) {
    console.log(`Receipts promise no time: below ${formatEther(minBond)} ETH.`)
  } else {
    const left = withdrawableAt - time
    console.log(
      left > 0n
        ? `Receipts promise no time: it is leaving, in ${String(left)} s of the settlement clock.`
        : 'Receipts promise no time. Next: cinnabar sequencer bond withdraw',
    )
  }
}

function parseEther(text: string): bigint {
  const match = /^(\d{1,9})(?:\.(\d{1,18}))?$/.exec(text)
  const [, whole, fraction = ''] = match ?? []
  const wei = whole === undefined ? 0n : BigInt(whole + fraction.padEnd(18, '0'))
  if (wei === 0n) throw new InvalidArgumentError('Write an amount of ETH, e.g. 1.5.')
  return wei
}
