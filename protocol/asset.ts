import { BaseError } from './errors.ts'
import { fitsBits } from './field.ts'

/** Bits of an amount in protocol units. */
export const AMOUNT_BITS = 64

/** A listed asset, as far as amounts are concerned. */
export type Asset = {
  /** 16 bits. */
  readonly id: bigint
  /** Base-chain amount (wei, token base units) of one protocol unit. Never changes. */
  readonly unit: bigint
}

export class AmountNotWholeUnitsError extends BaseError {
  override readonly name = 'AmountNotWholeUnitsError'
  constructor({ asset }: { asset: Asset }) {
    super('The amount is not a whole number of units of the asset.', {
      code: 'AMOUNT_NOT_WHOLE_UNITS',
      metaMessages: [
        `Asset: ${asset.id}`,
        `Unit:  ${asset.unit}, in the asset's smallest denomination`,
        'Round it down to a multiple of the unit.',
      ],
    })
  }
}

export class AmountOutOfRangeError extends BaseError {
  override readonly name = 'AmountOutOfRangeError'
  constructor({ asset }: { asset: Asset }) {
    super('The amount is out of range.', {
      code: 'AMOUNT_OUT_OF_RANGE',
      metaMessages: [
        `Asset: ${asset.id}`,
        `It must be above 0 and below 2^${AMOUNT_BITS} units of the asset.`,
      ],
    })
  }
}

/**
 * Protocol units of a base-chain amount.
 * @throws {AmountNotWholeUnitsError} when a remainder would be lost.
 * @throws {AmountOutOfRangeError} when it is 0, negative, or does not fit 64 bits.
 */
export function unitsOf(asset: Asset, baseAmount: bigint): bigint {
  if (baseAmount % asset.unit !== 0n) throw new AmountNotWholeUnitsError({ asset })
  return checkUnits(asset, baseAmount / asset.unit)
}

/**
 * Base-chain amount of protocol units.
 * @throws {AmountOutOfRangeError} when `units` is 0, negative, or does not fit 64 bits.
 */
export function baseAmountOf(asset: Asset, units: bigint): bigint {
  return checkUnits(asset, units) * asset.unit
}

function checkUnits(asset: Asset, units: bigint): bigint {
  if (units === 0n || !fitsBits(units, AMOUNT_BITS)) throw new AmountOutOfRangeError({ asset })
  return units
}
