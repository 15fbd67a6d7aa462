import { isAddress } from 'ethers'
import type { CurvePoint } from '../../protocol/babyjubjub.ts'
import type { RandomBytes } from '../../protocol/memo.ts'
import { WORDS } from '../../protocol/constants.ts'
import type { Policy } from '../../protocol/policy.ts'
import { auditKeyFromSecret, type AuditKeyKind } from '../../regulator/auditKeys.ts'
import {
  type AssetToList,
  type AuditKeyRegistrar,
  auditKeyRegistrar,
  defaultDeploymentConfig,
  type DeployContractsParameters,
  type RegistrarLimits,
} from './deploy.ts'
import { DeployConfigError } from './errors.ts'
import { ROLE_IDS, type RoleName } from './roles.ts'
import { policiesOfTable, type TierTableName, tierTables } from './tierTables.ts'

/** What a configuration file decides. Everything else is the command's. */
export type DeployPlan = Pick<
  DeployContractsParameters,
  'assets' | 'epoch0' | 'policies' | 'registrars' | 'roles' | 'config'
>

type Json = Record<string, unknown>

/**
 * A configuration file's contents, checked. Integers are decimal text, or numbers where they are
 * small. Unknown fields are refused: a misspelt delay must not become its default.
 *
 * @throws {DeployConfigError}
 */
export function readConfig(text: string, randomBytes: RandomBytes): DeployPlan {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new DeployConfigError({ where: 'the file', reason: 'is no JSON', cause })
  }
  const file = objectOf(json, 'the file', [
    'assets',
    'epoch0',
    'policies',
    'registrars',
    'roles',
    'config',
    'profile',
  ])
  const epoch0 = objectOf(file['epoch0'], 'epoch0', [
    'startDay',
    'statistics',
    'investigation',
    'largeValue',
  ])
  const assets = listOf(file['assets'], 'assets').map(assetOf)
  const plan: DeployPlan = {
    assets,
    epoch0: {
      startDay: integerOf(epoch0['startDay'], 'epoch0.startDay', 16),
      statistics: registrarOf('statistics', epoch0['statistics'], randomBytes),
      investigation: registrarOf('investigation', epoch0['investigation'], randomBytes),
      largeValue: registrarOf('largeValue', epoch0['largeValue'], randomBytes),
    },
    policies: policiesOf(file['policies'], assets),
    ...(file['registrars'] === undefined
      ? {}
      : { registrars: listOf(file['registrars'], 'registrars').map(limitsOf) }),
    roles: rolesOf(file['roles'] ?? {}),
    config: configOf(file['config'] ?? {}),
  }
  if (file['profile'] !== undefined) checkProfile(file['profile'], plan)
  return plan
}

/**
 * What a profile makes compulsory. `sandbox`: a trial, whose value, people and time are capped by the contracts; each cap is named
 * in the file, so that none is a default that nobody chose.
 */
function checkProfile(profile: unknown, { assets, config = {} }: DeployPlan): void {
  if (profile !== 'sandbox') refuse('profile', 'is not sandbox')
  for (const [i, { supplyCap }] of assets.entries()) {
    if (supplyCap === undefined) {
      refuse(`assets[${String(i)}].supplyCap`, 'is missing: a sandbox caps its value')
    }
  }
  if (config.identityLimit === undefined) {
    refuse('config.identityLimit', 'is missing: a sandbox caps its people')
  }
  const { depositsUntil, prefix = defaultDeploymentConfig.prefix } = config
  if (depositsUntil === undefined || depositsUntil === defaultDeploymentConfig.depositsUntil) {
    refuse('config.depositsUntil', 'is missing: a sandbox has an end')
  }
  if (prefix !== 'tcnb') refuse('config.prefix', 'is not tcnb: a sandbox is a test network')
}

function assetOf(json: unknown, i: number): AssetToList {
  const where = `assets[${String(i)}]`
  const asset = objectOf(json, where, [
    ...['symbol', 'token', 'decimals', 'unit', 'maxFee', 'dailyOutflow', 'supplyCap'],
  ])
  const { symbol } = asset
  if (typeof symbol !== 'string') refuse(`${where}.symbol`, 'is no text')
  return {
    symbol,
    token: addressOf(asset['token'], `${where}.token`),
    decimals: Number(integerOf(asset['decimals'], `${where}.decimals`, 8)),
    unit: integerOf(asset['unit'], `${where}.unit`, 256),
    maxFee: integerOf(asset['maxFee'], `${where}.maxFee`, 64),
    ...(asset['dailyOutflow'] === undefined
      ? {}
      : { dailyOutflow: integerOf(asset['dailyOutflow'], `${where}.dailyOutflow`, 64) }),
    ...(asset['supplyCap'] === undefined
      ? {}
      : { supplyCap: integerOf(asset['supplyCap'], `${where}.supplyCap`, 64) }),
  }
}

const POLICY_FIELDS = [
  'tier',
  'asset',
  'perTransfer',
  'perDay',
  'accountCap',
  'reportAbove',
] as const

function policyOf(json: unknown, i: number): Policy {
  const where = `policies[${String(i)}]`
  const policy = objectOf(json, where, POLICY_FIELDS)
  const bits = {
    tier: WORDS.identity[0][1],
    asset: WORDS.note[0][1],
    perTransfer: 64,
    perDay: 64,
    accountCap: 64,
    reportAbove: 64,
  }
  return Object.fromEntries(
    POLICY_FIELDS.map((field) => [
      field,
      integerOf(policy[field], `${where}.${field}`, bits[field]),
    ]),
  ) as Policy
}

/** Policies as a list, or tables by name, one an asset: `[{ "table": "ecny", "asset": 1 }]`. */
function policiesOf(json: unknown, assets: readonly AssetToList[]): Policy[] {
  return listOf(json, 'policies').flatMap((entry, i) => {
    const isTable = typeof entry === 'object' && entry !== null && 'table' in entry
    return isTable ? tableOf(entry, i, assets) : [policyOf(entry, i)]
  })
}

function tableOf(json: unknown, i: number, assets: readonly AssetToList[]): Policy[] {
  const where = `policies[${String(i)}]`
  const entry = objectOf(json, where, ['table', 'asset', 'reportFrom'])
  const { table } = entry
  if (typeof table !== 'string' || !Object.keys(tierTables).includes(table)) {
    refuse(`${where}.table`, `is none of ${Object.keys(tierTables).join(', ')}`)
  }
  const asset = integerOf(entry['asset'], `${where}.asset`, WORDS.note[0][1])
  const listed = assets[Number(asset) - 1]
  if (listed === undefined) refuse(`${where}.asset`, 'is none of the assets')
  const coin = 10n ** BigInt(listed.decimals)
  if (coin % listed.unit !== 0n) refuse(`${where}.asset`, 'has no whole number of units a coin')
  const reportFrom = entry['reportFrom']
  return policiesOfTable(table as TierTableName, {
    ...{ asset, unitsPerCoin: coin / listed.unit },
    ...(reportFrom === undefined
      ? {}
      : { reportFrom: integerOf(reportFrom, `${where}.reportFrom`, 40) }),
  })
}

function limitsOf(json: unknown, i: number): RegistrarLimits {
  const where = `registrars[${String(i)}]`
  const fields = ['account', 'firstIndex', 'endIndex', 'tierCap', 'dailyQuota']
  const limits = objectOf(json, where, fields)
  return {
    account: addressOf(limits['account'], `${where}.account`),
    firstIndex: integerOf(limits['firstIndex'], `${where}.firstIndex`, 21),
    endIndex: integerOf(limits['endIndex'], `${where}.endIndex`, 21),
    tierCap: integerOf(limits['tierCap'], `${where}.tierCap`, 8),
    dailyQuota: integerOf(limits['dailyQuota'], `${where}.dailyQuota`, 32),
  }
}

/** A registration made by the key's holder, or, for development, the secret itself. */
function registrarOf(
  kind: AuditKeyKind,
  json: unknown,
  randomBytes: RandomBytes,
): AuditKeyRegistrar {
  const where = `epoch0.${kind}`
  const key = objectOf(json, where, ['registrationSecret', 'q', 'r', 's'])
  if (key['registrationSecret'] !== undefined) {
    const secret = integerOf(key['registrationSecret'], `${where}.registrationSecret`, 251)
    return auditKeyRegistrar(auditKeyFromSecret(kind, secret), randomBytes)
  }
  const q = pointOf(key['q'], `${where}.q`)
  const r = pointOf(key['r'], `${where}.r`)
  const s = integerOf(key['s'], `${where}.s`, 251)
  return () => ({ q, proof: { r, s } })
}

function rolesOf(json: unknown): NonNullable<DeployPlan['roles']> {
  const roles = objectOf(json, 'roles', Object.keys(ROLE_IDS))
  return Object.fromEntries(
    Object.entries(roles).map(([role, accounts]) => [
      role as RoleName,
      listOf(accounts, `roles.${role}`).map((account) => addressOf(account, `roles.${role}`)),
    ]),
  )
}

function configOf(json: unknown): NonNullable<DeployPlan['config']> {
  const config = objectOf(json, 'config', Object.keys(defaultDeploymentConfig))
  const { prefix, depositsByList, ...delays } = config
  if (depositsByList !== undefined && typeof depositsByList !== 'boolean') {
    refuse('config.depositsByList', 'is neither true nor false')
  }
  if (prefix !== undefined && prefix !== 'cnb' && prefix !== 'tcnb') {
    refuse('config.prefix', 'is neither cnb nor tcnb')
  }
  return {
    ...(prefix === undefined ? {} : { prefix }),
    ...(depositsByList === undefined ? {} : { depositsByList }),
    ...Object.fromEntries(
      Object.entries(delays).map(([name, value]) => [name, integerOf(value, `config.${name}`, 64)]),
    ),
  }
}

function objectOf(json: unknown, where: string, fields: readonly string[]): Json {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    refuse(where, 'is no object')
  }
  const unknown = Object.keys(json).find((field) => !fields.includes(field))
  if (unknown !== undefined) refuse(where, `has an unknown field ${JSON.stringify(unknown)}`)
  return json as Json
}

function listOf(json: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(json)) refuse(where, 'is no list')
  return json
}

function pointOf(json: unknown, where: string): CurvePoint {
  const [x, y, ...rest] = listOf(json, where)
  if (rest.length > 0) refuse(where, 'has more than two coordinates')
  return { x: integerOf(x, `${where}[0]`, 254), y: integerOf(y, `${where}[1]`, 254) }
}

function integerOf(json: unknown, where: string, bits: number): bigint {
  const isText = typeof json === 'string' && /^(\d+|0x[0-9a-fA-F]+)$/.test(json)
  const isNumber = typeof json === 'number' && Number.isSafeInteger(json) && json >= 0
  if (!isText && !isNumber) refuse(where, 'is no integer')
  const value = BigInt(json)
  if (value >= 1n << BigInt(bits)) refuse(where, `has more than ${String(bits)} bits`)
  return value
}

function addressOf(json: unknown, where: string): `0x${string}` {
  if (typeof json !== 'string' || !isAddress(json)) refuse(where, 'is no address')
  return json.toLowerCase() as `0x${string}`
}

function refuse(where: string, reason: string): never {
  throw new DeployConfigError({ where, reason })
}
