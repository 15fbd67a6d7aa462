-- Who works here. An identity provider or a certificate says who somebody is; what they may do is said here.

-- account: never deleted, since the log and the alerts name it.
--
--   insertAccount ──▶ active ──disableAccount──▶ disabled
create table account (
  id                account_id not null
    constraint account_pkey primary key,
  roles             text[] not null
    constraint account_roles_must_be_known check (
      roles <@ array['analyst', 'officer', 'approver', 'auditor'] and cardinality(roles) > 0
    ),
  created_at        timestamptz not null,
  disabled_at       timestamptz,
  -- Who audits must not act.
  constraint account_auditor_must_be_nothing_else check (
    not 'auditor' = any (roles) or cardinality(roles) = 1
  )
);
comment on table account is 'people of the supervisory service and their roles';

create table account_credential (
  account_id        account_id not null
    constraint account_fkey references account (id) on delete restrict,
  kind              text not null
    constraint account_credential_kind_must_be_known check (kind in ('certificate', 'oidc')),
  -- certificate: lower-case hex SHA-256 of the DER; oidc: the issuer, a space, the subject.
  value             text not null,
  constraint account_credential_pkey primary key (kind, value),
  constraint account_credential_must_have_its_form check (
    case kind
      when 'certificate' then value ~ '^[0-9a-f]{64}$'
      else value ~ '^https?://[^ ]+ .+$'
    end
  )
);
comment on table account_credential is 'what proves that somebody is an account: one credential is one account''s';
create index account_credential_by_account on account_credential (account_id);
