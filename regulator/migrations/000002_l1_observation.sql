-- What the base chain said. Every row hangs on its block with "on delete cascade", so a reorg is one
-- statement: delete from l1_block where number > $1. Only settled data is here.

-- One row: which deployment this database belongs to. Another one's records would make no sense here.
create table deployment (
  is_only           boolean not null default true
    constraint deployment_pkey primary key
    constraint deployment_must_be_one check (is_only),
  chain_id          numeric(78) not null,
  rollup            address20 not null
);
comment on table deployment is 'the deployment that this database belongs to';

create table l1_block (
  number            bigint not null
    constraint l1_block_pkey primary key,
  hash              hash32 not null,
  mined_at          timestamptz not null
);
comment on table l1_block is 'blocks that were read; the newest one is the cursor';

create table l1_epoch (
  epoch             integer not null
    constraint l1_epoch_pkey primary key,
  start_day         unix_day not null,
  audit_key_s_x     field_element not null,
  audit_key_s_y     field_element not null,
  l1_block_number   bigint not null
    constraint l1_block_fkey references l1_block (number) on delete cascade
);
comment on table l1_epoch is 'schedule of audit-key epochs: which key S opens which records';
create index l1_epoch_by_block on l1_epoch (l1_block_number);

create table settled_batch (
  batch_number      bigint not null
    constraint settled_batch_pkey primary key,
  l1_transaction    hash32 not null,
  l1_block_number   bigint not null
    constraint l1_block_fkey references l1_block (number) on delete cascade
);
comment on table settled_batch is 'batches that the Rollup contract accepted';
create index settled_batch_by_block on settled_batch (l1_block_number);

create table settled_deposit (
  leaf_index        bigint not null
    constraint settled_deposit_pkey primary key,
  batch_number      bigint not null
    constraint settled_batch_fkey references settled_batch (batch_number) on delete cascade,
  asset             asset_id not null,
  amount            amount not null
);
comment on table settled_deposit is 'deposits taken into a settled batch: public on the base chain';
create index settled_deposit_by_batch on settled_deposit (batch_number);
