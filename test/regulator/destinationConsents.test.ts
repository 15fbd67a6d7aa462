import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  type DestinationConsentFile,
  formatIdentityFile,
  type IdentityOffer,
  parseIdentityFile,
} from '../../api/index.ts'
import { decompressPoint } from '../../protocol/babyjubjub.ts'
import { FIELD_ORDER, SUBGROUP_ORDER } from '../../protocol/constants.ts'
import { BaseError } from '../../protocol/errors.ts'
import { bigintToBytes, bytesToHex, formatField } from '../../protocol/field.ts'
import { type Destination, hashDestination, hashIdentity } from '../../protocol/identity.ts'
import { applyConsent } from '../../regulator/destinationConsents.ts'
import { offerOfPlan } from '../../regulator/destinations.ts'
import { admitEntry, type RegistrarEntry, type RegistrarState } from '../../regulator/registrar.ts'
import { destinationToBody, readOffer } from '../../wallet/identity.ts'
import { moveDestination } from '../../wallet/moveDestination.ts'
import '../support/lightPassphrases.ts'
import { recordedDomain } from '../support/recordedChain.ts'
import { aChain, aPersonWithWallet, type Person } from '../support/wallets.ts'

const away: Destination = { kind: 'address', address: 0xa11ce0n }

function anEntry({ wallet, identity, destination }: Person, index: number): RegistrarEntry {
  const offer = {
    ownerKey: formatField(wallet.keys.ownerKey),
    destination: destinationToBody(destination),
  } as IdentityOffer
  return { index, state: 'admitted', reference: 'file 17', offer, identity }
}

/** Bytes of the right length that no point packs to. */
function offTheCurve(): `0x${string}` {
  for (let y = 2n; ; y++) {
    const bytes = bigintToBytes(y, 32)
    try {
      decompressPoint(bytes)
    } catch {
      return bytesToHex(bytes)
    }
  }
}

describe('a consent to another destination', () => {
  let alice: Person
  let bob: Person
  let state: RegistrarState
  let file: DestinationConsentFile
  before(async () => {
    const chain = aChain()
    alice = await aPersonWithWallet(chain, 'alice')
    bob = await aPersonWithWallet(chain, 'bob')
    // The registrar's index, and then alice's wallet, knows of both.
    await alice.sync()
    state = {
      domain: recordedDomain,
      nextIndex: 7,
      entries: [anEntry(alice, 5), anEntry(bob, 6)],
    }
    file = moveDestination(alice.wallet, { destination: away })
  })
  after(() => {
    alice.close()
    bob.close()
  })

  test('default: the leaf changes its destination and nothing else', () => {
    const text = formatIdentityFile(file)
    const { index, old, next } = applyConsent(
      state,
      parseIdentityFile('cinnabar.destination-consent', text),
    )
    assert.equal(index, 5)
    assert.deepEqual(old, alice.identity)
    assert.deepEqual(next, { ...alice.identity, destination: hashDestination(away) })
  })

  test('behavior: to another owner of the same person', () => {
    const owner = { ownerKey: bob.wallet.keys.ownerKey, identityIndex: 6n }
    const consent = moveDestination(alice.wallet, { destination: { kind: 'owner', owner } })
    const { next } = applyConsent(state, consent)
    assert.equal(next.destination, hashDestination({ kind: 'owner', owner }))
  })

  test('behavior: a restored wallet learns the new leaf from the registrar’s file', () => {
    const { next } = applyConsent(state, file)
    const offer = offerOfPlan(
      { ...state, entries: [{ ...anEntry(alice, 5), offer: anOffer() }] },
      { ...file, salt: formatField(next.salt) },
    )
    const { keys } = alice.wallet
    const read = readOffer({ keys, domain: recordedDomain, offer, destination: away })
    assert.equal(hashIdentity(read.identity), hashIdentity(next))
  })

  const anOffer = (): IdentityOffer => ({
    type: 'cinnabar.identity-offer',
    version: 1,
    domain: formatField(recordedDomain),
    ownerKey: formatField(alice.wallet.keys.ownerKey),
    index: 5,
    ...{ tier: 2, jurisdiction: 756, expiryDay: 40_000, status: 1 },
    destination: destinationToBody(alice.destination),
    salt: formatField(alice.identity.salt),
  })

  const elsewhere = { kind: 'address', address: `0x${'66'.repeat(20)}` } as const
  /** The same, signed by bob's wallet for a leaf of his own. */
  const bobs = () => moveDestination(bob.wallet, { destination: away })
  const changes: [string, string, () => Partial<DestinationConsentFile>][] = [
    ['domain', 'REGULATOR_WRONG_DEPLOYMENT', () => ({ domain: formatField(1n) })],
    ['index', 'REGISTRAR_CONSENT_REFUSED', () => ({ index: 6 })],
    ['index that is not kept', 'REGISTRAR_IDENTITY_UNKNOWN', () => ({ index: 9 })],
    ['leaf', 'REGISTRAR_CONSENT_REFUSED', () => ({ oldLeaf: bobs().oldLeaf })],
    ['index and leaf', 'REGISTRY_CONSENT_INVALID', () => ({ index: 6, oldLeaf: bobs().oldLeaf })],
    ['destination', 'REGISTRY_CONSENT_INVALID', () => ({ destination: elsewhere })],
    [
      'signature, by another key',
      'REGISTRY_CONSENT_INVALID',
      () => ({ signature: bobs().signature }),
    ],
    [
      'key and signature',
      'REGISTRY_CONSENT_INVALID',
      () => {
        const { spendingPublicKey, nullifierKeyHash, signature } = bobs()
        return { spendingPublicKey, nullifierKeyHash, signature }
      },
    ],
    [
      'nullifier-key hash',
      'REGISTRY_CONSENT_INVALID',
      () => ({ nullifierKeyHash: formatField(1n) }),
    ],
    [
      'nullifier-key hash that is no field element',
      'FIELD_NOT_CANONICAL',
      () => ({ nullifierKeyHash: hexOf(FIELD_ORDER) }),
    ],
    [
      'scalar, S + l',
      'REGISTRY_CONSENT_INVALID',
      () => ({
        signature: { ...file.signature, s: hexOf(BigInt(file.signature.s) + SUBGROUP_ORDER) },
      }),
    ],
    [
      'scalar that is no field element',
      'FIELD_NOT_CANONICAL',
      () => ({ signature: { ...file.signature, s: hexOf(2n ** 256n - 1n) } }),
    ],
    [
      'R8, off the curve',
      'POINT_INVALID',
      () => ({ signature: { ...file.signature, r8: offTheCurve() } }),
    ],
    ['key, off the curve', 'POINT_INVALID', () => ({ spendingPublicKey: offTheCurve() })],
    ['key, of low order', 'POINT_INVALID', () => ({ spendingPublicKey: hexOf(FIELD_ORDER - 1n) })],
  ]
  for (const [what, code, change] of changes) {
    test(`rejects: another ${what} than was signed`, () => {
      // As the command meets it: the form is one that the schema lets through.
      const text = formatIdentityFile({ ...file, ...change() })
      const changed = parseIdentityFile('cinnabar.destination-consent', text)
      assert.throws(
        () => applyConsent(state, changed),
        (error) => error instanceof BaseError && error.code === code,
      )
    })
  }

  test('rejects: a leaf that was changed since, and one that has the destination', () => {
    const frozen = { ...alice.identity, suspendedUntil: 20_800n }
    assert.throws(() => applyConsent(admitEntry(state, { index: 5, identity: frozen }), file), {
      code: 'REGISTRAR_CONSENT_REFUSED',
      message: /not signed for the present leaf/,
    })
    const moved = { ...alice.identity, destination: hashDestination(away) }
    assert.throws(() => applyConsent(admitEntry(state, { index: 5, identity: moved }), file), {
      code: 'REGISTRAR_CONSENT_REFUSED',
      message: /has this destination/,
    })
  })

  test('rejects: somebody who was offered an index and not admitted', () => {
    const { identity: _identity, ...offered } = anEntry(alice, 5)
    const waiting = { ...state, entries: [{ ...offered, state: 'offered' as const }] }
    assert.throws(() => applyConsent(waiting, file), { code: 'REGISTRAR_IDENTITY_STATE' })
  })
})

function hexOf(value: bigint): `0x${string}` {
  return bytesToHex(bigintToBytes(value, 32))
}
