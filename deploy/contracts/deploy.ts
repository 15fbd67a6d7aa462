import {
  Contract,
  ContractFactory,
  type ContractTransactionResponse,
  getCreateAddress,
  Interface,
  type Signer,
  ZeroAddress,
} from 'ethers'
import type { ChainDeployment, ContractName } from '../../l1/deployment.ts'
import type { AddressPrefix } from '../../protocol/address.ts'
import {
  type PossessionContext,
  type PossessionProof,
  provePossession,
} from '../../protocol/auditKeyPossession.ts'
import type { CurvePoint } from '../../protocol/babyjubjub.ts'
import {
  CIRCUIT_IDS,
  type CircuitName,
  DEFAULT_SETTLE_WINDOW_SECONDS,
  IDENTITY_TREE_DEPTH,
  SECONDS_PER_DAY,
} from '../../protocol/constants.ts'
import { deploymentDomain } from '../../protocol/domain.ts'
import type { RandomBytes } from '../../protocol/memo.ts'
import { buildPolicyTree, type Policy } from '../../protocol/policy.ts'
import { initialState } from '../../protocol/rollupState.ts'
import { emptyRoot } from '../../protocol/tree.ts'
import { isDevelopmentKey } from '../../prover/setup/isDevelopmentKey.ts'
import { type Artifact, loadArtifact } from './artifacts.ts'
import { checkVerificationKeys, type VerificationKeys } from './checkVerificationKeys.ts'
import {
  AddressPredictionError,
  DeploymentTransactionError,
  InsecureKeysOnChainError,
  RegistrarLimitsMissingError,
} from './errors.ts'
import { poseidonConstants } from './poseidonConstants.ts'
import { RESTRICTED_FUNCTIONS, ROLE_IDS, type RoleName } from './roles.ts'

type Address = `0x${string}`

/** An audit key's registration: Q and a proof that somebody knows the secret of A = 8·Q. */
export type AuditKeyRegistration = { readonly q: CurvePoint; readonly proof: PossessionProof }

/** Registers an audit key when the registry's address is known. Its holder need not be here. */
export type AuditKeyRegistrar = (
  context: PossessionContext,
) => AuditKeyRegistration | Promise<AuditKeyRegistration>

/** A registrar's place in the identity tree, and what it may do there. */
export type RegistrarLimits = {
  readonly account: Address
  /** Indexes from here to before `endIndex`; no two registrars' meet. */
  readonly firstIndex: bigint
  readonly endIndex: bigint
  readonly tierCap: bigint
  /** Updates and announcements on one Unix day. */
  readonly dailyQuota: bigint
}

export type AssetToList = {
  readonly symbol: string
  /** The zero address for ETH. */
  readonly token: Address
  readonly decimals: number
  /** Base-chain amount of one protocol unit. Fixed for good. */
  readonly unit: bigint
  /** Highest fee of a transfer, in protocol units. Fixed for good. */
  readonly maxFee: bigint
  /** Protocol units that the vault pays out a day. Default: no limit. */
  readonly dailyOutflow?: bigint
  /** Protocol units that the vault may hold. Default: the contract's own cap, 2^63. */
  readonly supplyCap?: bigint
}

export type DeploymentConfig = {
  readonly prefix: AddressPrefix
  /** S2's window. */
  readonly settleWindow: bigint
  /** After so many seconds a batch with room must take a deposit. Above settleWindow. */
  readonly depositDueDelay: bigint
  /** After so many seconds a depositor may reclaim. */
  readonly depositDeadline: bigint
  /** Wei for queueing a deposit. */
  readonly entryFee: bigint
  /** After so many seconds a batch must take a forced transfer. Above settleWindow. */
  readonly forcedDueDelay: bigint
  /** After so many seconds an unconsumed forced transfer is a breach. */
  readonly forcedDeadline: bigint
  /** Seconds between the deadlines of two forced transfers, at least: what settling one more may take. */
  readonly forcedDeadlineSpacing: bigint
  /** Wei for forcing a transfer while none waits; doubles with every 64 that wait. */
  readonly forcedEntryFee: bigint
  /** Timelock of a change of destination. */
  readonly destinationDelay: bigint
  /** Timelock of a new epoch's audit keys. */
  readonly auditKeyDelay: bigint
  /** Timelock of a new verification key. */
  readonly verificationKeyDelay: bigint
  /** How long a replaced verification key stays usable. */
  readonly verificationKeySunset: bigint
  /** Seconds from an order's filing to its second approval. */
  readonly approvalWindow: bigint
  /** From an order's authorisation to its disclosure. */
  readonly executionWindow: bigint
  /** From an emergency's first approval to its ratification. */
  readonly ratificationWindow: bigint
  /** From an order's disclosure to its unsealing. */
  readonly unsealWindow: bigint
  /** Delay of whatever governance and the admin do after the deployment. */
  readonly governanceDelay: bigint
  /** After so many seconds without a settled batch anybody may open settlement. */
  readonly livenessGap: bigint
  /** Seconds for which one proposer alone may settle. */
  readonly leaseTime: bigint
  /** Seconds for which a proposer that let its lease pass unused cannot have another. */
  readonly leaseCoolDown: bigint
  /** Notice of a return to the sequencer. */
  readonly closeNotice: bigint
  /** Wei of a proposer's bond. */
  readonly leaseBond: bigint
  /** Block time at which deposits end for good; 2^64 - 1 for never. Exits have no end. */
  readonly depositsUntil: bigint
  /** Identities at most: indexes below it. Fixed for good. */
  readonly identityLimit: bigint
  /** Whether only addresses that the screener allows may deposit. */
  readonly depositsByList: boolean
  /** Addresses that the screener may deny on a Unix day. */
  readonly denialQuota: bigint
  /** Seconds from admission within which a receipt promises settlement. */
  readonly promiseTime: bigint
  /** Seconds from admission for which what a transfer was proved against must have stayed current. */
  readonly promiseHoldTime: bigint
  /** Notice of the withdrawal of an operator's bond. */
  readonly operatorBondNotice: bigint
  /** Wei that a broken promise pays; the bond loses twice as much. */
  readonly promisePayout: bigint
  /** Wei of an operator's bond, below which its receipts promise nothing. */
  readonly operatorMinBond: bigint
}

const DAY = BigInt(SECONDS_PER_DAY)

/** A week leaves time to leave: the timelock is longer than an exit. */
export const defaultDeploymentConfig: DeploymentConfig = {
  prefix: 'tcnb',
  settleWindow: BigInt(DEFAULT_SETTLE_WINDOW_SECONDS),
  // An hour beyond the window, for blocks that a sequencer waits for before it trusts a deposit.
  depositDueDelay: BigInt(DEFAULT_SETTLE_WINDOW_SECONDS) + 3_600n,
  depositDeadline: DAY,
  entryFee: 100_000_000_000_000n,
  forcedDueDelay: BigInt(DEFAULT_SETTLE_WINDOW_SECONDS) + 3_600n,
  forcedDeadline: DAY,
  forcedDeadlineSpacing: 60n,
  forcedEntryFee: 100_000_000_000_000n,
  destinationDelay: 7n * DAY,
  auditKeyDelay: 7n * DAY,
  verificationKeyDelay: 7n * DAY,
  verificationKeySunset: DAY,
  approvalWindow: 7n * DAY,
  executionWindow: 30n * DAY,
  ratificationWindow: 3n * DAY,
  unsealWindow: 365n * DAY,
  governanceDelay: 7n * DAY,
  livenessGap: 3n * DAY,
  // A batch of 16 is proved within a minute on two cores: room for slow machines and many batches.
  leaseTime: 3_600n,
  leaseCoolDown: DAY,
  closeNotice: 7n * DAY,
  leaseBond: 1_000_000_000_000_000_000n,
  depositsUntil: 2n ** 64n - 1n,
  identityLimit: 4n ** BigInt(IDENTITY_TREE_DEPTH),
  depositsByList: false,
  // A first import of a sanctions list takes some days; a stolen key denies few.
  denialQuota: 500n,
  // Half the settle window: the other half is for showing that it was not kept.
  promiseTime: BigInt(DEFAULT_SETTLE_WINDOW_SECONDS) / 2n,
  promiseHoldTime: 300n,
  operatorBondNotice: 7n * DAY,
  promisePayout: 50_000_000_000_000_000n,
  operatorMinBond: 1_000_000_000_000_000_000n,
}

export type DeployContractsParameters = {
  /** Pays, and is admin and every role until the end. With a provider. */
  readonly signer: Signer
  readonly verificationKeys: VerificationKeys
  /** Set where the keys are development keys: refused outside chain id 31337. */
  readonly areKeysInsecure: boolean
  readonly assets: readonly AssetToList[]
  readonly epoch0: {
    readonly startDay: bigint
    readonly statistics: AuditKeyRegistrar
    readonly investigation: AuditKeyRegistrar
    readonly largeValue: AuditKeyRegistrar
  }
  readonly policies: readonly Policy[]
  /** What each registrar may do. Default: a single registrar has the whole tree, every tier and no quota. */
  readonly registrars?: readonly RegistrarLimits[]
  /** Who holds which role afterwards. Default: the signer holds all. */
  readonly roles?: Partial<Readonly<Record<RoleName, readonly Address[]>>>
  readonly config?: Partial<DeploymentConfig>
  readonly onProgress?: (line: string) => void
}

/** In order of deployment: the nonce of each is the first one's plus its place. */
const CONTRACTS = [
  ['accessManager', 'Authority'],
  ['clock', 'Clock'],
  ['verifierRegistry', 'VerifierRegistry'],
  ['policyRegistry', 'PolicyRegistry'],
  ['identityRegistry', 'IdentityRegistry'],
  ['supervisionRegistry', 'SupervisionRegistry'],
  ['disclosureLog', 'DisclosureLog'],
  ['vault', 'Vault'],
  ['forcedQueue', 'ForcedQueue'],
  ['proposers', 'Proposers'],
  ['rollup', 'Rollup'],
  ['screening', 'Screening'],
  ['operatorBond', 'OperatorBond'],
] as const satisfies readonly (readonly [ContractName, string])[]

/** Chains on which development keys are accepted. */
const DEVELOPMENT_CHAINS = [31_337n]

/**
 * Deploys all contracts, registers the verification keys, the first audit keys, assets and policies,
 * and hands the roles over.
 *
 * @throws {VerificationKeyRefusedError} before anything is sent.
 * @throws {InsecureKeysOnChainError} before anything is sent.
 * @throws {RegistrarLimitsMissingError} before anything is sent.
 * @throws {ArtifactsMissingError | AddressPredictionError | DeploymentTransactionError}
 */
export async function deployContracts(
  parameters: DeployContractsParameters,
): Promise<ChainDeployment> {
  const { signer, assets, onProgress = () => {} } = parameters
  const config = { ...defaultDeploymentConfig, ...parameters.config }
  const keys = checkVerificationKeys(parameters.verificationKeys)
  const { provider } = signer
  if (provider === null) throw new TypeError('the signer needs a provider')
  const { chainId } = await provider.getNetwork()
  // Whatever the caller says of them, keys of the public seed are known by their alpha.
  const areKeysInsecure =
    parameters.areKeysInsecure || Object.values(parameters.verificationKeys).some(isDevelopmentKey)
  if (areKeysInsecure && !DEVELOPMENT_CHAINS.includes(chainId)) {
    throw new InsecureKeysOnChainError({ chainId })
  }

  const deployer = (await signer.getAddress()) as Address
  const chain = new Deployer(signer, deployer, await signer.getNonce('pending'))
  const startBlock = BigInt(await provider.getBlockNumber()) + 1n
  const at = chain.predict()
  const domain = deploymentDomain({ chainId, rollup: at.rollup })
  const registrars = limitsOfRegistrars(parameters, deployer, config.identityLimit)
  const { alpha, beta, gamma } = keys.transfer
  const state = initialState()

  const constructorArguments: Record<ContractName, readonly unknown[]> = {
    accessManager: [deployer],
    clock: [at.accessManager, at.verifierRegistry],
    verifierRegistry: [
      at.accessManager,
      at.clock,
      domain,
      config.verificationKeyDelay,
      config.verificationKeySunset,
      alpha,
      beta,
      gamma,
    ],
    policyRegistry: [at.accessManager, at.clock, buildPolicyTree([]).root],
    identityRegistry: [
      at.accessManager,
      at.clock,
      at.verifierRegistry,
      at.disclosureLog,
      emptyRoot(IDENTITY_TREE_DEPTH),
      config.destinationDelay,
      config.identityLimit,
    ],
    supervisionRegistry: [at.accessManager, config.auditKeyDelay],
    disclosureLog: [
      at.accessManager,
      at.identityRegistry,
      config.approvalWindow,
      config.executionWindow,
      config.ratificationWindow,
      config.unsealWindow,
    ],
    vault: [
      at.accessManager,
      at.clock,
      at.rollup,
      at.screening,
      config.settleWindow,
      config.depositDueDelay,
      config.depositDeadline,
      config.depositsUntil,
      config.entryFee,
    ],
    forcedQueue: [
      at.accessManager,
      at.rollup,
      at.clock,
      at.vault,
      at.identityRegistry,
      at.policyRegistry,
      at.supervisionRegistry,
      at.verifierRegistry,
      config.forcedDueDelay,
      config.forcedDeadline,
      config.forcedDeadlineSpacing,
      config.forcedEntryFee,
    ],
    proposers: [
      at.accessManager,
      at.rollup,
      at.clock,
      at.forcedQueue,
      at.vault,
      {
        livenessGap: config.livenessGap,
        leaseTime: config.leaseTime,
        coolDown: config.leaseCoolDown,
        closeNotice: config.closeNotice,
      },
      config.leaseBond,
    ],
    rollup: [
      at.proposers,
      at.clock,
      at.vault,
      at.forcedQueue,
      at.identityRegistry,
      at.policyRegistry,
      at.supervisionRegistry,
      at.verifierRegistry,
      state.noteTree.root,
      state.nullifierTree.root,
    ],
    screening: [at.accessManager, config.depositsByList, config.denialQuota],
    operatorBond: [
      {
        rollup: at.rollup,
        clock: at.clock,
        forced: at.forcedQueue,
        identities: at.identityRegistry,
        policies: at.policyRegistry,
      },
      {
        settleWindow: config.settleWindow,
        promiseTime: config.promiseTime,
        holdTime: config.promiseHoldTime,
        notice: config.operatorBondNotice,
        payout: config.promisePayout,
        minBond: config.operatorMinBond,
      },
      poseidonConstants(),
    ],
  }
  for (const [name] of CONTRACTS) await chain.create(name, constructorArguments[name], at[name])
  onProgress(`contracts deployed, rollup at ${at.rollup}`)

  await openFunctions(chain)
  for (const role of ['supervision', 'policy', 'governance'] as const) {
    await chain.send('accessManager', 'grantRole', ROLE_IDS[role], deployer, 0)
  }
  for (const [circuit, id] of Object.entries(CIRCUIT_IDS)) {
    const key = keys[circuit as CircuitName]
    if (key === undefined) continue
    const { delta, ic } = key
    await chain.send('verifierRegistry', 'announceKey', id, { delta, ic })
    await chain.send('verifierRegistry', 'activateKey', id, 1)
  }
  onProgress('verification keys registered')

  const { epoch0, policies } = parameters
  const context = { chainId, registry: at.supervisionRegistry, epoch: 0n } as const
  await chain.send(
    'supervisionRegistry',
    'scheduleEpoch',
    epoch0.startDay,
    keyRegistrationWords(await epoch0.statistics({ ...context, kind: 'statistics' })),
    keyRegistrationWords(await epoch0.investigation({ ...context, kind: 'investigation' })),
    keyRegistrationWords(await epoch0.largeValue({ ...context, kind: 'largeValue' })),
  )
  for (const { token, unit, maxFee } of assets) {
    await chain.send('vault', 'listAsset', token, unit, maxFee)
  }
  for (const [i, { dailyOutflow, supplyCap }] of assets.entries()) {
    if (dailyOutflow !== undefined)
      await chain.send('vault', 'setOutflowLimit', i + 1, dailyOutflow)
    if (supplyCap !== undefined) await chain.send('vault', 'setSupplyCap', i + 1, supplyCap)
  }
  await chain.send('policyRegistry', 'publish', buildPolicyTree(policies).root, [...policies])
  onProgress('audit keys, assets and policies registered')
  for (const { account, ...limits } of registrars) {
    await chain.send('identityRegistry', 'setRegistrar', account, limits)
  }

  await handOver(chain, parameters.roles ?? {}, config.governanceDelay)
  onProgress('roles handed over')

  return {
    chainId,
    rollup: at.rollup,
    domain,
    prefix: config.prefix,
    startBlock,
    settleWindow: config.settleWindow,
    contracts: at,
    assets: assets.map((asset, i) => ({
      asset: BigInt(i + 1),
      token: asset.token.toLowerCase() as Address,
      unit: asset.unit,
      maxFee: asset.maxFee,
      symbol: asset.symbol,
      decimals: asset.decimals,
    })),
  }
}

/** The contracts' words of a registration. */
export function keyRegistrationWords({ q, proof }: AuditKeyRegistration): {
  q: [bigint, bigint]
  r: [bigint, bigint]
  s: bigint
} {
  return { q: [q.x, q.y], r: [proof.r.x, proof.r.y], s: proof.s }
}

/** A registrar for whoever has the key at hand (regulator/auditKeys.ts). */
export function auditKeyRegistrar(
  key: { readonly registrationPoint: CurvePoint; readonly auditSecret: bigint },
  randomBytes: RandomBytes,
): AuditKeyRegistrar {
  return (context) => ({
    q: key.registrationPoint,
    proof: provePossession(context, { auditSecret: key.auditSecret, randomBytes }),
  })
}

function limitsOfRegistrars(
  { registrars, roles }: DeployContractsParameters,
  deployer: Address,
  identityLimit: bigint,
): readonly RegistrarLimits[] {
  const accounts = roles?.registrar ?? [deployer]
  if (registrars === undefined && accounts.length <= 1) {
    return accounts.map((account) => ({
      account,
      firstIndex: 0n,
      endIndex: identityLimit,
      tierCap: 255n,
      dailyQuota: 2n ** 32n - 1n,
    }))
  }
  const limited = new Set((registrars ?? []).map(({ account }) => account.toLowerCase()))
  const missing = accounts.find((account) => !limited.has(account.toLowerCase()))
  if (missing !== undefined) throw new RegistrarLimitsMissingError({ account: missing })
  return registrars ?? []
}

async function openFunctions(chain: Deployer): Promise<void> {
  for (const { contract, role, functions } of RESTRICTED_FUNCTIONS) {
    const selectors = functions.map((name) => chain.selector(contract, name))
    const target = chain.addressOf(contract)
    await chain.send('accessManager', 'setTargetFunctionRole', target, selectors, ROLE_IDS[role])
  }
}

/** Grants the final roles, takes the deployer's away, the admin's last. */
async function handOver(
  chain: Deployer,
  roles: NonNullable<DeployContractsParameters['roles']>,
  governanceDelay: bigint,
): Promise<void> {
  const deployer = chain.deployer.toLowerCase()
  const holders = (role: RoleName): readonly string[] => roles[role] ?? [chain.deployer]
  for (const [name, id] of Object.entries(ROLE_IDS)) {
    const role = name as RoleName
    if (role === 'admin') continue
    const isTemporary = role === 'supervision' || role === 'policy' || role === 'governance'
    const keeps = holders(role).some((account) => account.toLowerCase() === deployer)
    if (isTemporary && !keeps) await chain.send('accessManager', 'revokeRole', id, chain.deployer)
    const delay = role === 'governance' ? governanceDelay : 0n
    for (const account of holders(role)) {
      await chain.send('accessManager', 'grantRole', id, account, delay)
    }
  }
  for (const account of holders('admin')) {
    if (account.toLowerCase() === deployer) continue
    await chain.send('accessManager', 'grantRole', ROLE_IDS.admin, account, governanceDelay)
  }
  if (holders('admin').some((account) => account.toLowerCase() === deployer)) {
    await chain.send('accessManager', 'grantRole', ROLE_IDS.admin, chain.deployer, governanceDelay)
  } else {
    await chain.send('accessManager', 'renounceRole', ROLE_IDS.admin, chain.deployer)
  }
}

/** Sends the deployment's transactions one after the other, each mined before the next. */
class Deployer {
  readonly deployer: Address
  readonly #signer: Signer
  readonly #firstNonce: number
  readonly #artifacts = new Map<ContractName, Artifact>()
  readonly #contracts = new Map<ContractName, Contract>()
  readonly #addresses = new Map<ContractName, string>()
  #nonce: number

  constructor(signer: Signer, deployer: Address, nonce: number) {
    this.#signer = signer
    this.deployer = deployer
    this.#firstNonce = nonce
    this.#nonce = nonce
    for (const [name, artifact] of CONTRACTS) this.#artifacts.set(name, loadArtifact(artifact))
  }

  /** Vault and Rollup name each other: addresses are known before anything is sent. */
  predict(): Record<ContractName, Address> {
    const entries = CONTRACTS.map(([name], i) => [
      name,
      getCreateAddress({ from: this.deployer, nonce: this.#firstNonce + i }).toLowerCase(),
    ])
    return Object.fromEntries(entries) as Record<ContractName, Address>
  }

  /** @throws {AddressPredictionError | DeploymentTransactionError} */
  async create(name: ContractName, args: readonly unknown[], expected: Address): Promise<void> {
    const { abi, bytecode } = this.#artifact(name)
    const factory = new ContractFactory(abi, bytecode, this.#signer)
    const contract = await this.#attempt(`create ${name}`, async () => {
      const created = await factory.deploy(...args, { nonce: this.#nonce++ })
      await created.waitForDeployment()
      return created
    })
    const actual = (await contract.getAddress()).toLowerCase()
    if (actual !== expected) throw new AddressPredictionError({ contract: name, expected, actual })
    this.#contracts.set(name, new Contract(actual, abi, this.#signer))
    this.#addresses.set(name, actual)
  }

  /** @throws {DeploymentTransactionError} */
  async send(name: ContractName, method: string, ...args: readonly unknown[]): Promise<void> {
    const contract = this.#contracts.get(name)
    await this.#attempt(`${name}.${method}`, async () => {
      const call = contract?.getFunction(method)
      const sent = (await call?.(...args, {
        nonce: this.#nonce++,
      })) as ContractTransactionResponse
      await sent.wait()
    })
  }

  addressOf(name: ContractName): string {
    return this.#addresses.get(name) ?? ZeroAddress
  }

  selector(name: ContractName, method: string): string {
    const selector = new Interface(this.#artifact(name).abi).getFunction(method)?.selector
    if (selector === undefined) throw new TypeError(`${name} has no function ${method}`)
    return selector
  }

  #artifact(name: ContractName): Artifact {
    const artifact = this.#artifacts.get(name)
    if (artifact === undefined) throw new TypeError(`no artifact of ${name}`)
    return artifact
  }

  async #attempt<T>(step: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (cause) {
      throw new DeploymentTransactionError({ step, cause })
    }
  }
}
