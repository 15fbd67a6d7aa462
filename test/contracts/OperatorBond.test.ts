// The operator's bond, clause by clause. Proofs are simulated with keys whose secrets are known; the same path with real
// ones, a real sequencer and a real wallet: test/wallet/cli.test.ts.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import {
  type Contract,
  ContractFactory,
  concat,
  getAddress,
  Signature,
  toBeHex,
  Wallet,
} from 'ethers'
import { loadArtifact } from '../../deploy/contracts/artifacts.ts'
import { poseidonConstants } from '../../deploy/contracts/poseidonConstants.ts'
import { encodeForcedEntry } from '../../l1/forcedEntry.ts'
import type { BondClaim } from '../../l1/operatorBond.ts'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import { bondClaimChallenge, proveNullifierAbsence } from '../../protocol/bondClaim.ts'
import { FIELD_ORDER, SUBGROUP_ORDER } from '../../protocol/constants.ts'
import { dayOf } from '../../protocol/calendar.ts'
import { NullifierTree } from '../../protocol/nullifierTree.ts'
import {
  consentTo,
  forceForClaim,
  possessionFor,
  promise,
  receiptWallet,
  sendClaim,
  signingDomain,
} from '../support/bondClaims.ts'
import { eventsOf, expectRevert, send } from '../support/expectRevert.ts'
import { publishPolicy, updateIdentity } from '../support/registryMoves.ts'
import {
  deployTestContract,
  force,
  SettleBuilder,
  settle,
  startTestRollup,
  type TestRollup,
} from '../support/settlement.ts'

const DAY = 86_400n
const PROMISE_TIME = 3_600n
const HOLD_TIME = 300n
const NOTICE = 7n * DAY
const PAYOUT = 5n * 10n ** 16n
const MIN_BOND = 4n * PAYOUT
/** Seconds on either side of a limit: base-chain clients differ in the next block's time. */
const MARGIN = 30n
const SECP256K1_ORDER = 2n ** 256n - 0x14551231950b75fc4402da1732fc9bebfn
const payee: `0x${string}` = `0x${'ab'.repeat(20)}`

let rollup: TestRollup
let bond: Contract
let builder: SettleBuilder
let stranger: Wallet
let undo: () => Promise<void>
let noon: bigint

before(async () => {
  rollup = await startTestRollup({ config: { operatorMinBond: MIN_BOND } })
  bond = rollup.contract('operatorBond')
  stranger = rollup.users[0] as Wallet
  await register()
  // Noon: no day ends while a test runs.
  noon = (dayOf(await rollup.now()) + 1n) * DAY + DAY / 2n
})
after(() => rollup.stop())
beforeEach(async () => {
  undo = await rollup.chain.snapshot()
  // Undone are blocks, and not how far tests moved the node's clock.
  await rollup.chain.request('evm_setNextBlockTimestamp', [Number(noon)])
  await rollup.chain.mine()
  builder = new SettleBuilder(rollup)
})
afterEach(() => undo())

const sequencer = receiptWallet.address
const pass = (seconds: bigint) => rollup.chain.increaseTime(Number(seconds))
const promised = (options: Partial<Parameters<typeof promise>[1]> = {}) =>
  promise(builder, { payee, promiseTime: PROMISE_TIME, ...options })
const amountOf = async () => (await bond['bondOf']?.(sequencer))['amount'] as bigint
const refused = (claim: BondClaim, name: string, facts?: readonly unknown[]) =>
  expectRevert(sendClaim(rollup, claim), name, facts)

async function register(value = MIN_BOND): Promise<void> {
  const consent = await consentTo(rollup, rollup.operator.address)
  await send(bond, 'register', sequencer, consent, { value })
}

/** The other signature of the same signer: s for n − s. */
function highS(signature: string): `0x${string}` {
  const { r, s, v } = Signature.from(signature)
  const high = toBeHex(SECP256K1_ORDER - BigInt(s), 32)
  return concat([r, high, toBeHex(55 - v)]) as `0x${string}`
}

/** A promise that was not kept, and the transfer in the forced queue. */
async function broken(options: Partial<Parameters<typeof promise>[1]> = {}): Promise<BondClaim> {
  const { entry, claim } = await promised(options)
  await pass(PROMISE_TIME + MARGIN)
  const { entryId } = await forceForClaim(rollup, entry)
  return { ...claim, entryId }
}

describe('OperatorBond.claim', () => {
  describe('given a promise that was not kept', () => {
    for (const kind of ['transfer', 'collect'] as const) {
      it(`pays for a ${kind}, and as much is lost for good`, async () => {
        const claim = await broken({ slot: { kind } })
        const before = await rollup.provider.getBalance(payee)
        const receipt = await sendClaim(rollup, claim)
        assert.ok(receipt.gasUsed < 1_800_000n, `${String(receipt.gasUsed)} gas`)
        assert.equal((await rollup.provider.getBalance(payee)) - before, PAYOUT)
        assert.equal(await amountOf(), MIN_BOND - 2n * PAYOUT)
        assert.equal(await bond['forfeitedTotal']?.(), PAYOUT)
        const { statementId } = claim.receipt
        assert.equal(await bond['isClaimed']?.(statementId), true)
        assert.deepEqual(eventsOf(receipt, bond, 'Claimed')[0]?.toArray(), [
          ...[statementId, sequencer, getAddress(payee), PAYOUT],
        ])
        await refused(claim, 'AlreadyClaimed', [statementId])
        // Below MIN_BOND from now on.
        assert.equal(await bond['isBonded']?.(sequencer), false)
      })
    }

    it('pays though the operator settles it as soon as it sees it forced', async () => {
      const { entry, claim: promise_ } = await promised()
      await pass(PROMISE_TIME + MARGIN)
      const claim = { ...promise_, entryId: (await forceForClaim(rollup, entry)).entryId }
      const { nullifier } = entry.transfer
      await settle(rollup, await builder.call([{ slots: [{ nullifier }] }]))
      await sendClaim(rollup, claim)
    })

    it('pays where others spent theirs before: a path through a real tree', async () => {
      const tree = NullifierTree.initial()
      const others = Array.from({ length: 3 }, (_, i) => (1n << 247n) + BigInt(i + 1) * 12_345n)
      const turns = [...others].reverse().map((value) => ({ value, isLive: true }))
      const { pending } = tree.openInTurn(turns, 4)
      tree.place(4, [...pending, 0n])
      await settle(rollup, await builder.call([{ slots: [], newNullifierRoot: tree.root }]))
      await send(bond, 'post', sequencer, { value: 2n * PAYOUT })
      for (const nullifier of [5n, others[1]! + 1n, others[2]! + 99n]) {
        await sendClaim(rollup, await broken({ slot: { nullifier }, tree }))
      }
      assert.equal(await bond['forfeitedTotal']?.(), 3n * PAYOUT)
    })

    it('pays while the bond is leaving', async () => {
      await send(bond, 'announceWithdrawal', sequencer)
      await sendClaim(rollup, await broken())
    })

    it('pays where policies and identities changed after HOLD_TIME', async () => {
      const { entry, claim } = await promised()
      await pass(HOLD_TIME + MARGIN)
      await publishPolicy(rollup)
      await updateIdentity(rollup, { index: 3n, newLeaf: 33n })
      await pass(PROMISE_TIME)
      const { entryId } = await forceForClaim(rollup, entry)
      await sendClaim(rollup, { ...claim, entryId })
    })

    it('counts a stop of the clock to nobody', async () => {
      const { entry, claim } = await promised()
      await send(rollup.contract('clock'), 'stop')
      await pass(DAY / 4n)
      await expectRevert(forceForClaim(rollup, entry), 'ClockStopped')
      await send(rollup.contract('clock'), 'resume')
      const { entryId: early } = await forceForClaim(rollup, entry)
      await refused({ ...claim, entryId: early }, 'EntryTooSoon')
      await pass(PROMISE_TIME + MARGIN)
      const { entryId } = await forceForClaim(rollup, entry)
      await sendClaim(rollup, { ...claim, entryId })
    })
  })

  describe('given another receipt (P1)', () => {
    it('reverts for another signer, chain or contract, and for changed words', async () => {
      const refusedAs = [sequencer]
      for (const options of [
        { signer: new Wallet(`0x${'77'.repeat(32)}`) },
        { domain: { chainId: 1n } },
        { domain: { verifyingContract: rollup.deployment.contracts.vault } },
      ]) {
        await refused((await promised(options)).claim, 'ReceiptInvalid', refusedAs)
      }
      const { claim } = await promised()
      const { receipt } = claim
      for (const change of [
        { admittedAt: receipt.admittedAt + 1 },
        { settleBy: receipt.settleBy - 1 },
        { sequencer: stranger.address as `0x${string}` },
        { signature: `${receipt.signature}00` as const },
        { signature: highS(receipt.signature) },
      ]) {
        await refused({ ...claim, receipt: { ...receipt, ...change } }, 'ReceiptInvalid')
      }
    })

    it('reverts where it promises nothing', async () => {
      await refused((await promised({ settleBy: 0n })).claim, 'PromiseMissing')
      await refused((await promised({ settleBy: PROMISE_TIME })).claim, 'PromiseMissing')
    })

    it('reverts where nobody answers for the one who signed', async () => {
      const other = new Wallet(`0x${'66'.repeat(32)}`)
      const claim = await broken()
      const { signature: _, ...words } = claim.receipt
      const signed = { ...words, sequencer: other.address as `0x${string}` }
      const types = {
        Receipt: [
          'bytes32 statementId',
          'uint64 admittedAt',
          'uint64 settleBy',
          'address sequencer',
        ]
          .map((field) => field.split(' '))
          .map(([type = '', name = '']) => ({ type, name })),
      }
      const signature = await other.signTypedData(signingDomain(rollup), types, signed)
      await refused(
        { ...claim, receipt: { ...signed, signature: signature as `0x${string}` } },
        'BondExhausted',
        [2n * PAYOUT, 0n],
      )
    })
  })

  it('reverts for another statement than the receipt’s (P2)', async () => {
    const claim = await broken()
    const { statement } = claim
    const changed = `0x${statement.slice(2, -2)}${statement.endsWith('00') ? '01' : '00'}` as const
    await refused({ ...claim, statement: changed }, 'StatementWrong')
    await refused({ ...claim, statement: '0x' }, 'StatementWrong')
  })

  describe('given another entry (P3)', () => {
    it('reverts for one that was made before the promised time was over', async () => {
      const { entry, claim } = await promised()
      const { entryId } = await forceForClaim(rollup, entry)
      const queuedAt = await rollup.now()
      await pass(PROMISE_TIME + MARGIN)
      const facts = [BigInt(claim.receipt.settleBy), queuedAt]
      await refused({ ...claim, entryId }, 'EntryTooSoon', facts)
      // Nothing is lost by it: it can be made again.
      const again = await forceForClaim(rollup, entry)
      await sendClaim(rollup, { ...claim, entryId: again.entryId })
    })

    it('reverts for one that did not come through the bond, or holds another transfer', async () => {
      const claim = await broken()
      const other = await broken()
      const { statementId } = claim.receipt
      await refused({ ...claim, entryId: other.entryId }, 'EntryOfAnother', [
        statementId,
        other.receipt.statementId,
      ])
      const { id } = await force(rollup, (await promised()).entry)
      await refused({ ...claim, entryId: id }, 'EntryUnknown', [id])
      await refused({ ...claim, entryId: 99n }, 'EntryUnknown', [99n])
    })
  })

  describe('when what it was proved against changed at once (P4)', () => {
    it('reverts for identities and policies that did not stay current for HOLD_TIME', async () => {
      const { entry, claim } = await promised()
      await pass(HOLD_TIME - 2n * MARGIN)
      await publishPolicy(rollup)
      await updateIdentity(rollup, { index: 3n, newLeaf: 33n })
      await pass(PROMISE_TIME)
      const { entryId } = await forceForClaim(rollup, entry)
      // Identities are looked at first.
      await refused({ ...claim, entryId }, 'VersionNotHeld')
      const { policyVersion } = claim
      await refused({ ...claim, entryId, policyVersion: policyVersion + 1n }, 'VersionNotHeld')
      await refused({ ...claim, entryId, identityVersion: 1n }, 'VersionWrong')
    })

    it('reverts for policies alone', async () => {
      const { entry, claim } = await promised()
      await publishPolicy(rollup)
      await pass(PROMISE_TIME + MARGIN)
      const { entryId } = await forceForClaim(rollup, entry)
      await refused({ ...claim, entryId }, 'VersionNotHeld')
      const policyVersion = claim.policyVersion + 1n
      await refused({ ...claim, entryId, policyVersion }, 'VersionWrong')
    })

    it('reverts where the same root comes back: A, B, A', async () => {
      const registry = rollup.contract('policyRegistry')
      const { entry, claim } = await promised()
      const [root] = await registry['rootAt']?.(claim.policyVersion)
      await publishPolicy(rollup)
      await send(registry, 'publish', root, [])
      await pass(PROMISE_TIME + MARGIN)
      const current = { ...entry.context, policyVersion: claim.policyVersion + 2n }
      const { entryId } = await forceForClaim(rollup, { ...entry, context: current })
      const event = await rollup.contract('forcedQueue')['entryOf']?.(entryId)
      assert.equal(event.wasCurrent, true)
      // Neither was current when it was promised and stayed so.
      await refused({ ...claim, entryId }, 'VersionNotHeld')
      const { policyVersion } = current
      await refused({ ...claim, entryId, policyVersion }, 'VersionNotHeld')
      await refused({ ...claim, entryId, policyVersion: 99n }, 'VersionUnknown')
    })

    it('reverts where the day ended within HOLD_TIME', async () => {
      const day = dayOf(await rollup.now())
      const lastSecond = Number((day + 1n) * DAY - HOLD_TIME) * 1000
      await refused(await broken({ admittedAt: lastSecond }), 'DayNotHeld', [day])
      await sendClaim(rollup, await broken({ admittedAt: lastSecond - 1 }))
    })
  })

  describe('when it may have been settled in time (P5)', () => {
    it('reverts: no interval is left around a nullifier that is spent', async () => {
      const { entry, claim } = await promised()
      const { nullifier } = entry.transfer
      const tree = NullifierTree.initial()
      const { pending } = tree.openInTurn([{ value: nullifier, isLive: true }], 4)
      tree.place(4, [...pending, 0n, 0n, 0n])
      await settle(
        rollup,
        await builder.call([{ slots: [{ nullifier }], newNullifierRoot: tree.root }]),
      )
      await pass(PROMISE_TIME + MARGIN)
      // Entered in spite of it: the queue checks no nullifiers.
      const { entryId } = await forceForClaim(rollup, entry)
      const facts = [nullifier, tree.root]
      await refused({ ...claim, entryId }, 'AbsenceInvalid', facts)
      for (const value of [nullifier - 1n, nullifier + 1n]) {
        const beside = proveNullifierAbsence(tree, value)
        assert.ok(beside !== undefined)
        await refused({ ...claim, entryId, absence: beside }, 'AbsenceInvalid', facts)
        const { from, to } = beside
        const wider = [
          { ...beside, from: from === nullifier ? from - 1n : from, to: to + 1n },
          { ...beside, leafIndex: beside.leafIndex + 1n },
        ]
        for (const absence of wider) {
          await refused({ ...claim, entryId, absence }, 'AbsenceInvalid', facts)
        }
      }
      // The interval that ends at what is spent, its end modulo r: with the hash of the true one it would pass.
      const below = proveNullifierAbsence(tree, nullifier - 1n)
      assert.ok(below?.to === nullifier)
      const around = { ...below, to: nullifier + FIELD_ORDER }
      await refused({ ...claim, entryId, absence: around }, 'PoseidonInputNotCanonical', [
        around.to,
      ])
    })

    it('reverts for a path with one wrong word on any level', async () => {
      const claim = await broken()
      const { siblings } = claim.absence
      for (const i of [0, 25, 50]) {
        const wrong = siblings.map((value, at) => (at === i ? value + 1n : value))
        const absence = { ...claim.absence, siblings: wrong }
        await refused({ ...claim, absence }, 'AbsenceInvalid')
      }
    })

    it('reverts for a path whose words are not below r, which have the hashes of true ones', async () => {
      const claim = await broken()
      const { siblings } = claim.absence
      for (const i of [0, 50]) {
        const wrong = siblings.map((value, at) => (at === i ? value + FIELD_ORDER : value))
        const absence = { ...claim.absence, siblings: wrong }
        await refused({ ...claim, absence }, 'PoseidonInputNotCanonical', [wrong[i]])
      }
    })
  })

  describe('when the payee is not named by who made the transfer (P6)', () => {
    it('reverts for another payee, or a proof for another statement', async () => {
      const claim = await broken()
      const thief = stranger.address as `0x${string}`
      await refused({ ...claim, payee: thief }, 'PossessionNotProved')
      const { statementId } = (await promised()).claim.receipt
      const possession = possessionFor(rollup, statementId, payee)
      await refused({ ...claim, possession }, 'PossessionNotProved')
    })

    it('reverts for words that are not canonical', async () => {
      const claim = await broken()
      const { r, s } = claim.possession
      for (const possession of [
        { r, s: s + SUBGROUP_ORDER },
        { r: { ...r, x: r.x + FIELD_ORDER }, s },
        { r: { ...r, y: r.y + FIELD_ORDER }, s },
      ]) {
        await refused({ ...claim, possession }, 'PossessionNotProved')
      }
    })

    it('has the challenge that the protocol has', async () => {
      const { chainId, contracts } = rollup.deployment
      const { statementId } = (await promised()).claim.receipt
      const [ephemeral, r] = [mulBase8(5n), mulBase8(6n)]
      const context = { chainId, bond: contracts.operatorBond, statementId, payee }
      assert.equal(
        await bond['possessionChallenge']?.(
          ...[statementId, payee],
          ...[ephemeral, r].map(({ x, y }) => [x, y]),
        ),
        bondClaimChallenge(context, ephemeral, r),
      )
    })
  })

  it('reverts when the bond is used up, and pays again when it is filled (P8)', async () => {
    const all: Awaited<ReturnType<typeof promised>>[] = []
    for (let i = 0; i < 3; i++) all.push(await promised())
    await pass(PROMISE_TIME + MARGIN)
    const claims: BondClaim[] = []
    for (const { entry, claim } of all) {
      claims.push({ ...claim, entryId: (await forceForClaim(rollup, entry)).entryId })
    }
    const last = claims.pop()
    assert.ok(last !== undefined)
    for (const claim of claims) await sendClaim(rollup, claim)
    assert.equal(await amountOf(), 0n)
    await refused(last, 'BondExhausted', [2n * PAYOUT, 0n])
    await send(rollup.as('operatorBond', stranger), 'post', sequencer, { value: 2n * PAYOUT })
    await sendClaim(rollup, last)
  })

  it('reverts, and nothing counts as paid, when the payee takes nothing', async () => {
    const refusing = await deployTestContract(stranger, 'mocks/TestCallers', 'RefusingCaller')
    const address = (await refusing.getAddress()) as `0x${string}`
    const claim = await broken({ payee: address })
    await refused(claim, 'PaymentRefused', [address, PAYOUT])
    assert.equal(await amountOf(), MIN_BOND)
    assert.equal(await bond['isClaimed']?.(claim.receipt.statementId), false)
  })
})

describe('OperatorBond.force', () => {
  it('queues as the forced queue does, keeps the nullifier root, and gives back the rest', async () => {
    const { entry } = await promised()
    const fee = (await rollup.contract('forcedQueue')['entryFee']?.()) as bigint
    const before = await rollup.provider.getBalance(bond)
    const { entryId } = await forceForClaim(rollup, entry, { value: 5n * fee })
    assert.equal(await rollup.provider.getBalance(bond), before)
    assert.equal(await bond['nullifierRootOf']?.(entryId), NullifierTree.initial().root)
    assert.deepEqual((await rollup.contract('forcedQueue')['queue']?.()).toArray(), [1n, 2n])
    const low = forceForClaim(rollup, entry, { value: fee - 1n })
    await expectRevert(low, 'EntryFeeTooLow', [fee, fee - 1n])
    const refusing = await deployTestContract(stranger, 'mocks/TestCallers', 'RefusingCaller')
    const input = bond.interface.encodeFunctionData('force', [encodeForcedEntry(entry)])
    const at = rollup.deployment.contracts.operatorBond
    await expectRevert(send(refusing, 'forward', at, input, { value: fee + 1n }), 'PaymentRefused')
    await send(refusing, 'forward', at, input, { value: fee })
  })
})

describe('an operator’s money', () => {
  const bonded = () => bond['isBonded']?.(sequencer) as Promise<boolean>

  it('is registered once, by an owner to whom the receipt key agreed', async () => {
    assert.equal(await bonded(), true)
    const consent = await consentTo(rollup, rollup.operator.address)
    await expectRevert(send(bond, 'register', sequencer, consent), 'AlreadyRegistered', [sequencer])
    const other = new Wallet(`0x${'66'.repeat(32)}`)
    const forStranger = await consentTo(rollup, stranger.address, other)
    // Somebody else's consent, or one for somebody else.
    await expectRevert(send(bond, 'register', other.address, forStranger), 'ConsentInvalid')
    await expectRevert(send(bond, 'register', other.address, consent), 'ConsentInvalid')
    await send(rollup.as('operatorBond', stranger), 'register', other.address, forStranger)
    assert.equal((await bond['bondOf']?.(other.address))['owner'], stranger.address)
    assert.equal(await bond['isBonded']?.(other.address), false)
    await expectRevert(send(bond, 'post', stranger.address), 'NotRegistered', [stranger.address])
  })

  it('leaves after the notice, and only by its owner', async () => {
    const theirs = rollup.as('operatorBond', stranger)
    for (const [method, ...args] of [
      ['announceWithdrawal'],
      ['cancelWithdrawal'],
      ['withdraw', stranger.address],
    ] as const) {
      await expectRevert(send(theirs, method, sequencer, ...args), 'CallerNotOwner')
      await expectRevert(send(theirs, method, stranger.address, ...args), 'NotRegistered')
    }
    await expectRevert(send(bond, 'withdraw', sequencer, payee), 'NotLeaving')
    await expectRevert(send(bond, 'cancelWithdrawal', sequencer), 'NotLeaving')
    await send(bond, 'announceWithdrawal', sequencer)
    const withdrawableAt = (await rollup.now()) + NOTICE
    assert.equal((await bond['bondOf']?.(sequencer))['withdrawableAt'], withdrawableAt)
    assert.equal(await bonded(), false)
    await expectRevert(send(bond, 'announceWithdrawal', sequencer), 'AlreadyLeaving')
    await send(bond, 'cancelWithdrawal', sequencer)
    assert.equal(await bonded(), true)

    await send(bond, 'announceWithdrawal', sequencer)
    await pass(NOTICE - MARGIN)
    await expectRevert(send(bond, 'withdraw', sequencer, payee), 'WithdrawalTooSoon')
    // The clock's time: a stop does not shorten the notice.
    await send(rollup.contract('clock'), 'stop')
    await pass(DAY)
    await expectRevert(send(bond, 'withdraw', sequencer, payee), 'WithdrawalTooSoon')
    await send(rollup.contract('clock'), 'resume')
    await pass(2n * MARGIN)
    const before = await rollup.provider.getBalance(payee)
    await send(bond, 'withdraw', sequencer, payee)
    assert.equal((await rollup.provider.getBalance(payee)) - before, MIN_BOND)
    assert.equal(await bonded(), false)
    await refused(await broken(), 'BondExhausted', [2n * PAYOUT, 0n])
  })
})

describe('the constructor', () => {
  const deploy = (changes: Record<string, bigint>, constants = poseidonConstants()) => {
    const { abi, bytecode } = loadArtifact('OperatorBond')
    const { contracts } = rollup.deployment
    const at = [
      ...[contracts.rollup, contracts.clock, contracts.forcedQueue],
      ...[contracts.identityRegistry, contracts.policyRegistry],
    ]
    const terms = {
      ...{ settleWindow: 7_200n, promiseTime: PROMISE_TIME, holdTime: HOLD_TIME },
      ...{ notice: NOTICE, payout: PAYOUT, minBond: MIN_BOND, ...changes },
    }
    return new ContractFactory(abi, bytecode, rollup.operator).deploy(at, terms, constants)
  }

  it('refuses times and amounts that do not fit together', async () => {
    for (const changes of [
      { holdTime: 0n },
      { promiseTime: HOLD_TIME },
      { promiseTime: 7_200n },
      { notice: DAY },
      { payout: 0n },
      { minBond: 2n * PAYOUT - 1n },
    ]) {
      await expectRevert(deploy(changes), 'ParametersInvalid')
    }
  })

  it('refuses other constants than circomlib’s', async () => {
    const [first = 0n, ...rest] = poseidonConstants()
    await expectRevert(deploy({}, [first + 1n, ...rest]), 'PoseidonConstantsWrong')
    await expectRevert(deploy({}, rest), 'PoseidonConstantsWrong')
  })
})
