// What anybody may do to the contracts, honest, careless or hostile, and a ledger beside them of what there must be.
// Proofs are simulated: the batches made here are what true statements give, and the lies what true proofs of another
// batch give (the real ones: test/contracts/adversary.realProofs.test.ts).
import assert from 'node:assert/strict'
import { Contract, type Wallet } from 'ethers'
import { decodeSettleInput, type SettleCall } from '../../l1/codec.ts'
import type { ForcedEntry } from '../../l1/forcedEntry.ts'
import { DEPOSIT_CIPHERTEXT_BYTES } from '../../protocol/constants.ts'
import { bytesToHex } from '../../protocol/field.ts'
import { revertOf, send } from './expectRevert.ts'
import {
  type BatchParameters,
  ETH_ASSET,
  ETH_UNIT,
  force,
  type ForcedParameters,
  SettleBuilder,
  settle,
  type SlotParameters,
  type TestRollup,
  TOKEN_ASSET,
  TOKEN_UNIT,
} from './settlement.ts'

export const ASSETS = [ETH_ASSET, TOKEN_ASSET] as const
const UNITS = { [String(ETH_ASSET)]: ETH_UNIT, [String(TOKEN_ASSET)]: TOKEN_UNIT }
/** Slots and deposits of the smallest batch. */
const SLOTS = 3
const DEPOSITS = 4
const STATUS = { queued: 1n, live: 2n, void: 3n } as const

/** What a transfer pays in public. */
export type Payout = { readonly asset: bigint; readonly amount: bigint; readonly fee: bigint }
type Payment = Payout & { readonly to: Wallet }
type Transfer = { readonly nullifier: bigint; readonly payment: Payment }
type Entry = Transfer & {
  readonly id: bigint
  readonly forced: ForcedEntry
  status: bigint
}
type Deposit = {
  readonly id: bigint
  readonly asset: bigint
  readonly amount: bigint
  readonly by: Wallet
  status: 'queued' | 'reclaiming' | 'gone'
}

export class ContractWorld {
  readonly rollup: TestRollup
  readonly builder: SettleBuilder
  readonly entries: Entry[] = []
  readonly deposits: Deposit[] = []
  /** Of what was settled live. */
  readonly spent = new Set<bigint>()
  /** Units of an asset in notes and accounts. */
  readonly #notes = new Map<bigint, bigint>(ASSETS.map((asset) => [asset, 0n]))
  readonly #claimable = new Map<string, bigint>()
  lastCall: SettleCall | undefined
  #forks = 0

  constructor(rollup: TestRollup) {
    this.rollup = rollup
    this.builder = new SettleBuilder(rollup)
  }

  get #accounts(): readonly Wallet[] {
    return [this.rollup.operator, ...this.rollup.users]
  }

  get waiting(): readonly Entry[] {
    return this.entries.filter(({ status }) => status === STATUS.queued)
  }

  /** Units in notes that no transfer waiting by force pays out. */
  free(asset: bigint): bigint {
    const promised = new Map(
      this.waiting
        .filter(({ nullifier }) => !this.spent.has(nullifier))
        .map(({ nullifier, payment }) => [nullifier, payment]),
    )
    let left = this.#notes.get(asset) ?? 0n
    for (const payment of promised.values()) {
      if (payment.asset === asset) left -= payment.amount + payment.fee
    }
    return left
  }

  /** Who may settle now. */
  async settler(): Promise<Wallet | undefined> {
    const proposers = this.rollup.contract('proposers')
    for (const account of this.#accounts) {
      if (await proposers['maySettle']?.(account.address)) return account
    }
    return undefined
  }

  async isStopped(): Promise<boolean> {
    return this.rollup.contract('clock')['isStopped']?.()
  }

  async deposit(by: Wallet, asset: bigint, amount: bigint): Promise<void> {
    const { rollup } = this
    const vault = rollup.as('vault', by)
    const baseAmount = amount * (UNITS[String(asset)] ?? 1n)
    const entryFee: bigint = await vault['entryFee']?.()
    const [, id]: [bigint, bigint] = await vault['queue']?.()
    if (asset !== ETH_ASSET) {
      const token = new Contract(await rollup.token.getAddress(), rollup.token.interface, by)
      await send(token, 'mint', by.address, baseAmount)
      await send(token, 'approve', rollup.deployment.contracts.vault, baseAmount)
    }
    const ciphertext = bytesToHex(new Uint8Array(DEPOSIT_CIPHERTEXT_BYTES))
    await send(vault, 'deposit', asset, baseAmount, 70n + id, ciphertext, {
      value: entryFee + (asset === ETH_ASSET ? baseAmount : 0n),
    })
    this.deposits.push({ id, asset, amount, by, status: 'queued' })
  }

  async reclaim(deposit: Deposit): Promise<void> {
    await send(this.rollup.as('vault', deposit.by), 'requestReclaim', deposit.id)
    deposit.status = 'reclaiming'
  }

  async refund(deposit: Deposit): Promise<void> {
    await send(this.rollup.contract('vault'), 'refund', deposit.id)
    deposit.status = 'gone'
    this.#credit(deposit.by.address, deposit.asset, deposit.amount)
  }

  /** `twin`: the statement of an entry once more. */
  async force(by: Wallet, payment: Payment, twin?: Entry): Promise<Entry> {
    const forced = twin?.forced ?? (await this.builder.entry(slotOf(payment)))
    const { id } = await force(this.rollup, forced, { wallet: by })
    const entry = {
      ...{ id, forced, nullifier: forced.transfer.nullifier, status: STATUS.queued },
      payment: twin?.payment ?? payment,
    }
    this.entries.push(entry)
    return entry
  }

  /** An honest batch: what is owed, and as many transfers of its own as there is room for. */
  async settle(
    by: Wallet,
    { forced = SLOTS, transfers = [] }: { forced?: number; transfers?: readonly Payment[] } = {},
  ): Promise<'settled' | 'empty'> {
    const taken = this.waiting.slice(0, Math.min(SLOTS, Math.max(forced, await this.#owed())))
    const live = new Set<bigint>()
    const slots: (ForcedParameters | SlotParameters)[] = taken.map((entry) => {
      const isVoid = this.spent.has(entry.nullifier) || live.has(entry.nullifier)
      live.add(entry.nullifier)
      return { forced: entry.forced, entryId: entry.id, ...(isVoid ? { takenAs: 'void' } : {}) }
    })
    const own = transfers.slice(0, SLOTS - taken.length)
    slots.push(...own.map(slotOf))
    const depositIds = this.#nextDeposits().map(({ id }) => id)
    if (slots.length === 0 && depositIds.length === 0) return 'empty'
    const feeRecipient = by.address.toLowerCase() as `0x${string}`
    const call = await this.builder.call([{ slots, depositIds, feeRecipient }])
    await this.#send(by, call)
    this.#count(call, taken, own, by)
    return 'settled'
  }

  /** A batch that must be refused: on top of what is settled, and forgotten afterwards. */
  async lie(batch: BatchParameters): Promise<SettleCall> {
    return this.builder.fork(`lie ${String(this.#forks++)}`).call([batch])
  }

  async attempt(by: Wallet, call: SettleCall): Promise<string | undefined> {
    return this.#send(by, call).then(
      () => undefined,
      (error: unknown) => revertOf(error)?.name ?? String(error).slice(0, 200),
    )
  }

  async #send(by: Wallet, call: SettleCall): Promise<void> {
    await settle(this.rollup, call, by)
  }

  async claim(account: Wallet, asset: bigint, by: Wallet): Promise<void> {
    const vault = this.rollup.as('vault', by)
    const owed: bigint = await vault['payableOf']?.(account.address, asset)
    await send(vault, 'claimFor', account.address, asset)
    this.#credit(account.address, asset, -owed)
  }

  claimableOf(account: Wallet, asset: bigint): bigint {
    return this.#claimable.get(`${account.address} ${String(asset)}`) ?? 0n
  }

  /** Conservation, roots and queues, after any step. */
  async check(): Promise<void> {
    const { rollup, builder } = this
    const vault = rollup.contract('vault')
    for (const asset of ASSETS) {
      const [[owed, held], ledger] = await Promise.all([
        vault['escrowOf']?.(asset),
        vault['ledgerOf']?.(asset),
      ])
      assert.equal(held, owed, `asset ${String(asset)}: what the vault holds is what it owes`)
      const credits = this.#accounts.map((account) => this.claimableOf(account, asset))
      const queued = this.deposits.filter((one) => one.asset === asset && one.status !== 'gone')
      assert.deepEqual(
        ledger.toArray(),
        [
          queued.reduce((sum, { amount }) => sum + amount, 0n),
          this.#notes.get(asset),
          credits.reduce((sum, credit) => sum + credit, 0n),
        ],
        `asset ${String(asset)}: queued, notes, pending withdrawals`,
      )
    }
    const [batchNumber, , noteRoot] = await rollup.contract('rollup')['state']?.()
    assert.deepEqual(
      [batchNumber, noteRoot],
      [BigInt(builder.noteRoots.length - 1), builder.noteRoots.at(-1)],
    )
    const [head, tail] = await rollup.contract('forcedQueue')['queue']?.()
    const [first] = this.waiting
    assert.deepEqual([head, tail], [first?.id ?? tail, BigInt(this.entries.length + 1)])
  }

  /** Of each account what is pending, and no more. */
  async checkCredits(): Promise<void> {
    const vault = this.rollup.contract('vault')
    for (const asset of ASSETS) {
      for (const account of this.#accounts) {
        const credit: bigint = await vault['claimableOf']?.(account.address, asset)
        assert.equal(
          credit,
          this.claimableOf(account, asset),
          `${account.address}: what is pending`,
        )
      }
    }
  }

  /** The same from the chain's history alone: nullifiers, entries, roots. */
  async checkHistory(): Promise<void> {
    const { rollup } = this
    const contract = rollup.contract('rollup')
    const settled = await contract.queryFilter('BatchSettled')
    const parsed = settled.map((log) => contract.interface.parseLog(log)?.args)
    let slotCount = 1n
    for (const [i, event] of parsed.entries()) {
      assert.equal(event?.['batchNumber'], BigInt(i + 1))
      assert.equal(event?.['oldSlotCount'], slotCount)
      slotCount = event?.['newSlotCount']
      assert.equal(await contract['noteRootOf']?.(i + 1), event?.['noteRoot'])
      assert.equal(event?.['noteRoot'], this.builder.noteRoots[i + 1])
    }
    const nullifiers: bigint[] = []
    for (const hash of new Set(settled.map(({ transactionHash }) => transactionHash))) {
      const transaction = await rollup.provider.getTransaction(hash)
      const call = decodeSettleInput(transaction?.data as `0x${string}`)
      for (const slot of call.batches.flatMap(({ slots }) => slots)) {
        if (slot.kind === 'empty' || (slot.kind === 'forced' && slot.takenAs === 'void')) continue
        nullifiers.push(slot.nullifier)
      }
    }
    assert.equal(new Set(nullifiers).size, nullifiers.length, 'each nullifier is live once')
    const queue = rollup.contract('forcedQueue')
    const consumed = await queue.queryFilter('ForcedTransferConsumed')
    assert.deepEqual(
      consumed.map((log) => [...(queue.interface.parseLog(log)?.args ?? [])]),
      this.entries
        .filter(({ status }) => status !== STATUS.queued)
        .map(({ id, status }) => [id, status === STATUS.live]),
      'each entry is consumed once, in turn, live unless it was spent',
    )
  }

  /** Entries of the forced queue that the next batch must take. */
  async #owed(): Promise<number> {
    const time: bigint = await this.rollup.contract('clock')['time']?.()
    const [, , due] = await this.rollup.contract('forcedQueue')['pendingAt']?.(time)
    return Math.min(SLOTS, Number(due))
  }

  #nextDeposits(): Deposit[] {
    return this.deposits.filter(({ status }) => status === 'queued').slice(0, DEPOSITS)
  }

  #count(call: SettleCall, taken: readonly Entry[], own: readonly Payment[], by: Wallet): void {
    this.lastCall = call
    for (const deposit of this.#nextDeposits()) {
      deposit.status = 'gone'
      this.#move(deposit.asset, deposit.amount)
    }
    const ownTransfers = own.map((payment, i): Transfer => {
      const slot = call.batches[0]?.slots[taken.length + i]
      return { payment, nullifier: slot !== undefined && 'nullifier' in slot ? slot.nullifier : 0n }
    })
    for (const entry of taken) {
      entry.status = this.spent.has(entry.nullifier) ? STATUS.void : STATUS.live
      if (entry.status === STATUS.live) this.#pay(entry, by)
    }
    for (const transfer of ownTransfers) this.#pay(transfer, by)
  }

  #pay({ nullifier, payment: { asset, amount, fee, to } }: Transfer, feeRecipient: Wallet): void {
    this.spent.add(nullifier)
    this.#move(asset, -amount - fee)
    this.#credit(to.address, asset, amount)
    this.#credit(feeRecipient.address, asset, fee)
  }

  #move(asset: bigint, units: bigint): void {
    this.#notes.set(asset, (this.#notes.get(asset) ?? 0n) + units)
  }

  #credit(address: string, asset: bigint, units: bigint): void {
    const key = `${address} ${String(asset)}`
    this.#claimable.set(key, (this.#claimable.get(key) ?? 0n) + units)
  }
}

/** A transfer with a nullifier of its own that pays so. */
export function slotOf({ asset, amount, fee, to }: Payment): SlotParameters {
  const recipient = to.address.toLowerCase() as `0x${string}`
  return {
    ...(amount === 0n ? {} : { withdrawal: { asset, amount, recipient } }),
    ...(fee === 0n ? {} : { fee: { asset, amount: fee } }),
  }
}
