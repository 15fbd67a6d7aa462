import { createPublicClient, custom, type EIP1193RequestFn, http, type Address } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { ChainClient } from '../../l1/client.ts'
import { approveCall, depositCall } from '../../l1/calls.ts'
import { getEntryFee } from '../../l1/reads.ts'
import { submitTransaction } from '../../l1/submitTransaction.ts'
import type { SignedTransaction, TransactionStore } from '../../l1/transactionStore.ts'
import { dayOf } from '../../protocol/calendar.ts'
import { DEPOSIT_CIPHERTEXT_BYTES, MAX_SUSPENSION_DAYS } from '../../protocol/constants.ts'
import { publicInputsToArray } from '../../protocol/publicInputs.ts'
import { anUpdate, fieldOf } from './identities.ts'
import { seededBytes, type TestRollup } from './settlement.ts'

export const ZERO_ADDRESS: Address = '0x0000000000000000000000000000000000000000'

/** A store that forgets with the process: for tests that crash nothing. */
export function memoryTransactionStore(): TransactionStore {
  let rows: SignedTransaction[] = []
  return {
    listByPurpose: (purpose) => Promise.resolve(rows.filter((row) => row.purpose === purpose)),
    listPending: (sender) =>
      Promise.resolve(
        rows
          .filter((row) => row.status === 'pending' && row.sender === sender.toLowerCase())
          .sort((one, other) => Number(one.nonce - other.nonce)),
      ),
    listFrom: (sender, nonce) =>
      Promise.resolve(
        rows
          .filter((row) => row.status !== 'dead' && row.sender === sender.toLowerCase())
          .filter((row) => row.nonce >= nonce)
          .sort((one, other) => Number(one.nonce - other.nonce)),
      ),
    insert: (transaction) => {
      rows = [...rows.filter(({ hash }) => hash !== transaction.hash), transaction]
      return Promise.resolve()
    },
    setStatus: (purpose, nonce, status) => {
      rows = rows.map((row) =>
        row.purpose === purpose && row.nonce === nonce ? { ...row, status } : row,
      )
      return Promise.resolve()
    },
  }
}

export type Queued = { recipient: bigint; ciphertext: Uint8Array }

/** Queues a deposit of `amount` units by a user, as a wallet does. */
export async function queueDeposit(
  rollup: TestRollup,
  client: ChainClient,
  { asset, amount, label }: { asset: bigint; amount: bigint; label: string },
): Promise<Queued> {
  const { deployment, chain } = rollup
  const listed = deployment.assets.find((candidate) => candidate.asset === asset)
  if (listed === undefined) throw new Error('no such asset')
  const { token, unit } = listed
  const account = privateKeyToAccount(chain.accounts[1]?.privateKey ?? '0x')
  const common = {
    client,
    account,
    store: memoryTransactionStore(),
    chainId: deployment.chainId,
    pollMs: 10,
  }
  const baseAmount = amount * unit
  if (token !== ZERO_ADDRESS) {
    await (await rollup.token['mint']?.(account.address, baseAmount)).wait()
    const call = approveCall(deployment, { token, baseAmount })
    await submitTransaction({ ...common, purpose: 'approve', ...call })
  }
  const queued = {
    recipient: fieldOf(`recipient ${label}`),
    ciphertext: seededBytes(label)(DEPOSIT_CIPHERTEXT_BYTES),
  }
  const entryFee = await getEntryFee({ client, deployment })
  const call = depositCall(deployment, { asset, token, baseAmount, ...queued, entryFee })
  await submitTransaction({ ...common, purpose: 'deposit', ...call })
  return queued
}

/** Fills identity index 5, under simulated proofs. Once a rollup. */
export async function registerAlice(rollup: TestRollup): Promise<ReturnType<typeof anUpdate>> {
  const { domain } = rollup.deployment
  const latestSuspension = dayOf(await rollup.now()) + BigInt(MAX_SUSPENSION_DAYS)
  const limits = { tierCap: 255n, latestSuspension }
  const update = anUpdate({ mode: 0, domain, isAlone: true, limits })
  const { x, y } = update.alice.identity.tracePoint
  const registration = {
    domain,
    index: update.publicInputs.index,
    leaf: update.publicInputs.newLeaf,
    tracePoint: [x, y] as const,
  }
  const sent = await rollup.contract('identityRegistry')['update']?.({
    mode: 0,
    index: 5,
    oldLeaf: 0n,
    newLeaf: update.publicInputs.newLeaf,
    newRoot: update.publicInputs.newRoot,
    proof: rollup.keys.prove('registry', publicInputsToArray('registry', update.publicInputs)),
    tracePoint: [x, y],
    registrationProof: rollup.keys.prove(
      'registration',
      publicInputsToArray('registration', registration),
    ),
    order: 0n,
    latestSuspension,
    sealedContents: '0x0102',
  })
  await sent.wait()
  return update
}

/** A client of the same node, whose `eth_getLogs` refuses more blocks at a time than `maxBlocks`. */
export function strictClient(
  rpcUrl: string,
  maxBlocks: bigint,
): { client: ChainClient; ranges: bigint[]; refusals: () => number } {
  const inner = createPublicClient({ transport: http(rpcUrl) })
  const ranges: bigint[] = []
  let refused = 0
  const request = ((call: { method: string; params?: unknown }) => {
    if (call.method === 'eth_getLogs') {
      const [{ fromBlock, toBlock }] = call.params as [{ fromBlock: string; toBlock: string }]
      const asked = BigInt(toBlock) - BigInt(fromBlock) + 1n
      if (asked > maxBlocks) {
        refused++
        return Promise.reject(new Error('query returned more than 10000 results'))
      }
      ranges.push(asked)
    }
    return inner.request(call as never)
  }) as EIP1193RequestFn
  const client = createPublicClient({ transport: custom({ request }, { retryCount: 0 }) })
  return { client, ranges, refusals: () => refused }
}
