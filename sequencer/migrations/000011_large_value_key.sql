-- The third audit key of an epoch, and the two public inputs that carry it (protocol version 2). Without a default: a database that has observed
-- epochs of two keys belongs to a deployment that these circuits cannot serve, and says so here.
alter table l1_epoch
  add column audit_key_l_x field_element not null,
  add column audit_key_l_y field_element not null;

alter table transfer
  drop constraint transfer_public_inputs_must_fit_the_circuit,
  add constraint transfer_public_inputs_must_fit_the_circuit check (
    cardinality(public_inputs) = case circuit when 'transfer' then 25 else 26 end
  );
