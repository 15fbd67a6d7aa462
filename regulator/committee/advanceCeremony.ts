import { bytesToHex } from '../../protocol/field.ts'
import type { RandomBytes } from '../../protocol/memo.ts'
import { decodePoint, encodeCommittee } from './bodies.ts'
import type { CeremonyFolder, StoredCeremony } from './ceremonyFolder.ts'
import { addMessages, type Participant, type Progress, step } from './ceremonyRun.ts'
import type { CommitteeFile } from './committeeFile.ts'
import { destroyShare } from './destroyShare.ts'
import { type Message, type MessageType, readMessage } from './envelope.ts'
import { CeremonyUnknownError, MessageRefusedError, ShareMissingError } from './errors.ts'
import type { Journal } from './journal.ts'
import type { MemberStore } from './memberStore.ts'
import type { Turns } from './turns.ts'

/** A member with what it keeps. */
export type Member = {
  readonly store: MemberStore
  readonly ceremonies: CeremonyFolder
  readonly journal: Journal
  /** Whatever uses, keeps or destroys a share, beside other things in one process, takes its turn. */
  readonly turns: Turns
  readonly randomBytes: RandomBytes
}

export type Advanced = {
  /** Every message that this member has, its own included: what others may ask for. */
  readonly messages: readonly Message[]
  readonly progress: Progress | { readonly phase: 'finished'; readonly file: CommitteeFile }
  /** Incoming ones that were dropped, and why. */
  readonly refused: readonly MessageRefusedError[]
}

/**
 * Takes a ceremony as far as what came in allows, however it came: over TLS or in files. What was said is on disk before it is
 * shown, and a share is kept, with its predecessor and its sealing key destroyed, before the ceremony counts as finished.
 *
 * @throws {CeremonyUnknownError | NotAMemberError | ShareMissingError}
 */
export async function advanceCeremony(
  member: Member,
  { id, incoming = [], close }: { id: string; incoming?: readonly unknown[]; close?: MessageType },
): Promise<Advanced> {
  const { ceremonies, randomBytes } = member
  const stored = await ceremonies.load(id)
  if (stored === undefined) throw new CeremonyUnknownError({ id })
  const file = await ceremonies.result(id)
  if (file !== undefined) {
    await destroySealingKey(member, stored)
    return {
      messages: stored.run.messages,
      progress: { phase: 'finished', file },
      refused: [],
    }
  }
  const { accepted, refused } = sift(stored, incoming)
  const taken = addMessages(stored.run, accepted)
  const participant = await participantOf(member, stored)
  const { run, progress } = step(stored.agreed, participant, taken, {
    randomBytes,
    ...(close === undefined ? {} : { close }),
  })
  await ceremonies.save({
    agreed: stored.agreed,
    run,
    ...(progress.phase === 'failed' ? { failure: progress.error.code } : {}),
  })
  if (progress.phase === 'done') await finish(member, stored, progress)
  return { messages: run.messages, progress, refused }
}

function sift(
  { agreed }: StoredCeremony,
  incoming: readonly unknown[],
): { accepted: Message[]; refused: MessageRefusedError[] } {
  const accepted: Message[] = []
  const refused: MessageRefusedError[] = []
  for (const value of incoming) {
    try {
      accepted.push(readMessage(agreed, value))
    } catch (error) {
      if (!(error instanceof MessageRefusedError)) throw error
      refused.push(error)
    }
  }
  return { accepted, refused }
}

async function participantOf(
  { store }: Member,
  { agreed: { description } }: StoredCeremony,
): Promise<Participant> {
  const { signingKey } = store
  const own = description.members.find((listed) => listed.signingKey === signingKey)
  const encryptionSecret =
    own === undefined ? 0n : await store.preparedSecret(decodePoint(own.encryptionKey))
  if (encryptionSecret === undefined) {
    throw new ShareMissingError({ reason: 'the key that it prepared for this ceremony is gone' })
  }
  const present = await presentShareOf(store, description)
  return {
    signingSecret: store.identity.signingSecret,
    signingKey,
    encryptionSecret,
    ...(present === undefined ? {} : { presentShare: present.share }),
  }
}

/** Its share of the key that is handed over, where it has one. */
async function presentShareOf(
  store: MemberStore,
  { from }: StoredCeremony['agreed']['description'],
) {
  if (from === undefined) return undefined
  const own = from.members.find((listed) => listed.signingKey === store.signingKey)
  if (own === undefined) return undefined
  const key = from.shareKeys[own.index - 1]
  return (await store.shares()).find(({ file, member }) => {
    const held = file.committee.shareKeys[member - 1]
    return member === own.index && held?.x === key?.x && held?.y === key?.y
  })
}

async function finish(
  member: Member,
  stored: StoredCeremony,
  { outcome, share }: Extract<Progress, { phase: 'done' }>,
): Promise<void> {
  const { store, ceremonies, journal } = member
  const { agreed } = stored
  const { description } = agreed
  const { chainId, registry, epoch, kind } = description
  const file: CommitteeFile = {
    type: 'cinnabar.committee',
    version: 1,
    ...{ chainId, registry, epoch, kind },
    committee: encodeCommittee(outcome.committee, description.members),
    transcript: bytesToHex(outcome.transcript),
  }
  const own = description.members.find((listed) => listed.signingKey === store.signingKey)
  if (own !== undefined && share !== undefined) {
    await store.keepShare({ file, member: own.index, share })
    const { transcript } = file
    await journal.append([{ what: 'shareKept', transcript, epoch, key: kind }])
  }
  const present = await presentShareOf(store, description)
  if (present !== undefined) await destroyShare(member, present, 'handedOver')
  // A crash before this does all of the above once more, which changes nothing.
  await ceremonies.finish(agreed.id, file)
  await destroySealingKey(member, stored)
}

/** With it the ceremony's messages, which are in many hands, would give the share again. */
async function destroySealingKey(
  { store }: Member,
  { agreed: { description } }: StoredCeremony,
): Promise<void> {
  const own = description.members.find((listed) => listed.signingKey === store.signingKey)
  if (own !== undefined) await store.destroyPrepared(decodePoint(own.encryptionKey))
}
