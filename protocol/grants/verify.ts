import { Value } from '@sinclair/typebox/value'
import {
  deriveTraceTag,
  type InvestigationRecord,
  openInvestigation,
  openStatistics,
  type StatisticsRecord,
} from '../auditRecord.ts'
import { type CurvePoint, isSubgroupPoint } from '../babyjubjub.ts'
import { BaseError } from '../errors.ts'
import { fitsBits, isFieldElement } from '../field.ts'
import { type Owner, traceKeyOf } from '../keys.ts'
import { commitNote } from '../note.ts'
import { type TransferPublicInputs } from '../publicInputs.ts'
import { unpackWord } from '../words.ts'
import type { Json } from '../canonicalJson.ts'
import { type KnownLogarithm, PaymentReceipt, ViewingGrant } from './documents.ts'
import { identityStatement, isSignedByOwner, readSharedPoint, verifyLogarithm } from './proofs.ts'

/** A settled transfer as grants need it. */
export type GrantedTransfer = {
  readonly batchNumber: bigint
  readonly slot: number
  readonly publicInputs: TransferPublicInputs
}

/** The settled chain, as the verifier reads it by itself. */
export type GrantChain = {
  readonly chainId: bigint
  readonly rollup: string
  transfer(batchNumber: bigint, slot: number): Promise<GrantedTransfer | undefined>
  /** Every settled transfer, and every asset that was ever listed; only asked for where a grant says that it is complete. */
  history(): Promise<{
    readonly transfers: readonly GrantedTransfer[]
    readonly assets: readonly bigint[]
  }>
  /** The registered T of an index. */
  tracePoint(index: bigint): Promise<CurvePoint | undefined>
  auditKeyI(epoch: bigint): Promise<CurvePoint | undefined>
}

export const grantFaults = [
  'GRANT_MALFORMED',
  'GRANT_CHAIN_OTHER',
  'GRANT_NOT_SETTLED',
  'GRANT_NOTE_OTHER',
  'GRANT_PROOF_INVALID',
  'GRANT_SIGNATURE_INVALID',
  'GRANT_IDENTITY_OTHER',
  'GRANT_SENDER_OTHER',
  'GRANT_OUT_OF_PERIOD',
  'GRANT_INCOMPLETE',
] as const
export type GrantFault = (typeof grantFaults)[number]

export class GrantInvalidError extends BaseError {
  override readonly name = 'GrantInvalidError'
  override readonly code: GrantFault
  constructor({ code, reason }: { code: GrantFault; reason: string }) {
    super(`The grant or receipt does not hold: ${reason}.`, {
      code,
      metaMessages: ['It was changed after it was made, or was never right.'],
    })
    this.code = code
  }
}

/** What a receipt that holds shows. */
export type VerifiedReceipt = {
  readonly receipt: PaymentReceipt
  readonly asset: bigint
  readonly amount: bigint
  readonly recipientIndex: bigint
  /** Unix day of the statement. */
  readonly day: bigint
}

/** What a grant that holds shows. */
export type VerifiedGrant = {
  readonly grant: ViewingGrant
  readonly sent: readonly {
    readonly transfer: GrantedTransfer
    readonly statistics: StatisticsRecord
    readonly investigation: InvestigationRecord
  }[]
  readonly received: readonly {
    readonly asset: bigint
    readonly amount: bigint
    readonly day: bigint
  }[]
  /** Every transfer that the account sent in the period is in it: shown with the epochs' trace keys. */
  readonly isComplete: boolean
}

/**
 * That a settled transfer made this note, and that the payer or the payee says so. Spec: docs/spec/grants.md.
 *
 * @throws {GrantInvalidError}
 */
export async function verifyReceipt(chain: GrantChain, value: unknown): Promise<VerifiedReceipt> {
  if (!Value.Check(PaymentReceipt, value)) throw fault('GRANT_MALFORMED', 'it is no receipt')
  checkChain(chain, value)
  const { by, ...document } = value
  const transfer = await settled(chain, value)
  const owner = {
    ownerKey: BigInt(value.recipient.ownerKey),
    identityIndex: BigInt(value.recipient.identityIndex),
  }
  checkNote(transfer, { ...value, owner })
  if (by.side === 'payer') {
    const { side, ...proof } = by
    const [x, y] = transfer.publicInputs.ephemeral
    if (!verifyLogarithm({ x, y }, { ...document, side }, proof)) {
      throw fault('GRANT_PROOF_INVALID', 'the payer did not make it')
    }
  } else {
    const { authority, identity } = by
    const isRecipient =
      authority.ownerKey === value.recipient.ownerKey &&
      authority.identityIndex === value.recipient.identityIndex
    if (!isRecipient || !isSignedByOwner(authority, { ...document, identity })) {
      throw fault('GRANT_SIGNATURE_INVALID', 'the payee did not sign it')
    }
    await checkIdentity(chain, owner, document, identity)
  }
  return {
    receipt: value,
    asset: BigInt(value.asset),
    amount: BigInt(value.amount),
    recipientIndex: owner.identityIndex,
    day: transfer.publicInputs.day,
  }
}

/**
 * That the account's owner shows these of its settled payments, and what they hold. @throws {GrantInvalidError}
 */
export async function verifyGrant(chain: GrantChain, value: unknown): Promise<VerifiedGrant> {
  if (!Value.Check(ViewingGrant, value)) throw fault('GRANT_MALFORMED', 'it is no viewing grant')
  checkChain(chain, value)
  const { authority, ...document } = value
  if (!isSignedByOwner(authority, document)) {
    throw fault('GRANT_SIGNATURE_INVALID', 'the owner did not sign it')
  }
  const owner = {
    ownerKey: BigInt(authority.ownerKey),
    identityIndex: BigInt(authority.identityIndex),
  }
  const sent: VerifiedGrant['sent'][number][] = []
  for (const item of value.sent) {
    const transfer = await settled(chain, item)
    checkPeriod(value, transfer)
    const opened = openSent(value, item, transfer)
    if (opened.investigation.sender !== owner.identityIndex) {
      throw fault(
        'GRANT_SENDER_OTHER',
        `batch ${item.batch}, slot ${String(item.slot)} is another’s`,
      )
    }
    sent.push({ transfer, ...opened })
  }
  const received: VerifiedGrant['received'][number][] = []
  for (const item of value.received) {
    const transfer = await settled(chain, item)
    checkPeriod(value, transfer)
    checkNote(transfer, { ...item, owner })
    const { day } = transfer.publicInputs
    received.push({ asset: BigInt(item.asset), amount: BigInt(item.amount), day })
  }
  const { identity, ...shown } = document
  const tracePoint = await checkIdentity(chain, owner, shown, identity)
  return {
    grant: value,
    sent,
    received,
    isComplete: await checkComplete(chain, value, { sent, tracePoint }),
  }
}

/** Names grantee and item in each proof, so that no part of one grant is part of another. */
export function grantContext(
  { chainId, rollup, grantee }: Pick<ViewingGrant, 'chainId' | 'rollup' | 'grantee'>,
  what:
    | { readonly batch: string; readonly slot: number; readonly key: string }
    | { readonly epoch: number },
) {
  return { type: 'cinnabar.grant', version: 1, chainId, rollup, grantee, ...what }
}

function openSent(
  grant: ViewingGrant,
  item: ViewingGrant['sent'][number],
  { publicInputs }: GrantedTransfer,
): { statistics: StatisticsRecord; investigation: InvestigationRecord } {
  const { batch, slot } = item
  const publicKey = pointOf(publicInputs.ephemeral)
  const share = (key: 'statistics' | 'investigation', auditKey: readonly [bigint, bigint]) => {
    const statement = { publicKey, point: pointOf(auditKey) }
    const shared = readSharedPoint(statement, grantContext(grant, { batch, slot, key }), item[key])
    if (shared === undefined) {
      throw fault('GRANT_PROOF_INVALID', `batch ${batch}, slot ${String(slot)} has no valid proof`)
    }
    return shared
  }
  try {
    return {
      statistics: openStatistics(
        share('statistics', publicInputs.auditKeyS),
        publicInputs.statisticsCiphertext,
      ),
      investigation: openInvestigation(
        share(
          'investigation',
          item.investigationKey === 'L' ? publicInputs.auditKeyL : publicInputs.auditKeyI,
        ),
        publicInputs.investigationCiphertext,
      ),
    }
  } catch (error) {
    if (error instanceof GrantInvalidError || !(error instanceof BaseError)) throw error
    throw fault('GRANT_PROOF_INVALID', `batch ${batch}, slot ${String(slot)} does not open`)
  }
}

/** With the trace keys of all epochs of the period, no transfer that was sent can be left out. */
async function checkComplete(
  chain: GrantChain,
  grant: ViewingGrant,
  { sent, tracePoint: publicKey }: { sent: VerifiedGrant['sent']; tracePoint: CurvePoint },
): Promise<boolean> {
  if (grant.traces.length === 0) return false
  const { transfers, assets } = await chain.history()
  const shown = new Set(sent.map(({ transfer }) => placeOf(transfer)))
  const covered = new Set<bigint>()
  for (const { epoch, key } of grant.traces) {
    const point = await chain.auditKeyI(BigInt(epoch))
    const shared =
      point === undefined
        ? undefined
        : readSharedPoint({ publicKey, point }, grantContext(grant, { epoch }), key)
    if (shared === undefined) {
      throw fault(
        'GRANT_PROOF_INVALID',
        `the trace key of epoch ${String(epoch)} has no valid proof`,
      )
    }
    covered.add(BigInt(epoch))
    const tags = tagsOf(traceKeyOf(shared), { assets, count: transfers.length })
    for (const transfer of transfers.filter((each) => epochOf(each) === BigInt(epoch))) {
      if (!isInPeriod(grant, transfer) || shown.has(placeOf(transfer))) continue
      if (tags.has(transfer.publicInputs.traceTag)) {
        throw fault('GRANT_INCOMPLETE', `batch ${String(transfer.batchNumber)} has one more`)
      }
    }
  }
  return transfers
    .filter((transfer) => isInPeriod(grant, transfer))
    .every((transfer) => covered.has(epochOf(transfer)))
}

/** All tags that k can have made: of the listed assets, with nonces below the number of transfers. */
function tagsOf(
  traceKey: bigint,
  { assets, count }: { assets: readonly bigint[]; count: number },
): Set<bigint> {
  const tags = new Set<bigint>()
  for (const asset of assets) {
    for (let nonce = 0n; nonce < BigInt(count); nonce++) {
      tags.add(deriveTraceTag(traceKey, asset, nonce))
    }
  }
  return tags
}
/**
 * That whoever made the document knows t of the T that is registered for the index: a note can name any index beside one's own
 * keys, and keys can say of themselves that they are anybody's.
 *
 * @returns T.
 */
async function checkIdentity(
  chain: GrantChain,
  owner: Owner,
  document: Json,
  proof: KnownLogarithm,
): Promise<CurvePoint> {
  const tracePoint = await chain.tracePoint(owner.identityIndex)
  if (tracePoint === undefined || !isSubgroupPoint(tracePoint)) {
    throw fault('GRANT_IDENTITY_OTHER', 'the identity index has no registered T')
  }
  if (!verifyLogarithm(tracePoint, identityStatement(document, owner), proof)) {
    throw fault('GRANT_IDENTITY_OTHER', 'who signed it is not the owner of that identity')
  }
  return tracePoint
}

function checkChain(chain: GrantChain, { chainId, rollup }: { chainId: string; rollup: string }) {
  if (BigInt(chainId) !== chain.chainId || rollup !== chain.rollup) {
    throw fault('GRANT_CHAIN_OTHER', 'it is of another deployment')
  }
}

async function settled(
  chain: GrantChain,
  { batch, slot, nullifier }: { batch: string; slot: number; nullifier: string },
): Promise<GrantedTransfer> {
  const transfer = await chain.transfer(BigInt(batch), slot)
  if (transfer?.publicInputs.nullifier !== BigInt(nullifier)) {
    throw fault('GRANT_NOT_SETTLED', `batch ${batch}, slot ${String(slot)} is not on the chain`)
  }
  return transfer
}

function checkNote(
  { publicInputs }: GrantedTransfer,
  {
    output,
    asset,
    amount,
    blinding,
    owner,
  }: {
    output: number
    asset: string
    amount: string
    blinding: string
    owner: { ownerKey: bigint; identityIndex: bigint }
  },
): void {
  const note = {
    ...{ asset: BigInt(asset), amount: BigInt(amount), owner, blinding: BigInt(blinding) },
  }
  const isPossible =
    fitsBits(note.asset, 16) &&
    fitsBits(note.amount, 64) &&
    fitsBits(owner.identityIndex, 20) &&
    [owner.ownerKey, note.blinding].every(isFieldElement)
  if (!isPossible || commitNote(note) !== publicInputs.outputs[output as 1 | 2 | 3]) {
    throw fault('GRANT_NOTE_OTHER', 'the transfer made another note')
  }
}

function checkPeriod(grant: ViewingGrant, transfer: GrantedTransfer): void {
  if (!isInPeriod(grant, transfer)) {
    throw fault('GRANT_OUT_OF_PERIOD', `batch ${String(transfer.batchNumber)} is not in the period`)
  }
}

function isInPeriod({ period }: ViewingGrant, { publicInputs: { day } }: GrantedTransfer): boolean {
  return day >= BigInt(period.from) && day <= BigInt(period.to)
}

function epochOf({ publicInputs }: GrantedTransfer): bigint {
  return unpackWord('fee', publicInputs.fee).epoch
}

function placeOf({ batchNumber, slot }: GrantedTransfer): string {
  return `${String(batchNumber)} ${String(slot)}`
}

function pointOf([x, y]: readonly [bigint, bigint]): CurvePoint {
  return { x, y }
}

function fault(code: GrantFault, reason: string): GrantInvalidError {
  return new GrantInvalidError({ code, reason })
}
