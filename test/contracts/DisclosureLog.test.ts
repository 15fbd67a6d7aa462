// DisclosureLog: an order's way from filing to unsealing, who may do what, and what shows when it is not kept to.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { Contract, id as keccakText, Wallet } from 'ethers'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import {
  combinePossession,
  commitToPossession,
  registrationPointOf,
  sharePossession,
} from '../../protocol/committee/possession.ts'
import { provePossession } from '../../protocol/auditKeyPossession.ts'
import { dayOf } from '../../protocol/calendar.ts'
import { aCommittee, random } from '../support/committees.ts'
import { type BaseChain, startChain } from '../support/chain.ts'
import { eventsOf, expectRevert, send } from '../support/expectRevert.ts'
import { connect, deployTestContract, seededBytes } from '../support/settlement.ts'

const DAY = 86_400
const APPROVAL = 7 * DAY
const EXECUTION = 14 * DAY
const RATIFICATION = 2 * DAY
const UNSEAL = 90 * DAY
const KIND = { Transfers: 0, Subject: 1, Destination: 2 }
const STATE = {
  Filed: 1n,
  Authorised: 2n,
  Executing: 3n,
  Disclosed: 4n,
  Unsealed: 5n,
  Rejected: 6n,
  Closed: 7n,
}
const ROLE = { officer: 10, reviewer: 11, judge: 12 }

let chain: BaseChain
let stop: () => Promise<void>
let log: Contract
let undo: () => Promise<void>
let operator: Wallet
let officer: Contract
let reviewer: Contract
let judge: Contract
let registry: Contract
let stranger: Contract
/** Holds all three roles: four eyes must hold against it as well. */
let mighty: Contract

before(async () => {
  chain = await startChain()
  const connected = connect(chain)
  const { provider } = connected
  operator = connected.operator
  const wallets = chain.accounts
    .slice(1, 7)
    .map(({ privateKey }) => new Wallet(privateKey, provider)) as [
    Wallet,
    Wallet,
    Wallet,
    Wallet,
    Wallet,
    Wallet,
  ]
  const [officerWallet, reviewerWallet, judgeWallet, registryWallet, strangerWallet, all] = wallets
  const authority = await deployTestContract(operator, 'Authority', 'Authority', [operator.address])
  log = await deployTestContract(operator, 'DisclosureLog', 'DisclosureLog', [
    await authority.getAddress(),
    registryWallet.address,
    APPROVAL,
    EXECUTION,
    RATIFICATION,
    UNSEAL,
  ])
  const restrict = async (role: number, methods: readonly string[]) => {
    const selectors = methods.map((name) => log.interface.getFunction(name)?.selector)
    await send(authority, 'setTargetFunctionRole', await log.getAddress(), selectors, role)
  }
  await restrict(ROLE.officer, [
    'file',
    'announceOpenings',
    'disclose',
    'unseal',
    'close',
    'anchorLog',
  ])
  await restrict(ROLE.reviewer, ['approveAsReviewer', 'rejectAsReviewer'])
  await restrict(ROLE.judge, ['approveAsJudge', 'rejectAsJudge'])
  await send(authority, 'grantRole', ROLE.officer, officerWallet.address, 0)
  await send(authority, 'grantRole', ROLE.reviewer, reviewerWallet.address, 0)
  await send(authority, 'grantRole', ROLE.judge, judgeWallet.address, 0)
  for (const role of Object.values(ROLE)) await send(authority, 'grantRole', role, all.address, 0)
  const address = await log.getAddress()
  const as = (wallet: Wallet) => new Contract(address, log.interface, wallet)
  officer = as(officerWallet)
  reviewer = as(reviewerWallet)
  judge = as(judgeWallet)
  registry = as(registryWallet)
  stranger = as(strangerWallet)
  mighty = as(all)
  stop = async () => {
    provider.destroy()
    await chain.stop()
  }
})
after(() => stop())
beforeEach(async () => {
  undo = await chain.snapshot()
})
afterEach(() => undo())

const hashOf = (text: string) => keccakText(text)
const filing = (more: object = {}) => ({
  kind: KIND.Transfers,
  isEmergency: false,
  legalBasis: 7,
  limit: 3,
  caseHash: hashOf('case'),
  scopeHash: hashOf('scope'),
  ...more,
})
const ORDER = 1n
const stateOf = async (order = ORDER) => (await log['orderAt']?.(order)).state as bigint
const orderOf = async (order = ORDER) => log['orderAt']?.(order)
const isExecutable = async (order = ORDER) => (await log['isExecutable']?.(order)) as boolean
const counters = async () =>
  Object.fromEntries(
    Object.entries((await log['counters']?.()).toObject() as Record<string, bigint>).filter(
      ([, value]) => value !== 0n,
    ),
  )

async function file(more: object = {}): Promise<void> {
  await send(officer, 'file', filing(more))
}
async function authorise(more: object = {}): Promise<void> {
  await file(more)
  await send(reviewer, 'approveAsReviewer', ORDER)
  await send(judge, 'approveAsJudge', ORDER)
}
async function execute(): Promise<void> {
  await authorise()
  await send(officer, 'announceOpenings', ORDER, hashOf('records'), 2)
}

describe('an order that is kept to', () => {
  it('goes from filing to unsealing, and every step is public', async () => {
    const filed = await send(officer, 'file', filing())
    const [event] = eventsOf(filed, log, 'OrderFiled')
    assert.deepEqual(event?.toArray().slice(0, 7), [
      ORDER,
      0n,
      false,
      7n,
      3n,
      hashOf('case'),
      hashOf('scope'),
    ])
    assert.equal(await stateOf(), STATE.Filed)
    assert.equal(await isExecutable(), false)
    await send(judge, 'approveAsJudge', ORDER)
    assert.equal(await stateOf(), STATE.Filed)
    assert.equal(await isExecutable(), false)
    const authorised = await send(reviewer, 'approveAsReviewer', ORDER)
    assert.equal(eventsOf(authorised, log, 'OrderAuthorised').length, 1)
    assert.equal(await stateOf(), STATE.Authorised)
    assert.equal(await isExecutable(), true)
    const announced = await send(officer, 'announceOpenings', ORDER, hashOf('records'), 2)
    assert.deepEqual(eventsOf(announced, log, 'OpeningsAnnounced')[0]?.toArray(), [
      ORDER,
      hashOf('records'),
      2n,
    ])
    assert.equal(await log['isAnnounced']?.(ORDER, hashOf('records')), true)
    assert.equal(await log['isAnnounced']?.(ORDER, hashOf('others')), false)
    await send(officer, 'announceOpenings', ORDER, hashOf('one more'), 1)
    assert.equal(await stateOf(), STATE.Executing)
    await send(officer, 'disclose', ORDER, hashOf('bundle'))
    assert.equal(await stateOf(), STATE.Disclosed)
    assert.equal(await isExecutable(), false)
    await send(officer, 'unseal', ORDER, hashOf('notice'))
    assert.equal(await stateOf(), STATE.Unsealed)
    assert.deepEqual(await counters(), {
      filed: 1n,
      authorised: 1n,
      disclosed: 1n,
      recordsOpened: 3n,
    })
  })

  it('can be closed when nothing was opened', async () => {
    await authorise()
    await send(officer, 'close', ORDER)
    assert.equal(await stateOf(), STATE.Closed)
    assert.equal(await isExecutable(), false)
    await file()
    await send(officer, 'close', 2n)
    assert.equal(await stateOf(2n), STATE.Closed)
  })
})

describe('what cannot be filed', () => {
  for (const [name, more] of Object.entries({
    'without a legal basis': { legalBasis: 0 },
    'without a case': { caseHash: `0x${'00'.repeat(32)}` },
    'without a scope': { scopeHash: `0x${'00'.repeat(32)}` },
    'without a number of records': { limit: 0 },
    'to open records by changing a destination': { kind: KIND.Destination },
  })) {
    it(name, () => expectRevert(send(officer, 'file', filing(more)), 'FilingInvalid'))
  }

  it('a change of a destination as an emergency: nothing would take it back', async () => {
    const more = { kind: KIND.Destination, limit: 0, isEmergency: true }
    await expectRevert(send(officer, 'file', filing(more)), 'DestinationNotEmergency')
    assert.deepEqual(await counters(), {})
  })
})

describe('four eyes', () => {
  it('nobody acts in a role it does not have', async () => {
    const refused = (contract: Contract, method: string, ...args: unknown[]) =>
      expectRevert(send(contract, method, ...args), 'AccessManagedUnauthorized')
    await refused(stranger, 'file', filing())
    await refused(judge, 'file', filing())
    await file()
    await refused(officer, 'approveAsJudge', ORDER)
    await refused(judge, 'approveAsReviewer', ORDER)
    await refused(reviewer, 'approveAsJudge', ORDER)
    await refused(officer, 'rejectAsJudge', ORDER, hashOf('reason'))
    await refused(judge, 'announceOpenings', ORDER, hashOf('records'), 1)
    await refused(stranger, 'disclose', ORDER, hashOf('bundle'))
    await refused(stranger, 'unseal', ORDER, hashOf('notice'))
    await refused(stranger, 'close', ORDER)
    await refused(stranger, 'anchorLog', hashOf('head'), 1)
  })

  it('whoever files does not approve, and nobody approves twice, whatever roles it has', async () => {
    await send(mighty, 'file', filing())
    await expectRevert(send(mighty, 'approveAsReviewer', ORDER), 'FourEyes')
    await expectRevert(send(mighty, 'approveAsJudge', ORDER), 'FourEyes')
    await expectRevert(send(mighty, 'rejectAsJudge', ORDER, hashOf('reason')), 'FourEyes')
    await file()
    await send(mighty, 'approveAsReviewer', 2n)
    await expectRevert(send(mighty, 'approveAsJudge', 2n), 'FourEyes')
    await expectRevert(send(reviewer, 'approveAsReviewer', 2n), 'AlreadyApproved')
    await send(judge, 'approveAsJudge', 2n)
    assert.equal(await stateOf(2n), STATE.Authorised)
  })

  it('an order with one approval opens nothing', async () => {
    await file()
    await send(judge, 'approveAsJudge', ORDER)
    await expectRevert(
      send(officer, 'announceOpenings', ORDER, hashOf('records'), 1),
      'OrderInState',
      [ORDER, STATE.Filed],
    )
  })

  it('either of the two can reject, with a reason', async () => {
    await file()
    await expectRevert(
      send(reviewer, 'rejectAsReviewer', ORDER, `0x${'00'.repeat(32)}`),
      'HashMissing',
    )
    await send(reviewer, 'rejectAsReviewer', ORDER, hashOf('reason'))
    assert.equal(await stateOf(), STATE.Rejected)
    await expectRevert(send(judge, 'approveAsJudge', ORDER), 'OrderInState')
    await file()
    await send(judge, 'rejectAsJudge', 2n, hashOf('reason'))
    assert.deepEqual(await counters(), { filed: 2n, rejected: 2n })
  })
})

describe('limits', () => {
  it('no more records than were asked for, over all announcements', async () => {
    await authorise()
    await expectRevert(
      send(officer, 'announceOpenings', ORDER, hashOf('records'), 4),
      'LimitExceeded',
      [ORDER, 3n, 4n],
    )
    await send(officer, 'announceOpenings', ORDER, hashOf('records'), 2)
    await expectRevert(
      send(officer, 'announceOpenings', ORDER, hashOf('others'), 2),
      'LimitExceeded',
      [ORDER, 3n, 4n],
    )
    await expectRevert(
      send(officer, 'announceOpenings', ORDER, hashOf('others'), 2n ** 32n - 1n),
      'LimitExceeded',
    )
  })

  it('the same records are not announced twice, nor none', async () => {
    await execute()
    await expectRevert(
      send(officer, 'announceOpenings', ORDER, hashOf('records'), 1),
      'AlreadyAnnounced',
    )
    await expectRevert(send(officer, 'announceOpenings', ORDER, hashOf('others'), 0), 'HashMissing')
  })

  it('nothing is disclosed that was not executed, or twice', async () => {
    await authorise()
    await expectRevert(send(officer, 'disclose', ORDER, hashOf('bundle')), 'OrderInState')
    await send(officer, 'announceOpenings', ORDER, hashOf('records'), 1)
    await expectRevert(send(officer, 'close', ORDER), 'OrderInState')
    await expectRevert(send(officer, 'unseal', ORDER, hashOf('notice')), 'OrderInState')
    await send(officer, 'disclose', ORDER, hashOf('bundle'))
    await expectRevert(send(officer, 'disclose', ORDER, hashOf('bundle')), 'OrderInState')
    await expectRevert(
      send(officer, 'announceOpenings', ORDER, hashOf('others'), 1),
      'OrderInState',
    )
  })

  it('there is no order 0 and none that was not filed', async () => {
    for (const order of [0n, 1n, 2n ** 256n - 1n]) {
      await expectRevert(send(judge, 'approveAsJudge', order), 'OrderUnknown', [order])
      assert.equal(await isExecutable(order), false)
    }
  })
})

describe('deadlines', () => {
  it('an order that nobody approved in time lapses', async () => {
    await file()
    const { deadline } = await orderOf()
    await expectRevert(send(stranger, 'lapse', ORDER), 'DeadlineAhead', [ORDER, deadline])
    await chain.increaseTime(APPROVAL + 1)
    await expectRevert(send(judge, 'approveAsJudge', ORDER), 'DeadlinePassed')
    await send(stranger, 'lapse', ORDER)
    assert.equal(await stateOf(), STATE.Rejected)
  })

  it('an order that was not begun in time opens nothing any more, and lapses', async () => {
    await authorise()
    await chain.increaseTime(EXECUTION + 1)
    assert.equal(await isExecutable(), false)
    await expectRevert(
      send(officer, 'announceOpenings', ORDER, hashOf('records'), 1),
      'DeadlinePassed',
    )
    await expectRevert(send(stranger, 'markOverdue', ORDER), 'OrderInState')
    await send(stranger, 'lapse', ORDER)
    assert.equal(await stateOf(), STATE.Closed)
  })

  it('an execution that is not disclosed in time is overdue, for everybody to see, once', async () => {
    await execute()
    await expectRevert(send(stranger, 'markOverdue', ORDER), 'DeadlineAhead')
    await chain.increaseTime(EXECUTION + 1)
    await expectRevert(send(stranger, 'lapse', ORDER), 'OrderInState')
    await send(stranger, 'markOverdue', ORDER)
    await expectRevert(send(stranger, 'markOverdue', ORDER), 'AlreadyMarked')
    assert.equal((await orderOf()).isOverdue, true)
    // It can still be disclosed, and stays marked.
    await send(officer, 'disclose', ORDER, hashOf('bundle'))
    assert.equal((await orderOf()).isOverdue, true)
    assert.equal((await counters())['overdue'], 1n)
  })

  it('a disclosure that is not unsealed in time is overdue', async () => {
    await execute()
    await send(officer, 'disclose', ORDER, hashOf('bundle'))
    await chain.increaseTime(UNSEAL + 1)
    await send(stranger, 'markOverdue', ORDER)
    assert.equal((await counters())['overdue'], 1n)
    await send(officer, 'unseal', ORDER, hashOf('notice'))
    assert.equal(await stateOf(), STATE.Unsealed)
  })

  it('who is late and acts before anybody marks it is overdue all the same', async () => {
    await execute()
    await chain.increaseTime(EXECUTION + 1)
    const disclosed = await send(officer, 'disclose', ORDER, hashOf('bundle'))
    assert.deepEqual(eventsOf(disclosed, log, 'OrderOverdue')[0]?.toArray(), [
      ORDER,
      STATE.Executing,
    ])
    assert.equal((await orderOf()).isOverdue, true)
    assert.equal((await counters())['overdue'], 1n)
    // Late again: it counts once an order.
    await chain.increaseTime(UNSEAL + 1)
    await expectRevert(send(stranger, 'markOverdue', ORDER), 'AlreadyMarked')
    await send(officer, 'unseal', ORDER, hashOf('notice'))
    assert.equal((await counters())['overdue'], 1n)
  })

  it('a late unsealing is overdue, one in time is not', async () => {
    await execute()
    await send(officer, 'disclose', ORDER, hashOf('bundle'))
    const undoUnsealing = await chain.snapshot()
    await send(officer, 'unseal', ORDER, hashOf('notice'))
    assert.equal((await counters())['overdue'], undefined)
    await undoUnsealing()
    await chain.increaseTime(UNSEAL + 1)
    const unsealed = await send(officer, 'unseal', ORDER, hashOf('notice'))
    assert.equal(eventsOf(unsealed, log, 'OrderOverdue').length, 1)
    assert.equal((await orderOf()).isOverdue, true)
    assert.equal((await counters())['overdue'], 1n)
  })
})

describe('emergencies', () => {
  const emergency = { isEmergency: true }
  beforeEach(async () => {
    await file(emergency)
    await send(judge, 'approveAsJudge', ORDER)
  })

  it('begin with one approval, and are ratified by the other', async () => {
    assert.equal(await stateOf(), STATE.Authorised)
    assert.equal(await isExecutable(), true)
    await send(officer, 'announceOpenings', ORDER, hashOf('records'), 1)
    const ratified = await send(reviewer, 'approveAsReviewer', ORDER)
    assert.equal(eventsOf(ratified, log, 'OrderRatified').length, 1)
    assert.equal((await orderOf()).ratifyBy, 0n)
    await chain.increaseTime(RATIFICATION + 1)
    assert.equal(await isExecutable(), true)
    await expectRevert(send(stranger, 'markViolation', ORDER), 'OrderInState')
    assert.deepEqual(await counters(), {
      filed: 1n,
      emergencies: 1n,
      authorised: 1n,
      recordsOpened: 1n,
    })
  })

  it('that are not ratified in time stop, and show as violations', async () => {
    await send(officer, 'announceOpenings', ORDER, hashOf('records'), 1)
    await expectRevert(send(stranger, 'markViolation', ORDER), 'DeadlineAhead')
    await chain.increaseTime(RATIFICATION + 1)
    assert.equal(await isExecutable(), false)
    await expectRevert(send(officer, 'announceOpenings', ORDER, hashOf('others'), 1), 'NotRatified')
    await send(stranger, 'markViolation', ORDER)
    await expectRevert(send(stranger, 'markViolation', ORDER), 'AlreadyMarked')
    assert.equal((await counters())['violations'], 1n)
  })

  it('a late ratification goes on and leaves the violation', async () => {
    await chain.increaseTime(RATIFICATION + 1)
    await send(reviewer, 'approveAsReviewer', ORDER)
    assert.equal(await isExecutable(), true)
    assert.equal((await orderOf()).isViolation, true)
    assert.equal((await counters())['violations'], 1n)
  })

  it('a disclosure does not spare the ratification', async () => {
    await send(officer, 'announceOpenings', ORDER, hashOf('records'), 1)
    await send(officer, 'disclose', ORDER, hashOf('bundle'))
    await chain.increaseTime(RATIFICATION + 1)
    await send(stranger, 'markViolation', ORDER)
    assert.equal((await orderOf()).isViolation, true)
  })

  it('can be refused while under way: that ends them, and is a violation if something was opened', async () => {
    await send(reviewer, 'rejectAsReviewer', ORDER, hashOf('reason'))
    assert.equal(await stateOf(), STATE.Rejected)
    assert.equal((await counters())['violations'], undefined)
    await file(emergency)
    await send(judge, 'approveAsJudge', 2n)
    await send(officer, 'announceOpenings', 2n, hashOf('records'), 1)
    await send(reviewer, 'rejectAsReviewer', 2n, hashOf('reason'))
    assert.equal((await orderOf(2n)).isRefused, true)
    assert.equal(await isExecutable(2n), false)
    assert.equal((await counters())['violations'], 1n)
    await expectRevert(send(officer, 'announceOpenings', 2n, hashOf('others'), 1), 'OrderRefused', [
      2n,
    ])
    await expectRevert(send(reviewer, 'approveAsReviewer', 2n), 'OrderInState')
    await expectRevert(send(judge, 'rejectAsJudge', 2n, hashOf('reason')), 'OrderInState')
  })

  it('refused after something was opened keep their way to unsealing, and its deadlines', async () => {
    await send(officer, 'announceOpenings', ORDER, hashOf('records'), 1)
    await send(reviewer, 'rejectAsReviewer', ORDER, hashOf('reason'))
    assert.equal(await stateOf(), STATE.Executing)
    await chain.increaseTime(EXECUTION + 1)
    await send(officer, 'disclose', ORDER, hashOf('bundle'))
    await send(officer, 'unseal', ORDER, hashOf('notice'))
    assert.deepEqual(await counters(), {
      ...{ filed: 1n, emergencies: 1n, authorised: 1n, rejected: 1n },
      ...{ disclosed: 1n, overdue: 1n, violations: 1n, recordsOpened: 1n },
    })
  })

  for (const kind of [KIND.Transfers, KIND.Subject]) {
    it(`refused after their disclosure are violations, and are still unsealed (kind ${String(kind)})`, async () => {
      await file({ ...emergency, kind })
      await send(judge, 'approveAsJudge', 2n)
      await send(officer, 'announceOpenings', 2n, hashOf('records'), 1)
      await send(officer, 'disclose', 2n, hashOf('bundle'))
      await send(reviewer, 'rejectAsReviewer', 2n, hashOf('reason'))
      assert.equal((await orderOf(2n)).isViolation, true)
      assert.equal((await counters())['violations'], 1n)
      assert.equal(await stateOf(2n), STATE.Disclosed)
      await chain.increaseTime(UNSEAL + 1)
      await send(stranger, 'markOverdue', 2n)
      await send(officer, 'unseal', 2n, hashOf('notice'))
      assert.equal(await stateOf(2n), STATE.Unsealed)
    })
  }

  it('whose ratification is overdue are violations, whatever ends them', async () => {
    const ends = {
      reject: (order: bigint) => send(reviewer, 'rejectAsReviewer', order, hashOf('reason')),
      close: (order: bigint) => send(officer, 'close', order),
      lapse: async (order: bigint) => {
        await chain.increaseTime(EXECUTION)
        await send(stranger, 'lapse', order)
      },
    }
    await file(emergency)
    await send(judge, 'approveAsJudge', 2n)
    await file(emergency)
    await send(judge, 'approveAsJudge', 3n)
    await chain.increaseTime(RATIFICATION + 1)
    for (const [i, end] of Object.values(ends).entries()) {
      const order = BigInt(i + 1)
      await end(order)
      assert.equal((await orderOf(order)).isViolation, true)
    }
    assert.equal((await counters())['violations'], 3n)
  })

  it('closed before anything was opened need no ratification', async () => {
    await send(officer, 'close', ORDER)
    await chain.increaseTime(RATIFICATION + 1)
    await expectRevert(send(stranger, 'markViolation', ORDER), 'OrderInState')
  })

  it('the first approver cannot ratify itself', async () => {
    await file(emergency)
    await send(mighty, 'approveAsJudge', 2n)
    await expectRevert(send(mighty, 'approveAsReviewer', 2n), 'FourEyes')
  })
})

describe('a destination by order', () => {
  const change = [7n, 1001n, 1002n] as const
  const scope = async () => (await log['destinationScope']?.(...change)) as string

  async function authorised(): Promise<void> {
    await authorise({ kind: KIND.Destination, limit: 0, scopeHash: await scope() })
  }

  it('is used once, for exactly the change that was ordered, by the registry', async () => {
    await authorised()
    await expectRevert(send(officer, 'useDestinationOrder', ORDER, ...change), 'CallerNotRegistry')
    for (const other of [
      [8n, 1001n, 1002n],
      [7n, 1003n, 1002n],
      [7n, 1001n, 1003n],
    ]) {
      await expectRevert(send(registry, 'useDestinationOrder', ORDER, ...other), 'DestinationOther')
    }
    await send(registry, 'useDestinationOrder', ORDER, ...change)
    assert.equal(await stateOf(), STATE.Disclosed)
    await expectRevert(send(registry, 'useDestinationOrder', ORDER, ...change), 'OrderInState')
  })

  it('opens no records', async () => {
    await authorised()
    await expectRevert(
      send(officer, 'announceOpenings', ORDER, hashOf('records'), 1),
      'FilingInvalid',
    )
  })

  it('needs both approvals', async () => {
    await file({ kind: KIND.Destination, limit: 0, scopeHash: await scope() })
    await send(judge, 'approveAsJudge', ORDER)
    await expectRevert(send(registry, 'useDestinationOrder', ORDER, ...change), 'OrderInState')
  })

  it('cannot be had with an order to open records', async () => {
    await authorise({ scopeHash: await scope() })
    await expectRevert(send(registry, 'useDestinationOrder', ORDER, ...change), 'DestinationOther')
  })
})

it("the supervisors' own log is anchored and never shrinks", async () => {
  const anchored = await send(officer, 'anchorLog', hashOf('head'), 5)
  assert.deepEqual(eventsOf(anchored, log, 'LogAnchored')[0]?.toArray(), [hashOf('head'), 5n])
  await expectRevert(send(officer, 'anchorLog', hashOf('head'), 4), 'LogShrinks', [5n, 4n])
  await expectRevert(send(officer, 'anchorLog', `0x${'00'.repeat(32)}`, 6), 'HashMissing')
  await send(officer, 'anchorLog', hashOf('next'), 6)
})

it("the registry takes a committee's key with the proof that three of its members made", async () => {
  const { committee, shares } = aCommittee(5, 3)
  const authority = await deployTestContract(operator, 'Authority', 'Authority', [operator.address])
  const supervision = await deployTestContract(
    operator,
    'SupervisionRegistry',
    'SupervisionRegistry',
    [await authority.getAddress(), DAY],
  )
  const where = {
    chainId: BigInt(chain.chainId),
    registry: (await supervision.getAddress()) as `0x${string}`,
    epoch: 0n,
  }
  const context = { ...where, kind: 'investigation' } as const
  const members = [2, 4, 5]
  const started = members.map((member) => commitToPossession(member, random))
  const round = { committee, context, commitments: started.map(({ commitment }) => commitment) }
  const proof = combinePossession(
    round,
    members.map((member, i) =>
      sharePossession(round, {
        member,
        share: shares[member - 1] ?? 0n,
        nonces: started[i]?.nonces ?? { hiding: 1n, binding: 1n },
      }),
    ),
  )
  const statisticsSecret = 8n * 1234567n
  const statistics = provePossession(
    { ...where, kind: 'statistics' },
    { auditSecret: statisticsSecret, randomBytes: seededBytes('statistics') },
  )
  const words = (q: { x: bigint; y: bigint }, { r, s }: typeof proof) => ({
    q: [q.x, q.y],
    r: [r.x, r.y],
    s,
  })
  const block = await operator.provider?.getBlock('latest')
  const startDay = dayOf(BigInt(block?.timestamp ?? 0))
  const committeeKey = words(registrationPointOf(committee), proof)
  const largeValue = provePossession(
    { ...where, kind: 'largeValue' },
    { auditSecret: 8n * 7654321n, randomBytes: seededBytes('largeValue') },
  )
  const largeValueKey = words(mulBase8(7654321n), largeValue)
  await expectRevert(
    send(
      supervision,
      'scheduleEpoch',
      startDay,
      words(mulBase8(1234567n), statistics),
      {
        ...committeeKey,
        s: committeeKey.s + 1n,
      },
      largeValueKey,
    ),
    'PossessionNotProved',
  )
  await send(
    supervision,
    'scheduleEpoch',
    startDay,
    words(mulBase8(1234567n), statistics),
    committeeKey,
    largeValueKey,
  )
  const epoch = await supervision['epochAt']?.(0)
  assert.deepEqual(epoch.investigationKey.toArray(), [committee.publicKey.x, committee.publicKey.y])
})
