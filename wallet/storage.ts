import {
  closeSync,
  existsSync,
  ftruncateSync,
  fsyncSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { bytesToBigint, concatBytes, bigintToBytes } from '../protocol/field.ts'
import type { RandomBytes } from '../protocol/memo.ts'
import { writeFileAtomic } from './atomicFile.ts'
import { WalletFileError } from './errors.ts'
import { openBytes, sealBytes } from './keystore.ts'
import { decodeState, emptyState, encodeState, type WalletState } from './state.ts'

const STATE_FILE = 'state.bin'
const LEAVES_FILE = 'leaves.bin'
const LEAF_BYTES = 32
/** Binds the file to its use: another file of the wallet put in its place does not open. */
const STATE_CONTEXT = 'cinnabar.wallet.state.1'

/** @throws {WalletFileError} when the file was changed or belongs to another wallet. */
export function loadState({ dir, key }: { dir: string; key: Uint8Array }): WalletState {
  const file = join(dir, STATE_FILE)
  if (!existsSync(file)) return emptyState()
  const plaintext = openBytes(key, { sealed: readFileSync(file), context: STATE_CONTEXT })
  if (plaintext === undefined) {
    throw new WalletFileError({ file, reason: 'it was changed, or is of another wallet' })
  }
  return decodeState(new TextDecoder().decode(plaintext))
}

/** Durable when it returns. */
export function saveState(
  { dir, key, randomBytes }: { dir: string; key: Uint8Array; randomBytes: RandomBytes },
  state: WalletState,
): void {
  const plaintext = new TextEncoder().encode(encodeState(state))
  const sealed = sealBytes({ key, randomBytes }, { plaintext, context: STATE_CONTEXT })
  writeFileAtomic(join(dir, STATE_FILE), sealed)
}

/**
 * The leaves of the settled note tree, in order from index 0. They are public, so they are not
 * encrypted; their root is compared with the settled one, so a changed file shows.
 */
export function loadLeaves({ dir }: { dir: string }): bigint[] {
  const file = join(dir, LEAVES_FILE)
  if (!existsSync(file)) return []
  const bytes = readFileSync(file)
  const leaves: bigint[] = []
  for (let at = 0; at + LEAF_BYTES <= bytes.length; at += LEAF_BYTES) {
    leaves.push(bytesToBigint(bytes.subarray(at, at + LEAF_BYTES)))
  }
  return leaves
}

/** Writes `leaves` at index `from` and cuts off what stood behind them. */
export function saveLeaves(
  { dir }: { dir: string },
  { from, leaves }: { from: number; leaves: readonly bigint[] },
): void {
  const descriptor = openSync(
    join(dir, LEAVES_FILE),
    existsSync(join(dir, LEAVES_FILE)) ? 'r+' : 'w',
    0o600,
  )
  try {
    const bytes = concatBytes(...leaves.map((leaf) => bigintToBytes(leaf, LEAF_BYTES)))
    ftruncateSync(descriptor, from * LEAF_BYTES)
    let written = 0
    while (written < bytes.length) {
      written += writeSync(
        descriptor,
        bytes,
        written,
        bytes.length - written,
        from * LEAF_BYTES + written,
      )
    }
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
