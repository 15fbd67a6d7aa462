import { addPoints, BASE8 } from '../protocol/babyjubjub.ts'
import { FIELD_ORDER } from '../protocol/constants.ts'
import { nativeFoldVerifier } from '../prover/foldNatively.ts'
import { portableFoldVerifier } from '../prover/foldPortably.ts'
import type { FoldVerifier, Verification } from '../prover/foldVerifier.ts'
import {
  ELEMENT_BYTES,
  openNativeKernels,
  openPortableKernels,
  POINT_BYTES,
} from '../prover/kernels.ts'
import type { Kernels } from '../prover/kernels.ts'
import { writeNumber } from '../prover/kernelsPortable.ts'
import type { NativeProver } from '../prover/native/index.ts'
import { proofFromWords } from '../prover/proof.ts'
import { verifyMany } from '../prover/verifyMany.ts'
import { seededScalars, simulatedKeys } from '../test/support/simulatedKeys.ts'
import type { Row } from './row.ts'

/** Items of one measurement: about a second each, but for single hashes. */
const AMOUNTS = {
  native: { hashes: 200_000, single: 10_000, points: 100_000, proofs: 2_048 },
  portable: { hashes: 10_000, single: 500, points: 2_000, proofs: 256 },
} as const

/**
 * Bulk arithmetic natively and portably. Rates are by the clock, with all processors; `PerCore` is by
 * processor time, which other work on the machine disturbs less.
 */
export async function measureKernels(
  native: NativeProver,
  say: (line: string) => void,
): Promise<Row[]> {
  const rows: Row[] = []
  const add = (name: string, value: number, unit: string): void => {
    rows.push({ name: `prover.${name}`, value: Number(value.toPrecision(4)), unit })
  }
  const rates = new Map<string, number>()
  const measure = async (
    name: string,
    kind: string,
    count: number,
    work: () => Promise<unknown>,
  ) => {
    const usage = process.cpuUsage()
    const started = performance.now()
    await work()
    const seconds = (performance.now() - started) / 1_000
    const { user, system } = process.cpuUsage(usage)
    const perCore = count / ((user + system) / 1_000_000)
    say(`${kind} ${name}: ${(count / seconds).toFixed(0)} a second`)
    rates.set(`${name} ${kind}`, perCore)
    add(`${name}PerSecond.${kind}`, count / seconds, '1/s')
    add(`${name}PerSecondPerCore.${kind}`, perCore, '1/s')
  }

  const kinds: ['native' | 'portable', Kernels, FoldVerifier][] = [
    ['native', openNativeKernels(native), nativeFoldVerifier(native)],
    ['portable', openPortableKernels(), portableFoldVerifier],
  ]
  for (const [kind, kernels, verifier] of kinds) {
    const amounts = AMOUNTS[kind]
    const next = seededScalars('kernels')
    const inputs = new Uint8Array(amounts.hashes * 4 * ELEMENT_BYTES)
    for (let at = 0; at < inputs.length; at += ELEMENT_BYTES) writeNumber(inputs, at, BigInt(at))
    const task = { initialState: 'NODE', arity: 4, inputs } as const
    // Warm: constants and threads are there.
    await kernels.hashMany({ ...task, inputs: inputs.subarray(0, 128 * 1_000) })
    await measure('hashes', kind, amounts.hashes, () => kernels.hashMany(task))
    const one = { ...task, inputs: inputs.slice(0, 4 * ELEMENT_BYTES) }
    for (let warm = 0; warm < 200; warm++) kernels.hash(one)
    const started = performance.now()
    for (let index = 0; index < amounts.single; index++) kernels.hash(one)
    const each = ((performance.now() - started) * 1_000) / amounts.single
    add(`singleHashMicroseconds.${kind}`, each, 'µs')

    const points = new Uint8Array(amounts.points * POINT_BYTES)
    let point = BASE8
    for (let index = 0; index < amounts.points; index++) {
      if (index < 1_000) point = addPoints(point, BASE8)
      writeNumber(points, index * POINT_BYTES, point.x)
      writeNumber(points, index * POINT_BYTES + ELEMENT_BYTES, point.y)
    }
    const scalar = new Uint8Array(ELEMENT_BYTES)
    writeNumber(scalar, 0, next() >> 5n)
    await measure('multiplications', kind, amounts.points, () =>
      kernels.multiplyMany(points, scalar),
    )

    const verifications = makeVerifications(128)
    const many = Array.from(
      { length: amounts.proofs },
      (_, index) => verifications[index % verifications.length]!,
    )
    await verifyMany(verifications, { verifier })
    await measure('verifiedProofs', kind, amounts.proofs, async () => {
      const results = await verifyMany(many, { verifier })
      if (!results.every(Boolean)) throw new Error('a proof does not verify')
    })
  }
  for (const name of ['hashes', 'multiplications', 'verifiedProofs']) {
    const ratio = rates.get(`${name} native`)! / rates.get(`${name} portable`)!
    add(`nativeOverPortable.${name}`, ratio, 'times, processor time')
  }
  return rows
}

/** Transfers' statements under keys whose secrets are known: they verify like any other. */
function makeVerifications(count: number): Verification[] {
  const keys = simulatedKeys('bench')
  const verificationKey = keys.verificationKeys.transfer
  const next = seededScalars('statements')
  return Array.from({ length: count }, () => {
    const publicSignals = Array.from(
      { length: verificationKey.nPublic },
      () => next() % FIELD_ORDER,
    )
    return {
      verificationKey,
      proof: proofFromWords(keys.prove('transfer', publicSignals)),
      publicSignals,
    }
  })
}
