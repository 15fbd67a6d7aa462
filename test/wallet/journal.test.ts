import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { genesisAccount } from '../../protocol/account.ts'
import {
  abandonUnsent,
  entriesToSend,
  type JournalEntry,
  type JournalStage,
  journalStages,
  moveEntry,
  openEntry,
  reconcileJournal,
  sentEntry,
  undecidedEntry,
} from '../../wallet/journal.ts'
import type { SpendRecord } from '../../wallet/ledger.ts'
import { fieldOf } from '../support/identities.ts'

const owner = { ownerKey: 1n, identityIndex: 5n }

/** A journal of one statement in this stage. */
function aJournal(stage: JournalStage, change: Partial<JournalEntry> = {}): JournalEntry[] {
  const of = (name: string) => fieldOf(`journal ${name}`)
  const isSent = !['prepared', 'proved', 'abandoned'].includes(stage)
  return openEntry([], {
    statementId: '0x01',
    circuit: 'transfer',
    asset: 1n,
    intent: { purpose: 'send', payments: [], fee: 0n, inputs: [] },
    publicInputs: {
      ...{ anchor: 1n, identityRoot: 2n, policyRoot: 3n, day: 4n, domain: 5n },
      nullifier: of('nullifier'),
      outputs: [of('0'), of('1'), of('2'), of('3')],
      ...{ withdrawal: 0n, fee: 0n, memoHash: of('memo'), traceTag: 6n },
      ...{ ephemeral: [7n, 8n], statisticsCiphertext: [9n, 10n], investigationCiphertext: [11n] },
      ...{ auditKeyS: [12n, 13n], auditKeyI: [14n, 15n], auditKeyL: [16n, 17n] },
    },
    memo: new Uint8Array(),
    anchorBatch: 1n,
    nextAccount: genesisAccount(owner, 1n),
    createdAt: 1,
  }).map((entry) => ({ ...entry, stage, ...(isSent ? { sentAt: 2 } : {}), ...change }))
}

/** The settled transfer that `entry` is, or one in its place. */
function aSpend({ publicInputs }: JournalEntry, change: Partial<SpendRecord> = {}): SpendRecord {
  const { nullifier, outputs, memoHash } = publicInputs
  return {
    ...{ kind: 'transfer', asset: 1n, nonce: 0n, nullifier, outputs, memoHash },
    ...{ firstLeafIndex: 16n, amountIn: 0n, inputs: [], payments: [], fee: 0n, day: 4n },
    settledAt: { batchNumber: 9n, blockNumber: 1n, transactionHash: '0x', timestamp: 1n },
    ...change,
  }
}

describe('moveEntry', () => {
  test('default: every step but the drawn ones is refused', () => {
    const steps = journalStages.flatMap((from) =>
      journalStages.flatMap((to) => {
        if (from === to) return []
        try {
          moveEntry(aJournal(from), 1, to)
          return [`${from} → ${to}`]
        } catch (error) {
          assert.equal((error as { code: string }).code, 'JOURNAL_STEP_INVALID')
          return []
        }
      }),
    )
    assert.deepEqual(steps, [
      'prepared → proved',
      'prepared → abandoned',
      'proved → sent',
      'proved → abandoned',
      'sent → admitted',
      'sent → sealed',
      'sent → settled',
      'sent → rejected',
      'sent → superseded',
      'admitted → sealed',
      'admitted → settled',
      'admitted → rejected',
      'admitted → superseded',
      'sealed → admitted',
      'sealed → settled',
      'sealed → rejected',
      'sealed → superseded',
      'rejected → sent',
      'rejected → admitted',
      'rejected → sealed',
      'rejected → settled',
      'rejected → superseded',
    ])
  })

  test('behavior: other entries stay as they are', () => {
    const [first] = aJournal('sent')
    const journal = openEntry([first!], first!)
    const moved = moveEntry(journal, 2, 'proved', { proof: [1n] })
    assert.deepEqual(moved[0], first)
    assert.deepEqual(moved[1]!.proof, [1n])
  })
})

describe('after a crash', () => {
  test('behavior: unproved is given up; proved and sent are sent', () => {
    for (const stage of journalStages) {
      const after = abandonUnsent(aJournal(stage))
      assert.equal(after[0]!.stage, stage === 'prepared' ? 'abandoned' : stage)
      assert.equal(entriesToSend(after).length, stage === 'proved' || stage === 'sent' ? 1 : 0)
    }
  })

  test('behavior: what may still settle stands in the way of another (W4)', () => {
    const blocking = journalStages.filter((stage) => {
      const journal = aJournal(stage)
      return undecidedEntry(journal, journal[0]!.publicInputs.nullifier) !== undefined
    })
    assert.deepEqual(blocking, ['prepared', 'proved', 'sent', 'admitted', 'sealed'])
    const named = journalStages.filter((stage) => {
      const journal = aJournal(stage)
      return sentEntry(journal, journal[0]!.publicInputs.nullifier) !== undefined
    })
    // Refused ones too: they left the wallet, so whoever has them may still bring them in.
    assert.deepEqual(named, ['sent', 'admitted', 'sealed', 'settled', 'rejected', 'superseded'])
  })
})

describe('reconcileJournal', () => {
  const stageAfter = (journal: JournalEntry[], spends: SpendRecord[]) =>
    reconcileJournal(journal, { spends })[0]!.stage

  test('behavior: the base chain has the last word', () => {
    for (const stage of journalStages) {
      const journal = aJournal(stage)
      const expected = stage === 'abandoned' ? 'abandoned' : 'settled'
      assert.equal(stageAfter(journal, [aSpend(journal[0]!)]), expected, stage)
    }
  })

  test('behavior: another statement with the nullifier supersedes, a changed memo too', () => {
    for (const change of [{ memoHash: 1n }, { outputs: [1n, 2n, 3n, 4n] as const }]) {
      for (const stage of ['sent', 'admitted', 'sealed', 'rejected', 'settled'] as const) {
        const journal = aJournal(stage)
        assert.equal(stageAfter(journal, [aSpend(journal[0]!, change)]), 'superseded', stage)
      }
      const proved = aJournal('proved')
      assert.equal(stageAfter(proved, [aSpend(proved[0]!, change)]), 'abandoned')
    }
  })

  test('behavior: a settlement that a reorg took back is open again', () => {
    assert.equal(stageAfter(aJournal('settled'), []), 'sent')
    assert.equal(stageAfter(aJournal('superseded'), []), 'rejected')
    assert.equal(stageAfter(aJournal('admitted'), []), 'admitted')
    assert.equal(stageAfter(aJournal('rejected'), []), 'rejected')
  })
})
