// Proofs of possession by members with real stores and services: what a session's nonces are answered with, and whom.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { PossessionContext } from '../../../protocol/auditKeyPossession.ts'
import {
  commitToPossession,
  registrationPointOf,
  verifyPossession,
} from '../../../protocol/committee/possession.ts'
import { randomScalar } from '../../../protocol/committee/scalars.ts'
import { formatField } from '../../../protocol/field.ts'
import { decodePoint, encodePoint } from '../../../regulator/committee/bodies.ts'
import {
  type CommitteeFile,
  readCommitteeBody,
} from '../../../regulator/committee/committeeFile.ts'
import { openMember } from '../../../regulator/committee/openMember.ts'
import { createPeerClient, type PeerClient } from '../../../regulator/committee/peerClient.ts'
import {
  decodeRegistration,
  encodeCommitment,
  provePossessionTogether,
} from '../../../regulator/committee/possessionRounds.ts'
import { random } from '../../support/committees.ts'
import '../../support/lightPassphrases.ts'
import {
  aGroup,
  cardOf,
  describeCeremony,
  type Group,
  holdCeremony,
  PASSPHRASE,
  peersOf,
  startServices,
  stopServices,
} from '../../support/memberServices.ts'

const context: PossessionContext = {
  chainId: 31_337n,
  registry: '0x00000000000000000000000000000000000000aa',
  epoch: 1n,
  kind: 'investigation',
}

let group: Group
let file: CommitteeFile
let asOffice: PeerClient
before(async () => {
  group = await aGroup(3)
  await startServices(group)
  file = await holdCeremony(group, await describeCeremony(group, { context, threshold: 2 }))
  ;[asOffice] = peersOf(group, group.office, [1]) as [PeerClient]
})
after(() => group.stop())

const aSession = () => formatField(randomScalar(random))
/** What somebody who wants a share of the proof invents for another member: it knows these nonces. */
const invented = (member = 2) => encodeCommitment(commitToPossession(member, random).commitment)
const begin = (peer: PeerClient, session: string) =>
  peer.post('/v1/possession/commitments', { transcript: file.transcript, session })
const answer = (peer: PeerClient, session: string, ...commitments: unknown[]) =>
  peer.post('/v1/possession/shares', { transcript: file.transcript, session, commitments })
const isRefused = { reason: 'COMMITTEE_POSSESSION_REFUSED' }

describe('a session is answered once', () => {
  test('of many requests at once one is answered: one equation for three unknowns', async () => {
    const session = aSession()
    const own = await begin(asOffice, session)
    // Each answer is s = d + ρ·e + λ·c·x with another ρ and c: three of them give the share x.
    const answers = await Promise.allSettled(
      Array.from({ length: 24 }, () => answer(asOffice, session, own, invented())),
    )
    assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const each of answers) {
      if (each.status === 'rejected') assert.equal(each.reason.reason, isRefused.reason)
    }
    await assert.rejects(answer(asOffice, session, own, invented()), isRefused)
  })

  test('the store gives out nonces once, whoever asks at once', async () => {
    const { store } = group.members[0]!
    const session = aSession()
    const { nonces } = commitToPossession(1, random)
    await store.keepNonces(session, { caller: 'somebody', transcript: file.transcript, nonces })
    // A second store on the same folder is what another process is.
    const other = await openMember(store.dir, PASSPHRASE)
    const taken = await Promise.all(
      Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? store : other.store).takeNonces(session)),
    )
    assert.equal(taken.filter((given) => given !== undefined).length, 1)
  })

  test('a refused answer uses them up, and the session is not begun again', async () => {
    const session = aSession()
    const own = await begin(asOffice, session)
    await assert.rejects(answer(asOffice, session, invented(2), invented(3)), {
      reason: 'COMMITTEE_POSSESSION_ROUND',
    })
    await assert.rejects(answer(asOffice, session, own, invented()), isRefused)
    await assert.rejects(begin(asOffice, session), isRefused)
  })

  test('a session under way is not begun again', async () => {
    const session = aSession()
    const own = await begin(asOffice, session)
    await assert.rejects(begin(asOffice, session), isRefused)
    assert.ok(await answer(asOffice, session, own, invented()))
  })

  test('also after a restart, and with the nonces back from a copy', async () => {
    const session = aSession()
    const own = await begin(asOffice, session)
    const { store } = group.members[0]!
    const copy = await store.waitingNonces(session)
    await answer(asOffice, session, own, invented())
    await store.keepNonces(session, copy!)
    await stopServices(group)
    const reopened: Group = { ...group, members: [await openMember(store.dir, PASSPHRASE)] }
    await startServices(reopened)
    const [peer] = peersOf(reopened, group.office, [1])
    await assert.rejects(answer(peer!, session, own, invented()), isRefused)
    await assert.rejects(begin(peer!, session), isRefused)
    await stopServices(reopened)
    await startServices(group)
    ;[asOffice] = peersOf(group, group.office, [1]) as [PeerClient]
  })
})

test('a session is the caller’s who began it, and of one key', async () => {
  const session = aSession()
  const own = await begin(asOffice, session)
  const [asMember] = peersOf(group, group.members[1], [1])
  await assert.rejects(answer(asMember!, session, own, invented()), isRefused)
  await assert.rejects(begin(asMember!, session), isRefused)
  assert.ok(await answer(asOffice, session, own, invented()))
})

describe('members who do not come, or do not play by the rules', () => {
  const prove = async (peers: readonly PeerClient[]) => {
    const { q, proof } = decodeRegistration(await provePossessionTogether(file, peers, random))
    assert.deepEqual(q, registrationPointOf(readCommitteeBody(file.committee)))
    assert.ok(verifyPossession(context, decodePoint(file.committee.publicKey), proof))
  }
  type Answer = { member: number; hiding?: object; s?: string }
  const changing = (peer: PeerClient, change: (body: Answer) => object): PeerClient => ({
    ...peer,
    post: async (path, body) => change((await peer.post(path, body)) as Answer),
  })

  test('are left out as long as t others are there', async () => {
    const [first, second, third] = peersOf(group) as [PeerClient, PeerClient, PeerClient]
    await prove([first, second, third])
    const wrongs = [
      changing(first, (body) => (body.s === undefined ? body : { ...body, s: formatField(5n) })),
      changing(first, (body) => ({ ...body, member: 2 })),
      changing(first, (body) =>
        body.hiding === undefined ? body : { ...body, hiding: encodePoint({ x: 0n, y: 1n }) },
      ),
      changing(first, () => ({})),
    ]
    for (const wrong of wrongs) await prove([wrong, second, third])
    await assert.rejects(provePossessionTogether(file, [wrongs[0]!, third], random), {
      code: 'COMMITTEE_POSSESSION_WRONG',
      members: [1],
    })
    await assert.rejects(provePossessionTogether(file, [wrongs[1]!, third], random), {
      code: 'COMMITTEE_PEER_ANSWER_INVALID',
    })
  })

  test('one that is away does not stop it', async () => {
    const nobody = { ...cardOf(group.members[0]!), url: 'https://127.0.0.1:1' }
    const away = createPeerClient(group.office.store.identity.tls, nobody)
    const [, second, third] = peersOf(group) as [PeerClient, PeerClient, PeerClient]
    await prove([away, second, third])
    await assert.rejects(provePossessionTogether(file, [away, second], random), {
      code: 'COMMITTEE_PEER_UNAVAILABLE',
    })
  })
})
