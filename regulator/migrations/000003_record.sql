-- Statistics records. The plaintext columns are what key S opens, and they are not encrypted by us: rules
-- and aggregates need them. The disk under this database must be (docs/supervision.md).

-- record: one row a settled transfer.
--
--   insertRecords ──▶ sealed ──openSealedRecords──▶ opened
--        │               └──────openSealedRecords──▶ unreadable
--        └── with the epoch's key at hand ─────────▶ opened | unreadable
--
-- `unreadable` cannot be, of a settled transfer, unless the system is broken: an alarm, not a gap.
create table record (
  batch_number          bigint not null
    constraint settled_batch_fkey references settled_batch (batch_number) on delete cascade,
  slot                  integer not null
    constraint record_slot_must_be_in_a_batch check (slot >= 0 and slot < 64),
  status                text not null
    constraint record_status_must_be_known check (status in ('sealed', 'opened', 'unreadable')),

  -- public
  circuit               text not null
    constraint record_circuit_must_be_known check (circuit in ('transfer', 'collect')),
  day                   unix_day not null,
  epoch                 integer not null,
  trace_tag             field_element not null,
  withdrawal_asset      asset_id not null,
  withdrawal_amount     amount not null,
  fee_asset             asset_id not null,
  fee_amount            amount not null,

  -- sealed: what the chain has too, kept until a key opens it
  ephemeral_x           field_element,
  ephemeral_y           field_element,
  ciphertext_0          field_element,
  ciphertext_1          field_element,

  -- opened
  pseudonym             pseudonym,
  asset                 asset_id,
  amount_1              amount,
  amount_2              amount,
  amount_3              amount,
  amount_in             amount,
  notes_in              integer,
  tier                  integer,
  jurisdiction          integer,

  constraint record_pkey primary key (batch_number, slot),
  constraint record_ciphertext_must_exist_iff_not_opened check (
    (status = 'opened') = (ciphertext_0 is null)
    and (ciphertext_0 is null) = (ciphertext_1 is null)
    and (ciphertext_0 is null) = (ephemeral_x is null)
    and (ciphertext_0 is null) = (ephemeral_y is null)
  ),
  constraint record_plaintext_must_exist_iff_opened check (
    (status = 'opened') = (pseudonym is not null)
    and (pseudonym is null) = (asset is null)
    and (pseudonym is null) = (amount_1 is null)
    and (pseudonym is null) = (amount_2 is null)
    and (pseudonym is null) = (amount_3 is null)
    and (pseudonym is null) = (amount_in is null)
    and (pseudonym is null) = (notes_in is null)
    and (pseudonym is null) = (tier is null)
    and (pseudonym is null) = (jurisdiction is null)
  )
);
comment on table record is 'one row a settled transfer: public words, and its statistics once they are open';
create index record_by_subject on record (pseudonym, asset, day) where status = 'opened';
create index record_by_day on record (day, asset) where status = 'opened';
create index record_sealed on record (epoch, batch_number, slot) where status = 'sealed';
create index record_unreadable on record (batch_number, slot) where status = 'unreadable';
