-- domains
domain account_id as text: account_id_must_be_a_name CHECK ((VALUE ~ '^[a-z][a-z0-9._-]{0,63}$'::text))
domain address20 as bytea: address20_must_have_20_bytes CHECK ((octet_length(VALUE) = 20))
domain amount as numeric(20,0): amount_must_fit_64_bits CHECK (((VALUE >= (0)::numeric) AND (VALUE < '18446744073709551616'::numeric) AND (scale(VALUE) = 0)))
domain asset_id as integer: asset_id_must_fit_16_bits CHECK (((VALUE >= 0) AND (VALUE < 65536)))
domain field_element as bytea: field_element_must_be_canonical CHECK (((octet_length(VALUE) = 32) AND (VALUE < '\x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001'::bytea)))
domain hash32 as bytea: hash32_must_have_32_bytes CHECK ((octet_length(VALUE) = 32))
domain pseudonym as bytea: pseudonym_must_have_16_bytes CHECK ((octet_length(VALUE) = 16))
domain signature65 as bytea: signature65_must_have_65_bytes CHECK ((octet_length(VALUE) = 65))
domain unix_day as integer: unix_day_must_fit_16_bits CHECK (((VALUE >= 0) AND (VALUE < 65536)))

-- columns
account.id account_id not null
account.roles text[] not null
account.created_at timestamp with time zone not null
account.disabled_at timestamp with time zone
account_credential.account_id account_id not null
account_credential.kind text not null
account_credential.value text not null
alert.id bigint not null identity
alert.state text not null default 'open'::text
alert.rules_version integer not null
alert.rule text not null
alert.pseudonym pseudonym not null
alert.asset asset_id not null
alert.from_day unix_day not null
alert.day unix_day not null
alert.facts jsonb not null
alert.confidence integer not null
alert.raised_at timestamp with time zone not null default now()
alert.l1_block_number bigint
alert.owner account_id
alert.order_number numeric(78,0)
alert.order_filed_by account_id
alert.resolution text
alert.closing_reason text
alert.closing_proposed_by account_id
alert.closing_facts jsonb
alert.closed_by account_id
alert.closed_at timestamp with time zone
alert_note.id bigint not null identity
alert_note.alert_id bigint not null
alert_note.author account_id not null
alert_note.written_at timestamp with time zone not null default now()
alert_note.text text not null
deployment.is_only boolean not null default true
deployment.chain_id numeric(78,0) not null
deployment.rollup address20 not null
l1_block.number bigint not null
l1_block.hash hash32 not null
l1_block.mined_at timestamp with time zone not null
l1_epoch.epoch integer not null
l1_epoch.start_day unix_day not null
l1_epoch.audit_key_s_x field_element not null
l1_epoch.audit_key_s_y field_element not null
l1_epoch.l1_block_number bigint not null
log_entry.number bigint not null
log_entry.written_at timestamp(3) with time zone not null
log_entry.account_id account_id not null
log_entry.action text not null
log_entry.facts jsonb not null
log_entry.previous_hash hash32 not null
log_entry.hash hash32 not null
migration.number integer not null
migration.name text not null
migration.hash text not null
migration.applied_at timestamp with time zone not null default now()
record.batch_number bigint not null
record.slot integer not null
record.status text not null
record.circuit text not null
record.day unix_day not null
record.epoch integer not null
record.trace_tag field_element not null
record.withdrawal_asset asset_id not null
record.withdrawal_amount amount not null
record.fee_asset asset_id not null
record.fee_amount amount not null
record.ephemeral_x field_element
record.ephemeral_y field_element
record.ciphertext_0 field_element
record.ciphertext_1 field_element
record.pseudonym pseudonym
record.asset asset_id
record.amount_1 amount
record.amount_2 amount
record.amount_3 amount
record.amount_in amount
record.notes_in integer
record.tier integer
record.jurisdiction integer
rules_version.version integer not null
rules_version.document text not null
rules_version.document_hash hash32 not null
rules_version.signer address20 not null
rules_version.signature signature65 not null
rules_version.accepted_at timestamp with time zone not null default now()
settled_batch.batch_number bigint not null
settled_batch.l1_transaction hash32 not null
settled_batch.l1_block_number bigint not null
settled_deposit.leaf_index bigint not null
settled_deposit.batch_number bigint not null
settled_deposit.asset asset_id not null
settled_deposit.amount amount not null
subject_window.rules_version integer not null
subject_window.pseudonym pseudonym not null
subject_window.asset asset_id not null
subject_window.facts jsonb not null
subject_window.l1_block_number bigint not null

-- constraints
account: account_auditor_must_be_nothing_else CHECK (((NOT ('auditor'::text = ANY (roles))) OR (cardinality(roles) = 1)))
account: account_pkey PRIMARY KEY (id)
account: account_roles_must_be_known CHECK (((roles <@ ARRAY['analyst'::text, 'officer'::text, 'approver'::text, 'auditor'::text]) AND (cardinality(roles) > 0)))
account_credential: account_credential_kind_must_be_known CHECK ((kind = ANY (ARRAY['certificate'::text, 'oidc'::text])))
account_credential: account_credential_must_have_its_form CHECK (
CASE kind
    WHEN 'certificate'::text THEN (value ~ '^[0-9a-f]{64}$'::text)
    ELSE (value ~ '^https?://[^ ]+ .+$'::text)
END)
account_credential: account_credential_pkey PRIMARY KEY (kind, value)
account_credential: account_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE RESTRICT
alert: account_fkey FOREIGN KEY (owner) REFERENCES account(id) ON DELETE RESTRICT
alert: alert_closed_must_have_a_closer CHECK ((((state = 'closed'::text) = (closed_by IS NOT NULL)) AND ((closed_by IS NULL) = (closed_at IS NULL))))
alert: alert_closing_must_have_a_reason CHECK ((((state = ANY (ARRAY['closing'::text, 'closed'::text])) = (closing_proposed_by IS NOT NULL)) AND ((closing_proposed_by IS NULL) = (resolution IS NULL)) AND ((closing_proposed_by IS NULL) = (closing_reason IS NULL)) AND ((closing_proposed_by IS NULL) = (closing_facts IS NULL))))
alert: alert_closing_needs_four_eyes CHECK (((closed_by)::text <> (closing_proposed_by)::text))
alert: alert_confidence_must_be_a_share CHECK (((confidence > 0) AND (confidence <= 10000)))
alert: alert_days_must_be_in_order CHECK (((from_day)::integer <= (day)::integer))
alert: alert_must_be_raised_once UNIQUE (pseudonym, asset, day, rule, rules_version)
alert: alert_order_must_exist_once_ordered CHECK ((((state <> 'ordered'::text) OR (order_number IS NOT NULL)) AND ((order_number IS NULL) = (order_filed_by IS NULL))))
alert: alert_order_must_not_be_forgotten CHECK (((state <> ALL (ARRAY['open'::text, 'assigned'::text])) OR (order_number IS NULL)))
alert: alert_owner_must_exist_once_assigned CHECK (((state <> 'assigned'::text) OR (owner IS NOT NULL)))
alert: alert_pkey PRIMARY KEY (id)
alert: alert_resolution_must_be_known CHECK ((resolution = ANY (ARRAY['explained'::text, 'false_alarm'::text, 'reported'::text, 'duplicate'::text])))
alert: alert_rule_must_be_known CHECK ((rule = ANY (ARRAY['LARGE_VALUE'::text, 'STRUCTURING'::text, 'VELOCITY'::text, 'DORMANT_AWAKES'::text, 'ROUND_AMOUNTS'::text, 'DISPERSION'::text, 'CONCENTRATION'::text])))
alert: alert_state_must_be_known CHECK ((state = ANY (ARRAY['open'::text, 'assigned'::text, 'ordered'::text, 'closing'::text, 'closed'::text])))
alert: closed_account_fkey FOREIGN KEY (closed_by) REFERENCES account(id) ON DELETE RESTRICT
alert: closing_account_fkey FOREIGN KEY (closing_proposed_by) REFERENCES account(id) ON DELETE RESTRICT
alert: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE SET NULL
alert: order_account_fkey FOREIGN KEY (order_filed_by) REFERENCES account(id) ON DELETE RESTRICT
alert: rules_version_fkey FOREIGN KEY (rules_version) REFERENCES rules_version(version) ON DELETE RESTRICT
alert_note: account_fkey FOREIGN KEY (author) REFERENCES account(id) ON DELETE RESTRICT
alert_note: alert_fkey FOREIGN KEY (alert_id) REFERENCES alert(id) ON DELETE RESTRICT
alert_note: alert_note_must_say_something CHECK (((length(text) >= 1) AND (length(text) <= 4000)))
alert_note: alert_note_pkey PRIMARY KEY (id)
deployment: deployment_must_be_one CHECK (is_only)
deployment: deployment_pkey PRIMARY KEY (is_only)
l1_block: l1_block_pkey PRIMARY KEY (number)
l1_epoch: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE CASCADE
l1_epoch: l1_epoch_pkey PRIMARY KEY (epoch)
log_entry: log_entry_action_must_be_a_code CHECK ((action ~ '^[A-Z][A-Z_]{1,63}$'::text))
log_entry: log_entry_must_be_hashed_once UNIQUE (hash)
log_entry: log_entry_number_must_be_positive CHECK ((number > 0))
log_entry: log_entry_pkey PRIMARY KEY (number)
migration: migration_pkey PRIMARY KEY (number)
record: record_ciphertext_must_exist_iff_not_opened CHECK ((((status = 'opened'::text) = (ciphertext_0 IS NULL)) AND ((ciphertext_0 IS NULL) = (ciphertext_1 IS NULL)) AND ((ciphertext_0 IS NULL) = (ephemeral_x IS NULL)) AND ((ciphertext_0 IS NULL) = (ephemeral_y IS NULL))))
record: record_circuit_must_be_known CHECK ((circuit = ANY (ARRAY['transfer'::text, 'collect'::text])))
record: record_pkey PRIMARY KEY (batch_number, slot)
record: record_plaintext_must_exist_iff_opened CHECK ((((status = 'opened'::text) = (pseudonym IS NOT NULL)) AND ((pseudonym IS NULL) = (asset IS NULL)) AND ((pseudonym IS NULL) = (amount_1 IS NULL)) AND ((pseudonym IS NULL) = (amount_2 IS NULL)) AND ((pseudonym IS NULL) = (amount_3 IS NULL)) AND ((pseudonym IS NULL) = (amount_in IS NULL)) AND ((pseudonym IS NULL) = (notes_in IS NULL)) AND ((pseudonym IS NULL) = (tier IS NULL)) AND ((pseudonym IS NULL) = (jurisdiction IS NULL))))
record: record_slot_must_be_in_a_batch CHECK (((slot >= 0) AND (slot < 64)))
record: record_status_must_be_known CHECK ((status = ANY (ARRAY['sealed'::text, 'opened'::text, 'unreadable'::text])))
record: settled_batch_fkey FOREIGN KEY (batch_number) REFERENCES settled_batch(batch_number) ON DELETE CASCADE
rules_version: rules_version_must_be_positive CHECK ((version > 0))
rules_version: rules_version_pkey PRIMARY KEY (version)
settled_batch: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE CASCADE
settled_batch: settled_batch_pkey PRIMARY KEY (batch_number)
settled_deposit: settled_batch_fkey FOREIGN KEY (batch_number) REFERENCES settled_batch(batch_number) ON DELETE CASCADE
settled_deposit: settled_deposit_pkey PRIMARY KEY (leaf_index)
subject_window: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE CASCADE
subject_window: rules_version_fkey FOREIGN KEY (rules_version) REFERENCES rules_version(version) ON DELETE CASCADE
subject_window: subject_window_pkey PRIMARY KEY (pseudonym, asset, rules_version)

-- indexes
CREATE INDEX account_credential_by_account ON public.account_credential USING btree (account_id)
CREATE UNIQUE INDEX account_credential_pkey ON public.account_credential USING btree (kind, value)
CREATE UNIQUE INDEX account_pkey ON public.account USING btree (id)
CREATE INDEX alert_by_block ON public.alert USING btree (l1_block_number)
CREATE INDEX alert_by_state ON public.alert USING btree (state, id)
CREATE UNIQUE INDEX alert_must_be_raised_once ON public.alert USING btree (pseudonym, asset, day, rule, rules_version)
CREATE INDEX alert_note_by_alert ON public.alert_note USING btree (alert_id)
CREATE UNIQUE INDEX alert_note_pkey ON public.alert_note USING btree (id)
CREATE UNIQUE INDEX alert_pkey ON public.alert USING btree (id)
CREATE UNIQUE INDEX deployment_pkey ON public.deployment USING btree (is_only)
CREATE UNIQUE INDEX l1_block_pkey ON public.l1_block USING btree (number)
CREATE INDEX l1_epoch_by_block ON public.l1_epoch USING btree (l1_block_number)
CREATE UNIQUE INDEX l1_epoch_pkey ON public.l1_epoch USING btree (epoch)
CREATE UNIQUE INDEX log_entry_must_be_hashed_once ON public.log_entry USING btree (hash)
CREATE UNIQUE INDEX log_entry_pkey ON public.log_entry USING btree (number)
CREATE UNIQUE INDEX migration_pkey ON public.migration USING btree (number)
CREATE INDEX record_by_day ON public.record USING btree (day, asset) WHERE (status = 'opened'::text)
CREATE INDEX record_by_subject ON public.record USING btree (pseudonym, asset, day) WHERE (status = 'opened'::text)
CREATE UNIQUE INDEX record_pkey ON public.record USING btree (batch_number, slot)
CREATE INDEX record_sealed ON public.record USING btree (epoch, batch_number, slot) WHERE (status = 'sealed'::text)
CREATE INDEX record_unreadable ON public.record USING btree (batch_number, slot) WHERE (status = 'unreadable'::text)
CREATE UNIQUE INDEX rules_version_pkey ON public.rules_version USING btree (version)
CREATE INDEX settled_batch_by_block ON public.settled_batch USING btree (l1_block_number)
CREATE UNIQUE INDEX settled_batch_pkey ON public.settled_batch USING btree (batch_number)
CREATE INDEX settled_deposit_by_batch ON public.settled_deposit USING btree (batch_number)
CREATE UNIQUE INDEX settled_deposit_pkey ON public.settled_deposit USING btree (leaf_index)
CREATE INDEX subject_window_by_block ON public.subject_window USING btree (l1_block_number)
CREATE UNIQUE INDEX subject_window_pkey ON public.subject_window USING btree (pseudonym, asset, rules_version)

-- views

-- functions
CREATE OR REPLACE FUNCTION public.log_entry_must_continue()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$

CREATE OR REPLACE FUNCTION public.log_is_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'the log is append only'
    using errcode = 'check_violation', constraint = 'log_is_append_only';
end
$function$

CREATE OR REPLACE FUNCTION public.rules_version_must_be_newer()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from rules_version where version >= new.version) then
    raise exception 'a newer version of the rules is there'
      using errcode = 'check_violation', constraint = 'rules_version_must_be_newer';
  end if;
  return new;
end
$function$


-- triggers
CREATE TRIGGER alert_note_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.alert_note FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only()
CREATE TRIGGER log_entry_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_entry FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only()
CREATE TRIGGER log_entry_must_continue BEFORE INSERT ON public.log_entry FOR EACH ROW EXECUTE FUNCTION log_entry_must_continue()
CREATE TRIGGER rules_version_must_be_newer BEFORE INSERT ON public.rules_version FOR EACH ROW EXECUTE FUNCTION rules_version_must_be_newer()
