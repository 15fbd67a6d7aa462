import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BASE8, mulBase8, SUBGROUP_ORDER } from '../../../protocol/babyjubjub.ts'
import {
  type Ceremony,
  CeremonyError,
  ceremonyId,
  checkCeremony,
  checkCommittee,
} from '../../../protocol/committee/ceremony.ts'
import {
  checkDealing,
  complain,
  deal,
  type Dealing,
  DealingError,
  judge,
  openShare,
} from '../../../protocol/committee/dealing.ts'
import {
  finishCeremony,
  isShareOf,
  TooFewDealersError,
} from '../../../protocol/committee/finishCeremony.ts'
import { interpolatePoints } from '../../../protocol/committee/ceremony.ts'
import { isSamePoint, scale } from '../../../protocol/committee/groupPoints.ts'
import { lagrangeAtZero, modOrder, randomScalar } from '../../../protocol/committee/scalars.ts'
import {
  aCeremony,
  aCommittee,
  announce,
  collectShares,
  inPublic,
  insiders,
  random,
} from '../../support/committees.ts'

// Points of low order, and one outside the subgroup: BASE8 plus the point of order 2.
const IDENTITY = { x: 0n, y: 1n }
const ORDER_2 = {
  x: 0n,
  y: 21888242871839275222246405745257275088548364400416034343698204186575808495616n,
}
const OFF_CURVE = { x: 1n, y: 1n }
const OUTSIDE_SUBGROUP = {
  x: modField(-BASE8.x),
  y: modField(-BASE8.y),
}
function modField(value: bigint): bigint {
  const r = 21888242871839275222246405745257275088548364400416034343698204186575808495617n
  return ((value % r) + r) % r
}
const BAD_POINTS = { IDENTITY, ORDER_2, OFF_CURVE, OUTSIDE_SUBGROUP }

function secretOf(indexes: readonly number[], shares: readonly bigint[]): bigint {
  return indexes.reduce(
    (sum, index) => modOrder(sum + lagrangeAtZero(indexes, index) * (shares[index - 1] ?? 0n)),
    0n,
  )
}

describe('a new key, 3 of 5', () => {
  const { committee, shares } = aCommittee(5, 3)

  test('any three shares give the secret of the public key, and always the same', () => {
    for (const indexes of [
      [1, 2, 3],
      [1, 3, 5],
      [5, 4, 2],
    ]) {
      assert.ok(isSamePoint(mulBase8(secretOf(indexes, shares)), committee.publicKey))
    }
  })

  test('two shares give another', () => {
    assert.ok(!isSamePoint(mulBase8(secretOf([1, 2], shares)), committee.publicKey))
  })

  test("each share is its share key's logarithm", () => {
    shares.forEach((share, i) => assert.ok(isShareOf(committee, i + 1, share)))
    assert.ok(!isShareOf(committee, 2, shares[0] ?? 0n))
    assert.ok(!isShareOf(committee, 6, shares[0] ?? 0n))
  })

  test('its description holds together, and does not with a share key changed', () => {
    checkCommittee(committee)
    const shareKeys = [...committee.shareKeys]
    shareKeys[4] = mulBase8(7n)
    assert.throws(() => checkCommittee({ ...committee, shareKeys }), CeremonyError)
    const outside = [...committee.shareKeys]
    outside[0] = OUTSIDE_SUBGROUP
    assert.throws(() => checkCommittee({ ...committee, shareKeys: outside }), CeremonyError)
    assert.throws(() => checkCommittee({ ...committee, publicKey: mulBase8(9n) }), CeremonyError)
  })
})

test('thresholds of 1 and of all members work', () => {
  for (const [count, threshold] of [
    [1, 1],
    [3, 1],
    [3, 3],
  ] as const) {
    const { committee, shares } = aCommittee(count, threshold)
    const indexes = Array.from({ length: threshold }, (_, i) => count - i)
    assert.ok(isSamePoint(mulBase8(secretOf(indexes, shares)), committee.publicKey))
  }
})

describe('a ceremony that cannot be held', () => {
  const members = insiders(3)
  const good = aCeremony(members, 2)
  const refused: Record<string, Ceremony> = {
    'threshold 0': { ...good, threshold: 0 },
    'a threshold above the number of members': { ...good, threshold: 4 },
    'a broken threshold': { ...good, threshold: 1.5 },
    'no members': { ...good, members: [] },
    'indexes out of order': { ...good, members: inPublic(members).reverse() },
    'a repeated key': {
      ...good,
      members: inPublic(members).map((member) => ({
        ...member,
        encryptionKey: members[0]?.encryptionKey ?? BASE8,
      })),
    },
    'a key outside the subgroup': {
      ...good,
      members: inPublic(members).map((member) =>
        member.index === 2 ? { ...member, encryptionKey: OUTSIDE_SUBGROUP } : member,
      ),
    },
  }
  for (const [name, ceremony] of Object.entries(refused)) {
    test(name, () => assert.throws(() => checkCeremony(ceremony), CeremonyError))
  }
  test('while the one without these passes', () => checkCeremony(good))
})

test('a ceremony is named by everything in its description', () => {
  const members = insiders(3)
  const good = aCeremony(members, 2)
  const { committee } = aCommittee(3, 2)
  const others: Ceremony[] = [
    { ...good, purpose: 'other' },
    { ...good, threshold: 3 },
    { ...good, members: inPublic(insiders(3)) },
    { ...good, from: committee },
    { ...good, from: { ...committee, publicKey: mulBase8(5n) } },
    { ...good, from: { ...committee, threshold: 3 } },
  ]
  const names = new Set([good, ...others].map((ceremony) => ceremonyId(ceremony).join()))
  assert.equal(names.size, others.length + 1)
})

describe('a dealing', () => {
  const members = insiders(3)
  const ceremony = aCeremony(members, 2)
  const dealing = deal(ceremony, { dealer: 1, randomBytes: random })
  const other = deal(ceremony, { dealer: 1, randomBytes: random })
  const replace = <T>(list: readonly T[], at: number, item: T): T[] =>
    list.map((value, i) => (i === at ? item : value))
  const [share, ...restOfShares] = dealing.shares
  assert.ok(share !== undefined)

  test('passes', () => checkDealing(ceremony, dealing))

  const refused: Record<string, Dealing> = {
    'of another ceremony': deal(aCeremony(members, 2), { dealer: 1, randomBytes: random }),
    'of nobody in it': { ...dealing, dealer: 4 },
    'in the name of another member': { ...dealing, dealer: 2 },
    'with too few commitments': { ...dealing, commitments: dealing.commitments.slice(1) },
    'with one too many': { ...dealing, commitments: [...dealing.commitments, BASE8] },
    "with another's commitment": {
      ...dealing,
      commitments: replace(dealing.commitments, 0, other.commitments[0] ?? BASE8),
    },
    'with the proof changed': {
      ...dealing,
      proof: { ...dealing.proof, s: modOrder(dealing.proof.s + 1n) },
    },
    'with a scalar that is not canonical': {
      ...dealing,
      proof: { ...dealing.proof, s: dealing.proof.s + SUBGROUP_ORDER },
    },
    'with a share too few': { ...dealing, shares: restOfShares },
    'with one ephemeral point twice': {
      ...dealing,
      shares: replace(dealing.shares, 1, share),
    },
    'with a short ciphertext': {
      ...dealing,
      shares: replace(dealing.shares, 0, { ...share, ciphertext: share.ciphertext.slice(1) }),
    },
  }
  for (const [name, point] of Object.entries(BAD_POINTS)) {
    refused[`with the commitment ${name}`] = {
      ...dealing,
      commitments: replace(dealing.commitments, 1, point),
    }
    refused[`with the ephemeral point ${name}`] = {
      ...dealing,
      shares: replace(dealing.shares, 0, { ...share, ephemeral: point }),
    }
    refused[`with the nonce point ${name}`] = {
      ...dealing,
      proof: { ...dealing.proof, r: point },
    }
  }
  for (const [name, bad] of Object.entries(refused)) {
    test(`is refused ${name}`, () => assert.throws(() => checkDealing(ceremony, bad), DealingError))
  }

  test('opens for each member with its own key only', () => {
    for (const member of members) {
      assert.notEqual(openShare(ceremony, dealing, member), undefined)
      const stranger = { ...member, encryptionSecret: randomScalar(random) }
      assert.equal(openShare(ceremony, dealing, stranger), undefined)
    }
  })
})

describe('members that do not keep to it', () => {
  const members = insiders(4)
  const ceremony = aCeremony(members, 2)
  const dealings = members.map(({ index }) =>
    deal(ceremony, { dealer: index, randomBytes: random }),
  )
  const [first, second, third, fourth] = dealings
  const [one] = members
  assert.ok(first && second && third && fourth && one)

  /** Member 2 deals a share to member 1 that is not on its polynomial. */
  const cheating: Dealing = {
    ...second,
    shares: [
      deal(ceremony, { dealer: 2, randomBytes: random }).shares[0] ?? {
        ephemeral: BASE8,
        ciphertext: new Uint8Array(48),
      },
      ...second.shares.slice(1),
    ],
  }

  test('a wrong share: the complaint convinces everybody, and the dealer is out', () => {
    assert.equal(openShare(ceremony, cheating, one), undefined)
    const complaint = complain(ceremony, cheating, { ...one, randomBytes: random })
    assert.equal(judge(ceremony, cheating, complaint), 'dealer')
    const all = [first, cheating, third, fourth]
    const outcome = finishCeremony(ceremony, {
      announced: announce(all),
      dealings: all,
      complaints: [complaint],
    })
    assert.deepEqual(outcome.qualified, [1, 3, 4])
    assert.deepEqual(outcome.faults, [{ member: 2, reason: 'wrongShare' }])
    // The key works without it, for member 2 as well.
    const shares = collectShares(ceremony, members, all, outcome.qualified)
    assert.ok(isSamePoint(mulBase8(secretOf([1, 2], shares)), outcome.committee.publicKey))
  })

  test('a false complaint: the complainer is named, and everybody stays', () => {
    const complaint = complain(ceremony, second, { ...one, randomBytes: random })
    const outcome = finishCeremony(ceremony, {
      announced: announce(dealings),
      dealings,
      complaints: [complaint],
    })
    assert.deepEqual(outcome.qualified, [1, 2, 3, 4])
    assert.deepEqual(outcome.faults, [{ member: 1, reason: 'falseComplaint' }])
  })

  test('complaints that prove nothing blame their author', () => {
    const complaint = complain(ceremony, cheating, { ...one, randomBytes: random })
    const tampered = [
      { ...complaint, complainer: 3 },
      { ...complaint, complainer: 9 },
      { ...complaint, dealer: 3 },
      { ...complaint, ceremony: new Uint8Array(32) },
      { ...complaint, shared: scale(complaint.shared, 2n) },
      { ...complaint, shared: IDENTITY },
      {
        ...complaint,
        proof: { ...complaint.proof, response: modOrder(complaint.proof.response + 1n) },
      },
      {
        ...complaint,
        proof: { ...complaint.proof, challenge: complaint.proof.challenge + SUBGROUP_ORDER },
      },
    ]
    for (const bad of tampered) assert.equal(judge(ceremony, cheating, bad), 'complainer')
  })

  test('two different dealings of one member count as none', () => {
    const again = deal(ceremony, { dealer: 2, randomBytes: random })
    const outcome = finishCeremony(ceremony, {
      announced: announce(dealings),
      dealings: [...dealings, again],
      complaints: [],
    })
    assert.deepEqual(outcome.qualified, [1, 3, 4])
    assert.deepEqual(outcome.faults, [{ member: 2, reason: 'equivocated' }])
  })

  test('the same dealing twice is one', () => {
    const { qualified, faults } = finishCeremony(ceremony, {
      announced: announce(dealings),
      dealings: [...dealings, second],
      complaints: [],
    })
    assert.deepEqual(qualified, [1, 2, 3, 4])
    assert.deepEqual(faults, [])
  })

  test('a dealing that was chosen after the others were seen does not count', () => {
    const late = deal(ceremony, { dealer: 4, randomBytes: random })
    const outcome = finishCeremony(ceremony, {
      announced: announce(dealings),
      dealings: [first, second, third, late],
      complaints: [],
    })
    assert.deepEqual(outcome.faults, [{ member: 4, reason: 'notAsAnnounced' }])
  })

  test('too few dealers make no key, and the error names those at fault', () => {
    const complaint = complain(ceremony, cheating, { ...one, randomBytes: random })
    assert.throws(
      () =>
        finishCeremony(ceremony, {
          announced: announce([first, cheating]),
          dealings: [first, cheating],
          complaints: [complaint],
        }),
      (error: unknown) =>
        error instanceof TooFewDealersError && error.message.includes('Member 2: wrongShare'),
    )
  })

  test('the transcript differs when anything that counts does', () => {
    const run = (all: Dealing[]) =>
      finishCeremony(ceremony, { announced: announce(all), dealings: all, complaints: [] })
        .transcript
    const again = deal(ceremony, { dealer: 4, randomBytes: random })
    assert.deepEqual(run(dealings), run([...dealings].reverse()))
    assert.notDeepEqual(run(dealings), run([first, second, third, again]))
    assert.notDeepEqual(run(dealings), run([first, second, third]))
  })
})

describe('handing a key over', () => {
  const old = aCommittee(5, 3)

  function handOver(count: number, threshold: number, dealers: readonly number[]) {
    const members = insiders(count)
    const ceremony = aCeremony(members, threshold, { from: old.committee })
    checkCeremony(ceremony)
    const dealings = dealers.map((dealer) =>
      deal(ceremony, {
        dealer,
        presentShare: old.shares[dealer - 1] ?? 0n,
        randomBytes: random,
      }),
    )
    const outcome = finishCeremony(ceremony, {
      announced: announce(dealings),
      dealings,
      complaints: [],
    })
    return { ...outcome, shares: collectShares(ceremony, members, dealings, outcome.qualified) }
  }

  test('fresh shares for the same members: the same public key', () => {
    const { committee, shares } = handOver(5, 3, [1, 2, 3, 4, 5])
    assert.deepEqual(committee.publicKey, old.committee.publicKey)
    checkCommittee(committee)
    assert.ok(isSamePoint(mulBase8(secretOf([2, 4, 5], shares)), committee.publicKey))
    shares.forEach((share, i) => assert.notEqual(share, old.shares[i]))
  })

  test('old and new shares do not mix: what was stolen before is worth nothing after', () => {
    const { shares, committee } = handOver(5, 3, [1, 2, 3, 4, 5])
    const mixed = [old.shares[0] ?? 0n, old.shares[1] ?? 0n, shares[2] ?? 0n]
    assert.ok(!isSamePoint(mulBase8(secretOf([1, 2, 3], mixed)), committee.publicKey))
  })

  test('any three old members suffice, and size and threshold may change', () => {
    const { committee, shares, qualified } = handOver(7, 4, [5, 1, 4])
    assert.deepEqual(qualified, [1, 4, 5])
    assert.deepEqual(committee.publicKey, old.committee.publicKey)
    assert.ok(isSamePoint(mulBase8(secretOf([1, 3, 6, 7], shares)), committee.publicKey))
    assert.ok(!isSamePoint(mulBase8(secretOf([1, 3, 6], shares)), committee.publicKey))
    assert.deepEqual(
      interpolatePoints([1, 2, 3, 4], committee.shareKeys.slice(0, 4)),
      committee.publicKey,
    )
  })

  test('two old members cannot', () => {
    assert.throws(() => handOver(5, 3, [1, 2]), TooFewDealersError)
  })

  test('who deals anything but its present share is out', () => {
    const members = insiders(5)
    const ceremony = aCeremony(members, 3, { from: old.committee })
    const dealings = [1, 2, 3, 4].map((dealer) =>
      deal(ceremony, {
        dealer,
        presentShare: dealer === 2 ? 77n : (old.shares[dealer - 1] ?? 0n),
        randomBytes: random,
      }),
    )
    const { qualified, faults, committee } = finishCeremony(ceremony, {
      announced: announce(dealings),
      dealings,
      complaints: [],
    })
    assert.deepEqual(qualified, [1, 3, 4])
    assert.deepEqual(faults, [{ member: 2, reason: 'invalid' }])
    assert.deepEqual(committee.publicKey, old.committee.publicKey)
  })

  test('a committee whose keys do not belong together is not taken over from', () => {
    const from = { ...old.committee, publicKey: mulBase8(3n) }
    assert.throws(() => checkCeremony(aCeremony(insiders(3), 2, { from })), CeremonyError)
  })
})
