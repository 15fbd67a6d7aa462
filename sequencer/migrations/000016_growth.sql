-- What is looked up with every block or batch must not be read through from the first one on.
create index l1_identity_update_by_root on l1_identity_update (root);
create index batch_adopted on batch (number) where is_adopted and status <> 'void';
