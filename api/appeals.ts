import { keccak_256 } from '@noble/hashes/sha3.js'
import { canonicalBytes } from '../protocol/canonicalJson.ts'
import { bytesToHex } from '../protocol/field.ts'
import { isSignedByOwner } from '../protocol/grants/proofs.ts'
import type { Appeal, AppealAnswer } from './identityFiles.ts'

/** What stands on the base chain of an appeal or its answer: keccak256 of the RFC 8785 text. */
export function hashAppealFile(file: Appeal | AppealAnswer): `0x${string}` {
  return bytesToHex(keccak_256(canonicalBytes(file)))
}

/** Whether whoever holds the spending key of the owner key that it names signed the appeal, for this index. */
export function isAppealSigned({ authority, ...document }: Appeal): boolean {
  return authority.identityIndex === String(document.index) && isSignedByOwner(authority, document)
}
