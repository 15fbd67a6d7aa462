import { join } from 'node:path'
import type { ApiClient } from '../api/client.ts'
import { createTransactionAccount } from '../l1/transactionAccount.ts'
import type { Prover } from '../prover/prover.ts'
import { acceptIdentity, requestIdentity } from '../wallet/acceptIdentity.ts'
import { type Balance, computeBalances } from '../wallet/balance.ts'
import { claim, deposit } from '../wallet/baseChainMoney.ts'
import type { JournalEntry } from '../wallet/journal.ts'
import {
  collect,
  exit,
  type PayOptions,
  send,
  type SendParameters,
  withdraw,
} from '../wallet/pay.ts'
import { syncSettled } from '../wallet/syncSettled.ts'
import { createWallet, getAddress, type Wallet } from '../wallet/wallet.ts'
import type { AccountRole, Devnet } from './devnet.ts'
import type { RegistrarOffice } from './registrar.ts'

/** The wallets' files of the demonstration live for minutes; their passphrase is no secret. */
export const PASSPHRASE = 'a passphrase for play'

/** A step that takes longer has gone wrong: on a slow and busy machine a batch takes two minutes. */
export const PATIENCE_MS = 600_000

/** How often a person asks whether something has happened, ms. */
const POLL_MS = 250

/** Somebody with a wallet, a prover of their own and a base-chain account. */
export class Person {
  readonly name: string
  readonly wallet: Wallet
  readonly baseChainAddress: `0x${string}`
  readonly #devnet: Devnet
  readonly #api: ApiClient
  readonly #prover: Prover
  readonly #privateKey: `0x${string}`

  private constructor(
    name: string,
    wallet: Wallet,
    role: AccountRole,
    devnet: Devnet,
    api: ApiClient,
    prover: Prover,
  ) {
    this.name = name
    this.wallet = wallet
    this.baseChainAddress = devnet.accounts[role].address
    this.#privateKey = devnet.accounts[role].privateKey
    this.#devnet = devnet
    this.#api = api
    this.#prover = prover
  }

  static async arrive(
    devnet: Devnet,
    api: ApiClient,
    prover: Prover,
    { name, role }: { name: string; role: AccountRole },
  ): Promise<Person> {
    const wallet = await createWallet(
      {},
      { dir: join(devnet.dir, role), passphrase: PASSPHRASE, deployment: devnet.deployment },
    )
    return new Person(name, wallet, role, devnet, api, prover)
  }

  get address(): string {
    return getAddress(this.wallet)
  }

  /** Request, offer, acceptance with its proof, admission. Gives gas of the admission and the index. */
  async register(
    office: RegistrarOffice,
    { tier }: { tier: number },
  ): Promise<{ index: number; gas: bigint }> {
    const request = requestIdentity(this.wallet, {
      destination: { kind: 'address', address: BigInt(this.baseChainAddress) },
      name: this.name,
    })
    const file = await office.offer(request, { tier, name: this.name })
    const { wallet } = this
    const { acceptance, index } = await acceptIdentity({ wallet, prover: this.#prover }, { file })
    if (acceptance === undefined) throw new Error('the leaf was filed before it was accepted')
    const { gasUsed = 0n } = await office.admit(acceptance)
    await this.sync()
    return { index: Number(index), gas: gasUsed }
  }

  async sync(): Promise<void> {
    await syncSettled({ wallet: this.wallet, chain: this.#devnet.reader })
  }

  balance(asset: bigint): Balance | undefined {
    const { ledger, journal } = this.wallet.state
    return computeBalances(ledger, journal).find((balance) => balance.asset === asset)
  }

  total(asset: bigint): bigint {
    return this.balance(asset)?.total ?? 0n
  }

  deposit(asset: bigint, amount: bigint) {
    return deposit(this.#baseChain(), { asset, amount, pollMs: POLL_MS })
  }

  claim(asset: bigint) {
    const recipient = this.baseChainAddress
    return claim(this.#baseChain(), { asset, recipient, pollMs: POLL_MS })
  }

  send(parameters: SendParameters): Promise<JournalEntry[]> {
    return send(this.#dependencies(), { pollMilliseconds: POLL_MS, ...parameters })
  }

  collect(parameters: PayOptions & { asset: bigint }): Promise<JournalEntry[]> {
    return collect(this.#dependencies(), { pollMilliseconds: POLL_MS, ...parameters })
  }

  withdraw(parameters: PayOptions & { asset: bigint; amount: bigint }): Promise<JournalEntry[]> {
    const recipient = this.baseChainAddress
    return withdraw(this.#dependencies(), { pollMilliseconds: POLL_MS, ...parameters, recipient })
  }

  exit(parameters: PayOptions & { asset: bigint }): Promise<JournalEntry[]> {
    return exit(this.#dependencies(), { pollMilliseconds: POLL_MS, ...parameters })
  }

  /** Syncs until it holds `amount`. */
  async waitFor(asset: bigint, amount: bigint): Promise<void> {
    const end = performance.now() + PATIENCE_MS
    for (;;) {
      await this.sync()
      if (this.total(asset) >= amount) return
      if (performance.now() > end) throw new Error(`${this.name}'s money did not arrive in time`)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  #dependencies() {
    const { wallet } = this
    return { wallet, chain: this.#devnet.reader, api: this.#api, prover: this.#prover }
  }

  #baseChain() {
    const { client, deployment } = this.#devnet
    const account = createTransactionAccount(this.#privateKey)
    return { wallet: this.wallet, client, deployment, account }
  }
}
