-- The queue of batches to prove. Inputs are public values only; they are dropped with the row.

-- proving_job: a row is a batch without proof.
--
--   sealBatch ──▶ available ──claimProvingJob──▶ leased ──recordProof──▶ (deleted)
--                    ▲                             │
--                    ├── releaseProvingJob (failed, backoff) ◀─┤
--                    └── lease runs out ◀──────────┘
create table proving_job (
  batch_id            bigint not null
    constraint proving_job_pkey primary key
    constraint batch_fkey references batch (id) on delete restrict,
  inputs              jsonb not null,
  created_at          timestamptz not null,
  -- Not before then: the end of the lease, or of the backoff after a failure.
  available_at        timestamptz not null,
  leased_by           text,
  attempts            integer not null default 0
    constraint proving_job_attempts_must_not_be_negative check (attempts >= 0),
  last_error          text
);
comment on table proving_job is 'batches waiting for a proof, one lease at a time';
create index proving_job_by_availability on proving_job (available_at);
