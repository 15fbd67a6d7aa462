import { NULLIFIER_BITS } from './constants.ts'
import { type FieldElement, lowBits } from './field.ts'
import { type Owner } from './keys.ts'
import { hash } from './poseidon.ts'
import { packWord } from './words.ts'

/** The state of one owner in one asset. */
export type Account = {
  readonly owner: Owner
  readonly asset: bigint
  /** Protocol units, u64. */
  readonly balance: bigint
  /** Transfers made so far, u32. */
  readonly nonce: bigint
  /** Leaf index below which this account takes no more notes; at most 4^18. */
  readonly cursor: bigint
  /** Unix day of the last transfer. */
  readonly day: bigint
  /** What left on `day`, u64. */
  readonly spentToday: bigint
  readonly blinding: bigint
}

/** What an owner has in an asset before the first transfer. Never committed to. */
export function genesisAccount(owner: Owner, asset: bigint): Account {
  return {
    owner,
    asset,
    balance: 0n,
    nonce: 0n,
    cursor: 0n,
    day: 0n,
    spentToday: 0n,
    blinding: 0n,
  }
}

export function packAccountWord(account: Account): bigint {
  const { asset, balance, nonce, cursor, day, spentToday, owner } = account
  return packWord('account', {
    asset,
    balance,
    nonce,
    cursor,
    day,
    spentToday,
    identityIndex: owner.identityIndex,
  })
}

/** H(ACCOUNT, ownerKey, word, blinding). Spec: docs/spec/account.md. */
export function commitAccount(account: Account): FieldElement {
  return hash('ACCOUNT', [account.owner.ownerKey, packAccountWord(account), account.blinding])
}

/** cut248(H(NULLIFIER, nullifierKey, accountCommitment)). Public once spent, never a secret. */
export function deriveNullifier(nullifierKey: bigint, accountCommitment: bigint): bigint {
  return lowBits(hash('NULLIFIER', [nullifierKey, accountCommitment]), NULLIFIER_BITS)
}

/** cut248(H(GENESIS, nullifierKey, ownerKey, identityIndex, asset)): opening an account spends it. */
export function deriveGenesisNullifier(nullifierKey: bigint, owner: Owner, asset: bigint): bigint {
  return lowBits(
    hash('GENESIS', [nullifierKey, owner.ownerKey, owner.identityIndex, asset]),
    NULLIFIER_BITS,
  )
}

/** blinding' = H(ACCOUNT_BLINDING, nullifierKey, nullifier, outputs[1..3]). */
export function deriveAccountBlinding(
  nullifierKey: bigint,
  nullifier: bigint,
  noteOutputs: readonly [bigint, bigint, bigint],
): FieldElement {
  return hash('ACCOUNT_BLINDING', [nullifierKey, nullifier, ...noteOutputs])
}
