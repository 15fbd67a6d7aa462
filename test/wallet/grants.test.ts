import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ChainEventOf, ChainReader } from '../../l1/chainEvents.ts'
import { transfersOf } from '../../l1/grantChain.ts'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import { canonicalJson } from '../../protocol/canonicalJson.ts'
import { formatField } from '../../protocol/field.ts'
import type { PaymentReceipt, ViewingGrant } from '../../protocol/grants/documents.ts'
import {
  type GrantChain,
  type GrantFault,
  GrantInvalidError,
  verifyGrant,
  verifyReceipt,
} from '../../protocol/grants/verify.ts'
import { identityStatement, proveLogarithm, signAsOwner } from '../../protocol/grants/proofs.ts'
import { deriveTraceSecret } from '../../protocol/keys.ts'
import { commitNote } from '../../protocol/note.ts'
import { makeGrant, makePayeeReceipt, makePayerReceipt } from '../../wallet/grants.ts'
import { ownerOf } from '../../wallet/ledger.ts'
import { exit, send } from '../../wallet/pay.ts'
import { getAddress } from '../../wallet/wallet.ts'
import '../support/lightPassphrases.ts'
import { type RecordedChain, recordedDeployment } from '../support/recordedChain.ts'
import { aChain, aPersonWithWallet, ether, type Person, queueDeposit } from '../support/wallets.ts'

let alice: Person
let bob: Person
let carol: Person
let recorded: RecordedChain
let chain: GrantChain
let today: number

/** What a verifier reads of the recorded chain. */
async function chainOf(reader: ChainReader): Promise<GrantChain> {
  const { number: to } = await reader.getHead()
  const events = await reader.getEvents({ from: 1n, to })
  const of = <T extends 'batchSettled' | 'identityUpdated' | 'epochScheduled' | 'assetListed'>(
    type: T,
  ) => events.filter((event): event is ChainEventOf<T> => event.type === type)
  const transfers = of('batchSettled').flatMap(transfersOf)
  return {
    chainId: recordedDeployment.chainId,
    rollup: recordedDeployment.rollup,
    transfer: (batchNumber, slot) =>
      Promise.resolve(
        transfers.find((each) => each.batchNumber === batchNumber && each.slot === slot),
      ),
    history: () =>
      Promise.resolve({ transfers, assets: of('assetListed').map(({ asset }) => asset) }),
    tracePoint: (index) =>
      Promise.resolve(of('identityUpdated').find((event) => event.index === index)?.tracePoint),
    auditKeyI: (epoch) =>
      Promise.resolve(of('epochScheduled').find((event) => event.epoch === epoch)?.auditKeyI),
  }
}

before(async () => {
  recorded = aChain()
  alice = await aPersonWithWallet(recorded, 'alice')
  bob = await aPersonWithWallet(recorded, 'bob')
  carol = await aPersonWithWallet(recorded, 'carol')
  queueDeposit(alice, { amount: 500n })
  recorded.advance()
  const pay = async (from: Person, payments: { to: Person; amount: bigint }[]) => {
    for (const person of [alice, bob, carol]) await person.sync()
    await send(from, {
      asset: ether,
      payments: payments.map(({ to, amount }) => ({
        address: getAddress(to.wallet),
        amount,
        memo: '',
      })),
    })
    recorded.advance()
    for (const person of [alice, bob, carol]) await person.sync()
  }
  await pay(alice, [
    { to: bob, amount: 120n },
    { to: carol, amount: 30n },
  ])
  await pay(bob, [{ to: alice, amount: 20n }])
  chain = await chainOf(recorded)
  today = Number(recorded.day)
})
after(() => {
  for (const person of [alice, bob, carol]) person.close()
})

const dependencies = ({ wallet, chain: reader }: Person) => ({
  ...{ wallet, reader },
  randomBytes: wallet.randomBytes,
})
/** Leaf of the note that alice's first transfer made at this output. */
const leafOf = (output: bigint) => alice.wallet.state.ledger.spends[0]!.firstLeafIndex + output
const firstBatch = () => alice.wallet.state.ledger.spends[0]!.settledAt.batchNumber
const noteOf = ({ wallet }: Person, amount: bigint) =>
  wallet.state.ledger.notes.find((note) => note.amount === amount)!

/** Secrets of a wallet that must be in no document, as any text that could carry them. */
function secretsOf({ wallet: { keys, mnemonic } }: Person): string[] {
  const { spendingKey, nullifierKey, viewingKey, blindingKey } = keys
  const numbers = [spendingKey, nullifierKey, viewingKey]
  return [
    mnemonic,
    Buffer.from(blindingKey).toString('hex'),
    ...numbers.flatMap((key) => [key.toString(), formatField(key).slice(2)]),
  ]
}

function assertShowsNoSecret(person: Person, document: object): void {
  const text = JSON.stringify(document)
  for (const secret of secretsOf(person)) assert.ok(!text.includes(secret))
}

async function refuses(
  verify: (chain: GrantChain, value: unknown) => Promise<unknown>,
  value: unknown,
  codes: readonly GrantFault[],
  what: string,
): Promise<void> {
  await assert.rejects(verify(chain, value), (error) => {
    assert.ok(error instanceof GrantInvalidError, `${what}: ${String(error)}`)
    assert.ok(codes.includes(error.code), `${what}: ${error.code}`)
    return true
  })
}

/** Every value of a document changed, one at a time. */
function* changes(document: object): Generator<{ what: string; changed: unknown }> {
  const paths = (value: unknown, path: string[] = []): string[][] =>
    typeof value !== 'object' || value === null
      ? [path]
      : Object.entries(value).flatMap(([name, inner]) => paths(inner, [...path, name]))
  for (const path of paths(document)) {
    const changed = JSON.parse(canonicalJson(document as never))
    let at = changed
    for (const name of path.slice(0, -1)) at = at[name]
    const last = path.at(-1)!
    const old: unknown = at[last]
    at[last] =
      typeof old === 'number'
        ? old + 1
        : `${String(old).slice(0, -1)}${String(old).endsWith('1') ? '2' : '1'}`
    yield { what: path.join('.'), changed }
  }
}

describe('a payment receipt', () => {
  let payer: PaymentReceipt
  let payee: PaymentReceipt

  test('of the payer shows one payment of a transfer, and not the other', async () => {
    const to = getAddress(bob.wallet)
    payer = await makePayerReceipt(dependencies(alice), {
      ...{ leafIndex: leafOf(1n), to, grantee: 'the landlord' },
    })
    const { amount, asset, recipientIndex, day } = await verifyReceipt(chain, payer)
    assert.deepEqual([amount, asset, recipientIndex, day], [120n, ether, 6n, BigInt(today)])
    assertShowsNoSecret(alice, payer)
    // Neither the sender's index nor what went to carol.
    const { outputs } = (await chain.transfer(firstBatch(), payer.slot))!.publicInputs
    assert.ok(!JSON.stringify(payer).includes(formatField(outputs[2])))
    // Not of another's payment, not with another's address, not of one's own account note.
    for (const [person, leafIndex, address] of [
      [bob, leafOf(1n), to],
      [alice, leafOf(2n), to],
      [alice, leafOf(0n), to],
      [alice, leafOf(1n), getAddress(carol.wallet)],
    ] as const) {
      await assert.rejects(
        makePayerReceipt(dependencies(person), { leafIndex, to: address, grantee: 'x' }),
        { code: 'WALLET_PAYMENT_NOT_FOUND' },
      )
    }
  })

  test('of the payee shows the same payment, signed by who received it', async () => {
    const { leafIndex } = noteOf(bob, 120n)
    payee = await makePayeeReceipt(dependencies(bob), { leafIndex, grantee: 'the tax office' })
    const { amount, recipientIndex } = await verifyReceipt(chain, payee)
    assert.deepEqual([amount, recipientIndex], [120n, 6n])
    assertShowsNoSecret(bob, payee)
  })

  test('with any one value changed does not hold', async () => {
    const codes: GrantFault[] = [
      ...(['GRANT_MALFORMED', 'GRANT_CHAIN_OTHER', 'GRANT_NOT_SETTLED'] as const),
      ...(['GRANT_NOTE_OTHER', 'GRANT_PROOF_INVALID', 'GRANT_SIGNATURE_INVALID'] as const),
    ]
    let tried = 0
    for (const receipt of [payer, payee]) {
      for (const { what, changed } of changes(receipt)) {
        await refuses(verifyReceipt, changed, codes, what)
        tried += 1
      }
    }
    assert.ok(tried > 30)
  })

  test('cannot be made by somebody else from what it shows', async () => {
    // Carol knows bob's receipt and signs it as her own.
    const own = await makePayeeReceipt(dependencies(carol), {
      leafIndex: noteOf(carol, 30n).leafIndex,
      grantee: 'the tax office',
    })
    await refuses(verifyReceipt, { ...payee, by: own.by }, ['GRANT_SIGNATURE_INVALID'], 'payee')
    await refuses(verifyReceipt, { ...payee, by: payer.by }, ['GRANT_PROOF_INVALID'], 'payer')
  })
})

describe('an identity index', () => {
  test('is shown by who has its registered T, and by nobody else’s keys', async () => {
    const document = {
      ...{ type: 'cinnabar.viewing-grant', version: 1, grantee: 'the bank' },
      ...{ chainId: chain.chainId.toString(), rollup: chain.rollup },
      ...{ period: { from: today, to: today }, sent: [], received: [], traces: [] },
    }
    const { keys } = carol.wallet
    const sign = (identityIndex: bigint) => {
      const owner = { ownerKey: keys.ownerKey, identityIndex }
      const secret = deriveTraceSecret(keys.nullifierKey, owner)
      const identity = proveLogarithm(
        { secret, publicKey: mulBase8(secret) },
        identityStatement(document, owner),
        carol.wallet.randomBytes,
      )
      const signed = { ...document, identity }
      return { ...signed, authority: signAsOwner(keys, owner, signed) }
    }
    await verifyGrant(chain, sign(7n))
    // Bob's index, and one that nobody has.
    for (const index of [6n, 99n]) {
      await refuses(verifyGrant, sign(index), ['GRANT_IDENTITY_OTHER'], String(index))
    }
  })

  test('is not shown by a note that names it beside keys of the payer’s own', async () => {
    const { leafIndex } = noteOf(carol, 30n)
    const receipt = await makePayeeReceipt(dependencies(carol), { leafIndex, grantee: 'x' })
    // The same payment, had it been made to (carol's key, bob's index).
    const { keys } = carol.wallet
    const owner = { ownerKey: keys.ownerKey, identityIndex: 6n }
    const note = { asset: ether, amount: 30n, owner, blinding: BigInt(receipt.blinding) }
    const made = (await chain.transfer(BigInt(receipt.batch), receipt.slot))!
    const outputs = made.publicInputs.outputs.map((output, i) =>
      i === receipt.output ? commitNote(note) : output,
    ) as unknown as typeof made.publicInputs.outputs
    const forged: GrantChain = {
      ...chain,
      transfer: () => Promise.resolve({ ...made, publicInputs: { ...made.publicInputs, outputs } }),
    }
    const { by, ...rest } = receipt
    assert.ok(by.side === 'payee')
    const document = {
      ...rest,
      recipient: { ...receipt.recipient, identityIndex: '6' },
    }
    const secret = deriveTraceSecret(keys.nullifierKey, owner)
    const identity = proveLogarithm(
      { secret, publicKey: mulBase8(secret) },
      identityStatement(document, owner),
      carol.wallet.randomBytes,
    )
    const authority = signAsOwner(keys, owner, { ...document, identity })
    const shown = { ...document, by: { side: 'payee', identity, authority } }
    await assert.rejects(verifyReceipt(forged, shown), { code: 'GRANT_IDENTITY_OTHER' })
  })
})

describe('a viewing grant', () => {
  const period = () => ({ from: today, to: today })

  test('shows what was sent and received in its period, and that nothing sent is left out', async () => {
    const grant = await makeGrant(dependencies(alice), {
      ...{ period: period(), grantee: 'the auditor', isComplete: true },
    })
    const { sent, received, isComplete } = await verifyGrant(chain, grant)
    assert.deepEqual(
      sent.map(({ statistics, investigation }) => [
        ...[statistics.amount1, statistics.amount2],
        ...[investigation.sender, investigation.recipient1, investigation.recipient2],
      ]),
      [[120n, 30n, 5n, 6n, 7n]],
    )
    assert.deepEqual(
      received.map(({ amount }) => amount),
      [20n],
    )
    assert.equal(isComplete, true)
    assertShowsNoSecret(alice, grant)
  })

  test('without trace keys does not say that it is complete', async () => {
    const grant = await makeGrant(dependencies(alice), { period: period(), grantee: 'the bank' })
    assert.deepEqual(grant.traces, [])
    assert.equal((await verifyGrant(chain, grant)).isComplete, false)
  })

  test('that leaves out a transfer, though signed, is incomplete', async () => {
    const { wallet, ...rest } = dependencies(alice)
    const { ledger } = wallet.state
    const hidden = { ...wallet, state: { ...wallet.state, ledger: { ...ledger, spends: [] } } }
    const grant = await makeGrant(
      { ...rest, wallet: hidden },
      { period: period(), grantee: 'the auditor', isComplete: true },
    )
    await refuses(verifyGrant, grant, ['GRANT_INCOMPLETE'], 'hidden')
  })

  test('of another period shows nothing', async () => {
    const before = { from: 0, to: today - 1 }
    const grant = await makeGrant(dependencies(alice), { period: before, grantee: 'the bank' })
    assert.deepEqual([grant.sent, grant.received], [[], []])
    await verifyGrant(chain, grant)
  })

  test('with any one value changed does not hold', async () => {
    const grant = await makeGrant(dependencies(alice), {
      ...{ period: period(), grantee: 'the auditor', isComplete: true },
    })
    const codes: GrantFault[] = ['GRANT_MALFORMED', 'GRANT_CHAIN_OTHER', 'GRANT_SIGNATURE_INVALID']
    for (const { what, changed } of changes(grant)) await refuses(verifyGrant, changed, codes, what)
  })

  test('of another’s transfer, though signed by oneself, is refused', async () => {
    const own: ViewingGrant = await makeGrant(dependencies(alice), {
      ...{ period: period(), grantee: 'x' },
    })
    const { wallet, ...rest } = dependencies(bob)
    const { ledger } = alice.wallet.state
    const mixed = {
      ...wallet,
      state: { ...wallet.state, ledger: { ...wallet.state.ledger, spends: ledger.spends } },
    }
    const stolen = await makeGrant({ ...rest, wallet: mixed }, { period: period(), grantee: 'x' })
    assert.equal(stolen.sent[0]?.nullifier, own.sent[0]?.nullifier)
    await refuses(verifyGrant, stolen, ['GRANT_PROOF_INVALID'], 'stolen')
  })

  test('of one payment shows that transfer and no other', async () => {
    const { leafIndex } = noteOf(alice, 20n)
    for (const [only, shown] of [
      [[leafOf(2n)], [1, 0]],
      [[leafIndex], [0, 1]],
      [
        [leafOf(0n), leafIndex],
        [1, 1],
      ],
    ] as const) {
      const grant = await makeGrant(dependencies(alice), { only, grantee: 'the bank' })
      assert.deepEqual(grant.period, period())
      const { sent, received, isComplete } = await verifyGrant(chain, grant)
      assert.deepEqual([sent.length, received.length], shown)
      assert.equal(isComplete, false)
    }
    const none = { only: [noteOf(bob, 120n).leafIndex + 40n], grantee: 'the bank' }
    await assert.rejects(makeGrant(dependencies(alice), none), { code: 'WALLET_PAYMENT_NOT_FOUND' })
  })

  test('shows a transfer whose record is for key L, and not as one for key I', async () => {
    await exit(carol, { asset: ether })
    recorded.advance()
    await carol.sync()
    chain = await chainOf(recorded)
    const grant = await makeGrant(dependencies(carol), { period: period(), grantee: 'the bank' })
    assert.deepEqual(
      grant.sent.map(({ investigationKey }) => investigationKey),
      ['L'],
    )
    const { sent } = await verifyGrant(chain, grant)
    assert.deepEqual(
      sent.map(({ investigation }) => investigation.sender),
      [7n],
    )
    // Signed anew by the owner, so that nothing but the record is wrong.
    const { authority: _, ...document } = grant
    const [item] = grant.sent
    const claimed = { ...document, sent: [{ ...item!, investigationKey: 'I' as const }] }
    const { keys, state } = carol.wallet
    const authority = signAsOwner(keys, ownerOf(state.ledger, keys)!, claimed)
    await refuses(verifyGrant, { ...claimed, authority }, ['GRANT_PROOF_INVALID'], 'key I')
  })
})
