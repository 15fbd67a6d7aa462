import { decryptPartially } from '../../protocol/committee/partialDecryption.ts'
import type { CurvePoint } from '../../protocol/babyjubjub.ts'
import { canonicalJson } from '../../protocol/canonicalJson.ts'
import {
  checkDocuments,
  checkExecutable,
  checkTraces,
  type OpenedOrder,
  openingContext,
  type ResolvedItem,
  resolveItem,
} from '../orders/checkOpening.ts'
import { OpeningRefusedError } from '../orders/errors.ts'
import type { OpeningChain } from '../orders/openingChain.ts'
import {
  decodeTraces,
  encodePartial,
  type OpeningAnswer,
  type OpeningReply,
  OpeningRequest,
  signAnswer,
} from '../orders/openingMessages.ts'
import type { Member } from './advanceCeremony.ts'
import { decodePoint, read } from './bodies.ts'
import { committeeId } from './committeeFile.ts'
import { isDestroyed } from './destroyShare.ts'
import type { Journal, JournalFact } from './journal.ts'
import type { HeldShare } from './memberStore.ts'

/**
 * A member's answer to a request for openings. It believes nothing that it is told: order, announcement, settlement, points and
 * keys it reads from the chain that it follows by itself, and documents count by their hashes there. Nothing leaves before the
 * journal has it.
 *
 * @param chain a fresh view, as deep as this member asks for.
 * @throws {OpeningRefusedError} when the request as a whole is refused; single items are refused in the reply.
 */
export async function answerOpenings(
  member: Member,
  chain: OpeningChain,
  value: unknown,
  now = new Date(),
): Promise<OpeningReply> {
  const request = read(OpeningRequest, value)
  if (request === undefined) throw new OpeningRefusedError({ code: 'OPENING_REQUEST_INVALID' })
  const named = { order: request.order, key: request.key }
  try {
    return await answer(member, chain, request, now)
  } catch (error) {
    if (!(error instanceof OpeningRefusedError)) throw error
    await member.journal.append([{ what: 'refused', ...named, code: error.code }], now)
    throw error
  }
}

async function answer(
  { store, journal, randomBytes }: Member,
  chain: OpeningChain,
  request: OpeningRequest,
  now: Date,
): Promise<OpeningReply> {
  const { key, committee, scope, announcement } = request
  const opened: OpenedOrder = { order: BigInt(request.order), scope, announcement }
  const order = await checkDocuments(chain, opened)
  await checkExecutable(chain, order)
  const traceKeys = await checkTraces(chain, opened, decodeTraces(request.traces ?? []))
  const shares = (await store.shares()).filter(({ file }) => !isDestroyed(journal, file.transcript))
  const counted = answeredItems(journal, request.order)

  const answers: OpeningAnswer[] = []
  const refusals: OpeningReply['refusals'] = []
  const facts: JournalFact[] = []
  for (const position of request.items) {
    const item = announcement.items[position]
    try {
      if (item === undefined) throw new OpeningRefusedError({ code: 'OPENING_NOT_ANNOUNCED' })
      // The log counts announcements; a member counts for itself what it answered.
      if (!counted.has(canonicalJson(item)) && counted.size >= order.limit) {
        throw new OpeningRefusedError({ code: 'OPENING_LIMIT_EXCEEDED' })
      }
      const resolved = await resolveItem(chain, opened, { item, key }, traceKeys)
      const held = selectShare(shares, journal, { key, committee, resolved })
      const partial = decryptPartially({
        member: held.member,
        share: held.share,
        shareKey: decodePoint(held.file.committee.shareKeys[held.member - 1]!),
        point: resolved.point,
        context: openingContext(opened, { item, key }),
        randomBytes,
      })
      const unsigned = {
        version: 1 as const,
        ...{ chainId: chain.chainId, log: chain.log, order: request.order, key, item },
        committee: committeeId(held.file.committee),
        partial: encodePartial(partial),
        at: now.toISOString(),
      }
      answers.push(signAnswer(unsigned, store.identity.signingSecret))
      facts.push({ what: 'answered', order: request.order, key, item })
      counted.add(canonicalJson(item))
    } catch (error) {
      if (!(error instanceof OpeningRefusedError)) throw error
      const { code, message } = error
      refusals.push({ item: position, code, message })
      facts.push({
        ...{ what: 'refused', order: request.order, key, code },
        ...(item === undefined ? {} : { item }),
      })
    }
  }
  await journal.append(facts, now)
  return { answers, refusals }
}

/** What was answered under an order, each item once whatever its keys. */
function answeredItems({ entries }: Journal, order: string): Set<string> {
  const items = new Set<string>()
  for (const { fact } of entries) {
    if (fact.what === 'answered' && fact.order === order) items.add(canonicalJson(fact.item))
  }
  return items
}

function selectShare(
  shares: readonly HeldShare[],
  journal: Journal,
  {
    key,
    committee,
    resolved: { auditKey, epoch },
  }: { key: string; committee: string | undefined; resolved: ResolvedItem },
): HeldShare {
  // Of one key there are two while the shares of before wait for everybody's new ones.
  const held = shares.find(
    ({ file }) =>
      file.kind === key &&
      isSame(decodePoint(file.committee.publicKey), auditKey) &&
      (committee === undefined || committeeId(file.committee) === committee),
  )
  if (held !== undefined) return held
  const wasDestroyed = journal.entries.some(
    ({ fact }) => fact.what === 'shareDestroyed' && fact.epoch === epoch && fact.key === key,
  )
  throw new OpeningRefusedError({
    code: wasDestroyed ? 'OPENING_SHARE_DESTROYED' : 'OPENING_KEY_OTHER',
    facts: [`Key:   ${key}`, `Epoch: ${String(epoch)}`],
  })
}

function isSame(one: CurvePoint, other: CurvePoint): boolean {
  return one.x === other.x && one.y === other.y
}
