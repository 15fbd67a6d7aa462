/**
 * The one table of protocol constants. circuits/generate.ts writes the circom and Solidity copies
 * from it; `npm run check` fails when they are out of date.
 */

export const PROTOCOL_VERSION = 2

/** Order r of BN254's scalar field, over which circuits compute (EIP-196). */
export const FIELD_ORDER =
  21888242871839275222246405745257275088548364400416034343698204186575808495617n

/** Order l of Baby Jubjub's prime subgroup (EIP-2494). */
export const SUBGROUP_ORDER =
  2736030358979909402780800718157159386076813972158567259200215660948447373041n

/**
 * Scalars (spending, viewing, ephemeral, trace keys) have 250 bits: 2^250 < l, so no scalar has a
 * twin `scalar + l` in range, and one ladder segment of 250 bits has no exceptional case.
 */
export const SCALAR_BITS = 250

/** Bits of a nullifier, of memoHash and of the deployment domain. */
export const NULLIFIER_BITS = 248

/** Names of all Poseidon uses. The tag of each is its initial state; see `domainTag`. */
export const DOMAINS = [
  'NODE',
  'OWNER_KEY',
  'NULLIFIER_KEY',
  'RECIPIENT',
  'TRACE',
  'TRACE_EPOCH',
  'TAG',
  'PSEUDONYM',
  'ACCOUNT',
  'NOTE',
  'NULLIFIER',
  'GENESIS',
  'ACCOUNT_BLINDING',
  'EPHEMERAL',
  'STATISTICS_MASK_0',
  'STATISTICS_MASK_1',
  'INVESTIGATION_MASK_0',
  'INVESTIGATION_MASK_1',
  'IDENTITY',
  'DESTINATION',
  'DESTINATION_CHANGE',
  'POLICY',
  'INTERVAL',
  'BATCH',
] as const
export type Domain = (typeof DOMAINS)[number]

/**
 * Tag of a domain: the ASCII bytes of `cinnabar1.<name>`, big endian (at most 31 bytes, so below
 * r). A generic Poseidon has initial state 0, so none of ours collides with another project's use.
 */
export function domainTag(domain: Domain): bigint {
  let tag = 0n
  for (const character of `cinnabar1.${domain}`) {
    tag = (tag << 8n) | BigInt(character.charCodeAt(0))
  }
  return tag
}

export const TREE_ARITY = 4
/** Levels of four. 4^18 leaves: four outputs for each slot of the nullifier tree. */
export const NOTE_TREE_DEPTH = 18
/** Levels of four. One leaf per slot. */
export const NULLIFIER_TREE_DEPTH = 17
/** Levels of four. 4^10 = 2^20 identity indexes. */
export const IDENTITY_TREE_DEPTH = 10
/** Levels of four. 256 policies (tier, asset). */
export const POLICY_TREE_DEPTH = 4

export const OUTPUTS_PER_SLOT = 4
/** Notes to others or to oneself; outputs[0] is always the next account note. */
export const NOTES_OUT = 3
export const DEPOSITS_PER_SLOT = 4

/** slotCount of a new deployment: leaf 0 of the nullifier tree is the sentinel (0, 2^248). */
export const INITIAL_SLOT_COUNT = 1n

/**
 * Identity status. CLOSED is for good and forces an exit. A suspension is no status: it has an end, which
 * stands in the leaf.
 */
export const IDENTITY_STATUS = { ACTIVE: 1, CLOSED: 3 } as const

/** Longest suspension, and shortest notice before a validity is cut, in days. A longer suspension is renewed. */
export const MAX_SUSPENSION_DAYS = 30

/** Where an exit may go: a base-chain address, or another note owner of the same person. */
export const DESTINATION_KIND = { ADDRESS: 0, OWNER: 1 } as const

/** What a batch slot holds. */
export const SLOT_KIND = {
  EMPTY: 0,
  TRANSFER: 1,
  COLLECT: 2,
  VOID: 3,
} as const

/** What a registry update does; public, so that the contract applies the right rule. */
export const REGISTRY_MODE = {
  /** An empty leaf is filled. Needs a registration proof. */
  FILL: 0,
  /** Tier, jurisdiction, expiry, status or salt change; owner, T and destination stay. */
  CHANGE: 1,
  /** The destination changes, by the owner's signature, after the timelock. */
  DESTINATION_BY_OWNER: 2,
  /** The destination changes by a filed order. */
  DESTINATION_BY_ORDER: 3,
} as const

/**
 * Packed words: [field, bits] from the least significant field up. No word exceeds 253 bits; unused
 * bits are zero. Each field is range-checked wherever a word is opened.
 */
export const WORDS = {
  account: [
    ['asset', 16],
    ['balance', 64],
    ['nonce', 32],
    ['cursor', 37],
    ['day', 16],
    ['spentToday', 64],
    ['identityIndex', 20],
  ],
  note: [
    ['asset', 16],
    ['amount', 64],
  ],
  withdrawal: [
    ['asset', 16],
    ['amount', 64],
    ['recipient', 160],
  ],
  fee: [
    ['amount', 64],
    ['asset', 16],
    ['epoch', 16],
  ],
  identity: [
    ['tier', 8],
    ['jurisdiction', 16],
    ['expiryDay', 16],
    ['status', 8],
    ['suspendedUntil', 16],
  ],
  statistics0: [
    ['pseudonym', 128],
    ['amountIn', 64],
    ['notesIn', 8],
  ],
  statistics1: [
    ['asset', 16],
    ['amount1', 64],
    ['amount2', 64],
    ['amount3', 64],
    ['tier', 8],
    ['jurisdiction', 16],
  ],
  /** input1 is the leaf index + 1 of the first slot's note, 0 where that slot is unused. */
  investigation0: [
    ['sender', 20],
    ['recipient1', 20],
    ['recipient2', 20],
    ['recipient3', 20],
    ['input1', 37],
    ['nonce', 32],
  ],
  /** collect only. */
  investigation1: [
    ['input2', 37],
    ['input3', 37],
    ['input4', 37],
    ['input5', 37],
    ['input6', 37],
  ],
  slot: [
    ['nullifier', 248],
    ['kind', 2],
  ],
  batchHeader: [
    ['oldSlotCount', 40],
    ['newSlotCount', 40],
    ['batchNumber', 64],
  ],
} as const satisfies Record<string, readonly (readonly [string, number])[]>
export type WordName = keyof typeof WORDS

/** The transfer template's two mains. */
export const TRANSFER_CIRCUITS = {
  transfer: { notesIn: 1, investigationWords: 1 },
  collect: { notesIn: 6, investigationWords: 2 },
} as const
export type TransferCircuit = keyof typeof TRANSFER_CIRCUITS

/** The batch circuit's sizes: all slots but the last are transfers, the last is deposits. */
export const BATCH_CIRCUITS = {
  'batch-4': { size: 4, transferSlots: 3, deposits: 4 },
  'batch-16': { size: 16, transferSlots: 15, deposits: 4 },
  'batch-64': { size: 64, transferSlots: 63, deposits: 4 },
} as const
export type BatchCircuit = keyof typeof BATCH_CIRCUITS

export type CircuitName = TransferCircuit | BatchCircuit | 'registry' | 'registration'

/**
 * Circuit ids on chain (`VerifierRegistry`) and in hashes. The id fixes the layout: a circuit with
 * another layout is another id.
 */
export const CIRCUIT_IDS = {
  transfer: 1,
  collect: 2,
  'batch-4': 3,
  'batch-16': 4,
  registry: 5,
  registration: 6,
  'batch-64': 7,
} as const satisfies Record<CircuitName, number>

/** Public inputs in the order of the verifier, with their element counts. Never use an index. */
export const PUBLIC_INPUTS = {
  transfer: transferPublicInputs(TRANSFER_CIRCUITS.transfer.investigationWords),
  collect: transferPublicInputs(TRANSFER_CIRCUITS.collect.investigationWords),
  // c and y are circuit outputs, which snarkjs lists first.
  'batch-4': [
    ['c', 1],
    ['y', 1],
    ['rho', 1],
  ],
  'batch-16': [
    ['c', 1],
    ['y', 1],
    ['rho', 1],
  ],
  registry: [
    ['domain', 1],
    ['oldRoot', 1],
    ['newRoot', 1],
    ['index', 1],
    ['oldLeaf', 1],
    ['newLeaf', 1],
    ['mode', 1],
    ['tierCap', 1],
    ['latestSuspension', 1],
  ],
  registration: [
    ['domain', 1],
    ['index', 1],
    ['leaf', 1],
    ['tracePoint', 2],
  ],
  'batch-64': [
    ['c', 1],
    ['y', 1],
    ['rho', 1],
  ],
} as const satisfies Record<CircuitName, readonly (readonly [string, number])[]>

function transferPublicInputs<const N extends number>(investigationWords: N) {
  return [
    ['anchor', 1],
    ['identityRoot', 1],
    ['policyRoot', 1],
    ['day', 1],
    ['domain', 1],
    ['nullifier', 1],
    ['outputs', 4],
    ['withdrawal', 1],
    ['fee', 1],
    ['memoHash', 1],
    ['traceTag', 1],
    ['ephemeral', 2],
    ['statisticsCiphertext', 2],
    ['investigationCiphertext', investigationWords],
    ['auditKeyS', 2],
    ['auditKeyI', 2],
    ['auditKeyL', 2],
  ] as const
}

/** Words that the sponge absorbs at a time: Poseidon's widest circomlib width. */
export const SPONGE_RATE = 16

// Memo: 12-byte nonce, then one ciphertext a note. See docs/spec/memo.md.
export const MEMO_NONCE_BYTES = 12
export const USER_MEMO_BYTES = 32
/** asset 2, amount 8, blinding 32, user memo 32. */
export const NOTE_PLAINTEXT_BYTES = 2 + 8 + 32 + USER_MEMO_BYTES
export const NOTE_CIPHERTEXT_BYTES = NOTE_PLAINTEXT_BYTES + 16
export const MEMO_BYTES = MEMO_NONCE_BYTES + NOTES_OUT * NOTE_CIPHERTEXT_BYTES
/** Packed ephemeral point 32, nonce 12, blinding 32, tag 16. */
export const DEPOSIT_CIPHERTEXT_BYTES = 32 + 12 + 32 + 16

/** Default of S2: how long a superseded value stays acceptable to `settle`, in seconds. */
export const DEFAULT_SETTLE_WINDOW_SECONDS = 2 * 60 * 60

/** Days are Unix days (UTC): floor(seconds / 86400), 16 bits, to 2149. */
export const SECONDS_PER_DAY = 86_400
