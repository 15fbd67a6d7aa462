-- Transfers that came by the base chain's forced queue: what was seen there, and what batches take of it.

create table l1_forced_transfer (
  id                bigint not null
    constraint l1_forced_transfer_pkey primary key,
  statement_id      hash32 not null,
  circuit           text not null
    constraint l1_forced_transfer_circuit_must_be_known check (circuit in ('transfer', 'collect')),
  public_inputs     field_element[] not null,
  memo              bytea not null,
  anchor_batch      bigint not null,
  -- Of the settlement clock: equal to a time of day unless a guardian has ever stopped it.
  deadline_at       timestamptz not null,
  l1_block_number   bigint not null
    constraint l1_block_fkey references l1_block (number) on delete cascade
);
comment on table l1_forced_transfer is 'transfers queued by force, in queue order by id';
create index l1_forced_transfer_by_block on l1_forced_transfer (l1_block_number);
create index l1_forced_transfer_by_statement on l1_forced_transfer (statement_id);

-- Copied and not referred to, as batch_deposit: a reorg removes the observation, never what was signed.
-- voidBatches deletes the rows of its batches, and whether an entry is live or void is decided anew.
create table batch_forced (
  batch_id          bigint not null
    constraint batch_fkey references batch (id) on delete restrict,
  slot              integer not null,
  entry_id          bigint not null
    constraint batch_forced_must_be_taken_once unique,
  -- 'void': its nullifier was spent before; then no transfer is sealed in this slot.
  taken_as          text not null
    constraint batch_forced_kind_must_be_known check (taken_as in ('transfer', 'collect', 'void')),
  nullifier         nullifier not null,
  outputs           field_element[] not null
    constraint batch_forced_outputs_must_be_four check (cardinality(outputs) = 4),
  withdrawal        field_element not null,
  -- With the epoch, as in the public inputs.
  fee               field_element not null,
  constraint batch_forced_pkey primary key (batch_id, slot)
);
comment on table batch_forced is 'entries of the forced queue that a batch takes';

create trigger batch_forced_needs_leadership
  before insert or update or delete on batch_forced
  for each statement execute function refuse_without_leadership();
