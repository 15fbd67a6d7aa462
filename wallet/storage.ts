import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../files/replaceFile.ts'
import type { RandomBytes } from '../protocol/memo.ts'
import { WalletFileError } from './errors.ts'
import { openBytes, sealBytes } from './keystore.ts'
import { decodeState, emptyState, encodeState, type WalletState } from './state.ts'

const STATE_FILE = 'state.bin'
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
  replaceFile(join(dir, STATE_FILE), sealed)
}
