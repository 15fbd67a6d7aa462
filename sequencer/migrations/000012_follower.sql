-- What a follower needs besides: it rebuilds everything, checks every rule, and signs nothing.

-- A settled batch may be taken over without signing it. Where it was read from tells, after a reorg, whether
-- the same batch was settled again by other data: its roots do not bind memos.
alter table batch
  alter column signature drop not null,
  add column adopted_from hash32,
  add constraint batch_signature_may_lack_only_where_adopted
    check (signature is not null or is_adopted);

create table l1_key_event (
  kind              text not null
    constraint l1_key_event_kind_must_be_known
      check (kind in ('announced', 'activated', 'retired', 'stopped')),
  circuit_id        smallint not null,
  key_version       bigint not null,
  key_hash          hash32,
  -- activated: settlement clock, until which the key before it may be used. stopped: block time.
  until             bigint,
  log_index         integer not null,
  l1_block_number   bigint not null
    constraint l1_block_fkey references l1_block (number) on delete cascade,
  constraint l1_key_event_pkey primary key (l1_block_number, log_index),
  constraint l1_key_event_must_carry_its_facts check (
    (kind = 'announced') = (key_hash is not null)
    and (kind in ('activated', 'stopped')) = (until is not null)
  )
);
comment on table l1_key_event is 'life of the verification keys';

create table l1_clock_stop (
  -- Block times. One that is ended early has a row in l1_clock_resumption.
  from_time         bigint not null,
  until_time        bigint not null,
  log_index         integer not null,
  l1_block_number   bigint not null
    constraint l1_block_fkey references l1_block (number) on delete cascade,
  constraint l1_clock_stop_pkey primary key (l1_block_number, log_index)
);
comment on table l1_clock_stop is 'stops of the settlement clock by the guardian';

create table l1_clock_resumption (
  at_time           bigint not null,
  log_index         integer not null,
  l1_block_number   bigint not null
    constraint l1_block_fkey references l1_block (number) on delete cascade,
  constraint l1_clock_resumption_pkey primary key (l1_block_number, log_index)
);
comment on table l1_clock_resumption is 'stops of the settlement clock that were ended early';

-- One row: up to where the identity tree was rebuilt and compared, version by version.
create table audited_identity (
  is_only           boolean not null default true
    constraint audited_identity_pkey primary key
    constraint audited_identity_must_be_one check (is_only),
  version           bigint not null,
  root              field_element not null
);
comment on table audited_identity is 'newest version of the identity tree that was rebuilt here';

-- Signed by a sequencer that is watched: evidence, so kept for good, also what was signed a second time.
create table watched_anchor (
  sequencer         address20 not null,
  batch_number      bigint not null,
  parent_note_root      field_element not null,
  parent_nullifier_root field_element not null,
  note_root         field_element not null,
  nullifier_root    field_element not null,
  slot_count        bigint not null,
  signature         signature65 not null,
  seen_at           timestamptz not null,
  constraint watched_anchor_pkey primary key (
    sequencer, batch_number, parent_note_root, parent_nullifier_root, note_root, nullifier_root,
    slot_count
  )
);
comment on table watched_anchor is 'anchors seen signed, one row for each that differs';
