import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AssetToList,
  type AuditKeyRegistrar,
  auditKeyRegistrar,
  deployContracts,
} from '../deploy/contracts/deploy.ts'
import {
  type BaseChain,
  baseChainClientFromEnvironment,
  type DevAccount,
  startBaseChain,
} from '../deploy/devnet/baseChain.ts'
import { policiesOfTable } from '../deploy/contracts/tierTables.ts'
import { connectDeployer, deployTestToken } from '../deploy/devnet/deployer.ts'
import { type Postgres, startPostgres } from '../deploy/devnet/postgres.ts'
import type { VerificationKeys } from '../deploy/contracts/checkVerificationKeys.ts'
import { createChainReader } from '../l1/chainReader.ts'
import type { ChainReader } from '../l1/chainEvents.ts'
import { type ChainClient, createChainClient } from '../l1/client.ts'
import { type ChainDeployment, writeDeployment } from '../l1/deployment.ts'
import { getKeysOfDay } from '../l1/reads.ts'
import { dayOf } from '../protocol/calendar.ts'
import type { Policy } from '../protocol/policy.ts'
import { circuitsWithKeys, loadKeys } from '../prover/loadKeys.ts'
import { createProver, type Prover } from '../prover/prover.ts'
import { type AuditKey, generateAuditKey } from '../regulator/auditKeys.ts'

/** Who is who among the base chain's development accounts. */
export const accountRoles = [
  'deployer',
  'sequencer',
  'registrar',
  'feeRecipient',
  'ada',
  'ben',
  'cleo',
  'shop',
  'officer',
  'reviewer',
  'judge',
  'screener',
] as const
export type AccountRole = (typeof accountRoles)[number]

export const ETH = 1n
export const YUAN = 2n

/** Limits in ether of the demonstration's tiers: per transfer, per day, held at most, and reported (key L) above on one day. Those in yuan are
 * the default table (deploy/contracts/tierTables.ts): small wallets, verified people, shops. */
const ETHER_TIERS = [
  { tier: 1n, limits: ['0.1', '0.2', '1', '0.1'] },
  { tier: 2n, limits: ['5', '10', '50', '0.6'] },
  { tier: 3n, limits: ['50', '100', '1000', '20'] },
] as const

/** One protocol unit of ETH is a gwei, of the token its smallest amount. */
const ETH_UNIT = 10n ** 9n
const ETH_DECIMALS = 18
const YUAN_DECIMALS = 6

/** `1.5` as protocol units. */
export function units(asset: bigint, text: string): bigint {
  const decimals = asset === ETH ? ETH_DECIMALS - 9 : YUAN_DECIMALS
  const [whole = '0', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(decimals, '0'))
}

function policies(): Policy[] {
  const inEther = ETHER_TIERS.map(({ tier, limits }) => {
    const [perTransfer, perDay, accountCap, reportAbove] = limits
    return {
      ...{ tier, asset: ETH },
      perTransfer: units(ETH, perTransfer),
      perDay: units(ETH, perDay),
      accountCap: units(ETH, accountCap),
      reportAbove: units(ETH, reportAbove),
    }
  })
  const inYuan = policiesOfTable('ecny', { asset: YUAN, unitsPerCoin: units(YUAN, '1') })
  return [...inEther, ...inYuan]
}

/** A base chain with the contracts, a database and the audit keys: all but the services. */
export type Devnet = {
  readonly chain: BaseChain
  readonly postgres: Postgres
  readonly client: ChainClient
  readonly reader: ChainReader
  readonly deployment: ChainDeployment
  readonly deploymentFile: string
  readonly token: `0x${string}`
  readonly accounts: Readonly<Record<AccountRole, DevAccount>>
  readonly statisticsKey: AuditKey
  readonly investigationKey: Pick<AuditKey, 'auditKey'>
  /** Absent where a committee has key I: nobody holds it. */
  readonly investigationHolder?: AuditKey
  /** Not the chain's key L where `registerLargeValue` was given. */
  readonly largeValueKey: AuditKey
  readonly prover: Prover
  /** Private folder, gone with the devnet. */
  readonly dir: string
  stop(): Promise<void>
}

export type StartDevnetParameters = {
  readonly onProgress: (line: string) => void
  readonly ports?: { readonly chain?: number; readonly postgres?: number }
  /** Wei for queueing a deposit. */
  readonly entryFee?: bigint
  /** Registers key L in the same way. Default: a holder, `largeValueKey`. */
  readonly registerLargeValue?: AuditKeyRegistrar
  /** Registers key I when the registry's address is known. Default: a holder whose secret is at hand. */
  readonly registerInvestigation?: AuditKeyRegistrar
}

/** Starts a base chain and a database, deploys everything, and hands the roles to separate accounts. */
export async function startDevnet({
  onProgress,
  ports = {},
  entryFee = 10n ** 13n,
  registerInvestigation,
  registerLargeValue,
}: StartDevnetParameters): Promise<Devnet> {
  const cleanups: (() => Promise<unknown>)[] = []
  const stop = async (): Promise<void> => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  }
  try {
    const dir = await mkdtemp(join(tmpdir(), 'cinnabar-'))
    cleanups.push(() => rm(dir, { recursive: true, force: true }))
    const [chain, postgres] = await Promise.all([
      startBaseChain({
        client: baseChainClientFromEnvironment(),
        ...(ports.chain === undefined ? {} : { port: ports.chain }),
      }).then((started) => {
        cleanups.push(() => started.stop())
        return started
      }),
      startPostgres(ports.postgres === undefined ? {} : { port: ports.postgres }).then(
        (started) => {
          cleanups.push(() => started.stop())
          return started
        },
      ),
    ])
    onProgress(`base chain (${chain.client}) and Postgres are up`)
    const accounts = nameAccounts(chain.accounts)
    const statisticsKey = generateAuditKey('statistics', (length) => randomBytes(length))
    const investigationHolder =
      registerInvestigation === undefined
        ? generateAuditKey('investigation', (length) => randomBytes(length))
        : undefined
    const registrar =
      investigationHolder === undefined
        ? registerInvestigation
        : auditKeyRegistrar(investigationHolder, (length) => randomBytes(length))
    if (registrar === undefined) throw new TypeError('unreachable: one of them registers key I')
    const largeValueKey = generateAuditKey('largeValue', (length) => randomBytes(length))

    const deployer = connectDeployer({
      rpcUrl: chain.rpcUrl,
      chainId: chain.chainId,
      privateKey: accounts.deployer.privateKey,
    })
    cleanups.push(() => {
      deployer.close()
      return Promise.resolve()
    })
    const token = await deployTestToken(deployer.signer, {
      name: 'Test yuan',
      symbol: 'tCNY',
      decimals: YUAN_DECIMALS,
      holders: [accounts.ada, accounts.ben, accounts.cleo, accounts.shop].map(
        ({ address }) => address,
      ),
      baseAmount: 100_000n * 10n ** BigInt(YUAN_DECIMALS),
    })
    const client = createChainClient({ rpcUrl: chain.rpcUrl })
    const { timestamp } = await client.getBlock()
    const deployment = await deployContracts({
      signer: deployer.signer,
      ...verificationKeys(),
      assets: assetsOf(token),
      epoch0: {
        startDay: dayOf(timestamp),
        statistics: auditKeyRegistrar(statisticsKey, (length) => randomBytes(length)),
        investigation: registrar,
        largeValue:
          registerLargeValue ?? auditKeyRegistrar(largeValueKey, (length) => randomBytes(length)),
      },
      policies: policies(),
      roles: {
        sequencer: [accounts.sequencer.address],
        registrar: [accounts.registrar.address],
        officer: [accounts.officer.address],
        reviewer: [accounts.reviewer.address],
        judge: [accounts.judge.address],
        screener: [accounts.screener.address],
      },
      config: { entryFee },
      onProgress,
    })
    const deploymentFile = join(dir, 'deployment.json')
    await writeDeployment(deploymentFile, deployment)
    const { auditKeyI } = await getKeysOfDay({ client, deployment }, dayOf(timestamp))
    const prover = createProver()
    cleanups.push(() => prover.close())
    return {
      chain,
      postgres,
      client,
      reader: createChainReader({ client, deployment }),
      deployment,
      deploymentFile,
      token,
      accounts,
      statisticsKey,
      investigationKey: { auditKey: auditKeyI },
      ...(investigationHolder === undefined ? {} : { investigationHolder }),
      largeValueKey,
      prover,
      dir,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function nameAccounts(list: readonly DevAccount[]): Record<AccountRole, DevAccount> {
  const named = {} as Record<AccountRole, DevAccount>
  accountRoles.forEach((role, i) => {
    const account = list[i]
    if (account === undefined) throw new RangeError(`no development account for ${role}`)
    named[role] = account
  })
  return named
}

function assetsOf(token: `0x${string}`): AssetToList[] {
  return [
    {
      symbol: 'ETH',
      token: '0x0000000000000000000000000000000000000000',
      decimals: ETH_DECIMALS,
      unit: ETH_UNIT,
      maxFee: units(ETH, '0.01'),
    },
    {
      symbol: 'tCNY',
      token,
      decimals: YUAN_DECIMALS,
      unit: 1n,
      maxFee: units(YUAN, '10'),
    },
  ]
}

function verificationKeys(): {
  verificationKeys: VerificationKeys
  areKeysInsecure: boolean
} {
  const loaded = circuitsWithKeys().map((name) => [name, loadKeys(name)] as const)
  return {
    verificationKeys: Object.fromEntries(
      loaded.map(([name, { verificationKey }]) => [name, verificationKey]),
    ) as VerificationKeys,
    areKeysInsecure: loaded.some(([, { info }]) => info.insecure),
  }
}
