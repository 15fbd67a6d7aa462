import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bigintToBytes, bytesToHex, concatBytes, hexToBytes } from '../protocol/field.ts'
import type { SignedAnchor } from './anchors.ts'
import type { Receipt } from './transfers.ts'

// EIP-712 for what a sequencer signs. Own code of a few lines, because only l1/ may use an
// Ethereum library and wallets verify these in the browser; a test compares it with that library.

type Hex = `0x${string}`
/** Where the signature holds: EIP-712's domain with the rollup as verifying contract. */
export type SigningDomain = { readonly chainId: bigint; readonly rollup: Hex }

const text = (value: string) => keccak_256(new TextEncoder().encode(value))
const word = (value: bigint) => bigintToBytes(value, 32)
const address = (value: Hex) => concatBytes(new Uint8Array(12), hexToBytes(value))

/** By domain: a sequencer signs millions of receipts for one. */
const separators = new WeakMap<SigningDomain, Uint8Array>()

function domainSeparator(domain: SigningDomain): Uint8Array {
  let separator = separators.get(domain)
  if (separator === undefined) {
    separator = computeDomainSeparator(domain)
    separators.set(domain, separator)
  }
  return separator
}

function computeDomainSeparator({ chainId, rollup }: SigningDomain): Uint8Array {
  return keccak_256(
    concatBytes(
      text('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
      text('Cinnabar'),
      text('1'),
      word(chainId),
      address(rollup),
    ),
  )
}

function digest(
  domain: SigningDomain,
  typeHash: Uint8Array,
  fields: readonly Uint8Array[],
): Uint8Array {
  const struct = keccak_256(concatBytes(typeHash, ...fields))
  return keccak_256(concatBytes(Uint8Array.of(0x19, 0x01), domainSeparator(domain), struct))
}

export const RECEIPT_TYPE =
  'Receipt(bytes32 statementId,uint64 admittedAt,uint64 settleBy,address sequencer)'
export const ANCHOR_TYPE =
  'Anchor(uint64 batchNumber,uint256 parentNoteRoot,uint256 parentNullifierRoot,uint256 noteRoot,uint256 nullifierRoot,uint64 slotCount,address sequencer)'
export const BOND_OWNER_TYPE = 'BondOwner(address owner,address bond)'
const RECEIPT_TYPE_HASH = text(RECEIPT_TYPE)
const ANCHOR_TYPE_HASH = text(ANCHOR_TYPE)
const BOND_OWNER_TYPE_HASH = text(BOND_OWNER_TYPE)

export function hashReceipt(
  domain: SigningDomain,
  receipt: Omit<Receipt, 'signature'>,
): Uint8Array {
  return digest(domain, RECEIPT_TYPE_HASH, [
    hexToBytes(receipt.statementId),
    word(BigInt(receipt.admittedAt)),
    word(BigInt(receipt.settleBy)),
    address(receipt.sequencer),
  ])
}

export function hashAnchor(
  domain: SigningDomain,
  anchor: Omit<SignedAnchor, 'signature'>,
): Uint8Array {
  return digest(domain, ANCHOR_TYPE_HASH, [
    word(BigInt(anchor.batchNumber)),
    hexToBytes(anchor.parentNoteRoot),
    hexToBytes(anchor.parentNullifierRoot),
    hexToBytes(anchor.noteRoot),
    hexToBytes(anchor.nullifierRoot),
    word(BigInt(anchor.slotCount)),
    address(anchor.sequencer),
  ])
}

/** The receipt key's consent that `owner` disposes of the bond for its receipts, in one contract. */
export function hashBondOwner(
  domain: SigningDomain,
  { owner, bond }: { owner: Hex; bond: Hex },
): Uint8Array {
  return digest(domain, BOND_OWNER_TYPE_HASH, [address(owner), address(bond)])
}

/** r ‖ s ‖ v over a digest. Deterministic (RFC 6979) with low s. */
export function signDigest(privateKey: Uint8Array, hash: Uint8Array): Hex {
  const signature = secp256k1.sign(hash, privateKey, { prehash: false, format: 'recovered' })
  // noble puts the recovery bit first, Ethereum last and from 27.
  const [recovery = 0] = signature
  return bytesToHex(concatBytes(signature.subarray(1), Uint8Array.of(27 + recovery)))
}

/** Lower-case address of a key. */
export function addressOfKey(privateKey: Uint8Array): Hex {
  return addressOfPublicKey(secp256k1.getPublicKey(privateKey, false))
}

function addressOfPublicKey(uncompressed: Uint8Array): Hex {
  return bytesToHex(keccak_256(uncompressed.subarray(1)).subarray(12))
}

/** Who signed; undefined when the signature is malformed or has a high s. */
function recoverSigner(hash: Uint8Array, signature: Hex): Hex | undefined {
  const bytes = hexToBytes(signature)
  const v = bytes[64]
  if (bytes.length !== 65 || (v !== 27 && v !== 28)) return undefined
  const recovered = concatBytes(Uint8Array.of(v - 27), bytes.subarray(0, 64))
  try {
    if (secp256k1.Signature.fromBytes(recovered, 'recovered').hasHighS()) return undefined
    const compressed = secp256k1.recoverPublicKey(recovered, hash, { prehash: false })
    return addressOfPublicKey(secp256k1.Point.fromBytes(compressed).toBytes(false))
  } catch {
    return undefined
  }
}

/** Whether `expected` (an address) signed this receipt. */
export function verifyReceipt(domain: SigningDomain, receipt: Receipt, expected: string): boolean {
  return isSignedBy(hashReceipt(domain, receipt), receipt, expected)
}

/** Whether `expected` (an address) signed this anchor; one without a signature nobody did. */
export function verifyAnchor(
  domain: SigningDomain,
  anchor: SignedAnchor,
  expected: string,
): boolean {
  return isSignedBy(hashAnchor(domain, anchor), anchor, expected)
}

function isSignedBy(
  hash: Uint8Array,
  { sequencer, signature }: { sequencer: string; signature?: Hex | undefined },
  expected: string,
): boolean {
  return (
    signature !== undefined &&
    sequencer.toLowerCase() === expected.toLowerCase() &&
    recoverSigner(hash, signature) === expected.toLowerCase()
  )
}
