-- Admitted transfers. A row is a promise with a receipt; it is never deleted.

-- transfer: `received` is not here, since nothing was promised yet; `settled` is observed, see
-- transfer_stage.
--
--   admitTransfer ──▶ admitted ──sealBatch──▶ sealed
--                       ▲  │                     │
--       readmitTransfer │  │ rejectStale         │ voidBatches
--                       │  ▼                     │
--                      rejected ◀────────────────┘
create table transfer (
  id                  hash32 not null
    constraint transfer_pkey primary key,
  status              text not null
    constraint transfer_status_must_be_known check (status in ('admitted', 'sealed', 'rejected')),

  -- the statement
  circuit             text not null
    constraint transfer_circuit_must_be_known check (circuit in ('transfer', 'collect')),
  public_inputs       field_element[] not null
    constraint transfer_public_inputs_must_fit_the_circuit check (
      cardinality(public_inputs) = case circuit when 'transfer' then 23 else 24 end
    ),
  nullifier           nullifier not null,
  memo                bytea not null
    constraint transfer_memo_must_have_282_bytes check (octet_length(memo) = 282),
  anchor_batch        bigint not null,

  -- admitted
  proof               field_coordinates,
  admitted_at         timestamptz not null,
  receipt_signature   signature65,
  -- admission order, for sealing
  arrival             bigint generated always as identity,

  -- sealed
  batch_id            bigint
    constraint batch_fkey references batch (id) on delete restrict,
  slot                integer,

  -- rejected
  reject_code         text,
  reject_message      text,

  constraint transfer_must_be_in_a_batch_iff_sealed check (
    (status = 'sealed') = (batch_id is not null) and (batch_id is null) = (slot is null)
  ),
  constraint transfer_reason_must_exist_iff_rejected check (
    (status = 'rejected') = (reject_code is not null)
  ),
  constraint transfer_promise_must_have_a_receipt check (
    status <> 'admitted' or (proof is not null and receipt_signature is not null)
  )
);
comment on table transfer is 'admitted statements with their receipts';

-- A double spend is a constraint violation, whatever the code does.
create unique index transfer_only_one_live_of_a_nullifier
  on transfer (nullifier) where status in ('admitted', 'sealed');
create unique index transfer_only_one_in_a_slot
  on transfer (batch_id, slot) where status = 'sealed';
create index transfer_waiting on transfer (arrival) where status = 'admitted';

-- The stage shown to users: what this node decided and what the base chain said.
create view transfer_stage as
  select
    transfer.id,
    case
      when transfer.status = 'sealed' and batch_on_l1.batch_number is not null then 'settled'
      else transfer.status
    end as stage,
    batch.number as batch_number,
    batch_on_l1.l1_transaction
  from transfer
  left join batch on batch.id = transfer.batch_id
  left join batch_on_l1
    on batch_on_l1.batch_number = batch.number
    and batch_on_l1.note_root = batch.new_note_root
    and batch_on_l1.nullifier_root = batch.new_nullifier_root;
comment on view transfer_stage is 'decision and observation of each transfer together';
