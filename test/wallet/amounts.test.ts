import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'

import { formatAmount, parseAmount } from '../../wallet/amounts.ts'

/** A gwei a unit. */
const ether = { unit: 10n ** 9n, decimals: 18 }
const cents = { unit: 1n, decimals: 2 }
/** A unit that is no power of ten. */
const odd = { unit: 25n, decimals: 2 }

describe('parseAmount', () => {
  test('default', () => {
    assert.equal(parseAmount(ether, '0.5'), 500_000_000n)
    assert.equal(parseAmount(ether, '12'), 12_000_000_000n)
    assert.equal(parseAmount(ether, ' 1.0000000000000 '), 1_000_000_000n)
    assert.equal(parseAmount(cents, '0.01'), 1n)
    assert.equal(parseAmount(odd, '0.75'), 3n)
  })

  test('rejects: what is no amount of the asset', () => {
    for (const text of ['', '-1', '1e3', '1,5', '.5', '1.', '0x10', '1 2', '١']) {
      assert.throws(() => parseAmount(ether, text), { code: 'AMOUNT_INVALID' }, text)
    }
    assert.throws(() => parseAmount(cents, '0.001'), /only 2 decimals/)
    assert.throws(
      () => parseAmount(ether, '0.0000000001'),
      /smallest step of this asset is 0\.000000001/,
    )
    assert.throws(() => parseAmount(odd, '0.10'), /smallest step of this asset is 0\.25/)
  })

  test('behavior: u64 is the limit, in protocol units', () => {
    const most = 2n ** 64n - 1n
    assert.equal(parseAmount(cents, formatAmount(cents, most)), most)
    assert.throws(() => parseAmount(cents, formatAmount(cents, most + 1n)), /too large/)
  })
})

describe('formatAmount', () => {
  test('default: no zeros behind, and a zero before the point', () => {
    assert.equal(formatAmount(ether, 500_000_000n), '0.5')
    assert.equal(formatAmount(ether, 0n), '0')
    assert.equal(formatAmount(cents, 100n), '1')
    assert.equal(formatAmount({ unit: 1n, decimals: 0 }, 7n), '7')
  })

  test('property: what is written is read as the same', () => {
    const amounts = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    const units = fc.constantFrom(ether, cents, odd)
    fc.assert(
      fc.property(units, amounts, (unit, amount) => {
        assert.equal(parseAmount(unit, formatAmount(unit, amount)), amount)
      }),
      { seed: 20_780 },
    )
  })
})
