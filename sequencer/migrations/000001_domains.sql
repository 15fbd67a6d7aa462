-- Types of the values that every table uses, so that no column can hold what the protocol does not
-- know. bytea and not numeric: these values are hashed, compared and never added up.

-- Field elements are 32 bytes, big endian. For a fixed length, bytea comparison is numeric
-- comparison, so the check also rejects non-canonical encodings (value >= BN254 scalar order).
create domain field_element as bytea
  constraint field_element_must_be_canonical check (
    octet_length(value) = 32
    and value < '\x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001'
  );
comment on domain field_element is 'canonical BN254 scalar, 32 bytes big endian';

-- 248 bits: the top byte is zero. Zero is no nullifier.
create domain nullifier as bytea
  constraint nullifier_must_be_canonical check (
    octet_length(value) = 32
    and substring(value from 1 for 1) = '\x00'
    and value <> '\x0000000000000000000000000000000000000000000000000000000000000000'
  );
comment on domain nullifier is 'nullifier of 248 bits, not zero, 32 bytes big endian';

create domain hash32 as bytea
  constraint hash32_must_have_32_bytes check (octet_length(value) = 32);
comment on domain hash32 is 'keccak256 hash: statement id, block hash, transaction hash';

create domain address20 as bytea
  constraint address20_must_have_20_bytes check (octet_length(value) = 20);
comment on domain address20 is 'base-chain address';

-- r, s, v of an ECDSA signature.
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

-- Base-field coordinates are below BN254's q, which is above r; the verifier checks them.
create domain field_coordinates as bytea
  constraint field_coordinates_must_be_eight check (octet_length(value) = 256);
comment on domain field_coordinates is 'Groth16 proof: eight coordinates of 32 bytes, as the contract takes them';
