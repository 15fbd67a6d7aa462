import { randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { type Address, isAddress } from 'viem'
import type { AddressPrefix } from '../protocol/address.ts'
import { type Deployment, deploymentDomain } from '../protocol/domain.ts'
import { formatField } from '../protocol/field.ts'
import { DeploymentFileError } from './errors.ts'

export const contractNames = [
  'accessManager',
  'clock',
  'disclosureLog',
  'forcedQueue',
  'identityRegistry',
  'operatorBond',
  'policyRegistry',
  'proposers',
  'rollup',
  'screening',
  'supervisionRegistry',
  'vault',
  'verifierRegistry',
] as const
export type ContractName = (typeof contractNames)[number]

/** An asset as listed at deployment, with what people call it. The chain's list is the truth. */
export type DeployedAsset = {
  readonly asset: bigint
  /** The zero address for ETH. */
  readonly token: Address
  /** Base-chain amount of one protocol unit. */
  readonly unit: bigint
  /** Highest fee of a transfer, protocol units. */
  readonly maxFee: bigint
  readonly symbol: string
  /** Digits of the base-chain amount behind the point. */
  readonly decimals: number
}

/** Where a rollup stands on its base chain: all that a wallet, sequencer or supervisor starts from. */
export type ChainDeployment = Deployment & {
  /** deploymentDomain of chainId and rollup. */
  readonly domain: bigint
  readonly prefix: AddressPrefix
  /** Block of the first contract: nothing of ours is before it. */
  readonly startBlock: bigint
  /** S2's window, seconds of the settlement clock. */
  readonly settleWindow: bigint
  readonly contracts: Readonly<Record<ContractName, Address>>
  readonly assets: readonly DeployedAsset[]
}

/** Written first in the file, so that a later format is refused and not misread. */
const FILE_VERSION = 1

/** @throws {DeploymentFileError} when it cannot be read or is not one. */
export async function readDeployment(path: string): Promise<ChainDeployment> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DeploymentFileError({ path, reason: 'it cannot be opened', cause })
  })
  try {
    return deploymentFromJson(JSON.parse(text))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'it is malformed'
    throw new DeploymentFileError({ path, reason, cause })
  }
}

/** Replaces the file in one step, so that no reader finds half of it. */
export async function writeDeployment(path: string, deployment: ChainDeployment): Promise<void> {
  const temporary = `${path}.${randomUUID()}`
  await writeFile(temporary, `${JSON.stringify(deploymentToJson(deployment), null, 2)}\n`)
  await rename(temporary, path)
}

/** Amounts as decimal text, the domain as a field element. */
export function deploymentToJson(deployment: ChainDeployment): Record<string, unknown> {
  const { chainId, domain, prefix, startBlock, settleWindow, contracts, assets } = deployment
  return {
    version: FILE_VERSION,
    chainId: chainId.toString(),
    domain: formatField(domain),
    prefix,
    startBlock: startBlock.toString(),
    settleWindow: settleWindow.toString(),
    contracts,
    assets: assets.map(({ asset, unit, maxFee, ...rest }) => ({
      asset: asset.toString(),
      ...rest,
      unit: unit.toString(),
      maxFee: maxFee.toString(),
    })),
  }
}

/** @throws {Error} with the reason, when a value is missing or contradicts another. */
export function deploymentFromJson(json: unknown): ChainDeployment {
  const file = objectOf(json, 'the file')
  if (file['version'] !== FILE_VERSION) throw new Error('its format version is not known')
  const prefix = file['prefix']
  if (prefix !== 'cnb' && prefix !== 'tcnb') throw new Error('prefix is neither cnb nor tcnb')
  const addresses = objectOf(file['contracts'], 'contracts')
  const contracts = Object.fromEntries(
    contractNames.map((name) => [name, addressOf(addresses[name], `contracts.${name}`)]),
  ) as Record<ContractName, Address>
  const assets = file['assets']
  if (!Array.isArray(assets)) throw new Error('assets is no list')
  const deployment: ChainDeployment = {
    chainId: integerOf(file['chainId'], 'chainId'),
    rollup: contracts.rollup,
    domain: integerOf(file['domain'], 'domain'),
    prefix,
    startBlock: integerOf(file['startBlock'], 'startBlock'),
    settleWindow: integerOf(file['settleWindow'], 'settleWindow'),
    contracts,
    assets: assets.map((entry, i) => assetOf(entry, `assets[${String(i)}]`)),
  }
  // Keys are derived from the domain: with a wrong one a wallet would silently find nothing.
  if (deploymentDomain(deployment) !== deployment.domain) {
    throw new Error('domain is not the one of chainId and rollup')
  }
  return deployment
}

function assetOf(json: unknown, where: string): DeployedAsset {
  const entry = objectOf(json, where)
  const { symbol, decimals } = entry
  if (typeof symbol !== 'string' || typeof decimals !== 'number') {
    throw new Error(`${where} has no symbol or decimals`)
  }
  return {
    asset: integerOf(entry['asset'], `${where}.asset`),
    token: addressOf(entry['token'], `${where}.token`),
    unit: integerOf(entry['unit'], `${where}.unit`),
    maxFee: integerOf(entry['maxFee'], `${where}.maxFee`),
    symbol,
    decimals,
  }
}

function objectOf(json: unknown, where: string): Record<string, unknown> {
  if (typeof json !== 'object' || json === null) throw new Error(`${where} is no object`)
  return json as Record<string, unknown>
}

function integerOf(json: unknown, where: string): bigint {
  if (typeof json !== 'string' || !/^(\d+|0x[0-9a-f]+)$/.test(json)) {
    throw new Error(`${where} is no number in text`)
  }
  return BigInt(json)
}

function addressOf(json: unknown, where: string): Address {
  if (typeof json !== 'string' || !isAddress(json, { strict: false })) {
    throw new Error(`${where} is no address`)
  }
  return json.toLowerCase() as Address
}
