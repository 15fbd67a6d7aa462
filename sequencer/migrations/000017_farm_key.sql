-- Which farm key a job's data is sealed to, by fingerprint (prover/farm/sealedBox.ts): workers with another key never see
-- it. Null is of an earlier version, which did not record it: any worker may try, and fails where it is not its key.
alter table proof_job add column farm_key text
  constraint proof_job_farm_key_must_be_a_fingerprint check (farm_key ~ '^[0-9a-f]{16}$');
