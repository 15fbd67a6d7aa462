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
} from './deploy.ts'
import { DeployConfigError } from './errors.ts'
import { ROLE_IDS, type RoleName } from './roles.ts'

/** What a configuration file decides. Everything else is the command's. */
export type DeployPlan = Pick<
  DeployContractsParameters,
  'assets' | 'epoch0' | 'policies' | 'roles' | 'config'
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
  const file = objectOf(json, 'the file', ['assets', 'epoch0', 'policies', 'roles', 'config'])
  const epoch0 = objectOf(file['epoch0'], 'epoch0', ['startDay', 'statistics', 'investigation'])
  return {
    assets: listOf(file['assets'], 'assets').map(assetOf),
    epoch0: {
      startDay: integerOf(epoch0['startDay'], 'epoch0.startDay', 16),
      statistics: registrarOf('statistics', epoch0['statistics'], randomBytes),
      investigation: registrarOf('investigation', epoch0['investigation'], randomBytes),
    },
    policies: listOf(file['policies'], 'policies').map(policyOf),
    roles: rolesOf(file['roles'] ?? {}),
    config: configOf(file['config'] ?? {}),
  }
}

function assetOf(json: unknown, i: number): AssetToList {
  const where = `assets[${String(i)}]`
  const asset = objectOf(json, where, ['symbol', 'token', 'decimals', 'unit', 'maxFee'])
  const { symbol } = asset
  if (typeof symbol !== 'string') refuse(`${where}.symbol`, 'is no text')
  return {
    symbol,
    token: addressOf(asset['token'], `${where}.token`),
    decimals: Number(integerOf(asset['decimals'], `${where}.decimals`, 8)),
    unit: integerOf(asset['unit'], `${where}.unit`, 256),
    maxFee: integerOf(asset['maxFee'], `${where}.maxFee`, 64),
  }
}

const POLICY_FIELDS = ['tier', 'asset', 'perTransfer', 'perDay', 'accountCap'] as const

function policyOf(json: unknown, i: number): Policy {
  const where = `policies[${String(i)}]`
  const policy = objectOf(json, where, POLICY_FIELDS)
  const bits = {
    tier: WORDS.identity[0][1],
    asset: WORDS.note[0][1],
    perTransfer: 64,
    perDay: 64,
    accountCap: 64,
  }
  return Object.fromEntries(
    POLICY_FIELDS.map((field) => [
      field,
      integerOf(policy[field], `${where}.${field}`, bits[field]),
    ]),
  ) as Policy
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
  const { prefix, ...delays } = config
  if (prefix !== undefined && prefix !== 'cnb' && prefix !== 'tcnb') {
    refuse('config.prefix', 'is neither cnb nor tcnb')
  }
  return {
    ...(prefix === undefined ? {} : { prefix }),
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
