import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'

import { planCollect, type PlannedStatement, planPayment } from '../../wallet/selectNotes.ts'

/** Notes of these amounts at the leaf indexes 10, 20, 30, … */
function notes(...amounts: bigint[]) {
  return amounts.map((amount, i) => ({ amount, leafIndex: BigInt(10 * (i + 1)) }))
}

const common = { balance: 0n, cursor: 0n, fee: 0n, accountCap: 1_000_000n }

function shape(statements: readonly PlannedStatement[]) {
  return statements.map(({ circuit, inputs, isPayment }) => [circuit, inputs.length, isPayment])
}

describe('planPayment', () => {
  const plan = (parameters: Partial<Parameters<typeof planPayment>[0]>) =>
    planPayment({ ...common, waiting: [], outgoing: 100n, ...parameters })

  test('default: one transfer, which takes the oldest note on the way', () => {
    const statements = plan({ balance: 100n, waiting: notes(5n, 6n) })
    assert.deepEqual(shape(statements), [['transfer', 1, true]])
    assert.equal(statements[0]!.inputs[0]!.leafIndex, 10n)
  })

  test('behavior: the oldest note first, in whatever order they are given', () => {
    const waiting = notes(1n, 2n, 3n, 100n).reverse()
    const [statement] = plan({ waiting })
    assert.deepEqual(
      statement!.inputs.map(({ leafIndex }) => leafIndex),
      [10n, 20n, 30n, 40n],
    )
  })

  test('behavior: a note below the cursor is never taken', () => {
    assert.throws(() => plan({ cursor: 11n, waiting: notes(100n) }), {
      code: 'FUNDS_INSUFFICIENT',
    })
    assert.deepEqual(shape(plan({ cursor: 10n, waiting: notes(100n) })), [['transfer', 1, true]])
  })

  test('behavior: one collect that pays, where one transfer does not reach', () => {
    const [statement, ...rest] = plan({ waiting: notes(20n, 20n, 20n, 20n, 20n, 20n, 20n) })
    assert.equal(rest.length, 0)
    assert.equal(statement!.circuit, 'collect')
    assert.equal(statement!.inputs.length, 6)
  })

  test('behavior: collects before the payment, where one statement does not reach', () => {
    const waiting = notes(...Array.from({ length: 14 }, () => 10n))
    assert.deepEqual(shape(plan({ outgoing: 130n, waiting })), [
      ['collect', 6, false],
      ['collect', 6, false],
      ['transfer', 1, true],
    ])
    // Each statement costs its fee.
    assert.deepEqual(shape(plan({ outgoing: 130n, fee: 3n, waiting })), [
      ['collect', 6, false],
      ['collect', 6, false],
      ['collect', 2, true],
    ])
  })

  test('behavior: exactly enough is enough, one less is not', () => {
    assert.deepEqual(shape(plan({ balance: 103n, fee: 3n })), [['transfer', 0, true]])
    assert.throws(() => plan({ balance: 102n, fee: 3n }), { code: 'FUNDS_INSUFFICIENT' })
    assert.deepEqual(shape(plan({ balance: 1n, fee: 3n, waiting: notes(51n, 51n) })), [
      ['collect', 2, true],
    ])
    assert.throws(() => plan({ fee: 3n, waiting: notes(51n, 51n) }), {
      code: 'FUNDS_INSUFFICIENT',
    })
  })

  test('behavior: a note that would pass the cap stays where it is', () => {
    const statements = plan({ balance: 150n, waiting: notes(500n), accountCap: 200n })
    assert.deepEqual(shape(statements), [['transfer', 0, true]])
    assert.deepEqual(shape(plan({ balance: 150n, waiting: notes(150n), accountCap: 200n })), [
      ['transfer', 1, true],
    ])
    assert.throws(() => plan({ balance: 50n, waiting: notes(500n), accountCap: 200n }), {
      code: 'ACCOUNT_CAP_REACHED',
    })
    // A balance above the cap may stay above it, and not grow.
    assert.deepEqual(shape(plan({ balance: 500n, waiting: notes(100n), accountCap: 200n })), [
      ['transfer', 1, true],
    ])
  })

  test('behavior: collects that cost what they bring are not made', () => {
    const waiting = notes(...Array.from({ length: 20 }, () => 1n))
    assert.throws(() => plan({ outgoing: 10n, fee: 6n, waiting }), { code: 'FUNDS_INSUFFICIENT' })
  })

  test('property: what is planned is what the circuit allows, and covers the payment', () => {
    const amount = fc.bigInt({ min: 1n, max: 50n })
    fc.assert(
      fc.property(
        fc.record({
          balance: fc.bigInt({ min: 0n, max: 120n }),
          amounts: fc.array(amount, { maxLength: 20 }),
          outgoing: fc.bigInt({ min: 1n, max: 300n }),
          fee: fc.bigInt({ min: 0n, max: 5n }),
          accountCap: fc.bigInt({ min: 0n, max: 400n }),
          cursor: fc.bigInt({ min: 0n, max: 60n }),
        }),
        ({ balance, amounts, outgoing, fee, accountCap, cursor }) => {
          const waiting = notes(...amounts)
          let statements: PlannedStatement[]
          try {
            statements = planPayment({ balance, cursor, waiting, outgoing, fee, accountCap })
          } catch (error) {
            const { code } = error as { code: string }
            const reachable = waiting.filter(({ leafIndex }) => leafIndex >= cursor)
            const total = reachable.reduce((sum, note) => sum + note.amount, balance)
            // One statement would have done: a refusal needs a reason.
            const inOne = reachable.slice(0, 6).reduce((sum, note) => sum + note.amount, balance)
            if (code === 'FUNDS_INSUFFICIENT') assert.ok(inOne < outgoing + fee)
            else assert.ok(code === 'ACCOUNT_CAP_REACHED' && total >= outgoing + fee)
            return
          }
          let held = balance
          let running = cursor
          statements.forEach(({ circuit, inputs, isPayment }, i) => {
            assert.ok(inputs.length <= (circuit === 'transfer' ? 1 : 6))
            for (const { leafIndex } of inputs) {
              assert.ok(leafIndex >= running)
              running = leafIndex + 1n
            }
            assert.equal(isPayment, i === statements.length - 1)
            const before = held
            held += inputs.reduce((sum, note) => sum + note.amount, 0n) - fee
            held -= isPayment ? outgoing : 0n
            assert.ok(held >= 0n)
            assert.ok(held <= before || held <= accountCap)
          })
          // Nothing is forfeited: what was taken are the oldest.
          const taken = statements.flatMap(({ inputs }) => inputs)
          assert.ok(
            waiting.every(
              (note) =>
                note.leafIndex < cursor || note.leafIndex >= running || taken.includes(note),
            ),
          )
        },
      ),
      { seed: 20_780, numRuns: 2_000 },
    )
  })
})

describe('planCollect', () => {
  const plan = (parameters: Partial<Parameters<typeof planCollect>[0]>) =>
    planCollect({ ...common, asset: 1n, waiting: [], ...parameters })

  test('default: six of the oldest', () => {
    const { circuit, inputs } = plan({ waiting: notes(1n, 2n, 3n, 4n, 5n, 6n, 7n) })
    assert.equal(circuit, 'collect')
    assert.deepEqual(
      inputs.map(({ amount }) => amount),
      [1n, 2n, 3n, 4n, 5n, 6n],
    )
  })

  test('behavior: as many as the cap allows', () => {
    assert.equal(plan({ waiting: notes(5n, 5n, 5n), accountCap: 10n }).inputs.length, 2)
  })

  test('rejects: none, none within the cap, none worth the fee', () => {
    assert.throws(() => plan({}), { code: 'COLLECT_NOTHING' })
    assert.throws(() => plan({ cursor: 11n, waiting: notes(1n) }), { code: 'COLLECT_NOTHING' })
    assert.throws(() => plan({ waiting: notes(11n), accountCap: 10n }), {
      code: 'ACCOUNT_CAP_REACHED',
    })
    assert.throws(() => plan({ waiting: notes(1n), fee: 2n }), { code: 'FUNDS_INSUFFICIENT' })
  })
})
