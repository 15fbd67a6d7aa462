// The forced queue, clause by clause. Proofs are simulated with keys whose secrets are known; the same
// path with real ones: Rollup.settle.realProofs.test.ts.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { Wallet } from 'ethers'
import { computeStatementId } from '../../api/index.ts'
import { encodeSettle, type Hex } from '../../l1/codec.ts'
import {
  decodeForcedEntry,
  encodeForcedEntry,
  type ForcedEntry,
  hashForcedWords,
} from '../../l1/forcedEntry.ts'
import { dayOf } from '../../protocol/calendar.ts'
import { CIRCUIT_IDS, FIELD_ORDER } from '../../protocol/constants.ts'
import { deploymentDomain } from '../../protocol/domain.ts'
import { publicInputsToArray, type TransferPublicInputs } from '../../protocol/publicInputs.ts'
import { publicInputsOf } from '../support/bondClaims.ts'
import { eventsOf, expectRevert, send } from '../support/expectRevert.ts'
import {
  publishPolicy,
  replaceKey,
  scheduleEpoch,
  updateIdentity,
} from '../support/registryMoves.ts'
import {
  deployTestContract,
  ETH_ASSET,
  force,
  type ForcedParameters,
  MAX_FEE,
  SETTLE_WINDOW,
  SettleBuilder,
  settle,
  type SlotParameters,
  startTestRollup,
  type TestRollup,
} from '../support/settlement.ts'

const DAY = 86_400n
const DUE_DELAY = 10_800n
const DEADLINE = DAY
const SPACING = 60n
const BASE_FEE = 1_000n
/** Seconds on either side of a limit: base-chain clients differ in the next block's time. */
const MARGIN = 30n
const RECIPIENT: Hex = `0x${'ab'.repeat(20)}`
const STATUS = { none: 0n, queued: 1n, live: 2n, void: 3n } as const
const FEE = { amount: 300n, asset: ETH_ASSET }
const WITHDRAWAL = { asset: ETH_ASSET, amount: 40n, recipient: RECIPIENT }

let rollup: TestRollup
let builder: SettleBuilder
let user: Wallet
let undo: () => Promise<void>

before(async () => {
  rollup = await startTestRollup({ config: { forcedEntryFee: BASE_FEE } })
  user = rollup.users[0] as Wallet
  // Something to pay fees and withdrawals from, and a settled batch.
  builder = new SettleBuilder(rollup)
  const vault = rollup.contract('vault')
  const units = 1_000_000n
  const base = units * 10_000_000_000n
  const entryFee: bigint = await vault['entryFee']?.()
  const ciphertext = `0x${'11'.repeat(92)}`
  await send(vault, 'deposit', ETH_ASSET, base, 77n, ciphertext, { value: base + entryFee })
  await settle(rollup, await builder.call([{ depositIds: [1n], slots: [] }]))
})
after(() => rollup.stop())
let settled: SettleBuilder
beforeEach(async () => {
  undo = await rollup.chain.snapshot()
  settled = builder
  builder = settled.fork('test')
})
afterEach(async () => {
  builder = settled
  await undo()
})

async function setTime(seconds: bigint): Promise<void> {
  await rollup.chain.request('evm_setNextBlockTimestamp', [Number(seconds)])
  await rollup.chain.mine()
}

const queueOf = async (): Promise<[bigint, bigint]> =>
  (await rollup.contract('forcedQueue')['queue']?.()).toArray()
const entryOf = async (id: bigint) => rollup.contract('forcedQueue')['entryOf']?.(id)

/** Queues an entry and returns what a batch names it by. */
async function queued(slot: SlotParameters = {}): Promise<ForcedParameters> {
  const forced = await builder.entry(slot)
  return { forced, entryId: (await force(rollup, forced)).id }
}

/** One statement several times: the contracts cannot know that only the first can be live. */
async function queueMany(count: number, slot: SlotParameters = {}): Promise<ForcedParameters[]> {
  const forced = await builder.entry(slot)
  const entries: ForcedParameters[] = []
  // With its gas given, a transaction is not tried before it is sent.
  const options = { gasLimit: 1_000_000n }
  for (let i = 0; i < count; i++) {
    entries.push({ forced, entryId: (await force(rollup, forced, options)).id })
  }
  return entries
}

const settles = async (slots: readonly (ForcedParameters | SlotParameters)[]) =>
  settle(rollup, await builder.call([{ slots }]))
const refuses = async (
  slots: readonly (ForcedParameters | SlotParameters)[],
  name: string,
  facts?: readonly unknown[],
) => expectRevert(settle(rollup, await builder.fork(name).call([{ slots }])), name, facts)

describe('ForcedQueue.enter', () => {
  describe('given a valid transfer', () => {
    for (const kind of ['transfer', 'collect'] as const) {
      it(`queues a ${kind} from anybody, and publishes all of it`, async () => {
        const entry = await builder.entry({ kind, fee: FEE, withdrawal: WITHDRAWAL })
        const { id, receipt } = await force(rollup, entry, { wallet: user })
        const queuedAt = await rollup.now()
        const statementId = computeStatementId({
          circuit: kind,
          publicInputs: publicInputsToArray(kind, await publicInputsOf(builder, entry)),
          memo: entry.transfer.memo,
        })
        assert.deepEqual(await queueOf(), [1n, 2n])
        assert.deepEqual((await entryOf(id)).toArray(), [
          hashForcedWords(entry.transfer),
          statementId,
          kind === 'transfer' ? 1n : 2n,
          queuedAt,
          queuedAt + DUE_DELAY,
          queuedAt + DEADLINE,
          0n,
          true,
          STATUS.queued,
        ])
        const queue = rollup.contract('forcedQueue')
        const [event] = eventsOf(receipt, queue, 'ForcedTransferQueued')
        assert.deepEqual(event?.toArray().slice(0, 7), [
          ...[1n, statementId, entry.transfer.nullifier],
          ...[queuedAt, queuedAt + DUE_DELAY, queuedAt + DEADLINE, true],
        ])
        assert.deepEqual(decodeForcedEntry(event?.['data']), entry)
        assert.equal(await queue['headDeadline']?.(), queuedAt + DEADLINE)
      })
    }

    it('queues it from a contract, and gives back what was paid too much', async () => {
      const caller = await deployTestContract(user, 'mocks/TestCallers', 'RefusingCaller')
      const data = encodeForcedEntry(await builder.entry())
      const queue = rollup.contract('forcedQueue')
      const input = queue.interface.encodeFunctionData('enter', [data])
      const { forcedQueue } = rollup.deployment.contracts
      // It takes no ETH, so that nothing can be given back.
      await expectRevert(
        send(caller, 'forward', forcedQueue, input, { value: BASE_FEE + 1n }),
        'PaymentRefused',
        [await caller.getAddress(), 1n],
      )
      await send(caller, 'forward', forcedQueue, input, { value: BASE_FEE })
      await force(rollup, await builder.entry(), { wallet: user, value: 5n * BASE_FEE })
      assert.equal(await rollup.provider.getBalance(forcedQueue), 2n * BASE_FEE)
    })

    it('takes the same statement twice: the second will be void', async () => {
      const entry = await builder.entry()
      await force(rollup, entry)
      await force(rollup, entry)
      assert.deepEqual(await queueOf(), [1n, 3n])
    })
  })

  describe('when the data are malformed', () => {
    const refused = async (data: Hex, name: string, facts?: readonly unknown[]) =>
      expectRevert(force(rollup, data), name, facts)
    const changed = (data: Hex, offset: number, value: number): Hex => {
      const bytes = Buffer.from(data.slice(2), 'hex')
      bytes[offset] = value
      return `0x${bytes.toString('hex')}`
    }

    it('reverts for another length', async () => {
      const data = encodeForcedEntry(await builder.entry({ fee: FEE, withdrawal: WITHDRAWAL }))
      await refused('0x', 'DataLengthWrong', [906n, 0n])
      await refused(`${data}00`, 'DataLengthWrong', [946n, 947n])
      for (const cut of [1, 30, 31, 40, 41, 300, 900]) {
        await refused(data.slice(0, data.length - 2 * cut) as Hex, 'DataLengthWrong')
      }
    })

    it('reverts for heads that mean nothing here: empty, void, forced', async () => {
      const data = encodeForcedEntry(await builder.entry())
      for (const head of [0x00, 0x03, 0x21, 0x23, 0x41, 0x10, 0xff]) {
        await refused(changed(data, 10, head), 'SlotKindUnknown', [BigInt(head)])
      }
      await refused(changed(data, 11, 1), 'ContextUnknown', [1n])
    })
  })

  describe('S1: anchor', () => {
    it('accepts the root of any settled batch', async () => {
      await force(rollup, await builder.entry({ anchorBatch: 0n }))
      await force(rollup, await builder.entry({ anchorBatch: 1n }))
    })

    it('reverts with AnchorNotSettled for a batch that is not settled', async () => {
      for (const anchorBatch of [2n, 3n, 2n ** 40n - 1n]) {
        const entry = await builder.entry({ anchorBatch })
        await expectRevert(force(rollup, entry), 'AnchorNotSettled', [anchorBatch])
      }
    })

    it('reverts with ProofInvalid for another anchor than the proof is for', async () => {
      const entry = await builder.entry({ anchorBatch: 1n })
      const other = { ...entry, transfer: { ...entry.transfer, anchorBatch: 0n } }
      await expectRevert(force(rollup, other), 'ProofInvalid')
    })
  })

  describe('S2: values current, or superseded inside the window', () => {
    it('accepts a superseded policy root within the window, as not current, and not after it', async () => {
      const entry = await builder.entry()
      await publishPolicy(rollup)
      const supersededAt = await rollup.now()
      const back = await rollup.chain.snapshot()
      await setTime(supersededAt + SETTLE_WINDOW - MARGIN)
      const { id } = await force(rollup, entry)
      assert.equal((await entryOf(id)).wasCurrent, false)
      await back()
      await setTime(supersededAt + SETTLE_WINDOW + MARGIN)
      await expectRevert(force(rollup, entry), 'PolicyVersionOutdated', [1n, supersededAt])
    })

    it('the same for an identity root', async () => {
      const entry = await builder.entry()
      await updateIdentity(rollup, { index: 1n, newLeaf: 11n })
      const supersededAt = await rollup.now()
      const back = await rollup.chain.snapshot()
      const { id } = await force(rollup, entry)
      assert.equal((await entryOf(id)).wasCurrent, false)
      await back()
      await setTime(supersededAt + SETTLE_WINDOW + MARGIN)
      await expectRevert(force(rollup, entry), 'IdentityVersionOutdated', [0n, supersededAt])
    })

    it('accepts yesterday until the window after midnight, as not current, and never tomorrow', async () => {
      const today = dayOf(await rollup.now())
      const entry = await builder.entry()
      const tomorrow = await builder.context({ day: today + 1n })
      await expectRevert(
        force(rollup, await builder.entry({}, { context: tomorrow })),
        'DayInFuture',
        [today + 1n, today],
      )
      const back = await rollup.chain.snapshot()
      await setTime((today + 1n) * DAY + SETTLE_WINDOW - MARGIN)
      const { id } = await force(rollup, entry)
      assert.equal((await entryOf(id)).wasCurrent, false)
      await back()
      await setTime((today + 1n) * DAY + SETTLE_WINDOW + MARGIN)
      await expectRevert(force(rollup, entry), 'DayOutdated', [today, today + 1n])
    })

    it('reverts for versions that do not exist', async () => {
      for (const change of [{ policyVersion: 9n }, { identityVersion: 9n }]) {
        const context = await builder.context(change)
        await expectRevert(force(rollup, await builder.entry({}, { context })), 'VersionUnknown', [
          9n,
        ])
      }
    })

    it('takes epoch and audit keys from the schedule', async () => {
      const refused = async (change: (x: TransferPublicInputs) => Partial<TransferPublicInputs>) =>
        expectRevert(
          force(rollup, await builder.entry({ proveFor: (x) => ({ ...x, ...change(x) }) })),
          'ProofInvalid',
        )
      await refused((x) => ({ auditKeyS: x.auditKeyI }))
      await refused((x) => ({ auditKeyI: x.auditKeyS }))
      await refused((x) => ({ fee: x.fee + (1n << 80n) }))
    })

    it('reverts with ClockStopped while a guardian has stopped the clock', async () => {
      const entry = await builder.entry()
      await send(rollup.contract('clock'), 'stop')
      await expectRevert(force(rollup, entry), 'ClockStopped')
      await send(rollup.contract('clock'), 'resume')
      await force(rollup, entry)
    })
  })

  describe('S3: what could not be consumed is refused', () => {
    const word = (value: bigint) => value.toString(16).padStart(64, '0')

    it('reverts with WordNotCanonical for every word + r', async () => {
      const entry = await builder.entry({ kind: 'collect' })
      const data = encodeForcedEntry(entry)
      const { outputs, traceTag, ephemeral, statisticsCiphertext, investigationCiphertext } =
        entry.transfer
      const words = [
        ...outputs,
        traceTag,
        ...ephemeral,
        ...statisticsCiphertext,
        ...investigationCiphertext,
      ]
      assert.equal(words.length, 11)
      for (const value of words) {
        const twin = data.replace(word(value), word(value + FIELD_ORDER)) as Hex
        assert.notEqual(twin, data)
        await expectRevert(force(rollup, twin), 'WordNotCanonical', [value + FIELD_ORDER])
      }
    })

    it('reverts with NullifierZero', async () => {
      const entry = await builder.entry()
      const nullifier = entry.transfer.nullifier.toString(16).padStart(62, '0')
      const data = encodeForcedEntry(entry).replace(nullifier, '0'.repeat(62)) as Hex
      await expectRevert(force(rollup, data), 'NullifierZero')
    })

    it('reverts for amounts of zero, fees above the limit and unknown assets', async () => {
      const refused = async (slot: SlotParameters, name: string, facts?: readonly unknown[]) =>
        expectRevert(force(rollup, await builder.entry(slot)), name, facts)
      const tooHigh = { ...FEE, amount: MAX_FEE + 1n }
      await refused({ fee: tooHigh }, 'FeeTooHigh', [ETH_ASSET, MAX_FEE + 1n, MAX_FEE])
      await refused({ fee: { ...FEE, asset: 9n } }, 'AssetUnknown', [9n])
      await refused({ withdrawal: { ...WITHDRAWAL, asset: 9n } }, 'AssetUnknown', [9n])
      // The codec refuses amounts of zero, so their bytes are changed.
      const pays = encodeForcedEntry(await builder.entry({ fee: FEE, withdrawal: WITHDRAWAL }))
      const noFee = pays.replace('000000000000012c0001', '00000000000000000001') as Hex
      await expectRevert(force(rollup, noFee), 'AmountZero')
      const noWithdrawal = pays.replace('00010000000000000028ab', '00010000000000000000ab') as Hex
      await expectRevert(force(rollup, noWithdrawal), 'AmountZero')
    })

    it('reverts with ProofInvalid for every public input that the proof is not for', async () => {
      const refused = async (slot: SlotParameters) =>
        expectRevert(force(rollup, await builder.entry(slot)), 'ProofInvalid')
      const changes: ((x: TransferPublicInputs) => Partial<TransferPublicInputs>)[] = [
        (x) => ({ anchor: x.anchor + 1n }),
        (x) => ({ identityRoot: x.identityRoot + 1n }),
        (x) => ({ policyRoot: x.policyRoot + 1n }),
        (x) => ({ day: x.day - 1n }),
        (x) => ({ domain: x.domain ^ 1n }),
        (x) => ({ nullifier: x.nullifier ^ 1n }),
        (x) => ({ outputs: [x.outputs[1], x.outputs[0], x.outputs[2], x.outputs[3]] }),
        (x) => ({ withdrawal: x.withdrawal + (1n << 16n) }),
        (x) => ({ fee: x.fee + 1n }),
        (x) => ({ memoHash: x.memoHash ^ 1n }),
        (x) => ({ traceTag: x.traceTag ^ 1n }),
        (x) => ({ ephemeral: [x.ephemeral[1], x.ephemeral[0]] }),
        (x) => ({ statisticsCiphertext: [x.statisticsCiphertext[1], x.statisticsCiphertext[0]] }),
        (x) => ({ investigationCiphertext: x.investigationCiphertext.map((y) => y ^ 1n) }),
      ]
      for (const change of changes) {
        await refused({
          fee: FEE,
          withdrawal: WITHDRAWAL,
          proveFor: (x) => ({ ...x, ...change(x) }),
        })
      }
      await refused({ error: 1n })
      const entry = await builder.entry()
      const flat = {
        ...entry,
        transfer: { ...entry.transfer, proof: [0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n] },
      }
      await expectRevert(force(rollup, flat as unknown as ForcedEntry), 'ProofInvalid')
    })

    it('reverts with ProofInvalid for a proof of the other circuit', async () => {
      const entry = await builder.entry({ kind: 'collect' })
      const [first = 0n] = entry.transfer.investigationCiphertext
      const other: ForcedEntry = {
        ...entry,
        transfer: { ...entry.transfer, kind: 'transfer', investigationCiphertext: [first] },
      }
      await expectRevert(force(rollup, other), 'ProofInvalid')
    })

    it('reverts with ProofInvalid for what was proved for another chain or contract', async () => {
      const { chainId, rollup: address } = rollup.deployment
      for (const place of [
        { chainId: chainId + 1n, rollup: address },
        { chainId, rollup: RECIPIENT },
      ]) {
        const domain = deploymentDomain(place)
        const entry = await builder.entry({ proveFor: (x) => ({ ...x, domain }) })
        await expectRevert(force(rollup, entry), 'ProofInvalid')
      }
    })
  })

  describe('keys', () => {
    it('takes a proof for the key in sunset, as not current, and for no retired one', async () => {
      await replaceKey(rollup, 'transfer')
      const entry = await builder.entry({ isSunsetKey: true })
      const { id } = await force(rollup, entry)
      assert.equal((await entryOf(id)).wasCurrent, false)
      await expectRevert(force(rollup, await builder.entry()), 'ProofInvalid')
      await send(rollup.contract('verifierRegistry'), 'retireKey', 1, 1)
      await expectRevert(
        force(rollup, await builder.entry({ isSunsetKey: true })),
        'KeyNotUsable',
        [1n, true],
      )
    })
  })
})

describe('fees and deadlines under a flood', () => {
  it('the fee doubles with every 64 that wait, and falls as they are consumed', async () => {
    const queue = rollup.contract('forcedQueue')
    const step: bigint = await queue['FEE_STEP']?.()
    const firstAt = await rollup.now()
    const entries = await queueMany(Number(step))
    assert.equal(await queue['entryFee']?.(), 2n * BASE_FEE)
    const entry = await builder.entry()
    await expectRevert(force(rollup, entry, { value: 2n * BASE_FEE - 1n }), 'EntryFeeTooLow', [
      2n * BASE_FEE,
      2n * BASE_FEE - 1n,
    ])
    await force(rollup, entry)
    // The flood's deadlines are a minute apart at least, whatever came in how fast.
    const deadlines = await Promise.all(
      entries.map(async ({ entryId }) => (await entryOf(entryId)).deadline as bigint),
    )
    assert.equal(await queue['headDeadline']?.(), deadlines[0])
    for (let i = 1; i < deadlines.length; i++) {
      assert.ok((deadlines[i] ?? 0n) - (deadlines[i - 1] ?? 0n) >= SPACING)
    }
    assert.ok((deadlines[0] ?? 0n) >= firstAt + DEADLINE)
    // One batch of 64 takes 63 of them.
    await settle(rollup, await builder.call([{ circuit: 'batch-64', slots: entries.slice(0, 63) }]))
    assert.equal(await queue['entryFee']?.(), BASE_FEE)
    assert.deepEqual(await queueOf(), [64n, 66n])
  })

  it('an empty queue starts deadlines anew', async () => {
    const [one, two] = await queueMany(2)
    assert.ok(one && two)
    await settles([one, two])
    assert.equal(await rollup.contract('forcedQueue')['headDeadline']?.(), 0n)
    const { entryId } = await queued()
    const { deadline, queuedAt } = await entryOf(entryId)
    assert.equal(deadline, (queuedAt as bigint) + DEADLINE)
  })

  it('only governance sets the base fee, within a limit, and pays fees out', async () => {
    const queue = rollup.contract('forcedQueue')
    const stranger = rollup.as('forcedQueue', user)
    await expectRevert(send(stranger, 'setBaseEntryFee', 1n), 'AccessManagedUnauthorized')
    await expectRevert(send(stranger, 'payEntryFees', user.address), 'AccessManagedUnauthorized')
    const limit: bigint = await queue['MAX_BASE_ENTRY_FEE']?.()
    await expectRevert(send(queue, 'setBaseEntryFee', limit + 1n), 'EntryFeeTooHigh')
    await send(queue, 'setBaseEntryFee', limit)
    assert.equal(await queue['entryFee']?.(), limit)
    await queued()
    const before_ = await rollup.provider.getBalance(RECIPIENT)
    await send(queue, 'payEntryFees', RECIPIENT)
    assert.equal((await rollup.provider.getBalance(RECIPIENT)) - before_, limit)
  })
})

describe('Rollup.settle with forced slots', () => {
  it('S5: takes an entry live without a proof, with its fee and withdrawal', async () => {
    const entry = await queued({ fee: FEE, withdrawal: WITHDRAWAL })
    const receipt = await settles([entry, {}])
    const { status, consumedAt } = await entryOf(entry.entryId)
    assert.deepEqual([status, consumedAt], [STATUS.live, await rollup.now()])
    assert.deepEqual(
      eventsOf(receipt, rollup.contract('forcedQueue'), 'ForcedTransferConsumed').map((event) =>
        event.toArray(),
      ),
      [[1n, true]],
    )
    const vault = rollup.contract('vault')
    assert.equal(await vault['claimableOf']?.(RECIPIENT, ETH_ASSET), WITHDRAWAL.amount)
    assert.equal(await vault['claimableOf']?.(rollup.operator.address, ETH_ASSET), FEE.amount)
    assert.deepEqual(await queueOf(), [2n, 2n])
  })

  it('S5: takes an entry as void and credits nothing for it', async () => {
    const entry = await queued({ fee: FEE, withdrawal: WITHDRAWAL })
    await settles([{ ...entry, takenAs: 'void' }])
    assert.equal((await entryOf(entry.entryId)).status, STATUS.void)
    const vault = rollup.contract('vault')
    assert.equal(await vault['claimableOf']?.(RECIPIENT, ETH_ASSET), 0n)
    assert.equal(await vault['claimableOf']?.(rollup.operator.address, ETH_ASSET), 0n)
  })

  it('takes many withdrawals in one batch of forced slots alone', async () => {
    const entries = await queueMany(15, { fee: FEE, withdrawal: WITHDRAWAL })
    await settle(rollup, await builder.call([{ circuit: 'batch-16', slots: entries }]))
    const vault = rollup.contract('vault')
    assert.equal(await vault['claimableOf']?.(RECIPIENT, ETH_ASSET), 15n * WITHDRAWAL.amount)
    assert.equal(await vault['claimableOf']?.(rollup.operator.address, ETH_ASSET), 15n * FEE.amount)
  })

  it('S5: reverts with ForcedWordsWrong for other words than the entry’s', async () => {
    const entry = await queued({ fee: FEE, withdrawal: WITHDRAWAL })
    const { outputs, nullifier, withdrawal } = entry.forced.transfer
    const changes = [
      { nullifier: nullifier ^ 1n },
      { outputs: [outputs[1], outputs[0], outputs[2], outputs[3]] as const },
      { outputs: [outputs[0], outputs[1], outputs[2], outputs[3] ^ 1n] as const },
      { withdrawal: withdrawal ^ (1n << 80n) },
      { withdrawal: withdrawal + (1n << 16n) },
      { withdrawal: 0n },
      { fee: { ...FEE, amount: FEE.amount + 1n } },
      { fee: { ...FEE, asset: 2n } },
      { fee: { amount: 0n, asset: 0n } },
    ]
    for (const change of changes) {
      await refuses([{ ...entry, change }], 'ForcedWordsWrong', [1n])
      await refuses([{ ...entry, takenAs: 'void', change }], 'ForcedWordsWrong', [1n])
    }
  })

  it('S5: reverts with ForcedKindWrong for the other circuit’s kind', async () => {
    const entry = await queued({ kind: 'collect' })
    await refuses([{ ...entry, takenAs: 'transfer' }], 'ForcedKindWrong', [1n, 1n])
  })

  it('S5: reverts with ProofsInvalid when the batch is proved for another kind', async () => {
    const entry = await queued()
    const call = await builder.call([
      {
        slots: [{ ...entry, takenAs: 'void' }],
        provenSlots: (slots) => slots.map((slot) => ({ ...slot, kind: 'transfer' }) as never),
      },
    ])
    await expectRevert(settle(rollup, call), 'ProofsInvalid')
  })

  it('S4: takes the oldest without a gap, each once, in any order of slots', async () => {
    const [one, two, three, four] = await queueMany(4)
    assert.ok(one && two && three && four)
    await refuses([two], 'ForcedSkipped', [1n])
    await refuses([one, three], 'ForcedSkipped', [1n])
    await refuses([one, one], 'ForcedOutOfOrder', [1n, 1n])
    await refuses([{ ...one, entryId: 5n }], 'ForcedOutOfOrder', [1n, 5n])
    await refuses([{ ...one, entryId: 0n }], 'ForcedOutOfOrder', [1n, 0n])
    await refuses([{ ...one, entryId: 2n ** 40n - 1n }], 'ForcedOutOfOrder')
    await settles([three, one, two])
    await refuses([one], 'ForcedOutOfOrder', [4n, 1n])
    await settles([{}, four])
    await refuses([four], 'ForcedOutOfOrder')
  })

  it('S4: several batches of a call take on where the one before stopped', async () => {
    const [one, two, three, four] = await queueMany(4)
    assert.ok(one && two && three && four)
    const skipping = await builder.fork('skipping').call([{ slots: [one] }, { slots: [three] }])
    await expectRevert(settle(rollup, skipping), 'ForcedSkipped', [2n])
    const twice = await builder.fork('twice').call([{ slots: [one, two] }, { slots: [two] }])
    await expectRevert(settle(rollup, twice), 'ForcedOutOfOrder', [3n, 2n])
    await settle(
      rollup,
      await builder.call([{ slots: [two, {}, one] }, { slots: [{}] }, { slots: [four, three] }]),
    )
    assert.deepEqual(await queueOf(), [5n, 5n])
  })

  it('S4: need not be taken before it is due, and must be then, up to three a batch', async () => {
    const entries = await queueMany(4)
    const queuedAt = await rollup.now()
    await setTime(queuedAt - 5n + DUE_DELAY - MARGIN)
    const early = await rollup.chain.snapshot()
    await settle(rollup, await builder.fork('early').call([{ slots: [{}] }]))
    await early()
    await setTime(queuedAt + DUE_DELAY + MARGIN)
    await refuses([{}], 'ForcedOverdue', [1n])
    await refuses(entries.slice(0, 2), 'ForcedOverdue', [3n])
    const both = await builder.fork('both').call([{ slots: entries.slice(0, 3) }, { slots: [] }])
    await expectRevert(settle(rollup, both), 'ForcedOverdue', [4n])
    await settle(
      rollup,
      await builder.call([
        { circuit: 'batch-16', slots: entries.slice(0, 3) },
        { slots: entries.slice(3) },
        { slots: [] },
      ]),
    )
  })

  it('S4: counts all that are due, however many a batch takes beyond its three', async () => {
    const entries = await queueMany(11)
    await setTime((await rollup.now()) + DUE_DELAY + MARGIN)
    const one = { circuit: 'batch-16', slots: entries.slice(0, 9) } as const
    const short = await builder.fork('short').call([one, { slots: entries.slice(9, 10) }])
    await expectRevert(settle(rollup, short), 'ForcedOverdue', [11n])
    await settle(rollup, await builder.call([one, { slots: entries.slice(9) }]))
  })

  it('reverts with SlotVoidRefused for a void slot that names no entry', async () => {
    const data = Buffer.from(encodeSettle(await builder.call([{}])).slice(2), 'hex')
    data[8 + 10 + 375] = 0x03
    await expectRevert(settle(rollup, `0x${data.toString('hex')}`), 'SlotVoidRefused')
  })

  it('refuses consume and noteForcedEntry from anybody else', async () => {
    await queued()
    await expectRevert(send(rollup.contract('forcedQueue'), 'consume', []), 'CallerNotRollup')
    await expectRevert(send(rollup.contract('rollup'), 'noteForcedEntry'), 'CallerNotForcedQueue')
  })

  it('twins: the first live, the second void, also in one batch', async () => {
    const forced = await builder.entry()
    const one = { forced, entryId: (await force(rollup, forced)).id }
    const two = { forced, entryId: (await force(rollup, forced)).id }
    await settles([one, { ...two, takenAs: 'void' }])
    assert.deepEqual(
      [(await entryOf(1n)).status, (await entryOf(2n)).status],
      [STATUS.live, STATUS.void],
    )
  })
})

describe('what is queued stays consumable', () => {
  /** Everybody does something after the entry; then, long after, it is consumed. */
  async function survives(happens: () => Promise<void>): Promise<void> {
    const entry = await queued({ fee: FEE, withdrawal: WITHDRAWAL })
    await happens()
    await setTime((await rollup.now()) + DEADLINE)
    const back = await rollup.chain.snapshot()
    await settle(rollup, await builder.fork('live').call([{ slots: [entry] }]))
    await back()
    await settle(
      rollup,
      await builder.fork('void').call([{ slots: [{ ...entry, takenAs: 'void' }] }]),
    )
  }

  it('when the identity is suspended', () =>
    survives(async () => {
      await updateIdentity(rollup, { index: 1n, newLeaf: 11n })
      await updateIdentity(rollup, { index: 1n, oldLeaf: 11n, newLeaf: 12n })
    }))

  it('when the policies change', () => survives(() => publishPolicy(rollup)))

  it('when the audit keys’ epoch changes', () =>
    survives(async () => {
      const startDay = await scheduleEpoch(rollup, 7n * DAY)
      await setTime(startDay * DAY + 10n)
    }))

  it('when the verification key is replaced, and retired', () =>
    survives(async () => {
      await replaceKey(rollup, 'transfer')
      await send(rollup.contract('verifierRegistry'), 'retireKey', 1, 1)
    }))

  it('when a guardian stops the verification key', () =>
    survives(async () => {
      await send(rollup.contract('verifierRegistry'), 'stopKey', 1, 1)
      await setTime((await rollup.now()) + 3n * DAY)
    }))

  it('when its asset takes no more deposits', () =>
    survives(async () => {
      await send(rollup.contract('vault'), 'openAsset', ETH_ASSET, false)
    }))

  it('when a guardian stops the clock, which moves due time and deadline', async () => {
    const entry = await queued()
    const { deadline } = await entryOf(entry.entryId)
    const clock = rollup.contract('clock')
    await send(clock, 'stop')
    await setTime((await rollup.now()) + 2n * DAY)
    await send(clock, 'resume')
    assert.ok((await clock['time']?.()) < deadline)
    await settles([{}])
    await settles([entry])
  })

  it('when a guardian stops a batch’s key: its deadline waits for the key', async () => {
    const entry = await queued()
    const { deadline } = await entryOf(entry.entryId)
    await send(rollup.contract('verifierRegistry'), 'stopKey', CIRCUIT_IDS['batch-4'], 1)
    await setTime((await rollup.now()) + 3n * DAY)
    assert.ok((await rollup.contract('clock')['time']?.()) < deadline)
    const proposers = rollup.contract('proposers')
    await expectRevert(send(proposers, 'open'), 'NoBreach')
    await settles([entry])
  })
})

describe('ForcedQueue.pendingAt', () => {
  it('counts what is due in a queue of any length', async () => {
    const queue = rollup.contract('forcedQueue')
    const entries = await queueMany(12)
    const times = await Promise.all(
      entries.map(async ({ entryId }) => (await entryOf(entryId)).dueAt as bigint),
    )
    const at = async (time: bigint) => (await queue['pendingAt']?.(time)).toArray()
    assert.deepEqual(await at((times[0] ?? 0n) - 1n), [1n, 13n, 0n])
    for (const time of times) {
      const due = BigInt(times.filter((other) => other <= time).length)
      assert.deepEqual(await at(time), [1n, 13n, due])
    }
  })
})
