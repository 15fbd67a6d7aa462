import type { ChainReader } from '../l1/chainEvents.ts'
import { getForcedEntryFee } from '../l1/reads.ts'
import {
  type BondClaim,
  claimBondCall,
  findForcedForClaim,
  findVersionAt,
  forceForClaimCall,
  getForcedNullifierRoot,
  getOperatorBond,
  isBondClaimed,
  type OperatorBondState,
} from '../l1/operatorBond.ts'
import { submitTransaction } from '../l1/submitTransaction.ts'
import type { Receipt } from '../api/index.ts'
import { deriveEphemeralSecret } from '../protocol/auditRecord.ts'
import {
  type NullifierAbsence,
  nullifierTreeOf,
  proveBondClaim,
  proveNullifierAbsence,
} from '../protocol/bondClaim.ts'
import { CIRCUIT_IDS } from '../protocol/constants.ts'
import { bigintToBytes, bytesToHex, concatBytes, fieldToBytes } from '../protocol/field.ts'
import { publicInputsToArray } from '../protocol/publicInputs.ts'
import { transactionStore } from './baseChainMoney.ts'
import { NotClaimableError } from './errors.ts'
import { type ForcedQueueAccess, toForcedEntry } from './forceEntry.ts'
import type { JournalEntry } from './journal.ts'
import { move, requireEntry } from './submitJournal.ts'
import type { Wallet } from './wallet.ts'

type Hex = `0x${string}`

export type ClaimBondDependencies = ForcedQueueAccess & {
  wallet: Wallet
  chain: ChainReader
}

export type BondPayment = {
  readonly entry: JournalEntry
  /** Wei. */
  readonly paid: bigint
  readonly transactionHash: Hex
}

/**
 * Has the operator's bond pay for a transfer that it promised to settle and did not: forces the transfer into the base
 * chain's queue by way of the bond, which keeps what was spent by then, and shows by it that the promise was broken.
 * After a crash it goes on where it was: what was forced stands in the journal.
 *
 * Spec: docs/spec/operator-bond.md (P1–P8).
 *
 * @throws {NotClaimableError} with the reason, before anything is sent, or when it was settled in time.
 * @throws what forceEntry throws.
 */
export async function claimBond(
  dependencies: ClaimBondDependencies,
  { id, payee }: { id: number; payee: Hex },
): Promise<BondPayment> {
  const { wallet } = dependencies
  const journal = requireClaimable(wallet, id)
  const { receipt } = journal
  const bond = await getOperatorBond(dependencies, receipt.sequencer)
  if (await isBondClaimed(dependencies, receipt.statementId)) {
    throw refuse(id, 'it was paid for', 'A transfer is paid for once.')
  }
  if (bond.amount < 2n * bond.payout) {
    throw refuse(
      id,
      'the operator’s bond is used up',
      `In it: ${String(bond.amount)} wei. Try again if the operator fills it; the transfer itself can be forced (cinnabar wallet force).`,
    )
  }
  const versions = await findVersions(dependencies, journal, bond)
  const entryId = journal.bondClaim?.entryId ?? (await forceForClaim(dependencies, journal, bond))
  const absence = await findAbsence(dependencies, journal, entryId)
  const claim: BondClaim = {
    receipt,
    statement: statementOf(journal),
    entryId,
    ...versions,
    absence,
    possession: proveBondClaim(
      {
        chainId: wallet.deployment.chainId,
        bond: dependencies.deployment.contracts.operatorBond,
        statementId: journal.statementId,
        payee,
      },
      {
        ephemeralSecret: deriveEphemeralSecret(
          wallet.keys.nullifierKey,
          journal.publicInputs.nullifier,
          journal.publicInputs.outputs,
        ),
        randomBytes: wallet.randomBytes,
      },
    ),
    payee,
  }
  const { transactionHash } = await submit(dependencies, `bond-claim ${journal.statementId}`, {
    ...claimBondCall(dependencies.deployment, claim),
  })
  move(wallet, id, requireEntry(wallet, id).stage, { bondClaim: { entryId, transactionHash } })
  return { entry: requireEntry(wallet, id), paid: bond.payout, transactionHash }
}

type Claimable = JournalEntry & { readonly receipt: Receipt }

function requireClaimable(wallet: Wallet, id: number): Claimable {
  const entry = wallet.state.journal.find((known) => known.id === id)
  if (entry === undefined)
    throw refuse(
      id,
      'there is no such transfer',
      'See its number in cinnabar wallet history --json.',
    )
  const { receipt, proof, stage, bondClaim } = entry
  if (receipt === undefined || proof === undefined) {
    throw refuse(id, 'the sequencer gave no receipt for it', 'Only what was admitted was promised.')
  }
  // Receipts of older versions have no such word.
  if (!(receipt.settleBy > 0)) {
    throw refuse(
      id,
      'its receipt promises no time',
      'No bond answered for the operator when it was admitted. It can be forced: cinnabar wallet force.',
    )
  }
  if (bondClaim === undefined && (stage === 'settled' || stage === 'superseded')) {
    throw refuse(
      id,
      stage === 'settled' ? 'it is settled' : 'another transfer was settled in its place',
      'A promise is shown to be broken while the transfer can still be settled.',
    )
  }
  return { ...entry, receipt }
}

/** P4: what was current when it was promised. */
async function findVersions(
  dependencies: ClaimBondDependencies,
  { id, publicInputs, receipt }: Claimable,
  { promiseTime }: OperatorBondState,
): Promise<{ identityVersion: bigint; policyVersion: bigint }> {
  const time = BigInt(receipt.settleBy) - promiseTime
  const [identityVersion, policyVersion] = await Promise.all([
    findVersionAt(dependencies, {
      ...{ registry: 'identityRegistry', root: publicInputs.identityRoot, time },
    }),
    findVersionAt(dependencies, {
      ...{ registry: 'policyRegistry', root: publicInputs.policyRoot, time },
    }),
  ])
  if (identityVersion === undefined || policyVersion === undefined) {
    throw refuse(
      id,
      'identities or policies were not the current ones when it was promised',
      'Then the operator had a reason to refuse it.',
    )
  }
  return { identityVersion, policyVersion }
}

/** P3. `sent` before anything leaves, as forceEntry has it. */
async function forceForClaim(
  dependencies: ClaimBondDependencies,
  journal: Claimable,
  { time }: OperatorBondState,
): Promise<bigint> {
  const { wallet, deployment } = dependencies
  const { id, statementId, receipt } = journal
  const left = BigInt(receipt.settleBy) - time
  if (left >= 0n) {
    throw refuse(
      id,
      'the promised time is not over',
      `It has ${String(left + 1n)} s left on the settlement clock.`,
    )
  }
  const entry = await toForcedEntry(dependencies, journal)
  if (journal.stage === 'proved' || journal.stage === 'rejected') {
    move(wallet, id, 'sent', { sentAt: journal.sentAt ?? wallet.now() })
  }
  // Twice what it costs now: the fee may double before the transaction is mined. The rest comes back.
  const value = 2n * (await getForcedEntryFee(dependencies))
  const { transactionHash, logs } = await submit(dependencies, `bond-force ${statementId}`, {
    ...forceForClaimCall(deployment, { entry, value }),
  })
  const forced = findForcedForClaim(deployment, logs)
  if (forced === undefined) throw new Error('the bond emitted no event of the entry')
  const { entryId } = forced
  move(wallet, id, requireEntry(wallet, id).stage, {
    forced: { transactionHash },
    bondClaim: { entryId },
  })
  return entryId
}

/** P5: rebuilt from the base chain, up to the batch that was the newest when it was forced. */
async function findAbsence(
  dependencies: ClaimBondDependencies,
  { id, publicInputs: { nullifier } }: Claimable,
  entryId: bigint,
): Promise<NullifierAbsence> {
  const { chain, deployment } = dependencies
  const root = await getForcedNullifierRoot(dependencies, entryId)
  const { number } = await chain.getHead()
  const events = await chain.getEvents({ from: deployment.startBlock, to: number })
  const batches = events.filter((event) => event.type === 'batchSettled')
  const last = batches.findLastIndex(({ nullifierRoot }) => nullifierRoot === root)
  const members = batches.slice(0, last + 1).flatMap(({ position, transfers }) =>
    transfers.map(({ slot, publicInputs }) => ({
      nullifier: publicInputs.nullifier,
      leafIndex: Number(position) + slot,
    })),
  )
  const tree = nullifierTreeOf(members)
  if (tree.root !== root) {
    throw refuse(
      id,
      'the base chain has changed since it was forced',
      'Sync (cinnabar wallet sync), then claim again.',
    )
  }
  const absence = proveNullifierAbsence(tree, nullifier)
  if (absence === undefined) {
    throw refuse(
      id,
      'it, or another in its place, was settled before it was forced',
      'A promise is shown to be broken while the transfer can still be settled.',
    )
  }
  return absence
}

function statementOf({ circuit, publicInputs, memo }: JournalEntry): Hex {
  const circuitId = bigintToBytes(BigInt(CIRCUIT_IDS[circuit]), 32)
  const inputs = publicInputsToArray(circuit, publicInputs).map(fieldToBytes)
  return bytesToHex(concatBytes(circuitId, ...inputs, memo))
}

/** A refusal sticks to its purpose, and what it was refused for may pass: each attempt is one of its own. */
function submit(
  dependencies: ClaimBondDependencies,
  purpose: string,
  call: { to: Hex; data: Hex; value: bigint },
) {
  const { wallet, client, account, confirmations, pollMs } = dependencies
  const refused = wallet.state.transactions.filter(
    (known) => known.purpose.startsWith(purpose) && known.status !== 'pending',
  ).length
  return submitTransaction({
    ...{ client, account, ...call },
    purpose: `${purpose} ${String(refused)}`,
    store: transactionStore(wallet),
    chainId: wallet.deployment.chainId,
    ...(confirmations === undefined ? {} : { confirmations }),
    ...(pollMs === undefined ? {} : { pollMs }),
  })
}

function refuse(id: number, reason: string, remedy: string): NotClaimableError {
  return new NotClaimableError({ id, reason, remedy })
}
