import { type Static, type TSchema, Type } from '@sinclair/typebox'
import {
  AnnounceBody,
  ConfirmBody,
  DealBody,
  Hash,
  Index,
  JudgeBody,
  KeptBody,
  read,
} from './bodies.ts'
import { canonicalJson } from '../../protocol/canonicalJson.ts'
import type { AgreedCeremony } from './description.ts'
import { MessageRefusedError } from './errors.ts'
import { isSignedJson, signJson } from './signedJson.ts'

const strict = { additionalProperties: false } as const
const envelope = <K extends string, B extends TSchema>(type: K, body: B) =>
  Type.Object(
    {
      version: Type.Literal(1),
      ceremony: Hash,
      type: Type.Literal(type),
      /** A dealer's index for `announce` and `deal`, a member's for the others. */
      from: Index,
      body,
      /** Ed25519 over the rest in canonical form. */
      signature: Type.String({ pattern: '^0x[0-9a-f]{128}$' }),
    },
    strict,
  )

export const Message = Type.Union([
  envelope('announce', AnnounceBody),
  envelope('deal', DealBody),
  envelope('judge', JudgeBody),
  envelope('confirm', ConfirmBody),
  envelope('kept', KeptBody),
])
export type Message = Static<typeof Message>
export type MessageType = Message['type']
export type MessageOf<T extends MessageType> = Extract<Message, { type: T }>
export type Unsigned = { [T in MessageType]: Omit<MessageOf<T>, 'signature'> }[MessageType]

const LABEL = 'cinnabar.committeeMessage'

export function signMessage(unsigned: Unsigned, signingSecret: Uint8Array): Message {
  return { ...unsigned, signature: signJson(LABEL, unsigned, signingSecret) }
}

/**
 * A message of this ceremony, from who it says.
 *
 * @throws {MessageRefusedError}
 */
export function readMessage({ id, dealers, description }: AgreedCeremony, value: unknown): Message {
  const message = read(Message, value)
  if (message === undefined) throw new MessageRefusedError({ reason: 'it has not the form of one' })
  if (message.ceremony !== id) {
    throw new MessageRefusedError({ reason: 'it is of another ceremony' })
  }
  const { signature, ...unsigned } = message
  const isDealer = message.type === 'announce' || message.type === 'deal'
  const author = (isDealer ? dealers : description.members)[message.from - 1]
  if (author === undefined) throw new MessageRefusedError({ reason: 'its author is nobody here' })
  if (!isSignedJson(LABEL, unsigned, { signature, signingKey: author.signingKey })) {
    throw new MessageRefusedError({ reason: 'its signature is not valid' })
  }
  return message
}

/** What makes two messages the same one. */
export function messageKey(message: Message): string {
  return canonicalJson(message)
}
