import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { buildBn128 } from 'ffjavascript'

import { FIELD_ORDER } from '../../protocol/constants.ts'
import { checkVerificationKey } from '../../prover/checkVerificationKey.ts'
import { VerificationKeyError } from '../../prover/errors.ts'
import { nativeFoldVerifier } from '../../prover/foldNatively.ts'
import { portableFoldVerifier } from '../../prover/foldPortably.ts'
import type { FoldVerifier } from '../../prover/foldVerifier.ts'
import { isWellFormedProof } from '../../prover/isWellFormedProof.ts'
import { buildNative } from '../../prover/native/build.ts'
import { loadNative } from '../../prover/native/index.ts'
import { BASE_FIELD_ORDER } from '../../prover/proof.ts'
import type { G1Point, G2Point, Groth16Proof } from '../../prover/proof.ts'
import { createProver } from '../../prover/prover.ts'
import type { VerificationKey } from '../../prover/verificationKey.ts'
import { openVerificationEngine } from '../../prover/verificationEngine.ts'
import { verifyMany, verifyProof } from '../../prover/verifyMany.ts'
import type { Verification } from '../../prover/verifyMany.ts'
import {
  endSnarkjs,
  ensureTestKeys,
  testWorkspace,
  verifyWithSnarkjs,
} from '../support/proverWorkspace.ts'
import type { TestCircuit } from '../support/proverWorkspace.ts'
import { Random } from '../support/randomZkeys.ts'

const curve = await buildBn128(true)
const { G1, G2 } = curve

/** Five true proofs of each circuit. */
const valid: Verification[] = []
let preimageKey: VerificationKey

before(async () => {
  const preimage = await ensureTestKeys('preimage')
  const chain = await ensureTestKeys('chain')
  preimageKey = preimage.verificationKey
  const prover = createProver<TestCircuit>({ workspace: testWorkspace })
  for (let index = 0n; index < 5n; index++) {
    valid.push({
      verificationKey: preimage.verificationKey,
      ...(await prover.prove('preimage', { values: [index, 7n], context: 11n })),
    })
    valid.push({
      verificationKey: chain.verificationKey,
      ...(await prover.prove('chain', { start: index, salts: [7n, 9n] })),
    })
  }
  await prover.close()
})
after(endSnarkjs)

function g1From(object: unknown): G1Point {
  const [x, y] = object as [bigint, bigint]
  return { x, y }
}

function addToG1(point: G1Point, addend: Uint8Array): G1Point {
  return g1From(G1.toObject(G1.toAffine(G1.add(G1.fromObject([point.x, point.y, 1n]), addend))))
}

/** A point of the twist's curve that is not in the subgroup: found by trying x. */
function pointsOutsideSubgroup(count: number): G2Point[] {
  const found: G2Point[] = []
  for (let real = 1n; found.length < count; real++) {
    const y = squareRoot(rightSide({ real, imaginary: 1n }))
    if (y === undefined) continue
    const point = { x: { real, imaginary: 1n }, y }
    // By the definition: r times the point.
    const bytes = G2.fromObject([
      [real, 1n],
      [y.real, y.imaginary],
      [1n, 0n],
    ])
    if (!G2.isZero(G2.timesScalar(bytes, FIELD_ORDER))) found.push(point)
  }
  return found
}

const q = BASE_FIELD_ORDER
type Extension = G2Point['x']
const mod = (value: bigint): bigint => ((value % q) + q) % q
const multiply = (one: Extension, other: Extension): Extension => ({
  real: mod(one.real * other.real - one.imaginary * other.imaginary),
  imaginary: mod(one.real * other.imaginary + one.imaginary * other.real),
})
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = mod(base)
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = mod(result * square)
    square = mod(square * square)
  }
  return result
}
/** x³ + 3/(9 + i). */
function rightSide(x: Extension): Extension {
  const cube = multiply(multiply(x, x), x)
  const inverse = power(82n, q - 2n)
  return {
    real: mod(cube.real + 27n * inverse),
    imaginary: mod(cube.imaginary - 3n * inverse),
  }
}
/** By the norm, q ≡ 3 mod 4; undefined when there is none. */
function squareRoot(value: Extension): Extension | undefined {
  const norm = power(value.real * value.real + value.imaginary * value.imaginary, (q + 1n) / 4n)
  const half = power(2n, q - 2n)
  for (const sign of [1n, -1n]) {
    const real = power((value.real + sign * norm) * half, (q + 1n) / 4n)
    if (real === 0n) continue
    const root = { real, imaginary: mod(value.imaginary * half * power(real, q - 2n)) }
    const square = multiply(root, root)
    if (square.real === value.real && square.imaginary === value.imaginary) return root
  }
  return undefined
}

const spoilings: [string, (proof: Groth16Proof) => Groth16Proof][] = [
  ['A.x + q', (proof) => ({ ...proof, a: { ...proof.a, x: proof.a.x + q } })],
  ['a negative A.y', (proof) => ({ ...proof, a: { ...proof.a, y: proof.a.y - q } })],
  ['C.y + q', (proof) => ({ ...proof, c: { ...proof.c, y: proof.c.y + q } })],
  [
    'a part of B + q',
    ({ b, ...proof }) => ({
      ...proof,
      b: { ...b, x: { ...b.x, imaginary: b.x.imaginary + q } },
    }),
  ],
  ['A off the curve', (proof) => ({ ...proof, a: { ...proof.a, x: proof.a.x + 1n } })],
  ['C off the curve', (proof) => ({ ...proof, c: { x: 1n, y: 3n } })],
  [
    'B off the curve',
    ({ b, ...proof }) => ({ ...proof, b: { ...b, y: { real: 1n, imaginary: 1n } } }),
  ],
  ['A the identity', (proof) => ({ ...proof, a: { x: 0n, y: 0n } })],
  ['C the identity', (proof) => ({ ...proof, c: { x: 0n, y: 0n } })],
  [
    'B the identity',
    (proof) => ({
      ...proof,
      b: { x: { real: 0n, imaginary: 0n }, y: { real: 0n, imaginary: 0n } },
    }),
  ],
  ['B outside the subgroup', (proof) => ({ ...proof, b: pointsOutsideSubgroup(1)[0]! })],
]
const hasCoordinates = ({ a, b, c }: Groth16Proof): boolean =>
  [a.x, a.y, b.x.real, b.x.imaginary, b.y.real, b.y.imaginary, c.x, c.y].every(
    (value) => value >= 0n && value < q,
  )

/** Another true proof of the same circuit. */
const otherThan = (verification: Verification): Verification =>
  valid.find((one) => one !== verification && one.verificationKey === verification.verificationKey)!

assert.notEqual(await buildNative(), undefined, 'the tests need g++')
const native = loadNative()!
const verifiers: [string, FoldVerifier][] = [
  ['portable', portableFoldVerifier],
  ...native.cores.map((core): [string, FoldVerifier] => [core, nativeFoldVerifier(native, core)]),
]

for (const [name, verifier] of verifiers) {
  describe(`verifyMany, ${name}`, () => {
    test('accepts: true proofs of several circuits', async () => {
      assert.deepEqual(
        await verifyMany(valid, { verifier }),
        valid.map(() => true),
      )
      assert.deepEqual(await verifyMany([], { verifier }), [])
    })

    test('behavior: more than one fold, and each single one agrees with snarkjs', async () => {
      const many = Array.from({ length: 70 }, (_, index) => valid[index % valid.length]!)
      many[33] = {
        ...many[33]!,
        publicSignals: many[33]!.publicSignals.map((signal) => signal + 1n),
      }
      assert.deepEqual(
        await verifyMany(many, { verifier }),
        many.map((_, index) => index !== 33),
      )
      assert.equal(await verifyWithSnarkjs(many[33]), false)
      assert.equal(await verifyWithSnarkjs(many[32]!), true)
    })

    test('rejects: one false proof among many, wherever it stands', async () => {
      for (const position of valid.keys()) {
        const spoilt = valid.map((verification, index) =>
          index === position
            ? { ...verification, proof: { ...verification.proof, c: verification.proof.a } }
            : verification,
        )
        assert.deepEqual(
          await verifyMany(spoilt, { verifier }),
          valid.map((_, index) => index !== position),
        )
      }
    })

    test('rejects: two false proofs whose errors cancel under equal weights', async () => {
      const [one, , other] = valid as [Verification, Verification, Verification]
      const error = G1.timesScalar(G1.g, 12345n)
      const shifted = (verification: Verification, addend: Uint8Array): Verification => ({
        ...verification,
        proof: { ...verification.proof, c: addToG1(verification.proof.c, addend) },
      })
      const pair = [shifted(one, error), shifted(other, G1.neg(error))]
      // The attack is real: with equal weights the fold holds.
      assert.deepEqual(await verifyMany(pair, { verifier, drawWeight: () => 1n }), [true, true])
      assert.deepEqual(await verifyMany(pair, { verifier }), [false, false])
      assert.deepEqual(await verifyMany([...valid, ...pair], { verifier }), [
        ...valid.map(() => true),
        false,
        false,
      ])
    })

    test('rejects: a proof of another circuit, and of other public signals', async () => {
      const [preimage, chain, next] = valid as [Verification, Verification, Verification]
      const { verificationKey } = preimage
      const foreign = { verificationKey, proof: chain.proof, publicSignals: preimage.publicSignals }
      const moved = { ...preimage, proof: next.proof }
      assert.deepEqual(await verifyMany([foreign, moved, preimage], { verifier }), [
        false,
        false,
        true,
      ])
    })

    test('rejects: public signals + r, negative, too few, too many', async () => {
      const [{ publicSignals, ...rest }] = valid as [Verification]
      const [first, second] = publicSignals as [bigint, bigint]
      const changed = [
        [first + FIELD_ORDER, second],
        [first, second + FIELD_ORDER],
        [first - FIELD_ORDER, second],
        [first],
        [first, second, 0n],
        [],
      ].map((signals) => ({ ...rest, publicSignals: signals }))
      assert.deepEqual(
        await verifyMany(changed, { verifier }),
        changed.map(() => false),
      )
    })

    test('behavior: every public signal counts', async () => {
      for (const verification of valid.slice(0, 2)) {
        for (const index of verification.publicSignals.keys()) {
          const publicSignals = verification.publicSignals.map((signal, at) =>
            at === index ? (signal + 1n) % FIELD_ORDER : signal,
          )
          assert.deepEqual(await verifyMany([{ ...verification, publicSignals }], { verifier }), [
            false,
          ])
        }
      }
    })

    test('behavior: equal weights of opposite C sum to the identity', async () => {
      const [{ proof, ...rest }] = valid as [Verification]
      const opposite = { ...rest, proof: { ...proof, c: { ...proof.c, y: q - proof.c.y } } }
      const pair = [{ ...rest, proof }, opposite]
      assert.deepEqual(await verifyMany(pair, { verifier, drawWeight: () => 1n }), [true, false])
    })

    test('behavior: says which points are of their groups', async () => {
      const [verification] = valid as [Verification]
      const proofs = spoilings.map(([, spoil]) => spoil(verification.proof))
      const outside = pointsOutsideSubgroup(20).map((b) => ({ ...verification.proof, b }))
      const inside = [1n, 2n, 3n, FIELD_ORDER - 1n, 0x123456789abcdefn].map((scalar) => {
        const [x, y] = G2.toObject(G2.toAffine(G2.timesScalar(G2.g, scalar))) as [
          [bigint, bigint],
          [bigint, bigint],
        ]
        const b = { x: { real: x[0], imaginary: x[1] }, y: { real: y[0], imaginary: y[1] } }
        return { ...verification.proof, b }
      })
      const all = [...proofs.filter(hasCoordinates), ...outside, ...inside]
      const items = all.map((proof, index) => ({
        ...verification,
        proof,
        weight: BigInt(index + 1),
      }))
      const { areWellFormed, isTrue } = await verifier.fold(items, false)
      assert.deepEqual(
        areWellFormed,
        all.map((proof) => inside.includes(proof)),
      )
      assert.equal(isTrue, false)
    })

    test('behavior: agrees with what was done to each of many', async () => {
      const random = new Random(31n)
      const many = Array.from({ length: 150 }, () => {
        const verification = random.pick(valid)
        const kind = random.below(12)
        if (kind === 0) {
          const [, spoil] = random.pick(spoilings)
          return { ...verification, proof: spoil(verification.proof) }
        }
        if (kind === 1) return { ...verification, proof: otherThan(verification).proof }
        if (kind === 2) {
          const { a, ...others } = verification.proof
          return { ...verification, proof: { ...others, a: { x: a.x, y: q - a.y } } }
        }
        return verification
      })
      assert.deepEqual(
        await verifyMany(many, { verifier }),
        many.map((one) => (valid as readonly unknown[]).includes(one)),
      )
    })

    test('behavior: the thread stays free', async () => {
      const many = Array.from({ length: 256 }, (_, index) => valid[index % valid.length]!)
      await verifyMany(many.slice(0, 32), { verifier })
      let turns = 0
      let isDone = false
      const turn = (): void => {
        turns += 1
        if (!isDone) setImmediate(turn)
      }
      turn()
      await verifyMany(many, { verifier })
      isDone = true
      assert.ok(turns > 200, `${turns} turns of the event loop meanwhile`)
    })
  })
}

describe('verifyProof', () => {
  test('default: with what is built here', async () => {
    const [one, , other] = valid as [Verification, Verification, Verification]
    assert.equal(await verifyProof(one), true)
    assert.equal(await verifyProof({ ...one, proof: other.proof }), false)
  })
})

describe('isWellFormedProof', () => {
  test('accepts: true proofs', async () => {
    for (const { proof } of valid) assert.equal(await isWellFormedProof(proof), true)
  })

  for (const [name, spoil] of spoilings) {
    test(`rejects: ${name}`, async () => {
      const [verification] = valid as [Verification]
      const proof = spoil(verification.proof)
      assert.equal(await isWellFormedProof(proof), false)
      for (const [, verifier] of verifiers) {
        const pair = [{ ...verification, proof }, verification]
        assert.deepEqual(await verifyMany(pair, { verifier }), [false, true])
      }
    })
  }

  test('behavior: the subgroup check agrees with multiplication by r', async () => {
    const engine = await openVerificationEngine()
    for (const point of pointsOutsideSubgroup(20)) assert.equal(engine.isG2Point(point), false)
    for (const scalar of [1n, 2n, 3n, FIELD_ORDER - 1n, 0x123456789abcdefn]) {
      const [x, y] = G2.toObject(G2.toAffine(G2.timesScalar(G2.g, scalar))) as [
        [bigint, bigint],
        [bigint, bigint],
      ]
      const point = {
        x: { real: x[0], imaginary: x[1] },
        y: { real: y[0], imaginary: y[1] },
      }
      assert.equal(engine.isG2Point(point), true)
    }
  })
})

describe('checkVerificationKey', () => {
  test('accepts: our keys', async () => {
    await checkVerificationKey(preimageKey, { publicSignals: 2 })
  })

  const outside = pointsOutsideSubgroup(1)[0]!
  const spoilings: [string, (key: VerificationKey) => VerificationKey][] = [
    ['gamma = delta', (key) => ({ ...key, vk_delta_2: key.vk_gamma_2 })],
    ['too many inputs', (key) => ({ ...key, nPublic: 3, IC: [...key.IC, key.IC[0]!] })],
    ['an IC off the curve', (key) => ({ ...key, IC: [key.IC[0]!, ['1', '3', '1'], key.IC[2]!] })],
    ['an IC at infinity', (key) => ({ ...key, IC: [key.IC[0]!, ['0', '1', '0'], key.IC[2]!] })],
    ['alpha off the curve', (key) => ({ ...key, vk_alpha_1: ['1', '3', '1'] })],
    [
      'beta outside the subgroup',
      (key) => ({
        ...key,
        vk_beta_2: [
          [String(outside.x.real), String(outside.x.imaginary)],
          [String(outside.y.real), String(outside.y.imaginary)],
          ['1', '0'],
        ],
      }),
    ],
  ]
  for (const [name, spoil] of spoilings) {
    test(`rejects: ${name}`, async () => {
      const spoilt = spoil(preimageKey)
      await assert.rejects(checkVerificationKey(spoilt, { publicSignals: 2 }), VerificationKeyError)
    })
  }
})
