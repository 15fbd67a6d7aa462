import { BaseError } from '../../protocol/errors.ts'

/** Parent of what can be wrong with a message from outside: it is dropped, and nothing else happens. */
export class MessageRefusedError extends BaseError {
  override readonly name: string = 'MessageRefusedError'
  constructor({ reason }: { reason: string }) {
    super(`The message is refused: ${reason}.`, {
      code: 'COMMITTEE_MESSAGE_REFUSED',
      metaMessages: ['Ask its author to send it again, unchanged, for this ceremony.'],
    })
  }
}

export class DescriptionInvalidError extends BaseError {
  override readonly name = 'DescriptionInvalidError'
  constructor({ reason }: { reason: string }) {
    super(`The ceremony's description cannot be used: ${reason}.`, {
      code: 'COMMITTEE_DESCRIPTION_INVALID',
      metaMessages: ['Agree on a corrected description; every member needs the same file.'],
    })
  }
}

export class NotAMemberError extends BaseError {
  override readonly name = 'NotAMemberError'
  constructor() {
    super('The description does not name this member.', {
      code: 'COMMITTEE_NOT_A_MEMBER',
      metaMessages: [
        'Its keys must be among `members`, or for handing over among those of `from`.',
        'Make an entry with `cinnabar committee prepare`, and use the description that names it.',
      ],
    })
  }
}

export class ShareMissingError extends BaseError {
  override readonly name = 'ShareMissingError'
  constructor({ reason }: { reason: string }) {
    super(`This member has no share of that key: ${reason}.`, {
      code: 'COMMITTEE_SHARE_MISSING',
      metaMessages: ['List what it has with `cinnabar committee status`.'],
    })
  }
}

export class TranscriptsDifferError extends BaseError {
  override readonly name = 'TranscriptsDifferError'
  constructor({ groups }: { groups: readonly (readonly number[])[] }) {
    super('Members do not agree on what happened in the ceremony.', {
      code: 'COMMITTEE_TRANSCRIPTS_DIFFER',
      metaMessages: [
        ...groups.map((members) => `Members of one view: ${members.join(', ')}`),
        'Somebody told them different things, or a message was late. The key must not be used.',
        'Compare the messages, and hold the ceremony again.',
      ],
    })
  }
}

export class CardInvalidError extends BaseError {
  override readonly name = 'CardInvalidError'
  constructor({ reason }: { reason: string }) {
    super(`The card, entry or address book cannot be used: ${reason}.`, {
      code: 'COMMITTEE_CARD_INVALID',
      metaMessages: ['Ask its author for it again, over a way that you trust.'],
    })
  }
}

export class CommitteeFileInvalidError extends BaseError {
  override readonly name = 'CommitteeFileInvalidError'
  constructor({ reason }: { reason: string }) {
    super(`The committee's description cannot be used: ${reason}.`, {
      code: 'COMMITTEE_FILE_INVALID',
      metaMessages: ['Every member prints it with `cinnabar committee status`.'],
    })
  }
}

export class JournalDamagedError extends BaseError {
  override readonly name = 'JournalDamagedError'
  constructor({ path, number }: { path: string; number: number }) {
    super('The journal does not hold together.', {
      code: 'COMMITTEE_JOURNAL_DAMAGED',
      metaMessages: [
        `File:  ${path}`,
        `Entry: ${String(number)}`,
        'Keep the file as evidence, find out who changed it, and restore it from a copy.',
      ],
    })
  }
}

export class CeremonyUnknownError extends BaseError {
  override readonly name = 'CeremonyUnknownError'
  constructor({ id }: { id: string }) {
    super('This member has not joined such a ceremony.', {
      code: 'COMMITTEE_CEREMONY_UNKNOWN',
      metaMessages: [`Ceremony: ${id}`, 'Join it with `cinnabar committee join DESCRIPTION`.'],
    })
  }
}

export class AttestationInvalidError extends BaseError {
  override readonly name = 'AttestationInvalidError'
  constructor({ reason }: { reason: string }) {
    super(`The attestation of a destruction cannot be used: ${reason}.`, {
      code: 'COMMITTEE_ATTESTATION_INVALID',
      metaMessages: ['Ask the member for it again.'],
    })
  }
}

export class PeerUnavailableError extends BaseError {
  override readonly name = 'PeerUnavailableError'
  constructor({ name, cause }: { name: string; cause: unknown }) {
    const code = (cause as { code?: unknown }).code
    super('A member does not answer.', {
      code: 'COMMITTEE_PEER_UNAVAILABLE',
      metaMessages: [
        `Member: ${name}`,
        ...(typeof code === 'string' ? [`Reason: ${code}`] : []),
        'Its service must run, and both address books must have the present certificates.',
      ],
      cause,
    })
  }
}

export class PeerRefusedError extends BaseError {
  override readonly name = 'PeerRefusedError'
  /** The member's own code. */
  readonly reason: string
  constructor({ name, reason, message }: { name: string; reason: string; message: string }) {
    super('A member refuses.', {
      code: 'COMMITTEE_PEER_REFUSED',
      metaMessages: [`Member: ${name}`, `Code:   ${reason}`, message],
    })
    this.reason = reason
  }
}

export class PeerAnswerInvalidError extends BaseError {
  override readonly name = 'PeerAnswerInvalidError'
  constructor({ name }: { name: string }) {
    super('A member’s answer cannot be read.', {
      code: 'COMMITTEE_PEER_ANSWER_INVALID',
      metaMessages: [`Member: ${name}`, 'Its software may be of another version.'],
    })
  }
}

export class PossessionRefusedError extends BaseError {
  override readonly name = 'PossessionRefusedError'
  constructor({ reason }: { reason: string }) {
    super(`This member does not take part in the proof of possession: ${reason}.`, {
      code: 'COMMITTEE_POSSESSION_REFUSED',
      metaMessages: ['Start again, for the key’s own registry and epoch, with fresh commitments.'],
    })
  }
}

export class CallerRefusedError extends BaseError {
  override readonly name = 'CallerRefusedError'
  constructor() {
    super('The caller’s certificate does not allow this.', {
      code: 'COMMITTEE_CALLER_REFUSED',
      metaMessages: ['The member’s address book says who may ask for what.'],
    })
  }
}
