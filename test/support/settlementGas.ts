import { encodeSettle } from '../../l1/codec.ts'
import type { BatchCircuit } from '../../protocol/constants.ts'
import { forceForClaim } from './bondClaims.ts'
import { eventsOf, send } from './expectRevert.ts'
import {
  type BatchParameters,
  force,
  type ForcedParameters,
  ETH_ASSET,
  ETH_UNIT,
  SettleBuilder,
  settle,
  type SlotParameters,
  startTestRollup,
} from './settlement.ts'

/** Gas by what it is spent on. All of a transaction, its data and base fee included. */
export type SettlementGas = {
  /** A call with one batch of 16, but for its transfers. */
  fixed: number
  /** One more self-proved transfer, without a public fee. */
  marginalTransfer: number
  /** One more self-proved transfer that pays a public fee. */
  marginalTransferWithFee: number
  marginalCollect: number
  /** One more batch of 4 in a call, without transfers. */
  batch: number
  batchOf16: number
  batchOf64: number
  /** A circuit that no other proof of the call is for: its key's pairing and columns. */
  batchKey: number
  collectKey: number
  /** One more context in a call. */
  context: number
  /** A deposit taken by a batch that takes some. */
  depositTaken: number
  /** Queueing a deposit of ETH (the depositor's transaction). */
  depositQueued: number
  /** A withdrawal to a new account, on top of its transfer. */
  withdrawal: number
  /** Claiming ETH (the recipient's transaction). */
  claim: number
  /** Forcing a transfer into the queue, one that pays a fee (the user's transaction). */
  forcedEntered: number
  /** The same by way of the operator's bond, which keeps what was spent by then. */
  forcedForClaim: number
  /** A forced transfer with a fee taken by a batch that takes some: it has no proof there. */
  forcedTaken: number
  calldataBytesPerTransfer: number
  calldataBytesPerForced: number
}

/**
 * Measures on a chain of its own with simulated proofs, whose gas is that of real ones. Everything
 * comes from fixed seeds; only the day in the contexts differs from run to run (under 30 gas).
 */
export async function measureSettlementGas(): Promise<SettlementGas> {
  const rollup = await startTestRollup()
  try {
    const builder = new SettleBuilder(rollup, 'gas')
    const vault = rollup.contract('vault')
    const deposit = async (units: bigint, recipient: bigint) => {
      const baseAmount = units * ETH_UNIT
      const entryFee: bigint = await vault['entryFee']?.()
      const value = baseAmount + entryFee
      const ciphertext = `0x${'11'.repeat(92)}`
      const receipt = await send(vault, 'deposit', ETH_ASSET, baseAmount, recipient, ciphertext, {
        value,
      })
      return { id: eventsOf(receipt, vault, 'DepositQueued')[0]?.['id'] as bigint, receipt }
    }
    const gasOf = async (batches: readonly BatchParameters[]): Promise<number> =>
      Number((await settle(rollup, await builder.call(batches))).gasUsed)
    const slots = (count: number, slot: SlotParameters = {}) =>
      Array.from({ length: count }, () => slot)
    const ofSixteen = (count: number, slot: SlotParameters = {}) =>
      gasOf([{ circuit: 'batch-16', slots: slots(count, slot) }])

    // What is written for the first time only: storage of the ledger and of the fee recipient.
    await deposit(1_000_000n, 1n)
    const fee = { fee: { asset: ETH_ASSET, amount: 12_345n } }
    await gasOf([{ depositIds: [1n], slots: [fee] }])

    const one = await ofSixteen(1)
    const fifteen = await ofSixteen(15)
    const marginalTransfer = (fifteen - one) / 14
    const marginalTransferWithFee = ((await ofSixteen(15, fee)) - (await ofSixteen(1, fee))) / 14
    const collect = { kind: 'collect' } as const
    const marginalCollect = ((await ofSixteen(15, collect)) - (await ofSixteen(1, collect))) / 14
    const none = { slots: [] }
    const oneMore = async (circuit: BatchCircuit) => {
      const empty = { circuit, slots: [] }
      return ((await gasOf([empty, empty, empty])) - (await gasOf([empty]))) / 2
    }
    const batch = await oneMore('batch-4')
    const batchOf16 = await oneMore('batch-16')
    const batchOf64 = await oneMore('batch-64')
    const both = await gasOf([{ ...none, circuit: 'batch-16' }, none])
    const batchKey = both - (await gasOf([none, none]))
    const twoTransfers = await gasOf([{ slots: [{}, {}] }])
    const collectKey = (await gasOf([{ slots: [{}, collect] }])) - twoTransfers
    const today = await builder.context()
    // The contract looks up each of them, equal or not.
    const contexts = [today, today]
    const data = await builder.call([{ slots: [{}, {}] }], { contexts })
    const context = Number((await settle(rollup, data)).gasUsed) - twoTransfers

    const ids: bigint[] = []
    let depositQueued = 0
    for (let i = 0n; i < 5n; i++) {
      const { id, receipt } = await deposit(12_345n, (1n << 250n) + i)
      ids.push(id)
      depositQueued = Number(receipt.gasUsed)
    }
    const oneDeposit = await gasOf([{ depositIds: ids.slice(0, 1), slots: [] }])
    const fourDeposits = await gasOf([{ depositIds: ids.slice(1), slots: [] }])

    const toAccount = (i: number): SlotParameters => ({
      withdrawal: {
        asset: ETH_ASSET,
        amount: 54_321n,
        recipient: `0x${String(i).padStart(2, '0').repeat(20)}`,
      },
    })
    const oneWithdrawal = await gasOf([{ circuit: 'batch-16', slots: [toAccount(11)] }])
    const five = [21, 22, 23, 24, 25].map(toAccount)
    const fiveWithdrawals = await gasOf([{ circuit: 'batch-16', slots: five }])
    const claimed = await send(vault, 'claimFor', `0x${'11'.repeat(20)}`, ETH_ASSET)

    const entries: ForcedParameters[] = []
    let forcedEntered = 0
    for (let i = 0; i < 5; i++) {
      const forced = await builder.entry(fee)
      const { id, receipt } = await force(rollup, forced)
      entries.push({ forced, entryId: id })
      forcedEntered = Number(receipt.gasUsed)
    }
    const forcedForClaim = Number(
      (await forceForClaim(rollup, await builder.entry(fee))).receipt.gasUsed,
    )
    const takes = async (taken: ForcedParameters[]) =>
      gasOf([{ circuit: 'batch-16', slots: [...taken, fee] }])
    const oneForced = await takes(entries.slice(0, 1))
    const fourForced = await takes(entries.slice(1))
    const [first] = entries

    const bytes = async (count: number) =>
      encodeSettle(await builder.fork('bytes').call([{ slots: slots(count) }])).length / 2
    return {
      fixed: Math.round(one - marginalTransfer),
      marginalTransfer: Math.round(marginalTransfer),
      marginalTransferWithFee: Math.round(marginalTransferWithFee),
      marginalCollect: Math.round(marginalCollect),
      batch: Math.round(batch),
      batchOf16: Math.round(batchOf16),
      batchOf64: Math.round(batchOf64),
      batchKey,
      collectKey,
      context,
      depositTaken: Math.round((fourDeposits - oneDeposit) / 3),
      depositQueued,
      withdrawal: Math.round((fiveWithdrawals - oneWithdrawal) / 4 - marginalTransfer),
      claim: Number(claimed.gasUsed),
      forcedEntered,
      forcedForClaim,
      forcedTaken: Math.round((fourForced - oneForced) / 3),
      calldataBytesPerTransfer: (await bytes(2)) - (await bytes(1)),
      calldataBytesPerForced:
        encodeSettle(await builder.fork('bytes').call([{ slots: first ? [first] : [] }])).length /
          2 -
        (await bytes(0)),
    }
  } finally {
    await rollup.stop()
  }
}
