-- Versions of the rules, and what they made of the records.

create table rules_version (
  version           integer not null
    constraint rules_version_pkey primary key
    constraint rules_version_must_be_positive check (version > 0),
  -- As signed: canonical JSON.
  document          text not null,
  document_hash     hash32 not null,
  signer            address20 not null,
  signature         signature65 not null,
  accepted_at       timestamptz not null default now()
);
comment on table rules_version is 'signed thresholds; the newest version is the one that holds';

-- A version older than one that holds would bring back thresholds that were given up.
create function rules_version_must_be_newer() returns trigger language plpgsql as $$
begin
  if exists (select from rules_version where version >= new.version) then
    raise exception 'a newer version of the rules is there'
      using errcode = 'check_violation', constraint = 'rules_version_must_be_newer';
  end if;
  return new;
end
$$;
create trigger rules_version_must_be_newer before insert on rules_version
  for each row execute function rules_version_must_be_newer();

-- subject_window: what the rules keep of a subject's month, so that a batch costs what is in it. A cache:
-- it goes with the newest block that it saw, and is made again from the records when it is needed.
create table subject_window (
  rules_version     integer not null
    constraint rules_version_fkey references rules_version (version) on delete cascade,
  pseudonym         pseudonym not null,
  asset             asset_id not null,
  facts             jsonb not null,
  l1_block_number   bigint not null
    constraint l1_block_fkey references l1_block (number) on delete cascade,
  constraint subject_window_pkey primary key (pseudonym, asset, rules_version)
);
comment on table subject_window is 'running facts of a pseudonym and asset under a version of the rules';
create index subject_window_by_block on subject_window (l1_block_number);

-- alert: a decision table. A reorg takes its ground (l1_block_number becomes null), never the alert: somebody
-- may have acted on it. The next evaluation gives it new ground, or leaves it without.
--
--   raiseAlerts ──▶ open ──assignAlert──▶ assigned ──recordOrder──▶ ordered
--                     │                     │    ▲                    │
--                     └──proposeClosing──┐  │    │ refuseClosing      │
--                                        ▼  ▼    │                    │
--                                       closing ─┘ ◀──proposeClosing──┘
--                                          │
--                                          └──confirmClosing (another account)──▶ closed
--
--   closing, closed ──raiseAlerts (new facts)──▶ open, or assigned where it has an owner
create table alert (
  id                  bigint generated always as identity
    constraint alert_pkey primary key,
  state               text not null default 'open'
    constraint alert_state_must_be_known
      check (state in ('open', 'assigned', 'ordered', 'closing', 'closed')),

  -- raised
  rules_version       integer not null
    constraint rules_version_fkey references rules_version (version) on delete restrict,
  rule                text not null
    constraint alert_rule_must_be_known check (rule in (
      'LARGE_VALUE', 'STRUCTURING', 'VELOCITY', 'DORMANT_AWAKES', 'ROUND_AMOUNTS', 'DISPERSION',
      'CONCENTRATION'
    )),
  pseudonym           pseudonym not null,
  asset               asset_id not null,
  from_day            unix_day not null,
  day                 unix_day not null,
  facts               jsonb not null,
  confidence          integer not null
    constraint alert_confidence_must_be_a_share check (confidence > 0 and confidence <= 10000),
  raised_at           timestamptz not null default now(),
  l1_block_number     bigint
    constraint l1_block_fkey references l1_block (number) on delete set null,

  -- assigned
  owner               account_id
    constraint account_fkey references account (id) on delete restrict,

  -- ordered
  order_number        numeric(78),
  order_filed_by      account_id
    constraint order_account_fkey references account (id) on delete restrict,

  -- closing
  resolution          text
    constraint alert_resolution_must_be_known
      check (resolution in ('explained', 'false_alarm', 'reported', 'duplicate')),
  closing_reason      text,
  closing_proposed_by account_id
    constraint closing_account_fkey references account (id) on delete restrict,
  -- What was known when it was proposed: with other facts the alert is open again.
  closing_facts       jsonb,

  -- closed
  closed_by           account_id
    constraint closed_account_fkey references account (id) on delete restrict,
  closed_at           timestamptz,

  constraint alert_must_be_raised_once unique (pseudonym, asset, day, rule, rules_version),
  constraint alert_days_must_be_in_order check (from_day <= day),
  constraint alert_owner_must_exist_once_assigned check (state <> 'assigned' or owner is not null),
  constraint alert_order_must_exist_once_ordered check (
    (state <> 'ordered' or order_number is not null)
    and (order_number is null) = (order_filed_by is null)
  ),
  constraint alert_closing_must_have_a_reason check (
    (state in ('closing', 'closed')) = (closing_proposed_by is not null)
    and (closing_proposed_by is null) = (resolution is null)
    and (closing_proposed_by is null) = (closing_reason is null)
    and (closing_proposed_by is null) = (closing_facts is null)
  ),
  constraint alert_closed_must_have_a_closer check (
    (state = 'closed') = (closed_by is not null) and (closed_by is null) = (closed_at is null)
  ),
  -- The rule of two, whatever the code does.
  constraint alert_closing_needs_four_eyes check (closed_by <> closing_proposed_by)
);
comment on table alert is 'what a rule found, and what people made of it';
create index alert_by_state on alert (state, id);
create index alert_by_block on alert (l1_block_number);

create table alert_note (
  id                bigint generated always as identity
    constraint alert_note_pkey primary key,
  alert_id          bigint not null
    constraint alert_fkey references alert (id) on delete restrict,
  author            account_id not null
    constraint account_fkey references account (id) on delete restrict,
  written_at        timestamptz not null default now(),
  text              text not null
    constraint alert_note_must_say_something check (length(text) between 1 and 4000)
);
comment on table alert_note is 'what people wrote about an alert; never changed';
create index alert_note_by_alert on alert_note (alert_id);
