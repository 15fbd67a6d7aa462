import { type Committee } from '../../protocol/committee/ceremony.ts'
import { verifyPartial } from '../../protocol/committee/partialDecryption.ts'
import { canonicalJson } from '../../protocol/canonicalJson.ts'
import { BaseError } from '../../protocol/errors.ts'
import type { AuditKeyKind } from '../auditKeys.ts'
import { type CommitteeBody, read } from '../committee/bodies.ts'
import { committeeId, readCommitteeBody } from '../committee/committeeFile.ts'
import { PeerAnswerInvalidError } from '../committee/errors.ts'
import type { PeerClient } from '../committee/peerClient.ts'
import { type OpenedOrder, openingContext, resolveItem, type ResolvedItem } from './checkOpening.ts'
import type { Item } from './documents.ts'
import type { OpeningChain } from './openingChain.ts'
import {
  decodePartial,
  isAnswerSigned,
  MAX_ASKED,
  type OpeningAnswer,
  OpeningReply,
  type OpeningRequest,
  type TraceBody,
} from './openingMessages.ts'

/** Why a member's answer does not count. */
export type MemberFault = {
  /** As its card or the committee names it. */
  readonly member: string
  readonly code:
    | 'unavailable'
    | 'refused'
    | 'answerMissing'
    | 'signatureInvalid'
    | 'committeeOther'
    | 'partialWrong'
  readonly detail: string
}

/** t members' answers to one item, each checked. */
export type CollectedItem = {
  readonly item: Item
  readonly key: AuditKeyKind
  /** Of `committee`, ascending by member: t of them. */
  readonly answers: readonly OpeningAnswer[]
}

/** Fewer than t members answered validly to an item. */
export type IncompleteItem = {
  readonly item: Item
  readonly needed: number
  readonly valid: number
}

export type Collected = {
  readonly items: readonly CollectedItem[]
  /** Left out; the others are no worse for it. */
  readonly incomplete: readonly IncompleteItem[]
  /** Who did not answer as it should. A wrong partial is signed by its author and kept as evidence. */
  readonly faults: readonly MemberFault[]
  readonly evidence: readonly OpeningAnswer[]
}

/**
 * Asks all members for their parts of announced items, checks every one, and keeps t valid ones of each. A wrong partial
 * names its author and is made good by another member's.
 *
 * @param chain read by the asker itself: members are believed no more than it.
 * @throws {OpeningRefusedError} for an item that nobody could answer.
 */
export async function collectOpenings(
  {
    chain,
    committee: body,
    peers,
  }: { chain: OpeningChain; committee: CommitteeBody; peers: readonly PeerClient[] },
  opened: OpenedOrder,
  {
    key,
    positions,
    traces = [],
    traceKeys = new Map(),
  }: {
    key: AuditKeyKind
    /** In the announcement. */
    positions: readonly number[]
    /** Under a subject order, for records; with the keys that they give. */
    traces?: readonly TraceBody[]
    traceKeys?: ReadonlyMap<number, bigint>
  },
): Promise<Collected> {
  const committee = readCommitteeBody(body)
  const wanted = await Promise.all(
    positions.map(async (position) => {
      const item = opened.announcement.items[position]!
      return {
        item,
        position,
        resolved: await resolveItem(chain, opened, { item, key }, traceKeys),
      }
    }),
  )
  const faults: MemberFault[] = []
  const evidence: OpeningAnswer[] = []
  const request = {
    version: 1 as const,
    order: opened.order.toString(),
    ...{ scope: opened.scope, announcement: opened.announcement, key },
    committee: committeeId(body),
    ...(traces.length === 0 ? {} : { traces: [...traces] }),
  }
  const replies = await Promise.all(
    peers.map((peer) => askMember(peer, { request, positions, faults })),
  )
  const incomplete: IncompleteItem[] = []
  const items = wanted.flatMap(({ item, resolved }): CollectedItem[] => {
    const valid = new Map<number, OpeningAnswer>()
    const text = canonicalJson(item)
    for (const { peer, answers } of replies) {
      const answer = answers.get(text)
      if (answer === undefined) continue
      const fault = faultOf({ body, committee, opened, resolved, item, key }, answer)
      if (fault === undefined) {
        valid.set(answer.partial.member, answer)
        continue
      }
      if (fault === 'partialWrong') evidence.push(answer)
      // Only what is signed is its author's; the rest is of who handed it in.
      const isSigned = fault === 'answerMissing' || fault === 'partialWrong'
      const member = isSigned ? nameOf(body, answer, peer) : peer.name
      faults.push({ member, code: fault, detail: itemName(item) })
    }
    if (valid.size < committee.threshold) {
      incomplete.push({ item, needed: committee.threshold, valid: valid.size })
      return []
    }
    const answers = [...valid.values()]
      .sort((one, other) => one.partial.member - other.partial.member)
      .slice(0, committee.threshold)
    return [{ item, key, answers }]
  })
  return { items, incomplete, faults, evidence }
}

async function askMember(
  peer: PeerClient,
  {
    request,
    positions,
    faults,
  }: {
    request: Omit<OpeningRequest, 'items'>
    positions: readonly number[]
    faults: MemberFault[]
  },
): Promise<{ peer: PeerClient; answers: Map<string, OpeningAnswer> }> {
  const answers = new Map<string, OpeningAnswer>()
  for (let at = 0; at < positions.length; at += MAX_ASKED) {
    try {
      const asked = { ...request, items: positions.slice(at, at + MAX_ASKED) }
      const reply = read(OpeningReply, await peer.post('/v1/openings', asked))
      if (reply === undefined) throw new PeerAnswerInvalidError({ name: peer.name })
      for (const given of reply.answers) answers.set(canonicalJson(given.item), given)
      for (const { code } of reply.refusals) {
        faults.push({ member: peer.name, code: 'refused', detail: code })
      }
    } catch (error) {
      if (!(error instanceof BaseError)) throw error
      const isRefusal = 'reason' in error && typeof error.reason === 'string'
      faults.push({
        member: peer.name,
        code: isRefusal ? 'refused' : 'unavailable',
        detail: isRefusal ? String(error.reason) : error.code,
      })
      break
    }
  }
  return { peer, answers }
}

function faultOf(
  {
    body,
    committee,
    opened,
    resolved,
    item,
    key,
  }: {
    body: CommitteeBody
    committee: Committee
    opened: OpenedOrder
    resolved: ResolvedItem
    item: Item
    key: AuditKeyKind
  },
  answer: OpeningAnswer,
): MemberFault['code'] | undefined {
  if (answer.committee !== committeeId(body)) return 'committeeOther'
  if (!isAnswerSigned(answer, body)) return 'signatureInvalid'
  const { chainId, log } = opened.announcement
  const isAbout =
    answer.order === opened.order.toString() &&
    answer.key === key &&
    answer.chainId === chainId &&
    answer.log === log
  if (!isAbout) return 'answerMissing'
  const context = openingContext(opened, { item, key })
  const statement = { point: resolved.point, context }
  return verifyPartial(committee, statement, decodePartial(answer.partial))
    ? undefined
    : 'partialWrong'
}

function nameOf({ members }: CommitteeBody, { partial }: OpeningAnswer, peer: PeerClient): string {
  return members[partial.member - 1]?.name ?? peer.name
}

export function itemName(item: Item): string {
  return item.type === 'trace'
    ? `trace of epoch ${String(item.epoch)}`
    : `batch ${item.batch} slot ${String(item.slot)}`
}
