import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type DestinationConsentFile,
  formatIdentityFile,
  type IdentityRequest,
  parseIdentityFile,
} from '../../api/index.ts'
import { formatField } from '../../protocol/field.ts'

const request: IdentityRequest = {
  type: 'cinnabar.identity-request',
  version: 1,
  network: 'tcnb',
  domain: formatField(1n),
  ownerKey: formatField(2n),
  spendingPublicKey: formatField(3n),
  viewingPublicKey: formatField(4n),
  destination: { kind: 'address', address: '0x00000000000000000000000000000000000000aa' },
}

const consent: DestinationConsentFile = {
  type: 'cinnabar.destination-consent',
  version: 1,
  domain: formatField(1n),
  index: 5,
  oldLeaf: formatField(2n),
  destination: { kind: 'owner', ownerKey: formatField(3n), identityIndex: 6 },
  spendingPublicKey: formatField(4n),
  nullifierKeyHash: formatField(5n),
  signature: { r8: formatField(6n), s: formatField(7n) },
}

const isInvalid = { name: 'IdentityFileError', code: 'IDENTITY_FILE_INVALID' }

describe('parseIdentityFile', () => {
  test('default', () => {
    const read = parseIdentityFile('cinnabar.identity-request', formatIdentityFile(request))
    assert.deepEqual(read, request)
  })

  test('rejects: what is no JSON, another file, and malformed members', () => {
    const parse = (value: unknown) =>
      parseIdentityFile('cinnabar.identity-request', JSON.stringify(value))
    assert.throws(() => parseIdentityFile('cinnabar.identity-request', '{'), isInvalid)
    assert.throws(
      () => parseIdentityFile('cinnabar.identity-offer', formatIdentityFile(request)),
      isInvalid,
    )
    const { domain: _domain, ...withoutDomain } = request
    for (const broken of [
      null,
      withoutDomain,
      { ...request, version: 2 },
      { ...request, ownerKey: '0x02' },
      { ...request, destination: { kind: 'owner', ownerKey: formatField(1n) } },
      { ...request, spendingKey: formatField(9n) },
    ]) {
      assert.throws(() => parse(broken), isInvalid)
    }
  })

  test('default: a consent to another destination', () => {
    const read = parseIdentityFile('cinnabar.destination-consent', formatIdentityFile(consent))
    assert.deepEqual(read, consent)
  })

  test('rejects: a malformed consent', () => {
    const { oldLeaf: _oldLeaf, ...withoutLeaf } = consent
    for (const broken of [
      withoutLeaf,
      { ...consent, version: 2 },
      { ...consent, index: 2 ** 20 },
      { ...consent, destination: { kind: 'address', address: '0x01' } },
      { ...consent, signature: { ...consent.signature, s: '7' } },
      { ...consent, signature: { r8: [1, 2], s: formatField(7n) } },
      { ...consent, nullifierKey: formatField(9n) },
    ]) {
      const text = JSON.stringify(broken)
      assert.throws(() => parseIdentityFile('cinnabar.destination-consent', text), isInvalid)
    }
  })

  test('behavior: the error names the place and never the value', () => {
    const secret = 'abandon abandon about'
    try {
      parseIdentityFile(
        'cinnabar.identity-request',
        JSON.stringify({ ...request, ownerKey: secret }),
      )
      assert.fail('it must throw')
    } catch (error) {
      assert.match(String(error), /At: \/ownerKey/)
      assert.doesNotMatch(String(error), /abandon/)
    }
  })
})
