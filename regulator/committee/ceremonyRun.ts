import { checkCommittee } from '../../protocol/committee/ceremony.ts'
import {
  checkDealing,
  complain,
  type Complaint,
  deal,
  type Dealing,
  DealingError,
  hashDealing,
  openShare,
} from '../../protocol/committee/dealing.ts'
import { BaseError } from '../../protocol/errors.ts'
import {
  combineShares,
  CommitteeKeyUnusableError,
  finishCeremony,
  isShareOf,
  type Outcome,
  TooFewDealersError,
} from '../../protocol/committee/finishCeremony.ts'
import { bytesToHex, hexToBytes } from '../../protocol/field.ts'
import type { RandomBytes } from '../../protocol/memo.ts'
import {
  decodeComplaints,
  decodeDealing,
  encodeComplaint,
  encodeDealing,
  encodePoint,
} from './bodies.ts'
import type { AgreedCeremony } from './description.ts'
import {
  type Message,
  messageKey,
  type MessageOf,
  type MessageType,
  signMessage,
} from './envelope.ts'
import { NotAMemberError, ShareMissingError, TranscriptsDifferError } from './errors.ts'

/** What one member brings to a ceremony. */
export type Participant = {
  readonly signingSecret: Uint8Array
  readonly signingKey: string
  readonly encryptionSecret: bigint
  /** Handing over: its share of the key, where it is one of those who have it. */
  readonly presentShare?: bigint
}

/** What a member keeps of a ceremony under way. */
export type Run = {
  /** Every message that came in and was accepted, and one's own. */
  readonly messages: readonly Message[]
  /** Made once: what was announced is what is dealt, also after a crash. */
  readonly ownDealing?: Dealing
  /** Rounds that were closed without somebody. What comes from them later does not count. */
  readonly closed?: readonly Missing[]
}

/** Who a round still waits for. */
export type Missing = { readonly type: MessageType; readonly from: readonly number[] }

export type Progress =
  | {
      readonly phase: 'announcing' | 'dealing' | 'judging' | 'confirming'
      readonly missing: Missing
    }
  | {
      readonly phase: 'done'
      readonly outcome: Outcome
      /** Absent for a dealer who is not in the new committee. */
      readonly share: bigint | undefined
    }
  /** Nothing that comes later changes it: hold the ceremony again. */
  | {
      readonly phase: 'failed'
      readonly error: TranscriptsDifferError | TooFewDealersError | CommitteeKeyUnusableError
    }

export type StepResult = {
  readonly run: Run
  /** What is new and must reach everybody. */
  readonly outgoing: readonly Message[]
  readonly progress: Progress
}

/**
 * Takes a ceremony as far as the messages at hand allow. Pure but for randomness: the same messages give the same outcome
 * to everybody.
 *
 *     announcing ──▶ dealing ──▶ judging ──▶ confirming ──▶ done
 *
 * Each round waits for all, unless its operator closes it without those who are missing (`close`). Members who close a round
 * with different messages come to different transcripts, which the last round finds out.
 *
 * @throws {NotAMemberError | ShareMissingError}
 */
export function step(
  agreed: AgreedCeremony,
  participant: Participant,
  run: Run,
  { close, randomBytes }: { close?: MessageType; randomBytes: RandomBytes },
): StepResult {
  const { ceremony, dealers, description } = agreed
  const dealerIndex = indexOf(dealers, participant)
  const memberIndex = indexOf(description.members, participant)
  if (dealerIndex === undefined && memberIndex === undefined) throw new NotAMemberError()

  const outgoing: Message[] = []
  let messages = [...run.messages]
  let closed = run.closed ?? []
  let ownDealing = run.ownDealing
  const publish = (draft: Draft): void => {
    const message = signMessage(
      { version: 1, ceremony: agreed.id, ...draft },
      participant.signingSecret,
    )
    messages = [...messages, message]
    outgoing.push(message)
  }
  const of = <T extends MessageType>(type: T): MessageOf<T>[] =>
    messages.filter(
      (message): message is MessageOf<T> =>
        message.type === type && !isLeftOut(closed, type, message.from),
    )
  const has = (type: MessageType, from: number): boolean =>
    of(type).some((message) => message.from === from)
  /** Whom a round waits for; nobody once it is closed. */
  const missingOf = (type: MessageType, from: readonly { index: number }[]): Missing => {
    const missing = from
      .map(({ index }) => index)
      .filter((index) => !has(type, index) && !isLeftOut(closed, type, index))
    if (close !== type || missing.length === 0) return { type, from: missing }
    closed = [...closed, { type, from: missing }]
    return { type, from: [] }
  }
  const result = (progress: Progress): StepResult => ({
    run: {
      messages,
      ...(ownDealing === undefined ? {} : { ownDealing }),
      ...(closed.length === 0 ? {} : { closed }),
    },
    outgoing,
    progress,
  })

  if (dealerIndex !== undefined && !has('announce', dealerIndex)) {
    ownDealing ??= deal(ceremony, {
      dealer: dealerIndex,
      ...presentShareOf(agreed, dealerIndex, participant),
      randomBytes,
    })
    const hash = bytesToHex(hashDealing(ownDealing))
    publish({ type: 'announce', from: dealerIndex, body: { dealing: hash } })
  }
  const unannounced = missingOf('announce', dealers)
  if (unannounced.from.length > 0) {
    return result({ phase: 'announcing', missing: unannounced })
  }

  if (dealerIndex !== undefined && ownDealing !== undefined && !has('deal', dealerIndex)) {
    publish({ type: 'deal', from: dealerIndex, body: encodeDealing(ownDealing) })
  }
  const announcedDealers = dealers.filter(({ index }) => has('announce', index))
  const undealt = missingOf('deal', announcedDealers)
  if (undealt.from.length > 0) return result({ phase: 'dealing', missing: undealt })

  const dealings = of('deal').map((message) =>
    decodeDealing(message.body, { ceremony: agreed.idBytes, dealer: message.from }),
  )
  if (memberIndex !== undefined && !has('judge', memberIndex)) {
    const complaints = findWrongShares(agreed, memberIndex, participant, dealings, randomBytes)
    publish({
      type: 'judge',
      from: memberIndex,
      body: { complaints: complaints.map(encodeComplaint) },
    })
  }
  const unjudged = missingOf('judge', description.members)
  if (unjudged.from.length > 0) return result({ phase: 'judging', missing: unjudged })

  const outcome = finish(agreed, announcements(of('announce')), dealings, of('judge'))
  if (outcome instanceof BaseError) return result({ phase: 'failed', error: outcome })
  checkCommittee(outcome.committee)
  const share =
    memberIndex === undefined
      ? undefined
      : ownShare(agreed, memberIndex, participant, dealings, outcome)
  if (memberIndex !== undefined && !has('confirm', memberIndex)) {
    publish({
      type: 'confirm',
      from: memberIndex,
      body: {
        transcript: bytesToHex(outcome.transcript),
        publicKey: encodePoint(outcome.committee.publicKey),
        qualified: [...outcome.qualified],
      },
    })
  }
  const confirmed = of('confirm')
  const disagreement = findDisagreement(outcome, confirmed)
  if (disagreement !== undefined) return result({ phase: 'failed', error: disagreement })
  const unconfirmed = missingOf('confirm', description.members)
  // A key that fewer than t members say they have a share of could not be used.
  const isEnough = new Set(confirmed.map(({ from }) => from)).size >= description.threshold
  if (unconfirmed.from.length > 0 || !isEnough) {
    return result({ phase: 'confirming', missing: unconfirmed })
  }
  return result({ phase: 'done', outcome, share })
}

/** Of one author and type. Two different ones are proof of cheating; more would only fill the disk. */
const MAX_VERSIONS = 4

/** Adds messages that were read and verified; the same one twice is one. */
export function addMessages(run: Run, incoming: readonly Message[]): Run {
  const known = new Set(run.messages.map(messageKey))
  const versions = new Map<string, number>()
  const count = ({ type, from }: Message): number => {
    const name = `${type} ${String(from)}`
    const counted = (versions.get(name) ?? 0) + 1
    versions.set(name, counted)
    return counted
  }
  for (const message of run.messages) count(message)
  const added = incoming.filter((message) => {
    const key = messageKey(message)
    if (known.has(key) || count(message) > MAX_VERSIONS) return false
    known.add(key)
    return true
  })
  return added.length === 0 ? run : { ...run, messages: [...run.messages, ...added] }
}

function isLeftOut(closed: readonly Missing[], type: MessageType, index: number): boolean {
  return closed.some((round) => round.type === type && round.from.includes(index))
}

type Draft = { [T in MessageType]: Pick<MessageOf<T>, 'type' | 'from' | 'body'> }[MessageType]

function indexOf(
  list: readonly { index: number; signingKey: string }[],
  { signingKey }: Participant,
): number | undefined {
  return list.find((member) => member.signingKey === signingKey)?.index
}

function presentShareOf(
  { ceremony: { from } }: AgreedCeremony,
  dealer: number,
  { presentShare }: Participant,
): { presentShare?: bigint } {
  if (from === undefined) return {}
  if (presentShare === undefined || !isShareOf(from, dealer, presentShare)) {
    throw new ShareMissingError({ reason: 'it cannot hand over what it does not have' })
  }
  return { presentShare }
}

/** Two announcements of one dealer are none: it may not choose later. */
function announcements(messages: readonly MessageOf<'announce'>[]): Map<number, Uint8Array> {
  const hashes = new Map<number, Set<string>>()
  for (const { from, body } of messages) {
    hashes.set(from, (hashes.get(from) ?? new Set()).add(body.dealing))
  }
  return new Map(
    [...hashes].flatMap(([dealer, [hash, ...others]]) =>
      hash === undefined || others.length > 0 ? [] : [[dealer, hexToBytes(hash)] as const],
    ),
  )
}

function findWrongShares(
  { ceremony }: AgreedCeremony,
  index: number,
  { encryptionSecret }: Participant,
  dealings: readonly Dealing[],
  randomBytes: RandomBytes,
): Complaint[] {
  return dealings.flatMap((dealing) => {
    // A dealing that is wrong for everybody needs no complaint.
    if (!isValid(() => checkDealing(ceremony, dealing))) return []
    if (openShare(ceremony, dealing, { index, encryptionSecret }) !== undefined) return []
    return [complain(ceremony, dealing, { index, encryptionSecret, randomBytes })]
  })
}

function isValid(check: () => void): boolean {
  try {
    check()
    return true
  } catch (error) {
    if (error instanceof DealingError) return false
    throw error
  }
}

function ownShare(
  { ceremony }: AgreedCeremony,
  index: number,
  { encryptionSecret }: Participant,
  dealings: readonly Dealing[],
  outcome: Outcome,
): bigint {
  const shares = new Map<number, bigint>()
  for (const dealing of dealings) {
    if (!outcome.qualified.includes(dealing.dealer)) continue
    const share = openShare(ceremony, dealing, { index, encryptionSecret })
    if (share !== undefined) shares.set(dealing.dealer, share)
  }
  const share = combineShares(ceremony, outcome, shares)
  if (!isShareOf(outcome.committee, index, share)) {
    throw new ShareMissingError({ reason: 'what was dealt to it does not make one' })
  }
  return share
}

/** K5: everybody who says what it saw must have seen the same. */
function findDisagreement(
  { transcript }: Pick<Outcome, 'transcript'>,
  confirmed: readonly MessageOf<'confirm'>[],
): TranscriptsDifferError | undefined {
  const groups = new Map<string, number[]>([[bytesToHex(transcript), []]])
  for (const { from, body } of confirmed) {
    const group = groups.get(body.transcript) ?? []
    group.push(from)
    groups.set(body.transcript, group)
  }
  return groups.size > 1 ? new TranscriptsDifferError({ groups: [...groups.values()] }) : undefined
}

function finish(
  { ceremony, idBytes }: AgreedCeremony,
  announced: ReadonlyMap<number, Uint8Array>,
  dealings: readonly Dealing[],
  judgements: readonly MessageOf<'judge'>[],
): Outcome | TooFewDealersError | CommitteeKeyUnusableError {
  const complaints = judgements.flatMap((message) =>
    decodeComplaints(message.body, { ceremony: idBytes, complainer: message.from }),
  )
  try {
    return finishCeremony(ceremony, { announced, dealings, complaints })
  } catch (error) {
    if (error instanceof TooFewDealersError || error instanceof CommitteeKeyUnusableError) {
      return error
    }
    throw error
  }
}
