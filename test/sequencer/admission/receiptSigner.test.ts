import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ReceiptSigner } from '../../../sequencer/admission/receiptSigner.ts'
import { createSigner } from '../../../sequencer/signer.ts'
import { testDeployment } from '../../support/sequencers.ts'

const data = { privateKey: new Uint8Array(32).fill(7), domain: testDeployment }
const wanted = Array.from({ length: 100 }, (_, i) => ({
  statementId: `0x${i.toString(16).padStart(64, '0')}` as const,
  admittedAt: new Date(1_790_000_000_000 + i),
  settleBy: i,
}))
const expected = wanted.map(({ statementId, ...admission }) =>
  createSigner(data).signReceipt(statementId, admission),
)

describe('ReceiptSigner', () => {
  test('default: many at once, each as one alone is signed', async () => {
    const signer = new ReceiptSigner(data)
    assert.deepEqual(await Promise.all(wanted.map((one) => signer.sign(one))), expected)
    assert.deepEqual(await signer.sign(wanted[0]!), expected[0])
    await signer.close()
  })

  test('behavior: a thread that ends under way loses no receipt', async () => {
    const signer = new ReceiptSigner(data)
    const receipts = Promise.all(wanted.map((one) => signer.sign(one)))
    // The first group has been handed to the thread by then, and the others have not.
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    await signer.close()
    assert.deepEqual(await receipts, expected)
  })
})
