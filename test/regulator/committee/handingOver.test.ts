// A key that changes hands among members with real stores: when the shares of before go, and what is left when somebody cheats.
import assert from 'node:assert/strict'
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { PossessionContext } from '../../../protocol/auditKeyPossession.ts'
import { mulBase8 } from '../../../protocol/babyjubjub.ts'
import { isSamePoint } from '../../../protocol/committee/groupPoints.ts'
import { lagrangeAtZero, modOrder } from '../../../protocol/committee/scalars.ts'
import {
  type Advanced,
  advanceCeremony,
  type Member,
} from '../../../regulator/committee/advanceCeremony.ts'
import { decodePoint } from '../../../regulator/committee/bodies.ts'
import type { CommitteeFile } from '../../../regulator/committee/committeeFile.ts'
import {
  attestationOf,
  isDestroyed,
  readAttestations,
} from '../../../regulator/committee/destroyShare.ts'
import { type Message, signMessage } from '../../../regulator/committee/envelope.ts'
import { openMember } from '../../../regulator/committee/openMember.ts'
import { finishDestructions } from '../../../regulator/committee/retention.ts'
import '../../support/lightPassphrases.ts'
import { aGroup, describeCeremony, type Group, PASSPHRASE } from '../../support/memberServices.ts'
import { runCinnabar } from '../../support/runCinnabar.ts'

const context: PossessionContext = {
  chainId: 31_337n,
  registry: '0x00000000000000000000000000000000000000aa',
  epoch: 1n,
  kind: 'investigation',
}

/** What reaches a member of what another one says. */
type Carry = (message: Message, to: number) => Message | undefined

/** Carries messages between members until nobody says anything new. @returns where each stands. */
async function talk(
  members: readonly Member[],
  id: string,
  carry: Carry = (message) => message,
): Promise<Advanced['progress'][]> {
  const { dealers, description } = (await members[0]!.ceremonies.load(id))!.agreed
  const isOf = ({ type, from }: Message, { store }: Member): boolean => {
    const list = type === 'announce' || type === 'deal' ? dealers : description.members
    return list[from - 1]?.signingKey === store.signingKey
  }
  const said = new Map<number, readonly Message[]>()
  const progress: Advanced['progress'][] = []
  for (let last = -1, now = 0; last < now;) {
    last = now
    for (const [i, member] of members.entries()) {
      const incoming = [...said]
        .filter(([from]) => from !== i)
        // Nobody hands on another's: each gets what its author wants it to have.
        .flatMap(([from, messages]) => messages.filter((each) => isOf(each, members[from]!)))
        .map((message) => carry(message, i + 1))
        .filter((message) => message !== undefined)
      const advanced = await advanceCeremony(member, { id, incoming })
      said.set(i, advanced.messages)
      progress[i] = advanced.progress
    }
    now = [...said.values()].reduce((sum, { length }) => sum + length, 0)
  }
  return progress
}

async function make(
  group: Group,
  more: { threshold: number; members?: readonly Member[]; from?: CommitteeFile },
): Promise<{ id: string; file: CommitteeFile }> {
  const id = await describeCeremony(group, { context, ...more })
  const members = more.members ?? group.members
  await talk(members, id)
  return { id, file: (await members[0]!.ceremonies.result(id))! }
}

/** Whether the shares that these members have of a sharing give its key. */
async function opens(members: readonly Member[], file: CommitteeFile): Promise<boolean> {
  const held = (await Promise.all(members.map(({ store }) => store.shareOf(file.transcript))))
    .filter((share) => share !== undefined)
    .slice(0, file.committee.threshold)
  if (held.length < file.committee.threshold) return false
  const indexes = held.map(({ member }) => member)
  const secret = held.reduce(
    (sum, { member, share }) => modOrder(sum + lagrangeAtZero(indexes, member) * share),
    0n,
  )
  return isSamePoint(mulBase8(secret), decodePoint(file.committee.publicKey))
}

describe('shares of before', () => {
  let group: Group
  let old: CommitteeFile
  before(async () => {
    group = await aGroup(5)
    old = (await make(group, { threshold: 3 })).file
  })
  after(() => group.stop())

  test('stay while a corrupt member has told two transcripts, and open', async () => {
    const [one, two, three, four, corrupt] = group.members as [
      Member,
      Member,
      Member,
      Member,
      Member,
    ]
    const id = await describeCeremony(group, { context, threshold: 3, from: old })
    const progress = await talk(group.members, id, (message, to) => {
      if (message.type !== 'confirm' || message.from !== 5 || to < 3) return message
      const { signature: _, ...unsigned } = message
      const body = { ...message.body, transcript: `0x${'11'.repeat(32)}` }
      return signMessage({ ...unsigned, body }, corrupt.store.identity.signingSecret)
    })
    assert.deepEqual(
      progress.map(({ phase }) => phase).slice(2, 4),
      ['failed', 'failed'],
      'they were told another transcript',
    )
    const made = (await one.ceremonies.result(id))!
    assert.deepEqual(await one.ceremonies.result(id), await two.ceremonies.result(id))
    // Two have new shares, which are too few.
    assert.ok(!(await opens([one, two, three, four], made)))
    for (const honest of [
      [one, two, three],
      [one, two, four],
      [two, three, four],
    ]) {
      assert.ok(await opens(honest, old))
    }
    for (const { journal } of [one, two]) assert.ok(!isDestroyed(journal, old.transcript))
    assert.deepEqual(progress[0], {
      ...{ phase: 'finished', file: made },
      missing: { type: 'kept', from: [3, 4] },
    })
    // What was sealed to those who failed stays sealed.
    const { description } = (await three.ceremonies.load(id))!.agreed
    for (const [i, { store }] of [three, four].entries()) {
      const key = decodePoint(description.members[i + 2]!.encryptionKey)
      assert.equal(await store.preparedSecret(key), undefined)
    }
    // Asked again, also with messages that agree, they stay where they are.
    const again = await talk(group.members, id)
    assert.deepEqual(again.map(({ phase }) => phase).slice(0, 4), [
      'finished',
      'finished',
      'failed',
      'failed',
    ])
    // And the key can be handed over again.
    const other = await make(group, { threshold: 3, from: old })
    assert.ok(await opens([two, three, four], other.file))
    for (const { journal } of group.members) assert.ok(isDestroyed(journal, old.transcript))
  })
})

describe('shares of before go', () => {
  let group: Group
  let old: CommitteeFile
  let made: CommitteeFile
  before(async () => {
    group = await aGroup(4)
    old = (await make(group, { threshold: 2, members: group.members.slice(0, 3) })).file
  })
  after(() => group.stop())

  test('when everybody of the new committee says that it keeps a share of the same transcript', async () => {
    const members = group.members.slice(1)
    const last = members[2]!
    const id = await describeCeremony(group, { context, threshold: 2, members, from: old })
    // Dealers and members have indexes of their own.
    const carryAll: Carry = (message) => message
    const withhold: Carry = (message) =>
      message.type === 'kept' && message.from === 3 ? undefined : message
    const lie: Carry = (message) => {
      if (message.type !== 'kept' || message.from !== 3) return message
      const { signature: _, ...unsigned } = message
      const body = { transcript: `0x${'11'.repeat(32)}` }
      return signMessage({ ...unsigned, body }, last.store.identity.signingSecret)
    }
    for (const carry of [withhold, lie]) {
      const progress = await talk(group.members, id, carry)
      made = (await last.ceremonies.result(id))!
      const missing = { type: 'kept', from: [3] } as const
      const waiting = { phase: 'finished', file: made, missing }
      // The first only hands over, the last only takes; neither, nor who does both, is done before.
      assert.deepEqual(progress, [waiting, waiting, waiting, { phase: 'finished', file: made }])
      assert.ok(await opens(group.members, old))
      assert.ok(await opens(members, made))
    }
    await talk(group.members, id, carryAll)
    for (const { store, journal } of group.members.slice(0, 3)) {
      assert.equal(await store.shareOf(old.transcript), undefined)
      assert.ok(isDestroyed(journal, old.transcript))
    }
    assert.ok(await opens(members, made))
    const attestations = await Promise.all(
      group.members.slice(0, 3).map(({ store }) => attestationOf(store, old.transcript)),
    )
    assert.deepEqual(
      attestations.map((attestation) => attestation?.reason),
      Array(3).fill('handedOver'),
    )
    assert.deepEqual(readAttestations(old, attestations), {
      ...{ destroyed: [1, 2, 3], left: 0, isClosed: true },
    })
  })

  test('and are attested, whenever a crash came in between', async () => {
    const [, member] = group.members
    const { transcript, epoch, kind } = made
    const { dir } = member!.store
    const reason = 'handedOver'
    await member!.journal.append([{ what: 'shareDestroyed', transcript, epoch, key: kind, reason }])
    // The journal has it, and nothing else was done.
    const restarted = await openMember(dir, PASSPHRASE)
    await finishDestructions(restarted)
    assert.equal(await restarted.store.shareOf(transcript), undefined)
    const attested = await attestationOf(restarted.store, transcript)
    assert.deepEqual(readAttestations(made, [attested]).destroyed, [1])
    assert.equal(attested?.reason, reason)
    assert.equal(attested?.journal, restarted.journal.head)
  })
})

describe('the command', () => {
  let group: Group
  let file: CommitteeFile
  let dir: string
  const env = { CINNABAR_PASSPHRASE: PASSPHRASE }
  const at = (name: string) => join(group.dir, name)
  const destroy = (out: string) =>
    runCinnabar(
      ['committee', 'destroy', file.transcript, '--dir', dir, '--out', at(out), '--yes'],
      env,
    )
  before(async () => {
    group = await aGroup(2)
    file = (await make(group, { threshold: 2 })).file
    ;({ dir } = group.members[0]!.store)
  })
  after(() => group.stop())

  test('destroys nothing beside a process that works with the member, and can look', async () => {
    const unlock = group.members[0]!.store.lock()
    const path = join(dir, 'journal.jsonl')
    const journal = await readFile(path, 'utf8')
    // What that process is about to write.
    await appendFile(path, '{"at":')
    const { code, stderr } = await destroy('early.json')
    assert.equal(code, 1)
    assert.match(stderr, /REGULATOR_FOLDER_IN_USE/)
    const status = await runCinnabar(['committee', 'status', '--dir', dir], env)
    assert.equal(status.code, 0, status.stderr)
    assert.equal(await readFile(path, 'utf8'), `${journal}{"at":`)
    unlock()
  })

  test('gives the attestation again', async () => {
    for (const out of ['first.json', 'again.json']) {
      const { code, stderr } = await destroy(out)
      assert.equal(code, 0, stderr)
    }
    const [first, again] = await Promise.all(
      ['first.json', 'again.json'].map((out) => readFile(at(out), 'utf8')),
    )
    assert.equal(again, first)
    const attested = readAttestations(file, [JSON.parse(first!)])
    assert.deepEqual(attested, { destroyed: [1], left: 1, isClosed: true })
    const { journal } = await openMember(dir, PASSPHRASE)
    assert.equal(journal.entries.filter(({ fact }) => fact.what === 'shareDestroyed').length, 1)
  })
})
