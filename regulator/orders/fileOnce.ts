import { sha256 } from '@noble/hashes/sha2.js'
import { getOrder } from '../../l1/orders.ts'
import { canonicalBytes, type Json } from '../../protocol/canonicalJson.ts'
import { bytesToHex } from '../../protocol/field.ts'
import { hashDocument } from './documents.ts'
import { type Actor, type FiledOrder, fileOrder } from './orderActions.ts'
import type { OrderFolder, PendingOrder } from './orderFolder.ts'

/**
 * Files an order whose documents are on the disk before anything is sent: wherever it was ended, the same wish files one order, and
 * the documents are at hand to execute it. Once its order was rejected or closed, the same wish is a new order.
 *
 * @param wish all that was asked for, without salts: what makes two calls of an account the same.
 * @param make draws the salts; not called where the documents are kept already.
 */
export async function fileOnce(
  actor: Actor,
  folder: OrderFolder,
  { wish, make }: { wish: Json; make: () => PendingOrder },
): Promise<FiledOrder> {
  const { address } = actor.account
  const name = bytesToHex(sha256(canonicalBytes({ wish, address }))).slice(2, 18)
  let pending = await folder.loadPending(name)
  if (pending !== undefined && (await hasEnded(actor, pending))) pending = undefined
  if (pending === undefined) {
    pending = make()
    await folder.keepPending(name, pending)
  }
  const { scope, caseDocument } = pending
  const filed = await fileOrder(actor, pending)
  if (!(await folder.has(filed.order))) await folder.create(filed.order, { scope, caseDocument })
  await folder.keepPending(name, { ...pending, order: filed.order.toString() })
  return filed
}

async function hasEnded(actor: Actor, { order: number, scope }: PendingOrder): Promise<boolean> {
  if (number === undefined) return false
  const order = await getOrder(actor, BigInt(number))
  // After a reorg the number may be another's.
  if (order?.scopeHash !== hashDocument(scope)) return false
  return order.state === 'rejected' || order.state === 'closed'
}
