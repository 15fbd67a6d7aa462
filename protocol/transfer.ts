import { type Account } from './account.ts'
import { type Address } from './address.ts'
import { type CurvePoint } from './babyjubjub.ts'
import { TRANSFER_CIRCUITS, type TransferCircuit } from './constants.ts'
import { type Identity } from './identity.ts'
import { type Owner } from './keys.ts'
import { type Note } from './note.ts'
import { type TransferPublicInputs } from './publicInputs.ts'
import { hashNode, type MerklePath, pathToCircuitInputs } from './tree.ts'

/** A received note to take in, with its place in the note tree. */
export type TransferInput = {
  readonly note: Note
  /** Leaf index. */
  readonly index: number
  /** In the tree whose root is the anchor. */
  readonly path: MerklePath
}

/** One recipient. */
export type Payment = {
  readonly address: Address
  /** Protocol units, above 0. */
  readonly amount: bigint
  /** At most 32 bytes of UTF-8, for the recipient. */
  readonly userMemo?: string
}

/** What leaves to the base chain. */
export type WithdrawalIntent = {
  /** Protocol units, above 0. */
  readonly amount: bigint
  /** Base-chain address, 160 bits. */
  readonly recipient: bigint
}

/** What a transfer's statement is about besides the user's own secrets. */
export type TransferContext = {
  readonly anchor: bigint
  readonly identityRoot: bigint
  readonly policyRoot: bigint
  /** Unix day. */
  readonly day: bigint
  readonly domain: bigint
  readonly auditKeyS: CurvePoint
  readonly auditKeyI: CurvePoint
  readonly auditKeyL: CurvePoint
}

/** An input slot. An unused one has amount 0, and any consistent path. */
export type InputWitness = {
  readonly isUsed: boolean
  readonly amount: bigint
  readonly blinding: bigint
  readonly index: bigint
  readonly path: MerklePath
}

/** A note made. Its asset is the account's. */
export type NoteWitness = {
  readonly amount: bigint
  readonly owner: Owner
  readonly blinding: bigint
}

/**
 * All that the prover knows and the verifier does not. Paths that are not checked (the account's at
 * genesis, an unused input's, the policy's in an exit) are consistent in themselves, as
 * `pathOfLone` makes them.
 */
export type TransferWitness = {
  readonly spendingKey: bigint
  readonly nullifierKey: bigint
  readonly isGenesis: boolean
  /** The account note spent, or the account of zeros. */
  readonly account: Account
  readonly accountPath: MerklePath
  /** As many as the circuit has slots. */
  readonly inputs: readonly InputWitness[]
  readonly notes: readonly [NoteWitness, NoteWitness, NoteWitness]
  readonly withdrawal: { readonly amount: bigint; readonly recipient: bigint }
  readonly fee: { readonly amount: bigint; readonly epoch: bigint }
  readonly identity: Identity
  readonly identityPath: MerklePath
  readonly isExit: boolean
  /** The destination's preimage: kind and two values. Zeros but in an exit. */
  readonly destination: readonly [bigint, bigint, bigint]
  readonly limits: {
    readonly perTransfer: bigint
    readonly perDay: bigint
    readonly accountCap: bigint
    readonly reportAbove: bigint
  }
  readonly policyPath: MerklePath
  /** Whether the new balance is bound by the old one or by the cap. */
  readonly boundByOldBalance: boolean
}

/** Values of circom signals by name. */
export type CircuitSignals = {
  readonly [signal: string]: CircuitSignalValue
}
export type CircuitSignalValue = bigint | readonly CircuitSignalValue[]

/** Number of input slots of a circuit. */
export function countInputSlots(circuit: TransferCircuit): number {
  return TRANSFER_CIRCUITS[circuit].notesIn
}

/**
 * The path of a leaf that stands alone at index 0 of a tree of its own: what a circuit gets for a
 * leaf whose membership is not checked. The circuit gates the comparison of roots only, so the
 * path must still be consistent.
 */
export function pathOfLone(leaf: bigint, depth: number): MerklePath {
  const children: [bigint, bigint, bigint, bigint][] = []
  let node = leaf
  for (let level = 0; level < depth; level++) {
    const four: [bigint, bigint, bigint, bigint] = [node, 0n, 0n, 0n]
    children.push(four)
    node = hashNode(four)
  }
  return { digits: children.map(() => 0), children }
}

/** The input signals of circuits/src/transfer.circom. */
export function transferToCircuitInputs(
  publicInputs: TransferPublicInputs,
  witness: TransferWitness,
): CircuitSignals {
  const { account, inputs, notes, withdrawal, fee, identity, limits } = witness
  const children = (path: MerklePath): bigint[][] => pathToCircuitInputs(path).children
  return {
    ...publicInputs,
    spendingKey: witness.spendingKey,
    nullifierKey: witness.nullifierKey,
    identityIndex: account.owner.identityIndex,
    isGenesis: bit(witness.isGenesis),
    asset: account.asset,
    balance: account.balance,
    nonce: account.nonce,
    cursor: account.cursor,
    accountDay: account.day,
    spentToday: account.spentToday,
    accountBlinding: account.blinding,
    accountChildren: children(witness.accountPath),
    isInputUsed: inputs.map(({ isUsed }) => bit(isUsed)),
    inputAmount: inputs.map(({ amount }) => amount),
    inputBlinding: inputs.map(({ blinding }) => blinding),
    inputIndex: inputs.map(({ index }) => index),
    inputChildren: inputs.map(({ path }) => children(path)),
    noteAmount: notes.map(({ amount }) => amount),
    noteOwnerKey: notes.map(({ owner }) => owner.ownerKey),
    noteIdentityIndex: notes.map(({ owner }) => owner.identityIndex),
    noteBlinding: notes.map(({ blinding }) => blinding),
    withdrawalAmount: withdrawal.amount,
    withdrawalRecipient: withdrawal.recipient,
    feeAmount: fee.amount,
    epoch: fee.epoch,
    tier: identity.tier,
    jurisdiction: identity.jurisdiction,
    expiryDay: identity.expiryDay,
    status: identity.status,
    suspendedUntil: identity.suspendedUntil,
    destination: identity.destination,
    tracePoint: [identity.tracePoint.x, identity.tracePoint.y],
    salt: identity.salt,
    identityChildren: children(witness.identityPath),
    isExit: bit(witness.isExit),
    destinationKind: witness.destination[0],
    destinationValues: [witness.destination[1], witness.destination[2]],
    perTransfer: limits.perTransfer,
    perDay: limits.perDay,
    accountCap: limits.accountCap,
    reportAbove: limits.reportAbove,
    policyChildren: children(witness.policyPath),
    boundByOldBalance: bit(witness.boundByOldBalance),
  }
}

function bit(value: boolean): bigint {
  return value ? 1n : 0n
}
