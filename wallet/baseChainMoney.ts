import {
  approveCall,
  claimCall,
  type ContractCall,
  depositCall,
  refundCall,
  requestReclaimCall,
} from '../l1/calls.ts'
import type { ChainClient } from '../l1/client.ts'
import type { ChainDeployment } from '../l1/deployment.ts'
import {
  getAllowance,
  getAsset,
  getClaimable,
  getDeposit,
  getEntryFee,
  getPayable,
} from '../l1/reads.ts'
import { getScreening, nameOfReason } from '../l1/screening.ts'
import { submitTransaction, type TransactionAccount } from '../l1/submitTransaction.ts'
import type { SignedTransaction, TransactionStore } from '../l1/transactionStore.ts'
import { makeDepositNote } from './depositNote.ts'
import {
  AddressScreenedError,
  AssetClosedError,
  DepositNotReclaimableError,
  NotRegisteredError,
  NothingToClaimError,
} from './errors.ts'
import { ownerOf } from './ledger.ts'
import type { DepositIntent, StoredTransaction } from './state.ts'
import { updateState, type Wallet } from './wallet.ts'

/** What moves money on the base chain. The account pays the gas, and a deposit's amount. */
export type BaseChainDependencies = {
  wallet: Wallet
  client: ChainClient
  deployment: ChainDeployment
  account: TransactionAccount
}

export type BaseChainStage = 'approve' | 'deposit' | 'claim' | 'reclaim'

export type BaseChainOptions = {
  confirmations?: number
  pollMs?: number
  onProgress?: (stage: BaseChainStage, hash: `0x${string}`) => void
}

/**
 * Deposits to oneself: the vault takes ether or tokens, and a later batch makes a note of it. The note's
 * blinding is used up, durably, before anything is signed; after a crash the same deposit goes on.
 *
 * @throws {NotRegisteredError | AssetClosedError | AddressScreenedError}
 * @throws what submitTransaction throws: no funds, a revert, a node that is silent.
 */
export async function deposit(
  dependencies: BaseChainDependencies,
  { asset, amount, ...options }: BaseChainOptions & { asset: bigint; amount: bigint },
): Promise<DepositIntent> {
  const { wallet } = dependencies
  const owner = ownerOf(wallet.state.ledger, wallet.keys)
  if (owner === undefined) throw new NotRegisteredError()
  await resumeDeposits(dependencies, options)
  const { isOpen } = await getAsset(dependencies, asset)
  if (!isOpen) throw new AssetClosedError({ asset })
  // Before a blinding is used up.
  await checkScreening(dependencies, { address: dependencies.account.address, for: 'deposit' })

  const { depositIntents, ledger } = wallet.state
  const used = depositIntents.reduce(
    (highest, { counter }) => (counter + 1n > highest ? counter + 1n : highest),
    // After a restore the intents are gone; the deposits on the chain are not.
    BigInt(ledger.deposits.length),
  )
  const { keys, randomBytes } = wallet
  const { recipient, ciphertext } = makeDepositNote({ keys, owner, randomBytes }, { counter: used })
  const intent: DepositIntent = {
    ...{ counter: used, asset, amount, recipient, ciphertext },
    createdAt: wallet.now(),
  }
  updateState(wallet, { depositIntents: [...depositIntents, intent] })
  return sendDeposit(dependencies, intent, options)
}

/** Brings deposits to their end that were signed, and whose transaction was not seen in the chain. */
export async function resumeDeposits(
  dependencies: BaseChainDependencies,
  options: BaseChainOptions = {},
): Promise<DepositIntent[]> {
  const { wallet } = dependencies
  const finished: DepositIntent[] = []
  for (const intent of wallet.state.depositIntents) {
    const isSigned = wallet.state.transactions.some(
      ({ purpose }) => purpose === depositPurpose(intent),
    )
    // Without a signed transaction nothing was ever sent: only a blinding is lost.
    if (intent.transactionHash !== undefined || !isSigned) continue
    finished.push(await sendDeposit(dependencies, intent, options))
  }
  return finished
}

async function sendDeposit(
  dependencies: BaseChainDependencies,
  intent: DepositIntent,
  options: BaseChainOptions,
): Promise<DepositIntent> {
  const { wallet, deployment, account } = dependencies
  const { asset, amount, recipient, ciphertext, counter } = intent
  const { token, unit } = await getAsset(dependencies, asset)
  const baseAmount = amount * unit
  const send = (purpose: string, call: ContractCall, stage: 'approve' | 'deposit') =>
    submit(dependencies, { ...options, purpose, call, stage })
  if (BigInt(token) !== 0n) {
    const allowed = await getAllowance(dependencies, { token, account: account.address })
    if (allowed < baseAmount) {
      const call = approveCall(deployment, { token, baseAmount })
      await send(`approve ${String(counter)}`, call, 'approve')
    }
  }
  const entryFee = await getEntryFee(dependencies)
  const call = depositCall(deployment, {
    ...{ asset, token, baseAmount, recipient, ciphertext, entryFee },
  })
  const transactionHash = await send(depositPurpose(intent), call, 'deposit')
  const done = { ...intent, transactionHash }
  updateState(wallet, {
    depositIntents: wallet.state.depositIntents.map((known) =>
      known.counter === counter ? done : known,
    ),
  })
  return done
}

export type ClaimParameters = BaseChainOptions & {
  asset: bigint
  /** Whom it was withdrawn to; it is paid to that address, whoever sends the transaction. */
  recipient: `0x${string}`
}

/**
 * Has the vault pay out all that was credited to an address.
 *
 * @throws {NothingToClaimError | AddressScreenedError} and what submitTransaction throws.
 */
export async function claim(
  dependencies: BaseChainDependencies,
  { asset, recipient, ...options }: ClaimParameters,
): Promise<{ amount: bigint; remaining: bigint; transactionHash: `0x${string}` }> {
  const { wallet, deployment } = dependencies
  const credited = await getClaimable(dependencies, { account: recipient, asset })
  // Of a limited asset a large credit is paid in parts; with nothing left for today the contract says until when.
  const amount = await getPayable(dependencies, { account: recipient, asset })
  if (credited === 0n) throw new NothingToClaimError({ recipient })
  await checkScreening(dependencies, { address: recipient, for: 'payout' })
  const call = claimCall(deployment, { account: recipient, asset })
  const { claims } = wallet.state
  const purpose = `claim ${String(claims)} of ${String(asset)} for ${recipient.toLowerCase()}`
  const transactionHash = await submit(dependencies, { ...options, purpose, call, stage: 'claim' })
  updateState(wallet, { claims: claims + 1 })
  return { amount, remaining: credited - amount, transactionHash }
}

/**
 * Takes back a deposit that no batch took before its deadline: first the request, then, after the window
 * in which a sealed batch may still take it, the refund, which is claimed like a withdrawal.
 *
 * @throws {DepositNotReclaimableError} when it is taken or refunded, and what submitTransaction throws: the
 *   vault refuses what comes too early.
 */
export async function reclaim(
  dependencies: BaseChainDependencies,
  { id, ...options }: BaseChainOptions & { id: bigint },
): Promise<{ step: 'requested' | 'refunded'; transactionHash: `0x${string}` }> {
  const { deployment } = dependencies
  const state = await getDeposit(dependencies, id)
  if (state?.status !== 'queued' && state?.status !== 'reclaiming') {
    throw new DepositNotReclaimableError({ id, status: state?.status ?? 'unknown' })
  }
  const isQueued = state.status === 'queued'
  const call = isQueued ? requestReclaimCall(deployment, id) : refundCall(deployment, id)
  // A refusal sticks to its purpose, and "too early" passes: each attempt is one of its own.
  const attempts = dependencies.wallet.state.transactions.length
  const purpose = `${state.status} deposit ${String(id)} back, ${String(attempts)}`
  const transactionHash = await submit(dependencies, {
    ...{ ...options, purpose, call },
    stage: 'reclaim',
  })
  return { step: isQueued ? 'requested' : 'refunded', transactionHash }
}

/** @throws {AddressScreenedError} */
async function checkScreening(
  dependencies: Pick<BaseChainDependencies, 'client' | 'deployment'>,
  { address, for: purpose }: { address: `0x${string}`; for: 'deposit' | 'payout' },
): Promise<void> {
  const { againstDeposit, againstPayout, until } = await getScreening(dependencies, address)
  const code = purpose === 'deposit' ? againstDeposit : againstPayout
  if (code === 0) return
  throw new AddressScreenedError({ address, purpose, reason: nameOfReason(code), until })
}

function depositPurpose({ counter }: DepositIntent): string {
  return `deposit ${String(counter)}`
}

async function submit(
  { wallet, client, account }: BaseChainDependencies,
  {
    purpose,
    call,
    stage,
    confirmations,
    pollMs,
    onProgress,
  }: BaseChainOptions & {
    purpose: string
    call: ContractCall
    stage: BaseChainStage
  },
): Promise<`0x${string}`> {
  const { transactionHash } = await submitTransaction({
    ...{ client, account, purpose, ...call },
    store: transactionStore(wallet),
    chainId: wallet.deployment.chainId,
    ...(confirmations === undefined ? {} : { confirmations }),
    ...(pollMs === undefined ? {} : { pollMs }),
    onProgress: (progress) => {
      if (progress.stage === 'sent') onProgress?.(stage, progress.hash)
    },
  })
  return transactionHash
}

/** l1's port in the wallet's own encrypted state: which addresses one pays from is nobody's business. */
export function transactionStore(wallet: Wallet): TransactionStore {
  const read = ({ signedAt, ...rest }: StoredTransaction): SignedTransaction => ({
    ...rest,
    signedAt: new Date(signedAt),
  })
  const all = () => wallet.state.transactions
  return {
    listByPurpose: (purpose) =>
      Promise.resolve(
        all()
          .filter((known) => known.purpose === purpose)
          .map(read),
      ),
    listPending: (sender) =>
      Promise.resolve(
        all()
          .filter(({ status }) => status === 'pending')
          .filter((known) => known.sender.toLowerCase() === sender.toLowerCase())
          .map(read)
          .sort((one, other) => Number(one.nonce - other.nonce)),
      ),
    listFrom: (sender, nonce) =>
      Promise.resolve(
        all()
          .filter((known) => known.status !== 'dead' && known.nonce >= nonce)
          .filter((known) => known.sender.toLowerCase() === sender.toLowerCase())
          .map(read)
          .sort((one, other) => Number(one.nonce - other.nonce)),
      ),
    insert: ({ signedAt, ...rest }) => {
      if (!all().some(({ hash }) => hash === rest.hash)) {
        const stored = { ...rest, signedAt: signedAt.toISOString() }
        updateState(wallet, { transactions: [...all(), stored] })
      }
      return Promise.resolve()
    },
    setStatus: (purpose, nonce, status) => {
      updateState(wallet, {
        transactions: all().map((known) =>
          known.purpose === purpose && known.nonce === nonce ? { ...known, status } : known,
        ),
      })
      return Promise.resolve()
    },
  }
}
