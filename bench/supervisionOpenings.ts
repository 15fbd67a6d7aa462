import { combinePartials, decryptPartially } from '../protocol/committee/partialDecryption.ts'
import type { ChainEventOf, SettledTransfer } from '../l1/chainEvents.ts'
import type { Order } from '../l1/orders.ts'
import { formatField } from '../protocol/field.ts'
import { packWord } from '../protocol/words.ts'
import { readCollected, readPlaintext } from '../regulator/bundle/readPlaintext.ts'
import { answerOpenings } from '../regulator/committee/answerOpenings.ts'
import { decodePoint } from '../regulator/committee/bodies.ts'
import { readCommitteeBody } from '../regulator/committee/committeeFile.ts'
import { collectOpenings } from '../regulator/orders/collectOpenings.ts'
import {
  type Announcement,
  hashDocument,
  type Item,
  type Scope,
} from '../regulator/orders/documents.ts'
import type { OpeningChain } from '../regulator/orders/openingChain.ts'
import { anAuditRecord } from '../test/support/auditRecords.ts'
import { random } from '../test/support/committees.ts'
import {
  aGroup,
  describeCeremony,
  holdCeremony,
  startServices,
} from '../test/support/memberServices.ts'
import { recordedDeployment } from '../test/support/recordedChain.ts'
import { median, type Row } from './row.ts'

const MEMBERS = 5
const THRESHOLD = 3
const RECORDS = 1_000
const SLOTS = 63

/**
 * Openings by 3 of 5 in processor time: one part with its proof; one opening, from three parts checked to the plaintext; and a thousand records: what
 * each member answers, signed and in its journal on disk, what the asker checks and opens, and all of it together. The chain is in
 * memory: a node's time is not in the figures.
 */
export async function measureOpenings(say: (line: string) => void): Promise<Row[]> {
  const group = await aGroup(MEMBERS)
  try {
    await startServices(group)
    const registry = `0x${'22'.repeat(20)}` as const
    const context = {
      chainId: recordedDeployment.chainId,
      registry,
      epoch: 1n,
      kind: 'investigation' as const,
    }
    const id = await describeCeremony(group, { context, threshold: THRESHOLD })
    const file = await holdCeremony(group, id)
    const auditKey = decodePoint(file.committee.publicKey)
    say(`${String(RECORDS)} records for a key of ${String(THRESHOLD)} of ${String(MEMBERS)}`)
    const transfers = Array.from({ length: RECORDS }, (_, i) => aTransfer(auditKey, i))
    const { chain, opened } = aChain(transfers)

    const [one] = group.members
    const [held] = await one!.store.shares()
    const points = transfers.map(({ publicInputs: { ephemeral } }) => ({
      x: ephemeral[0],
      y: ephemeral[1],
    }))
    const partsOf = async (member: (typeof group.members)[number], count: number) => {
      const [share] = await member.store.shares()
      const shareKey = decodePoint(share!.file.committee.shareKeys[share!.member - 1]!)
      return points.slice(0, count).map((point) =>
        decryptPartially({
          ...{ member: share!.member, share: share!.share, shareKey, point },
          ...{ context: new Uint8Array(64), randomBytes: random },
        }),
      )
    }
    const some = 200
    const partial = await timed(() => partsOf(one!, some))
    const parts = await Promise.all(
      group.members.slice(0, THRESHOLD).map((member) => partsOf(member, some)),
    )
    const committee = readCommitteeBody(held!.file.committee)
    const opening = await timed(() => {
      for (let i = 0; i < some; i++) {
        const statement = { point: points[i]!, context: new Uint8Array(64) }
        const { shared } = combinePartials(
          committee,
          statement,
          parts.map((of) => of[i]!),
        )
        const { sender } = readPlaintext('investigation', shared, transfers[i])
        if (sender !== String(senderOf(i))) throw new Error('a record opened to something else')
      }
    })

    // One after the other, so that each one's time is its own; on machines of their own they work at once.
    const request = {
      ...{ version: 1, order: '1', scope: opened.scope, announcement: opened.announcement },
      ...{ key: 'investigation', items: transfers.map((_, i) => i) },
    }
    const replies: { seconds: number; value: unknown }[] = []
    for (const member of group.members.slice(0, THRESHOLD)) {
      replies.push(await timed(() => answerOpenings(member, chain, request)))
    }
    const peers = replies.map(({ value }, i) => ({
      name: `Member ${String(i + 1)}`,
      get: () => Promise.reject(new Error('not used')),
      post: () => Promise.resolve(value),
    }))
    const asking = await timed(async () => {
      const { items, faults } = await collectOpenings(
        { chain, committee: file.committee, peers },
        opened,
        { key: 'investigation', positions: request.items },
      )
      if (items.length !== RECORDS || faults.length > 0) throw new Error('not all was opened')
      for (const [i, item] of items.entries()) {
        const { sender } = readCollected(item, transfers[i])
        if (sender !== String(senderOf(i))) throw new Error('a record opened to something else')
      }
    })
    const members = replies.map(({ seconds }) => seconds)
    return [
      { name: 'supervision.partial', value: (1_000 * partial.seconds) / some, unit: 'ms' },
      { name: 'supervision.opening', value: (1_000 * opening.seconds) / some, unit: 'ms' },
      { name: 'supervision.thousandRecords.member', value: median(members), unit: 's' },
      { name: 'supervision.thousandRecords.asker', value: asking.seconds, unit: 's' },
      {
        name: 'supervision.thousandRecords',
        value: members.reduce((sum, seconds) => sum + seconds, asking.seconds),
        unit: 's',
      },
    ]
  } finally {
    await group.stop()
  }
}

const senderOf = (i: number) => 1n + BigInt(i % 1_000)

function aTransfer(auditKey: { x: bigint; y: bigint }, i: number): SettledTransfer {
  const pair = [auditKey.x, auditKey.y] as const
  return {
    kind: 'transfer',
    slot: i % SLOTS,
    firstLeafIndex: BigInt(4 * i),
    anchorBatch: 0n,
    memo: new Uint8Array(),
    publicInputs: {
      ...{ anchor: 0n, identityRoot: 0n, policyRoot: 0n, day: 20_780n, domain: 0n, memoHash: 0n },
      ...{ nullifier: BigInt(i) + 1n, outputs: [0n, 0n, 0n, 0n], withdrawal: 0n },
      fee: packWord('fee', { amount: 0n, asset: 0n, epoch: 1n }),
      ...{ auditKeyS: pair, auditKeyI: pair, auditKeyL: pair },
      ...anAuditRecord({
        ...{ auditKeyS: auditKey, auditKeyI: auditKey, nonce: BigInt(i) },
        sender: { index: senderOf(i), traceSecret: 5n },
        ephemeralSecret: 10_000n + BigInt(i),
      }),
    },
  }
}

/** The settled chain and one authorised order for all of it, in memory. */
function aChain(transfers: readonly SettledTransfer[]) {
  const chainId = recordedDeployment.chainId.toString()
  const log = `0x${'33'.repeat(20)}` as const
  const salt = `0x${'44'.repeat(32)}` as const
  const references = transfers.map(({ slot, publicInputs }, i) => ({
    batch: String(1 + Math.floor(i / SLOTS)),
    ...{ slot, nullifier: formatField(publicInputs.nullifier) },
  }))
  const scope: Scope = {
    ...{ type: 'cinnabar.scope', version: 1, chainId, log, keys: ['investigation'] },
    ...{ kind: 'transfers', transfers: references, salt },
  }
  const items: Item[] = references.map((reference) => ({ type: 'record', ...reference }))
  const announcement: Announcement = {
    ...{ type: 'cinnabar.announcement', version: 1, chainId, log, order: '1', items, salt },
  }
  const account = `0x${'55'.repeat(20)}` as const
  const order: Order = {
    ...{ number: 1n, state: 'executing', kind: 'transfers', isEmergency: false, isOverdue: false },
    ...{ isViolation: false, isRefused: false, legalBasis: 1 },
    ...{ limit: transfers.length, opened: transfers.length },
    ...{ deadline: 0n, ratifyBy: 0n, filer: account, reviewer: account, judge: account },
    ...{ caseHash: salt, scopeHash: hashDocument(scope), bundleHash: salt },
  }
  const recordsHash = hashDocument(announcement)
  const chain: OpeningChain = {
    ...{ chainId, log },
    order: () => Promise.resolve(order),
    isExecutable: () => Promise.resolve(true),
    isAnnounced: (_order, hash) => Promise.resolve(hash === recordsHash),
    batch: (number) => {
      const first = (Number(number) - 1) * SLOTS
      const event = { batchNumber: number, transfers: transfers.slice(first, first + SLOTS) }
      return Promise.resolve(event as unknown as ChainEventOf<'batchSettled'>)
    },
    tracePoint: () => Promise.resolve(undefined),
    epochs: () => Promise.resolve([]),
  }
  return { chain, opened: { order: 1n, scope, announcement } }
}

/** Processor time: what else runs on the machine is not in it. */
async function timed<T>(work: () => T | Promise<T>): Promise<{ seconds: number; value: T }> {
  const started = process.cpuUsage()
  const value = await work()
  const { user, system } = process.cpuUsage(started)
  return { seconds: (user + system) / 1_000_000, value }
}
