-- Types of the values that every table uses, as in the sequencer's store: no column can hold what the
-- protocol does not know.

create domain field_element as bytea
  constraint field_element_must_be_canonical check (
    octet_length(value) = 32
    and value < '\x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001'
  );
comment on domain field_element is 'canonical BN254 scalar, 32 bytes big endian';

create domain hash32 as bytea
  constraint hash32_must_have_32_bytes check (octet_length(value) = 32);
comment on domain hash32 is 'hash of 32 bytes: of a block, transaction, document or log entry';

create domain address20 as bytea
  constraint address20_must_have_20_bytes check (octet_length(value) = 20);
comment on domain address20 is 'base-chain address';

create domain signature65 as bytea
  constraint signature65_must_have_65_bytes check (octet_length(value) = 65);
comment on domain signature65 is 'ECDSA signature: r, s, v';

-- numeric, since bigint ends at 2^63 - 1.
create domain amount as numeric(20)
  constraint amount_must_fit_64_bits check (
    value >= 0 and value < 18446744073709551616 and scale(value) = 0
  );
comment on domain amount is 'protocol units of an asset, u64';

create domain asset_id as integer
  constraint asset_id_must_fit_16_bits check (value >= 0 and value < 65536);
comment on domain asset_id is 'asset number of the vault';

create domain unix_day as integer
  constraint unix_day_must_fit_16_bits check (value >= 0 and value < 65536);
comment on domain unix_day is 'days since 1970-01-01 UTC';

-- Of one person in one month and audit-key epoch (T10); it says which month and epoch by itself.
create domain pseudonym as bytea
  constraint pseudonym_must_have_16_bytes check (octet_length(value) = 16);
comment on domain pseudonym is 'monthly pseudonym of a sender, 128 bits big endian';

create domain account_id as text
  constraint account_id_must_be_a_name check (value ~ '^[a-z][a-z0-9._-]{0,63}$');
comment on domain account_id is 'a person who works here, as the log names them';
