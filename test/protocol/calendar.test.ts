import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { dayOf, formatMinute, formatTime, monthOf } from '../../protocol/calendar.ts'

const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Counts days one by one; knows nothing of Date. */
function* months(): Generator<bigint> {
  for (let month = 0n; ; month++) {
    const year = 1970n + month / 12n
    const isLeap = year % 4n === 0n && (year % 100n !== 0n || year % 400n === 0n)
    const length = (LENGTHS[Number(month % 12n)] ?? 0) + (isLeap && month % 12n === 1n ? 1 : 0)
    for (let day = 0; day < length; day++) yield month
  }
}

describe('monthOf', () => {
  test('default: every day of 16 bits', () => {
    const counted = months()
    for (let day = 0n; day < 65_536n; day++) {
      const { value } = counted.next()
      assert.equal(monthOf(day), value, `day ${day}`)
    }
  })

  test('behavior: month turns and leap days', () => {
    const day = (text: string): bigint => dayOf(BigInt(Date.parse(text)) / 1000n)
    const month = (text: string): bigint => monthOf(day(`${text}T00:00:00Z`))
    assert.equal(month('1970-01-01'), 0n)
    assert.equal(month('2000-02-29'), 361n)
    assert.equal(month('2000-03-01'), 362n)
    assert.equal(month('2024-02-29'), month('2024-02-01'))
    assert.equal(month('2100-02-28') + 1n, month('2100-03-01'))
    assert.equal(day('2100-03-01T00:00:00Z') - day('2100-02-28T00:00:00Z'), 1n, 'no leap year')
  })

  test('error: days beyond 16 bits', () => {
    assert.throws(() => monthOf(65_536n), { code: 'VALUE_OUT_OF_RANGE' })
    assert.throws(() => monthOf(-1n), { code: 'VALUE_OUT_OF_RANGE' })
  })
})

describe('dayOf', () => {
  test('behavior: turns at midnight UTC', () => {
    assert.equal(dayOf(86_399), 0n)
    assert.equal(dayOf(86_400), 1n)
    assert.equal(dayOf(1_700_000_000n), 19_675n)
  })
})

describe('formatTime, formatMinute', () => {
  test('default: UTC, whole and to the minute', () => {
    assert.equal(formatTime(0n), '1970-01-01T00:00:00.000Z')
    assert.equal(formatTime(1_700_000_059n), '2023-11-14T22:14:19.000Z')
    assert.equal(formatMinute(1_700_000_059n), '2023-11-14 22:14')
  })
})
