import { IDENTITY_TREE_DEPTH, POLICY_TREE_DEPTH } from '../../protocol/constants.ts'
import type { Policy } from '../../protocol/policy.ts'
import { emptyRoot } from '../../protocol/tree.ts'
import type { ChainView } from '../chainView.ts'
import { type Connection, fromBytes, fromField, sql } from './database.ts'

/** All that admission and sealing need of the base chain. Undefined before the first block was read. */
export async function findChainView(connection: Connection): Promise<ChainView | undefined> {
  const [head] = await connection.query<{ number: string; hash: Buffer; mined_at: Date }>(sql`
    select number, hash, mined_at from l1_block order by number desc limit 1
  `)
  if (head === undefined) return undefined
  const [identity] = await connection.query<{ version: string; root: Buffer }>(sql`
    select version, root from l1_identity_update order by version desc limit 1
  `)
  const [policy] = await connection.query<{
    version: string
    root: Buffer
    policies: Record<keyof Policy, string>[]
  }>(sql`
    select version, root, policies from l1_policy_publication order by version desc limit 1
  `)
  const epochs = await connection.query<{
    epoch: number
    start_day: number
    audit_key_s_x: Buffer
    audit_key_s_y: Buffer
    audit_key_i_x: Buffer
    audit_key_i_y: Buffer
    audit_key_l_x: Buffer
    audit_key_l_y: Buffer
  }>(sql`
    select
      epoch, start_day, audit_key_s_x, audit_key_s_y, audit_key_i_x, audit_key_i_y,
      audit_key_l_x, audit_key_l_y
    from l1_epoch order by start_day, epoch
  `)
  const assets = await connection.query<{ asset: number; unit: string; max_fee: string }>(sql`
    select distinct on (asset) asset, unit, max_fee
    from l1_asset order by asset, l1_block_number desc, log_index desc
  `)
  const [settled] = await connection.query<{
    batch_number: string
    note_root: Buffer
    nullifier_root: Buffer
  }>(sql`
    select batch_number, note_root, nullifier_root
    from batch_on_l1 order by batch_number desc limit 1
  `)
  return {
    head: { number: BigInt(head.number), hash: fromBytes(head.hash), minedAt: head.mined_at },
    identity:
      identity === undefined
        ? { version: 0n, root: emptyRoot(IDENTITY_TREE_DEPTH) }
        : { version: BigInt(identity.version), root: fromField(identity.root) },
    policy:
      policy === undefined
        ? { version: 0n, root: emptyRoot(POLICY_TREE_DEPTH), policies: [] }
        : {
            version: BigInt(policy.version),
            root: fromField(policy.root),
            policies: policy.policies.map((entry) => ({
              tier: BigInt(entry.tier),
              asset: BigInt(entry.asset),
              perTransfer: BigInt(entry.perTransfer),
              perDay: BigInt(entry.perDay),
              accountCap: BigInt(entry.accountCap),
              reportAbove: BigInt(entry.reportAbove),
            })),
          },
    epochs: epochs.map((row) => ({
      epoch: BigInt(row.epoch),
      startDay: BigInt(row.start_day),
      auditKeyS: { x: fromField(row.audit_key_s_x), y: fromField(row.audit_key_s_y) },
      auditKeyI: { x: fromField(row.audit_key_i_x), y: fromField(row.audit_key_i_y) },
      auditKeyL: { x: fromField(row.audit_key_l_x), y: fromField(row.audit_key_l_y) },
    })),
    assets: assets.map((row) => ({
      asset: BigInt(row.asset),
      unit: BigInt(row.unit),
      maxFee: BigInt(row.max_fee),
    })),
    settled:
      settled === undefined
        ? undefined
        : {
            batchNumber: BigInt(settled.batch_number),
            noteRoot: fromField(settled.note_root),
            nullifierRoot: fromField(settled.nullifier_root),
          },
  }
}
