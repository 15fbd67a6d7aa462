-- Calls of settle. At most one is open, so no two transactions can carry one batch.

-- settlement: what happened to its batches is observed in batch_on_l1.
--
--   openSettlement ──▶ open ──closeSettlement──▶ mined | reverted | dropped
create table settlement (
  id                  bigint generated always as identity
    constraint settlement_pkey primary key,
  status              text not null default 'open'
    constraint settlement_status_must_be_known
      check (status in ('open', 'mined', 'reverted', 'dropped')),
  first_batch         bigint not null,
  last_batch          bigint not null,
  calldata            bytea not null,
  opened_at           timestamptz not null,
  closed_at           timestamptz,
  error               text,
  constraint settlement_must_have_batches check (first_batch <= last_batch),
  constraint settlement_must_be_closed_once_decided check ((status = 'open') = (closed_at is null))
);
comment on table settlement is 'settle calls made by this node';
create unique index settlement_only_one_open on settlement (status) where status = 'open';

-- l1_transaction: written before it is sent (l1/transactionStore.ts). One nonce may have several, with
-- raised fees.
--
--   insert ──▶ pending ──setStatus──▶ mined | dead
create table l1_transaction (
  hash              hash32 not null
    constraint l1_transaction_pkey primary key,
  purpose           text not null,
  sender            address20 not null,
  nonce             bigint not null,
  raw               bytea not null,
  max_fee_per_gas   numeric(78) not null,
  signed_at         timestamptz not null,
  arrival           bigint generated always as identity,
  status            text not null
    constraint l1_transaction_status_must_be_known check (status in ('pending', 'mined', 'dead'))
);
comment on table l1_transaction is 'transactions signed by this node, by purpose';
create index l1_transaction_by_purpose on l1_transaction (purpose, arrival);
create index l1_transaction_pending on l1_transaction (sender, nonce) where status = 'pending';
