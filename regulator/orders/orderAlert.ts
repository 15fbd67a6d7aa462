import { sha256 } from '@noble/hashes/sha2.js'
import { type Static, Type } from '@sinclair/typebox'
import { canonicalBytes, canonicalJson } from '../../protocol/canonicalJson.ts'
import { bytesToHex, formatField } from '../../protocol/field.ts'
import type { RandomBytes } from '../../protocol/memo.ts'
import type { AuditKeyKind } from '../auditKeys.ts'
import type { ServiceClient } from '../service/serviceClient.ts'
import { freshSalt, readDocument, Scope, type TransferReference } from './documents.ts'
import { AlertNotOrderableError } from './errors.ts'
import { type ChainSource, viewChain } from './openingChain.ts'
import { type Actor, fileOrder, logOf } from './orderActions.ts'
import type { OrderFolder, PendingAlert } from './orderFolder.ts'

/** What is needed of an alert as the service shows it. All that it shows is the case file. */
const ServedAlert = Type.Object({
  alert: Type.Object({
    id: Type.Integer({ minimum: 1 }),
    state: Type.String(),
    orderNumber: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,77}$' })),
  }),
  evidence: Type.Array(
    Type.Object({
      transactionHash: Type.String(),
      batchNumber: Type.Integer({ minimum: 1 }),
      slot: Type.Integer({ minimum: 0 }),
    }),
  ),
})
type ServedAlert = Static<typeof ServedAlert>

type Dependencies = {
  readonly actor: Actor
  readonly source: ChainSource
  readonly folder: OrderFolder
  /** As the officer who files. */
  readonly service: ServiceClient
  readonly randomBytes: RandomBytes
}

export type AlertOrder = {
  readonly order: bigint
  /** How many transfers it names. */
  readonly transfers: number
}

/**
 * An alert becomes an order: its facts are the case file, the transfers that it rests on are the scope, and the service records the
 * number on the alert, in its log under the officer's account. Filed is with the officer's own key.
 *
 * The documents are on the disk before anything is sent. However often it is called, and wherever it was ended, one order is filed.
 *
 * @throws {AlertNotOrderableError} when nobody has taken the alert, or the chain has not what it rests on.
 * @throws {ServiceRefusedError | ServiceUnavailableError}
 */
export async function orderAlert(
  { actor, source, folder, service, randomBytes }: Dependencies,
  {
    alert: number,
    ...wanted
  }: {
    alert: number
    legalBasis: number
    keys: readonly AuditKeyKind[]
    /** Default: the number of transfers. */
    limit?: number
    isEmergency?: boolean
  },
): Promise<AlertOrder> {
  const path = `/v1/alerts/${String(number)}`
  const detail = readDocument(ServedAlert, await service.get(path), 'alert')
  const pending = await folder.loadAlert(number)
  const { state, orderNumber } = detail.alert
  if (state === 'ordered' && orderNumber !== undefined && pending !== undefined) {
    // The last call was ended after the service had recorded it.
    await folder.removeAlert(number)
    return { order: BigInt(orderNumber), transfers: countTransfers(pending) }
  }
  if (state !== 'assigned') {
    throw new AlertNotOrderableError({ alert: number, reason: `it is ${state}` })
  }
  const kept = pending ?? (await makePending(source, detail, wanted, randomBytes))
  if (pending === undefined) await folder.keepAlert(number, kept)
  const { scope, caseDocument, caseFile, legalBasis, limit, isEmergency } = kept
  const { order } = await fileOrder(actor, { scope, caseDocument, legalBasis, limit, isEmergency })
  if (!(await folder.has(order))) await folder.create(order, { scope, caseDocument })
  folder.keepCaseFile(order, caseFile)
  await service.post(`${path}/order`, { orderNumber: order.toString() })
  await folder.removeAlert(number)
  return { order, transfers: countTransfers(kept) }
}

async function makePending(
  source: ChainSource,
  detail: ServedAlert,
  {
    legalBasis,
    keys,
    limit,
    isEmergency = false,
  }: {
    legalBasis: number
    keys: readonly AuditKeyKind[]
    limit?: number
    isEmergency?: boolean
  },
  randomBytes: RandomBytes,
): Promise<PendingAlert> {
  const transfers = await findEvidence(source, detail)
  const scope = readDocument(
    Scope,
    {
      ...{ type: 'cinnabar.scope', version: 1, ...logOf(source.deployment), keys: [...keys] },
      ...{ kind: 'transfers', transfers, salt: freshSalt(randomBytes) },
    },
    'scope',
  )
  const caseFile = canonicalJson(detail)
  return {
    ...{ scope, caseFile, legalBasis, isEmergency, limit: limit ?? transfers.length },
    caseDocument: {
      ...{ type: 'cinnabar.case', version: 1 },
      file: bytesToHex(sha256(canonicalBytes(detail))),
      salt: freshSalt(randomBytes),
    },
  }
}

/** The transfers that the alert rests on, as the chain has them: the store may have followed another branch. */
async function findEvidence(
  source: ChainSource,
  { alert: { id }, evidence }: ServedAlert,
): Promise<TransferReference[]> {
  if (evidence.length === 0) {
    throw new AlertNotOrderableError({ alert: id, reason: 'it rests on no settled transfer' })
  }
  const chain = await viewChain(source, { confirmations: 1 })
  return Promise.all(
    evidence.map(async ({ batchNumber, slot, transactionHash }) => {
      const batch = await chain.batch(BigInt(batchNumber))
      const transfer = batch?.transfers.find((each) => each.slot === slot)
      if (transfer === undefined || batch?.transactionHash !== transactionHash) {
        const reason = `batch ${String(batchNumber)}, slot ${String(slot)} is not settled as it says`
        throw new AlertNotOrderableError({ alert: id, reason })
      }
      const nullifier = formatField(transfer.publicInputs.nullifier)
      return { batch: String(batchNumber), slot, nullifier }
    }),
  )
}

function countTransfers({ scope }: PendingAlert): number {
  return scope.kind === 'transfers' ? scope.transfers.length : 0
}
