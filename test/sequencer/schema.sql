-- domains
domain address20 as bytea: address20_must_have_20_bytes CHECK ((octet_length(VALUE) = 20))
domain amount as numeric(20,0): amount_must_fit_64_bits CHECK (((VALUE >= (0)::numeric) AND (VALUE < '18446744073709551616'::numeric) AND (scale(VALUE) = 0)))
domain asset_id as integer: asset_id_must_fit_16_bits CHECK (((VALUE >= 0) AND (VALUE < 65536)))
domain field_coordinates as bytea: field_coordinates_must_be_eight CHECK ((octet_length(VALUE) = 256))
domain field_element as bytea: field_element_must_be_canonical CHECK (((octet_length(VALUE) = 32) AND (VALUE < '\x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001'::bytea)))
domain hash32 as bytea: hash32_must_have_32_bytes CHECK ((octet_length(VALUE) = 32))
domain nullifier as bytea: nullifier_must_be_canonical CHECK (((octet_length(VALUE) = 32) AND (SUBSTRING(VALUE FROM 1 FOR 1) = '\x00'::bytea) AND (VALUE <> '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea)))
domain signature65 as bytea: signature65_must_have_65_bytes CHECK ((octet_length(VALUE) = 65))
domain unix_day as integer: unix_day_must_fit_16_bits CHECK (((VALUE >= 0) AND (VALUE < 65536)))

-- columns
audited_identity.is_only boolean not null default true
audited_identity.version bigint not null
audited_identity.root field_element not null
barred_receipt_signer.receipt_signer address20 not null
barred_receipt_signer.barred_at timestamp with time zone not null
batch.id bigint not null identity
batch.number bigint not null
batch.status text not null
batch.circuit text not null
batch.position bigint not null
batch.old_slot_count bigint not null
batch.new_slot_count bigint not null
batch.fee_recipient address20 not null
batch.old_note_root field_element not null
batch.new_note_root field_element not null
batch.old_nullifier_root field_element not null
batch.new_nullifier_root field_element not null
batch.signature signature65
batch.sealed_at timestamp with time zone not null
batch.is_adopted boolean not null default false
batch.c field_element
batch.y field_element
batch.proof field_coordinates
batch.proved_at timestamp with time zone
batch.void_code text
batch.void_at timestamp with time zone
batch.adopted_from hash32
batch.signer address20 default current_receipt_signer()
batch_deposit.batch_id bigint not null
batch_deposit.place integer not null
batch_deposit.deposit_id bigint not null
batch_deposit.asset asset_id not null
batch_deposit.amount amount not null
batch_deposit.recipient field_element not null
batch_deposit.ciphertext bytea not null
batch_forced.batch_id bigint not null
batch_forced.slot integer not null
batch_forced.entry_id bigint not null
batch_forced.taken_as text not null
batch_forced.nullifier nullifier not null
batch_forced.outputs field_element[] not null
batch_forced.withdrawal field_element not null
batch_forced.fee field_element not null
batch_on_l1.batch_number bigint not null
batch_on_l1.note_root field_element not null
batch_on_l1.nullifier_root field_element not null
batch_on_l1.l1_transaction hash32 not null
batch_on_l1.l1_block_number bigint not null
deployment.is_only boolean not null default true
deployment.chain_id numeric(78,0) not null
deployment.rollup address20 not null
drain.is_only boolean not null default true
drain.requested_at timestamp with time zone not null
drain.acknowledged_at timestamp with time zone
l1_asset.asset asset_id not null
l1_asset.unit numeric(78,0) not null
l1_asset.max_fee amount not null
l1_asset.token address20 not null
l1_asset.l1_block_number bigint not null
l1_asset.log_index integer not null
l1_block.number bigint not null
l1_block.hash hash32 not null
l1_block.mined_at timestamp with time zone not null
l1_clock_resumption.at_time bigint not null
l1_clock_resumption.log_index integer not null
l1_clock_resumption.l1_block_number bigint not null
l1_clock_stop.from_time bigint not null
l1_clock_stop.until_time bigint not null
l1_clock_stop.log_index integer not null
l1_clock_stop.l1_block_number bigint not null
l1_deposit.id bigint not null
l1_deposit.asset asset_id not null
l1_deposit.amount amount not null
l1_deposit.recipient field_element not null
l1_deposit.ciphertext bytea not null
l1_deposit.deadline_at timestamp with time zone not null
l1_deposit.l1_block_number bigint not null
l1_deposit_reclaim.deposit_id bigint not null
l1_deposit_reclaim.refundable_at timestamp with time zone not null
l1_deposit_reclaim.l1_block_number bigint not null
l1_epoch.epoch integer not null
l1_epoch.start_day unix_day not null
l1_epoch.audit_key_s_x field_element not null
l1_epoch.audit_key_s_y field_element not null
l1_epoch.audit_key_i_x field_element not null
l1_epoch.audit_key_i_y field_element not null
l1_epoch.l1_block_number bigint not null
l1_epoch.audit_key_l_x field_element not null
l1_epoch.audit_key_l_y field_element not null
l1_forced_transfer.id bigint not null
l1_forced_transfer.statement_id hash32 not null
l1_forced_transfer.circuit text not null
l1_forced_transfer.public_inputs field_element[] not null
l1_forced_transfer.memo bytea not null
l1_forced_transfer.anchor_batch bigint not null
l1_forced_transfer.deadline_at timestamp with time zone not null
l1_forced_transfer.l1_block_number bigint not null
l1_identity_update.version bigint not null
l1_identity_update.identity_index integer not null
l1_identity_update.leaf field_element not null
l1_identity_update.root field_element not null
l1_identity_update.l1_block_number bigint not null
l1_key_event.kind text not null
l1_key_event.circuit_id smallint not null
l1_key_event.key_version bigint not null
l1_key_event.key_hash hash32
l1_key_event.until bigint
l1_key_event.log_index integer not null
l1_key_event.l1_block_number bigint not null
l1_policy_publication.version bigint not null
l1_policy_publication.root field_element not null
l1_policy_publication.policies jsonb not null
l1_policy_publication.l1_block_number bigint not null
l1_transaction.hash hash32 not null
l1_transaction.purpose text not null
l1_transaction.sender address20 not null
l1_transaction.nonce bigint not null
l1_transaction.raw bytea not null
l1_transaction.max_fee_per_gas numeric(78,0) not null
l1_transaction.signed_at timestamp with time zone not null
l1_transaction.arrival bigint not null identity
l1_transaction.status text not null
leader_keys.is_only boolean not null default true
leader_keys.l1_account address20 not null
leader_keys.receipt_signer address20 not null
leadership.is_only boolean not null default true
leadership.term bigint not null
leadership.url text
leadership.taken_at timestamp with time zone not null
leadership.lapses_at timestamp with time zone not null
migration.number integer not null
migration.name text not null
migration.hash text not null
migration.applied_at timestamp with time zone not null default now()
proof_job.id hash32 not null
proof_job.status text not null default 'queued'::text
proof_job.circuit text not null
proof_job.verification_key hash32 not null
proof_job.witness bytea not null
proof_job.created_at timestamp with time zone not null default now()
proof_job.lease uuid not null
proof_job.attempts integer not null default 0
proof_job.worker text
proof_job.claimed_at timestamp with time zone
proof_job.last_error text
proof_job.last_worker text
proof_job.failed_at timestamp with time zone
proof_job.farm_key text
proof_result.job_id hash32 not null
proof_result.worker text not null
proof_result.proof field_coordinates not null
proof_result.public_signals bytea not null
proof_result.arrival bigint not null identity
proof_result.delivered_at timestamp with time zone not null default now()
proving_job.batch_id bigint not null
proving_job.job_id hash32 not null
proving_job.c field_element not null
proving_job.y field_element not null
proving_job.rho field_element not null
settlement.id bigint not null identity
settlement.status text not null default 'open'::text
settlement.first_batch bigint not null
settlement.last_batch bigint not null
settlement.calldata bytea not null
settlement.opened_at timestamp with time zone not null
settlement.closed_at timestamp with time zone
settlement.error text
settlement.cost_wei numeric(78,0)
transfer.id hash32 not null
transfer.status text not null
transfer.circuit text not null
transfer.public_inputs field_element[] not null
transfer.nullifier nullifier not null
transfer.memo bytea not null
transfer.anchor_batch bigint not null
transfer.proof field_coordinates
transfer.admitted_at timestamp with time zone not null
transfer.receipt_signature signature65
transfer.arrival bigint not null identity
transfer.batch_id bigint
transfer.slot integer
transfer.reject_code text
transfer.reject_message text
transfer.receipt_signer address20 default current_receipt_signer()
transfer.settle_by bigint not null default 0
transfer_stage.id hash32
transfer_stage.stage text
transfer_stage.batch_number bigint
transfer_stage.l1_transaction hash32
watched_anchor.sequencer address20 not null
watched_anchor.batch_number bigint not null
watched_anchor.parent_note_root field_element not null
watched_anchor.parent_nullifier_root field_element not null
watched_anchor.note_root field_element not null
watched_anchor.nullifier_root field_element not null
watched_anchor.slot_count bigint not null
watched_anchor.signature signature65 not null
watched_anchor.seen_at timestamp with time zone not null

-- constraints
audited_identity: audited_identity_must_be_one CHECK (is_only)
audited_identity: audited_identity_pkey PRIMARY KEY (is_only)
barred_receipt_signer: barred_receipt_signer_pkey PRIMARY KEY (receipt_signer)
batch: batch_circuit_must_be_known CHECK ((circuit = ANY (ARRAY['batch-4'::text, 'batch-16'::text, 'batch-64'::text])))
batch: batch_number_must_be_positive CHECK ((number > 0))
batch: batch_pkey PRIMARY KEY (id)
batch: batch_proof_must_exist_once_proved CHECK (((status <> 'proved'::text) OR is_adopted OR ((c IS NOT NULL) AND (y IS NOT NULL) AND (proof IS NOT NULL))))
batch: batch_signature_may_lack_only_where_adopted CHECK (((signature IS NOT NULL) OR is_adopted))
batch: batch_slot_count_must_grow CHECK ((("position" >= old_slot_count) AND (new_slot_count > "position")))
batch: batch_status_must_be_known CHECK ((status = ANY (ARRAY['sealed'::text, 'proved'::text, 'void'::text])))
batch: batch_void_must_have_a_reason CHECK (((status = 'void'::text) = (void_code IS NOT NULL)))
batch_deposit: batch_deposit_must_be_taken_once UNIQUE (deposit_id)
batch_deposit: batch_deposit_pkey PRIMARY KEY (batch_id, place)
batch_deposit: batch_deposit_place_must_exist CHECK (((place >= 0) AND (place < 4)))
batch_deposit: batch_fkey FOREIGN KEY (batch_id) REFERENCES batch(id) ON DELETE RESTRICT
batch_forced: batch_fkey FOREIGN KEY (batch_id) REFERENCES batch(id) ON DELETE RESTRICT
batch_forced: batch_forced_kind_must_be_known CHECK ((taken_as = ANY (ARRAY['transfer'::text, 'collect'::text, 'void'::text])))
batch_forced: batch_forced_must_be_taken_once UNIQUE (entry_id)
batch_forced: batch_forced_outputs_must_be_four CHECK ((cardinality(outputs) = 4))
batch_forced: batch_forced_pkey PRIMARY KEY (batch_id, slot)
batch_on_l1: batch_on_l1_pkey PRIMARY KEY (batch_number)
batch_on_l1: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE CASCADE
deployment: deployment_must_be_one CHECK (is_only)
deployment: deployment_pkey PRIMARY KEY (is_only)
drain: drain_must_be_one CHECK (is_only)
drain: drain_pkey PRIMARY KEY (is_only)
l1_asset: l1_asset_pkey PRIMARY KEY (l1_block_number, log_index)
l1_asset: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE CASCADE
l1_block: l1_block_pkey PRIMARY KEY (number)
l1_clock_resumption: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE CASCADE
l1_clock_resumption: l1_clock_resumption_pkey PRIMARY KEY (l1_block_number, log_index)
l1_clock_stop: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE CASCADE
l1_clock_stop: l1_clock_stop_pkey PRIMARY KEY (l1_block_number, log_index)
l1_deposit: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE CASCADE
l1_deposit: l1_deposit_amount_must_not_be_zero CHECK (((amount)::numeric > (0)::numeric))
l1_deposit: l1_deposit_ciphertext_must_have_92_bytes CHECK ((octet_length(ciphertext) = 92))
l1_deposit: l1_deposit_pkey PRIMARY KEY (id)
l1_deposit_reclaim: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE CASCADE
l1_deposit_reclaim: l1_deposit_fkey FOREIGN KEY (deposit_id) REFERENCES l1_deposit(id) ON DELETE CASCADE
l1_deposit_reclaim: l1_deposit_reclaim_pkey PRIMARY KEY (deposit_id)
l1_epoch: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE CASCADE
l1_epoch: l1_epoch_pkey PRIMARY KEY (epoch)
l1_forced_transfer: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE CASCADE
l1_forced_transfer: l1_forced_transfer_circuit_must_be_known CHECK ((circuit = ANY (ARRAY['transfer'::text, 'collect'::text])))
l1_forced_transfer: l1_forced_transfer_pkey PRIMARY KEY (id)
l1_identity_update: identity_index_must_fit_20_bits CHECK (((identity_index >= 0) AND (identity_index < 1048576)))
l1_identity_update: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE CASCADE
l1_identity_update: l1_identity_update_pkey PRIMARY KEY (version)
l1_key_event: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE CASCADE
l1_key_event: l1_key_event_kind_must_be_known CHECK ((kind = ANY (ARRAY['announced'::text, 'activated'::text, 'retired'::text, 'stopped'::text])))
l1_key_event: l1_key_event_must_carry_its_facts CHECK ((((kind = 'announced'::text) = (key_hash IS NOT NULL)) AND ((kind = ANY (ARRAY['activated'::text, 'stopped'::text])) = (until IS NOT NULL))))
l1_key_event: l1_key_event_pkey PRIMARY KEY (l1_block_number, log_index)
l1_policy_publication: l1_block_fkey FOREIGN KEY (l1_block_number) REFERENCES l1_block(number) ON DELETE CASCADE
l1_policy_publication: l1_policy_publication_pkey PRIMARY KEY (version)
l1_transaction: l1_transaction_pkey PRIMARY KEY (hash)
l1_transaction: l1_transaction_status_must_be_known CHECK ((status = ANY (ARRAY['pending'::text, 'mined'::text, 'dead'::text])))
leader_keys: leader_keys_must_be_one CHECK (is_only)
leader_keys: leader_keys_pkey PRIMARY KEY (is_only)
leadership: leadership_must_be_one UNIQUE (is_only)
leadership: leadership_must_be_true CHECK (is_only)
leadership: leadership_pkey PRIMARY KEY (term)
leadership: leadership_term_must_be_positive CHECK ((term > 0))
migration: migration_pkey PRIMARY KEY (number)
proof_job: proof_job_attempts_must_not_be_negative CHECK ((attempts >= 0))
proof_job: proof_job_farm_key_must_be_a_fingerprint CHECK ((farm_key ~ '^[0-9a-f]{16}$'::text))
proof_job: proof_job_pkey PRIMARY KEY (id)
proof_job: proof_job_status_must_be_known CHECK ((status = ANY (ARRAY['queued'::text, 'dead'::text])))
proof_result: proof_job_fkey FOREIGN KEY (job_id) REFERENCES proof_job(id) ON DELETE CASCADE
proof_result: proof_result_pkey PRIMARY KEY (job_id)
proof_result: proof_result_public_signals_must_be_words CHECK (((octet_length(public_signals) % 32) = 0))
proving_job: batch_fkey FOREIGN KEY (batch_id) REFERENCES batch(id) ON DELETE RESTRICT
proving_job: proof_job_fkey FOREIGN KEY (job_id) REFERENCES proof_job(id) ON DELETE RESTRICT
proving_job: proving_job_pkey PRIMARY KEY (batch_id)
settlement: settlement_cost_must_not_be_negative CHECK ((cost_wei >= (0)::numeric))
settlement: settlement_must_be_closed_once_decided CHECK (((status = 'open'::text) = (closed_at IS NULL)))
settlement: settlement_must_have_batches CHECK ((first_batch <= last_batch))
settlement: settlement_pkey PRIMARY KEY (id)
settlement: settlement_status_must_be_known CHECK ((status = ANY (ARRAY['open'::text, 'mined'::text, 'reverted'::text, 'dropped'::text])))
transfer: batch_fkey FOREIGN KEY (batch_id) REFERENCES batch(id) ON DELETE RESTRICT
transfer: transfer_circuit_must_be_known CHECK ((circuit = ANY (ARRAY['transfer'::text, 'collect'::text])))
transfer: transfer_memo_must_have_282_bytes CHECK ((octet_length(memo) = 282))
transfer: transfer_must_be_in_a_batch_iff_sealed CHECK ((((status = 'sealed'::text) = (batch_id IS NOT NULL)) AND ((batch_id IS NULL) = (slot IS NULL))))
transfer: transfer_pkey PRIMARY KEY (id)
transfer: transfer_promise_must_have_a_receipt CHECK (((status <> 'admitted'::text) OR ((proof IS NOT NULL) AND (receipt_signature IS NOT NULL))))
transfer: transfer_public_inputs_must_fit_the_circuit CHECK ((cardinality(public_inputs) =
CASE circuit
    WHEN 'transfer'::text THEN 25
    ELSE 26
END))
transfer: transfer_reason_must_exist_iff_rejected CHECK (((status = 'rejected'::text) = (reject_code IS NOT NULL)))
transfer: transfer_settle_by_must_not_be_negative CHECK ((settle_by >= 0))
transfer: transfer_status_must_be_known CHECK ((status = ANY (ARRAY['admitted'::text, 'sealed'::text, 'rejected'::text])))
watched_anchor: watched_anchor_pkey PRIMARY KEY (sequencer, batch_number, parent_note_root, parent_nullifier_root, note_root, nullifier_root, slot_count)

-- indexes
CREATE UNIQUE INDEX audited_identity_pkey ON public.audited_identity USING btree (is_only)
CREATE UNIQUE INDEX barred_receipt_signer_pkey ON public.barred_receipt_signer USING btree (receipt_signer)
CREATE INDEX batch_adopted ON public.batch USING btree (number) WHERE (is_adopted AND (status <> 'void'::text))
CREATE UNIQUE INDEX batch_deposit_must_be_taken_once ON public.batch_deposit USING btree (deposit_id)
CREATE UNIQUE INDEX batch_deposit_pkey ON public.batch_deposit USING btree (batch_id, place)
CREATE UNIQUE INDEX batch_forced_must_be_taken_once ON public.batch_forced USING btree (entry_id)
CREATE UNIQUE INDEX batch_forced_pkey ON public.batch_forced USING btree (batch_id, slot)
CREATE INDEX batch_on_l1_by_block ON public.batch_on_l1 USING btree (l1_block_number)
CREATE UNIQUE INDEX batch_on_l1_pkey ON public.batch_on_l1 USING btree (batch_number)
CREATE UNIQUE INDEX batch_only_one_of_a_number ON public.batch USING btree (number) WHERE (status <> 'void'::text)
CREATE UNIQUE INDEX batch_pkey ON public.batch USING btree (id)
CREATE UNIQUE INDEX deployment_pkey ON public.deployment USING btree (is_only)
CREATE UNIQUE INDEX drain_pkey ON public.drain USING btree (is_only)
CREATE UNIQUE INDEX l1_asset_pkey ON public.l1_asset USING btree (l1_block_number, log_index)
CREATE UNIQUE INDEX l1_block_pkey ON public.l1_block USING btree (number)
CREATE UNIQUE INDEX l1_clock_resumption_pkey ON public.l1_clock_resumption USING btree (l1_block_number, log_index)
CREATE UNIQUE INDEX l1_clock_stop_pkey ON public.l1_clock_stop USING btree (l1_block_number, log_index)
CREATE INDEX l1_deposit_by_block ON public.l1_deposit USING btree (l1_block_number)
CREATE UNIQUE INDEX l1_deposit_pkey ON public.l1_deposit USING btree (id)
CREATE UNIQUE INDEX l1_deposit_reclaim_pkey ON public.l1_deposit_reclaim USING btree (deposit_id)
CREATE UNIQUE INDEX l1_epoch_pkey ON public.l1_epoch USING btree (epoch)
CREATE INDEX l1_forced_transfer_by_block ON public.l1_forced_transfer USING btree (l1_block_number)
CREATE INDEX l1_forced_transfer_by_statement ON public.l1_forced_transfer USING btree (statement_id)
CREATE UNIQUE INDEX l1_forced_transfer_pkey ON public.l1_forced_transfer USING btree (id)
CREATE INDEX l1_identity_update_by_block ON public.l1_identity_update USING btree (l1_block_number)
CREATE INDEX l1_identity_update_by_index ON public.l1_identity_update USING btree (identity_index, version DESC)
CREATE INDEX l1_identity_update_by_root ON public.l1_identity_update USING btree (root)
CREATE UNIQUE INDEX l1_identity_update_pkey ON public.l1_identity_update USING btree (version)
CREATE UNIQUE INDEX l1_key_event_pkey ON public.l1_key_event USING btree (l1_block_number, log_index)
CREATE UNIQUE INDEX l1_policy_publication_pkey ON public.l1_policy_publication USING btree (version)
CREATE INDEX l1_transaction_by_purpose ON public.l1_transaction USING btree (purpose, arrival)
CREATE INDEX l1_transaction_pending ON public.l1_transaction USING btree (sender, nonce) WHERE (status = 'pending'::text)
CREATE UNIQUE INDEX l1_transaction_pkey ON public.l1_transaction USING btree (hash)
CREATE UNIQUE INDEX leader_keys_pkey ON public.leader_keys USING btree (is_only)
CREATE UNIQUE INDEX leadership_must_be_one ON public.leadership USING btree (is_only)
CREATE UNIQUE INDEX leadership_pkey ON public.leadership USING btree (term)
CREATE UNIQUE INDEX migration_pkey ON public.migration USING btree (number)
CREATE INDEX proof_job_by_key ON public.proof_job USING btree (verification_key, created_at) WHERE (status = 'queued'::text)
CREATE UNIQUE INDEX proof_job_pkey ON public.proof_job USING btree (id)
CREATE UNIQUE INDEX proof_result_pkey ON public.proof_result USING btree (job_id)
CREATE INDEX proving_job_by_job ON public.proving_job USING btree (job_id)
CREATE UNIQUE INDEX proving_job_pkey ON public.proving_job USING btree (batch_id)
CREATE INDEX settlement_by_closing ON public.settlement USING btree (closed_at) WHERE (cost_wei IS NOT NULL)
CREATE UNIQUE INDEX settlement_only_one_open ON public.settlement USING btree (status) WHERE (status = 'open'::text)
CREATE UNIQUE INDEX settlement_pkey ON public.settlement USING btree (id)
CREATE UNIQUE INDEX transfer_only_one_in_a_slot ON public.transfer USING btree (batch_id, slot) WHERE (status = 'sealed'::text)
CREATE UNIQUE INDEX transfer_only_one_live_of_a_nullifier ON public.transfer USING btree (nullifier) WHERE (status = ANY (ARRAY['admitted'::text, 'sealed'::text]))
CREATE UNIQUE INDEX transfer_pkey ON public.transfer USING btree (id)
CREATE INDEX transfer_waiting ON public.transfer USING btree (arrival) WHERE (status = 'admitted'::text)
CREATE UNIQUE INDEX watched_anchor_pkey ON public.watched_anchor USING btree (sequencer, batch_number, parent_note_root, parent_nullifier_root, note_root, nullifier_root, slot_count)

-- views
transfer_stage:  SELECT transfer.id,
        CASE
            WHEN ((transfer.status = 'sealed'::text) AND (batch_on_l1.batch_number IS NOT NULL)) THEN 'settled'::text
            ELSE transfer.status
        END AS stage,
    batch.number AS batch_number,
    batch_on_l1.l1_transaction
   FROM ((transfer
     LEFT JOIN batch ON ((batch.id = transfer.batch_id)))
     LEFT JOIN batch_on_l1 ON (((batch_on_l1.batch_number = batch.number) AND ((batch_on_l1.note_root)::bytea = (batch.new_note_root)::bytea) AND ((batch_on_l1.nullifier_root)::bytea = (batch.new_nullifier_root)::bytea))));

-- functions
CREATE OR REPLACE FUNCTION public.check_leadership()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
$function$

CREATE OR REPLACE FUNCTION public.current_receipt_signer()
 RETURNS address20
 LANGUAGE sql
 STABLE
AS $function$
  select receipt_signer from leader_keys
$function$

CREATE OR REPLACE FUNCTION public.refuse_without_leadership()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform check_leadership();
  return null;
end
$function$


-- triggers
CREATE TRIGGER batch_needs_leadership BEFORE INSERT OR DELETE OR UPDATE ON public.batch FOR EACH STATEMENT EXECUTE FUNCTION refuse_without_leadership()
CREATE TRIGGER batch_deposit_needs_leadership BEFORE INSERT OR DELETE OR UPDATE ON public.batch_deposit FOR EACH STATEMENT EXECUTE FUNCTION refuse_without_leadership()
CREATE TRIGGER batch_forced_needs_leadership BEFORE INSERT OR DELETE OR UPDATE ON public.batch_forced FOR EACH STATEMENT EXECUTE FUNCTION refuse_without_leadership()
CREATE TRIGGER l1_block_needs_leadership BEFORE INSERT OR DELETE OR UPDATE ON public.l1_block FOR EACH STATEMENT EXECUTE FUNCTION refuse_without_leadership()
CREATE TRIGGER l1_transaction_needs_leadership BEFORE INSERT OR DELETE OR UPDATE ON public.l1_transaction FOR EACH STATEMENT EXECUTE FUNCTION refuse_without_leadership()
CREATE TRIGGER leader_keys_needs_leadership BEFORE INSERT OR DELETE OR UPDATE ON public.leader_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse_without_leadership()
CREATE TRIGGER proving_job_needs_leadership BEFORE INSERT OR DELETE OR UPDATE ON public.proving_job FOR EACH STATEMENT EXECUTE FUNCTION refuse_without_leadership()
CREATE TRIGGER settlement_needs_leadership BEFORE INSERT OR DELETE OR UPDATE ON public.settlement FOR EACH STATEMENT EXECUTE FUNCTION refuse_without_leadership()
CREATE TRIGGER transfer_needs_leadership BEFORE INSERT OR DELETE OR UPDATE ON public.transfer FOR EACH STATEMENT EXECUTE FUNCTION refuse_without_leadership()
