-- Everything that a supervisor does, each entry hashing the one before. The database refuses to change or
-- delete one; whoever owns the database can do so all the same, and then the hashes and the heads anchored on
-- the base chain say so.

create table log_entry (
  number            bigint not null
    constraint log_entry_pkey primary key
    constraint log_entry_number_must_be_positive check (number > 0),
  written_at        timestamptz(3) not null,
  -- A name and no reference: commands act as `system`, which is nobody's account.
  account_id        account_id not null,
  action            text not null
    constraint log_entry_action_must_be_a_code check (action ~ '^[A-Z][A-Z_]{1,63}$'),
  facts             jsonb not null,
  previous_hash     hash32 not null,
  hash              hash32 not null
    constraint log_entry_must_be_hashed_once unique
);
comment on table log_entry is 'the supervisors'' own log: append only, hash-chained';

create function log_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the log is append only'
    using errcode = 'check_violation', constraint = 'log_is_append_only';
end
$$;
create trigger log_entry_is_append_only before update or delete or truncate on log_entry
  for each statement execute function log_is_append_only();
create trigger alert_note_is_append_only before update or delete or truncate on alert_note
  for each statement execute function log_is_append_only();

-- An entry takes its place at the end or nowhere.
create function log_entry_must_continue() returns trigger language plpgsql as $$
declare
  newest log_entry%rowtype;
begin
  select * into newest from log_entry order by number desc limit 1;
  if new.number <> coalesce(newest.number, 0) + 1
    or new.previous_hash <> coalesce(newest.hash, decode(repeat('00', 32), 'hex')) then
    raise exception 'the entry does not continue the log'
      using errcode = 'check_violation', constraint = 'log_entry_must_continue';
  end if;
  return new;
end
$$;
create trigger log_entry_must_continue before insert on log_entry
  for each row execute function log_entry_must_continue();
