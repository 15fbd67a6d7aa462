import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import {
  addPoints,
  BASE8,
  clearCofactor,
  isOnCurve,
  mulBase8,
  mulPoint,
} from '../../protocol/babyjubjub.ts'
import type { CurvePoint } from '../../protocol/babyjubjub.ts'
import { monthOf } from '../../protocol/calendar.ts'
import { FIELD_ORDER, SUBGROUP_ORDER } from '../../protocol/constants.ts'
import { lowBits } from '../../protocol/field.ts'
import { hash } from '../../protocol/poseidon.ts'
import { MerkleTree, pathToCircuitInputs, rootAfter } from '../../protocol/tree.ts'
import { loadTemplate } from '../support/circuitTester.ts'
import type { CircuitTester, Witness } from '../support/circuitTester.ts'
import { fieldOf } from '../support/identities.ts'
import { order1, order2, order4, order8 } from '../support/smallPoints.ts'
import { strictDecomposition } from '../support/strictDecomposition.ts'
import { seededNumbers } from '../support/transfers.ts'

const TWO_250 = 1n << 250n

describe('StrictBits', () => {
  const load = (): Promise<CircuitTester> =>
    loadTemplate({
      include: 'circuits/src/strict-bits.circom',
      template: 'StrictBits',
      // Else the compiler drops it, and other bits would be just another number.
      public: ['in'],
    })

  const assign = (circuit: CircuitTester, honest: Witness, number: bigint): Witness =>
    circuit.editAll(honest, strictDecomposition(circuit, number, { strict: 'main.' }))

  test('accepts: the bits of every value below r', async () => {
    const circuit = await load()
    const below = seededNumbers('strict bits')
    const boundary = [0n, 1n, (1n << 64n) - 1n, SUBGROUP_ORDER, FIELD_ORDER - 2n, FIELD_ORDER - 1n]
    // Values that share a long prefix with r - 1, where the comparison is decided late.
    const near = Array.from({ length: 28 }, (_, i) => FIELD_ORDER - 1n - below(1n << BigInt(9 * i)))
    for (const value of [
      ...boundary,
      ...near,
      ...Array.from({ length: 10 }, () => below(FIELD_ORDER)),
    ]) {
      const witness = await circuit.witness({ in: value })
      circuit.check(witness)
      for (const i of [0, 1, 127, 248, 249, 250, 252, 253]) {
        assert.equal(circuit.get(witness, `main.bits[${i}]`), (value >> BigInt(i)) & 1n)
      }
      assert.deepEqual(assign(circuit, witness, value).values, witness.values)
    }
  })

  test('rejects: the bits of value + r', async () => {
    const circuit = await load()
    const below = seededNumbers('strict twins')
    const room = (1n << 254n) - FIELD_ORDER
    const values = [
      0n,
      1n,
      room - 1n,
      ...Array.from({ length: 28 }, (_, i) => below(1n << BigInt(9 * i))),
    ]
    for (const value of [...values, ...Array.from({ length: 10 }, () => below(room))]) {
      const witness = await circuit.witness({ in: value })
      const twin = assign(circuit, witness, value + FIELD_ORDER)
      assert.equal(circuit.isSatisfied(twin), false)
    }
  })

  test('rejects: every live signal changed, but for hints that say nothing', async () => {
    const circuit = await load()
    for (const value of [fieldOf('sweep'), FIELD_ORDER - 1n, 0n]) {
      const witness = await circuit.witness({ in: value })
      for (const change of [(v: bigint) => v + 1n, (v: bigint) => (v === 0n ? 2n : -v)]) {
        for (const name of circuit.freeSignals(witness, { change })) {
          // The inverse of a zero may be anything; the program sets it to 0, and no other.
          assert.match(name, /^main\.runs\[\d+\]\.inv$/)
          assert.equal(circuit.get(witness, name), 0n, name)
        }
      }
    }
  })
})

describe('CutBits', () => {
  test('accepts: low bits as lowBits gives them', async () => {
    const circuit = await loadTemplate({
      include: 'circuits/src/cut-bits.circom',
      template: 'CutBits',
      args: [248],
    })
    for (const value of [0n, 1n, 1n << 248n, FIELD_ORDER - 1n, fieldOf('a'), fieldOf('b')]) {
      const witness = await circuit.witness({ in: value })
      circuit.check(witness)
      assert.equal(circuit.publicSignals(witness).at(-1), lowBits(value, 248))
    }
  })
})

describe('TraceSecret', () => {
  test('rejects: the low bits of digest + r, all else made to fit (T8, G2)', async () => {
    const circuit = await loadTemplate({
      include: 'circuits/src/trace-secret.circom',
      template: 'TraceSecret',
      public: ['nullifierKey', 'ownerKey', 'identityIndex'],
    })
    const digestAt = (identityIndex: bigint): bigint =>
      hash('TRACE', [fieldOf('nullifier key'), fieldOf('owner key'), identityIndex])
    // A third of all digests have a twin of 254 bits.
    let identityIndex = 0n
    while (digestAt(identityIndex) + FIELD_ORDER >= 1n << 254n) identityIndex++
    const digest = digestAt(identityIndex)
    const witness = await circuit.witness({
      nullifierKey: fieldOf('nullifier key'),
      ownerKey: fieldOf('owner key'),
      identityIndex,
    })
    circuit.check(witness)
    const secretWith = (number: bigint): Witness =>
      circuit.editAll(
        witness,
        strictDecomposition(circuit, number, {
          strict: 'main.cut.strict.',
          bitsOf: ['main.', 'main.cut.'],
        }),
      )
    assert.deepEqual(secretWith(digest).values, witness.values)
    const twin = digest + FIELD_ORDER
    const forged = secretWith(twin)
    const bits = circuit.publicSignals(forged).slice(0, 250)
    assert.deepEqual(bits, bitsOf(lowBits(twin, 250)))
    assert.notEqual(lowBits(twin, 250), lowBits(digest, 250))
    assertRefusedBy(circuit, forged, /^main\.cut\.strict\./)
  })
})

/** All rows that do not hold are those of a part: the rest would let it through. */
function assertRefusedBy(circuit: CircuitTester, witness: Witness, part: RegExp): void {
  const failures = circuit.failures(witness)
  assert.ok(failures.length > 0)
  for (const { signals } of failures) {
    assert.ok(
      signals.some((name) => part.test(name)),
      signals.join(', '),
    )
  }
}

const bitsOf = (scalar: bigint): bigint[] =>
  Array.from({ length: 250 }, (_, i) => (scalar >> BigInt(i)) & 1n)
const scalars = [
  0n,
  1n,
  2n,
  3n,
  (1n << 249n) - 1n,
  1n << 249n,
  TWO_250 - 2n,
  TWO_250 - 1n,
  lowBits(fieldOf('scalar 1'), 250),
  lowBits(fieldOf('scalar 2'), 250),
]

describe('MulBase8', () => {
  const load = (): Promise<CircuitTester> =>
    loadTemplate({ include: 'circuits/src/mul-base8.circom', template: 'MulBase8' })

  test('accepts: scalar·Base8', async () => {
    const circuit = await load()
    for (const scalar of scalars) {
      const witness = await circuit.witness({ bits: bitsOf(scalar) })
      circuit.check(witness)
      const { x, y } = mulBase8(scalar)
      assert.deepEqual(circuit.publicSignals(witness), [x, y])
    }
  })

  test('rejects: every live signal changed', async () => {
    const circuit = await load()
    const witness = await circuit.witness({ bits: bitsOf(scalars[8]!) })
    circuit.check(witness)
    // The bits are the caller's and boolean there; here they are inputs.
    for (const change of [(v: bigint) => v + 1n, (v: bigint) => (v === 0n ? 1n : -v)]) {
      assert.deepEqual(circuit.freeSignals(witness, { change }), [])
    }
  })

  // Before window i the first segment's ladder holds 2·8^83 and 8^j(1 + digit j) for each j below i, and
  // adds 8^i(1 + digit i) to it: opposite points where the sum is l.
  const windows = 83n
  const exceptional = SUBGROUP_ORDER - 2n * 8n ** windows - (8n ** windows - 1n) / 7n

  test('behavior: two scalars have an exceptional addition, the last of the first segment', () => {
    assert.equal(
      exceptional,
      797546722194482024037982888770643071568945925300745316575367714387401675944n,
    )
    assert.ok(exceptional + (1n << 249n) < TWO_250)
    const found: bigint[] = []
    for (let i = 0n; i < windows; i++) {
      // The sum before window i is between these two, above 2·8^83; so all sums and differences with what
      // is added are above 0 and below 2·l, and only l itself is a multiple of l.
      const least = 2n * 8n ** windows + (8n ** i - 1n) / 7n
      const most = least + 8n ** i - 1n
      assert.ok(least - 8n ** (i + 1n) > 0n && most + 8n ** (i + 1n) < 2n * SUBGROUP_ORDER)
      for (let digit = 0n; digit < 8n; digit++) {
        const added = (digit + 1n) * 8n ** i
        for (const before of [SUBGROUP_ORDER - added, SUBGROUP_ORDER + added]) {
          if (before >= least && before <= most) found.push(before - least + digit * 8n ** i)
        }
      }
    }
    assert.deepEqual(found, [exceptional])
  })

  test('rejects: the two scalars that the ladder has no sum for, which the twin multiplies', async () => {
    const circuit = await load()
    for (const high of [0n, 1n << 249n]) {
      const scalar = exceptional + high
      assert.ok(isOnCurve(mulBase8(scalar)))
      const witness = await circuit.uncheckedWitness({ bits: bitsOf(scalar) })
      const [failure, ...others] = circuit.failures(witness)
      assert.deepEqual(others, [])
      const slope = failure?.signals.find((name) =>
        /segments\[0\]\.adders\[82\]\.lamda$/.test(name),
      )
      assert.ok(slope, failure?.signals.join(', '))
      // No slope will do, so nothing is forged: 0 times it is not 0.
      for (const value of [0n, 1n, 2n, fieldOf('slope'), FIELD_ORDER - 1n]) {
        assert.equal(circuit.isSatisfied(circuit.edit(witness, slope, value)), false)
      }
      for (const neighbour of [scalar - 1n, scalar + 1n]) {
        const beside = await circuit.witness({ bits: bitsOf(neighbour) })
        circuit.check(beside)
        const { x, y } = mulBase8(neighbour)
        assert.deepEqual(circuit.publicSignals(beside), [x, y])
      }
    }
  })
})

describe('MulPoint', () => {
  const load = (): Promise<CircuitTester> =>
    loadTemplate({ include: 'circuits/src/mul-point.circom', template: 'MulPoint', args: [2] })

  test('accepts: two scalars times one point', async () => {
    const circuit = await load()
    for (const point of [BASE8, mulBase8(scalars[8]!)]) {
      for (const [i, scalar] of scalars.entries()) {
        const other = scalars[(i + 1) % scalars.length]!
        const witness = await circuit.witness({
          point: [point.x, point.y],
          bits: [bitsOf(scalar), bitsOf(other)],
        })
        circuit.check(witness)
        const [one, two] = [mulPoint(point, scalar), mulPoint(point, other)]
        assert.deepEqual(circuit.publicSignals(witness), [one.x, one.y, two.x, two.y])
      }
    }
  })

  test('behavior: a point of mixed order is multiplied right, too', async () => {
    const circuit = await load()
    for (const torsion of [order2, order4, order8]) {
      const point = addPoints(BASE8, torsion)
      const witness = await circuit.witness({
        point: [point.x, point.y],
        bits: [bitsOf(scalars[8]!), bitsOf(5n)],
      })
      circuit.check(witness)
      const [one, two] = [mulPoint(point, scalars[8]!), mulPoint(point, 5n)]
      assert.deepEqual(circuit.publicSignals(witness), [one.x, one.y, two.x, two.y])
    }
  })

  const refused: Record<string, CurvePoint> = {
    'the identity': order1,
    'the point of order 2': order2,
    'a point of order 4': order4,
    'a point of order 8': order8,
    'a point that is on no curve': { x: 1n, y: 1n },
    'a point of the twist’s x': { x: 2n, y: 5n },
  }
  for (const [name, point] of Object.entries(refused)) {
    test(`rejects: ${name}`, async () => {
      const circuit = await load()
      const witness = await circuit.uncheckedWitness({
        point: [point.x, point.y],
        bits: [bitsOf(scalars[8]!), bitsOf(scalars[9]!)],
      })
      assert.equal(circuit.isSatisfied(witness), false)
    })
  }

  test('behavior: the small points are what they are called', () => {
    for (const [point, order] of [
      [order2, 2n],
      [order4, 4n],
      [order8, 8n],
    ] as const) {
      assert.ok(isOnCurve(point))
      assert.deepEqual(mulPoint(point, order), order1)
      assert.notDeepEqual(mulPoint(point, order / 2n), order1)
      assert.deepEqual(clearCofactor(point), order1)
    }
  })

  test('rejects: every live signal changed', async () => {
    const circuit = await load()
    const witness = await circuit.witness({
      point: [BASE8.x, BASE8.y],
      bits: [bitsOf(scalars[8]!), bitsOf(scalars[9]!)],
    })
    const changes = [(v: bigint) => v + 1n, (v: bigint) => (v === 0n ? 1n : -v)]
    // The bits are the caller's and boolean there; here they are inputs like the point.
    for (const change of changes) assert.deepEqual(circuit.freeSignals(witness, { change }), [])
  })
})

describe('MonthOfDay', () => {
  const load = (): Promise<CircuitTester> =>
    loadTemplate({
      include: 'circuits/src/month-of-day.circom',
      template: 'MonthOfDay',
      public: ['day'],
    })
  const dayOf = (iso: string): bigint => BigInt(Date.parse(`${iso}T00:00:00Z`) / 86_400_000)

  test('accepts: first and last day of every February and March, and of sampled months', async () => {
    const circuit = await load()
    const days = [0n, 1n, 30n, 31n, 58n, 59n, 65_534n, 65_535n]
    for (let year = 1970; year <= 2149; year++) {
      const march = dayOf(`${year}-03-01`)
      days.push(march - 1n, march)
      if (year % 30 === 0 || year >= 2098) {
        for (let month = 1; month <= 12; month++) {
          const first = dayOf(`${year}-${String(month).padStart(2, '0')}-01`)
          days.push(first - 1n, first, first + 27n)
        }
      }
    }
    for (const day of days) {
      if (day < 0n || day > 65_535n) continue
      const witness = await circuit.witness({ day })
      circuit.check(witness)
      assert.deepEqual(circuit.publicSignals(witness), [monthOf(day), day], `day ${day}`)
    }
  })

  test('behavior: the formula gives the calendar’s month for all 65536 days, and no other triple', () => {
    // The constraints in plain numbers: every (year, month) that some day of the month fits.
    const starts = [0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337]
    const lengths = [31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28]
    const months = new Array<number[]>(65_536)
    for (let year = 0; year < 256; year++) {
      const first = 365 * year + Math.floor(year / 4) - (year > 131 ? 1 : 0) - 671
      const leapDay = (year % 4 === 3 ? 1 : 0) - (year === 131 ? 1 : 0)
      for (let month = 0; month < 12; month++) {
        const length = lengths[month]! + (month === 11 ? leapDay : 0)
        for (let day = 0; day < length; day++) {
          const at = first + starts[month]! + day
          if (at >= 0 && at < 65_536) (months[at] ??= []).push(12 * year + month - 22)
        }
      }
    }
    for (let day = 0; day < 65_536; day++) {
      assert.deepEqual(months[day], [Number(monthOf(BigInt(day)))], `day ${day}`)
    }
  })

  test('rejects: another year, month or day of the month', async () => {
    const circuit = await load()
    for (const day of [0n, 20_780n, dayOf('2100-02-28'), dayOf('2096-02-29')]) {
      const witness = await circuit.witness({ day })
      for (const change of [(v: bigint) => v + 1n, (v: bigint) => 1n - v, (v: bigint) => v - 1n]) {
        // `inv` of IsEqual(year, 131) is free in that year alone.
        const free = circuit.freeSignals(witness, { change })
        const isYear131 = day >= dayOf('2099-03-01') && day < dayOf('2100-03-01')
        assert.ok(
          free.length === 0 || (isYear131 && free.every((name) => name.endsWith('.inv'))),
          String(free),
        )
      }
    }
  })

  test('rejects: the neighbouring month with all else made to fit', async () => {
    const circuit = await load()
    // The last of October as a 0th, the first of November as a 32nd.
    for (const [iso, month] of [
      ['2026-10-31', 8],
      ['2026-11-01', 7],
      ['2100-03-01', 11],
    ] as const) {
      const witness = await circuit.witness({ day: dayOf(iso) })
      const names = circuit.liveSignals('main.isMonth')
      const changes = Object.fromEntries(
        names.map((name) => [name, name === `main.isMonth[${month}]` ? 1n : 0n]),
      )
      assert.equal(circuit.isSatisfied(circuit.editAll(witness, changes)), false)
    }
  })
})

describe('paths', () => {
  const depth = 3
  const tree = new MerkleTree(depth)
  for (let i = 0; i < 20; i++) tree.setLeaf(3 * i, fieldOf(`leaf ${i}`))

  test('accepts: MerklePath and MembershipAny give the root at every digit', async () => {
    const path = await loadTemplate({
      include: 'circuits/src/merkle-path.circom',
      template: 'MerklePath',
      args: [depth],
    })
    const any = await loadTemplate({
      include: 'circuits/src/membership-any.circom',
      template: 'MembershipAny',
      args: [depth],
    })
    for (const index of [0, 1, 2, 3, 6, 27, 57, 63]) {
      const leaf = tree.leaf(index)
      const { bits, children } = pathToCircuitInputs(tree.path(index))
      const positioned = await path.witness({ leaf, bits, children })
      path.check(positioned)
      assert.deepEqual(path.publicSignals(positioned), [tree.root])
      const anywhere = await any.witness({ leaf, children })
      any.check(anywhere)
      assert.deepEqual(any.publicSignals(anywhere), [tree.root])
    }
  })

  test('rejects: MerklePath of another leaf or position', async () => {
    const circuit = await loadTemplate({
      include: 'circuits/src/merkle-path.circom',
      template: 'MerklePath',
      args: [depth],
    })
    const { bits, children } = pathToCircuitInputs(tree.path(6))
    const leaf = tree.leaf(6)
    const witness = await circuit.witness({ leaf, bits, children })
    assert.deepEqual(circuit.freeSignals(witness), [])
    for (const other of [tree.leaf(3), 0n]) {
      const forged = await circuit.uncheckedWitness({ leaf: other, bits, children })
      assert.equal(circuit.isSatisfied(forged), false)
    }
    for (let i = 0; i < bits.length; i++) {
      const moved = bits.map((bit, at) => (at === i ? 1n - bit : bit))
      const forged = await circuit.uncheckedWitness({ leaf, bits: moved, children })
      assert.equal(circuit.isSatisfied(forged), false, `bit ${i}`)
    }
  })

  test('rejects: MembershipAny of a leaf that is no child', async () => {
    const circuit = await loadTemplate({
      include: 'circuits/src/membership-any.circom',
      template: 'MembershipAny',
      args: [depth],
    })
    const { children } = pathToCircuitInputs(tree.path(6))
    const witness = await circuit.witness({ leaf: tree.leaf(6), children })
    const free = circuit.freeSignals(witness)
    assert.deepEqual(free, [])
    const forged = await circuit.uncheckedWitness({ leaf: tree.leaf(9), children })
    assert.equal(circuit.isSatisfied(forged), false)
  })

  test('accepts: MerkleUpdate gives both roots', async () => {
    const circuit = await loadTemplate({
      include: 'circuits/src/merkle-update.circom',
      template: 'MerkleUpdate',
      args: [depth],
    })
    for (const index of [0, 1, 2, 3, 6, 63]) {
      const path = tree.path(index)
      const { bits, children } = pathToCircuitInputs(path)
      const inputs = { oldLeaf: tree.leaf(index), newLeaf: 77n, bits, children }
      const witness = await circuit.witness(inputs)
      circuit.check(witness)
      assert.deepEqual(circuit.publicSignals(witness), [tree.root, rootAfter(77n, path)])
      assert.deepEqual(circuit.freeSignals(witness), [])
      const forged = await circuit.uncheckedWitness({ ...inputs, oldLeaf: inputs.oldLeaf + 1n })
      assert.equal(circuit.isSatisfied(forged), false)
    }
  })
})
