import { mkdirSync } from 'node:fs'
import { generateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import type { ChainDeployment } from '../l1/deployment.ts'
import { encodeAddress } from '../protocol/address.ts'
import { IDENTITY_TREE_DEPTH, NOTE_TREE_DEPTH, OUTPUTS_PER_SLOT } from '../protocol/constants.ts'
import { deploymentDomain } from '../protocol/domain.ts'
import { deriveKeys, type Keys } from '../protocol/keys.ts'
import type { RandomBytes } from '../protocol/memo.ts'
import { MerkleTree } from '../protocol/tree.ts'
import { type Kernels, openKernels } from '../prover/kernels.ts'
import { DeploymentMismatchError, NotRegisteredError } from './errors.ts'
import { abandonUnsent, reconcileJournal } from './journal.ts'
import { createKeystore, type Keystore, openKeystore } from './keystore.ts'
import { emptyLedger, type Ledger, ownerOf } from './ledger.ts'
import { lockWallet, type Unlock } from './lock.ts'
import { type AppendedLeaves, NoteTreeFiles } from './noteTreeFiles.ts'
import type { WalletState } from './state.ts'
import { loadState, saveState } from './storage.ts'

/** What of a deployment the wallet's own data rests on. */
export type WalletDeployment = Pick<
  ChainDeployment,
  'chainId' | 'rollup' | 'startBlock' | 'prefix' | 'assets'
>

/** The two trees of the ledger, with its roots. */
export type WalletTrees = {
  /** Reads from the wallet's folder. */
  readonly noteTree: MerkleTree
  readonly identityTree: MerkleTree
}

/**
 * An open wallet. It holds the lock of its folder until `close`. Only `updateState` and the sync write
 * to it.
 */
export type Wallet = {
  readonly dir: string
  readonly deployment: WalletDeployment
  readonly domain: bigint
  readonly keys: Keys
  readonly mnemonic: string
  state: WalletState
  trees: WalletTrees
  readonly noteTreeFiles: NoteTreeFiles
  readonly kernels: Kernels
  readonly randomBytes: RandomBytes
  /** Unix seconds. */
  readonly now: () => number
  readonly storageKey: Uint8Array
  close(): void
}

export type WalletEnvironment = {
  randomBytes?: RandomBytes
  /** Unix seconds. */
  now?: () => number
  /** Bulk arithmetic. Default: native where it is built. */
  kernels?: Kernels
}

export type CreateWalletParameters = {
  dir: string
  passphrase: string
  deployment: WalletDeployment
  /** Restores these keys; without it new ones are made. */
  mnemonic?: string
}

/** BIP-39 words from fresh randomness: 24, that is 256 bits. */
export function newMnemonic(): string {
  return generateMnemonic(wordlist, 256)
}

/**
 * Makes a wallet in an empty folder, from new recovery words or given ones.
 *
 * @throws {WalletExistsError | WeakPassphraseError | InvalidMnemonicError | WalletLockedError}
 */
export async function createWallet(
  environment: WalletEnvironment,
  { dir, passphrase, deployment, mnemonic = newMnemonic() }: CreateWalletParameters,
): Promise<Wallet> {
  const randomBytes = environment.randomBytes ?? systemRandomBytes
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const unlock = lockWallet(dir)
  try {
    const { chainId, rollup } = deployment
    const keystore = await createKeystore(
      { randomBytes },
      { dir, mnemonic, passphrase, deployment: { chainId, rollup } },
    )
    return await assemble(environment, { dir, deployment, keystore, unlock })
  } catch (error) {
    unlock()
    throw error
  }
}

/**
 * Opens a wallet. What was proved and maybe sent before a crash is still in its journal.
 *
 * @throws {WalletNotFoundError | WrongPassphraseError | WalletFileError | WalletLockedError}
 * @throws {DeploymentMismatchError} when the wallet is for another deployment.
 */
export async function openWallet(
  environment: WalletEnvironment,
  { dir, passphrase, deployment }: Omit<CreateWalletParameters, 'mnemonic'>,
): Promise<Wallet> {
  // Before the lock: a folder that holds no wallet is left as it is.
  const keystore = await openKeystore({ dir, passphrase })
  checkDeployment(keystore, deployment)
  const unlock = lockWallet(dir)
  try {
    return await assemble(environment, { dir, deployment, keystore, unlock })
  } catch (error) {
    unlock()
    throw error
  }
}

async function assemble(
  { randomBytes = systemRandomBytes, now = systemTime, kernels = openKernels() }: WalletEnvironment,
  {
    dir,
    deployment,
    keystore,
    unlock,
  }: { dir: string; deployment: WalletDeployment; keystore: Keystore; unlock: Unlock },
): Promise<Wallet> {
  const domain = deploymentDomain(deployment)
  const { storageKey, mnemonic } = keystore
  const stored = loadState({ dir, key: storageKey })
  const noteTreeFiles = new NoteTreeFiles(dir)
  const identityTree = buildIdentityTree(stored.ledger)
  const isComplete =
    (await restoreNoteTree({ files: noteTreeFiles, kernels }, stored.ledger)) &&
    identityTree !== undefined
  // Public data that was lost or changed on disk comes back from the base chain.
  if (!isComplete) noteTreeFiles.clear()
  const ledger = isComplete ? stored.ledger : emptyLedger()
  return {
    ...{ dir, deployment, domain, mnemonic, storageKey, randomBytes, now },
    ...{ noteTreeFiles, kernels },
    keys: deriveKeys(keystore.seed, domain),
    state: { ...stored, ledger, journal: abandonUnsent(stored.journal) },
    trees: {
      noteTree: new MerkleTree(NOTE_TREE_DEPTH, { store: noteTreeFiles }),
      identityTree: isComplete ? identityTree : new MerkleTree(IDENTITY_TREE_DEPTH),
    },
    close() {
      noteTreeFiles.close()
      unlock()
    },
  }
}

/** Replaces the state, durably: when it returns, a crash leaves the new one. */
export function updateState(wallet: Wallet, change: Partial<WalletState>): void {
  const state = { ...wallet.state, ...change }
  saveState({ dir: wallet.dir, key: wallet.storageKey, randomBytes: wallet.randomBytes }, state)
  wallet.state = state
}

/** Writes what a stretch of the base chain brought: leaves first, so that a crash in between heals. */
export function updateLedger(
  wallet: Wallet,
  { ledger, appended }: { ledger: Ledger; appended: AppendedLeaves | undefined },
): void {
  if (appended !== undefined) wallet.noteTreeFiles.commit(appended)
  updateState(wallet, { ledger, journal: reconcileJournal(wallet.state.journal, ledger) })
}

/** Forgets what came from the base chain; keys, journal and identity files stay. */
export function resetLedger(wallet: Wallet, ledger: Ledger): void {
  wallet.noteTreeFiles.clear()
  wallet.trees = { ...wallet.trees, identityTree: new MerkleTree(IDENTITY_TREE_DEPTH) }
  updateState(wallet, { ledger })
}

/** The address to give to payers. @throws {NotRegisteredError} before the identity is filed. */
export function getAddress(wallet: Wallet): string {
  const owner = ownerOf(wallet.state.ledger, wallet.keys)
  if (owner === undefined) throw new NotRegisteredError()
  const { viewingPublicKey } = wallet.keys
  return encodeAddress({ owner, viewingPublicKey }, wallet.deployment.prefix)
}

function checkDeployment(keystore: Keystore, { chainId, rollup }: WalletDeployment): void {
  const { deployment } = keystore
  if (deployment.chainId === chainId.toString() && deployment.rollup === rollup.toLowerCase())
    return
  throw new DeploymentMismatchError({
    what: 'deployment file',
    expected: `${deployment.rollup} on chain ${deployment.chainId}`,
    actual: `${rollup.toLowerCase()} on chain ${chainId.toString()}`,
  })
}

/**
 * Brings the stored note tree to the ledger: its right edge in a few hashes, or, where inner nodes were
 * lost or are wrong there, all of them from the leaves.
 *
 * @returns false when the stored leaves are not those of the ledger.
 */
async function restoreNoteTree(
  { files, kernels }: { files: NoteTreeFiles; kernels: Kernels },
  { batchNumber, slotCount, noteRoot }: Ledger,
): Promise<boolean> {
  if (batchNumber === 0n) {
    files.clear()
    return true
  }
  const leafCount = Number(slotCount) * OUTPUTS_PER_SLOT
  if (files.restore(kernels, leafCount) && files.root === noteRoot) return true
  if (!files.hasLeaves(leafCount)) return false
  await files.rebuild(kernels, leafCount)
  return files.root === noteRoot
}

/** undefined when the ledger's leaves do not give its root. */
function buildIdentityTree({
  identityLeaves,
  identityVersion,
  identityRoot,
}: Ledger): MerkleTree | undefined {
  const tree = new MerkleTree(IDENTITY_TREE_DEPTH)
  const last = identityLeaves.reduce((most, [index]) => (index > most ? index : most), -1n)
  // Indexes are given one after the other, so that together they are hashed once.
  const leaves = new Array<bigint>(Number(last) + 1).fill(0n)
  for (const [index, leaf] of identityLeaves) leaves[Number(index)] = leaf
  tree.setLeaves(0, leaves)
  return identityVersion === 0n || tree.root === identityRoot ? tree : undefined
}

const systemRandomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length))
const systemTime = () => Math.floor(Date.now() / 1000)
