import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { computeStatementId } from '../../api/index.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import {
  generateInstitution,
  openTravelRule,
  publicKeysOf,
  sealTravelRule,
  type TravelRuleMessage,
  verifyTravelRule,
} from '../../regulator/travelRule/envelope.ts'
import { findStatement } from '../../regulator/travelRule/findStatement.ts'
import { readIvms101 } from '../../regulator/travelRule/ivms101.ts'
import { send } from '../../wallet/pay.ts'
import { getAddress } from '../../wallet/wallet.ts'
import '../support/lightPassphrases.ts'
import { recordedDomain } from '../support/recordedChain.ts'
import { aChain, aPersonWithWallet, ether, queueDeposit } from '../support/wallets.ts'

const today = '2026-11-29'
const [bank, shop, stranger] = [generateInstitution(), generateInstitution(), generateInstitution()]
const statementId = `0x${'5a'.repeat(32)}`

function aNatural(primaryIdentifier: string) {
  return {
    naturalPerson: {
      name: {
        nameIdentifier: [
          { primaryIdentifier, secondaryIdentifier: '伟', nameIdentifierType: 'LEGL' },
        ],
      },
      dateAndPlaceOfBirth: { dateOfBirth: '1980-02-29', placeOfBirth: 'Suzhou' },
    },
  }
}
function aLegal(legalPersonName: string) {
  return {
    legalPerson: {
      name: {
        nameIdentifier: [{ legalPersonName, legalPersonNameIdentifierType: 'LEGL' }],
      },
      geographicAddress: [
        { addressType: 'BIZZ', townName: 'Basel', country: 'CH', addressLine: ['Rheinsprung 1'] },
      ],
    },
  }
}
function someData() {
  return {
    originator: { originatorPersons: [aNatural('李')], accountNumber: ['17'] },
    beneficiary: { beneficiaryPersons: [aLegal('Tea AG')] },
    originatingVASP: { originatingVASP: aLegal('Bank') },
    beneficiaryVASP: { beneficiaryVASP: aLegal('Shop') },
  }
}
const data = someData()
const sealed = sealTravelRule(bank, {
  ...{ recipient: publicKeysOf(shop), domain: recordedDomain, statementId, data, today },
})
const from = { sender: publicKeysOf(bank), domain: recordedDomain, today }

describe('a travel-rule message', () => {
  test('default: the receiving institution reads what was sealed, others verify and read nothing', () => {
    assert.deepEqual(openTravelRule(shop, JSON.parse(JSON.stringify(sealed)), from), {
      statementId,
      data,
    })
    assert.equal(verifyTravelRule(sealed, from).statementId, statementId)
    for (const text of ['李', 'Suzhou', 'Tea AG']) {
      const hex = Buffer.from(text).toString('hex')
      assert.ok(!JSON.stringify(sealed).includes(text) && !sealed.sealed.includes(hex))
    }
    assert.throws(() => openTravelRule(stranger, sealed, from), { code: 'TRAVEL_RULE_REFUSED' })
  })

  test('rejects: any part changed, also when it is signed anew by its sender', () => {
    const flip = (hex: string) => hex.slice(0, -1) + (hex.endsWith('0') ? '1' : '0')
    const changes: Partial<TravelRuleMessage>[] = [
      { statementId: flip(statementId) },
      { domain: flip(sealed.domain) },
      { sender: publicKeysOf(stranger) },
      { recipient: publicKeysOf(stranger) },
      { sealed: flip(sealed.sealed) },
      { signature: flip(sealed.signature) },
      { version: 2 as never },
      { extra: 1 } as never,
    ]
    for (const change of changes) {
      assert.throws(() => openTravelRule(shop, { ...sealed, ...change }, from), {
        code: 'TRAVEL_RULE_REFUSED',
      })
    }
    // The sealed part of one transfer under another's name, with the sender's own signature.
    const other = sealTravelRule(bank, {
      ...{ recipient: publicKeysOf(shop), domain: recordedDomain, data, today },
      statementId: flip(statementId),
    })
    assert.throws(() => openTravelRule(shop, { ...other, sealed: sealed.sealed }, from), {
      code: 'TRAVEL_RULE_REFUSED',
    })
  })

  test('rejects: another sender than is known, and another deployment', () => {
    const wrong = { ...from, sender: publicKeysOf(stranger) }
    assert.throws(() => openTravelRule(shop, sealed, wrong), { code: 'TRAVEL_RULE_REFUSED' })
    assert.throws(() => verifyTravelRule(sealed, { ...from, domain: 5n }), {
      code: 'TRAVEL_RULE_REFUSED',
    })
  })

  test('default: its transfer is found on the settled chain, by contents alone', async () => {
    const chain = aChain()
    const alice = await aPersonWithWallet(chain, 'alice')
    const bob = await aPersonWithWallet(chain, 'bob')
    try {
      queueDeposit(alice, { amount: 500n })
      chain.advance()
      await send(alice, {
        asset: ether,
        payments: [{ address: getAddress(bob.wallet), amount: 100n }],
      })
      chain.advance()
      const { number } = await chain.getHead()
      const events = await chain.getEvents({ from: 1n, to: number })
      const batch = events.findLast((event) => event.type === 'batchSettled')!
      const { kind, publicInputs, memo } = batch.transfers[0]!
      const id = computeStatementId({
        ...{ circuit: kind, memo },
        publicInputs: publicInputsToArray(kind, publicInputs),
      })
      const found = await findStatement(chain, { fromBlock: 1n, statementId: id })
      assert.deepEqual([found?.batchNumber, found?.slot], [batch.batchNumber, 0])
      assert.equal(await findStatement(chain, { fromBlock: 1n, statementId }), undefined)
    } finally {
      alice.close()
      bob.close()
    }
  })
})

describe('readIvms101', () => {
  const refused = (change: (value: ReturnType<typeof someData>) => unknown, rule: RegExp) => {
    const value = someData()
    const changed = change(value) ?? value
    assert.throws(() => readIvms101(changed, today), {
      code: 'TRAVEL_RULE_DATA_INVALID',
      message: rule,
    })
  }
  const originator = (value: ReturnType<typeof someData>) =>
    value.originator.originatorPersons[0]!.naturalPerson as Record<string, unknown>

  test('rejects: what is missing, unknown, too long or of another form, with its place', () => {
    refused(({ beneficiary: _gone, ...rest }) => rest, /beneficiary/)
    refused((value) => ({ ...value, amount: 5 }), /amount/)
    refused((value) => void (value.originator.originatorPersons = []), /originatorPersons/)
    refused((value) => void (value.originator.accountNumber = ['x'.repeat(101)]), /accountNumber/)
    refused((value) => void (originator(value)['countryOfResidence'] = 'CHN'), /originatorPersons/)
  })

  test('rejects: a person without legal name, or nothing that tells them from others; a birth to come', () => {
    refused((value) => {
      const { name } = value.originator.originatorPersons[0]!.naturalPerson
      name.nameIdentifier[0]!.nameIdentifierType = 'ALIA'
    }, /legal/)
    refused((value) => {
      delete originator(value)['dateAndPlaceOfBirth']
    }, /identification/)
    for (const dateOfBirth of [today, '2027-01-01', '1980-13-40']) {
      refused((value) => {
        value.originator.originatorPersons[0]!.naturalPerson.dateAndPlaceOfBirth.dateOfBirth =
          dateOfBirth
      }, /past/)
    }
  })

  test('rejects: an address with neither lines nor a street and building; a gap in the path', () => {
    const lone = {
      addressType: 'HOME',
      townName: 'Basel',
      country: 'CH',
      streetName: 'Rheinsprung',
    }
    refused((value) => void (originator(value)['geographicAddress'] = [lone]), /building/)
    const path = [{ intermediaryVASP: aLegal('Between'), sequence: 1 }]
    refused((value) => ({ ...value, transferPath: { transferPath: path } }), /sequence/)
  })

  test('behavior: an error repeats nothing of the data', () => {
    const value = someData()
    originator(value)['customerIdentification'] = ''
    assert.throws(
      () => readIvms101(value, today),
      (error: Error) => !/李|Suzhou|1980/.test(error.message),
    )
  })
})
