import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import {
  addPoints,
  BASE8,
  isSubgroupPoint,
  mulPoint,
  SUBGROUP_ORDER,
} from '../../protocol/babyjubjub.ts'
import type { CurvePoint } from '../../protocol/babyjubjub.ts'
import { DOMAINS, domainTag, FIELD_ORDER } from '../../protocol/constants.ts'
import { hash, hashFrom } from '../../protocol/poseidon.ts'
import { MerkleTree } from '../../protocol/tree.ts'
import { KernelCancelledError } from '../../prover/errors.ts'
import { openKernels, openNativeKernels, openPortableKernels } from '../../prover/kernels.ts'
import type { Kernels } from '../../prover/kernels.ts'
import { buildNative } from '../../prover/native/build.ts'
import { loadNative } from '../../prover/native/index.ts'
import { Random, fromLittleEndian, join, littleEndian } from '../support/randomZkeys.ts'

assert.notEqual(await buildNative(), undefined, 'the tests need g++')
const native = loadNative()!
const implementations: [string, Kernels][] = [
  ['portable', openPortableKernels()],
  ...native.cores.map((core): [string, Kernels] => [core, openNativeKernels(native, core)]),
]

const encode = (value: bigint): Uint8Array => littleEndian(value)
const encodePoint = ({ x, y }: CurvePoint): Uint8Array => join([littleEndian(x), littleEndian(y)])
const decodePoint = (bytes: Uint8Array, index: number): CurvePoint => ({
  x: fromLittleEndian(bytes.subarray(index * 64, index * 64 + 32)),
  y: fromLittleEndian(bytes.subarray(index * 64 + 32, index * 64 + 64)),
})

const identity = { x: 0n, y: 1n }
const orderTwo = { x: 0n, y: FIELD_ORDER - 1n }
/** Of order 4: a·x² = 1, y = 0. */
const orderFour = {
  x: 18930368022820495955728484915491405972470733850014661777449844430438130630919n,
  y: 0n,
}
/** Points in and outside the subgroup. */
function somePoints(random: Random, count: number): CurvePoint[] {
  const points = [identity, orderTwo, orderFour, BASE8, addPoints(BASE8, orderTwo)]
  for (let point = BASE8; points.length < count;) {
    point = addPoints(point, mulPoint(BASE8, random.scalar() % SUBGROUP_ORDER))
    points.push(points.length % 5 === 0 ? addPoints(point, orderFour) : point)
  }
  return points.slice(0, count)
}

for (const [name, kernels] of implementations) {
  describe(`${name} kernels: hash, hashMany`, () => {
    test('behavior: agree with protocol/poseidon.ts for every domain and arity', async () => {
      const random = new Random(21n)
      const edges = [0n, 1n, FIELD_ORDER - 1n, 2n ** 253n, 2n ** 52n - 1n]
      for (let arity = 1; arity <= 16; arity++) {
        for (const count of arity === 4 ? [0, 1, 7, 8, 9, 41] : [3, 10]) {
          const inputs = Array.from({ length: count * arity }, () =>
            random.below(4) === 0 ? random.pick(edges) : random.scalar(),
          )
          const domain = random.pick([...DOMAINS])
          const expected = Array.from({ length: count }, (_, index) =>
            hash(domain, inputs.slice(index * arity, (index + 1) * arity)),
          )
          const task = { initialState: domain, arity, inputs: join(inputs.map(encode)) }
          for (const bytes of [kernels.hash(task), await kernels.hashMany(task)]) {
            assert.equal(bytes.length, 32 * count)
            const found = expected.map((_, i) =>
              fromLittleEndian(bytes.subarray(32 * i, 32 * i + 32)),
            )
            assert.deepEqual(found, expected)
          }
        }
      }
    })

    test('behavior: any initial state', () => {
      for (const state of [0n, domainTag('BATCH'), FIELD_ORDER - 1n]) {
        const initialState = littleEndian(state)
        const bytes = kernels.hash({
          initialState,
          arity: 2,
          inputs: join([5n, 6n].map(encode)),
        })
        assert.equal(fromLittleEndian(bytes), hashFrom(state, [5n, 6n]))
      }
    })

    test('rejects: what is not canonical or does not fit', async () => {
      const fit = new Uint8Array(128)
      const r = littleEndian(FIELD_ORDER)
      const cases = [
        { initialState: 'NODE', arity: 4, inputs: join([fit.subarray(0, 96), r]) },
        {
          initialState: 'NODE',
          arity: 4,
          inputs: join([...Array.from({ length: 12 }, () => fit), r, fit.subarray(0, 96)]),
        },
        { initialState: r, arity: 4, inputs: fit },
        { initialState: r.subarray(1), arity: 4, inputs: fit },
        { initialState: 'NODE', arity: 3, inputs: fit },
        { initialState: 'NODE', arity: 0, inputs: fit },
        { initialState: 'NODE', arity: 17, inputs: new Uint8Array(17 * 32) },
        { initialState: 'NODE', arity: 1.5, inputs: new Uint8Array(48) },
      ] as const
      for (const task of cases) {
        assert.throws(() => kernels.hash(task), RangeError)
        await assert.rejects(kernels.hashMany(task), RangeError)
      }
    })
  })

  describe(`${name} kernels: hashLevels`, () => {
    test('behavior: nodes of protocol/tree.ts', async () => {
      const random = new Random(22n)
      const leaves = Array.from({ length: 64 }, () => random.scalar())
      const tree = new MerkleTree(3)
      tree.setLeaves(0, leaves)
      const levels = await kernels.hashLevels(join(leaves.map(encode)))
      assert.deepEqual(
        levels.map((level) => level.length / 32),
        [16, 4, 1],
      )
      for (const [above, level] of levels.entries()) {
        for (let index = 0; index < level.length / 32; index++) {
          const node = fromLittleEndian(level.subarray(index * 32, index * 32 + 32))
          assert.equal(node, tree.node(above + 1, index))
        }
      }
      assert.deepEqual(await kernels.hashLevels(littleEndian(7n)), [])
    })

    test('rejects: leaves that are no power of four', async () => {
      for (const bytes of [0, 31, 64, 3 * 32, 8 * 32]) {
        await assert.rejects(kernels.hashLevels(new Uint8Array(bytes)), RangeError)
      }
    })
  })

  describe(`${name} kernels: multiplyMany`, () => {
    test('behavior: agrees with noble on points of any order and edges of the scalar', async () => {
      const random = new Random(23n)
      const points = somePoints(random, 19)
      const l = SUBGROUP_ORDER
      const scalars = [0n, 1n, 2n, 8n, 15n, 16n, l - 1n, 2n ** 250n - 1n, 2n ** 249n + 8n]
      for (const scalar of [...scalars, random.scalar() % l, random.scalar() % l]) {
        const bytes = join(points.map(encodePoint))
        const found = await kernels.multiplyMany(bytes, littleEndian(scalar))
        assert.deepEqual(
          points.map((_, index) => decodePoint(found.points, index)),
          points.map((point) => mulPoint(point, scalar)),
        )
        assert.deepEqual(
          [...found.isValid],
          points.map(() => 1),
        )
      }
    })

    test('behavior: points off the curve and not canonical are flagged, their neighbours served', async () => {
      const good = mulPoint(BASE8, 77n)
      const bad = [
        { x: good.x, y: good.y + 1n },
        { x: 0n, y: 0n },
        { x: good.x + FIELD_ORDER, y: good.y },
        { x: good.x, y: good.y + FIELD_ORDER },
        { x: 2n ** 256n - 1n, y: 2n ** 256n - 1n },
      ]
      const points = [good, ...bad.flatMap((point) => [point, good, good])]
      const found = await kernels.multiplyMany(join(points.map(encodePoint)), littleEndian(9n))
      for (const [index, point] of points.entries()) {
        assert.equal(found.isValid[index], point === good ? 1 : 0)
        const expected = point === good ? mulPoint(good, 9n) : { x: 0n, y: 0n }
        assert.deepEqual(decodePoint(found.points, index), expected)
      }
    })

    test('rejects: a scalar that is not below the order, lengths that do not fit', async () => {
      const point = encodePoint(BASE8)
      for (const scalar of [SUBGROUP_ORDER, 2n ** 256n - 1n]) {
        await assert.rejects(kernels.multiplyMany(point, littleEndian(scalar)), RangeError)
      }
      await assert.rejects(kernels.multiplyMany(point, new Uint8Array(31)), RangeError)
      await assert.rejects(kernels.multiplyMany(point.subarray(1), littleEndian(1n)), RangeError)
      const none = await kernels.multiplyMany(new Uint8Array(0), littleEndian(1n))
      assert.equal(none.points.length + none.isValid.length, 0)
    })

    test('behavior: aborting ends it', async () => {
      const bytes = join(Array.from({ length: 20_000 }, () => encodePoint(BASE8)))
      const controller = new AbortController()
      const working = kernels.multiplyMany(bytes, littleEndian(SUBGROUP_ORDER - 1n), {
        signal: controller.signal,
      })
      setTimeout(() => controller.abort(), 5)
      await assert.rejects(working, KernelCancelledError)
    })
  })

  describe(`${name} kernels: areSubgroupPoints`, () => {
    test('behavior: agrees with isSubgroupPoint', async () => {
      const points = [...somePoints(new Random(24n), 21), { x: 1n, y: 1n }, { x: 0n, y: 0n }]
      const found = await kernels.areSubgroupPoints(join(points.map(encodePoint)))
      const expected = points.map((point) => (isSubgroupPoint(point) ? 1 : 0))
      assert.deepEqual([...found], expected)
      assert.ok(expected.includes(0) && expected.includes(1))
    })
  })
}

describe('openKernels', () => {
  test('default: the native ones, of the best core', () => {
    assert.equal(openKernels().kind, 'native')
    assert.equal(openKernels().core, native.core)
    assert.equal(openKernels(), openKernels())
  })
})
