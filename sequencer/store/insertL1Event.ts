import type { ChainEvent } from '../../l1/chainEvents.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { type Connection, sql, toBytes, toField } from './database.ts'

/**
 * Writes what one event says to its observation table. Its block must be there. Writing an event again
 * changes nothing, so a range may be read twice.
 */
export async function insertL1Event(connection: Connection, event: ChainEvent): Promise<void> {
  const block = event.blockNumber
  switch (event.type) {
    case 'assetListed':
      await connection.query(sql`
        insert into l1_asset (asset, unit, max_fee, token, l1_block_number, log_index)
        values (
          ${event.asset}, ${event.unit}, ${event.maxFee}, ${toBytes(event.token)},
          ${block}, ${event.logIndex}
        )
        on conflict do nothing
      `)
      return
    case 'identityUpdated':
      await connection.query(sql`
        insert into l1_identity_update (version, identity_index, leaf, root, l1_block_number)
        values (
          ${event.version}, ${event.index}, ${toField(event.newLeaf)}, ${toField(event.root)}, ${block}
        )
        on conflict do nothing
      `)
      return
    case 'policyPublished':
      await connection.query(sql`
        insert into l1_policy_publication (version, root, policies, l1_block_number)
        values (
          ${event.version}, ${toField(event.root)},
          ${JSON.stringify(event.policies, (_, value: unknown) =>
            typeof value === 'bigint' ? String(value) : value,
          )},
          ${block}
        )
        on conflict do nothing
      `)
      return
    case 'epochScheduled':
      await connection.query(sql`
        insert into l1_epoch (
          epoch, start_day, audit_key_s_x, audit_key_s_y, audit_key_i_x, audit_key_i_y,
          audit_key_l_x, audit_key_l_y, l1_block_number
        )
        values (
          ${event.epoch}, ${event.startDay},
          ${toField(event.auditKeyS.x)}, ${toField(event.auditKeyS.y)},
          ${toField(event.auditKeyI.x)}, ${toField(event.auditKeyI.y)},
          ${toField(event.auditKeyL.x)}, ${toField(event.auditKeyL.y)}, ${block}
        )
        on conflict do nothing
      `)
      return
    case 'depositQueued':
      await connection.query(sql`
        insert into l1_deposit (
          id, asset, amount, recipient, ciphertext, deadline_at, l1_block_number
        )
        values (
          ${event.id}, ${event.asset}, ${event.amount}, ${toField(event.recipient)},
          ${event.ciphertext}, ${new Date(Number(event.deadline) * 1000)}, ${block}
        )
        on conflict do nothing
      `)
      return
    case 'forcedTransferQueued': {
      const fields = publicInputsToArray(event.kind, event.publicInputs).map(toField)
      await connection.query(sql`
        insert into l1_forced_transfer (
          id, statement_id, circuit, public_inputs, memo, anchor_batch, deadline_at, l1_block_number
        )
        values (
          ${event.id}, ${toBytes(event.statementId)}, ${event.kind},
          ${fields}::bytea[]::field_element[], ${event.memo}, ${event.anchorBatch},
          ${new Date(Number(event.deadline) * 1000)}, ${block}
        )
        on conflict do nothing
      `)
      return
    }
    case 'depositReclaimRequested':
      await connection.query(sql`
        insert into l1_deposit_reclaim (deposit_id, refundable_at, l1_block_number)
        values (${event.id}, ${new Date(Number(event.refundableAt) * 1000)}, ${block})
        on conflict do nothing
      `)
      return
    case 'batchSettled':
      await connection.query(sql`
        insert into batch_on_l1 (
          batch_number, note_root, nullifier_root, l1_transaction, l1_block_number
        )
        values (
          ${event.batchNumber}, ${toField(event.noteRoot)}, ${toField(event.nullifierRoot)},
          ${toBytes(event.transactionHash)}, ${block}
        )
        on conflict do nothing
      `)
      return
    case 'keyAnnounced':
      await insertKeyEvent(connection, event, { kind: 'announced', keyHash: event.keyHash })
      return
    case 'keyActivated':
      await insertKeyEvent(connection, event, {
        kind: 'activated',
        until: event.previousUsableUntil,
      })
      return
    case 'keyRetired':
      await insertKeyEvent(connection, event, { kind: 'retired' })
      return
    case 'keyStopped':
      await insertKeyEvent(connection, event, { kind: 'stopped', until: event.until })
      return
    case 'clockStopped':
      await connection.query(sql`
        insert into l1_clock_stop (from_time, until_time, log_index, l1_block_number)
        values (${event.timestamp}, ${event.until}, ${event.logIndex}, ${block})
        on conflict do nothing
      `)
      return
    case 'clockResumed':
      await connection.query(sql`
        insert into l1_clock_resumption (at_time, log_index, l1_block_number)
        values (${event.timestamp}, ${event.logIndex}, ${block})
        on conflict do nothing
      `)
      return
    default:
    // Refunds and payments change nothing that a sequencer decides.
  }
}

async function insertKeyEvent(
  connection: Connection,
  {
    circuitId,
    version,
    logIndex,
    blockNumber,
  }: { circuitId: number; version: number; logIndex: number; blockNumber: bigint },
  {
    kind,
    keyHash,
    until,
  }: {
    kind: 'announced' | 'activated' | 'retired' | 'stopped'
    keyHash?: `0x${string}`
    until?: bigint
  },
): Promise<void> {
  await connection.query(sql`
    insert into l1_key_event (
      kind, circuit_id, key_version, key_hash, until, log_index, l1_block_number
    )
    values (
      ${kind}, ${circuitId}, ${version}, ${keyHash === undefined ? null : toBytes(keyHash)},
      ${until ?? null}, ${logIndex}, ${blockNumber}
    )
    on conflict do nothing
  `)
}
