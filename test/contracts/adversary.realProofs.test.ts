// The operator as an adversary, with real proofs: it proves what it can of its lie (a true batch, and lies in the
// calldata; another batch than the one it owes; a history that never was) and sends it. What no witness satisfies, it
// cannot prove at all. After each refusal the honest batch would settle, and at the end it does.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startPostgres } from '../../deploy/devnet/postgres.ts'
import { createChainClient } from '../../l1/client.ts'
import type { SettleBatch, SettleCall, SettleSlot, SettleTransfer } from '../../l1/codec.ts'
import { encodeSettle } from '../../l1/codec.ts'
import type { BuiltBatch } from '../../protocol/buildBatch.ts'
import { SLOT_KIND } from '../../protocol/constants.ts'
import { deploymentDomain } from '../../protocol/domain.ts'
import { initialState } from '../../protocol/rollupState.ts'
import { WitnessUnsatisfiedError } from '../../prover/errors.ts'
import type { CircuitInputs } from '../../prover/witnessCalculator.ts'
import { expectFollowerAgrees } from '../support/expectFollowerAgrees.ts'
import { expectRevert } from '../support/expectRevert.ts'
import { aPerson, type Person } from '../support/identities.ts'
import {
  forcedSlot,
  type QueuedDeposit,
  RealRollup,
  realPolicies,
  realVerificationKeys,
} from '../support/realRollup.ts'
import { publishPolicy } from '../support/registryMoves.ts'
import {
  DUE_DELAY,
  ETH_ASSET,
  force,
  SETTLE_WINDOW,
  settle,
  startTestRollup,
  type TestRollup,
  TOKEN_ASSET,
} from '../support/settlement.ts'

/** Past midnight and due times, whatever the next block's time is. */
const MARGIN = 30n

let world: RealRollup
let rollup: TestRollup
let alice: Person
/** Settled: two deposits. */
let first: SettleBatch
let firstDeposits: readonly QueuedDeposit[]
/** Queued by force, and due: of two assets of one person. */
let ether: SettleTransfer
let token: SettleTransfer
/** Admitted, and queued by force as well, which is not due yet. */
let admitted: SettleTransfer
/** Due: a batch must take it. */
let third: QueuedDeposit
/** What the operator owes: both forced transfers, the admitted one, the deposit. */
let honest: SettleBatch
let honestProof: BuiltBatch

before(async () => {
  world = await RealRollup.start()
  rollup = world.rollup
  const { domain } = rollup.deployment
  alice = aPerson('alice', 5n, {}, domain)
  const bob = aPerson('bob', 6n, {}, domain)
  await world.register(alice)
  await world.register(bob)
  firstDeposits = [
    await world.deposit(alice, ETH_ASSET, 500n),
    await world.deposit(alice, TOKEN_ASSET, 700n),
  ]
  first = (await world.batch({ deposits: firstDeposits })).batch
  await settle(rollup, await world.callOf([first]))
  world.keep(first, firstDeposits)

  // Position 4: its deposit slot is slot 7, leaves 28 to 31.
  const [etherNote, tokenNote] = firstDeposits.map(({ note }) => note)
  assert.ok(etherNote !== undefined && tokenNote !== undefined)
  const recipient = BigInt(rollup.users[0]?.address ?? 0)
  const payment = { payer: alice, payments: [{ to: bob, amount: 30n }], anchorBatch: 1n }
  ether = await world.transfer('transfer', {
    ...{ ...payment, asset: ETH_ASSET, input: { note: etherNote, index: 28 } },
    ...{ fee: 2n, withdrawal: { amount: 50n, recipient } },
  })
  token = await world.transfer('transfer', {
    ...{ ...payment, asset: TOKEN_ASSET, input: { note: tokenNote, index: 29 } },
    ...{ withdrawal: { amount: 60n, recipient } },
  })
  const context = await world.context()
  assert.equal((await force(rollup, { context, transfer: ether })).id, 1n)
  assert.equal((await force(rollup, { context, transfer: token })).id, 2n)
  third = await world.deposit(alice, ETH_ASSET, 90n)
  await rollup.chain.increaseTime(Number(DUE_DELAY + MARGIN))

  admitted = await world.transfer('transfer', { payer: bob, asset: ETH_ASSET, anchorBatch: 1n })
  const again = { context: await world.context(), transfer: admitted }
  assert.equal((await force(rollup, again)).id, 3n)
  const made = await world.batch({ slots: owed(), deposits: [third] })
  honest = made.batch
  honestProof = made.built
})
after(() => world.stop())

const owed = () => [
  forcedSlot(ether, { entryId: 1n }),
  forcedSlot(token, { entryId: 2n }),
  admitted,
]

/** The honest batch with one slot told otherwise. */
function withSlot(of: SettleTransfer, change: (slot: SettleSlot) => SettleSlot): SettleBatch {
  return {
    ...honest,
    slots: honest.slots.map((slot) =>
      slot.kind !== 'empty' && slot.nullifier === of.nullifier ? change(slot) : slot,
    ),
  }
}

const admittedAs = (change: Partial<SettleTransfer>) =>
  withSlot(admitted, () => ({ ...admitted, ...change }))
const flipped = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 100 ? byte ^ 1 : byte))

/** Refused by the check that is named, and nothing is different afterwards: the honest batch would settle. */
async function refuses(
  lie: SettleBatch | SettleCall,
  error: string,
  facts?: readonly unknown[],
): Promise<void> {
  const call = 'batches' in lie ? lie : await world.callOf([lie])
  await expectRevert(settle(rollup, call), error, facts)
  await expectHonestSettles()
}

async function expectHonestSettles(): Promise<void> {
  const data = encodeSettle(await world.callOf([honest]))
  await rollup.contract('rollup').getFunction('settle').staticCall(data)
}

type Lie = {
  readonly lie: string
  readonly error: string
  readonly facts?: readonly unknown[]
  readonly make: () => SettleBatch | SettleCall | Promise<SettleBatch | SettleCall>
}

const groups: Readonly<Record<string, readonly Lie[]>> = {
  'a wrong root': [
    {
      lie: 'another note root than the one proved',
      error: 'ProofsInvalid',
      make: () => ({ ...honest, newNoteRoot: honest.newNoteRoot ^ 1n }),
    },
    {
      lie: 'another nullifier root than the one proved',
      error: 'ProofsInvalid',
      make: () => ({ ...honest, newNullifierRoot: honest.newNullifierRoot ^ 1n }),
    },
    {
      lie: 'a true proof on top of a history in which nothing was deposited',
      error: 'ProofsInvalid',
      make: async () => {
        const state = initialState()
        return (await world.batch({ slots: owed(), deposits: [third], state })).batch
      },
    },
    {
      lie: 'a true proof of outputs of the operator’s own in place of the payer’s',
      error: 'ProofsInvalid',
      make: async () => {
        const [one, ...others] = admitted.outputs
        const outputs = [one ^ 1n, ...others] as unknown as SettleTransfer['outputs']
        const slots = [...owed().slice(0, 2), { ...admitted, outputs }]
        return (await world.batch({ slots, deposits: [third] })).batch
      },
    },
    {
      lie: 'a true proof of a deposit a thousand times as large',
      error: 'ProofsInvalid',
      make: async () => {
        const { batch } = await world.batch({
          ...{ slots: owed(), deposits: [third] },
          provenDeposits: (all) => all.map((one) => ({ ...one, amount: 1_000n * one.amount })),
        })
        return batch
      },
    },
  ],
  'a forced transfer omitted or reordered': [
    {
      lie: 'a batch with neither',
      error: 'ForcedOverdue',
      facts: [1n],
      make: async () => (await world.batch({ slots: [admitted], deposits: [third] })).batch,
    },
    {
      lie: 'a batch with the first and not the second',
      error: 'ForcedOverdue',
      facts: [2n],
      make: () => withoutToken(),
    },
    {
      lie: 'the second passed over for one that waits behind it',
      error: 'ForcedSkipped',
      facts: [1n],
      make: async () => {
        const batch = await withoutToken()
        return { ...batch, slots: batch.slots.map((slot) => asForced(slot, admitted, 3n)) }
      },
    },
    {
      lie: 'each under the other’s number',
      error: 'ForcedWordsWrong',
      facts: [1n],
      make: () => {
        const slots = honest.slots.map((slot) => asForced(asForced(slot, ether, 2n), token, 1n))
        return { ...honest, slots }
      },
    },
    {
      lie: 'one settled as if it had been admitted, so that its entry waits on',
      error: 'ForcedOverdue',
      facts: [2n],
      make: () => withSlot(token, () => ({ ...token, context: 0 })),
    },
    {
      lie: 'one passed off as void, so that its withdrawal is not paid',
      error: 'ProofsInvalid',
      make: () => withSlot(token, () => forcedSlot(token, { entryId: 2n, takenAs: 'void' })),
    },
    {
      lie: 'its withdrawal to another address',
      error: 'ForcedWordsWrong',
      facts: [2n],
      make: () => {
        const redirected = { ...token, withdrawal: token.withdrawal ^ (1n << 200n) }
        return withSlot(token, () => forcedSlot(redirected, { entryId: 2n }))
      },
    },
    {
      lie: 'another transfer under the number of one that is due',
      error: 'ForcedWordsWrong',
      facts: [2n],
      make: async () => {
        const batch = await withoutToken()
        return { ...batch, slots: batch.slots.map((slot) => asForced(slot, admitted, 2n)) }
      },
    },
    {
      lie: 'the due deposit left out',
      error: 'DepositOverdue',
      facts: [3n],
      make: () => ({ ...honest, depositIds: [] }),
    },
  ],
  'a duplicate nullifier': [
    {
      lie: 'a forced transfer taken, and once more as if it had been admitted',
      error: 'ProofsInvalid',
      make: () => withSlot(admitted, () => ({ ...ether, context: 0 })),
    },
    {
      lie: 'one entry of the forced queue in two slots',
      error: 'ForcedOutOfOrder',
      facts: [1n, 1n],
      make: () => withSlot(admitted, () => forcedSlot(ether, { entryId: 1n })),
    },
  ],
  'a wrong memo or ciphertext': [
    {
      lie: 'another memo, so that the payee cannot open the note',
      error: 'ProofsInvalid',
      make: () => admittedAs({ memo: flipped(admitted.memo) }),
    },
    ...(['statisticsCiphertext', 'investigationCiphertext', 'ephemeral'] as const).map(
      (name): Lie => ({
        lie: `another ${name}, so that a supervisor cannot read`,
        error: 'ProofsInvalid',
        make: () => {
          const [word = 0n, ...others] = admitted[name]
          return admittedAs({ [name]: [word ^ 1n, ...others] })
        },
      }),
    ),
    {
      lie: 'another trace tag, so that an order does not find it',
      error: 'ProofsInvalid',
      make: () => admittedAs({ traceTag: admitted.traceTag ^ 1n }),
    },
  ],
  'a stale or future anchor': [
    {
      lie: 'an older root than the one proved',
      error: 'ProofsInvalid',
      make: () => admittedAs({ anchorBatch: 0n }),
    },
    {
      lie: 'the root of the batch itself',
      error: 'AnchorUnknown',
      facts: [2n, 2n],
      make: () => admittedAs({ anchorBatch: 2n }),
    },
    {
      lie: 'the identities before the payer was registered',
      error: 'IdentityVersionOutdated',
      make: async () => {
        const call = await world.callOf([honest])
        return {
          ...call,
          contexts: call.contexts.map((context) => ({ ...context, identityVersion: 1n })),
        }
      },
    },
  ],
  'a replay': [
    {
      lie: 'a settled batch again, as it was',
      error: 'BatchOutOfOrder',
      facts: [2n, 1n],
      make: () => first,
    },
    {
      lie: 'a settled batch again, under the next number',
      error: 'DepositOutOfOrder',
      facts: [3n, 1n],
      make: () => ({ ...first, batchNumber: 2n }),
    },
    {
      lie: 'a batch proved for this contract’s address on another chain',
      error: 'ProofsInvalid',
      make: async () => {
        const domain = deploymentDomain({ chainId: 1n, rollup: rollup.deployment.contracts.rollup })
        return (await world.batch({ slots: owed(), deposits: [third], domain })).batch
      },
    },
    {
      lie: 'the fees to another account than the one proved',
      error: 'ProofsInvalid',
      make: () => ({ ...honest, feeRecipient: `0x${'fe'.repeat(20)}` }),
    },
  ],
}

const asForced = (slot: SettleSlot, transfer: SettleTransfer, entryId: bigint): SettleSlot =>
  slot.kind !== 'empty' && slot.nullifier === transfer.nullifier
    ? forcedSlot(transfer, { entryId })
    : slot

let partial: Promise<SettleBatch> | undefined
/** A true batch that takes the first forced transfer only. */
async function withoutToken(): Promise<SettleBatch> {
  const slots = [forcedSlot(ether, { entryId: 1n }), admitted]
  partial ??= world.batch({ slots, deposits: [third] }).then(({ batch }) => batch)
  return partial
}

describe('an operator that lies', () => {
  for (const [what, lies] of Object.entries(groups)) {
    describe(what, () => {
      for (const { lie, error, facts, make } of lies) {
        it(`rejects: ${lie} (${error})`, async () => refuses(await make(), error, facts))
      }
    })
  }

  describe('what no witness satisfies', () => {
    const inputs = () => structuredClone(honestProof.circuitInputs) as Record<string, unknown>
    /** The honest witness with one signal changed. */
    const unprovable = async (changes: Record<string, unknown>) =>
      assert.rejects(
        world.prover.prove('batch-4', { ...inputs(), ...changes } as CircuitInputs),
        WitnessUnsatisfiedError,
      )

    it('rejects: one nullifier in two slots (B1)', async () => {
      const [one = 0n, , ...others] = inputs()['nullifiers'] as readonly bigint[]
      await unprovable({ nullifiers: [one, one, ...others] })
    })
    it('rejects: a live transfer as void (B2)', async () => {
      const [, ...others] = inputs()['slotKindBits'] as readonly bigint[][]
      const isVoid = BigInt(SLOT_KIND.VOID)
      await unprovable({ slotKindBits: [[isVoid & 1n, isVoid >> 1n], ...others] })
    })
    it('rejects: another place in the trees (B5)', async () => {
      const oldSlotCount = inputs()['oldSlotCount'] as bigint
      await unprovable({ oldSlotCount: oldSlotCount + 4n })
    })
  })

  it('rejects: a settled batch on another rollup of the same chain (ProofsInvalid)', async () => {
    const other = await startTestRollup({
      chain: rollup.chain,
      verificationKeys: realVerificationKeys(),
      policies: realPolicies,
    })
    try {
      // The same deposits, into the same empty trees: only the deployment differs.
      for (const { id, note, deposit } of firstDeposits) {
        const again = await world.deposit(alice, note.asset, note.amount, other)
        assert.deepEqual([again.id, again.deposit], [id, deposit])
      }
      const replay = { contexts: [], batches: [first] }
      await expectRevert(settle(other, replay), 'ProofsInvalid')
      const { batch } = await world.batch({
        ...{ deposits: firstDeposits, state: initialState(), batchNumber: 1n },
        domain: other.deployment.domain,
      })
      await settle(other, { contexts: [], batches: [batch] })
    } finally {
      await other.stop()
    }
    await expectHonestSettles()
  })

  it('rejects: an honest batch whose values were superseded longer ago than the window', async () => {
    const undo = await rollup.chain.snapshot()
    const call = await world.callOf([honest])
    await publishPolicy(rollup)
    await rollup.chain.increaseTime(Number(SETTLE_WINDOW + MARGIN))
    await expectRevert(settle(rollup, call), 'PolicyVersionOutdated')
    await undo()
    await expectHonestSettles()
  })

  it('accepts: the honest batch, and then refuses all that it made void', async () => {
    const call = await world.callOf([honest])
    await settle(rollup, call)
    const settled = await rollup.contract('rollup')['state']?.()
    assert.deepEqual(settled.toArray(), [
      2n,
      honestProof.applied.newSlotCount,
      honest.newNoteRoot,
      honest.newNullifierRoot,
    ])
    const user = rollup.users[0]?.address
    const vault = rollup.contract('vault')
    assert.equal(await vault['claimableOf']?.(user, ETH_ASSET), 50n)
    assert.equal(await vault['claimableOf']?.(user, TOKEN_ASSET), 60n)
    world.keep(honest, [third])

    // Its forced twin is spent now: all that can be proved of it is that it is void.
    const asVoid = forcedSlot(admitted, { entryId: 3n, takenAs: 'void' })
    const { batch: last } = await world.batch({ slots: [asVoid] })
    const lies: readonly (readonly [SettleBatch, string])[] = [
      [{ ...last, slots: [forcedSlot(admitted, { entryId: 3n })] }, 'ProofsInvalid'],
      [{ ...last, slots: [admitted] }, 'ProofsInvalid'],
      [{ ...last, slots: [forcedSlot(ether, { entryId: 1n })] }, 'ForcedOutOfOrder'],
      [{ ...honest, batchNumber: 3n }, 'DepositOutOfOrder'],
      [{ ...honest, batchNumber: 3n, depositIds: [] }, 'ForcedOutOfOrder'],
      [honest, 'BatchOutOfOrder'],
    ]
    for (const [lie, error] of lies) {
      await expectRevert(settle(rollup, { ...call, batches: [lie] }), error)
    }
    await settle(rollup, { contexts: [], batches: [last] })
    assert.equal((await rollup.contract('forcedQueue')['entryOf']?.(3n)).status, 3n)
    const held = await vault['escrowOf']?.(ETH_ASSET)
    assert.equal(held[0], held[1])
  })

  it('accepts: what a fresh follower makes of the chain is what the contract has', async () => {
    const server = await startPostgres()
    try {
      const { batchNumber } = await expectFollowerAgrees({
        client: createChainClient({ rpcUrl: rollup.chain.rpcUrl }),
        ...{ deployment: rollup.deployment, rpcUrl: rollup.chain.rpcUrl },
        createDatabase: () => server.createDatabase(),
      })
      assert.equal(batchNumber, 3n)
    } finally {
      await server.stop()
    }
  })
})
