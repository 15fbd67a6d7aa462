-- What operators decide while it runs, and what settling costs them.

-- drain: a row, while nothing more is to be admitted. Kept here and not in a process, so that a restart, a standby and
-- the command that asks all see the same.
--
--   requestDrain ──▶ asked ──acknowledgeDrain──▶ acknowledged ──endDrain──▶ (deleted)
create table drain (
  is_only             boolean not null default true
    constraint drain_pkey primary key
    constraint drain_must_be_one check (is_only),
  requested_at        timestamptz not null,
  -- From then on no transfer is admitted: what was under way has been answered.
  acknowledged_at     timestamptz
);
comment on table drain is 'set while the sequencer admits nothing and finishes what it promised';

-- Of the mined transaction, for the expense of a day.
alter table settlement add column cost_wei numeric(78)
  constraint settlement_cost_must_not_be_negative check (cost_wei >= 0);
create index settlement_by_closing on settlement (closed_at) where cost_wei is not null;
