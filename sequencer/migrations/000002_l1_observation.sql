-- What the base chain said. Every row hangs on its block with "on delete cascade", so a reorg is one
-- statement: delete from l1_block where number > $1. Nothing here was decided by this node.

-- One row: which deployment this database belongs to. Another one's batches would make no sense here.
create table deployment (
  is_only           boolean not null default true
    constraint deployment_pkey primary key
    constraint deployment_must_be_one check (is_only),
  chain_id          numeric(78) not null,
  rollup            address20 not null
);
comment on table deployment is 'the deployment that this database belongs to';

create table l1_block (
  number            bigint primary key,
  hash              hash32 not null,
  mined_at          timestamptz not null
);
comment on table l1_block is 'blocks that this node has read; the newest one is the cursor';

create table l1_asset (
  asset             asset_id not null,
  unit              numeric(78) not null,  -- 2^256 has 78 digits
  max_fee           amount not null,
  token             address20 not null,
  l1_block_number   bigint not null
    constraint l1_block_fkey references l1_block (number) on delete cascade,
  log_index         integer not null,
  constraint l1_asset_pkey primary key (l1_block_number, log_index)
);
comment on table l1_asset is 'assets as listed by the vault; the newest listing holds';

create table l1_identity_update (
  version           bigint not null
    constraint l1_identity_update_pkey primary key,
  identity_index    integer not null
    constraint identity_index_must_fit_20_bits
      check (identity_index >= 0 and identity_index < 1048576),
  leaf              field_element not null,
  root              field_element not null,
  l1_block_number   bigint not null
    constraint l1_block_fkey references l1_block (number) on delete cascade
);
comment on table l1_identity_update is 'proved transitions of the identity tree';
create index l1_identity_update_by_index on l1_identity_update (identity_index, version desc);

create table l1_policy_publication (
  version           bigint not null
    constraint l1_policy_publication_pkey primary key,
  root              field_element not null,
  -- [{tier, asset, perTransfer, perDay, accountCap}], amounts as text, in tree order
  policies          jsonb not null,
  l1_block_number   bigint not null
    constraint l1_block_fkey references l1_block (number) on delete cascade
);
comment on table l1_policy_publication is 'published policies, whole tree each time';

create table l1_epoch (
  epoch             integer not null
    constraint l1_epoch_pkey primary key,
  start_day         unix_day not null,
  audit_key_s_x     field_element not null,
  audit_key_s_y     field_element not null,
  audit_key_i_x     field_element not null,
  audit_key_i_y     field_element not null,
  l1_block_number   bigint not null
    constraint l1_block_fkey references l1_block (number) on delete cascade
);
comment on table l1_epoch is 'schedule of audit-key epochs';

create table l1_deposit (
  id                bigint not null
    constraint l1_deposit_pkey primary key,
  asset             asset_id not null,
  amount            amount not null
    constraint l1_deposit_amount_must_not_be_zero check (amount > 0),
  recipient         field_element not null,
  ciphertext        bytea not null
    constraint l1_deposit_ciphertext_must_have_92_bytes check (octet_length(ciphertext) = 92),
  deadline_at       timestamptz not null,
  l1_block_number   bigint not null
    constraint l1_block_fkey references l1_block (number) on delete cascade
);
comment on table l1_deposit is 'deposits queued in the vault, in queue order by id';

create table l1_deposit_reclaim (
  deposit_id        bigint not null
    constraint l1_deposit_reclaim_pkey primary key
    constraint l1_deposit_fkey references l1_deposit (id) on delete cascade,
  refundable_at     timestamptz not null,
  l1_block_number   bigint not null
    constraint l1_block_fkey references l1_block (number) on delete cascade
);
comment on table l1_deposit_reclaim is 'deposits whose depositor asked for them back: never sealed from then on';

-- No foreign key to batch: another sequencer's batch is observed here before it is adopted.
create table batch_on_l1 (
  batch_number      bigint not null
    constraint batch_on_l1_pkey primary key,
  note_root         field_element not null,
  nullifier_root    field_element not null,
  l1_transaction    hash32 not null,
  l1_block_number   bigint not null
    constraint l1_block_fkey references l1_block (number) on delete cascade
);
comment on table batch_on_l1 is 'batches seen accepted by the Rollup contract';

create index l1_deposit_by_block on l1_deposit (l1_block_number);
create index batch_on_l1_by_block on batch_on_l1 (l1_block_number);
create index l1_identity_update_by_block on l1_identity_update (l1_block_number);
