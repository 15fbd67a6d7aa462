-- How long a proof took is from the database's clock and no longer a worker's word: from claimed_at to delivered_at.
alter table proof_result drop column duration_ms;
alter table proof_result add column delivered_at timestamptz not null default now();
