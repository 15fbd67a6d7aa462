// IdentityRegistry, PolicyRegistry, SupervisionRegistry, VerifierRegistry and Clock. Proofs are
// simulated with keys whose secrets are known.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { Contract, Wallet } from 'ethers'
import { checkVerificationKeys } from '../../deploy/contracts/checkVerificationKeys.ts'
import { keyRegistrationWords } from '../../deploy/contracts/deploy.ts'
import { ROLE_IDS } from '../../deploy/contracts/roles.ts'
import { type PossessionContext, provePossession } from '../../protocol/auditKeyPossession.ts'
import { addPoints, type CurvePoint, mulBase8 } from '../../protocol/babyjubjub.ts'
import { dayOf } from '../../protocol/calendar.ts'
import {
  CIRCUIT_IDS,
  FIELD_ORDER,
  IDENTITY_TREE_DEPTH,
  MAX_SUSPENSION_DAYS,
  REGISTRY_MODE,
  SUBGROUP_ORDER,
} from '../../protocol/constants.ts'
import { buildPolicyTree } from '../../protocol/policy.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { emptyRoot } from '../../protocol/tree.ts'
import { auditKeyFromSecret } from '../../regulator/auditKeys.ts'
import { eventsOf, expectRevert, send } from '../support/expectRevert.ts'
import { updateIdentity } from '../support/registryMoves.ts'
import {
  deployTestContract,
  seededBytes,
  SettleBuilder,
  settle,
  startTestRollup,
  type TestRollup,
  testPolicies,
} from '../support/settlement.ts'

let rollup: TestRollup
let stranger: Wallet
let undo: () => Promise<void>

before(async () => {
  rollup = await startTestRollup()
  stranger = rollup.users[0] as Wallet
})
after(() => rollup.stop())
beforeEach(async () => {
  undo = await rollup.chain.snapshot()
})
afterEach(() => undo())

const DAY = 86_400n
const WEEK = 7n * DAY
const ZERO_PROOF = Array.from({ length: 8 }, () => 0n)

describe('IdentityRegistry.update', () => {
  let registry: Contract
  const tracePoint: [bigint, bigint] = [101n, 102n]

  beforeEach(() => {
    registry = rollup.contract('identityRegistry')
  })

  type Change = {
    mode?: number
    index?: bigint
    oldRoot?: bigint
    oldLeaf?: bigint
    newLeaf?: bigint
    newRoot?: bigint
    domain?: bigint
    tierCap?: bigint
    latestSuspension?: bigint
  }

  /** An update whose proofs are for what it says, but for `proven`. */
  async function update(change: Change = {}, proven: Change = {}, registered: Change = {}) {
    const [, current] = await registry['current']?.()
    const said = {
      mode: REGISTRY_MODE.FILL,
      index: 7n,
      oldRoot: current as bigint,
      oldLeaf: 0n,
      newLeaf: 1_001n,
      newRoot: 2_001n,
      domain: rollup.deployment.domain,
      tierCap: 255n,
      latestSuspension: dayOf(await rollup.now()) + BigInt(MAX_SUSPENSION_DAYS),
      ...change,
    }
    const registry_ = { ...said, ...proven, mode: BigInt({ ...said, ...proven }.mode) }
    const isFill = said.mode === REGISTRY_MODE.FILL
    const registration = {
      domain: said.domain,
      index: said.index,
      leaf: said.newLeaf,
      tracePoint,
      ...registered,
    }
    return {
      mode: said.mode,
      index: said.index,
      oldLeaf: said.oldLeaf,
      newLeaf: said.newLeaf,
      newRoot: said.newRoot,
      proof: rollup.keys.prove('registry', publicInputsToArray('registry', registry_)),
      tracePoint: isFill ? tracePoint : [0n, 0n],
      registrationProof: isFill
        ? rollup.keys.prove('registration', publicInputsToArray('registration', registration))
        : ZERO_PROOF,
      order: 0n,
      latestSuspension: said.latestSuspension,
      sealedContents: '0x1234',
    }
  }

  const fill = async () => send(registry, 'update', await update())
  const change = (mode: number, more: Change = {}) =>
    update({ mode, oldLeaf: 1_001n, newLeaf: 1_002n, newRoot: 2_002n, ...more })

  it('starts from the empty tree', async () => {
    assert.deepEqual((await registry['current']?.()).toArray(), [
      0n,
      emptyRoot(IDENTITY_TREE_DEPTH),
    ])
  })

  it('fills an index with a registered T', async () => {
    const receipt = await fill()
    assert.deepEqual((await registry['current']?.()).toArray(), [1n, 2_001n])
    assert.deepEqual((await registry['tracePointOf']?.(7n)).toArray(), tracePoint)
    const [event] = eventsOf(receipt, registry, 'IdentityUpdated')
    assert.deepEqual(event?.toArray(true), [1n, 7n, 0n, 1_001n, 0n, 2_001n, tracePoint, '0x1234'])
  })

  it('refuses a fill without a registration proof for the same leaf, index, T and domain', async () => {
    const refused = async (registered: object) =>
      expectRevert(
        send(registry, 'update', await update({}, {}, registered)),
        'RegistrationProofInvalid',
      )
    await refused({ leaf: 9n })
    await refused({ index: 8n })
    await refused({ tracePoint: [101n, 103n] })
    await refused({ domain: rollup.deployment.domain ^ 1n })
  })

  it('refuses a registry proof for anything else', async () => {
    await fill()
    for (const proven of [
      { oldRoot: 5n },
      { newRoot: 5n },
      { index: 8n },
      { oldLeaf: 5n },
      { newLeaf: 5n },
      { mode: REGISTRY_MODE.DESTINATION_BY_OWNER },
      { tierCap: 254n },
      { latestSuspension: 1n },
      { domain: rollup.deployment.domain ^ 1n },
    ]) {
      const said = { mode: REGISTRY_MODE.CHANGE, oldLeaf: 1_001n, newLeaf: 1_002n, newRoot: 2_002n }
      await expectRevert(
        send(registry, 'update', await update(said, proven)),
        'RegistryProofInvalid',
      )
    }
    const malformed = { ...(await change(REGISTRY_MODE.CHANGE)), proof: ZERO_PROOF }
    await expectRevert(send(registry, 'update', malformed), 'RegistryProofInvalid')
    await send(registry, 'update', await change(REGISTRY_MODE.CHANGE))
  })

  it('refuses public inputs + r', async () => {
    await fill()
    const said = await change(REGISTRY_MODE.CHANGE)
    for (const field of ['newRoot', 'oldLeaf', 'newLeaf'] as const) {
      const twin = { ...said, [field]: said[field] + FIELD_ORDER }
      await expectRevert(send(registry, 'update', twin), 'PublicInputNotCanonical')
    }
  })

  it('never gives an index to another person and never empties one', async () => {
    await fill()
    const again = await update({ newLeaf: 5n, newRoot: 6n })
    await expectRevert(send(registry, 'update', again), 'IndexTaken', [7n])
    const empty = await update({ mode: REGISTRY_MODE.CHANGE, oldLeaf: 1_001n, newLeaf: 0n })
    await expectRevert(send(registry, 'update', empty), 'LeafInvalid', [1_001n, 0n])
    const over = await update({ oldLeaf: 1_001n })
    await expectRevert(send(registry, 'update', over), 'LeafInvalid', [1_001n, 1_001n])
    const other = await change(REGISTRY_MODE.CHANGE, { index: 8n })
    await expectRevert(send(registry, 'update', other), 'IndexEmpty', [8n])
  })

  it('refuses indexes outside the tree, unknown modes and a T with a change', async () => {
    const outside = await update({ index: 1n << 20n })
    await expectRevert(send(registry, 'update', outside), 'IndexOutOfRange', [1n << 20n])
    const nobody = await update({ index: 0n })
    await expectRevert(send(registry, 'update', nobody), 'IndexOutOfRange', [0n])
    await fill()
    const unknown = { ...(await change(REGISTRY_MODE.CHANGE)), mode: 4 }
    await expectRevert(send(registry, 'update', unknown), 'ModeUnknown', [4n])
    const withT = { ...(await change(REGISTRY_MODE.CHANGE)), tracePoint }
    await expectRevert(send(registry, 'update', withT), 'RegistrationUnexpected')
  })

  it('changes a destination by its owner only after announcement and timelock', async () => {
    await fill()
    const said = await change(REGISTRY_MODE.DESTINATION_BY_OWNER)
    await expectRevert(send(registry, 'update', said), 'DestinationNotAnnounced')
    await send(registry, 'announceDestination', 7n, 1_001n, 1_003n)
    await expectRevert(send(registry, 'update', said), 'DestinationNotAnnounced')
    await send(registry, 'announceDestination', 7n, 1_001n, 1_002n)
    const allowedFrom = (await rollup.now()) + WEEK
    await expectRevert(send(registry, 'update', said), 'DestinationTooSoon', [allowedFrom])
    await rollup.chain.increaseTime(Number(WEEK) + 30)
    // A week later the same proof is for a day of R9 that is past.
    await expectRevert(send(registry, 'update', said), 'SuspensionDayWrong')
    await send(registry, 'update', await change(REGISTRY_MODE.DESTINATION_BY_OWNER))
    await expectRevert(send(registry, 'announceDestination', 8n, 1n, 2n), 'IndexEmpty', [8n])
  })

  describe('a destination by order', () => {
    let log: Contract
    beforeEach(async () => {
      await fill()
      log = rollup.contract('disclosureLog')
      const manager = rollup.contract('accessManager')
      const [reviewer, judge] = rollup.users
      await send(manager, 'grantRole', ROLE_IDS.reviewer, reviewer?.address, 0)
      await send(manager, 'grantRole', ROLE_IDS.judge, judge?.address, 0)
    })

    async function fileOrder(newLeaf: bigint): Promise<void> {
      const scopeHash = await log['destinationScope']?.(7n, 1_001n, newLeaf)
      const caseHash = `0x${'11'.repeat(32)}`
      const filing = { kind: 2, isEmergency: false, legalBasis: 3, limit: 0, caseHash, scopeHash }
      await send(log, 'file', filing)
    }

    const approve = (as: 'Reviewer' | 'Judge', order: bigint) =>
      send(
        rollup.as('disclosureLog', rollup.users[as === 'Reviewer' ? 0 : 1] as Wallet),
        `approveAs${as}`,
        order,
      )

    const byOrder = async (order: bigint, more: Change = {}) => ({
      ...(await change(REGISTRY_MODE.DESTINATION_BY_ORDER, more)),
      order,
    })

    it('needs an order in the log, approved by two, for exactly this change', async () => {
      const call = (said: object) => send(registry, 'update', said)
      await expectRevert(call(await byOrder(0n)), 'OrderMismatch', [3n, 0n])
      await expectRevert(call(await byOrder(1n)), 'OrderUnknown', [1n])
      await fileOrder(1_002n)
      await expectRevert(call(await byOrder(1n)), 'OrderInState', [1n, 1n])
      await approve('Reviewer', 1n)
      await expectRevert(call(await byOrder(1n)), 'OrderInState', [1n, 1n])
      await approve('Judge', 1n)
      await expectRevert(call(await byOrder(1n, { newLeaf: 1_004n })), 'DestinationOther', [1n])
      // The order stays usable: a refused proof leaves nothing behind.
      const forged = { ...(await byOrder(1n)), proof: ZERO_PROOF }
      await expectRevert(call(forged), 'RegistryProofInvalid')
      await call(await byOrder(1n))
      assert.deepEqual((await registry['current']?.()).toArray(), [2n, 2_002n])
      const [state] = await log['orderAt']?.(1n)
      assert.equal(state, 4n)
      const again = await byOrder(1n, { oldLeaf: 1_001n, newRoot: 2_003n })
      await expectRevert(call(again), 'OrderInState', [1n, 4n])
    })

    it('lends its order to no other mode', async () => {
      await fileOrder(1_002n)
      await approve('Reviewer', 1n)
      await approve('Judge', 1n)
      for (const mode of [REGISTRY_MODE.CHANGE, REGISTRY_MODE.DESTINATION_BY_OWNER]) {
        const said = { ...(await change(mode)), order: 1n }
        await expectRevert(send(registry, 'update', said), 'OrderMismatch', [BigInt(mode), 1n])
      }
      const filling = { ...(await update({ index: 8n })), order: 1n }
      await expectRevert(send(registry, 'update', filling), 'OrderMismatch', [0n, 1n])
    })

    it('is not open to an officer: the registrar proves and publishes it', async () => {
      await fileOrder(1_002n)
      await approve('Reviewer', 1n)
      await approve('Judge', 1n)
      const as = rollup.as('identityRegistry', stranger)
      await expectRevert(send(as, 'update', await byOrder(1n)), 'AccessManagedUnauthorized')
      await expectRevert(
        send(log, 'useDestinationOrder', 1n, 7n, 1_001n, 1_002n),
        'CallerNotRegistry',
      )
    })
  })

  it('keeps versions for the settle window', async () => {
    await fill()
    const supersededAt = await rollup.now()
    assert.deepEqual((await registry['rootAt']?.(0n)).toArray(), [
      emptyRoot(IDENTITY_TREE_DEPTH),
      supersededAt,
    ])
    assert.deepEqual((await registry['rootAt']?.(1n)).toArray(), [2_001n, 0n])
    assert.equal(await registry['isAcceptable']?.(0n, 7_200n), true)
    assert.equal(await registry['isAcceptable']?.(2n, 7_200n), false)
    // Base-chain clients differ in the time of calls, by a second or two.
    await rollup.chain.increaseTime(7_170)
    assert.equal(await registry['isAcceptable']?.(0n, 7_200n), true)
    await rollup.chain.increaseTime(60)
    assert.equal(await registry['isAcceptable']?.(0n, 7_200n), false)
    assert.equal(await registry['isAcceptable']?.(1n, 7_200n), true)
    await expectRevert(registry['rootAt']?.(2n), 'VersionUnknown', [2n])
  })

  describe('registrars and their limits', () => {
    const whole = { firstIndex: 0, endIndex: 1 << 20, tierCap: 255, dailyQuota: 2 ** 32 - 1 }
    let second: Wallet
    beforeEach(async () => {
      second = rollup.users[1] as Wallet
      const manager = rollup.contract('accessManager')
      await send(manager, 'grantRole', ROLE_IDS.registrar, second.address, 0)
    })
    const set = (account: string, limits: Partial<typeof whole> = {}) =>
      send(registry, 'setRegistrar', account, { ...whole, ...limits })
    const asSecond = () => rollup.as('identityRegistry', second)

    it('a deployment gives its one registrar the whole tree', async () => {
      const { address } = rollup.operator
      assert.deepEqual((await registry['registrars']?.()).toArray(), [address])
      const [limits, used] = await registry['limitsOf']?.(address)
      assert.deepEqual(limits.toArray(), Object.values(whole).map(BigInt))
      assert.equal(used, 0n)
    })

    it('a holder of the role without limits can do nothing', async () => {
      const said = await update({ tierCap: 0n })
      const facts = [second.address, 7n]
      await expectRevert(send(asSecond(), 'update', said), 'IndexOfAnother', facts)
      await expectRevert(send(asSecond(), 'announceDestination', 7n, 1n, 2n), 'IndexEmpty')
    })

    it('each writes in its own range, which meets no other', async () => {
      const { address } = rollup.operator
      await expectRevert(set(second.address, { endIndex: 8 }), 'RangeTaken', [address])
      await set(address, { firstIndex: 8 })
      const receipt = await set(second.address, { endIndex: 8, tierCap: 3 })
      const [event] = eventsOf(receipt, registry, 'RegistrarSet')
      const limits = [0n, 8n, 3n, BigInt(whole.dailyQuota)]
      assert.deepEqual(event?.toArray(true), [second.address, limits])
      await expectRevert(set(address, { firstIndex: 7 }), 'RangeTaken', [second.address])
      await expectRevert(set(address, { firstIndex: 9, endIndex: 8 }), 'RangeInvalid', [9n, 8n])
      await expectRevert(set(address, { endIndex: (1 << 20) + 1 }), 'RangeInvalid')

      await expectRevert(send(registry, 'update', await update()), 'IndexOfAnother', [address, 7n])
      await send(asSecond(), 'update', await update({ tierCap: 3n }))
      const outside = await update({ index: 8n, tierCap: 3n, newRoot: 5n })
      await expectRevert(send(asSecond(), 'update', outside), 'IndexOfAnother')
      await expectRevert(
        send(registry, 'announceDestination', 7n, 1_001n, 1_002n),
        'IndexOfAnother',
      )
      await send(asSecond(), 'announceDestination', 7n, 1_001n, 1_002n)
    })

    it('an update is proved for the cap of the registrar that sends it, and no other', async () => {
      await set(rollup.operator.address, { tierCap: 3 })
      for (const tierCap of [2n, 4n, 255n]) {
        await expectRevert(
          send(registry, 'update', await update({ tierCap })),
          'RegistryProofInvalid',
        )
      }
      await send(registry, 'update', await update({ tierCap: 3n }))
    })

    it('the quota counts updates and announcements of a day', async () => {
      const { address } = rollup.operator
      await set(address, { dailyQuota: 2 })
      await fill()
      await send(registry, 'announceDestination', 7n, 1_001n, 1_002n)
      assert.equal((await registry['limitsOf']?.(address))[1], 2n)
      const third = await change(REGISTRY_MODE.CHANGE)
      await expectRevert(send(registry, 'update', third), 'QuotaExhausted', [address, 2n])
      await expectRevert(
        send(registry, 'announceDestination', 7n, 1_001n, 1_003n),
        'QuotaExhausted',
      )
      await rollup.chain.increaseTime(Number(DAY))
      await send(registry, 'update', await change(REGISTRY_MODE.CHANGE))
    })

    it('an empty range takes a registrar’s work away and frees its place', async () => {
      const { address } = rollup.operator
      await set(address, { endIndex: 0 })
      await expectRevert(send(registry, 'update', await update()), 'IndexOfAnother', [address, 7n])
      await set(second.address)
      await send(asSecond(), 'update', await update())
    })

    it('takes the day of R9 of today, or of yesterday, and no other', async () => {
      const today = dayOf(await rollup.now())
      const latest = today + BigInt(MAX_SUSPENSION_DAYS)
      for (const latestSuspension of [latest - 2n, latest + 1n, 0n, 65_535n]) {
        const said = await update({ latestSuspension })
        await expectRevert(send(registry, 'update', said), 'SuspensionDayWrong')
      }
      await send(registry, 'update', await update({ latestSuspension: latest - 1n }))
    })

    it('limits are set by governance alone', async () => {
      const as = rollup.as('identityRegistry', stranger)
      await expectRevert(
        send(as, 'setRegistrar', second.address, whole),
        'AccessManagedUnauthorized',
      )
      await expectRevert(
        send(asSecond(), 'setRegistrar', second.address, whole),
        'AccessManagedUnauthorized',
      )
    })
  })

  describe('appeals', () => {
    const text = `0x${'aa'.repeat(32)}`
    const answer = `0x${'bb'.repeat(32)}`

    it('anybody puts one on record once, and the index’s registrar answers it once', async () => {
      await fill()
      const as = rollup.as('identityRegistry', stranger)
      const filed = await send(as, 'appeal', 7n, text)
      assert.deepEqual(eventsOf(filed, registry, 'AppealFiled')[0]?.toArray(), [
        7n,
        text,
        stranger.address,
      ])
      assert.equal(await registry['appealState']?.(7n, text), 1n)
      await expectRevert(send(as, 'appeal', 7n, text), 'AppealKnown', [7n, text])
      await expectRevert(send(as, 'answerAppeal', 7n, text, answer), 'AccessManagedUnauthorized')
      const answered = await send(registry, 'answerAppeal', 7n, text, answer)
      assert.deepEqual(eventsOf(answered, registry, 'AppealAnswered')[0]?.toArray(), [
        7n,
        text,
        answer,
      ])
      assert.equal(await registry['appealState']?.(7n, text), 2n)
      await expectRevert(send(registry, 'answerAppeal', 7n, text, answer), 'AppealNotOpen', [
        7n,
        text,
      ])
      await expectRevert(send(as, 'appeal', 7n, text), 'AppealKnown')
      await expectRevert(send(as, 'appeal', 8n, text), 'IndexEmpty', [8n])
      await expectRevert(send(registry, 'answerAppeal', 7n, answer, text), 'AppealNotOpen')
    })

    it('another registrar answers none', async () => {
      await fill()
      await send(rollup.as('identityRegistry', stranger), 'appeal', 7n, text)
      const limits = { firstIndex: 8, endIndex: 16, tierCap: 1, dailyQuota: 1 }
      await send(registry, 'setRegistrar', rollup.operator.address, limits)
      await expectRevert(send(registry, 'answerAppeal', 7n, text, answer), 'IndexOfAnother')
    })
  })

  it('is open to the registrar only', async () => {
    const as = rollup.as('identityRegistry', stranger)
    await expectRevert(send(as, 'update', await update()), 'AccessManagedUnauthorized')
    await expectRevert(send(as, 'announceDestination', 7n, 1n, 2n), 'AccessManagedUnauthorized')
  })
})

describe('PolicyRegistry.publish', () => {
  it('publishes root and policies as one version', async () => {
    const registry = rollup.contract('policyRegistry')
    // The deployment has published the first set.
    const first = buildPolicyTree(testPolicies).root
    assert.deepEqual((await registry['current']?.()).toArray(), [1n, first])
    assert.equal((await registry['rootAt']?.(0n))[0], buildPolicyTree([]).root)
    const policy = {
      tier: 2n,
      asset: 1n,
      perTransfer: 1n,
      perDay: 2n,
      accountCap: 3n,
      reportAbove: 4n,
    }
    const { root } = buildPolicyTree([policy])
    const receipt = await send(registry, 'publish', root, [policy])
    const [event] = eventsOf(receipt, registry, 'PolicyPublished')
    assert.deepEqual(event?.toArray(true), [2n, root, [[2n, 1n, 1n, 2n, 3n, 4n]]])
    await expectRevert(send(registry, 'publish', FIELD_ORDER, []), 'RootNotCanonical')
    const many = Array.from({ length: 257 }, () => policy)
    await expectRevert(send(registry, 'publish', 1n, many), 'PoliciesTooMany', [257n])
    const as = rollup.as('policyRegistry', stranger)
    await expectRevert(send(as, 'publish', root, []), 'AccessManagedUnauthorized')
  })
})

describe('SupervisionRegistry.scheduleEpoch', () => {
  let registry: Contract
  let startDay: bigint
  beforeEach(async () => {
    registry = rollup.contract('supervisionRegistry')
    startDay = dayOf(await rollup.now()) + 8n
  })

  const statistics = auditKeyFromSecret('statistics', 11n)
  const investigation = auditKeyFromSecret('investigation', 22n)
  const largeValue = auditKeyFromSecret('largeValue', 44n)

  function registration(
    key: typeof statistics,
    changes: Partial<PossessionContext> = {},
    q: CurvePoint = key.registrationPoint,
  ) {
    const context: PossessionContext = {
      chainId: rollup.deployment.chainId,
      registry: rollup.deployment.contracts.supervisionRegistry,
      epoch: 1n,
      kind: key.kind,
      ...changes,
    }
    const proof = provePossession(context, {
      auditSecret: key.auditSecret,
      randomBytes: seededBytes(`possession ${key.kind}`),
    })
    return keyRegistrationWords({ q, proof })
  }

  const schedule = (day: bigint, s: unknown, i: unknown, l: unknown = registration(largeValue)) =>
    send(registry, 'scheduleEpoch', day, s, i, l)
  const xy = ({ x, y }: CurvePoint) => [x, y]

  it('computes A = 8·Q and answers by day', async () => {
    const receipt = await schedule(startDay, registration(statistics), registration(investigation))
    const keys = [statistics, investigation, largeValue].map(({ auditKey }) => xy(auditKey))
    const [event] = eventsOf(receipt, registry, 'EpochScheduled')
    assert.deepEqual(event?.toArray(true), [1n, startDay, ...keys])
    assert.equal(await registry['epochOf']?.(startDay - 1n), 0n)
    assert.equal(await registry['epochOf']?.(startDay), 1n)
    assert.deepEqual((await registry['keysOfDay']?.(startDay)).toArray(), [1n, ...keys.flat()])
    const { statistics: s, investigation: i, largeValue: l } = rollup.auditKeys
    assert.deepEqual((await registry['keysOfDay']?.(startDay - 1n)).toArray(), [
      0n,
      ...xy(s),
      ...xy(i),
      ...xy(l),
    ])
    await expectRevert(registry['epochOf']?.(0n), 'EpochUnknown', [0n])
  })

  it('accepts Q with a torsion part: A is in the subgroup all the same', async () => {
    // (0, −1) has order 2.
    const q = addPoints(statistics.registrationPoint, { x: 0n, y: FIELD_ORDER - 1n })
    await schedule(startDay, registration(statistics, {}, q), registration(investigation))
    const epoch = await registry['epochAt']?.(1n)
    assert.deepEqual(epoch[1].toArray(), xy(statistics.auditKey))
  })

  it('refuses points of low order, off the curve and not canonical', async () => {
    const good = registration(investigation)
    const { s, r } = registration(statistics)
    const low: CurvePoint[] = [{ x: 0n, y: 1n }, { x: 0n, y: FIELD_ORDER - 1n }, orderFourPoint()]
    for (const point of low) {
      await expectRevert(
        schedule(startDay, { q: xy(point), r, s }, good),
        'KeyOfLowOrder',
        xy(point),
      )
    }
    const { x, y } = statistics.registrationPoint
    for (const q of [
      [x, y + 1n],
      [x + FIELD_ORDER, y],
      [x, y + FIELD_ORDER],
      [0n, 0n],
    ]) {
      await expectRevert(schedule(startDay, { q, r, s }, good), 'KeyNotOnCurve', q)
    }
  })

  it('refuses a proof of possession for another chain, contract, epoch, kind or key', async () => {
    const good = registration(investigation)
    for (const changes of [
      { chainId: 1n },
      { registry: rollup.deployment.rollup },
      { epoch: 0n },
      { kind: 'investigation' as const },
    ]) {
      await expectRevert(
        schedule(startDay, registration(statistics, changes), good),
        'PossessionNotProved',
        [0n],
      )
    }
    const foreign = registration(statistics, {}, mulBase8(33n))
    await expectRevert(schedule(startDay, foreign, good), 'PossessionNotProved', [0n])
    const right = registration(statistics)
    const scalarTwin = { ...right, s: right.s + SUBGROUP_ORDER }
    await expectRevert(schedule(startDay, scalarTwin, good), 'PossessionNotProved', [0n])
    const pointTwin = { ...right, r: [right.r[0] + FIELD_ORDER, right.r[1]] }
    await expectRevert(schedule(startDay, pointTwin, good), 'PossessionNotProved', [0n])
    const wrongI = { ...good, s: (good.s + 1n) % SUBGROUP_ORDER }
    await expectRevert(schedule(startDay, right, wrongI), 'PossessionNotProved', [1n])
    const l = registration(largeValue)
    const wrongL = { ...l, s: (l.s + 1n) % SUBGROUP_ORDER }
    await expectRevert(schedule(startDay, right, good, wrongL), 'PossessionNotProved', [2n])
  })

  it('refuses one key for two purposes', async () => {
    const s = registration(statistics)
    const i = registration(investigation)
    const as = (key: typeof statistics, kind: (typeof statistics)['kind']) =>
      registration({ ...key, kind })
    await expectRevert(schedule(startDay, s, as(statistics, 'investigation')), 'KeysEqual')
    await expectRevert(schedule(startDay, s, i, as(statistics, 'largeValue')), 'KeysEqual')
    await expectRevert(schedule(startDay, s, i, as(investigation, 'largeValue')), 'KeysEqual')
  })

  it('waits the timelock and keeps the schedule ascending', async () => {
    const keys = [
      registration(statistics),
      registration(investigation),
      registration(largeValue),
    ] as const
    const today = dayOf(await rollup.now())
    await expectRevert(schedule(today + 7n, ...keys), 'EpochTooSoon', [today + 8n, today + 7n])
    const first = await registry['epochAt']?.(0n)
    await expectRevert(schedule(first[0], ...keys), 'EpochNotAfterLast')
    await schedule(startDay, ...keys)
    const as = rollup.as('supervisionRegistry', stranger)
    await expectRevert(send(as, 'scheduleEpoch', startDay, ...keys), 'AccessManagedUnauthorized')
  })

  describe('a schedule that holds nobody up', () => {
    const keysOf = (epoch: bigint) =>
      [
        registration(statistics, { epoch }),
        registration(investigation, { epoch }),
        registration(largeValue, { epoch }),
      ] as const

    it('refuses a start more than a month beyond the timelock, of the first epoch too', async () => {
      const latest = startDay + 31n
      for (const far of [latest + 1n, 65_535n]) {
        await expectRevert(schedule(far, ...keysOf(1n)), 'EpochTooFar', [latest, far])
      }
      const empty = await deployTestContract(
        rollup.operator,
        'SupervisionRegistry',
        'SupervisionRegistry',
        [await rollup.contract('accessManager').getAddress(), WEEK],
      )
      await expectRevert(send(empty, 'scheduleEpoch', 65_535n, ...keysOf(0n)), 'EpochTooFar', [
        latest,
        65_535n,
      ])
      await schedule(latest, ...keysOf(1n))
    })

    it('lets two epochs wait for their start, and the next one as soon as the first has begun', async () => {
      await schedule(startDay, ...keysOf(1n))
      await schedule(startDay + 1n, ...keysOf(2n))
      const refused = () =>
        expectRevert(schedule(startDay + 20n, ...keysOf(3n)), 'EpochsUnstarted', [startDay])
      await refused()
      const start = startDay * DAY
      await rollup.chain.increaseTime(Number(start - 60n - (await rollup.now())))
      await refused()
      await rollup.chain.increaseTime(Number(start - (await rollup.now())))
      await schedule(startDay + 20n, ...keysOf(3n))
    })

    it('answers for bounded gas, whatever its keeper tries', async () => {
      const today = async () => dayOf(await rollup.now())
      // One a day for weeks, five times: what is not yet begun stays few.
      for (let round = 0; round < 5; round++) {
        const first = (await today()) + 8n
        const count: bigint = await registry['epochCount']?.()
        await schedule(first, ...keysOf(count))
        await schedule(first + 1n, ...keysOf(count + 1n))
        for (let more = 2n; more < 6n; more++) {
          const keys = keysOf(count + 2n)
          await expectRevert(schedule(first + more, ...keys), 'EpochsUnstarted', [first])
        }
        const gas = await registry.getFunction('keysOfDay').estimateGas(await today())
        assert.ok(gas < 60_000n, String(gas))
        await rollup.chain.increaseTime(Number(10n * DAY))
      }
    })
  })

  it('gives the challenge that protocol/ computes', async () => {
    const { r } = registration(statistics)
    const { possessionChallenge } = await import('../../protocol/auditKeyPossession.ts')
    const expected = possessionChallenge(
      {
        chainId: rollup.deployment.chainId,
        registry: rollup.deployment.contracts.supervisionRegistry,
        epoch: 5n,
        kind: 'investigation',
      },
      statistics.auditKey,
      { x: r[0], y: r[1] },
    )
    const actual = await registry['possessionChallenge']?.(5n, 1n, xy(statistics.auditKey), r)
    assert.equal(actual, expected)
  })
})

/** A point of order 4: y = 0, a·x² = 1. */
function orderFourPoint(): CurvePoint {
  const x = modSqrt(modPow(168_700n, FIELD_ORDER - 2n))
  return { x, y: 0n }
}

function modPow(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let b = base % FIELD_ORDER, e = exponent; e > 0n; e >>= 1n, b = (b * b) % FIELD_ORDER) {
    if (e & 1n) result = (result * b) % FIELD_ORDER
  }
  return result
}

/** Tonelli–Shanks; 5 is no square mod r. */
function modSqrt(value: bigint): bigint {
  let odd = FIELD_ORDER - 1n
  let twos = 0n
  while (odd % 2n === 0n) [odd, twos] = [odd / 2n, twos + 1n]
  let c = modPow(5n, odd)
  let root = modPow(value, (odd + 1n) / 2n)
  let t = modPow(value, odd)
  for (let m = twos; t !== 1n;) {
    let i = 0n
    for (let square = t; square !== 1n; square = (square * square) % FIELD_ORDER) i++
    assert.ok(i < m, 'not a square')
    const b = modPow(c, 1n << (m - i - 1n))
    root = (root * b) % FIELD_ORDER
    c = (b * b) % FIELD_ORDER
    t = (t * c) % FIELD_ORDER
    m = i
  }
  assert.equal((root * root) % FIELD_ORDER, value)
  return root
}

describe('VerifierRegistry', () => {
  let registry: Contract
  beforeEach(() => {
    registry = rollup.contract('verifierRegistry')
  })

  const keyWords = (circuit: keyof typeof CIRCUIT_IDS = 'transfer') => {
    const words = checkVerificationKeys(rollup.keys.verificationKeys)[circuit]
    assert.ok(words !== undefined)
    return { delta: words.delta, ic: [...words.ic] }
  }

  /** A new key of the transfer circuit, in words, and a prover for it. */
  const newKey = () => {
    const { prove, verificationKey } = rollup.keys.secondKey('transfer')
    const keys = { ...rollup.keys.verificationKeys, transfer: verificationKey }
    const { delta, ic } = checkVerificationKeys(keys).transfer
    return { words: { delta, ic: [...ic] }, prove }
  }

  it('announces, activates after the timelock, and lets the old key set', async () => {
    const { words, prove } = newKey()
    await send(registry, 'announceKey', 1, words)
    assert.equal(await registry['keyStatus']?.(1, 2), 1n)
    const activatableAt = (await rollup.now()) + WEEK
    await expectRevert(send(registry, 'activateKey', 1, 2), 'KeyNotActivatable', [activatableAt])
    await expectRevert(send(registry, 'activateKey', 1, 1), 'KeyNotAnnounced', [1n, 1n])
    const builder = new SettleBuilder(rollup)
    await rollup.chain.increaseTime(Number(WEEK) + 30)
    await send(registry, 'activateKey', 1, 2)
    assert.deepEqual(
      [await registry['keyStatus']?.(1, 1), await registry['keyStatus']?.(1, 2)],
      [3n, 2n],
    )

    // Both settle in one call, each named.
    const underNew = { prove: (_: unknown, inputs: readonly bigint[]) => prove(inputs) }
    await settle(
      rollup,
      await builder.call([{ slots: [underNew, { isSunsetKey: true }, underNew] }]),
    )
    await expectRevert(
      settle(rollup, await builder.fork('unnamed').call([{ slots: [{}] }])),
      'ProofsInvalid',
    )
    // A third key cannot cut the sunset short.
    await send(registry, 'announceKey', 1, newKey().words)
    const back = await rollup.chain.snapshot()
    await rollup.chain.increaseTime(Number(DAY) + 30)
    await expectRevert(
      settle(rollup, await builder.fork('late').call([{ slots: [{ isSunsetKey: true }] }])),
      'KeyNotUsable',
      [1n, true],
    )
    assert.equal(await registry['keyStatus']?.(1, 1), 4n)
    await back()
    await send(registry, 'retireKey', 1, 1)
    await expectRevert(
      settle(rollup, await builder.fork('retired').call([{ slots: [{ isSunsetKey: true }] }])),
      'KeyNotUsable',
    )
    await expectRevert(send(registry, 'retireKey', 1, 2), 'KeyNotInUse', [1n, 2n])
  })

  it('never activates a second key within a sunset', async () => {
    await send(registry, 'announceKey', 1, newKey().words)
    await send(registry, 'announceKey', 1, newKey().words)
    await rollup.chain.increaseTime(Number(WEEK) + 30)
    await send(registry, 'activateKey', 1, 2)
    await expectRevert(send(registry, 'activateKey', 1, 3), 'KeySunsetPending')
    await rollup.chain.increaseTime(Number(DAY) + 30)
    await send(registry, 'activateKey', 1, 3)
  })

  describe('a key that a guardian stops', () => {
    const clock = () => rollup.contract('clock')
    for (const circuit of ['transfer', 'batch-4'] as const) {
      it(`${circuit}: stops the clock with it, so that what was sealed settles afterwards`, async () => {
        const id = CIRCUIT_IDS[circuit]
        const builder = new SettleBuilder(rollup)
        const sealed = await builder.call([{ slots: [{}] }])
        const time: bigint = await clock()['time']?.()
        await send(registry, 'stopKey', id, 1)
        await expectRevert(settle(rollup, sealed), 'ClockStopped')
        await expectRevert(registry['keyBlob']?.(id, false), 'KeyNotUsable', [BigInt(id), false])
        // Longer than the settle window and every deadline.
        await rollup.chain.increaseTime(Number(3n * DAY) - 60)
        await expectRevert(settle(rollup, sealed), 'ClockStopped')
        await rollup.chain.increaseTime(90)
        assert.ok((await clock()['time']?.()) < time + 300n)
        await settle(rollup, sealed)
      })
    }

    it('is usable again when the clock is let run again, and is stopped once', async () => {
      const sealed = await new SettleBuilder(rollup).call([{ slots: [{}] }])
      await send(registry, 'stopKey', 1, 1)
      await send(clock(), 'resume')
      await settle(rollup, sealed)
      await expectRevert(send(registry, 'stopKey', 1, 1), 'KeyStoppedBefore')
      await expectRevert(send(registry, 'stopKey', 1, 2), 'KeyNotInUse')
      // Nor does a second key give a second stop: the clock runs for a week between two.
      await expectRevert(send(registry, 'stopKey', 2, 1), 'StopTooSoon')
      await expectRevert(send(clock(), 'stop'), 'StopTooSoon')
      await rollup.chain.increaseTime(Number(WEEK) + 30)
      await send(registry, 'stopKey', 2, 1)
    })

    it('ends with the stop of the clock that runs already', async () => {
      await send(clock(), 'stop')
      await rollup.chain.increaseTime(Number(2n * DAY))
      await send(registry, 'stopKey', 1, 1)
      await rollup.chain.increaseTime(Number(DAY))
      await settle(rollup, await new SettleBuilder(rollup).call([{ slots: [{}] }]))
    })

    it('of the registries: stops no settlement, and lapses by itself', async () => {
      const id = CIRCUIT_IDS.registry
      await send(registry, 'stopKey', id, 1)
      assert.equal(await clock()['isStopped']?.(), false)
      await settle(rollup, await new SettleBuilder(rollup).call([{ slots: [{}] }]))
      const update = updateIdentity(rollup, { index: 9n, newLeaf: 99n })
      await expectRevert(update, 'KeyNotUsable', [BigInt(id), false])
      await rollup.chain.increaseTime(Number(3n * DAY) + 30)
      await updateIdentity(rollup, { index: 9n, newLeaf: 99n })
    })

    it('the clock believes nobody else', async () => {
      await expectRevert(send(clock(), 'stopWithKey'), 'CallerNotVerifierRegistry')
    })
  })

  it('refuses keys that bind nothing', async () => {
    const good = newKey().words
    const announce = (changes: object, circuit = 1) =>
      send(registry, 'announceKey', circuit, { ...good, ...changes })
    const gamma = (await registry['commonKey']?.()).toArray().slice(6)
    await expectRevert(announce({ delta: gamma }), 'KeyDeltaIsGamma')
    const q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n
    const minusGamma = [gamma[0], gamma[1], q - gamma[2], q - gamma[3]]
    await expectRevert(announce({ delta: minusGamma }), 'KeyDeltaIsGamma')
    await expectRevert(announce({ delta: [0n, 0n, 0n, 0n] }), 'KeyPointAtInfinity', [3n])
    await expectRevert(announce({ delta: [1n, 2n, 3n, 4n] }), 'KeyPointInvalid', [3n])
    await expectRevert(announce({ delta: keyWords().delta }), 'KeyDeltaReused')
    await expectRevert(announce({ ic: good.ic.slice(1) }), 'KeyInputCountWrong', [25n, 24n])
    await expectRevert(announce({ ic: [...good.ic, good.ic[0]] }), 'KeyInputCountWrong')
    const withPoint = (i: number, point: [bigint, bigint]) => ({
      ic: good.ic.map((old, j) => (j === i ? point : old)),
    })
    await expectRevert(announce(withPoint(0, [0n, 0n])), 'KeyPointAtInfinity', [4n])
    await expectRevert(announce(withPoint(25, [0n, 0n])), 'KeyPointAtInfinity', [29n])
    await expectRevert(announce(withPoint(5, [1n, 1n])), 'KeyPointInvalid', [9n])
    await expectRevert(announce({}, 9), 'CircuitUnknown', [9n])
  })

  it('folds the domain into IC[0]: verifyProof takes all inputs but it', async () => {
    const inputs = {
      domain: rollup.deployment.domain,
      index: 3n,
      leaf: 4n,
      tracePoint: [5n, 6n] as const,
    }
    const proof = rollup.keys.prove('registration', publicInputsToArray('registration', inputs))
    const verify = (values: bigint[]) =>
      registry['verifyProof']?.(CIRCUIT_IDS.registration, values, [...proof])
    assert.equal(await verify([3n, 4n, 5n, 6n]), true)
    assert.equal(await verify([3n, 4n, 5n, 7n]), false)
    await expectRevert(verify([3n, 4n, 5n]), 'KeyInputCountWrong')
    await expectRevert(verify([3n, 4n, 5n, 6n + FIELD_ORDER]), 'PublicInputNotCanonical', [3n])
  })

  it('opens its functions to governance and guardian only', async () => {
    const as = rollup.as('verifierRegistry', stranger)
    const { words } = newKey()
    await expectRevert(send(as, 'announceKey', 1, words), 'AccessManagedUnauthorized')
    await expectRevert(send(as, 'activateKey', 1, 1), 'AccessManagedUnauthorized')
    await expectRevert(send(as, 'retireKey', 1, 1), 'AccessManagedUnauthorized')
    await expectRevert(send(as, 'stopKey', 1, 1), 'AccessManagedUnauthorized')
  })
})

describe('Clock', () => {
  it('stands still while stopped, for three days at most, and runs seven between', async () => {
    const clock = rollup.contract('clock')
    assert.equal(await clock['time']?.(), await rollup.now())
    await expectRevert(send(clock, 'resume'), 'NotStopped')
    await send(clock, 'stop')
    const stoppedAt = await rollup.now()
    await rollup.chain.increaseTime(Number(DAY))
    assert.equal(await clock['time']?.(), stoppedAt)
    await expectRevert(clock['timeAndWindowStart']?.(7_200n), 'ClockStopped')
    await expectRevert(send(clock, 'stop'), 'StopTooSoon')
    await rollup.chain.increaseTime(Number(3n * DAY) + 30)
    assert.equal(await clock['isStopped']?.(), false)
    const now = await rollup.now()
    assert.equal(await clock['time']?.(), now - 3n * DAY)
    await expectRevert(send(clock, 'stop'), 'StopTooSoon', [stoppedAt + 10n * DAY])
    await rollup.chain.increaseTime(Number(WEEK) + 30)
    await send(clock, 'stop')
    await send(clock, 'resume')
    const as = rollup.as('clock', stranger)
    await expectRevert(send(as, 'stop'), 'AccessManagedUnauthorized')
    await expectRevert(send(as, 'resume'), 'AccessManagedUnauthorized')
  })

  it('continues a window that reaches over a stop before it', async () => {
    const clock = rollup.contract('clock')
    await send(clock, 'stop')
    const stoppedAt = await rollup.now()
    await rollup.chain.increaseTime(3_000)
    await send(clock, 'resume')
    const resumedAt = await rollup.now()
    await rollup.chain.increaseTime(1_000)
    const now = await rollup.now()
    const [time, start] = await clock['timeAndWindowStart']?.(7_200n)
    assert.equal(time, now - (resumedAt - stoppedAt))
    assert.equal(start, stoppedAt - (7_200n - (now - resumedAt)))
    const [, short] = await clock['timeAndWindowStart']?.(500n)
    assert.equal(short, now - 500n)
  })
})
