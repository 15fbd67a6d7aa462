import type { ChainEvent } from '../../l1/chainEvents.ts'
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
          l1_block_number
        )
        values (
          ${event.epoch}, ${event.startDay},
          ${toField(event.auditKeyS.x)}, ${toField(event.auditKeyS.y)},
          ${toField(event.auditKeyI.x)}, ${toField(event.auditKeyI.y)}, ${block}
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
    default:
    // Refunds and payments change nothing that a sequencer decides.
  }
}
