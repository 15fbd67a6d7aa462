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
        'Its keys must be among `members`, or for handing over among `from.signers`.',
        'Print them with `cinnabar committee keys`.',
      ],
    })
  }
}

export class ShareMissingError extends BaseError {
  override readonly name = 'ShareMissingError'
  constructor({ reason }: { reason: string }) {
    super(`This member has no share of that key: ${reason}.`, {
      code: 'COMMITTEE_SHARE_MISSING',
      metaMessages: ['List what it has with `cinnabar committee list`.'],
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
