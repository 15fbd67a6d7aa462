-- The durable signed chain of batches: what this node decided and signed.

-- batch: its life on the base chain is observed in batch_on_l1.
--
--   sealBatch ──▶ sealed ──recordProof──▶ proved
--                   │                       │
--                   └──── voidBatches ──────┴──▶ void
--
--   adoptBatch ──▶ proved        (settled by another sequencer, or before this database existed)
create table batch (
  id                  bigint generated always as identity
    constraint batch_pkey primary key,
  number              bigint not null
    constraint batch_number_must_be_positive check (number > 0),
  status              text not null
    constraint batch_status_must_be_known check (status in ('sealed', 'proved', 'void')),

  -- sealed
  circuit             text not null
    constraint batch_circuit_must_be_known check (circuit in ('batch-4', 'batch-16')),
  position            bigint not null,
  old_slot_count      bigint not null,
  new_slot_count      bigint not null,
  fee_recipient       address20 not null,
  old_note_root       field_element not null,
  new_note_root       field_element not null,
  old_nullifier_root  field_element not null,
  new_nullifier_root  field_element not null,
  signature           signature65 not null,
  sealed_at           timestamptz not null,

  -- proved
  is_adopted          boolean not null default false,
  c                   field_element,
  y                   field_element,
  proof               field_coordinates,
  proved_at           timestamptz,

  -- void
  void_code           text,
  void_at             timestamptz,

  constraint batch_slot_count_must_grow check (
    position >= old_slot_count and new_slot_count > position
  ),
  constraint batch_proof_must_exist_once_proved check (
    status <> 'proved' or is_adopted or (c is not null and y is not null and proof is not null)
  ),
  constraint batch_void_must_have_a_reason check ((status = 'void') = (void_code is not null))
);
comment on table batch is 'one row per sealed batch; a void one leaves its number to another';

create unique index batch_only_one_of_a_number on batch (number) where status <> 'void';

-- Copied from l1_deposit and not referred to: a base-chain reorg removes the observation, never what
-- this node has signed. voidBatches deletes the rows of its batches, so that others can take the
-- deposits; while they stand, a deposit cannot be taken twice.
create table batch_deposit (
  batch_id            bigint not null
    constraint batch_fkey references batch (id) on delete restrict,
  place               integer not null
    constraint batch_deposit_place_must_exist check (place >= 0 and place < 4),
  deposit_id          bigint not null
    constraint batch_deposit_must_be_taken_once unique,
  asset               asset_id not null,
  amount              amount not null,
  recipient           field_element not null,
  ciphertext          bytea not null,
  constraint batch_deposit_pkey primary key (batch_id, place)
);
comment on table batch_deposit is 'deposits that a batch takes, in queue order';
