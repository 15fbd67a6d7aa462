import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

import { TransactionStoreError } from '../../l1/errors.ts'
import { fileTransactionStore, type SignedTransaction } from '../../l1/transactionStore.ts'

const SENDER = '0xabcdefabcdefabcdefabcdefabcdefabcdefabcd' as const

function aTransaction(changes: Partial<SignedTransaction> = {}): SignedTransaction {
  const nonce = changes.nonce ?? 0n
  return {
    purpose: 'pay',
    hash: `0x${nonce.toString(16).padStart(64, '0')}`,
    sender: SENDER,
    nonce,
    raw: '0x02',
    maxFeePerGas: 10n ** 20n,
    signedAt: new Date('2026-01-02T03:04:05.678Z'),
    status: 'pending',
    ...changes,
  }
}

describe('fileTransactionStore', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cinnabar-transactions-'))
  after(() => {
    rmSync(directory, { recursive: true })
  })
  let count = 0
  const newPath = (): string => join(directory, `${String(++count)}.json`)

  test('default: what was inserted is there for another process, oldest first', async () => {
    const path = newPath()
    const store = fileTransactionStore(path)
    assert.deepEqual(await store.listByPurpose('pay'), [])
    const first = aTransaction({ nonce: 7n })
    const second = aTransaction({ nonce: 3n })
    await store.insert(first)
    await store.insert(second)
    await store.insert(aTransaction({ nonce: 4n, purpose: 'other' }))
    const again = fileTransactionStore(path)
    assert.deepEqual(await again.listByPurpose('pay'), [first, second])
    const pending = await again.listPending(
      SENDER.toUpperCase().replace('0X', '0x') as typeof SENDER,
    )
    assert.deepEqual(
      pending.map(({ nonce }) => nonce),
      [3n, 4n, 7n],
    )
  })

  test('behavior: a status is set for the purpose and nonce, and decided ones are not pending', async () => {
    const store = fileTransactionStore(newPath())
    const raised = aTransaction({ nonce: 1n, hash: `0x${'a'.repeat(64)}` })
    for (const each of [aTransaction({ nonce: 1n }), raised, aTransaction({ nonce: 2n })]) {
      await store.insert(each)
    }
    await store.setStatus('pay', 1n, 'mined')
    const statuses = (await store.listByPurpose('pay')).map(({ status }) => status)
    assert.deepEqual(statuses, ['mined', 'mined', 'pending'])
    assert.equal((await store.listPending(SENDER)).length, 1)
  })

  test('behavior: inserting one twice keeps one; overlapping changes lose none', async () => {
    const store = fileTransactionStore(newPath())
    const inserts = Array.from({ length: 20 }, (_, i) =>
      store.insert(aTransaction({ nonce: BigInt(i) })),
    )
    await Promise.all([...inserts, store.insert(aTransaction({ nonce: 3n }))])
    assert.equal((await store.listByPurpose('pay')).length, 20)
  })

  test('behavior: the very bytes signed again for another purpose stand for that one', async () => {
    const store = fileTransactionStore(newPath())
    await store.insert(aTransaction())
    await store.setStatus('pay', 0n, 'mined')
    const again = aTransaction({ purpose: 'pay again' })
    await store.insert(again)
    assert.deepEqual(await store.listByPurpose('pay again'), [again])
    assert.deepEqual(await store.listPending(SENDER), [again])
    assert.deepEqual(await store.listByPurpose('pay'), [])
  })

  test('behavior: only its owner can read the file, and no temporary one is left', async () => {
    const path = newPath()
    const before = readdirSync(directory).length
    await fileTransactionStore(path).insert(aTransaction())
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(readdirSync(directory).length, before + 1)
  })

  test('rejects: a broken file, which is never taken for an empty one', async () => {
    const path = newPath()
    writeFileSync(path, '{"transactions": [')
    const store = fileTransactionStore(path)
    await assert.rejects(store.listByPurpose('pay'), TransactionStoreError)
    await assert.rejects(store.insert(aTransaction()), TransactionStoreError)
    const unwritable = fileTransactionStore(join(directory, 'absent', 'file.json'))
    await assert.rejects(unwritable.insert(aTransaction()), TransactionStoreError)
  })
})
