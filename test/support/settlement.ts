import { readFileSync } from 'node:fs'
import { Contract, ContractFactory, JsonRpcProvider, type TransactionReceipt, Wallet } from 'ethers'
import { loadArtifact } from '../../deploy/contracts/artifacts.ts'
import {
  auditKeyRegistrar,
  deployContracts,
  type DeploymentConfig,
} from '../../deploy/contracts/deploy.ts'
import type { VerificationKeys } from '../../deploy/contracts/checkVerificationKeys.ts'
import {
  encodeSettle,
  type Hex,
  type ProofWords,
  type SettleBatch,
  type SettleCall,
  type SettleContext,
  type SettleTransfer,
} from '../../l1/codec.ts'
import type { ChainDeployment, ContractName } from '../../l1/deployment.ts'
import { type CurvePoint } from '../../protocol/babyjubjub.ts'
import {
  BATCH_CIRCUITS,
  type BatchCircuit,
  FIELD_ORDER,
  INITIAL_SLOT_COUNT,
  MEMO_BYTES,
  type TransferCircuit,
} from '../../protocol/constants.ts'
import { dayOf } from '../../protocol/calendar.ts'
import type { Batch, BatchDeposit, BatchSlot } from '../../protocol/batch.ts'
import { batchPublicInputs, batchWords } from '../../protocol/batchWords.ts'
import { hashMemo, type RandomBytes } from '../../protocol/memo.ts'
import { type Policy } from '../../protocol/policy.ts'
import { publicInputsToArray, type TransferPublicInputs } from '../../protocol/publicInputs.ts'
import { initialState } from '../../protocol/rollupState.ts'
import { bigintToBytes } from '../../protocol/field.ts'
import { packWord } from '../../protocol/words.ts'
import { auditKeyFromSecret } from '../../regulator/auditKeys.ts'
import { type BaseChain, type BaseChainClient, startChain } from './chain.ts'
import { seededScalars, type SimulatedKeys, simulatedKeys } from './simulatedKeys.ts'

export const ETH_ASSET = 1n
export const TOKEN_ASSET = 2n
/** 10^10 wei, so that 18 digits become 8. */
export const ETH_UNIT = 10_000_000_000n
export const TOKEN_UNIT = 1n
export const MAX_FEE = 1_000_000n
export const SETTLE_WINDOW = 7_200n
export const DUE_DELAY = 10_800n
export const DEADLINE = 86_400n

export const testPolicies: readonly Policy[] = [
  { tier: 1n, asset: ETH_ASSET, perTransfer: 10n, perDay: 20n, accountCap: 30n },
]

/** Deterministic bytes for what needs randomness in tests. */
export function seededBytes(seed: string): RandomBytes {
  const next = seededScalars(`bytes/${seed}`)
  return (length) => {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += 31) {
      bytes.set(bigintToBytes(next() >> 8n, 31).subarray(0, Math.min(31, length - at)), at)
    }
    return bytes
  }
}

export type TestRollup = {
  readonly chain: BaseChain
  readonly provider: JsonRpcProvider
  readonly deployment: ChainDeployment
  /** Deployer; holds every role. Account 0. */
  readonly operator: Wallet
  /** Accounts 1, 2, 3: hold no role. */
  readonly users: readonly Wallet[]
  readonly keys: SimulatedKeys
  readonly auditKeys: { readonly statistics: CurvePoint; readonly investigation: CurvePoint }
  readonly token: Contract
  /** By the operator. */
  contract(name: ContractName): Contract
  as(name: ContractName, wallet: Wallet): Contract
  now(): Promise<bigint>
  stop(): Promise<void>
}

/** A chain with all contracts, under keys whose secrets are known. */
export async function startTestRollup({
  keys = simulatedKeys('test'),
  verificationKeys = keys.verificationKeys,
  policies = testPolicies,
  config = {},
  client,
}: {
  keys?: SimulatedKeys
  /** Default: those of `keys`. */
  verificationKeys?: VerificationKeys
  policies?: readonly Policy[]
  config?: Partial<DeploymentConfig>
  /** Default: as the environment says. */
  client?: BaseChainClient
} = {}): Promise<TestRollup> {
  const chain = await startChain(client === undefined ? {} : { client })
  const { provider, operator, users } = connect(chain)
  const token = await deployTestContract(operator, 'mocks/TestTokens', 'TestToken', [
    'Test dollar',
    'TUSD',
    6,
  ])
  const statistics = auditKeyFromSecret('statistics', 1234567n)
  const investigation = auditKeyFromSecret('investigation', 7654321n)
  const block = await provider.getBlock('latest')
  const deployment = await deployContracts({
    signer: operator,
    verificationKeys,
    areKeysInsecure: true,
    assets: [
      {
        symbol: 'ETH',
        token: '0x0000000000000000000000000000000000000000',
        decimals: 18,
        unit: ETH_UNIT,
        maxFee: MAX_FEE,
      },
      {
        symbol: 'TUSD',
        token: (await token.getAddress()) as Hex,
        decimals: 6,
        unit: TOKEN_UNIT,
        maxFee: MAX_FEE,
      },
    ],
    epoch0: {
      // A week back, so that tests of older days have keys.
      startDay: dayOf(BigInt(block?.timestamp ?? 0)) - 7n,
      statistics: auditKeyRegistrar(statistics, seededBytes('statistics')),
      investigation: auditKeyRegistrar(investigation, seededBytes('investigation')),
    },
    policies,
    config: { governanceDelay: 0n, ...config },
  })
  const as = (name: ContractName, wallet: Wallet): Contract =>
    new Contract(
      deployment.contracts[name],
      loadArtifact(name === 'accessManager' ? 'Authority' : upperFirst(name)).abi,
      wallet,
    )
  return {
    chain,
    provider,
    deployment,
    operator,
    users,
    keys,
    auditKeys: { statistics: statistics.auditKey, investigation: investigation.auditKey },
    token,
    contract: (name) => as(name, operator),
    as,
    now: () => timeOf(provider),
    async stop() {
      provider.destroy()
      await chain.stop()
    },
  }
}

/** Operator (account 0) and users (1 to 3) of a development chain. */
export function connect(chain: BaseChain): {
  provider: JsonRpcProvider
  operator: Wallet
  users: Wallet[]
} {
  const provider = new JsonRpcProvider(chain.rpcUrl, chain.chainId, {
    staticNetwork: true,
    // Nothing is remembered between calls: the tests move the chain under ethers' feet.
    cacheTimeout: -1,
    pollingInterval: 20,
  })
  const wallets = chain.accounts
    .slice(0, 4)
    .map(({ privateKey }) => new Wallet(privateKey, provider))
  return { provider, operator: wallets[0] as Wallet, users: wallets.slice(1) }
}

export async function deployTestContract(
  wallet: Wallet,
  source: string,
  name: string,
  args: readonly unknown[] = [],
): Promise<Contract> {
  const path = new URL(`../../artifacts/contracts/${source}.sol/${name}.json`, import.meta.url)
  const { abi, bytecode } = JSON.parse(readFileSync(path, 'utf8'))
  const contract = await new ContractFactory(abi, bytecode, wallet).deploy(...args)
  await contract.waitForDeployment()
  return new Contract(await contract.getAddress(), abi, wallet)
}

async function timeOf(provider: JsonRpcProvider): Promise<bigint> {
  const block = await provider.getBlock('latest')
  return BigInt(block?.timestamp ?? 0)
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** What S2 looks up for a context. */
type ContextValues = {
  readonly identityRoot: bigint
  readonly policyRoot: bigint
  readonly day: bigint
  readonly epoch: bigint
}

/** Fields of a slot; everything has a value of its own by default. */
export type SlotParameters = {
  readonly kind?: TransferCircuit
  readonly context?: number
  readonly anchorBatch?: bigint
  readonly nullifier?: bigint
  readonly outputs?: SettleTransfer['outputs']
  readonly withdrawal?: { asset: bigint; amount: bigint; recipient: Hex }
  readonly fee?: { amount: bigint; asset: bigint }
  readonly memo?: Uint8Array
  /** Changes public inputs before the proof is made: the proof is for something else then. */
  readonly proveFor?: (inputs: TransferPublicInputs) => TransferPublicInputs
  /** Moves C: an invalid proof. */
  readonly error?: bigint
  readonly prove?: (circuit: TransferCircuit, inputs: readonly bigint[]) => ProofWords
  readonly isSunsetKey?: true
}

export type BatchParameters = {
  readonly circuit?: BatchCircuit
  readonly slots?: readonly (SlotParameters | 'empty')[]
  readonly depositIds?: readonly bigint[]
  readonly feeRecipient?: Hex
  /** What the batch proof is made for, where it differs from what is sent. */
  readonly provenDeposits?: readonly BatchDeposit[]
  readonly provenSlots?: (slots: BatchSlot[]) => BatchSlot[]
  readonly error?: bigint
}

/**
 * Makes acceptable `settle` calls on top of the settled state. Roots are arbitrary numbers: the
 * batch proof is simulated too. Same seed, same bytes.
 */
export class SettleBuilder {
  readonly rollup: TestRollup
  readonly #next: () => bigint
  readonly #bytes: RandomBytes
  readonly noteRoots: bigint[]
  #nullifierRoot: bigint
  #slotCount: bigint

  constructor(rollup: TestRollup, seed = 'settle') {
    this.rollup = rollup
    this.#next = seededScalars(seed)
    this.#bytes = seededBytes(seed)
    const state = initialState()
    this.noteRoots = [state.noteTree.root]
    this.#nullifierRoot = state.nullifierTree.root
    this.#slotCount = INITIAL_SLOT_COUNT
  }

  /** A builder at the same state, whose calls do not count here. */
  fork(seed: string): SettleBuilder {
    const copy = new SettleBuilder(this.rollup, seed)
    copy.noteRoots.splice(0, copy.noteRoots.length, ...this.noteRoots)
    copy.#nullifierRoot = this.#nullifierRoot
    copy.#slotCount = this.#slotCount
    return copy
  }

  /** Current identity root, the first policies, today. */
  async context(changes: Partial<SettleContext> = {}): Promise<SettleContext> {
    const [identityVersion] = await this.rollup.contract('identityRegistry')['current']?.()
    const [policyVersion] = await this.rollup.contract('policyRegistry')['current']?.()
    const day = dayOf(await this.rollup.now())
    return { identityVersion, policyVersion, day, ...changes }
  }

  async call(
    batches: readonly BatchParameters[],
    { contexts }: { contexts?: readonly SettleContext[] } = {},
  ): Promise<SettleCall> {
    const used = contexts ?? [await this.context()]
    const values = await Promise.all(used.map((context) => this.#lookUp(context)))
    const built: SettleBatch[] = []
    for (const batch of batches) built.push(await this.#batch(batch, values))
    return { contexts: used, batches: built }
  }

  async #lookUp({ identityVersion, policyVersion, day }: SettleContext): Promise<ContextValues> {
    // Unknown versions get a root too: the contract is to refuse them.
    const rootAt = async (name: ContractName, version: bigint): Promise<bigint> => {
      const result = await this.rollup
        .contract(name)
        ['rootAt']?.(version)
        .catch(() => [1n])
      return result[0]
    }
    return {
      identityRoot: await rootAt('identityRegistry', identityVersion),
      policyRoot: await rootAt('policyRegistry', policyVersion),
      day,
      epoch: 0n,
    }
  }

  async #batch(parameters: BatchParameters, contexts: ContextValues[]): Promise<SettleBatch> {
    const { circuit = 'batch-4', slots = [{}], depositIds = [], error = 0n } = parameters
    const feeRecipient =
      parameters.feeRecipient ?? (this.rollup.operator.address.toLowerCase() as Hex)
    const batchNumber = BigInt(this.noteRoots.length)
    const settleSlots = slots.map((slot) =>
      slot === 'empty' ? ({ kind: 'empty' } as const) : this.#slot(slot, batchNumber, contexts),
    )
    const deposits = parameters.provenDeposits ?? (await this.#deposits(depositIds))
    const size = BigInt(BATCH_CIRCUITS[circuit].size)
    const newSlotCount = ((this.#slotCount + size - 1n) / size) * size + size
    const transition = {
      oldSlotCount: this.#slotCount,
      newSlotCount,
      oldNoteRoot: this.noteRoots.at(-1) as bigint,
      newNoteRoot: this.#next(),
      oldNullifierRoot: this.#nullifierRoot,
      newNullifierRoot: this.#next(),
    }
    const batchSlots = settleSlots.map((slot): BatchSlot =>
      slot.kind === 'empty'
        ? slot
        : { kind: slot.kind, nullifier: slot.nullifier, outputs: slot.outputs },
    )
    const batch: Batch = {
      circuit,
      batchNumber,
      feeRecipient: BigInt(feeRecipient),
      slots: parameters.provenSlots?.(batchSlots) ?? batchSlots,
      deposits,
    }
    const words = batchWords(batch, transition)
    const inputs = batchPublicInputs(circuit, this.rollup.deployment.domain, words)
    const elements = publicInputsToArray(circuit, inputs)
    this.noteRoots.push(transition.newNoteRoot)
    this.#nullifierRoot = transition.newNullifierRoot
    this.#slotCount = newSlotCount
    return {
      circuit,
      batchNumber,
      feeRecipient,
      newNoteRoot: transition.newNoteRoot,
      newNullifierRoot: transition.newNullifierRoot,
      depositIds,
      c: inputs.c,
      proof: this.rollup.keys.proveWithError(circuit, elements, error),
      slots: settleSlots,
    }
  }

  async #deposits(ids: readonly bigint[]): Promise<BatchDeposit[]> {
    const vault = this.rollup.contract('vault')
    return Promise.all(
      ids.map(async (id) => {
        const { asset, amount, recipient } = await vault['depositOf']?.(id)
        return { asset, amount, recipient }
      }),
    )
  }

  #slot(
    parameters: SlotParameters,
    batchNumber: bigint,
    contexts: readonly ContextValues[],
  ): SettleTransfer {
    const next = this.#next
    const { kind = 'transfer', context = 0, error = 0n } = parameters
    const anchorBatch = parameters.anchorBatch ?? batchNumber - 1n
    const memo = parameters.memo ?? this.#bytes(MEMO_BYTES)
    const fee = parameters.fee ?? { amount: 0n, asset: 0n }
    const values = contexts[context] ?? contexts[0]
    const { statistics, investigation } = this.rollup.auditKeys
    const inputs: TransferPublicInputs = {
      anchor: this.noteRoots[Number(anchorBatch)] ?? 1n,
      identityRoot: values?.identityRoot ?? 1n,
      policyRoot: values?.policyRoot ?? 1n,
      day: values?.day ?? 1n,
      domain: this.rollup.deployment.domain,
      nullifier: parameters.nullifier ?? next() >> 8n,
      outputs: parameters.outputs ?? [next(), next(), next(), next()],
      withdrawal:
        parameters.withdrawal === undefined
          ? 0n
          : packWord('withdrawal', {
              ...parameters.withdrawal,
              recipient: BigInt(parameters.withdrawal.recipient),
            }),
      fee: packWord('fee', { ...fee, epoch: values?.epoch ?? 0n }),
      memoHash: hashMemo(memo),
      traceTag: next(),
      ephemeral: [next(), next()],
      statisticsCiphertext: [next(), next()],
      investigationCiphertext: kind === 'collect' ? [next(), next()] : [next()],
      auditKeyS: [statistics.x, statistics.y],
      auditKeyI: [investigation.x, investigation.y],
    }
    const proven = publicInputsToArray(kind, parameters.proveFor?.(inputs) ?? inputs)
    const proof =
      parameters.prove?.(kind, proven) ?? this.rollup.keys.proveWithError(kind, proven, error)
    return {
      kind,
      context,
      anchorBatch,
      nullifier: inputs.nullifier,
      outputs: inputs.outputs,
      withdrawal: inputs.withdrawal,
      fee,
      traceTag: inputs.traceTag,
      ephemeral: inputs.ephemeral,
      statisticsCiphertext: inputs.statisticsCiphertext,
      investigationCiphertext: inputs.investigationCiphertext,
      memo,
      proof,
      ...(parameters.isSunsetKey ? { isSunsetKey: true as const } : {}),
    }
  }
}

/** Sends a call and waits. @throws what ethers throws when it reverts. */
export async function settle(
  rollup: TestRollup,
  call: SettleCall | Hex,
): Promise<TransactionReceipt> {
  const data = typeof call === 'string' ? call : encodeSettle(call)
  const sent = await rollup.contract('rollup')['settle']?.(data)
  return sent.wait()
}

/** value + r: the same field element in another encoding. */
export function nonCanonical(value: bigint): bigint {
  return value + FIELD_ORDER
}
