import { lockFolder } from '../files/folderLock.ts'
import { WalletLockedError } from './errors.ts'

/** Gives the wallet free. */
export type Unlock = () => void

/**
 * Makes this process the only one that writes the wallet. The lock of a process that is gone is
 * taken over.
 *
 * @throws {WalletLockedError} while another process has it.
 */
export function lockWallet(dir: string): Unlock {
  const lock = lockFolder(dir)
  if ('heldBy' in lock) throw new WalletLockedError({ dir, pid: lock.heldBy })
  return lock.release
}
