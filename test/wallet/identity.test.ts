import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'

import { formatIdentityFile, type IdentityOffer } from '../../api/index.ts'
import { checkRegistrationStatement } from '../../protocol/checkRegistrationStatement.ts'
import { formatField } from '../../protocol/field.ts'
import { type Destination, hashIdentity } from '../../protocol/identity.ts'
import { buildRegistration } from '../../protocol/registration.ts'
import { acceptIdentity, requestIdentity } from '../../wallet/acceptIdentity.ts'
import { destinationToBody, openOwnIdentity } from '../../wallet/identity.ts'
import { fieldOf } from '../support/identities.ts'
import { recordedDomain } from '../support/recordedChain.ts'
import { aChain, aPersonWithWallet, type Person } from '../support/wallets.ts'

const people: Person[] = []
after(() => {
  for (const person of people) person.close()
})

const home: Destination = { kind: 'address', address: 0xabcn }

async function alice({ isRegistered = false } = {}): Promise<Person> {
  const person = await aPersonWithWallet(aChain(), 'alice', { isRegistered })
  people.push(person)
  return person
}

/** What the registrar makes of alice's request. */
function anOffer({ wallet }: Person, change: Partial<IdentityOffer> = {}): string {
  return formatIdentityFile({
    type: 'cinnabar.identity-offer',
    version: 1,
    domain: formatField(recordedDomain),
    ownerKey: formatField(wallet.keys.ownerKey),
    index: 5,
    tier: 2,
    jurisdiction: 756,
    expiryDay: 40_000,
    status: 1,
    destination: destinationToBody(home),
    salt: formatField(fieldOf('salt of the offer')),
    ...change,
  })
}

describe('requestIdentity', () => {
  test('default: it names keys and destination, and no secret', async () => {
    const person = await alice()
    const request = requestIdentity(person.wallet, { destination: home, name: 'Alice A.' })
    assert.equal(request.destination.kind, 'address')
    assert.equal(request.name, 'Alice A.')
    const { spendingKey, viewingKey, nullifierKey } = person.wallet.keys
    for (const secret of [spendingKey, viewingKey, nullifierKey]) {
      assert.ok(!formatIdentityFile(request).includes(secret.toString(16)))
    }
    assert.deepEqual(person.wallet.state.requestedDestination, home)
  })
})

describe('acceptIdentity', () => {
  test('default: an offer becomes a leaf of ours and a statement about both keys', async () => {
    const person = await alice()
    requestIdentity(person.wallet, { destination: home })
    let proved: unknown
    const prover: Person['prover'] = {
      prove: (circuit, inputs, options) => {
        assert.equal(circuit, 'registration')
        proved = inputs
        return person.prover.prove(circuit, inputs, options)
      },
    }
    const { acceptance, identity, index } = await acceptIdentity(
      { wallet: person.wallet, prover },
      { file: anOffer(person) },
    )
    const { keys } = person.wallet
    const expected = buildRegistration({ keys, identity, index, domain: recordedDomain })
    assert.deepEqual(proved, expected.circuitInputs)
    checkRegistrationStatement(expected.publicInputs, expected.witness)
    assert.equal(acceptance!.leaf, formatField(hashIdentity(identity)))
    assert.equal(acceptance!.identity.tier, 2)

    person.chain.setIdentity(5n, identity)
    await person.sync()
    const { ledger, identities } = person.wallet.state
    assert.deepEqual(openOwnIdentity(ledger, identities).identity, identity)
    assert.deepEqual(openOwnIdentity(ledger, identities).destination, home)
  })

  test('rejects: an offer for other keys, another deployment or another destination', async () => {
    const person = await alice()
    requestIdentity(person.wallet, { destination: home })
    const accept = (file: string) => acceptIdentity(person, { file })
    const elsewhere = destinationToBody({ kind: 'address', address: 0xdefn })
    for (const change of [
      { destination: elsewhere },
      { ownerKey: formatField(1n) },
      { domain: formatField(1n) },
    ]) {
      await assert.rejects(accept(anOffer(person, change)), { code: 'IDENTITY_FILE_UNUSABLE' })
    }
    await assert.rejects(accept('{}'), { code: 'IDENTITY_FILE_INVALID' })
    assert.deepEqual(person.wallet.state.identities, [])
  })

  test('rejects: an offer to a wallet that asked for nothing, until it names its destination', async () => {
    const person = await alice()
    const file = anOffer(person)
    await assert.rejects(acceptIdentity(person, { file }), { code: 'IDENTITY_FILE_UNUSABLE' })
    await acceptIdentity(person, { file, destination: home })
    assert.equal(person.wallet.state.identities.length, 1)
  })

  test('behavior: a new tier of a filed identity is read in without a proof', async () => {
    const person = await alice({ isRegistered: true })
    const file = anOffer(person, {
      tier: 3,
      destination: destinationToBody(person.destination),
    })
    const { acceptance, identity } = await acceptIdentity(person, { file })
    assert.equal(acceptance, undefined)
    person.chain.setIdentity(5n, identity)
    await person.sync()
    const { ledger, identities } = person.wallet.state
    assert.equal(openOwnIdentity(ledger, identities).identity.tier, 3n)
  })

  test('behavior: a restored wallet learns its leaf from its own acceptance', async () => {
    const person = await alice()
    requestIdentity(person.wallet, { destination: home })
    const { acceptance, identity } = await acceptIdentity(person, { file: anOffer(person) })
    person.chain.setIdentity(5n, identity)
    const restored = await aPersonWithWallet(person.chain, 'alice', { isRegistered: false })
    people.push(restored)
    await restored.sync()
    const { ledger } = restored.wallet.state
    assert.throws(() => openOwnIdentity(ledger, []), { code: 'IDENTITY_CONTENTS_UNKNOWN' })
    const file = formatIdentityFile(acceptance!)
    await acceptIdentity(restored, { file })
    const known = openOwnIdentity(ledger, restored.wallet.state.identities)
    assert.deepEqual(known.identity, identity)
    // The chain and the file hold the destination's hash only; it is needed for an exit alone.
    assert.equal(known.destination, undefined)
    await acceptIdentity(restored, { file, destination: home })
    assert.deepEqual(openOwnIdentity(ledger, restored.wallet.state.identities).destination, home)
  })
})

describe('openOwnIdentity', () => {
  test('behavior: a changed tier or status is found without a file', async () => {
    const person = await alice({ isRegistered: true })
    for (const change of [{ status: 2n }, { tier: 7n }, { status: 3n, tier: 255n }]) {
      person.chain.setIdentity(5n, { ...person.identity, ...change })
      await person.sync()
      const { ledger, identities } = person.wallet.state
      const { identity, destination } = openOwnIdentity(ledger, identities)
      assert.deepEqual(identity, { ...person.identity, ...change })
      assert.deepEqual(destination, person.destination)
    }
  })
})
