import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { addPoints, mulBase8, mulPoint } from '../../protocol/babyjubjub.ts'
import {
  type BondClaimContext,
  bondClaimChallenge,
  nullifierTreeOf,
  proveBondClaim,
  proveNullifierAbsence,
} from '../../protocol/bondClaim.ts'
import {
  NULLIFIER_LIMIT,
  NullifierRangeError,
  NullifierTree,
} from '../../protocol/nullifierTree.ts'
import { seededBytes } from '../support/settlement.ts'

describe('nullifierTreeOf', () => {
  test('behavior: is what batches leave, whatever their order was', () => {
    const tree = NullifierTree.initial()
    assert.equal(nullifierTreeOf([]).root, tree.root)
    const members: { nullifier: bigint; leafIndex: number }[] = []
    for (const [start, values] of [
      [4, [900n, 17n, 5n]],
      [8, [2n ** 247n, 18n, 16n]],
    ] as const) {
      const turns = values.map((value) => ({ value, isLive: true }))
      const { pending } = tree.openInTurn(turns, start)
      tree.place(start, [...pending, 0n])
      values.forEach((nullifier, slot) => members.push({ nullifier, leafIndex: start + slot }))
    }
    const rebuilt = nullifierTreeOf(members)
    assert.equal(rebuilt.root, tree.root)
    for (const value of [1n, 6n, 17n, 19n, 899n, 901n, NULLIFIER_LIMIT - 1n]) {
      assert.deepEqual(rebuilt.find(value), tree.find(value))
      assert.deepEqual(proveNullifierAbsence(rebuilt, value), proveNullifierAbsence(tree, value))
    }
    // Spent: there is nothing to show.
    assert.equal(proveNullifierAbsence(rebuilt, 18n), undefined)
    assert.throws(() => rebuilt.find(NULLIFIER_LIMIT), NullifierRangeError)
  })
})

describe('proveBondClaim', () => {
  const context: BondClaimContext = {
    ...{ chainId: 31_337n, bond: `0x${'aa'.repeat(20)}`, payee: `0x${'bb'.repeat(20)}` },
    statementId: `0x${'cc'.repeat(32)}`,
  }

  test('default: s·Base8 = R + c·ephemeral, for this statement, payee and contract alone', () => {
    const ephemeralSecret = 12_345n
    const ephemeral = mulBase8(ephemeralSecret)
    const { r, s } = proveBondClaim(context, { ephemeralSecret, randomBytes: seededBytes('r') })
    const holds = (claimed: BondClaimContext) => {
      const right = addPoints(r, mulPoint(ephemeral, bondClaimChallenge(claimed, ephemeral, r)))
      const left = mulBase8(s)
      return left.x === right.x && left.y === right.y
    }
    assert.equal(holds(context), true)
    const changes: Partial<BondClaimContext>[] = [
      { chainId: 1n },
      { bond: context.payee },
      { payee: context.bond },
      { statementId: `0x${'cd'.repeat(32)}` },
    ]
    for (const change of changes) assert.equal(holds({ ...context, ...change }), false)
  })
})
