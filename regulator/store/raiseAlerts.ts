import type { Finding } from '../rules/backTest.ts'
import { type Connection, sql, toJson, toPseudonym } from './database.ts'

export type GroundedFinding = Finding & {
  /** Newest block that the facts rest on. */
  readonly blockNumber: bigint
}

/**
 * Writes what the rules found. What was found before gets the new facts; where somebody had closed it, or was about
 * to, on other facts, it is theirs again: a closed alert must not cover what came after it. An order that stands
 * for it stays.
 */
export async function raiseAlerts(
  connection: Connection,
  { rulesVersion, findings }: { rulesVersion: number; findings: readonly GroundedFinding[] },
): Promise<void> {
  if (findings.length === 0) return
  await connection.query(sql`
    insert into alert (
      rules_version, rule, pseudonym, asset, from_day, day, facts, confidence, l1_block_number
    )
    select ${rulesVersion}::integer, * from unnest(
      ${findings.map(({ rule }) => rule)}::text[],
      ${findings.map(({ pseudonym }) => toPseudonym(pseudonym))}::bytea[],
      ${findings.map(({ asset }) => asset)}::integer[],
      ${findings.map(({ fromDay }) => fromDay)}::integer[],
      ${findings.map(({ day }) => day)}::integer[],
      ${findings.map(({ facts }) => toJson(facts))}::jsonb[],
      ${findings.map(({ confidence }) => confidence)}::integer[],
      ${findings.map(({ blockNumber }) => blockNumber)}::bigint[]
    )
    on conflict on constraint alert_must_be_raised_once do update set
      facts = excluded.facts,
      confidence = excluded.confidence,
      from_day = excluded.from_day,
      l1_block_number = excluded.l1_block_number
  `)
  // A statement of its own, since a row's old facts are not at hand in the one above.
  await connection.query(sql`
    update alert set
      state = case
        when order_number is not null then 'ordered' when owner is null then 'open' else 'assigned'
      end,
      resolution = null, closing_reason = null, closing_proposed_by = null, closing_facts = null,
      closed_by = null, closed_at = null
    where state in ('closing', 'closed') and closing_facts is distinct from facts
      and (rules_version, rule, pseudonym, asset, day) in (
        select ${rulesVersion}::integer, * from unnest(
          ${findings.map(({ rule }) => rule)}::text[],
          ${findings.map(({ pseudonym }) => toPseudonym(pseudonym))}::bytea[],
          ${findings.map(({ asset }) => asset)}::integer[],
          ${findings.map(({ day }) => day)}::integer[]
        )
      )
  `)
}
