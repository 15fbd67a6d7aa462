import assert from 'node:assert/strict'

import { type Account, deriveAccountBlinding } from '../../protocol/account.ts'
import { deriveEphemeralSecret } from '../../protocol/auditRecord.ts'
import { type CurvePoint, mulBase8, mulPoint } from '../../protocol/babyjubjub.ts'
import { checkTransferStatement } from '../../protocol/checkTransferStatement.ts'
import { combineWord, completeTransfer } from '../../protocol/completeTransfer.ts'
import {
  type Domain,
  IDENTITY_TREE_DEPTH,
  NOTE_TREE_DEPTH,
  POLICY_TREE_DEPTH,
  type TransferCircuit,
} from '../../protocol/constants.ts'
import { StatementError } from '../../protocol/errors.ts'
import { reduce } from '../../protocol/field.ts'
import { type Identity } from '../../protocol/identity.ts'
import { deriveRecipient } from '../../protocol/note.ts'
import { hash } from '../../protocol/poseidon.ts'
import { type TransferPublicInputs } from '../../protocol/publicInputs.ts'
import {
  type InputWitness,
  type NoteWitness,
  pathOfLone,
  type TransferContext,
  transferToCircuitInputs,
  type TransferWitness,
} from '../../protocol/transfer.ts'
import { MerkleTree } from '../../protocol/tree.ts'
import { type CircuitTester } from './circuitTester.ts'
import { accountIndex, type ATransfer } from './transfers.ts'

export type Statement = {
  circuit: TransferCircuit
  publicInputs: TransferPublicInputs
  witness: TransferWitness
}

export type Trees = { notes: MerkleTree; identities: MerkleTree; policies: MerkleTree }

/** What a prover does differently. Everything else it does right, and consistently with it. */
export type Changes = {
  witness?: Partial<Omit<TransferWitness, 'account' | 'inputs' | 'notes' | 'identity'>>
  account?: Partial<Account>
  /** By slot. */
  inputs?: Record<number, Partial<InputWitness>>
  notes?: Record<number, Partial<NoteWitness>>
  identity?: Partial<Identity>
  context?: Partial<TransferContext>
  /** Changes the trees once everything claimed stands in them, before the paths are taken. */
  trees?: (trees: Trees, witness: TransferWitness) => void
  /** Public values replaced at the end. `outputs` and `nullifier` are carried into all that follows. */
  outputs?: Record<number, bigint>
  nullifier?: bigint
  publicInputs?: Partial<TransferPublicInputs>
  /** Fields added to the words of the records before they are masked. */
  statistics?: readonly [bigint, bigint]
  investigation?: readonly bigint[]
  /** The key under which the investigation record is masked, in place of the one that T11 asks for. */
  recordKey?: CurvePoint
}

/**
 * The statement of a prover who keeps every rule but those that `changes` break: all trees hold
 * what the witness claims, in or out of range, and all hashes follow.
 */
export function restate(transfer: ATransfer, changes: Changes = {}): Statement {
  const { circuit } = transfer.intent
  const base = transfer.witness
  const claimed: TransferWitness = {
    ...base,
    ...changes.witness,
    account: { ...base.account, ...changes.account },
    inputs: base.inputs.map((input, i) => ({ ...input, ...changes.inputs?.[i] })),
    notes: base.notes.map((note, i) => ({ ...note, ...changes.notes?.[i] })) as unknown as [
      NoteWitness,
      NoteWitness,
      NoteWitness,
    ],
    identity: { ...base.identity, ...changes.identity },
  }
  const { witness, roots } = plant(claimed, changes)
  const context = { ...contextOf(transfer), ...roots, ...changes.context }
  const completed = completeTransfer(circuit, witness, context)

  const nullifier = changes.nullifier ?? completed.publicInputs.nullifier
  const at = (i: number): bigint => changes.outputs?.[i] ?? completed.publicInputs.outputs[i]!
  const noteOutputs = [at(1), at(2), at(3)] as const
  const next = {
    ...completed.nextAccount,
    blinding: deriveAccountBlinding(witness.nullifierKey, nullifier, noteOutputs),
  }
  const outputs = [changes.outputs?.[0] ?? looseAccount(next), ...noteOutputs] as const
  const secret = deriveEphemeralSecret(witness.nullifierKey, nullifier, outputs)
  const ephemeral = mulBase8(secret)
  const { statisticsCiphertext, investigationCiphertext } = completed.publicInputs
  const remask = (
    ciphertext: readonly bigint[],
    domains: readonly Domain[],
    key: CurvePoint,
    added: readonly bigint[] = [],
    newKey = key,
  ): bigint[] =>
    ciphertext.map((word, i) => {
      const pad = (point: CurvePoint, scalar: bigint): bigint => {
        const { x, y } = mulPoint(point, scalar)
        return hash(domains[i]!, [x, y])
      }
      const plain = word - pad(key, completed.ephemeralSecret)
      return reduce(plain + pad(newKey, secret) + (added[i] ?? 0n))
    })
  return {
    circuit,
    witness,
    publicInputs: {
      ...completed.publicInputs,
      memoHash: transfer.publicInputs.memoHash,
      nullifier,
      outputs,
      ephemeral: [ephemeral.x, ephemeral.y],
      statisticsCiphertext: remask(
        statisticsCiphertext,
        ['STATISTICS_MASK_0', 'STATISTICS_MASK_1'],
        context.auditKeyS,
        changes.statistics,
      ) as [bigint, bigint],
      investigationCiphertext: remask(
        investigationCiphertext,
        ['INVESTIGATION_MASK_0', 'INVESTIGATION_MASK_1'],
        completed.recordKey,
        changes.investigation,
        changes.recordKey,
      ),
      ...changes.publicInputs,
    },
  }
}

function contextOf({ intent }: ATransfer): TransferContext {
  const { anchor, identityRoot, policyRoot, day, domain, auditKeyS, auditKeyI, auditKeyL } = intent
  return { anchor, identityRoot, policyRoot, day, domain, auditKeyS, auditKeyI, auditKeyL }
}

/** Puts everything that the witness claims into trees of its own. */
function plant(
  claimed: TransferWitness,
  { trees: tamper }: Changes,
): {
  witness: TransferWitness
  roots: Pick<TransferContext, 'anchor' | 'identityRoot' | 'policyRoot'>
} {
  const { account, inputs, identity, limits, isGenesis, isExit } = claimed
  const { owner, asset } = account
  const trees = {
    notes: new MerkleTree(NOTE_TREE_DEPTH),
    identities: new MerkleTree(IDENTITY_TREE_DEPTH),
    policies: new MerkleTree(POLICY_TREE_DEPTH),
  }
  trees.notes.setLeaf(3, 33n)
  const accountLeaf = looseAccount(account)
  if (!isGenesis) trees.notes.setLeaf(accountIndex, accountLeaf)
  const inputLeaf = ({ amount, blinding }: InputWitness): bigint =>
    looseNote({ owner, amount, blinding }, asset)
  const place = (index: bigint): number => Number(index % 4n ** BigInt(NOTE_TREE_DEPTH))
  for (const input of inputs) {
    if (input.isUsed) trees.notes.setLeaf(place(input.index), inputLeaf(input))
  }
  const identityPlace = Number(owner.identityIndex % (1n << 20n))
  trees.identities.setLeaf(identityPlace, looseIdentity(identity))
  const policyLeaf = hash('POLICY', [
    identity.tier,
    asset,
    limits.perTransfer,
    limits.perDay,
    limits.accountCap,
    limits.reportAbove,
  ])
  if (!isExit) trees.policies.setLeaf(2, policyLeaf)
  tamper?.(trees, claimed)
  return {
    witness: {
      ...claimed,
      accountPath: isGenesis
        ? pathOfLone(accountLeaf, NOTE_TREE_DEPTH)
        : trees.notes.path(accountIndex),
      inputs: inputs.map((input) => ({
        ...input,
        // The lone leaf's path leads to index 0.
        index: input.isUsed ? input.index : 0n,
        path: input.isUsed
          ? trees.notes.path(place(input.index))
          : pathOfLone(inputLeaf(input), NOTE_TREE_DEPTH),
      })),
      identityPath: trees.identities.path(identityPlace),
      policyPath: isExit ? pathOfLone(policyLeaf, POLICY_TREE_DEPTH) : trees.policies.path(2),
    },
    roots: {
      anchor: trees.notes.root,
      identityRoot: trees.identities.root,
      policyRoot: trees.policies.root,
    },
  }
}

/** commitAccount of any numbers. */
export function looseAccount({ owner, blinding, ...state }: Account): bigint {
  const word = combineWord('account', { ...state, identityIndex: owner.identityIndex })
  return hash('ACCOUNT', [owner.ownerKey, word, blinding])
}

/** commitNote of any numbers. */
export function looseNote({ owner, amount, blinding }: NoteWitness, asset: bigint): bigint {
  return hash('NOTE', [deriveRecipient(owner, blinding), combineWord('note', { asset, amount })])
}

/** hashIdentity of any numbers. */
export function looseIdentity(identity: Identity): bigint {
  const { ownerKey, destination, tracePoint, salt } = identity
  const word = combineWord('identity', identity)
  return hash('IDENTITY', [ownerKey, word, destination, tracePoint.x, tracePoint.y, salt])
}

/** The clause that the twin refuses by, or undefined. */
export function refusalOf({ circuit, publicInputs, witness }: Statement): string | undefined {
  try {
    checkTransferStatement(circuit, publicInputs, witness)
    return undefined
  } catch (error) {
    if (error instanceof StatementError) return error.clause
    throw error
  }
}

/** Whether the constraints hold for this statement, whatever the witness program thinks of it. */
export async function isAccepted(
  tester: CircuitTester,
  { publicInputs, witness }: Statement,
): Promise<boolean> {
  const signals = transferToCircuitInputs(publicInputs, witness)
  return tester.isSatisfied(await tester.uncheckedWitness(canonical(signals)))
}

/** Signals are field elements: a number out of range is what it is modulo r. */
function canonical<T>(value: T): T {
  if (typeof value === 'bigint') return reduce(value) as T
  if (Array.isArray(value)) return value.map(canonical) as T
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).map(([k, v]) => [k, canonical(v)]),
  ) as T
}

export async function assertAccepted(tester: CircuitTester, statement: Statement): Promise<void> {
  assert.equal(refusalOf(statement), undefined, 'the twin accepts')
  const { publicInputs, witness } = statement
  tester.check(await tester.witness(transferToCircuitInputs(publicInputs, witness)))
}

/** The twin names the clause, and no prover who leaves out the program's checks gets through. */
export async function assertRejected(
  tester: CircuitTester,
  statement: Statement,
  clause: string,
): Promise<void> {
  assert.equal(refusalOf(statement), clause, 'the twin refuses')
  assert.equal(await isAccepted(tester, statement), false, 'the circuit refuses')
}
