import { getEntryFee } from '../../l1/reads.ts'
import { depositCall } from '../../l1/calls.ts'
import { createChainClient, type ChainClient } from '../../l1/client.ts'
import { dayOf } from '../../protocol/calendar.ts'
import { IDENTITY_TREE_DEPTH, SECONDS_PER_DAY } from '../../protocol/constants.ts'
import { deploymentDomain } from '../../protocol/domain.ts'
import { hashIdentity, type Identity } from '../../protocol/identity.ts'
import { type Keys, type Owner } from '../../protocol/keys.ts'
import { MerkleTree } from '../../protocol/tree.ts'
import { makeDepositNote } from '../../wallet/depositNote.ts'
import { anAuditRecord } from './auditRecords.ts'
import { aPerson } from './identities.ts'
import { scheduleEpoch, updateIdentity } from './registryMoves.ts'
import {
  ETH_ASSET,
  ETH_UNIT,
  seededBytes,
  settle,
  SettleBuilder,
  type TestRollup,
} from './settlement.ts'
import { ZERO_ADDRESS } from './l1Rollup.ts'

/** What happens on a base chain that may go back, with what must be known to make it happen. */
export const worldEvents = [
  'deposit',
  'settlement',
  'registration',
  'suspension',
  'key epoch',
] as const
export type WorldEvent = (typeof worldEvents)[number]

type Memory = {
  builder: SettleBuilder
  tree: MerkleTree
  identity: Identity
  deposits: bigint
  registered: bigint
  /** When the newest key epoch begins. */
  epochStartDay: bigint
  settled: bigint
}

/** Owner of the wallet that watches. */
const INDEX = 5n

/**
 * Real contracts with real trees: batches that lead to their roots, identities in their tree. Only proofs are
 * simulated. What it remembers goes back with the chain.
 */
export class ReorgWorld {
  readonly rollup: TestRollup
  readonly #client: ChainClient
  readonly #keys: Pick<Keys, 'blindingKey' | 'viewingPublicKey'>
  readonly #owner: Owner
  #memory: Memory

  /** @param keys of the wallet that watches. */
  constructor(rollup: TestRollup, keys: Keys) {
    this.rollup = rollup
    this.#client = createChainClient({ rpcUrl: rollup.chain.rpcUrl })
    this.#keys = keys
    this.#owner = { ownerKey: keys.ownerKey, identityIndex: INDEX }
    const { identity } = aPerson('alice', INDEX, {}, deploymentDomain(rollup.deployment))
    this.#memory = {
      builder: new SettleBuilder(rollup, 'reorgs', { isExact: true }),
      tree: new MerkleTree(IDENTITY_TREE_DEPTH),
      identity: { ...identity, ownerKey: keys.ownerKey },
      ...{ deposits: 0n, registered: 0n, epochStartDay: 0n, settled: 0n },
    }
  }

  /** Files the identity of the wallet that watches. */
  async fileOwner(tracePoint: { x: bigint; y: bigint }): Promise<void> {
    this.#memory.identity = { ...this.#memory.identity, tracePoint }
    await this.#file(INDEX, this.#memory.identity)
  }

  /** As it is now; the returned function brings chain and memory back to it, once. */
  async mark(): Promise<() => Promise<void>> {
    const { builder, tree, ...rest } = this.#memory
    const kept = { ...rest, builder, tree }
    // The kept tree is not written to while this one lies over it. A builder is never changed, only replaced.
    this.#memory = { ...kept, tree: tree.fork() }
    const revert = await this.rollup.chain.snapshot()
    return async () => {
      await revert()
      // Blocks of the same contents at the same times would be the same blocks.
      await this.rollup.chain.increaseTime(7)
      this.#memory = kept
    }
  }

  /** Lets all key epochs begin that were scheduled: few may wait at a time. */
  async letEpochsBegin(): Promise<void> {
    const start = this.#memory.epochStartDay * BigInt(SECONDS_PER_DAY)
    const left = start - (await this.rollup.now())
    if (left > 0n) await this.rollup.chain.increaseTime(Number(left))
  }

  /** @param variant two of one event differ by it. */
  async happen(event: WorldEvent, variant: bigint): Promise<void> {
    switch (event) {
      case 'deposit':
        return this.#deposit(variant)
      case 'settlement':
        return this.#settle(variant)
      case 'registration': {
        const index = 10n + this.#memory.registered++
        const domain = deploymentDomain(this.rollup.deployment)
        const name = `person ${String(index)} ${String(variant)}`
        return this.#file(index, aPerson(name, index, {}, domain).identity)
      }
      case 'suspension': {
        const old = this.#memory.identity
        const today = dayOf(await this.rollup.now())
        this.#memory.identity = { ...old, suspendedUntil: today + 3n + variant }
        return this.#file(INDEX, this.#memory.identity, hashIdentity(old))
      }
      case 'key epoch': {
        const delay = variant * BigInt(SECONDS_PER_DAY)
        this.#memory.epochStartDay = await scheduleEpoch(this.rollup, delay)
      }
    }
  }

  async #deposit(variant: bigint): Promise<void> {
    const { deployment, users } = this.rollup
    const counter = this.#memory.deposits++
    const note = makeDepositNote(
      {
        ...{ keys: this.#keys, owner: this.#owner },
        randomBytes: seededBytes(`${String(counter)} ${String(variant)}`),
      },
      { counter },
    )
    const { to, data, value } = depositCall(deployment, {
      ...{ asset: ETH_ASSET, token: ZERO_ADDRESS, baseAmount: (100n + variant) * ETH_UNIT },
      ...{ recipient: note.recipient, ciphertext: note.ciphertext },
      entryFee: await getEntryFee({ client: this.#client, deployment }),
    })
    await (await users[0]!.sendTransaction({ to, data, value })).wait()
  }

  /** One transfer, and all deposits that wait. */
  async #settle(variant: bigint): Promise<void> {
    const { rollup } = this
    const [head, tail]: [bigint, bigint] = await rollup.contract('vault')['queue']?.()
    const ids = Array.from({ length: Math.min(4, Number(tail - head)) }, (_, i) => head + BigInt(i))
    const nonce = this.#memory.settled++
    const { statistics, investigation } = rollup.auditKeys
    const record = anAuditRecord({
      ...{ auditKeyS: statistics, auditKeyI: investigation, nonce },
      sender: { index: 7n, traceSecret: 700_001n },
      ...{ recipients: [8n], amounts: [10n + variant] },
      ephemeralSecret: 5_000n + 100n * nonce + variant,
    })
    // Another seed, so that another variant has other outputs.
    const builder = this.#memory.builder.fork(`settled ${String(nonce)} ${String(variant)}`)
    await settle(rollup, await builder.call([{ slots: [{ record }], depositIds: ids }]))
    this.#memory.builder = builder
  }

  async #file(index: bigint, identity: Identity, oldLeaf = 0n): Promise<void> {
    const newLeaf = hashIdentity(identity)
    const { tree } = this.#memory
    tree.setLeaf(Number(index), newLeaf)
    const { tracePoint } = identity
    await updateIdentity(this.rollup, { index, oldLeaf, newLeaf, newRoot: tree.root, tracePoint })
  }
}
