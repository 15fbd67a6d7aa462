import { readFileSync } from 'node:fs'
import {
  Contract,
  ContractFactory,
  type JsonRpcProvider,
  type TransactionReceipt,
  Wallet,
} from 'ethers'
import { loadArtifact } from '../../deploy/contracts/artifacts.ts'
import {
  type AuditKeyRegistrar,
  auditKeyRegistrar,
  deployContracts,
  type DeploymentConfig,
} from '../../deploy/contracts/deploy.ts'
import type { VerificationKeys } from '../../deploy/contracts/checkVerificationKeys.ts'
import { devnetProvider } from '../../deploy/devnet/deployer.ts'
import {
  encodeSettle,
  type Hex,
  type ProofWords,
  type SettleBatch,
  type SettleCall,
  type SettleContext,
  type SettleForced,
  type SettleSlot,
  type SettleTransfer,
} from '../../l1/codec.ts'
import type { ChainDeployment, ContractName } from '../../l1/deployment.ts'
import { encodeForcedEntry, type ForcedEntry } from '../../l1/forcedEntry.ts'
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
import { applyBatch } from '../../protocol/applyBatch.ts'
import type { Batch, BatchDeposit, BatchSlot } from '../../protocol/batch.ts'
import { batchPublicInputs, type BatchTransition, batchWords } from '../../protocol/batchWords.ts'
import { hashMemo, type RandomBytes } from '../../protocol/memo.ts'
import { type Policy } from '../../protocol/policy.ts'
import { publicInputsToArray, type TransferPublicInputs } from '../../protocol/publicInputs.ts'
import { initialState, type RollupState } from '../../protocol/rollupState.ts'
import { bigintToBytes } from '../../protocol/field.ts'
import { packWord } from '../../protocol/words.ts'
import { auditKeyFromSecret, type AuditKeyKind } from '../../regulator/auditKeys.ts'
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
  { tier: 1n, asset: ETH_ASSET, perTransfer: 10n, perDay: 20n, accountCap: 30n, reportAbove: 15n },
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
  readonly auditKeys: Readonly<Record<AuditKeyKind, CurvePoint>>
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
  registrars = {},
  client,
  chain: sharedChain,
}: {
  keys?: SimulatedKeys
  /** Default: those of `keys`. */
  verificationKeys?: VerificationKeys
  policies?: readonly Policy[]
  config?: Partial<DeploymentConfig>
  /** Who registers epoch 0's audit keys. Default: holders whose secrets are known. */
  registrars?: {
    readonly statistics?: AuditKeyRegistrar
    readonly investigation?: AuditKeyRegistrar
    readonly largeValue?: AuditKeyRegistrar
  }
  /** Default: as the environment says. */
  client?: BaseChainClient
  /** One that runs already and has another deployment on it. Default: one of its own, which ends with this. */
  chain?: BaseChain
} = {}): Promise<TestRollup> {
  const chain = sharedChain ?? (await startChain(client === undefined ? {} : { client }))
  const { provider, operator, users } = connect(chain)
  const token = await deployTestContract(operator, 'mocks/TestTokens', 'TestToken', [
    'Test dollar',
    'TUSD',
    6,
  ])
  const statistics = auditKeyFromSecret('statistics', 1234567n)
  const investigation = auditKeyFromSecret('investigation', 7654321n)
  const largeValue = auditKeyFromSecret('largeValue', 1357911n)
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
      statistics: registrars.statistics ?? auditKeyRegistrar(statistics, seededBytes('statistics')),
      investigation:
        registrars.investigation ?? auditKeyRegistrar(investigation, seededBytes('investigation')),
      largeValue: registrars.largeValue ?? auditKeyRegistrar(largeValue, seededBytes('largeValue')),
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
    auditKeys: {
      statistics: statistics.auditKey,
      investigation: investigation.auditKey,
      largeValue: largeValue.auditKey,
    },
    token,
    contract: (name) => as(name, operator),
    as,
    now: () => timeOf(provider),
    async stop() {
      provider.destroy()
      if (sharedChain === undefined) await chain.stop()
    },
  }
}

/** Operator (account 0) and users (1 to 3) of a development chain. */
export function connect(chain: BaseChain): {
  provider: JsonRpcProvider
  operator: Wallet
  users: Wallet[]
} {
  const provider = devnetProvider(chain)
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
  /** epoch, S.x, S.y, I.x, I.y */
  readonly keys: readonly bigint[]
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
  /** Trace tag, R and the supervisory ciphertexts. */
  readonly record?: Partial<
    Pick<
      TransferPublicInputs,
      'traceTag' | 'ephemeral' | 'statisticsCiphertext' | 'investigationCiphertext'
    >
  >
  /** Changes public inputs before the proof is made: the proof is for something else then. */
  readonly proveFor?: (inputs: TransferPublicInputs) => TransferPublicInputs
  /** Moves C: an invalid proof. */
  readonly error?: bigint
  readonly prove?: (circuit: TransferCircuit, inputs: readonly bigint[]) => ProofWords
  readonly isSunsetKey?: true
}

/** A slot that names an entry of the forced queue. */
export type ForcedParameters = {
  readonly forced: ForcedEntry
  readonly entryId: bigint
  /** Default: what it was queued as. */
  readonly takenAs?: SettleForced['takenAs']
  /** Other words than it was queued with. */
  readonly change?: Partial<SettleForced>
}

export type BatchParameters = {
  readonly circuit?: BatchCircuit
  readonly slots?: readonly (SlotParameters | ForcedParameters | 'empty')[]
  readonly depositIds?: readonly bigint[]
  readonly feeRecipient?: Hex
  /** What the batch proof is made for, where it differs from what is sent. */
  readonly provenDeposits?: readonly BatchDeposit[]
  readonly provenSlots?: (slots: BatchSlot[]) => BatchSlot[]
  readonly error?: bigint
  /** Default: an arbitrary number. */
  readonly newNullifierRoot?: bigint
}

/**
 * Makes acceptable `settle` calls on top of the settled state. Roots are arbitrary numbers, since the
 * batch proof is simulated too, unless it is asked to be exact: for those who rebuild the trees. Same seed, same bytes.
 */
export class SettleBuilder {
  readonly rollup: TestRollup
  readonly #next: () => bigint
  readonly #bytes: RandomBytes
  readonly noteRoots: bigint[]
  #nullifierRoot: bigint
  #slotCount: bigint
  /** Where roots are exact: the state, and what made it. */
  readonly #exact: { readonly state: RollupState; readonly batches: Batch[] } | undefined

  constructor(rollup: TestRollup, seed = 'settle', { isExact = false } = {}) {
    this.rollup = rollup
    this.#next = seededScalars(seed)
    this.#bytes = seededBytes(seed)
    const state = initialState()
    this.noteRoots = [state.noteTree.root]
    this.#nullifierRoot = state.nullifierTree.root
    this.#slotCount = INITIAL_SLOT_COUNT
    this.#exact = isExact ? { state, batches: [] } : undefined
  }

  /** A builder at the same state, whose calls do not count here. */
  fork(seed: string): SettleBuilder {
    const copy = new SettleBuilder(this.rollup, seed, { isExact: this.#exact !== undefined })
    for (const batch of this.#exact?.batches ?? []) copy.#apply(batch)
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

  /** What may enter the forced queue on top of the settled state. */
  async entry(
    slot: SlotParameters = {},
    { context }: { context?: SettleContext } = {},
  ): Promise<ForcedEntry> {
    const used = context ?? (await this.context())
    const { context: _, ...transfer } = this.#slot(slot, BigInt(this.noteRoots.length), [
      await this.#lookUp(used),
    ])
    return { context: used, transfer }
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
      // No keys on a day without any: refused for another reason.
      keys: await this.rollup
        .contract('supervisionRegistry')
        ['keysOfDay']?.(day)
        .catch(() => [0n, 0n, 1n, 0n, 1n]),
    }
  }

  async #batch(parameters: BatchParameters, contexts: ContextValues[]): Promise<SettleBatch> {
    const { circuit = 'batch-4', slots = [{}], depositIds = [], error = 0n } = parameters
    const feeRecipient =
      parameters.feeRecipient ?? (this.rollup.operator.address.toLowerCase() as Hex)
    const batchNumber = BigInt(this.noteRoots.length)
    const settleSlots = slots.map((slot): SettleSlot => {
      if (slot === 'empty') return { kind: 'empty' }
      if (!('forced' in slot)) return this.#slot(slot, batchNumber, contexts)
      const { kind, nullifier, outputs, withdrawal, fee } = slot.forced.transfer
      const { entryId, takenAs = kind } = slot
      const words = { nullifier, outputs, withdrawal, fee }
      return { kind: 'forced', entryId, takenAs, ...words, ...slot.change }
    })
    const deposits = parameters.provenDeposits ?? (await this.#deposits(depositIds))
    const batchSlots = settleSlots.map((slot): BatchSlot =>
      slot.kind === 'empty'
        ? slot
        : {
            kind: slot.kind === 'forced' ? slot.takenAs : slot.kind,
            nullifier: slot.nullifier,
            outputs: slot.outputs,
          },
    )
    const batch: Batch = {
      circuit,
      batchNumber,
      feeRecipient: BigInt(feeRecipient),
      slots: parameters.provenSlots?.(batchSlots) ?? batchSlots,
      deposits,
    }
    const transition = this.#apply(batch, parameters.newNullifierRoot)
    const words = batchWords(batch, transition)
    const inputs = batchPublicInputs(circuit, this.rollup.deployment.domain, words)
    const elements = publicInputsToArray(circuit, inputs)
    this.noteRoots.push(transition.newNoteRoot)
    this.#nullifierRoot = transition.newNullifierRoot
    this.#slotCount = transition.newSlotCount
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

  #apply(batch: Batch, newNullifierRoot?: bigint): BatchTransition {
    if (this.#exact !== undefined) {
      this.#exact.batches.push(batch)
      return applyBatch(this.#exact.state, batch)
    }
    const size = BigInt(BATCH_CIRCUITS[batch.circuit].size)
    return {
      oldSlotCount: this.#slotCount,
      newSlotCount: ((this.#slotCount + size - 1n) / size) * size + size,
      oldNoteRoot: this.noteRoots.at(-1) as bigint,
      newNoteRoot: this.#next(),
      oldNullifierRoot: this.#nullifierRoot,
      newNullifierRoot: newNullifierRoot ?? this.#next(),
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
    const [epoch = 0n, sx = 0n, sy = 0n, ix = 0n, iy = 0n, lx = 0n, ly = 0n] = values?.keys ?? []
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
      fee: packWord('fee', { ...fee, epoch }),
      memoHash: hashMemo(memo),
      traceTag: next(),
      ephemeral: [next(), next()],
      statisticsCiphertext: [next(), next()],
      investigationCiphertext: kind === 'collect' ? [next(), next()] : [next()],
      auditKeyS: [sx, sy],
      auditKeyI: [ix, iy],
      auditKeyL: [lx, ly],
      ...parameters.record,
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
  wallet = rollup.operator,
): Promise<TransactionReceipt> {
  const data = typeof call === 'string' ? call : encodeSettle(call)
  const sent = await rollup.as('rollup', wallet)['settle']?.(data)
  return sent.wait()
}

/** Enters the forced queue and waits; pays what it costs. @returns the entry's id. */
export async function force(
  rollup: TestRollup,
  entry: ForcedEntry | Hex,
  {
    wallet = rollup.operator,
    value,
    gasLimit,
  }: { wallet?: Wallet; value?: bigint; gasLimit?: bigint } = {},
): Promise<{ id: bigint; receipt: TransactionReceipt }> {
  const queue = rollup.as('forcedQueue', wallet)
  const data = typeof entry === 'string' ? entry : encodeForcedEntry(entry)
  const [, tail]: [bigint, bigint] = await queue['queue']?.()
  const fee: bigint = value ?? (await queue['entryFee']?.())
  const sent = await queue['enter']?.(data, {
    value: fee,
    ...(gasLimit === undefined ? {} : { gasLimit }),
  })
  return { id: tail, receipt: await sent.wait() }
}

/** value + r: the same field element in another encoding. */
export function nonCanonical(value: bigint): bigint {
  return value + FIELD_ORDER
}
