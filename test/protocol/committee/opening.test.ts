import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mulBase8, mulPoint, SUBGROUP_ORDER } from '../../../protocol/babyjubjub.ts'
import { verifyEqualLogs, proveEqualLogs } from '../../../protocol/committee/equalLogs.ts'
import { scale } from '../../../protocol/committee/groupPoints.ts'
import {
  combinePartials,
  decryptPartially,
  type PartialDecryption,
  PartialsTooFewError,
  PointNotOpenableError,
  verifyPartial,
} from '../../../protocol/committee/partialDecryption.ts'
import {
  combinePossession,
  commitToPossession,
  PossessionRoundError,
  PossessionSharesWrongError,
  registrationPointOf,
  sharePossession,
  verifyPossession,
} from '../../../protocol/committee/possession.ts'
import { modOrder, randomScalar } from '../../../protocol/committee/scalars.ts'
import { clearCofactor } from '../../../protocol/babyjubjub.ts'
import { deriveTraceKey } from '../../../protocol/keys.ts'
import { hash } from '../../../protocol/poseidon.ts'
import { aCommittee, random } from '../../support/committees.ts'

const { committee, shares } = aCommittee(5, 3)
const context = new TextEncoder().encode('order 1, record 2')
const e = randomScalar(random)
const point = mulBase8(e)

const partialOf = (member: number, rest: { point?: typeof point; context?: Uint8Array } = {}) =>
  decryptPartially({
    member,
    share: shares[member - 1] ?? 0n,
    shareKey: committee.shareKeys[member - 1] ?? point,
    point,
    context,
    randomBytes: random,
    ...rest,
  })

describe('opening a record with 3 of 5', () => {
  test('any three give the point that the sender shared with the committee', () => {
    const expected = mulPoint(committee.publicKey, e)
    for (const members of [
      [1, 2, 3],
      [2, 4, 5],
      [5, 3, 1],
    ]) {
      const { shared, used, wrong } = combinePartials(
        committee,
        { point, context },
        members.map((member) => partialOf(member)),
      )
      assert.deepEqual(shared, expected)
      assert.equal(used.length, 3)
      assert.deepEqual(wrong, [])
    }
  })

  test('two do not, nor two and one of them again', () => {
    const two = [partialOf(1), partialOf(2)]
    for (const partials of [two, [...two, partialOf(2)]]) {
      assert.throws(
        () => combinePartials(committee, { point, context }, partials),
        PartialsTooFewError,
      )
    }
  })

  test('a wrong one is left out and its author named', () => {
    const wrong = { ...partialOf(4), result: scale(point, 5n) }
    const combined = combinePartials(committee, { point, context }, [
      partialOf(1),
      wrong,
      partialOf(2),
      partialOf(5),
    ])
    assert.deepEqual(combined.shared, mulPoint(committee.publicKey, e))
    assert.deepEqual(combined.wrong, [4])
    assert.throws(
      () => combinePartials(committee, { point, context }, [partialOf(1), wrong, partialOf(2)]),
      (error: unknown) =>
        error instanceof PartialsTooFewError && error.message.includes('by members: 4'),
    )
  })

  test('a partial holds for its member, point and context only', () => {
    const partial = partialOf(1)
    const check = (changed: PartialDecryption, where = { point, context }) =>
      verifyPartial(committee, where, changed)
    assert.ok(check(partial))
    assert.ok(!check({ ...partial, member: 2 }))
    assert.ok(!check({ ...partial, member: 0 }))
    assert.ok(!check({ ...partial, member: 6 }))
    assert.ok(!check(partial, { point: mulBase8(3n), context }))
    assert.ok(!check(partial, { point, context: new TextEncoder().encode('order 2, record 2') }))
    assert.ok(!check({ ...partial, result: { x: 0n, y: 1n } }))
    const { challenge, response } = partial.proof
    assert.ok(!check({ ...partial, proof: { challenge, response: modOrder(response + 1n) } }))
    assert.ok(!check({ ...partial, proof: { challenge: modOrder(challenge + 1n), response } }))
    // The same values mod l: refused, so that a proof has one form.
    assert.ok(!check({ ...partial, proof: { challenge, response: response + SUBGROUP_ORDER } }))
    assert.ok(!check({ ...partial, proof: { challenge: challenge + SUBGROUP_ORDER, response } }))
  })

  test('a member multiplies no point outside the subgroup', () => {
    const order2 = {
      x: 0n,
      y: 21888242871839275222246405745257275088548364400416034343698204186575808495616n,
    }
    for (const bad of [{ x: 0n, y: 1n }, order2, { x: 1n, y: 2n }]) {
      assert.throws(() => partialOf(1, { point: bad }), PointNotOpenableError)
    }
  })

  test("a subject's trace key comes out the same way as the subject computes it", () => {
    const t = randomScalar(random)
    const tracePoint = mulBase8(t)
    const { shared } = combinePartials(
      committee,
      { point: tracePoint, context },
      [1, 3, 4].map((member) => partialOf(member, { point: tracePoint })),
    )
    assert.equal(hash('TRACE_EPOCH', [shared.x, shared.y]), deriveTraceKey(t, committee.publicKey))
  })
})

test('equal logarithms: no proof of unequal ones comes through', () => {
  const secret = randomScalar(random)
  const statement = {
    publicKey: mulBase8(secret),
    point,
    result: scale(point, secret),
    context,
  }
  const proof = proveEqualLogs(statement, { secret, randomBytes: random })
  assert.ok(verifyEqualLogs(statement, proof))
  const false_ = { ...statement, result: scale(point, modOrder(secret + 1n)) }
  assert.ok(!verifyEqualLogs(false_, proof))
  // Proved with either of the two logarithms, it does not hold.
  for (const known of [secret, modOrder(secret + 1n)]) {
    const forged = proveEqualLogs(false_, { secret: known, randomBytes: random })
    assert.ok(!verifyEqualLogs(false_, forged))
  }
})

describe('possession of the audit key, shown by three members together', () => {
  const registry = '0x00000000000000000000000000000000000000aa'
  const where = { chainId: 31337n, registry, epoch: 3n, kind: 'investigation' } as const
  const begin = (members: readonly number[]) =>
    members.map((member) => commitToPossession(member, random))
  const members = [1, 3, 5]
  const started = begin(members)
  const round = {
    committee,
    context: where,
    commitments: started.map(({ commitment }) => commitment),
  }
  const answers = members.map((member, i) =>
    sharePossession(round, {
      member,
      share: shares[member - 1] ?? 0n,
      nonces: started[i]?.nonces ?? { hiding: 1n, binding: 1n },
    }),
  )

  test('the proof is one that the registry accepts', () => {
    const proof = combinePossession(round, answers)
    assert.ok(verifyPossession(where, committee.publicKey, proof))
    assert.ok(!verifyPossession({ ...where, epoch: 4n }, committee.publicKey, proof))
    assert.ok(!verifyPossession({ ...where, kind: 'statistics' }, committee.publicKey, proof))
    assert.ok(!verifyPossession({ ...where, chainId: 1n }, committee.publicKey, proof))
    assert.ok(
      !verifyPossession(where, committee.publicKey, { ...proof, s: proof.s + SUBGROUP_ORDER }),
    )
    assert.deepEqual(clearCofactor(registrationPointOf(committee)), committee.publicKey)
  })

  test('wrong parts name their authors', () => {
    const [a, b, c] = answers
    assert.ok(a && b && c)
    const wrong = { ...b, s: modOrder(b.s + 1n) }
    const named = (parts: readonly { member: number; s: bigint }[]): readonly number[] => {
      try {
        combinePossession(round, parts)
        return []
      } catch (error) {
        assert.ok(error instanceof PossessionSharesWrongError)
        return error.members
      }
    }
    assert.deepEqual(named([a, wrong, c]), [3])
    assert.deepEqual(named([a, c]), [3])
    assert.deepEqual(named([a, b, b, c]), [3])
    assert.deepEqual(named([a, { ...b, s: b.s + SUBGROUP_ORDER }, c]), [3])
  })

  test('too few, repeated or foreign commitments are refused before anybody answers', () => {
    const [a, b, c] = round.commitments
    assert.ok(a && b && c)
    const bad = [
      [a, b],
      [a, b, b],
      [a, b, { ...c, member: 6 }],
      [a, b, { ...c, hiding: { x: 0n, y: 1n } }],
    ]
    for (const commitments of bad) {
      assert.throws(
        () =>
          sharePossession(
            { ...round, commitments },
            {
              member: 1,
              share: shares[0] ?? 0n,
              nonces: started[0]?.nonces ?? { hiding: 1n, binding: 1n },
            },
          ),
        PossessionRoundError,
      )
    }
    // A coordinator that swaps a member's commitment for its own gets no answer from it.
    const swapped = [{ ...a, hiding: mulBase8(5n) }, b, c]
    assert.throws(
      () =>
        sharePossession(
          { ...round, commitments: swapped },
          {
            member: 1,
            share: shares[0] ?? 0n,
            nonces: started[0]?.nonces ?? { hiding: 1n, binding: 1n },
          },
        ),
      PossessionRoundError,
    )
  })

  test('a part of one round is none of another', () => {
    const again = begin(members)
    const other = { ...round, commitments: again.map(({ commitment }) => commitment) }
    assert.throws(() => combinePossession(other, answers), PossessionSharesWrongError)
  })
})
