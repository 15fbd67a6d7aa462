import type { ApiClient } from '../api/index.ts'
import type { ChainReader } from '../l1/chainEvents.ts'
import { decodeAddress } from '../protocol/address.ts'
import type { Prover } from '../prover/prover.ts'
import {
  BehindBaseChainError,
  DestinationUnknownError,
  FeeError,
  InsufficientFundsError,
  PaymentCountError,
  TransferRejectedError,
  UnknownAssetError,
  WaitTimeoutError,
} from './errors.ts'
import { openOwnIdentity } from './identity.ts'
import { forceEntry, type ForcedQueueAccess, readSettled } from './forceEntry.ts'
import type { JournalEntry } from './journal.ts'
import { openStages, undecidedEntry } from './journal.ts'
import { type AccountRecord, pendingNotes } from './ledger.ts'
import {
  type PreparedStatement,
  prepareStatement,
  proveStatement,
  type StatementPayment,
  type StatementRequest,
} from './makeStatement.ts'
import { readSealed, type SealedView } from './readSealed.ts'
import { planCollect, planPayment, type PlannedStatement } from './selectNotes.ts'
import { refreshEntry, requireEntry, resumeJournal, submitEntry } from './submitJournal.ts'
import { syncSettled } from './syncSettled.ts'
import type { Wallet } from './wallet.ts'

/** What a payment needs. */
export type PayDependencies = {
  wallet: Wallet
  chain: ChainReader
  api: ApiClient
  prover: Pick<Prover, 'prove'>
}

/** What it needs by force: no sequencer is asked anything. */
export type ForcedPayDependencies = Omit<PayDependencies, 'api'> & { queue: ForcedQueueAccess }
type AnyDependencies = PayDependencies | ForcedPayDependencies

export const payPhases = ['sync', 'witness', 'proof', 'submitted', 'sealed', 'settled'] as const
export type PayPhase = (typeof payPhases)[number]

export type PayProgress = {
  readonly phase: PayPhase
  /** Statement now, from 1, of how many. */
  readonly statement: number
  readonly statements: number
}

export type PayOptions = {
  /** Protocol units a statement; default: the sequencer's minimum. */
  fee?: bigint
  /** How far to wait. Default: `admitted`, that is, until the sequencer's signed receipt. */
  waitFor?: 'admitted' | 'sealed' | 'settled'
  /** W4: in the place of a statement that was sent and may still settle. */
  replace?: boolean
  confirmations?: bigint
  trustSequencer?: boolean
  timeoutSeconds?: number
  /** Milliseconds between two questions to the sequencer. */
  pollMilliseconds?: number
  onProgress?: (progress: PayProgress) => void
  signal?: AbortSignal
}

export type SendParameters = PayOptions & {
  asset: bigint
  /** One to three. */
  payments: readonly { address: string; amount: bigint; memo?: string }[]
}

const TIMEOUT_SECONDS = 600
const POLL_MILLISECONDS = 1_000
/** A sequencer reads the base chain under more confirmations than a wallet, on a busy machine later. */
const VIEWS_SECONDS = 120

/**
 * Pays one to three recipients. Received notes are taken in on the way, oldest first; where one
 * transfer does not reach, collects go before it. Gives back the statements, the payment last.
 *
 * @throws {InsufficientFundsError | AccountCapReachedError | TransferPendingError | PaymentCountError}
 * @throws {TransferRejectedError} when the sequencer refuses.
 */
export async function send(
  dependencies: AnyDependencies,
  { asset, payments, ...options }: SendParameters,
): Promise<JournalEntry[]> {
  if (payments.length < 1 || payments.length > 3) {
    throw new PaymentCountError({ count: payments.length })
  }
  const { prefix } = dependencies.wallet.deployment
  const decoded = payments.map(({ address, amount, memo = '' }): StatementPayment => ({
    address: decodeAddress(address, prefix),
    text: address,
    amount,
    memo,
  }))
  const outgoing = payments.reduce((sum, { amount }) => sum + amount, 0n)
  return pay(dependencies, options, {
    asset,
    plan: (situation) => planPayment({ ...situation, outgoing }),
    pays: () => ({ purpose: 'send', payments: decoded }),
  })
}

/** Takes in waiting notes, up to six of the oldest. @throws {NothingToCollectError} and as `send`. */
export async function collect(
  dependencies: AnyDependencies,
  { asset, ...options }: PayOptions & { asset: bigint },
): Promise<JournalEntry[]> {
  return pay(dependencies, options, {
    asset,
    plan: (situation) => [planCollect({ asset, ...situation })],
    pays: () => ({ purpose: 'collect', payments: [] }),
  })
}

export type WithdrawParameters = PayOptions & {
  asset: bigint
  amount: bigint
  /** Base-chain address that may claim it. */
  recipient: `0x${string}`
}

/** Moves money to a base-chain address, which claims it there once it is settled. Throws as `send`. */
export async function withdraw(
  dependencies: AnyDependencies,
  { asset, amount, recipient, ...options }: WithdrawParameters,
): Promise<JournalEntry[]> {
  return pay(dependencies, options, {
    asset,
    plan: (situation) => planPayment({ ...situation, outgoing: amount }),
    pays: () => ({
      purpose: 'withdraw',
      payments: [],
      withdrawal: { amount, recipient: BigInt(recipient) },
    }),
  })
}

export type ExitParameters = PayOptions & {
  asset: bigint
  /** Needed when the destination is another owner: its address, which holds the viewing key. */
  destinationAddress?: string
}

/**
 * Sends all that the account and its waiting notes hold to the destination fixed at registration: the
 * one thing that a suspended or expired identity can do. One statement for six notes each.
 *
 * @throws {DestinationUnknownError} when the wallet does not know the destination.
 */
export async function exit(
  dependencies: AnyDependencies,
  { asset, destinationAddress, ...options }: ExitParameters,
): Promise<JournalEntry[]> {
  const { wallet } = dependencies
  return pay(dependencies, options, {
    asset,
    plan: planExit,
    pays: (amount) => {
      const { ledger, identities } = wallet.state
      const { destination } = openOwnIdentity(ledger, identities)
      if (destination === undefined) throw new DestinationUnknownError()
      if (destination.kind === 'address') {
        const withdrawal = { amount, recipient: destination.address }
        return { purpose: 'exit', payments: [], withdrawal }
      }
      if (destinationAddress === undefined) throw new DestinationUnknownError()
      // The builder refuses an address of another owner than the destination.
      const address = decodeAddress(destinationAddress, wallet.deployment.prefix)
      const payment = { address, text: destinationAddress, amount, memo: '' }
      return { purpose: 'exit', payments: [payment] }
    },
    isEveryStatementPaying: true,
  })
}

type Situation = {
  balance: bigint
  cursor: bigint
  waiting: readonly { leafIndex: bigint; amount: bigint }[]
  fee: bigint
  accountCap: bigint | undefined
}

type Order = {
  asset: bigint
  plan: (situation: Situation) => readonly PlannedStatement[]
  /** What a paying statement does; `amount` is all it could pay. */
  pays: (amount: bigint) => Pick<StatementRequest, 'purpose' | 'payments' | 'withdrawal'>
  isEveryStatementPaying?: boolean
}

/**
 * Makes the planned statements one after the other: the next one needs the account note that the last
 * one made, so it waits until that is sealed. Each is planned anew on what is there by then.
 */
async function pay(
  dependencies: AnyDependencies,
  options: PayOptions,
  order: Order,
): Promise<JournalEntry[]> {
  const made: JournalEntry[] = []
  let statements = 1
  const viewsSeconds = Math.min(options.timeoutSeconds ?? VIEWS_SECONDS, VIEWS_SECONDS)
  let viewsDeadline: number | undefined
  for (;;) {
    const report = (phase: PayPhase) =>
      options.onProgress?.({ phase, statement: made.length + 1, statements })
    report('sync')
    const { sealed, record } = await refresh(dependencies, options, order.asset)
    const situation = describe(dependencies.wallet, sealed, { record, options })
    const [next, ...rest] = order.plan(situation)
    if (next === undefined) break
    statements = made.length + 1 + rest.length
    const isPaying = next.isPayment || order.isEveryStatementPaying === true
    const isLast = rest.length === 0
    const reachable = situation.balance + sumOf(next.inputs) - situation.fee
    const request: StatementRequest = {
      ...(isPaying ? order.pays(reachable) : { purpose: 'collect', payments: [] }),
      ...{ asset: order.asset, circuit: next.circuit, inputs: next.inputs, fee: situation.fee },
      replace: options.replace === true && made.length === 0,
    }
    let prepared: PreparedStatement
    try {
      prepared = prepareStatement({ wallet: dependencies.wallet, sealed }, request)
    } catch (error) {
      if (!(error instanceof BehindBaseChainError)) throw error
      // One of the two is some blocks behind, and catches up while we wait.
      viewsDeadline ??= Date.now() + viewsSeconds * 1_000
      if (Date.now() >= viewsDeadline) throw error
      await sleep(options.pollMilliseconds ?? POLL_MILLISECONDS, options.signal)
      continue
    }
    viewsDeadline = undefined
    const entry = await makeOne(dependencies, { options, prepared, report })
    const waitFor = isLast ? (options.waitFor ?? 'admitted') : 'sealed'
    made.push(await waitUntil(dependencies, { id: entry.id, waitFor, options, report }))
    if (isLast) break
  }
  return made
}

async function makeOne(
  dependencies: AnyDependencies,
  {
    options,
    prepared,
    report,
  }: {
    options: PayOptions
    prepared: PreparedStatement
    report: (phase: PayPhase) => void
  },
): Promise<JournalEntry> {
  await proveStatement(dependencies, prepared, {
    onPhase: (phase) => {
      if (phase === 'witness' || phase === 'proof') report(phase)
    },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const entry = await courierOf(dependencies).submit(prepared.id)
  checkNotRejected(entry)
  report('submitted')
  return entry
}

/** Base chain, journal, sealed batches, in this order; then the account as it will be spent. */
async function refresh(
  dependencies: AnyDependencies,
  options: PayOptions,
  asset: bigint,
): Promise<{ sealed: SealedView; record: AccountRecord }> {
  const { wallet, chain } = dependencies
  const courier = courierOf(dependencies)
  await syncSettled({ wallet, chain }, syncOptions(options))
  const read = async () => {
    const sealed = await courier.read(options)
    const record = sealed.accounts.find((account) => account.asset === asset)
    if (record === undefined) {
      const known = wallet.state.ledger.assets.map((listed) => String(listed.asset))
      throw new UnknownAssetError({ asset: String(asset), known })
    }
    return { sealed, record }
  }
  const first = await read()
  // What is to be replaced is not sent once more.
  if (options.replace === true) return first
  await courier.resume()
  // A transfer on its way decides what the next one spends, so it is waited for, not replaced.
  const pending = undecidedEntry(wallet.state.journal, first.record.nullifier)
  if (pending === undefined) return first
  try {
    await waitUntil(dependencies, { id: pending.id, waitFor: 'sealed', options })
  } catch (error) {
    // The earlier one is decided: this one is free to be made.
    if (!(error instanceof TransferRejectedError)) throw error
  }
  return read()
}

async function waitUntil(
  dependencies: AnyDependencies,
  {
    id,
    waitFor,
    options,
    report = () => {},
  }: {
    id: number
    waitFor: 'admitted' | 'sealed' | 'settled'
    options: PayOptions
    report?: (phase: PayPhase) => void
  },
): Promise<JournalEntry> {
  const { wallet, chain } = dependencies
  const courier = courierOf(dependencies)
  const seconds = options.timeoutSeconds ?? TIMEOUT_SECONDS
  const deadline = Date.now() + seconds * 1_000
  let isSealedReported = false
  for (;;) {
    const entry = requireEntry(wallet, id)
    checkNotRejected(entry)
    const { stage } = entry
    const isSealed = stage === 'sealed' || stage === 'settled'
    if (isSealed && !isSealedReported) {
      isSealedReported = true
      report('sealed')
    }
    if (stage === 'settled') report('settled')
    if (
      stage === 'settled' ||
      (waitFor === 'sealed' && isSealed) ||
      (waitFor === 'admitted' && (isSealed || stage === 'admitted' || entry.forced !== undefined))
    ) {
      return entry
    }
    if (Date.now() > deadline) throw new WaitTimeoutError({ stage: waitFor, seconds })
    await sleep(options.pollMilliseconds ?? POLL_MILLISECONDS, options.signal)
    if (openStages.includes(stage)) await courier.refresh(id, options)
    if (waitFor === 'settled') await syncSettled({ wallet, chain }, syncOptions(options))
  }
}

/** Who carries statements to where they are sealed, and tells what they are made against. */
type Courier = {
  read(options: PayOptions): Promise<SealedView>
  resume(): Promise<void>
  submit(id: number): Promise<JournalEntry>
  refresh(id: number, options: PayOptions): Promise<unknown>
}

function courierOf(dependencies: AnyDependencies): Courier {
  const { wallet, chain } = dependencies
  if ('queue' in dependencies) {
    const access = { wallet, ...dependencies.queue }
    return {
      read: () => readSettled({ wallet, chain }),
      resume: () => Promise.resolve(),
      submit: (id) => forceEntry(access, id),
      // Nobody but the base chain says anything.
      refresh: (_id, options) => syncSettled({ wallet, chain }, syncOptions(options)),
    }
  }
  const connection = { wallet, api: dependencies.api }
  return {
    read: ({ trustSequencer }) =>
      readSealed(connection, trustSequencer === undefined ? {} : { trustSequencer }),
    resume: () => resumeJournal(connection),
    submit: (id) => submitEntry(connection, id),
    refresh: (id) => refreshEntry(connection, id),
  }
}

function checkNotRejected(entry: JournalEntry): void {
  if (entry.stage !== 'rejected' && entry.stage !== 'superseded') return
  const { code, message } = entry.rejection ?? {
    code: 'TX_SUPERSEDED',
    message: 'Another transfer of this account was settled in its place.',
  }
  throw new TransferRejectedError({ id: entry.id, reason: code, message })
}

function describe(
  wallet: Wallet,
  { status }: SealedView,
  { record, options }: { record: AccountRecord; options: PayOptions },
): Situation {
  const { ledger, identities } = wallet.state
  const { asset, account } = record
  const { identity } = openOwnIdentity(ledger, identities)
  const policy = ledger.policies.find(
    (candidate) => candidate.asset === asset && candidate.tier === identity.tier,
  )
  const minimum = BigInt(
    status.minimumFees.find((fee) => BigInt(fee.asset) === asset)?.amount ?? '0',
  )
  const maximum = ledger.assets.find((listed) => listed.asset === asset)?.maxFee ?? 0n
  const fee = options.fee ?? minimum
  if (fee < minimum) throw new FeeError({ reason: 'below the minimum' })
  if (fee > maximum) throw new FeeError({ reason: 'above the maximum' })
  return {
    balance: account.balance,
    cursor: account.cursor,
    waiting: pendingNotes(ledger, account),
    fee,
    accountCap: policy?.accountCap,
  }
}

/** All notes, six a statement; each pays out what the account then holds. */
function planExit({ balance, waiting, fee }: Situation): PlannedStatement[] {
  const statements: PlannedStatement[] = []
  let left = [...waiting]
  let held = balance
  do {
    const inputs = left.slice(0, 6)
    if (held + sumOf(inputs) <= fee) {
      if (statements.length === 0) throw new InsufficientFundsError()
      return statements
    }
    const circuit = inputs.length > 1 ? 'collect' : 'transfer'
    statements.push({ circuit, inputs, isPayment: true })
    left = left.slice(inputs.length)
    held = 0n
  } while (left.length > 0)
  return statements
}

function syncOptions({ confirmations }: PayOptions): { confirmations?: bigint } {
  return confirmations === undefined ? {} : { confirmations }
}

function sumOf(notes: readonly { amount: bigint }[]): bigint {
  return notes.reduce((sum, { amount }) => sum + amount, 0n)
}

async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
}
