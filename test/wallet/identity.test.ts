import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'

import { formatIdentityFile, type IdentityOffer } from '../../api/index.ts'
import { checkRegistrationStatement } from '../../protocol/checkRegistrationStatement.ts'
import { formatField } from '../../protocol/field.ts'
import { type Destination, hashDestination, hashIdentity } from '../../protocol/identity.ts'
import { REGISTRY_MODE } from '../../protocol/constants.ts'
import { buildRegistration } from '../../protocol/registration.ts'
import { acceptIdentity, requestIdentity } from '../../wallet/acceptIdentity.ts'
import { destinationToBody, openOwnIdentity } from '../../wallet/identity.ts'
import { moveDestination } from '../../wallet/moveDestination.ts'
import { listUnsignedDestinations } from '../../wallet/unsignedDestinations.ts'
import { updateState } from '../../wallet/wallet.ts'
import { fieldOf } from '../support/identities.ts'
import '../support/lightPassphrases.ts'
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

describe('moveDestination', () => {
  const away: Destination = { kind: 'address', address: 0xfedn }
  const opened = ({ wallet }: Person) =>
    openOwnIdentity(wallet.state.ledger, wallet.state.identities)

  test('default: signed for the present leaf, and opened by itself once it is filed', async () => {
    const person = await alice({ isRegistered: true })
    const consent = moveDestination(person.wallet, { destination: away })
    assert.equal(consent.index, 5)
    assert.equal(consent.oldLeaf, formatField(hashIdentity(person.identity)))
    assert.deepEqual(consent.destination, destinationToBody(away))
    const { spendingKey, viewingKey, nullifierKey } = person.wallet.keys
    for (const secret of [spendingKey, viewingKey, nullifierKey]) {
      assert.ok(!formatIdentityFile(consent).includes(secret.toString(16)))
    }
    // Until then it is the present destination that counts.
    assert.deepEqual(opened(person).destination, person.destination)

    await person.reopen()
    const identity = { ...person.identity, destination: hashDestination(away) }
    person.chain.setIdentity(5n, identity)
    await person.sync()
    assert.deepEqual(opened(person).identity, identity)
    assert.deepEqual(opened(person).destination, away)
  })

  test('behavior: signed twice it is one file and kept once; several may wait', async () => {
    const person = await alice({ isRegistered: true })
    const consent = moveDestination(person.wallet, { destination: away })
    assert.deepEqual(moveDestination(person.wallet, { destination: away }), consent)
    assert.equal(person.wallet.state.identities.length, 2)
    moveDestination(person.wallet, { destination: home })
    for (const destination of [away, home, person.destination]) {
      const identity = { ...person.identity, destination: hashDestination(destination) }
      person.chain.setIdentity(5n, identity)
      await person.sync()
      assert.deepEqual(opened(person).destination, destination)
    }
  })

  test('behavior: a change of terms is found before and after the move', async () => {
    const person = await alice({ isRegistered: true })
    moveDestination(person.wallet, { destination: away })
    const suspension = { suspendedUntil: person.chain.day + 30n }
    for (const destination of [person.destination, away]) {
      for (const change of [suspension, { tier: 7n }]) {
        const identity = {
          ...{ ...person.identity, ...change },
          destination: hashDestination(destination),
        }
        person.chain.setIdentity(5n, identity)
        await person.sync()
        assert.deepEqual(opened(person).identity, identity)
        assert.deepEqual(opened(person).destination, destination)
      }
    }
    // The terms are those of the leaf as it stands: here it was moved, and has another tier.
    const consent = moveDestination(person.wallet, { destination: home })
    assert.equal(consent.oldLeaf, formatField(opened(person).leaf))
  })

  test('behavior: a new tier is read in from a file that names the destination of before or after', async () => {
    const person = await alice({ isRegistered: true })
    requestIdentity(person.wallet, { destination: person.destination })
    moveDestination(person.wallet, { destination: away })
    for (const destination of [person.destination, away]) {
      const file = anOffer(person, { tier: 3, destination: destinationToBody(destination) })
      const { identity } = await acceptIdentity(person, { file })
      assert.equal(identity.destination, hashDestination(destination))
    }
    const unknown = destinationToBody({ kind: 'address', address: 0xdefn })
    await assert.rejects(
      acceptIdentity(person, { file: anOffer(person, { destination: unknown }) }),
      {
        code: 'IDENTITY_FILE_UNUSABLE',
      },
    )
  })

  test('rejects: the present destination, itself, and a wallet without a leaf that it can open', async () => {
    const person = await alice({ isRegistered: true })
    const move = (destination: Destination) => () => moveDestination(person.wallet, { destination })
    const { ownerKey } = person.wallet.keys
    const itself: Destination = { kind: 'owner', owner: { ownerKey, identityIndex: 5n } }
    for (const destination of [person.destination, itself]) {
      assert.throws(move(destination), { code: 'IDENTITY_DESTINATION_REFUSED' })
    }
    assert.equal(person.wallet.state.identities.length, 1)
    updateState(person.wallet, { identities: [] })
    assert.throws(move(away), { code: 'IDENTITY_CONTENTS_UNKNOWN' })
    const stranger = await alice()
    assert.throws(() => moveDestination(stranger.wallet, { destination: away }), {
      code: 'IDENTITY_NOT_REGISTERED',
    })
    assert.deepEqual(stranger.wallet.state.identities, [])
  })
})

describe('openOwnIdentity', () => {
  test('behavior: a changed tier or status is found without a file', async () => {
    const person = await alice({ isRegistered: true })
    for (const change of [
      { tier: 7n },
      { status: 3n, tier: 255n },
      { suspendedUntil: person.chain.day + 30n },
      { suspendedUntil: person.chain.day - 200n },
    ]) {
      person.chain.setIdentity(5n, { ...person.identity, ...change })
      await person.sync()
      const { ledger, identities } = person.wallet.state
      const { identity, destination } = openOwnIdentity(ledger, identities)
      assert.deepEqual(identity, { ...person.identity, ...change })
      assert.deepEqual(destination, person.destination)
    }
  })
})

describe('listUnsignedDestinations', () => {
  const away: Destination = { kind: 'address', address: 0xfedn }
  const movedTo = ({ identity }: Person, destination: Destination) => ({
    ...identity,
    destination: hashDestination(destination),
  })
  const unsigned = ({ wallet }: Person) =>
    listUnsignedDestinations(wallet).map(({ allowedFrom }) => allowedFrom)

  test('default: what was announced and this wallet did not sign, whenever it was announced', async () => {
    const person = await alice({ isRegistered: true })
    const { chain } = person
    chain.announceDestination(5n, movedTo(person, away), 900n)
    await person.sync()
    assert.deepEqual(unsigned(person), [900n])
    // Announced again, its time begins anew.
    chain.announceDestination(5n, movedTo(person, away), 950n)
    await person.sync()
    assert.deepEqual(unsigned(person), [950n])
    await person.reopen()
    assert.deepEqual(unsigned(person), [950n])
    moveDestination(person.wallet, { destination: away })
    assert.deepEqual(unsigned(person), [])
  })

  test('behavior: another identity, another leaf and what was made are no matter', async () => {
    const person = await alice({ isRegistered: true })
    const { chain, identity } = person
    chain.announceDestination(6n, movedTo(person, away), 900n)
    chain.announceDestination(5n, movedTo(person, away), 950n)
    await person.sync()
    assert.deepEqual(unsigned(person), [950n])
    // A leaf of other terms: the announced change is not one of this.
    chain.setIdentity(5n, { ...identity, tier: 7n })
    await person.sync()
    assert.deepEqual(unsigned(person), [])
    // It comes back, and with it what may be made of it.
    chain.setIdentity(5n, identity)
    await person.sync()
    assert.deepEqual(unsigned(person), [950n])
    // Made once, it is used up, though the leaf comes back again.
    chain.setIdentity(5n, movedTo(person, away), REGISTRY_MODE.DESTINATION_BY_OWNER)
    chain.setIdentity(5n, identity)
    await person.sync()
    assert.deepEqual(unsigned(person), [])
  })
})
