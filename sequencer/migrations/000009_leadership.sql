-- Who leads. Several processes may work with one database, at most one of them decides: it admits, seals and
-- settles. Each time of leading has a number, its term, and every write of a decision is refused here, in the
-- database, when it comes from a session of another term (docs/decisions/0076). So a leader that was
-- paused, cut off or declared dead by mistake does no harm when it wakes.

-- leadership: no row until the first leader. Clocks are this server's alone.
--
--   takeLeadership ──▶ held until lapses_at ──renewLeadership──┐
--        ▲  term + 1      ▲      │                             │
--        │                └──────┼─────────────────────────────┘
--        └── lapsed, released by releaseLeadership, or its session is gone
create table leadership (
  is_only           boolean not null default true
    constraint leadership_must_be_one unique
    constraint leadership_must_be_true check (is_only),
  -- The key, so that taking over waits for writes under way (for key share) and renewing does not.
  term              bigint not null
    constraint leadership_pkey primary key
    constraint leadership_term_must_be_positive check (term > 0),
  url               text,
  taken_at          timestamptz not null,
  lapses_at         timestamptz not null
);
comment on table leadership is 'the process that decides, by term; its tokens fence all others off';

-- A session says its term in the setting cinnabar.term. One without a term is a tool, and may write while
-- nobody leads.
create function check_leadership() returns void language plpgsql as $$
declare
  own bigint := nullif(current_setting('cinnabar.term', true), '')::bigint;
begin
  perform from leadership where term = own for key share;
  if found then
    return;
  end if;
  if own is null and not exists (select from leadership where lapses_at > clock_timestamp()) then
    return;
  end if;
  raise exception 'this session does not lead' using errcode = 'CNB01';
end
$$;
comment on function check_leadership is 'refuses sessions whose term is over; holds off the next term until the transaction ends';

create function refuse_without_leadership() returns trigger language plpgsql as $$
begin
  perform check_leadership();
  return null;
end
$$;
comment on function refuse_without_leadership is 'check_leadership for each statement that writes';

create trigger batch_needs_leadership
  before insert or update or delete on batch
  for each statement execute function refuse_without_leadership();
create trigger batch_deposit_needs_leadership
  before insert or update or delete on batch_deposit
  for each statement execute function refuse_without_leadership();
create trigger transfer_needs_leadership
  before insert or update or delete on transfer
  for each statement execute function refuse_without_leadership();
create trigger proving_job_needs_leadership
  before insert or update or delete on proving_job
  for each statement execute function refuse_without_leadership();
create trigger settlement_needs_leadership
  before insert or update or delete on settlement
  for each statement execute function refuse_without_leadership();
create trigger l1_transaction_needs_leadership
  before insert or update or delete on l1_transaction
  for each statement execute function refuse_without_leadership();
-- Every observation hangs on its block.
create trigger l1_block_needs_leadership
  before insert or update or delete on l1_block
  for each statement execute function refuse_without_leadership();
