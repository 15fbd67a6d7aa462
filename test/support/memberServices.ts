import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import type { PossessionContext } from '../../protocol/auditKeyPossession.ts'
import { bytesToHex } from '../../protocol/field.ts'
import type { Member } from '../../regulator/committee/advanceCeremony.ts'
import { encodePoint } from '../../regulator/committee/bodies.ts'
import { CeremonyLoop } from '../../regulator/committee/ceremonyLoop.ts'
import type { CommitteeFile } from '../../regulator/committee/committeeFile.ts'
import { agreeOn } from '../../regulator/committee/description.ts'
import {
  type AddressBook,
  makeCard,
  makeEntry,
  type MemberCard,
  readAddressBook,
  readEntry,
} from '../../regulator/committee/memberCard.ts'
import { type MemberService, startMemberService } from '../../regulator/committee/memberService.ts'
import type { ConnectionLimits } from '../../regulator/connectionLimits.ts'
import { createMember } from '../../regulator/committee/openMember.ts'
import { createPeerClient, type PeerClient } from '../../regulator/committee/peerClient.ts'
import {
  decodeRegistration,
  provePossessionTogether,
} from '../../regulator/committee/possessionRounds.ts'
import type { ChainSource } from '../../regulator/orders/openingChain.ts'
import { random } from './committees.ts'

// Members with their real stores and services, in this process. test/regulator/committee/processes.test.ts has them in
// processes of their own, by the command.

export const PASSPHRASE = 'members of tests'

export type Group = {
  readonly dir: string
  readonly members: readonly Member[]
  /** Asks, and has no share. */
  readonly office: Member
  services: readonly MemberService[]
  stop(): Promise<void>
}

export async function aGroup(count: number): Promise<Group> {
  const dir = await mkdtemp(join(tmpdir(), 'cinnabar-members-'))
  const names = [...Array.from({ length: count }, (_, i) => `Member ${String(i + 1)}`), 'Office']
  const made = await Promise.all(
    names.map((name, i) => createMember(join(dir, String(i)), PASSPHRASE, { name })),
  )
  const group: Group = {
    dir,
    members: made.slice(0, count),
    office: made[count]!,
    services: [],
    async stop() {
      await stopServices(group)
      await rm(dir, { recursive: true, force: true })
    },
  }
  return group
}

export function cardOf({ store: { identity } }: Member, url?: string): MemberCard {
  return makeCard({ ...identity, certificate: identity.tls.certificate }, url)
}

export function bookOf({ members, office }: Group): AddressBook {
  return readAddressBook({
    type: 'cinnabar.address-book',
    version: 1,
    members: members.map((member) => cardOf(member)),
    clients: [cardOf(office)],
  })
}

export async function startServices(
  group: Group,
  {
    confirmations = 1,
    ...more
  }: { source?: ChainSource; confirmations?: number; limits?: ConnectionLimits } = {},
): Promise<void> {
  await stopServices(group)
  const book = bookOf(group)
  group.services = await Promise.all(
    group.members.map((member) =>
      startMemberService({
        ...{ member, book, confirmations, ...more },
      }),
    ),
  )
}

export async function stopServices(group: Group): Promise<void> {
  await Promise.all(group.services.map((service) => service.stop()))
  group.services = []
}

/** How one of the group reaches the others' services. */
export function peersOf(
  group: Group,
  asker: Member = group.office,
  which: readonly number[] = group.members.map((_, i) => i + 1),
): PeerClient[] {
  return which.map((index) => {
    const { url } = group.services[index - 1]!
    const card = { ...cardOf(group.members[index - 1]!, url), url }
    return createPeerClient(asker.store.identity.tls, card, { timeoutMs: 30_000 })
  })
}

/** Describes a ceremony of some of the group; everybody who takes part joins it. */
export async function describeCeremony(
  group: Group,
  {
    context: { chainId, registry, epoch, kind },
    threshold,
    members = group.members,
    from,
  }: {
    context: PossessionContext
    threshold: number
    members?: readonly Member[]
    from?: CommitteeFile
  },
): Promise<string> {
  const entries = await Promise.all(
    members.map(async ({ store }) =>
      readEntry(makeEntry(store.identity, encodePoint(await store.prepareKey(random)))),
    ),
  )
  const { description, id } = agreeOn({
    version: 1,
    chainId: chainId.toString(),
    registry: registry.toLowerCase(),
    epoch: Number(epoch),
    kind,
    threshold,
    members: entries.map(({ name, encryptionKey, signingKey }, i) => ({
      index: i + 1,
      ...{ name, encryptionKey, signingKey },
    })),
    ...(from === undefined ? {} : { from: from.committee }),
    nonce: bytesToHex(randomBytes(32)),
  })
  const keys = [...description.members, ...(from?.committee.members ?? [])].map(
    ({ signingKey }) => signingKey,
  )
  for (const member of group.members) {
    if (keys.includes(member.store.signingKey)) await member.ceremonies.join(description)
  }
  return id
}

/** Everybody's loop, tick by tick, until all that joined have finished. */
export async function holdCeremony(group: Group, id: string): Promise<CommitteeFile> {
  const loops = group.members.map((member) => new CeremonyLoop(member, peersOf(group, member)))
  for (let round = 0; round < 12; round++) {
    const left = await Promise.all(loops.map((loop) => loop.tick()))
    if (left.every((unfinished) => unfinished.length === 0)) break
  }
  const files = await Promise.all(group.members.map(({ ceremonies }) => ceremonies.result(id)))
  const [file] = files.filter((made) => made !== undefined)
  if (file === undefined) throw new Error('the ceremony did not finish')
  return file
}

/** A ceremony over services, and the proof for the registry, as the deployment takes them. */
export function groupRegistrar(
  group: Group,
  { threshold, onFile }: { threshold: number; onFile: (file: CommitteeFile) => void },
) {
  return async (context: PossessionContext) => {
    await startServices(group)
    const id = await describeCeremony(group, { context, threshold })
    const file = await holdCeremony(group, id)
    onFile(file)
    const which = Array.from({ length: threshold }, (_, i) => i + 1)
    const registration = await provePossessionTogether(
      file,
      peersOf(group, group.office, which),
      random,
    )
    return decodeRegistration(registration)
  }
}
