import { createHash } from 'node:crypto'

import { type Account, commitAccount, genesisAccount } from '../../protocol/account.ts'
import { type Address } from '../../protocol/address.ts'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import {
  type BuiltTransfer,
  buildTransfer,
  type TransferIntent,
} from '../../protocol/buildTransfer.ts'
import { NOTE_TREE_DEPTH, SCALAR_BITS, type TransferCircuit } from '../../protocol/constants.ts'
import { lowBits } from '../../protocol/field.ts'
import { type Destination, hashDestination, type Identity } from '../../protocol/identity.ts'
import { type Owner } from '../../protocol/keys.ts'
import { type RandomBytes } from '../../protocol/memo.ts'
import { commitNote, type Note } from '../../protocol/note.ts'
import { buildPolicyTree, type Policy } from '../../protocol/policy.ts'
import { MerkleTree } from '../../protocol/tree.ts'
import { aDomain, anIdentityTree, aPerson, fieldOf, type Person } from './identities.ts'

/** The audit keys with their secrets: single holders, as in the demo. */
export const auditSecretS = lowBits(fieldOf('audit key S'), SCALAR_BITS)
export const auditSecretI = lowBits(fieldOf('audit key I'), SCALAR_BITS)
export const auditSecretL = lowBits(fieldOf('audit key L'), SCALAR_BITS)

export const anAsset = 7n
/** 23 November 2026. */
export const aDay = 20_780n
/** Where the account note stands, and the first note to take in. */
export const accountIndex = 8
export const firstInputIndex = 21

/** A source of bytes that depends on the label alone. */
export function seededBytes(label: string): RandomBytes {
  let counter = 0
  return (length) => {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 64) {
      const block = createHash('sha512').update(`${label} ${counter++}`).digest()
      bytes.set(block.subarray(0, Math.min(64, length - at)), at)
    }
    return bytes
  }
}

/** Uniform numbers that depend on the label alone, for seeded random statements. */
export function seededNumbers(label: string): (below: bigint) => bigint {
  const bytes = seededBytes(label)
  return (below) => BigInt(`0x${Buffer.from(bytes(40)).toString('hex')}`) % below
}

export function ownerOf(person: Person): Owner {
  return { ownerKey: person.keys.ownerKey, identityIndex: person.index }
}

export function addressOf(person: Person): Address {
  return { owner: ownerOf(person), viewingPublicKey: person.keys.viewingPublicKey }
}

export type TransferOptions = {
  circuit?: TransferCircuit
  /** Changes all blindings. */
  label?: string
  domain?: bigint
  asset?: bigint
  day?: bigint
  isGenesis?: boolean
  /** Fields of the account spent; not at genesis. */
  account?: Partial<Omit<Account, 'owner' | 'asset'>>
  /** Notes to take in. Default: one of 100 at `firstInputIndex`. */
  inputs?: readonly { amount: bigint; index?: number }[]
  /** Default: 30 to bob. */
  payments?: readonly { to: Person; amount: bigint; userMemo?: string }[]
  withdrawal?: { amount: bigint; recipient: bigint }
  fee?: bigint
  epoch?: bigint
  /** Fields of alice's identity. */
  identity?: Partial<Identity>
  /** Where alice's funds go in an exit. Default: an address. */
  destination?: Destination
  isExit?: boolean
  policy?: Partial<Policy>
  /** Leaves of others in the note tree. */
  otherLeaves?: number
}

export type TransferWorld = {
  alice: Person
  bob: Person
  carol: Person
  noteTree: MerkleTree
  identityTree: MerkleTree
  policyTree: MerkleTree
  policy: Policy
  account: Account
  received: Note[]
  destination: Destination
}

/** An address for exits. */
export const aDestination: Destination = {
  kind: 'address',
  address: fieldOf('alice home') >> 94n,
}

/** Alice (index 5), bob (6) and carol (the last index) with alice's account and notes in the trees. */
export function aWorld(options: TransferOptions = {}): TransferWorld {
  const { domain = aDomain, asset = anAsset, label = 'transfer', isGenesis = false } = options
  const destination = options.destination ?? aDestination
  const alice = aPerson(
    'alice',
    5n,
    { destination: hashDestination(destination), ...options.identity },
    domain,
  )
  const bob = aPerson('bob', 6n, {}, domain)
  const carol = aPerson('carol', (1n << 20n) - 1n, {}, domain)
  const noteTree = new MerkleTree(NOTE_TREE_DEPTH)
  for (let i = 0; i < (options.otherLeaves ?? 4); i++) {
    noteTree.setLeaf(i, fieldOf(`${label} other ${i}`))
  }
  const account = isGenesis
    ? genesisAccount(ownerOf(alice), asset)
    : {
        owner: ownerOf(alice),
        asset,
        balance: 1_000n,
        nonce: 3n,
        cursor: 12n,
        day: aDay,
        spentToday: 50n,
        blinding: fieldOf(`${label} account`),
        ...options.account,
      }
  if (!isGenesis) noteTree.setLeaf(accountIndex, commitAccount(account))
  const received = inputsOf(options).map(({ amount, index }) => {
    const note = {
      owner: account.owner,
      asset,
      amount,
      blinding: fieldOf(`${label} input ${index}`),
    }
    noteTree.setLeaf(index, commitNote(note))
    return note
  })
  const policy = {
    tier: alice.identity.tier,
    asset,
    perTransfer: 1_000n,
    perDay: 5_000n,
    accountCap: 100_000n,
    reportAbove: 2_000n,
    ...options.policy,
  }
  return {
    alice,
    bob,
    carol,
    noteTree,
    identityTree: anIdentityTree(alice, bob, carol),
    // Another asset's and another tier's policies stand before it.
    policyTree: buildPolicyTree([
      { ...policy, asset: asset ^ 1n, perTransfer: 1n },
      { ...policy, tier: policy.tier ^ 1n, perTransfer: 2n },
      policy,
    ]),
    policy,
    account,
    received,
    destination,
  }
}

function inputsOf({ inputs }: TransferOptions): { amount: bigint; index: number }[] {
  return (inputs ?? [{ amount: 100n }]).map(({ amount, index }, i) => ({
    amount,
    index: index ?? firstInputIndex + 4 * i,
  }))
}

/** A valid intent; every part can be overridden. */
export function anIntent(
  options: TransferOptions = {},
  world: TransferWorld = aWorld(options),
): TransferIntent {
  const { domain = aDomain, label = 'transfer', isGenesis = false, isExit = false } = options
  const { alice, bob, noteTree, identityTree, policyTree, account, received } = world
  return {
    circuit: options.circuit ?? 'transfer',
    keys: alice.keys,
    domain,
    account,
    isGenesis,
    ...(isGenesis ? {} : { accountPath: noteTree.path(accountIndex) }),
    inputs: inputsOf(options).map(({ index }, i) => ({
      note: received[i]!,
      index,
      path: noteTree.path(index),
    })),
    payments: (options.payments ?? [{ to: bob, amount: 30n }]).map(({ to, ...payment }) => ({
      address: addressOf(to),
      ...payment,
    })),
    ...(options.withdrawal === undefined ? {} : { withdrawal: options.withdrawal }),
    fee: options.fee ?? 2n,
    epoch: options.epoch ?? 1n,
    identity: alice.identity,
    identityPath: identityTree.path(Number(alice.index)),
    isExit,
    ...(isExit ? { destination: world.destination } : {}),
    policy: world.policy,
    policyPath: policyTree.path(2),
    anchor: noteTree.root,
    identityRoot: identityTree.root,
    policyRoot: policyTree.root,
    day: options.day ?? aDay,
    auditKeyS: mulBase8(auditSecretS),
    auditKeyI: mulBase8(auditSecretI),
    auditKeyL: mulBase8(auditSecretL),
    randomBytes: seededBytes(`${label} memo`),
  }
}

export type ATransfer = BuiltTransfer & { intent: TransferIntent; world: TransferWorld }

/** A valid transfer of alice: takes in 100, pays 30 to bob and a fee of 2. */
export function aTransfer(options: TransferOptions = {}): ATransfer {
  const world = aWorld(options)
  const intent = anIntent(options, world)
  return { ...buildTransfer(intent), intent, world }
}
