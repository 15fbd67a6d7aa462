-- A third size. The circuit's key is made on demand, so most databases never see one
-- (docs/decisions/0055).
alter table batch
  drop constraint batch_circuit_must_be_known,
  add constraint batch_circuit_must_be_known
    check (circuit in ('batch-4', 'batch-16', 'batch-64'));
