import type { SettledTransfer } from '../../l1/chainEvents.ts'
import { canonicalJson } from '../../protocol/canonicalJson.ts'
import type { AuditKeyKind } from '../auditKeys.ts'
import { type OrderFile, tracesOf } from '../bundle/buildBundle.ts'
import { otherKey, readCollected } from '../bundle/readPlaintext.ts'
import type { CommitteeFile } from '../committee/committeeFile.ts'
import { decodePoint } from '../committee/bodies.ts'
import type { PeerClient } from '../committee/peerClient.ts'
import { checkTraces, type ResolvedItem, resolveItem } from './checkOpening.ts'
import {
  collectOpenings,
  type IncompleteItem,
  itemName,
  type MemberFault,
} from './collectOpenings.ts'
import type { Item } from './documents.ts'
import { OpeningIncompleteError, type OpeningRefusal, OpeningRefusedError } from './errors.ts'
import type { OrderFolder } from './orderFolder.ts'
import { type ChainSource, viewChain } from './openingChain.ts'
import { decodeTraces, type OpeningAnswer } from './openingMessages.ts'

/** A committee and how its members are reached. */
export type Openers = {
  readonly file: CommitteeFile
  readonly peers: readonly PeerClient[]
}

export type OpenedSummary = {
  readonly opened: number
  /** Announced, in scope, and of a key that none of these committees has. */
  readonly withoutCommittee: number
  /** Announced, and not for anybody to open: not settled so, or not in the order's scope. */
  readonly refused: readonly { item: Item; key: AuditKeyKind; code: OpeningRefusal }[]
  readonly faults: readonly MemberFault[]
  readonly evidence: readonly OpeningAnswer[]
}

/**
 * Opens all that was announced under an order and is not open yet: trace keys first, since records under a subject order are shown
 * to be the subject's with them. What was opened is kept at once, so that a second call goes on where a first one ended; so are
 * wrong partials, which count most when too few are right.
 *
 * Which of keys I and L an investigation record is for, nobody knows before it is opened. The first of them in the scope is asked
 * for all; the other one only for what turned out to be for it.
 *
 * No item stops another one: what nobody may open is named and left out.
 *
 * @throws {OpeningIncompleteError} at the end, when fewer than t members answered validly to some; all others were opened by then.
 * @throws {OpeningRefusedError} when the subject's trace keys that were collected do not hold.
 */
export async function openAnnounced(
  source: ChainSource,
  {
    folder,
    order,
    openers,
    confirmations,
  }: {
    folder: OrderFolder
    order: bigint
    openers: readonly Openers[]
    confirmations: number
  },
): Promise<OpenedSummary> {
  const faults: MemberFault[] = []
  const evidence: OpeningAnswer[] = []
  let opened = 0
  const refused: OpenedSummary['refused'][number][] = []
  const incomplete: IncompleteItem[] = []
  let withoutCommittee = 0
  const { announcements, scope } = await folder.load(order)
  for (const type of ['trace', 'record'] as const) {
    for (const announcement of announcements) {
      const named = { order, scope, announcement }
      const chain = await viewChain(source, { confirmations })
      for (const key of type === 'trace' ? (['investigation'] as const) : scope.keys) {
        const file = await folder.load(order)
        const done = new Set(
          file.collected.map(({ item, key: kind }) => canonicalJson({ item, key: kind })),
        )
        const traces = type === 'record' ? tracesOf(file) : []
        const traceKeys = await checkTraces(chain, named, decodeTraces(traces))
        const left = announcement.items.flatMap((item, position) =>
          item.type === type && !done.has(canonicalJson({ item, key })) ? [{ item, position }] : [],
        )
        const byKey = new Map<string, number[]>()
        for (const { item, position } of left) {
          const resolved = await resolveOrRefuse(chain, named, { item, key }, traceKeys)
          if (resolved instanceof OpeningRefusedError) {
            refused.push({ item, key, code: resolved.code })
            continue
          }
          const { auditKey, transfer } = resolved
          if (isOpenUnderOther(file, { item, key }, transfer)) continue
          const name = `${auditKey.x.toString()} ${auditKey.y.toString()}`
          byKey.set(name, [...(byKey.get(name) ?? []), position])
        }
        for (const [name, positions] of byKey) {
          const asked = openers.find(({ file: { committee, kind } }) => {
            const { x, y } = decodePoint(committee.publicKey)
            return kind === key && `${x.toString()} ${y.toString()}` === name
          })
          if (asked === undefined) {
            withoutCommittee += positions.length
            continue
          }
          const { committee } = asked.file
          const collected = await collectOpenings({ chain, committee, peers: asked.peers }, named, {
            ...{ key, positions, traces, traceKeys },
          })
          await folder.addEvidence(order, collected.evidence)
          await folder.addCollected(order, committee, collected.items)
          opened += collected.items.length
          faults.push(...collected.faults)
          evidence.push(...collected.evidence)
          incomplete.push(...collected.incomplete)
        }
      }
    }
  }
  const [worst] = incomplete.toSorted((one, other) => one.valid - other.valid)
  if (worst !== undefined) {
    throw new OpeningIncompleteError({
      ...{ needed: worst.needed, valid: worst.valid },
      items: incomplete.map(({ item }) => itemName(item)),
      faults: faults.map(({ member, code, detail }) => `${member}: ${code}, ${detail}`),
      evidence,
    })
  }
  return { opened, withoutCommittee, refused, faults, evidence }
}

async function resolveOrRefuse(
  ...parameters: Parameters<typeof resolveItem>
): Promise<ResolvedItem | OpeningRefusedError> {
  try {
    return await resolveItem(...parameters)
  } catch (error) {
    if (error instanceof OpeningRefusedError) return error
    throw error
  }
}

/** Whether a record was opened already under the other of keys I and L, and was for that one. */
function isOpenUnderOther(
  { collected }: OrderFile,
  { item, key }: { item: Item; key: AuditKeyKind },
  transfer: SettledTransfer | undefined,
): boolean {
  const other = otherKey(key)
  if (other === undefined || transfer === undefined) return false
  const text = canonicalJson(item)
  const found = collected.find((each) => each.key === other && canonicalJson(each.item) === text)
  return found !== undefined && readCollected(found, transfer)['sealedTo'] === undefined
}
