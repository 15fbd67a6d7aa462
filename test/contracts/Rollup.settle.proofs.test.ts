// What the one folded check refuses. Proofs are simulated with keys whose secrets are known, so that
// each can be wrong in exactly one way.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { bn254 } from '@noble/curves/bn254.js'
import type { ProofWords, SettleBatch, SettleCall, SettleTransfer } from '../../l1/codec.ts'
import { FIELD_ORDER, PUBLIC_INPUTS, type TransferCircuit } from '../../protocol/constants.ts'
import {
  publicInputsFromArray,
  publicInputsToArray,
  type TransferPublicInputs,
} from '../../protocol/publicInputs.ts'
import { BASE_FIELD_ORDER } from '../../prover/proof.ts'
import { expectRevert } from '../support/expectRevert.ts'
import { SettleBuilder, settle, startTestRollup, type TestRollup } from '../support/settlement.ts'

let rollup: TestRollup
let builder: SettleBuilder
let undo: () => Promise<void>

before(async () => {
  rollup = await startTestRollup()
})
after(() => rollup.stop())
beforeEach(async () => {
  undo = await rollup.chain.snapshot()
  builder = new SettleBuilder(rollup)
})
afterEach(() => undo())

const refused = async (call: SettleCall) => expectRevert(settle(rollup, call), 'ProofsInvalid')

/** Replaces proofs by position: batch, then slot or 'batch' for the batch's own. */
function withProof(
  call: SettleCall,
  at: { batch?: number; slot?: number },
  change: (proof: ProofWords) => ProofWords,
): SettleCall {
  const onSlots = (batch: SettleBatch) => ({
    ...batch,
    slots: batch.slots.map((slot, i) =>
      i === at.slot && 'proof' in slot ? { ...slot, proof: change(slot.proof) } : slot,
    ),
  })
  return {
    ...call,
    batches: call.batches.map((batch, i) => {
      if (i !== (at.batch ?? 0)) return batch
      return at.slot === undefined ? { ...batch, proof: change(batch.proof) } : onSlots(batch)
    }),
  }
}

const slotsOf = (call: SettleCall): SettleTransfer[] =>
  call.batches.flatMap((batch) => batch.slots.flatMap((slot) => ('proof' in slot ? slot : [])))

const proofOf = (call: SettleCall, index: number): ProofWords => {
  const slot = slotsOf(call)[index]
  assert.ok(slot)
  return slot.proof
}

/** Whether the transfer proofs of a call verify when all have weight 1. */
function verifyWithEqualWeights(inputs: readonly (readonly bigint[])[], proofs: ProofWords[]) {
  const key = rollup.keys.verificationKeys.transfer
  const { G1, G2 } = bn254
  const g1 = (x: bigint, y: bigint) => G1.Point.fromAffine({ x, y })
  const g2 = (x1: bigint, x0: bigint, y1: bigint, y0: bigint) =>
    G2.Point.fromAffine({ x: { c0: x0, c1: x1 }, y: { c0: y0, c1: y1 } })
  const keyG1 = ([x, y]: [string, string, string]) => g1(BigInt(x), BigInt(y))
  const keyG2 = ([x, y]: typeof key.vk_beta_2) =>
    g2(BigInt(x[1]), BigInt(x[0]), BigInt(y[1]), BigInt(y[0]))
  let c = G1.Point.ZERO
  let sum = G1.Point.ZERO
  const pairs = proofs.map((proof, i) => {
    c = c.add(g1(proof[6], proof[7]))
    key.IC.forEach((point, j) => {
      const scalar = j === 0 ? 1n : (inputs[i]?.[j - 1] ?? 0n)
      if (scalar !== 0n) sum = sum.add(keyG1(point).multiply(scalar))
    })
    return { g1: g1(proof[0], proof[1]), g2: g2(proof[2], proof[3], proof[4], proof[5]) }
  })
  const product = bn254.pairingBatch([
    ...pairs,
    {
      g1: keyG1(key.vk_alpha_1).multiply(BigInt(proofs.length)).negate(),
      g2: keyG2(key.vk_beta_2),
    },
    { g1: sum.negate(), g2: keyG2(key.vk_gamma_2) },
    { g1: c.negate(), g2: keyG2(key.vk_delta_2) },
  ])
  return bn254.fields.Fp12.eql(product, bn254.fields.Fp12.ONE)
}

describe('Rollup.settle: folded proofs', () => {
  describe('given invalid proofs', () => {
    it('refuses one among many, wherever it stands', async () => {
      for (const bad of [0, 1, 2]) {
        const slots = [0, 1, 2].map((i) => (i === bad ? { error: 1n } : {}))
        await refused(await builder.fork(`bad ${String(bad)}`).call([{ slots }]))
      }
      await refused(await builder.fork('batch').call([{ error: 1n }]))
      await refused(await builder.fork('second').call([{}, { error: 1n }]))
    })

    it('refuses two whose errors cancel under equal weights', async () => {
      const seen: bigint[][] = []
      const record = (inputs: TransferPublicInputs) => {
        seen.push(publicInputsToArray('transfer', inputs))
        return inputs
      }
      const call = await builder.call([
        {
          slots: [
            { error: 5n, proveFor: record },
            { error: FIELD_ORDER - 5n, proveFor: record },
          ],
        },
      ])
      const proofs = slotsOf(call).map(({ proof }) => proof)
      assert.equal(verifyWithEqualWeights(seen, proofs), true, 'equal weights are fooled')
      assert.equal(verifyWithEqualWeights(seen.slice(0, 1), proofs.slice(0, 1)), false)
      await refused(call)
    })

    it('refuses errors that cancel across batches, circuits and with the batch proof', async () => {
      const minus = FIELD_ORDER - 5n
      await refused(
        await builder
          .fork('batches')
          .call([{ slots: [{ error: 5n }] }, { slots: [{ error: minus }] }]),
      )
      await refused(await builder.fork('proofs').call([{ error: 5n }, { error: minus }]))
      await refused(
        await builder
          .fork('three')
          .call([{ slots: [{ error: 5n }, { error: 5n }, { error: FIELD_ORDER - 10n }] }]),
      )
    })

    it('refuses a proof at another position', async () => {
      const call = await builder.call([{ slots: [{}, {}, { kind: 'collect' }] }])
      const [first, second, third] = [0, 1, 2].map((i) => proofOf(call, i))
      assert.ok(first && second && third)
      const swap = (a: number, b: number) =>
        withProof(
          withProof(call, { slot: a }, () => proofOf(call, b)),
          { slot: b },
          () => proofOf(call, a),
        )
      await refused(swap(0, 1))
      await refused(swap(1, 2))
      await refused(withProof(call, { slot: 1 }, () => first))
      await refused(withProof(call, {}, () => first))
      await settle(rollup, call)
    })

    it('refuses a batch proof at another batch', async () => {
      const call = await builder.call([{ slots: [] }, { slots: [] }])
      const [first, second] = call.batches.map(({ proof }) => proof)
      assert.ok(first && second)
      await refused(
        withProof(
          withProof(call, {}, () => second),
          { batch: 1 },
          () => first,
        ),
      )
    })

    it('refuses malformed points', async () => {
      const call = await builder.call([{ slots: [{}, {}] }])
      const q = BASE_FIELD_ORDER
      const change = (index: number, value: (old: bigint) => bigint) => (proof: ProofWords) =>
        proof.map((word, i) => (i === index ? value(word) : word)) as unknown as ProofWords
      for (const slot of [0, 1]) {
        for (let index = 0; index < 8; index++) {
          await refused(
            withProof(
              call,
              { slot },
              change(index, (word) => word ^ 1n),
            ),
          )
          await refused(
            withProof(
              call,
              { slot },
              change(index, (word) => word + q),
            ),
          )
        }
        const zeros = Array.from({ length: 8 }, () => 0n) as unknown as ProofWords
        await refused(withProof(call, { slot }, () => zeros))
      }
    })

    it('refuses B outside the subgroup', async () => {
      // A point of the twist (x = 1 + i·k for the first k that works) that has not order r.
      const { Point } = bn254.G2
      const { Fp2 } = bn254.fields
      let found: { x: { c0: bigint; c1: bigint }; y: { c0: bigint; c1: bigint } } | undefined
      for (let k = 1n; found === undefined; k++) {
        const x = Fp2.fromBigTuple([1n, k])
        const right = Fp2.add(Fp2.mul(Fp2.sqr(x), x), Point.CURVE().b)
        try {
          const y = Fp2.sqrt(right)
          const point = Point.fromAffine({ x, y })
          if (!point.isTorsionFree()) found = { x, y }
        } catch {
          // No square root: the next k.
        }
      }
      const { x, y } = found
      const call = await builder.call([{ slots: [{}] }])
      const outside = ([ax, ay, , , , , cx, cy]: ProofWords): ProofWords =>
        [...[ax, ay, x.c1, x.c0, y.c1, y.c0, cx, cy]] as unknown as ProofWords
      await refused(withProof(call, { slot: 0 }, outside))
    })
  })

  describe('given a proof for other public inputs', () => {
    for (const kind of ['transfer', 'collect'] as TransferCircuit[]) {
      it(`refuses a ${kind} proof for each input + 1`, async () => {
        const names = PUBLIC_INPUTS[kind].flatMap(([name, count]) =>
          Array.from({ length: count }, (_, i) => `${name}[${String(i)}]`),
        )
        for (const [position, name] of names.entries()) {
          const proveFor = (inputs: TransferPublicInputs) => {
            const elements = publicInputsToArray(kind, inputs)
            elements[position] = ((elements[position] ?? 0n) + 1n) % FIELD_ORDER
            return publicInputsFromArray<TransferCircuit>(kind, elements)
          }
          const call = await builder.fork(name).call([{ slots: [{ kind, proveFor }] }])
          await refused(call)
        }
      })
    }

    it('refuses proofs for another chain or contract', async () => {
      const other = (domain: bigint) => ({
        slots: [{ proveFor: (inputs: TransferPublicInputs) => ({ ...inputs, domain }) }],
      })
      const { domain } = rollup.deployment
      await refused(await builder.fork('chain').call([other(domain ^ 1n)]))
      await refused(await builder.fork('none').call([other(0n)]))
      // The batch proof's challenge holds the domain: one made elsewhere has another ρ and y.
      const elsewhere = {
        ...rollup,
        deployment: { ...rollup.deployment, domain: domain ^ 1n },
      }
      await refused(await new SettleBuilder(elsewhere).call([{ slots: [] }]))
    })

    it('refuses a batch proof with another c', async () => {
      const call = await builder.call([{ slots: [{}] }])
      await refused({
        ...call,
        batches: call.batches.map((batch) => ({ ...batch, c: (batch.c + 1n) % FIELD_ORDER })),
      })
    })
  })

  it('accepts a proof in its other encoding: proofs are malleable and identify nothing', async () => {
    const call = await builder.call([{ slots: [{}] }])
    const negated = withProof(
      call,
      { slot: 0 },
      ([ax, ay, x1, x0, y1, y0, cx, cy]) =>
        [
          ...[ax, BASE_FIELD_ORDER - ay, x1, x0, BASE_FIELD_ORDER - y1, BASE_FIELD_ORDER - y0],
          ...[cx, cy],
        ] as unknown as ProofWords,
    )
    await settle(rollup, negated)
  })
})
