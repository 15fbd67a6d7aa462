import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SettledDeposit } from '../../l1/chainEvents.ts'
import { type FindingCode, inputIndexes, RecordLedger } from '../../regulator/checkRecords.ts'
import type { OpenedTransfer } from '../../regulator/openRecords.ts'

const ASSET = 1n
const DEPOSIT_LEAF = 60n

function aDeposit(overrides: Partial<SettledDeposit> = {}): SettledDeposit {
  return {
    id: 1n,
    asset: ASSET,
    amount: 100n,
    recipient: 5n,
    ciphertext: new Uint8Array(92),
    leafIndex: DEPOSIT_LEAF,
    ...overrides,
  }
}

type Halves = {
  statistics?: Partial<Exclude<OpenedTransfer['statistics'], string>>
  investigation?: Partial<Exclude<OpenedTransfer['investigation'], string>>
}

/** Identity 3 takes in the deposit of 100 and sends 40 to identity 4. */
function aTransfer(
  { statistics, investigation }: Halves = {},
  overrides: Partial<OpenedTransfer> = {},
): OpenedTransfer {
  return {
    batchNumber: 2n,
    slot: 0,
    kind: 'transfer',
    transactionHash: '0x01',
    timestamp: 0n,
    day: 20_000n,
    epoch: 0n,
    firstLeafIndex: 128n,
    traceTag: 9n,
    withdrawal: { asset: 0n, amount: 0n, recipient: 0n },
    fee: { asset: ASSET, amount: 1n },
    statistics: {
      pseudonym: 77n,
      amountIn: 100n,
      notesIn: 1n,
      asset: ASSET,
      amount1: 40n,
      amount2: 0n,
      amount3: 0n,
      tier: 1n,
      jurisdiction: 156n,
      ...statistics,
    },
    investigationKey: 'investigation',
    investigation: {
      sender: 3n,
      recipient1: 4n,
      recipient2: 0n,
      recipient3: 0n,
      input1: DEPOSIT_LEAF + 1n,
      nonce: 0n,
      ...investigation,
    },
    ...overrides,
  }
}

function ledgerWithDeposit(): RecordLedger {
  const ledger = new RecordLedger((index) => index < 10n)
  ledger.addBatch([], [aDeposit()])
  return ledger
}

function codes(ledger: RecordLedger): FindingCode[] {
  return ledger.findings.map((finding) => finding.code)
}

describe('RecordLedger', () => {
  test('default: a consistent transfer gives no finding and adds to the totals', () => {
    const ledger = ledgerWithDeposit()
    ledger.addBatch([aTransfer()], [])
    assert.deepEqual(codes(ledger), [])
    assert.deepEqual(ledger.totals.get(ASSET), {
      deposited: 100n,
      sent: 40n,
      takenIn: 100n,
      withdrawn: 0n,
      fees: 1n,
    })
  })

  test('behavior: the recipient can take the note in a later batch', () => {
    const ledger = ledgerWithDeposit()
    ledger.addBatch([aTransfer()], [])
    const next = aTransfer(
      {
        statistics: { amountIn: 40n, amount1: 39n, pseudonym: 78n },
        investigation: { sender: 4n, recipient1: 3n, input1: 128n + 1n + 1n },
      },
      { firstLeafIndex: 192n },
    )
    ledger.addBatch([next], [])
    assert.deepEqual(codes(ledger), [])
  })

  const alarms: [FindingCode, OpenedTransfer][] = [
    ['RECORD_UNREADABLE', aTransfer({}, { statistics: 'malformed' })],
    ['RECORD_UNREADABLE', aTransfer({}, { investigation: 'ephemeralInvalid' })],
    ['RECORDS_DISAGREE', aTransfer({}, { fee: { asset: 2n, amount: 1n } })],
    ['RECORDS_DISAGREE', aTransfer({ investigation: { recipient2: 7n } })],
    ['RECORDS_DISAGREE', aTransfer({ investigation: { recipient1: 0n } })],
    ['RECORDS_DISAGREE', aTransfer({ statistics: { notesIn: 2n } })],
    ['INPUT_UNKNOWN', aTransfer({ investigation: { input1: 1000n } })],
    ['INPUT_AMOUNT_DIFFERS', aTransfer({ statistics: { amountIn: 99n } })],
    [
      'INPUT_AMOUNT_DIFFERS',
      aTransfer({ statistics: { asset: 2n } }, { fee: { asset: 0n, amount: 0n } }),
    ],
    ['INFLATION_TAKEN_IN', aTransfer({ statistics: { amountIn: 141n } })],
    ['INFLATION_SPENT', aTransfer({ statistics: { amount1: 100n } })],
    ['IDENTITY_UNKNOWN', aTransfer({ investigation: { sender: 11n } })],
  ]
  for (const [code, transfer] of alarms) {
    test(`alarm: ${code}`, () => {
      const ledger = ledgerWithDeposit()
      ledger.addBatch([transfer], [])
      assert.ok(codes(ledger).includes(code), `found ${codes(ledger).join(', ')}`)
    })
  }

  test('alarm: INFLATION_TAKEN_IN counts own outputs, so exactly all is no alarm', () => {
    const ledger = ledgerWithDeposit()
    ledger.addBatch([aTransfer({ statistics: { amount1: 99n } })], [])
    assert.deepEqual(codes(ledger), [])
  })

  test('alarm: INPUT_TAKEN_TWICE', () => {
    const ledger = ledgerWithDeposit()
    ledger.addBatch([aTransfer()], [])
    ledger.addBatch([aTransfer({ investigation: { nonce: 1n } }, { firstLeafIndex: 192n })], [])
    assert.ok(codes(ledger).includes('INPUT_TAKEN_TWICE'))
  })

  test('alarm: INPUT_OF_ANOTHER, when a note goes to another identity than takes it in', () => {
    const ledger = ledgerWithDeposit()
    ledger.addBatch([aTransfer()], [])
    const thief = aTransfer(
      {
        statistics: { amountIn: 40n, amount1: 39n, pseudonym: 79n },
        investigation: { sender: 5n, recipient1: 3n, input1: 130n },
      },
      { firstLeafIndex: 192n },
    )
    ledger.addBatch([thief], [])
    assert.deepEqual(codes(ledger), ['INPUT_OF_ANOTHER'])
  })

  test('alarm: a note of the same batch is not known yet (S1)', () => {
    const ledger = ledgerWithDeposit()
    const second = aTransfer(
      {
        statistics: { amountIn: 40n, amount1: 39n, pseudonym: 78n },
        investigation: { sender: 4n, recipient1: 3n, input1: 130n },
      },
      { firstLeafIndex: 132n },
    )
    ledger.addBatch([aTransfer(), second], [])
    assert.ok(codes(ledger).includes('INPUT_UNKNOWN'))
  })

  test('alarm: PSEUDONYM_INCONSISTENT, one pseudonym for two senders in a month', () => {
    const ledger = ledgerWithDeposit()
    ledger.addBatch([aTransfer()], [])
    const other = aTransfer(
      {
        statistics: { amountIn: 40n, amount1: 39n },
        investigation: { sender: 4n, recipient1: 3n, input1: 130n },
      },
      { firstLeafIndex: 192n },
    )
    ledger.addBatch([other], [])
    assert.deepEqual(codes(ledger), ['PSEUDONYM_INCONSISTENT'])
  })

  test('behavior: with key S alone the inflation alarm still works', () => {
    const ledger = ledgerWithDeposit()
    ledger.addBatch(
      [aTransfer({ statistics: { amountIn: 141n } }, { investigation: 'keyMissing' })],
      [],
    )
    assert.deepEqual(codes(ledger), ['INFLATION_TAKEN_IN'])
  })
})

describe('inputIndexes', () => {
  test('default: unused slots are left out and the offset of one is undone', () => {
    const collect = aTransfer({
      investigation: { input1: 5n, input2: 0n, input3: 8n, input4: 0n, input5: 0n, input6: 1n },
    })
    assert.deepEqual(inputIndexes(collect), [4n, 7n, 0n])
  })
})
