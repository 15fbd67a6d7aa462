-- Whose keys the leader signs with, and which must not sign here any more. Addresses only.

-- leader_keys: no row until the first leader. A standby with other keys is refused (docs/decisions/0117).
create table leader_keys (
  is_only             boolean not null default true
    constraint leader_keys_pkey primary key
    constraint leader_keys_must_be_one check (is_only),
  l1_account          address20 not null,
  receipt_signer      address20 not null
);
comment on table leader_keys is 'what whoever leads, or led last, signs with';

create trigger leader_keys_needs_leadership
  before insert or update or delete on leader_keys
  for each statement execute function refuse_without_leadership();

-- barred_receipt_signer: written by a restore. In the database that is gone it may have signed anchors of numbers that
-- are sealed anew here, and one key must not sign two anchors of one number.
create table barred_receipt_signer (
  receipt_signer      address20 not null
    constraint barred_receipt_signer_pkey primary key,
  barred_at           timestamptz not null
);
comment on table barred_receipt_signer is 'receipt keys that a restore ended';

-- Who signed what is stored: a receipt is given again under the key that gave it, whoever leads by then. Null where it was
-- written before this was known, or by a follower, which has no key.
create function current_receipt_signer() returns address20 language sql stable as $$
  select receipt_signer from leader_keys
$$;
comment on function current_receipt_signer is 'the receipt key of whoever leads';

alter table transfer add column receipt_signer address20;
alter table transfer alter column receipt_signer set default current_receipt_signer();
alter table batch add column signer address20;
alter table batch alter column signer set default current_receipt_signer();
