import { bytesToHex } from '../../protocol/field.ts'
import type { RandomBytes } from '../../protocol/memo.ts'
import { decodePoint, encodeCommittee } from './bodies.ts'
import type { CeremonyFolder, StoredCeremony } from './ceremonyFolder.ts'
import { addMessages, type Missing, type Participant, type Progress, step } from './ceremonyRun.ts'
import type { CommitteeFile } from './committeeFile.ts'
import { destroyShare } from './destroyShare.ts'
import { type Message, type MessageType, readMessage, signMessage } from './envelope.ts'
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
  readonly progress: Exclude<Progress, { phase: 'done' | 'failed' }> | Failed | Finished
  /** Incoming ones that were dropped, and why. */
  readonly refused: readonly MessageRefusedError[]
}

export type Failed = {
  readonly phase: 'failed'
  /** Of the error that it failed with. */
  readonly code: string
}

export type Finished = {
  readonly phase: 'finished'
  readonly file: CommitteeFile
  /** After a handing over: whose word the destruction of this member's share of before waits for. */
  readonly missing?: Missing
}

/**
 * Takes a ceremony as far as what came in allows, however it came: over TLS or in files. What was said is on disk before it is
 * shown, and a share is kept before the ceremony counts as finished.
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
  // Nothing that comes later makes a share of it; messages that are in many hands stay sealed.
  if (stored.failure !== undefined) return fail(member, stored, stored.failure)
  const { accepted, refused } = sift(stored, incoming)
  const file = await ceremonies.result(id)
  if (file !== undefined) {
    const kept = accepted.filter(({ type }) => type === 'kept')
    const run = addMessages(stored.run, kept)
    if (run !== stored.run) await ceremonies.save({ agreed: stored.agreed, run })
    return { ...(await conclude(member, { agreed: stored.agreed, run }, file)), refused }
  }
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
  if (progress.phase === 'done') {
    const made = await finish(member, stored, progress)
    return { ...(await conclude(member, { agreed: stored.agreed, run }, made)), refused }
  }
  if (progress.phase === 'failed') {
    const failed = await fail(member, { agreed: stored.agreed, run }, progress.error.code)
    return { ...failed, refused }
  }
  return { messages: run.messages, progress, refused }
}

async function fail(
  member: Member,
  stored: Pick<StoredCeremony, 'agreed' | 'run'>,
  code: string,
): Promise<Advanced> {
  await destroySealingKey(member, stored)
  return { messages: stored.run.messages, progress: { phase: 'failed', code }, refused: [] }
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
  made?: CommitteeFile,
) {
  if (from === undefined) return undefined
  const own = from.members.find((listed) => listed.signingKey === store.signingKey)
  if (own === undefined) return undefined
  const key = from.shareKeys[own.index - 1]
  return (await store.shares()).find(({ file, member }) => {
    const held = file.committee.shareKeys[member - 1]
    // Where one opens alone, every share is the key, and the new one looks like the old one.
    const isNew = file.transcript === made?.transcript
    return !isNew && member === own.index && held?.x === key?.x && held?.y === key?.y
  })
}

async function finish(
  member: Member,
  stored: StoredCeremony,
  { outcome, share }: Extract<Progress, { phase: 'done' }>,
): Promise<CommitteeFile> {
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
  // A crash before this does all of the above once more, which changes nothing.
  await ceremonies.finish(agreed.id, file)
  return file
}

/**
 * What comes after a ceremony. In a handing over members say that they have their new shares on disk, and one's share of before is
 * destroyed when all members of the new committee have said so of the same transcript. That a member is done shows nothing of the
 * others: who tells some of them another transcript makes them fail, and fewer than t new shares might be left.
 */
async function conclude(
  member: Member,
  stored: Pick<StoredCeremony, 'agreed' | 'run'>,
  file: CommitteeFile,
): Promise<Omit<Advanced, 'refused'>> {
  const { store, ceremonies } = member
  const { agreed } = stored
  const { description, id } = agreed
  const { transcript } = file
  await destroySealingKey(member, stored)
  let { run } = stored
  const hasSaid = (index: number): boolean =>
    run.messages.some(
      ({ type, from, body }) => type === 'kept' && from === index && body.transcript === transcript,
    )
  const finished = { phase: 'finished', file } as const
  if (description.from === undefined) return { messages: run.messages, progress: finished }

  const own = description.members.find((listed) => listed.signingKey === store.signingKey)
  // Read back: said of what is there and opens, and not again of what was destroyed since.
  if (own !== undefined && !hasSaid(own.index) && (await store.shareOf(transcript)) !== undefined) {
    const said = signMessage(
      { version: 1, ceremony: id, type: 'kept', from: own.index, body: { transcript } },
      store.identity.signingSecret,
    )
    run = { ...run, messages: [...run.messages, said] }
    await ceremonies.save({ agreed, run })
  }
  const { messages } = run
  const from = description.members.map(({ index }) => index).filter((index) => !hasSaid(index))
  const before = await presentShareOf(store, description, file)
  if (before === undefined) return { messages, progress: finished }
  if (from.length > 0) {
    return { messages, progress: { ...finished, missing: { type: 'kept', from } } }
  }
  await destroyShare(member, before, 'handedOver')
  return { messages, progress: finished }
}

/** With it the ceremony's messages, which are in many hands, would give the share again. */
async function destroySealingKey(
  { store }: Member,
  { agreed: { description } }: Pick<StoredCeremony, 'agreed'>,
): Promise<void> {
  const own = description.members.find((listed) => listed.signingKey === store.signingKey)
  if (own !== undefined) await store.destroyPrepared(decodePoint(own.encryptionKey))
}
