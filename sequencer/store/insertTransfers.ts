import { MEMO_BYTES } from '../../protocol/constants.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { proofToBytes } from '../proofBytes.ts'
import type { Admission, Submission } from '../transfer.ts'
import {
  type Connection,
  fromBytes,
  isDatabaseUnavailable,
  sql,
  toBytes,
  toField,
} from './database.ts'
import { type InsertOutcome, insertTransfer } from './insertTransfer.ts'
import { nullifierToBytes } from './transferRow.ts'

export type AdmittedTransfer = { readonly submission: Submission; readonly admission: Admission }

/**
 * Writes admitted transfers in one statement, so that they share one write to disk: all that are said
 * to be admitted are durable when it returns. Those that the statement leaves out (known, taken or
 * rejected before) are asked about one by one: they are few.
 *
 * @returns an outcome for each, or the error that this one alone caused.
 */
export async function insertTransfers(
  connection: Connection,
  transfers: readonly AdmittedTransfer[],
): Promise<(InsertOutcome | Error)[]> {
  const written = await insertNew(connection, transfers).catch((error: unknown) => {
    // What no constraint lets in fails the statement, and must not fail the others of its group.
    if (isDatabaseUnavailable(error)) throw error
    return new Set<string>()
  })
  const outcomes: (InsertOutcome | Error)[] = []
  for (const transfer of transfers) {
    if (written.delete(transfer.submission.id)) outcomes.push('admitted')
    else outcomes.push(await insertTransfer(connection, transfer).catch(toError))
  }
  return outcomes
}

/**
 * Columns travel as one run of bytes each, cut in the database: half the work of arrays on either side,
 * whose every element is text.
 *
 * @returns the ids written.
 */
async function insertNew(
  connection: Connection,
  transfers: readonly AdmittedTransfer[],
): Promise<Set<string>> {
  const fields = transfers.map(({ submission: { circuit, publicInputs } }) =>
    publicInputsToArray(circuit, publicInputs).map(toField),
  )
  let start = 0
  const starts = fields.map((list) => (start += list.length) - list.length)
  const column = (length: number, bytesOf: (transfer: AdmittedTransfer) => Uint8Array) => {
    const values = transfers.map(bytesOf)
    // One that is too short or long would shift all behind it.
    if (values.some((value) => value.length !== length)) throw new RangeError('of another length')
    return Buffer.concat(values)
  }
  const rows = await connection.query<{ id: Buffer }>(sql`
    insert into transfer (
      id, status, circuit, public_inputs, nullifier, memo, anchor_batch,
      proof, admitted_at, settle_by, receipt_signature
    )
    select
      substring(${column(32, ({ submission }) => toBytes(submission.id))}::bytea from 32 * i + 1 for 32),
      'admitted',
      circuit,
      array(
        select substring(
          ${Buffer.concat(fields.flat())}::bytea from 32 * (first_input + k) + 1 for 32
        )
        from generate_series(0, input_count - 1) as k
        order by k
      )::field_element[],
      substring(
        ${column(32, ({ submission }) => nullifierToBytes(submission.publicInputs.nullifier))}::bytea
        from 32 * i + 1 for 32
      ),
      substring(${column(MEMO_BYTES, ({ submission }) => submission.memo)}::bytea
        from ${MEMO_BYTES}::integer * i + 1 for ${MEMO_BYTES}::integer),
      anchor_batch,
      substring(
        ${column(256, ({ submission }) => proofToBytes(submission.proof))}::bytea
        from 256 * i + 1 for 256
      ),
      admitted_at,
      settle_by,
      substring(
        ${column(65, ({ admission }) => toBytes(admission.receiptSignature))}::bytea
        from 65 * i + 1 for 65
      )
    from unnest(
      ${transfers.map((_, i) => i)}::integer[],
      ${transfers.map(({ submission }) => submission.circuit)}::text[],
      ${starts}::integer[],
      ${fields.map((list) => list.length)}::integer[],
      ${transfers.map(({ submission }) => submission.anchorBatch)}::bigint[],
      ${transfers.map(({ admission }) => admission.admittedAt)}::timestamptz[],
      ${transfers.map(({ admission }) => admission.settleBy)}::bigint[]
    ) as admitted (i, circuit, first_input, input_count, anchor_batch, admitted_at, settle_by)
    order by i
    on conflict do nothing
    returning id
  `)
  return new Set(rows.map(({ id }) => fromBytes(id)))
}

/** A lost database fails all that are left, and the caller hears of it. */
function toError(error: unknown): Error {
  if (isDatabaseUnavailable(error) || !(error instanceof Error)) throw error
  return error
}
