import { type Static, Type } from '@sinclair/typebox'
import { AssetId, Bytes32Hex, Closed, Count, DayNumber } from '../../api/primitives.ts'
import { ruleCodes } from '../rules/document.ts'
import { type Alert, alertStates, resolutions } from '../store/alert.ts'
import type { AlertNote } from '../store/listAlertNotes.ts'
import type { EvidencePosition } from '../store/listEvidence.ts'
import { roles } from '../store/account.ts'

const oneOf = <T extends string>(values: readonly T[]) =>
  Type.Unsafe<T>(Type.String({ enum: [...values] }))
const Time = Type.String({ format: 'date-time' })
const AccountId = Type.String({ pattern: '^[a-z][a-z0-9._-]{0,63}$' })
/** Text of a person. Postgres keeps every character but U+0000. */
const Text = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000]*$' })
const Sum = Type.String({ pattern: '^(0|[1-9][0-9]*)$', description: 'Protocol units, decimal.' })

export const AlertBody = Closed({
  id: Count,
  state: oneOf(alertStates),
  rule: oneOf(ruleCodes),
  rulesVersion: Count,
  pseudonym: Type.String({ description: 'Monthly pseudonym, hex. It names nobody.' }),
  asset: AssetId,
  fromDay: DayNumber,
  day: DayNumber,
  facts: Type.Record(Type.String(), Type.Union([Type.String(), Type.Integer()])),
  confidence: Type.Integer({ minimum: 1, maximum: 10_000, description: 'Of 10,000.' }),
  raisedAt: Time,
  isGrounded: Type.Boolean({ description: 'Whether its blocks are still in the chain.' }),
  owner: Type.Optional(AccountId),
  orderNumber: Type.Optional(Type.String()),
  closing: Type.Optional(
    Closed({
      resolution: oneOf(resolutions),
      reason: Type.String(),
      proposedBy: AccountId,
      closedBy: Type.Optional(AccountId),
    }),
  ),
})

export function alertBody({ pseudonym, orderNumber, ...alert }: Alert): Static<typeof AlertBody> {
  return {
    ...alert,
    id: Number(alert.id),
    pseudonym: pseudonym.toString(16).padStart(32, '0'),
    asset: Number(alert.asset),
    fromDay: Number(alert.fromDay),
    day: Number(alert.day),
    raisedAt: alert.raisedAt.toISOString(),
    ...(orderNumber === undefined ? {} : { orderNumber: String(orderNumber) }),
  }
}

export const Evidence = Closed({
  transactionHash: Bytes32Hex,
  batchNumber: Count,
  slot: Count,
  day: DayNumber,
  epoch: Count,
})

export function evidenceBody(position: EvidencePosition): Static<typeof Evidence> {
  return {
    transactionHash: position.transactionHash,
    batchNumber: Number(position.batchNumber),
    slot: position.slot,
    day: Number(position.day),
    epoch: Number(position.epoch),
  }
}

const Notes = Type.Array(Closed({ author: AccountId, writtenAt: Time, text: Type.String() }))
export const NoteList = Closed({ notes: Notes })

export const AlertDetail = Closed({
  alert: AlertBody,
  notes: Notes,
  evidence: Type.Array(Evidence, {
    description: 'Settled transfers that it rests on: what an order to open them names.',
  }),
})

export function noteBody({ author, writtenAt, text }: AlertNote) {
  return { author, writtenAt: writtenAt.toISOString(), text }
}

export const AlertParameters = Closed({ id: Type.Integer({ minimum: 1, maximum: 2 ** 53 - 1 }) })
export const AlertQuery = Closed({
  state: Type.Optional(oneOf(alertStates)),
  rule: Type.Optional(oneOf(ruleCodes)),
  after: Type.Optional(Count),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
})
export const AlertList = Closed({ alerts: Type.Array(AlertBody) })
export const AssignBody = Closed({ owner: AccountId })
export const NoteBody = Closed({ text: Text(4_000) })
export const OrderBody = Closed({ orderNumber: Type.String({ pattern: '^[1-9][0-9]{0,77}$' }) })
export const ClosingBody = Closed({
  resolution: oneOf(resolutions),
  reason: Text(2_000),
})

export const DayRange = Closed({ fromDay: DayNumber, toDay: DayNumber })
export const StatisticsBody = Closed({
  groups: Type.Array(
    Closed({
      day: DayNumber,
      asset: AssetId,
      tier: Count,
      jurisdiction: Count,
      transfers: Count,
      senders: Count,
      sent: Sum,
      takenIn: Sum,
      withdrawn: Sum,
      fees: Sum,
    }),
  ),
})
export const StatusBody = Closed({
  opened: Count,
  sealed: Count,
  /** Of epochs whose key S is missing here. */
  sealedByEpoch: Type.Array(Closed({ epoch: Count, sealed: Count })),
  unreadable: Count,
  newestBlock: Count,
  newestBatch: Count,
  rulesVersion: Type.Optional(Count),
  logLength: Count,
})

export const RulesBody = Closed({
  hash: Bytes32Hex,
  acceptedAt: Time,
  signed: Type.Unknown({ description: 'Document, signer and signature, as accepted.' }),
})
/** Checked by the rules' own reader, whose errors name the place. */
export const SignedRulesBody = Type.Unknown({ description: 'A signed version of the rules.' })
export const BackTestRequest = Closed({
  fromDay: DayNumber,
  toDay: DayNumber,
  document: Type.Unknown({ description: 'A document of rules; it needs no signature here.' }),
})
export const BackTestBody = Closed({
  records: Count,
  subjects: Count,
  findings: Type.Record(Type.String(), Count),
  truncated: Type.Boolean({ description: 'Whether there were more records than one run takes.' }),
})

export const LogQuery = Closed({
  from: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
})
export const LogBody = Closed({
  entries: Type.Array(
    Closed({
      number: Type.String(),
      at: Time,
      account: Type.String(),
      action: Type.String(),
      facts: Type.Record(Type.String(), Type.Unknown()),
      previousHash: Bytes32Hex,
      hash: Bytes32Hex,
    }),
  ),
})
export const AccountBody = Closed({ id: AccountId, roles: Type.Array(oneOf(roles)) })
