import type { ChainReader } from '../l1/chainEvents.ts'
import { forceCall } from '../l1/calls.ts'
import type { ChainClient } from '../l1/client.ts'
import type { ForcedEntry } from '../l1/forcedEntry.ts'
import type { ChainDeployment } from '../l1/deployment.ts'
import { findRootVersion, getForcedEntryFee } from '../l1/reads.ts'
import { submitTransaction, type TransactionAccount } from '../l1/submitTransaction.ts'
import { dayOf } from '../protocol/calendar.ts'
import { formatField } from '../protocol/field.ts'
import { unpackWord } from '../protocol/words.ts'
import type { ProofWords } from '../prover/proof.ts'
import { transactionStore } from './baseChainMoney.ts'
import { BehindBaseChainError, NotForceableError } from './errors.ts'
import type { JournalEntry } from './journal.ts'
import { epochOn } from './ledger.ts'
import type { SealedView } from './readSealed.ts'
import { move, requireEntry } from './submitJournal.ts'
import type { Wallet } from './wallet.ts'

/** What it takes to reach the forced queue: no sequencer. The account pays gas and entry fee. */
export type ForcedQueueAccess = {
  client: ChainClient
  deployment: ChainDeployment
  account: TransactionAccount
  confirmations?: number
  pollMs?: number
}

/**
 * Puts a statement into the base chain's forced queue: one that was just proved, that a sequencer refused, or
 * that it took and never settled. It is `sent` before anything leaves; after a crash the same transaction
 * goes on. A statement that stands there already is left as it is.
 *
 * @throws {NotForceableError} when it is settled, was never proved, or was made for roots long superseded.
 * @throws what submitTransaction throws: no funds, a revert (the contract says what is no longer current).
 */
export async function forceEntry(
  { wallet, ...access }: ForcedQueueAccess & { wallet: Wallet },
  id: number,
): Promise<JournalEntry> {
  const journal = requireForceable(wallet, id)
  if (journal.forced !== undefined) return journal
  const entry = await toForcedEntry(access, journal)
  if (journal.stage === 'proved' || journal.stage === 'rejected') {
    move(wallet, id, 'sent', { sentAt: journal.sentAt ?? wallet.now() })
  }
  // Twice what it costs now: the fee may double before the transaction is mined. The rest comes back.
  const value = 2n * (await getForcedEntryFee(access))
  const { client, account, confirmations, pollMs } = access
  // A refusal sticks to its purpose, and what it was refused for may pass: each attempt is one of its own.
  const refused = wallet.state.transactions.filter(
    ({ purpose, status }) =>
      purpose.startsWith(`force ${journal.statementId}`) && status !== 'pending',
  ).length
  const { transactionHash } = await submitTransaction({
    ...{ client, account, ...forceCall(access.deployment, { entry, value }) },
    purpose: `force ${journal.statementId} ${String(refused)}`,
    store: transactionStore(wallet),
    chainId: wallet.deployment.chainId,
    ...(confirmations === undefined ? {} : { confirmations }),
    ...(pollMs === undefined ? {} : { pollMs }),
  })
  move(wallet, id, requireEntry(wallet, id).stage, { forced: { transactionHash } })
  return requireEntry(wallet, id)
}

/**
 * What statements are made against without a sequencer: the newest settled batch, and the day of the newest
 * block.
 */
export async function readSettled({
  wallet,
  chain,
}: {
  wallet: Wallet
  chain: ChainReader
}): Promise<SealedView> {
  const { ledger } = wallet.state
  const { timestamp } = await chain.getHead()
  const day = dayOf(timestamp)
  const epoch = epochOn(ledger, day)
  if (epoch === undefined) {
    throw new BehindBaseChainError({
      what: 'audit-key epoch',
      wallet: 'none',
      sequencer: `one for day ${String(day)}`,
    })
  }
  return {
    status: {
      identity: { version: Number(ledger.identityVersion), root: formatField(ledger.identityRoot) },
      policy: { version: 0, root: formatField(ledger.policyRoot) },
      day: Number(day),
      epoch: Number(epoch.epoch),
      // Nobody asks for one: the operator must take it.
      minimumFees: [],
    },
    anchorBatch: ledger.batchNumber,
    noteTree: wallet.trees.noteTree.fork(),
    accounts: ledger.accounts,
  }
}

function requireForceable(wallet: Wallet, id: number): JournalEntry {
  const entry = wallet.state.journal.find((known) => known.id === id)
  if (entry === undefined) throw new NotForceableError({ id, reason: 'there is no such transfer' })
  if (entry.stage === 'settled' || entry.stage === 'superseded') {
    throw new NotForceableError({ id, reason: `it is ${entry.stage}` })
  }
  if (entry.stage === 'abandoned' || entry.proof === undefined) {
    throw new NotForceableError({ id, reason: 'it was given up before it was proved' })
  }
  return entry
}

/** In the contract's terms: roots by their versions. */
export async function toForcedEntry(
  view: Pick<ForcedQueueAccess, 'client' | 'deployment'>,
  { id, circuit, publicInputs, memo, anchorBatch, proof }: JournalEntry,
): Promise<ForcedEntry> {
  const { identityRoot, policyRoot, day } = publicInputs
  const versionOf = async (
    registry: 'identityRegistry' | 'policyRegistry',
    root: bigint,
    what: string,
  ) => {
    const version = await findRootVersion(view, { registry, root })
    if (version === undefined) {
      throw new NotForceableError({
        id,
        reason: `it was made for ${what} that are long superseded`,
      })
    }
    return version
  }
  const { amount, asset } = unpackWord('fee', publicInputs.fee)
  const { nullifier, outputs, withdrawal, traceTag, ephemeral } = publicInputs
  const { statisticsCiphertext, investigationCiphertext } = publicInputs
  return {
    context: {
      identityVersion: await versionOf('identityRegistry', identityRoot, 'identities'),
      policyVersion: await versionOf('policyRegistry', policyRoot, 'policies'),
      day,
    },
    transfer: {
      ...{ kind: circuit, anchorBatch, nullifier, outputs, withdrawal, traceTag, ephemeral },
      ...{ statisticsCiphertext, investigationCiphertext, memo },
      fee: { amount, asset },
      proof: proof as unknown as ProofWords,
    },
  }
}
