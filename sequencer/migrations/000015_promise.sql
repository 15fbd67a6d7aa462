-- What the receipt promises besides admission: settlement by a time, for which the operator's bond answers.
alter table transfer add column settle_by bigint not null default 0
  constraint transfer_settle_by_must_not_be_negative check (settle_by >= 0);
comment on column transfer.settle_by is 'seconds of the settlement clock; 0 promises nothing';
