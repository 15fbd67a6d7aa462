import { AmountFormatError } from './errors.ts'

/** How an asset's amounts are read and written. */
export type AmountUnit = {
  /** Base-chain amount of one protocol unit (wei, or the token's smallest part). */
  readonly unit: bigint
  /** Decimals of the base-chain token; 18 for ether. */
  readonly decimals: number
}

const U64_LIMIT = 1n << 64n

/**
 * Human amount, for example `12.5`, to protocol units.
 *
 * @throws {AmountFormatError} when it is no number, finer than the unit, or above u64.
 */
export function parseAmount({ unit, decimals }: AmountUnit, text: string): bigint {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text.trim())
  if (match === null) throw new AmountFormatError({ reason: 'it is not a number' })
  const [, whole = '0', fraction = ''] = match
  if (fraction.replace(/0+$/, '').length > decimals) {
    throw new AmountFormatError({
      reason: `the asset has only ${String(decimals)} decimals`,
    })
  }
  const base = BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0'))
  if (base % unit !== 0n) {
    throw new AmountFormatError({
      reason: `the smallest step of this asset is ${formatBase(unit, decimals)}`,
    })
  }
  const amount = base / unit
  if (amount >= U64_LIMIT) throw new AmountFormatError({ reason: 'it is too large' })
  return amount
}

/** Protocol units to a human amount without trailing zeros. */
export function formatAmount({ unit, decimals }: AmountUnit, amount: bigint): string {
  return formatBase(amount * unit, decimals)
}

function formatBase(base: bigint, decimals: number): string {
  if (base < 0n) return `-${formatBase(-base, decimals)}`
  const digits = base.toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}
