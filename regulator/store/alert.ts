import type { RuleCode } from '../rules/document.ts'
import { fromPseudonym } from './database.ts'

export const alertStates = ['open', 'assigned', 'ordered', 'closing', 'closed'] as const
export type AlertState = (typeof alertStates)[number]

export const resolutions = ['explained', 'false_alarm', 'reported', 'duplicate'] as const
export type Resolution = (typeof resolutions)[number]

export type Alert = {
  readonly id: bigint
  readonly state: AlertState
  readonly rulesVersion: number
  readonly rule: RuleCode
  readonly pseudonym: bigint
  readonly asset: bigint
  readonly fromDay: bigint
  readonly day: bigint
  readonly facts: Readonly<Record<string, string | number>>
  /** Of 10,000. */
  readonly confidence: number
  readonly raisedAt: Date
  /** Whether the blocks that it rests on are still in the chain. */
  readonly isGrounded: boolean
  readonly owner?: string
  readonly orderNumber?: bigint
  readonly closing?: {
    readonly resolution: Resolution
    readonly reason: string
    readonly proposedBy: string
    readonly closedBy?: string
  }
}

export type AlertRow = {
  id: string
  state: AlertState
  rules_version: number
  rule: RuleCode
  pseudonym: Buffer
  asset: number
  from_day: number
  day: number
  facts: Record<string, string | number>
  confidence: number
  raised_at: Date
  is_grounded: boolean
  owner: string | null
  order_number: string | null
  resolution: Resolution | null
  closing_reason: string | null
  closing_proposed_by: string | null
  closed_by: string | null
}

export function toAlert(row: AlertRow): Alert {
  const { resolution, closing_reason: reason, closing_proposed_by: proposedBy } = row
  return {
    id: BigInt(row.id),
    state: row.state,
    rulesVersion: row.rules_version,
    rule: row.rule,
    pseudonym: fromPseudonym(row.pseudonym),
    asset: BigInt(row.asset),
    fromDay: BigInt(row.from_day),
    day: BigInt(row.day),
    facts: row.facts,
    confidence: row.confidence,
    raisedAt: row.raised_at,
    isGrounded: row.is_grounded,
    ...(row.owner === null ? {} : { owner: row.owner }),
    ...(row.order_number === null ? {} : { orderNumber: BigInt(row.order_number) }),
    ...(resolution === null || reason === null || proposedBy === null
      ? {}
      : {
          closing: {
            ...{ resolution, reason, proposedBy },
            ...(row.closed_by === null ? {} : { closedBy: row.closed_by }),
          },
        }),
  }
}
