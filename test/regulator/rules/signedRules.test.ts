import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { privateKeyToAccount } from 'viem/accounts'
import { defaultRules, ruleProfiles } from '../../../regulator/rules/defaults.ts'
import { readRulesDocument } from '../../../regulator/rules/document.ts'
import { readSignedRules, signRules } from '../../../regulator/rules/signedRules.ts'
import { recordedDeployment } from '../../support/recordedChain.ts'
import { aRulesDocument } from '../../support/rules.ts'

const signer = privateKeyToAccount(`0x${'11'.repeat(32)}`)
const stranger = privateKeyToAccount(`0x${'22'.repeat(32)}`)
const here = { ...recordedDeployment, trusted: [signer.address] }
const document = aRulesDocument({ largeValue: { perDay: '1000' } })

describe('readSignedRules', () => {
  test('default: what a trusted signer signed', async () => {
    const signed = await signRules(document, signer)
    assert.deepEqual(await readSignedRules(JSON.parse(JSON.stringify(signed)), here), signed)
  })

  test('behavior: the order of the keys makes no difference', async () => {
    const signed = await signRules(document, signer)
    const reversed = Object.fromEntries(Object.entries(document).reverse())
    await readSignedRules({ ...signed, document: reversed }, here)
  })

  test('rejects: no signature, another signer, a changed threshold, version or asset', async () => {
    const signed = await signRules(document, signer)
    const refused = (value: unknown, code: string) =>
      assert.rejects(readSignedRules(value, here), { code })
    await refused(document, 'RULES_REFUSED')
    await refused({ document }, 'RULES_REFUSED')
    await refused({ ...signed, signature: `0x${'00'.repeat(65)}` }, 'RULES_SIGNATURE_INVALID')
    await refused(await signRules(document, stranger), 'RULES_SIGNATURE_INVALID')
    const { signature } = await signRules(document, stranger)
    await refused({ ...signed, signature }, 'RULES_SIGNATURE_INVALID')
    const changes = [
      aRulesDocument({ largeValue: { perDay: '1001' } }),
      { ...document, version: 2 },
      { ...document, assets: {} },
      { ...document, remark: 'another' },
    ]
    for (const changed of changes) {
      await refused({ ...signed, document: changed }, 'RULES_SIGNATURE_INVALID')
    }
  })

  test('rejects: rules of another deployment', async () => {
    const elsewhere = { ...document, chainId: '5' }
    await assert.rejects(readSignedRules(await signRules(elsewhere, signer), here), {
      code: 'RULES_REFUSED',
    })
    const other = { ...document, rollup: `0x${'ab'.repeat(20)}` }
    await assert.rejects(readSignedRules(await signRules(other, signer), here), {
      code: 'RULES_REFUSED',
    })
  })
})

describe('readRulesDocument', () => {
  test('rejects: what is not of the form, with the place', () => {
    for (const [changed, place] of [
      [{ ...document, version: 0 }, /version/],
      [{ ...document, extra: 1 }, /extra/],
      [{ ...document, assets: { 65536: {} } }, /65536/],
      [aRulesDocument({ largeValue: { perDay: '0' } }), /perDay/],
      [aRulesDocument({ largeValue: { perDay: String(1n << 64n) } }), /perDay.*64 bits/],
      [aRulesDocument({ velocity: { payments: 1, days: 32 } }), /days/],
    ] as const) {
      assert.throws(() => readRulesDocument(changed), { code: 'RULES_REFUSED', message: place })
    }
  })

  test('default: every profile is a document, and "more than" is one unit more', () => {
    for (const profile of ruleProfiles) {
      const { rules } = defaultRules(profile, 100n)
      readRulesDocument(aRulesDocument(rules))
    }
    assert.equal(defaultRules('pboc-cash', 100n).rules.largeValue?.perDay, '5000000')
    assert.equal(defaultRules('us-ctr', 100n).rules.largeValue?.perDay, '1000001')
  })
})
