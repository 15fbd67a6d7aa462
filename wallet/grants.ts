import type { ChainEventOf, ChainReader, SettledTransfer } from '../l1/chainEvents.ts'
import { decodeAddress } from '../protocol/address.ts'
import { deriveEphemeralSecret, openOwnInvestigation } from '../protocol/auditRecord.ts'
import { mulBase8, mulPoint } from '../protocol/babyjubjub.ts'
import { dayOf } from '../protocol/calendar.ts'
import { formatField } from '../protocol/field.ts'
import type { KnownLogarithm, PaymentReceipt, ViewingGrant } from '../protocol/grants/documents.ts'
import type { Json } from '../protocol/canonicalJson.ts'
import {
  identityStatement,
  proveLogarithm,
  shareSecretPoint,
  signAsOwner,
} from '../protocol/grants/proofs.ts'
import { grantContext } from '../protocol/grants/verify.ts'
import { deriveTraceSecret, type Owner } from '../protocol/keys.ts'
import { openWithShared, type RandomBytes } from '../protocol/memo.ts'
import { commitNote } from '../protocol/note.ts'
import { PaymentNotFoundError } from './errors.ts'
import { type NoteRecord, ownerOf, type SettledAt, type SpendRecord } from './ledger.ts'
import type { Wallet } from './wallet.ts'

type Dependencies = {
  readonly wallet: Wallet
  /** The base chain: ciphertexts and R are read from it again. */
  readonly reader: ChainReader
  readonly randomBytes: RandomBytes
}

/**
 * A receipt of one payment that this wallet made: the note at the leaf, opened, and the proof that it was made here. Nothing else
 * of the transfer is shown: no other recipient, no balance, no input.
 *
 * @param to whose note it is: the ciphertext opens with e and the address.
 * @throws {PaymentNotFoundError} when no settled transfer of this wallet made that note for that address.
 */
export async function makePayerReceipt(
  { wallet, reader, randomBytes }: Dependencies,
  { leafIndex, to, grantee }: { leafIndex: bigint; to: string; grantee: string },
): Promise<PaymentReceipt> {
  const { deployment, state } = wallet
  const address = decodeAddress(to, deployment.prefix)
  const missing = new PaymentNotFoundError({
    what: `a payment to that address at leaf ${String(leafIndex)}`,
  })
  const spend = state.ledger.spends.find((each) => isMadeBy(each, leafIndex))
  const output = outputOf(leafIndex - (spend?.firstLeafIndex ?? leafIndex))
  if (spend === undefined || output === undefined) throw missing
  const { transfer } = await findTransfer(reader, spend)
  const secret = ephemeralSecretOf(wallet, transfer)
  const ephemeral = mulBase8(secret)
  const shared = mulPoint(address.viewingPublicKey, secret)
  const note = openWithShared({ memo: transfer.memo, ephemeral, shared, slot: output })
  if (note === undefined) throw missing
  const { asset, amount, blinding } = note
  const commitment = commitNote({ asset, amount, blinding, owner: address.owner })
  if (commitment !== transfer.publicInputs.outputs[output]) throw missing
  const { batchNumber } = spend.settledAt
  const document = {
    ...receiptOf(wallet, { batchNumber, transfer, grantee }),
    ...{ output, asset: asset.toString(), amount: amount.toString() },
    blinding: formatField(blinding),
    recipient: ownerBody(address.owner),
  }
  const proof = proveLogarithm(
    { secret, publicKey: ephemeral },
    { ...document, side: 'payer' },
    randomBytes,
  )
  return { ...document, by: { side: 'payer', ...proof } }
}

/**
 * A receipt of one payment that this wallet received, signed with its spending key: which of the owner's keys it shows, the spending
 * public key and a hash of the nullifier key, neither spends nor reads anything.
 *
 * @throws {PaymentNotFoundError} when no such note was received in a transfer.
 */
export async function makePayeeReceipt(
  { wallet, reader, randomBytes }: Dependencies,
  { leafIndex, grantee }: { leafIndex: bigint; grantee: string },
): Promise<PaymentReceipt> {
  const owner = requireOwner(wallet)
  const note = wallet.state.ledger.notes.find(
    (known) => known.leafIndex === leafIndex && known.source !== 'deposit',
  )
  if (note === undefined)
    throw new PaymentNotFoundError({ what: `a received note at leaf ${String(leafIndex)}` })
  const { batchNumber } = note.settledAt
  const batch = await findBatch(reader, note.settledAt)
  const transfer = makerOf(batch, leafIndex)
  const document = {
    ...receiptOf(wallet, { batchNumber, transfer, grantee }),
    output: Number(leafIndex - transfer.firstLeafIndex),
    ...{ asset: note.asset.toString(), amount: note.amount.toString() },
    blinding: formatField(note.blinding),
    recipient: ownerBody(owner),
  }
  const identity = proveIdentity(wallet, owner, document, randomBytes)
  const authority = signAsOwner(wallet.keys, owner, { ...document, identity })
  return { ...document, by: { side: 'payee', identity, authority } }
}

/**
 * What this account sent and received in a period, for one grantee. Each sent transfer's two records are opened by points that only
 * its e gives; neither e nor a key is shown, so the grant covers these payments and no later one.
 *
 * @param isComplete adds the trace keys of the period's epochs. They show all of the account's transfers in those epochs, as places
 *   without contents, and so that none was left out.
 * @param only the transfers with these leaves instead of a period; the document's period is then that of their days.
 * @throws {PaymentNotFoundError} when one of `only` neither sent nor brought this account anything.
 */
export async function makeGrant(
  { wallet, reader, randomBytes }: Dependencies,
  {
    grantee,
    isComplete = false,
    ...what
  }: { grantee: string; isComplete?: boolean } & (
    { period: { from: number; to: number } } | { only: readonly bigint[] }
  ),
): Promise<ViewingGrant> {
  const { keys, deployment, state } = wallet
  const owner = requireOwner(wallet)
  const own = {
    sent: await listSent(wallet, reader, what),
    received: await listReceived(wallet, reader, what),
  }
  if ('only' in what) checkAllFound(what.only, [...own.sent, ...own.received])
  const period = 'period' in what ? what.period : periodOf([...own.sent, ...own.received])
  const common = {
    type: 'cinnabar.viewing-grant' as const,
    version: 1 as const,
    ...{ chainId: deployment.chainId.toString(), rollup: deployment.rollup, grantee, period },
  }
  const sent = own.sent.map(({ batchNumber, transfer }): ViewingGrant['sent'][number] => {
    const secret = ephemeralSecretOf(wallet, transfer)
    const place = placeOf(batchNumber, transfer)
    const share = (key: 'statistics' | 'investigation', [x, y]: readonly [bigint, bigint]) =>
      shareSecretPoint(
        { secret, publicKey: mulBase8(secret), point: { x, y } },
        grantContext(common, { batch: place.batch, slot: place.slot, key }),
        randomBytes,
      )
    const { auditKeyS, auditKeyI, auditKeyL } = transfer.publicInputs
    const investigationKey = openOwnInvestigation(secret, transfer.publicInputs)?.key ?? 'I'
    return {
      ...place,
      statistics: share('statistics', auditKeyS),
      investigation: share('investigation', investigationKey === 'L' ? auditKeyL : auditKeyI),
      investigationKey,
    }
  })
  const received = own.received.map(({ batchNumber, transfer, note }) => ({
    ...placeOf(batchNumber, transfer),
    output: Number(note.leafIndex - transfer.firstLeafIndex),
    ...{ asset: note.asset.toString(), amount: note.amount.toString() },
    blinding: formatField(note.blinding),
  }))
  const secret = deriveTraceSecret(keys.nullifierKey, owner)
  const epochs = isComplete ? state.ledger.epochs.filter(overlaps(state.ledger.epochs, period)) : []
  const document = {
    ...common,
    ...{ sent, received },
    traces: epochs.map(({ epoch, auditKeyI }) => ({
      epoch: Number(epoch),
      key: shareSecretPoint(
        { secret, publicKey: mulBase8(secret), point: auditKeyI },
        grantContext(common, { epoch: Number(epoch) }),
        randomBytes,
      ),
    })),
  }
  const signed = { ...document, identity: proveIdentity(wallet, owner, document, randomBytes) }
  return { ...signed, authority: signAsOwner(keys, owner, signed) }
}

/** That the index is this wallet's: of t, for the T that its admission registered. */
function proveIdentity(
  { keys }: Wallet,
  owner: Owner,
  document: Json,
  randomBytes: RandomBytes,
): KnownLogarithm {
  const secret = deriveTraceSecret(keys.nullifierKey, owner)
  const publicKey = mulBase8(secret)
  return proveLogarithm({ secret, publicKey }, identityStatement(document, owner), randomBytes)
}

type Wanted =
  { readonly period: { from: number; to: number } } | { readonly only: readonly bigint[] }
type Own = { readonly batchNumber: bigint; readonly transfer: SettledTransfer }

function isWanted(what: Wanted, { transfer }: Own): boolean {
  if ('only' in what) return what.only.some((leaf) => isMadeBy(transfer, leaf))
  const { day } = transfer.publicInputs
  return day >= BigInt(what.period.from) && day <= BigInt(what.period.to)
}

/** Whether the leaf is one of the transfer's four. */
function isMadeBy({ firstLeafIndex }: { readonly firstLeafIndex: bigint }, leaf: bigint): boolean {
  return leaf >= firstLeafIndex && leaf <= firstLeafIndex + 3n
}

/** Spares reading the chain: no statement is settled before its day. */
function isTooEarly(what: Wanted, { timestamp }: SettledAt): boolean {
  return 'period' in what && dayOf(timestamp) < BigInt(what.period.from)
}

async function listSent({ state }: Wallet, reader: ChainReader, what: Wanted): Promise<Own[]> {
  const found: Own[] = []
  const spends = state.ledger.spends.filter(
    (spend) =>
      !isTooEarly(what, spend.settledAt) &&
      ('period' in what || what.only.some((leaf) => isMadeBy(spend, leaf))),
  )
  for (const spend of spends) {
    const { transfer } = await findTransfer(reader, spend)
    found.push({ batchNumber: spend.settledAt.batchNumber, transfer })
  }
  return found.filter((each) => isWanted(what, each))
}

async function listReceived(
  { state }: Wallet,
  reader: ChainReader,
  what: Wanted,
): Promise<(Own & { note: NoteRecord })[]> {
  const found: (Own & { note: NoteRecord })[] = []
  const notes = state.ledger.notes.filter(
    ({ source, settledAt, leafIndex }) =>
      source === 'transfer' &&
      !isTooEarly(what, settledAt) &&
      ('period' in what || what.only.includes(leafIndex)),
  )
  for (const note of notes) {
    const batch = await findBatch(reader, note.settledAt)
    const transfer = makerOf(batch, note.leafIndex)
    found.push({ batchNumber: note.settledAt.batchNumber, transfer, note })
  }
  return found.filter((each) => isWanted(what, each))
}

/** @throws {PaymentNotFoundError} */
function checkAllFound(only: readonly bigint[], own: readonly Own[]): void {
  for (const leaf of only) {
    if (own.some(({ transfer }) => isMadeBy(transfer, leaf))) continue
    throw new PaymentNotFoundError({ what: `a payment of this wallet at leaf ${String(leaf)}` })
  }
}

/** Of a note in a transfer: 1, 2 or 3. */
function outputOf(offset: bigint): 1 | 2 | 3 | undefined {
  return ([1, 2, 3] as const).find((output) => BigInt(output) === offset)
}

function periodOf(own: readonly Own[]): { from: number; to: number } {
  const days = own.map(({ transfer }) => Number(transfer.publicInputs.day))
  return { from: Math.min(...days), to: Math.max(...days) }
}

type EpochStart = { readonly epoch: bigint; readonly startDay: bigint }

function overlaps(all: readonly EpochStart[], { from, to }: { from: number; to: number }) {
  return ({ epoch, startDay }: EpochStart): boolean => {
    const next = all.find((other) => other.epoch === epoch + 1n)
    return startDay <= BigInt(to) && (next === undefined || next.startDay > BigInt(from))
  }
}

function receiptOf(
  { deployment }: Wallet,
  {
    batchNumber,
    transfer,
    grantee,
  }: { batchNumber: bigint; transfer: SettledTransfer; grantee: string },
) {
  return {
    type: 'cinnabar.payment-receipt' as const,
    version: 1 as const,
    ...{ chainId: deployment.chainId.toString(), rollup: deployment.rollup, grantee },
    ...placeOf(batchNumber, transfer),
  }
}

function placeOf(batchNumber: bigint, { slot, publicInputs }: SettledTransfer) {
  const nullifier = formatField(publicInputs.nullifier)
  return { batch: batchNumber.toString(), slot, nullifier }
}

function ownerBody({ ownerKey, identityIndex }: Owner) {
  return { ownerKey: formatField(ownerKey), identityIndex: identityIndex.toString() }
}

function ephemeralSecretOf({ keys }: Wallet, { publicInputs }: SettledTransfer): bigint {
  const { nullifier, outputs } = publicInputs
  return deriveEphemeralSecret(keys.nullifierKey, nullifier, outputs)
}

function requireOwner({ state, keys }: Wallet): Owner {
  const owner = ownerOf(state.ledger, keys)
  if (owner === undefined) throw new PaymentNotFoundError({ what: 'an identity of this wallet' })
  return owner
}

async function findTransfer(reader: ChainReader, spend: SpendRecord) {
  const batch = await findBatch(reader, spend.settledAt)
  const transfer = batch.transfers.find(
    ({ publicInputs }) => publicInputs.nullifier === spend.nullifier,
  )
  if (transfer === undefined) throw new PaymentNotFoundError({ what: 'the settled transfer' })
  return { batch, transfer }
}

async function findBatch(
  reader: ChainReader,
  { blockNumber, batchNumber }: { blockNumber: bigint; batchNumber: bigint },
): Promise<ChainEventOf<'batchSettled'>> {
  const events = await reader.getEvents({ from: blockNumber, to: blockNumber })
  const batch = events.find(
    (event): event is ChainEventOf<'batchSettled'> =>
      event.type === 'batchSettled' && event.batchNumber === batchNumber,
  )
  if (batch === undefined) throw new PaymentNotFoundError({ what: `batch ${String(batchNumber)}` })
  return batch
}

function makerOf({ transfers }: ChainEventOf<'batchSettled'>, leafIndex: bigint): SettledTransfer {
  const transfer = transfers.find((each) => isMadeBy(each, leafIndex))
  if (transfer === undefined) throw new PaymentNotFoundError({ what: 'the transfer of the note' })
  return transfer
}
