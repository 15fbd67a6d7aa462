import { keccak_256 } from '@noble/hashes/sha3.js'
import type { PossessionProof } from './auditKeyPossession.ts'
import { type CurvePoint, mulBase8, SUBGROUP_ORDER } from './babyjubjub.ts'
import { randomScalar } from './committee/scalars.ts'
import { NULLIFIER_TREE_DEPTH } from './constants.ts'
import { bigintToBytes, bytesToBigint, concatBytes, hexToBytes } from './field.ts'
import type { RandomBytes } from './memo.ts'
import {
  hashInterval,
  NULLIFIER_LIMIT,
  NullifierRangeError,
  type NullifierTree,
} from './nullifierTree.ts'
import { MerkleTree } from './tree.ts'

type Hex = `0x${string}`

/** What a claim against an operator's bond is for: one statement, one payee, one contract. */
export type BondClaimContext = {
  readonly chainId: bigint
  /** OperatorBond. */
  readonly bond: Hex
  readonly statementId: Hex
  /** Base-chain address that is paid. */
  readonly payee: Hex
}

/**
 * c = keccak256(abi.encode(bytes32("cinnabar.bondclaim"), chain id, bond, statement id, payee, ephemeral, R)) mod l.
 * Twin: OperatorBond.possessionChallenge.
 */
export function bondClaimChallenge(
  { chainId, bond, statementId, payee }: BondClaimContext,
  ephemeral: CurvePoint,
  r: CurvePoint,
): bigint {
  const label = new Uint8Array(32)
  label.set(new TextEncoder().encode('cinnabar.bondclaim'))
  const word = (value: bigint): Uint8Array => bigintToBytes(value, 32)
  const address = (value: Hex) => concatBytes(new Uint8Array(12), hexToBytes(value))
  const digest = keccak_256(
    concatBytes(
      ...[label, word(chainId), address(bond), hexToBytes(statementId), address(payee)],
      ...[ephemeral.x, ephemeral.y, r.x, r.y].map(word),
    ),
  )
  return bytesToBigint(digest) % SUBGROUP_ORDER
}

/** Shows that whoever names the payee made the statement: it knows e of the statement's ephemeral (T9). */
export function proveBondClaim(
  context: BondClaimContext,
  { ephemeralSecret, randomBytes }: { ephemeralSecret: bigint; randomBytes: RandomBytes },
): PossessionProof {
  const nonce = randomScalar(randomBytes)
  const r = mulBase8(nonce)
  const challenge = bondClaimChallenge(context, mulBase8(ephemeralSecret), r)
  return { r, s: (nonce + challenge * ephemeralSecret) % SUBGROUP_ORDER }
}

/** That a nullifier is in no batch yet: the interval around it and its path, as OperatorBond takes them. */
export type NullifierAbsence = {
  readonly from: bigint
  readonly to: bigint
  readonly leafIndex: bigint
  /** Three a level, leaf level first, in order of their places. */
  readonly siblings: readonly bigint[]
}

/** Undefined where it is spent. @throws {NullifierRangeError} for what no nullifier can be. */
export function proveNullifierAbsence(
  tree: Pick<NullifierTree, 'find' | 'path'>,
  nullifier: bigint,
): NullifierAbsence | undefined {
  const { from, to, index } = tree.find(nullifier)
  if (from === nullifier) return undefined
  const { digits, children } = tree.path(index)
  const siblings = children.flatMap((four, level) =>
    four.filter((_, place) => place !== digits[level]),
  )
  return { from, to, leafIndex: BigInt(index), siblings }
}

/**
 * The nullifier tree of those who are in it, each with its leaf, without the batches that put them there: what insertion leaves
 * does not depend on the order (docs/spec/nullifier-tree.md).
 */
export function nullifierTreeOf(
  members: readonly { readonly nullifier: bigint; readonly leafIndex: number }[],
): Pick<NullifierTree, 'root' | 'find' | 'path'> {
  const ends = [
    { from: 0n, index: 0 },
    ...members.map(({ nullifier, leafIndex }) => ({ from: nullifier, index: leafIndex })),
  ].sort((one, other) => (one.from < other.from ? -1 : 1))
  const intervals = ends.map(({ from, index }, i) => {
    return { from, index, to: ends[i + 1]?.from ?? NULLIFIER_LIMIT }
  })
  const tree = new MerkleTree(NULLIFIER_TREE_DEPTH)
  for (const { from, to, index } of intervals) tree.setLeaf(index, hashInterval(from, to))
  return {
    root: tree.root,
    path: (index, level) => tree.path(index, level),
    find(value) {
      if (value < 0n || value >= NULLIFIER_LIMIT) throw new NullifierRangeError()
      const found = intervals.findLast(({ from }) => from <= value)
      if (found === undefined) throw new NullifierRangeError()
      return found
    },
  }
}
