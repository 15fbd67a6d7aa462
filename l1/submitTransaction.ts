import { setTimeout as delay } from 'node:timers/promises'
import {
  type Address,
  type Hash,
  type Hex,
  keccak256,
  type LocalAccount,
  parseTransaction,
  TransactionNotFoundError,
  TransactionReceiptNotFoundError,
  type TransactionReceipt,
} from 'viem'
import { ask } from './ask.ts'
import { checkChainId, type ChainClient } from './client.ts'
import {
  FeeLimitError,
  InsufficientFundsError,
  PurposeReusedError,
  TransactionRefusedError,
  TransactionRevertedError,
} from './errors.ts'
import { decodeRevert, isRevert, remedyOf, shortReason } from './revert.ts'
import type { SignedTransaction, TransactionStore } from './transactionStore.ts'

/** A private key that signs here; viem's privateKeyToAccount makes one. */
export type TransactionAccount = LocalAccount

export type TransactionContent = {
  readonly to: Address
  readonly data?: Hex
  /** Wei. */
  readonly value?: bigint
}

export type SubmitTransactionParameters = TransactionContent & {
  client: ChainClient
  account: TransactionAccount
  store: TransactionStore
  /**
   * The caller's idempotency key: what the transaction is for. However often it is called and
   * whenever the process dies, one transaction is mined for it at most.
   */
  purpose: string
  chainId: bigint
  /** Blocks, its own included, that must hold it. 1: it is in the newest one. */
  confirmations?: number
  /** Not mined by then, it is signed again with the same nonce and a higher fee. */
  replaceAfterMs?: number
  pollMs?: number
  /** Wei per gas; above it nothing is signed. */
  maxFeePerGas?: bigint
  signal?: AbortSignal
  onProgress?: (progress: SubmitProgress) => void
  /** The clock, for tests. */
  now?: () => Date
}

export type SubmitProgress = {
  readonly stage: 'signed' | 'sent' | 'raised' | 'dead' | 'mined'
  readonly hash: Hash
  readonly nonce: bigint
}

/** Of a transaction, from EIP-7825 (2^24). */
const GAS_CAP = 16_777_216n
/** Three blocks of Ethereum's without it is a sign that the fee is too low. */
const REPLACE_AFTER_MS = 45_000
const POLL_MS = 1_000
const FIRST_POLL_MS = 20

/**
 * Has one transaction mined for a purpose, across crashes at any moment.
 *
 * It is signed, then stored, then sent, then waited for. A later call with the same purpose finds what
 * was stored and goes on: it looks for a receipt, sends the same bytes again, or raises the fee under the
 * same nonce. A transaction with another nonce is signed only when the first is dead, that is, when
 * its nonce was used by something else in a block as deep as `confirmations`.
 *
 *   ─▶ signed ─▶ sent ─▶ mined
 *                │  ▲
 *                ├──┘ raised (same nonce)
 *                └──▶ dead ─▶ signed (new nonce)
 *
 * One process at a time may use an account; within it, calls may overlap.
 *
 * @throws {TransactionRevertedError} when the contract refuses it. It stays refused: to try again, after
 *   whatever was wrong is mended, is another purpose.
 * @throws {InsufficientFundsError | FeeLimitError | TransactionRefusedError} when it cannot be sent now.
 * @throws {BaseChainUnavailableError | WrongChainError} when there is no right chain.
 * @throws {PurposeReusedError} when the purpose stands for other contents.
 */
export async function submitTransaction(
  parameters: SubmitTransactionParameters,
): Promise<TransactionReceipt> {
  const { client, store, purpose, chainId, pollMs = POLL_MS, signal } = parameters
  await checkChainId(client, chainId)
  checkContent(parameters, await store.listByPurpose(purpose))
  // After a restart the same bytes get their time again before a higher fee is offered.
  const startedAt = (parameters.now ?? (() => new Date()))()
  // A development chain has the receipt at once; others are asked less and less often.
  let pause = Math.min(FIRST_POLL_MS, pollMs)
  for (;;) {
    signal?.throwIfAborted()
    const receipt = await advance(parameters, startedAt)
    if (receipt !== undefined) return receipt
    await delay(pause, undefined, signal === undefined ? {} : { signal })
    pause = Math.min(2 * pause, pollMs)
  }
}

/** One look at the chain, and at most one step. The receipt, once it is deep enough. */
async function advance(
  parameters: SubmitTransactionParameters,
  startedAt: Date,
): Promise<TransactionReceipt | undefined> {
  const { client, account, store, purpose, confirmations = 1, onProgress } = parameters
  const { replaceAfterMs = REPLACE_AFTER_MS, now = () => new Date() } = parameters
  const signed = await store.listByPurpose(purpose)

  const receipt = await findReceipt(client, signed)
  if (receipt !== undefined) return finish(parameters, signed, receipt)

  let live = signed.findLast(({ status }) => status !== 'dead')
  if (live !== undefined) {
    const { nonce, hash } = live
    if ((await countMined(client, account.address)) > nonce) {
      const head = await ask('newest block', () => client.getBlockNumber())
      const depth = BigInt(confirmations - 1)
      const blockNumber = head > depth ? head - depth : 0n
      if ((await countMined(client, account.address, blockNumber)) <= nonce) return undefined
      // Ours may have been mined since the look above.
      if ((await findReceipt(client, signed)) !== undefined) return undefined
      await store.setStatus(purpose, nonce, 'dead')
      onProgress?.({ stage: 'dead', hash, nonce })
      live = undefined
    }
  }
  if (live === undefined) {
    live = await signNext(parameters)
    await broadcast(parameters, live)
    return undefined
  }
  const since = Math.max(startedAt.getTime(), live.signedAt.getTime())
  if (now().getTime() - since >= replaceAfterMs) {
    live = (await signRaised(parameters, live)) ?? live
  }
  if (!(await isKnown(client, live.hash))) await broadcast(parameters, live)
  return undefined
}

async function finish(
  parameters: SubmitTransactionParameters,
  signed: readonly SignedTransaction[],
  receipt: TransactionReceipt,
): Promise<TransactionReceipt | undefined> {
  const { client, store, purpose, confirmations = 1, onProgress } = parameters
  const head = await ask('newest block', () => client.getBlockNumber())
  if (head - receipt.blockNumber + 1n < BigInt(confirmations)) return undefined
  const mined = signed.find(({ hash }) => hash === receipt.transactionHash)
  if (mined !== undefined) {
    await store.setStatus(purpose, mined.nonce, 'mined')
    onProgress?.({ stage: 'mined', hash: mined.hash, nonce: mined.nonce })
  }
  if (receipt.status === 'success') return receipt
  const { revert, cause } = await replay(parameters, receipt)
  throw new TransactionRevertedError({
    purpose,
    revert,
    remedy: remedyOf(revert),
    transaction: receipt.transactionHash,
    cause,
  })
}

/** Why a mined transaction failed: receipts do not say, so it is called again on the state before. */
async function replay(
  { client, account, to, data, value }: SubmitTransactionParameters,
  receipt: TransactionReceipt,
): Promise<{ revert: ReturnType<typeof decodeRevert>; cause?: unknown }> {
  for (const blockNumber of [receipt.blockNumber - 1n, receipt.blockNumber]) {
    try {
      await client.call({
        account: account.address,
        to,
        ...contentOf({ data, value }),
        blockNumber,
      })
    } catch (cause) {
      if (isRevert(cause)) return { revert: decodeRevert(cause), cause }
    }
  }
  return { revert: undefined }
}

/** In-process locks by account: two calls must not draw one nonce. */
const locks = new Map<string, Promise<unknown>>()

async function exclusively<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
  const done = (locks.get(key) ?? Promise.resolve()).then(work)
  locks.set(
    key,
    done.catch(() => undefined),
  )
  return done
}

/** Signs with the next free nonce and stores it. */
async function signNext(parameters: SubmitTransactionParameters): Promise<SignedTransaction> {
  const { client, account, store, chainId, purpose } = parameters
  return exclusively(`${String(chainId)} ${account.address}`, async () => {
    // Another call for the same purpose may have been here first.
    const before = (await store.listByPurpose(purpose)).findLast(({ status }) => status !== 'dead')
    if (before !== undefined) return before
    const gas = await estimateGas(parameters)
    const { maxFeePerGas, maxPriorityFeePerGas } = await currentFees(parameters)
    await checkFunds(parameters, gas * maxFeePerGas)
    const inPool = await ask('transaction count', () =>
      client.getTransactionCount({ address: account.address, blockTag: 'pending' }),
    )
    const stored = (await store.listPending(account.address)).at(-1)
    const next = stored === undefined ? 0n : stored.nonce + 1n
    const nonce = next > BigInt(inPool) ? next : BigInt(inPool)
    return signAndStore(parameters, { nonce, gas, maxFeePerGas, maxPriorityFeePerGas }, 'signed')
  })
}

/** The same transaction with a higher fee; undefined where the limit forbids it. */
async function signRaised(
  parameters: SubmitTransactionParameters,
  live: SignedTransaction,
): Promise<SignedTransaction | undefined> {
  const before = parseTransaction(live.raw)
  const current = await currentFees({ ...parameters, maxFeePerGas: undefined })
  const maxFeePerGas = atLeastRaised(live.maxFeePerGas, current.maxFeePerGas)
  const maxPriorityFeePerGas = atLeastRaised(
    before.maxPriorityFeePerGas ?? 0n,
    current.maxPriorityFeePerGas,
  )
  const limit = parameters.maxFeePerGas
  if (limit !== undefined && maxFeePerGas > limit) return undefined
  return signAndStore(
    parameters,
    { nonce: live.nonce, gas: before.gas ?? GAS_CAP, maxFeePerGas, maxPriorityFeePerGas },
    'raised',
  )
}

/** Nodes take a replacement when both fees are 10 % higher at least (geth); an eighth leaves room. */
function atLeastRaised(before: bigint, current: bigint): bigint {
  const raised = before + before / 8n + 1n
  return raised > current ? raised : current
}

async function signAndStore(
  parameters: SubmitTransactionParameters,
  fields: { nonce: bigint; gas: bigint; maxFeePerGas: bigint; maxPriorityFeePerGas: bigint },
  stage: 'signed' | 'raised',
): Promise<SignedTransaction> {
  const { account, store, purpose, chainId, to, data, value, onProgress } = parameters
  const { now = () => new Date() } = parameters
  const raw = await account.signTransaction({
    type: 'eip1559',
    chainId: Number(chainId),
    to,
    ...contentOf({ data, value }),
    ...fields,
    nonce: Number(fields.nonce),
  })
  const transaction: SignedTransaction = {
    purpose,
    hash: keccak256(raw),
    sender: account.address.toLowerCase() as Address,
    nonce: fields.nonce,
    raw,
    maxFeePerGas: fields.maxFeePerGas,
    signedAt: now(),
    status: 'pending',
  }
  await store.insert(transaction)
  onProgress?.({ stage, hash: transaction.hash, nonce: transaction.nonce })
  return transaction
}

/**
 * Sends it, and before it what was signed below its nonce, is not in the chain and would hold it up: what is still pending, and what
 * was mined for a purpose that is over and a reorg has taken back, which nobody else would send again.
 */
async function broadcast(
  parameters: SubmitTransactionParameters,
  transaction: SignedTransaction,
): Promise<void> {
  const { client, account, store, onProgress } = parameters
  const mined = await countMined(client, account.address)
  for (const earlier of await store.listFrom(account.address, mined)) {
    const isInTheWay = earlier.nonce < transaction.nonce
    if (isInTheWay && !(await isKnown(client, earlier.hash))) {
      // Its own call reports what becomes of it.
      await client.sendRawTransaction({ serializedTransaction: earlier.raw }).catch(() => undefined)
    }
  }
  try {
    await ask('send a transaction', () =>
      client.sendRawTransaction({ serializedTransaction: transaction.raw }),
    )
    onProgress?.({ stage: 'sent', hash: transaction.hash, nonce: transaction.nonce })
  } catch (cause) {
    await explainRefusal(parameters, transaction, cause)
  }
}

/** Nothing, when the refusal only says that the transaction, or its nonce, is known already. */
async function explainRefusal(
  parameters: SubmitTransactionParameters,
  transaction: SignedTransaction,
  cause: unknown,
): Promise<void> {
  const { client, purpose } = parameters
  const reason = shortReason(cause)
  const isHarmless = /already (known|imported|exists)|known transaction|nonce.*too low|underpriced/i
  if (isHarmless.test(reason)) return
  // Hardhat mines a transaction that reverts and then answers with an error.
  if (await isKnown(client, transaction.hash)) return
  const { gas = GAS_CAP } = parseTransaction(transaction.raw)
  await checkFunds(parameters, gas * transaction.maxFeePerGas, cause)
  if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('L1_')) throw cause
  throw new TransactionRefusedError({ purpose, reason, cause })
}

async function estimateGas(parameters: SubmitTransactionParameters): Promise<bigint> {
  const { client, account, purpose, to, data, value } = parameters
  await checkFunds(parameters, 0n)
  try {
    const estimate = await ask('gas estimate', () =>
      client.estimateGas({ account: account.address, to, ...contentOf({ data, value }) }),
    )
    // State may change before it is mined, and 63/64 of the gas reach an inner call.
    const margin = estimate + estimate / 4n
    return margin > GAS_CAP && estimate <= GAS_CAP ? GAS_CAP : margin
  } catch (cause) {
    if (!isRevert(cause)) throw cause
    const revert = decodeRevert(cause)
    throw new TransactionRevertedError({ purpose, revert, remedy: remedyOf(revert), cause })
  }
}

/** Room for the base fee to double: six full blocks in a row. */
async function currentFees({
  client,
  maxFeePerGas: limit,
}: {
  client: ChainClient
  maxFeePerGas?: bigint | undefined
}): Promise<{ maxFeePerGas: bigint; maxPriorityFeePerGas: bigint }> {
  const block = await ask('newest block', () => client.getBlock())
  const maxPriorityFeePerGas = await ask('priority fee', () =>
    client.estimateMaxPriorityFeePerGas(),
  )
  const baseFee = block.baseFeePerGas ?? 0n
  const needed = baseFee + maxPriorityFeePerGas
  if (limit !== undefined && needed > limit) throw new FeeLimitError({ limit, needed })
  const roomy = 2n * baseFee + maxPriorityFeePerGas
  const maxFeePerGas = limit !== undefined && roomy > limit ? limit : roomy
  return { maxFeePerGas, maxPriorityFeePerGas }
}

/** @throws {InsufficientFundsError} when value and gas are more than the account has. */
async function checkFunds(
  { client, account, value = 0n }: SubmitTransactionParameters,
  gasCost: bigint,
  cause?: unknown,
): Promise<void> {
  const balance = await ask('balance', () => client.getBalance({ address: account.address }))
  const needed = value + gasCost
  if (balance < needed) {
    throw new InsufficientFundsError({ account: account.address, balance, needed, cause })
  }
}

function checkContent(
  { purpose, to, data = '0x', value = 0n }: SubmitTransactionParameters,
  signed: readonly SignedTransaction[],
): void {
  for (const { raw } of signed) {
    const before = parseTransaction(raw)
    const isSame =
      before.to?.toLowerCase() === to.toLowerCase() &&
      (before.data ?? '0x').toLowerCase() === data.toLowerCase() &&
      (before.value ?? 0n) === value
    if (!isSame) throw new PurposeReusedError({ purpose })
  }
}

function contentOf({ data, value }: { data?: Hex | undefined; value?: bigint | undefined }): {
  data?: Hex
  value?: bigint
} {
  return { ...(data === undefined ? {} : { data }), ...(value === undefined ? {} : { value }) }
}

/** Nonces used in the chain, at the newest block or a given one. */
async function countMined(
  client: ChainClient,
  address: Address,
  blockNumber?: bigint,
): Promise<bigint> {
  const count = await ask('transaction count', () =>
    client.getTransactionCount(
      blockNumber === undefined ? { address, blockTag: 'latest' } : { address, blockNumber },
    ),
  )
  return BigInt(count)
}

async function findReceipt(
  client: ChainClient,
  signed: readonly SignedTransaction[],
): Promise<TransactionReceipt | undefined> {
  // Dead ones too: a reorg deeper than expected could have revived one.
  for (const { hash } of signed) {
    try {
      return await ask('receipt', () => client.getTransactionReceipt({ hash }))
    } catch (error) {
      if (!(error instanceof TransactionReceiptNotFoundError)) throw error
    }
  }
  return undefined
}

/** In a block or in the node's pool. */
async function isKnown(client: ChainClient, hash: Hash): Promise<boolean> {
  try {
    await ask('transaction', () => client.getTransaction({ hash }))
    return true
  } catch (error) {
    if (error instanceof TransactionNotFoundError) return false
    throw error
  }
}
