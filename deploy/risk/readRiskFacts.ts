import { type Address, getAbiItem, parseEventLogs, toFunctionSelector } from 'viem'
import { abis } from '../../l1/bindings.ts'
import type { ChainClient } from '../../l1/client.ts'
import { type ContractName as DeployedName, contractNames } from '../../l1/deployment.ts'
import { NotRollupError } from '../../l1/errors.ts'
import { getLogs } from '../../l1/getLogs.ts'
import { getVerificationKeys } from '../../l1/verificationKeys.ts'
import { breaches } from '../../l1/takeover.ts'
import type { CircuitName } from '../../protocol/constants.ts'
import { circuitNames } from '../../circuits/locateCircuit.ts'
import { isDevelopmentKey } from '../../prover/setup/isDevelopmentKey.ts'
import { RESTRICTED_FUNCTIONS, ROLE_IDS, type RoleName } from '../contracts/roles.ts'
import { isOurCode } from './isOurCode.ts'

/** The contracts that have roles, or are named by one that has: an operator's bond is neither. */
export type ContractName = Exclude<DeployedName, 'operatorBond'>
const governedNames = contractNames.filter((name) => name !== 'operatorBond')

/** A function that changes state, and the role that opens it on this chain. */
export type FunctionRole = {
  readonly contract: ContractName
  readonly name: string
  readonly expected: RoleName
  readonly actual: bigint
}

export type RoleMember = {
  readonly account: Address
  /** Seconds between scheduling and executing. */
  readonly delay: bigint
}

/** All that the risk sheet is made from, read from the contracts at one block. Seconds, units and wei. */
export type RiskFacts = {
  readonly chainId: bigint
  readonly block: bigint
  readonly contracts: Readonly<Record<ContractName, Address>>
  /** Contracts whose code is not what the sources here compile to. */
  readonly foreign: readonly ContractName[]
  readonly functions: readonly FunctionRole[]
  /** Contracts that the access manager has closed, or moved to another one. */
  readonly strayed: readonly ContractName[]
  readonly members: Readonly<Record<RoleName, readonly RoleMember[]>>
  /** Roles that others than the admin may grant. */
  readonly otherAdmins: readonly RoleName[]
  readonly keys: {
    readonly isInsecure: boolean
    readonly missing: readonly CircuitName[]
    readonly activationDelay: bigint
    readonly maxStop: bigint
  }
  readonly clock: { readonly isStopped: boolean; readonly maxStop: bigint }
  readonly times: {
    readonly settleWindow: bigint
    readonly depositDeadline: bigint
    readonly forcedDeadline: bigint
    readonly destinationDelay: bigint
    readonly auditKeyDelay: bigint
    readonly limitDelay: bigint
  }
  readonly proposers: {
    readonly isOpen: boolean
    readonly breach: (typeof breaches)[number]
    readonly livenessGap: bigint
    readonly leaseTime: bigint
    readonly coolDown: bigint
    readonly closeNotice: bigint
    readonly bond: bigint
  }
  readonly assets: readonly {
    readonly asset: number
    readonly token: Address
    readonly held: bigint
    readonly owed: bigint
    /** Units a day; undefined for none. */
    readonly dailyOutflow: bigint | undefined
    /** Units that the vault may hold; undefined where only the contract's own cap counts. */
    readonly supplyCap: bigint | undefined
  }[]
  /** What holds a payout, and for how long; what keeps deposits and people out. */
  readonly borders: {
    readonly denialQuota: bigint
    readonly maxListing: bigint
    readonly isDepositByList: boolean
    /** Block time; undefined for never. */
    readonly depositsUntil: bigint | undefined
    readonly identityLimit: bigint
  }
}

const NO_LIMIT = 2n ** 64n - 1n
const SUPPLY_CAP = 2n ** 63n

/**
 * Reads a deployment from the rollup's address alone.
 *
 * @param fromBlock where the search for role holders begins; the deployment's block or before.
 * @throws {NotRollupError | BaseChainUnavailableError | ArtifactsMissingError}
 */
export async function readRiskFacts(
  client: ChainClient,
  { rollup, fromBlock = 0n }: { rollup: Address; fromBlock?: bigint },
): Promise<RiskFacts> {
  const { number: block } = await client.getBlock()
  const contracts = await discoverContracts(client, rollup)
  const at = <N extends ContractName>(name: N) => ({
    address: contracts[name],
    abi: abis[name],
    blockNumber: block,
  })
  const read = client.readContract
  const vault = at('vault')
  const proposers = at('proposers')
  const clock = at('clock')
  const [foreign, members, functions, strayed, otherAdmins, keys, assets] = await Promise.all([
    readForeign(client, contracts, block),
    readMembers(client, contracts.accessManager, { from: fromBlock, to: block }),
    readFunctions(client, contracts, block),
    readStrayed(client, contracts, block),
    readOtherAdmins(client, contracts.accessManager, block),
    getVerificationKeys(client, rollup),
    readAssets(client, contracts.vault, block),
  ])
  const [x = 0n, y = 0n] = keys.common
  return {
    chainId: BigInt(await client.getChainId()),
    block,
    contracts,
    ...{ foreign, functions, strayed, members, otherAdmins, assets },
    keys: {
      isInsecure: isDevelopmentKey({ vk_alpha_1: [String(x), String(y), '1'] }),
      missing: circuitNames.filter((circuit) => keys.blobs[circuit] === undefined),
      activationDelay: await read({ ...at('verifierRegistry'), functionName: 'ACTIVATION_DELAY' }),
      maxStop: await read({ ...at('verifierRegistry'), functionName: 'MAX_STOP' }),
    },
    clock: {
      isStopped: await read({ ...clock, functionName: 'isStopped' }),
      maxStop: await read({ ...clock, functionName: 'MAX_STOP' }),
    },
    times: {
      settleWindow: await read({ ...vault, functionName: 'SETTLE_WINDOW' }),
      depositDeadline: await read({ ...vault, functionName: 'DEPOSIT_DEADLINE' }),
      forcedDeadline: await read({ ...at('forcedQueue'), functionName: 'DEADLINE' }),
      destinationDelay: await read({
        ...at('identityRegistry'),
        functionName: 'DESTINATION_DELAY',
      }),
      auditKeyDelay: await read({ ...at('supervisionRegistry'), functionName: 'KEY_DELAY' }),
      limitDelay: await read({ ...vault, functionName: 'LIMIT_DELAY' }),
    },
    proposers: {
      isOpen: await read({ ...proposers, functionName: 'isOpen' }),
      breach: breaches[await read({ ...proposers, functionName: 'breach' })] ?? 'none',
      livenessGap: await read({ ...proposers, functionName: 'LIVENESS_GAP' }),
      leaseTime: await read({ ...proposers, functionName: 'LEASE_TIME' }),
      coolDown: await read({ ...proposers, functionName: 'COOL_DOWN' }),
      closeNotice: await read({ ...proposers, functionName: 'CLOSE_NOTICE' }),
      bond: await read({ ...proposers, functionName: 'BOND' }),
    },
    borders: {
      denialQuota: await read({ ...at('screening'), functionName: 'DENIAL_QUOTA' }),
      maxListing: await read({ ...at('screening'), functionName: 'MAX_LISTING' }),
      isDepositByList: await read({ ...at('screening'), functionName: 'DEPOSITS_BY_LIST' }),
      depositsUntil: limitOf(await read({ ...vault, functionName: 'DEPOSITS_UNTIL' })),
      identityLimit: await read({ ...at('identityRegistry'), functionName: 'IDENTITY_LIMIT' }),
    },
  }
}

/** All contracts, each as another names it: nothing is believed of a file. */
async function discoverContracts(
  client: ChainClient,
  rollup: Address,
): Promise<Record<ContractName, Address>> {
  const of = { address: rollup, abi: abis.rollup }
  const read = client.readContract
  const vault = await read({ ...of, functionName: 'VAULT' }).catch((cause: unknown) => {
    throw new NotRollupError({ address: rollup, cause })
  })
  const identityRegistry = await read({ ...of, functionName: 'IDENTITIES' })
  const proposers = await read({ ...of, functionName: 'PROPOSERS' })
  return {
    rollup,
    vault,
    identityRegistry,
    accessManager: await read({ address: vault, abi: abis.vault, functionName: 'authority' }),
    clock: await read({ ...of, functionName: 'CLOCK' }),
    screening: await read({ address: vault, abi: abis.vault, functionName: 'SCREENING' }),
    policyRegistry: await read({ ...of, functionName: 'POLICIES' }),
    supervisionRegistry: await read({ ...of, functionName: 'SUPERVISION' }),
    verifierRegistry: await read({ ...of, functionName: 'VERIFIERS' }),
    proposers,
    forcedQueue: await read({
      ...{ address: proposers, abi: abis.proposers },
      functionName: 'FORCED_QUEUE',
    }),
    disclosureLog: await read({
      ...{ address: identityRegistry, abi: abis.identityRegistry },
      functionName: 'DISCLOSURES',
    }),
  }
}

/** All contracts but these are, byte for byte, the ones that everything here says something about. */
async function readForeign(
  client: ChainClient,
  contracts: Readonly<Record<ContractName, Address>>,
  blockNumber: bigint,
): Promise<ContractName[]> {
  const ours = await Promise.all(
    governedNames.map(async (name) =>
      isOurCode(
        // The access manager is OpenZeppelin's, under a name of ours.
        name === 'accessManager' ? 'Authority' : `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
        await client.getCode({ address: contracts[name], blockNumber }),
      ),
    ),
  )
  return governedNames.filter((_, i) => ours[i] === false)
}

/** Who holds a role now. Found by the events of granting, and each asked of the contract. */
async function readMembers(
  client: ChainClient,
  accessManager: Address,
  range: { from: bigint; to: bigint },
): Promise<Record<RoleName, RoleMember[]>> {
  const abi = abis.accessManager
  const event = getAbiItem({ abi, name: 'RoleGranted' })
  const logs = await getLogs(client, { address: [accessManager], ...range, event })
  const granted = parseEventLogs({ abi, eventName: 'RoleGranted', logs })
  const members = {} as Record<RoleName, RoleMember[]>
  for (const [name, id] of Object.entries(ROLE_IDS) as [RoleName, bigint][]) {
    const accounts = new Set(
      granted.filter(({ args }) => args.roleId === id).map(({ args }) => args.account),
    )
    members[name] = []
    for (const account of accounts) {
      const [isMember, delay] = await client.readContract({
        ...{ address: accessManager, abi, blockNumber: range.to },
        functionName: 'hasRole',
        args: [id, account],
      })
      if (isMember) members[name].push({ account, delay: BigInt(delay) })
    }
  }
  return members
}

/** Every function that changes state and is under the access manager, with the role that opens it. */
async function readFunctions(
  client: ChainClient,
  contracts: Readonly<Record<ContractName, Address>>,
  blockNumber: bigint,
): Promise<FunctionRole[]> {
  const functions: FunctionRole[] = []
  for (const { contract, name, selector, expected } of governedFunctions()) {
    const actual = await client.readContract({
      ...{ address: contracts.accessManager, abi: abis.accessManager, blockNumber },
      functionName: 'getTargetFunctionRole',
      args: [contracts[contract], selector],
    })
    functions.push({ contract, name, expected, actual })
  }
  return functions
}

/**
 * All functions of all contracts that change state, with the role that the table names: those that it does not name
 * belong to the admin, for whom they are either open to everybody or not restricted at all.
 */
export function governedFunctions(): {
  contract: ContractName
  name: string
  selector: `0x${string}`
  expected: RoleName
}[] {
  return governedNames
    .filter((contract) => contract !== 'accessManager')
    .flatMap((contract) =>
      abis[contract]
        .filter((item) => item.type === 'function')
        .filter(({ stateMutability }) => !['view', 'pure'].includes(stateMutability))
        .map((item) => ({
          contract,
          name: item.name,
          selector: toFunctionSelector(item),
          expected:
            RESTRICTED_FUNCTIONS.find(
              (entry) => entry.contract === contract && entry.functions.includes(item.name),
            )?.role ?? ('admin' as const),
        })),
    )
}

async function readStrayed(
  client: ChainClient,
  contracts: Readonly<Record<ContractName, Address>>,
  blockNumber: bigint,
): Promise<ContractName[]> {
  const strayed: ContractName[] = []
  for (const name of governedNames) {
    if (name === 'accessManager') continue
    const isClosed = await client.readContract({
      ...{ address: contracts.accessManager, abi: abis.accessManager, blockNumber },
      functionName: 'isTargetClosed',
      args: [contracts[name]],
    })
    // The rollup itself asks `proposers`, and has no manager of its own.
    const manager =
      name === 'rollup'
        ? contracts.accessManager
        : await client.readContract({
            ...{ address: contracts[name], abi: abis.vault, blockNumber },
            functionName: 'authority',
          })
    if (isClosed || manager !== contracts.accessManager) strayed.push(name)
  }
  return strayed
}

async function readOtherAdmins(
  client: ChainClient,
  accessManager: Address,
  blockNumber: bigint,
): Promise<RoleName[]> {
  const roles: RoleName[] = []
  for (const [name, id] of Object.entries(ROLE_IDS) as [RoleName, bigint][]) {
    const admin = await client.readContract({
      ...{ address: accessManager, abi: abis.accessManager, blockNumber },
      functionName: 'getRoleAdmin',
      args: [id],
    })
    if (admin !== ROLE_IDS.admin) roles.push(name)
  }
  return roles
}

async function readAssets(
  client: ChainClient,
  address: Address,
  blockNumber: bigint,
): Promise<RiskFacts['assets']> {
  const vault = { address, abi: abis.vault, blockNumber }
  const count = await client.readContract({ ...vault, functionName: 'assetCount' })
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const asset = i + 1
      const args = [asset] as const
      const [owed, held] = await client.readContract({ ...vault, functionName: 'escrowOf', args })
      const { token } = await client.readContract({ ...vault, functionName: 'assetOf', args })
      const { limit } = await client.readContract({ ...vault, functionName: 'outflowOf', args })
      const cap = await client.readContract({ ...vault, functionName: 'supplyCapOf', args })
      const supplyCap = cap === SUPPLY_CAP ? undefined : cap
      return { asset, token, held, owed, dailyOutflow: limitOf(limit), supplyCap }
    }),
  )
}

function limitOf(value: bigint): bigint | undefined {
  return value === NO_LIMIT ? undefined : value
}
