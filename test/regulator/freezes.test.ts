import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MAX_SUSPENSION_DAYS } from '../../protocol/constants.ts'
import {
  freezeNotice,
  type FreezeReason,
  freezeReasons,
  planFreeze,
  presentFreeze,
  recordFreeze,
  recordLifting,
} from '../../regulator/freezes.ts'
import type { RegistrarState } from '../../regulator/registrar.ts'
import { formatDay } from '../../regulator/report.ts'
import { aPerson } from '../support/identities.ts'

const TODAY = 20_780
const terms = { reason: 'courtOrder' as const, basis: 'file 4 K 12/26', days: 7 }

/** Two admitted people: a freeze of one must leave the other alone. */
const twoPeople = {
  domain: 1n,
  nextIndex: 3,
  entries: [1, 2].map((index) => ({
    index,
    state: 'admitted' as const,
    reference: `file ${String(index)}`,
    offer: {} as RegistrarState['entries'][number]['offer'],
    identity: aPerson('somebody', BigInt(index)).identity,
  })),
} satisfies RegistrarState

const freezesOf = (state: RegistrarState, index: number) =>
  state.entries.find((entry) => entry.index === index) ?? {}

describe('planFreeze', () => {
  test('default: from today, for so many days, and not a day longer than the registry allows', () => {
    assert.deepEqual(planFreeze(TODAY, terms), {
      ...{ reason: 'courtOrder', basis: 'file 4 K 12/26' },
      ...{ from: TODAY, until: TODAY + 7 },
    })
    for (const days of [1, MAX_SUSPENSION_DAYS]) {
      assert.equal(planFreeze(TODAY, { ...terms, days }).until, TODAY + days)
    }
  })

  test('rejects: no day, more days than a suspension has, and no basis', () => {
    for (const wrong of [
      { days: 0 },
      { days: -1 },
      { days: MAX_SUSPENSION_DAYS + 1 },
      { basis: '' },
      { basis: '  \n' },
    ]) {
      assert.throws(() => planFreeze(TODAY, { ...terms, ...wrong }), {
        code: 'REGISTRAR_FREEZE_REFUSED',
      })
    }
  })
})

describe('a freeze on the registrar’s record', () => {
  const frozen = recordFreeze(twoPeople, { index: 1, freeze: planFreeze(TODAY, terms) })

  test('behavior: ends by itself with its last day, and touches nobody else', () => {
    assert.equal(presentFreeze(freezesOf(frozen, 1), TODAY + 6)?.reason, 'courtOrder')
    assert.equal(presentFreeze(freezesOf(frozen, 1), TODAY + 7), undefined)
    assert.equal(presentFreeze(freezesOf(frozen, 2), TODAY), undefined)
    assert.deepEqual(freezesOf(frozen, 2), freezesOf(twoPeople, 2))
    assert.deepEqual(freezesOf(twoPeople, 1), twoPeople.entries[0])
  })

  test('behavior: a renewal is another record, and the newest is in force', () => {
    const renewal = planFreeze(TODAY + 5, { ...terms, reason: 'sanctions', days: 30 })
    const renewed = recordFreeze(frozen, { index: 1, freeze: renewal })
    assert.deepEqual(renewed.entries[0]?.freezes, [planFreeze(TODAY, terms), renewal])
    assert.equal(presentFreeze(freezesOf(renewed, 1), TODAY + 20)?.reason, 'sanctions')
  })

  test('behavior: lifting marks what is in force, never what had ended before', () => {
    const later = planFreeze(TODAY + 10, terms)
    const lifted = recordLifting(recordFreeze(frozen, { index: 1, freeze: later }), {
      ...{ index: 1, today: TODAY + 12 },
    })
    assert.deepEqual(lifted.entries[0]?.freezes, [
      planFreeze(TODAY, terms),
      { ...later, liftedOn: TODAY + 12 },
    ])
    assert.equal(presentFreeze(freezesOf(lifted, 1), TODAY + 12), undefined)
    assert.deepEqual(recordLifting(lifted, { index: 1, today: TODAY + 13 }), lifted)
  })

  test('rejects: an index that this registrar does not keep', () => {
    const freeze = planFreeze(TODAY, terms)
    assert.throws(() => recordFreeze(twoPeople, { index: 9, freeze }), {
      code: 'REGISTRAR_IDENTITY_UNKNOWN',
    })
  })
})

describe('freezeNotice', () => {
  const noticeOf = (reason: FreezeReason) =>
    freezeNotice({
      ...{ domain: '0x01', index: 1, formatDay },
      freeze: planFreeze(TODAY, { ...terms, reason }),
    })

  test('default: end, reason, basis, and each way out by its command', () => {
    const { rights, ...facts } = noticeOf('suspectedFraud')
    assert.deepEqual(facts, {
      ...{ type: 'cinnabar.freeze-notice', version: 1, domain: '0x01', index: 1 },
      ...{ reason: 'suspectedFraud', reasonCode: 3, basis: 'file 4 K 12/26' },
      ...{ from: '2026-11-23', until: '2026-11-30' },
    })
    assert.match(rights.join('\n'), /ends by itself/)
    assert.match(rights.join('\n'), /cinnabar wallet withdraw ASSET --exit/)
    assert.match(rights.join('\n'), /cinnabar wallet appeal/)
  })

  test('behavior: codes are one a reason, and never 0', () => {
    const codes = Object.keys(freezeReasons).map(
      (each) => noticeOf(each as FreezeReason).reasonCode,
    )
    assert.equal(new Set(codes).size, codes.length)
    assert.ok(codes.every((code) => code > 0))
  })
})
