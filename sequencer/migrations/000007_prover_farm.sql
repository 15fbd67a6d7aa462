-- The farm that proves batches. What is to be proved stands here; who is at it, heartbeats, retries and
-- backoff are the queue library's, in the schema proving_queue, which it makes and migrates itself.

-- Batches of an earlier version without proof: their inputs stand in the clear and cannot be sealed here.
do $$
begin
  if exists (select from proving_job) then
    raise exception 'batches without proof: let the earlier version prove them first';
  end if;
end
$$;
drop table proving_job;

-- proof_job: a row is a proof that is still wanted, whoever wants it. Its name is the hash of key and inputs.
--
--   enqueueProof ──▶ queued ──claimProof──▶ queued, with worker ──deliverProof──▶ queued, with proof_result
--                     ▲ ▲ ▲                      │                                    │
--                     │ │ └─ failProof, lost ────┘                                    ├─ rejectProof ─┐
--                     │ └──────────────────────────────────────────────────────────── │ ◀─────────────┘
--             requeueProofs                                                           ▼
--                     └── dead ◀── buryDeadProofs, rejectProof: no attempts left   (deleted)
create table proof_job (
  id                    hash32 not null
    constraint proof_job_pkey primary key,
  status                text not null default 'queued'
    constraint proof_job_status_must_be_known check (status in ('queued', 'dead')),
  circuit               text not null,
  verification_key      hash32 not null,
  -- Sealed to the farm's key: the sequencer cannot read it back.
  witness               bytea not null,
  created_at            timestamptz not null default now(),

  -- The queue library's job that stands for the attempts under way.
  lease                 uuid not null,
  attempts              integer not null default 0
    constraint proof_job_attempts_must_not_be_negative check (attempts >= 0),
  worker                text,
  claimed_at            timestamptz,

  -- The last attempt that failed: a code and never a foreign text.
  last_error            text,
  last_worker           text,
  failed_at             timestamptz
);
comment on table proof_job is 'proofs wanted, with sealed witness data; gone once the proof is recorded';
create index proof_job_by_key on proof_job (verification_key, created_at) where status = 'queued';

-- proof_result: a worker's word, not verified yet. At most one of a job: its lease ends with it.
create table proof_result (
  job_id                hash32 not null
    constraint proof_result_pkey primary key
    constraint proof_job_fkey references proof_job (id) on delete cascade,
  worker                text not null,
  proof                 field_coordinates not null,
  public_signals        bytea not null
    constraint proof_result_public_signals_must_be_words check (
      octet_length(public_signals) % 32 = 0
    ),
  duration_ms           integer not null,
  arrival               bigint generated always as identity
);
comment on table proof_result is 'proofs as workers delivered them, until they are verified';

-- proving_job: a row is a batch without proof. What its proof must show is fixed when it is sealed.
create table proving_job (
  batch_id              bigint not null
    constraint proving_job_pkey primary key
    constraint batch_fkey references batch (id) on delete restrict,
  job_id                hash32 not null
    constraint proof_job_fkey references proof_job (id) on delete restrict,
  c                     field_element not null,
  y                     field_element not null,
  rho                   field_element not null
);
comment on table proving_job is 'batches waiting for a proof, and what it must prove';
create index proving_job_by_job on proving_job (job_id);
