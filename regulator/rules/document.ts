import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { RulesRefusedError } from './errors.ts'

/** What an alert can be about, in the order in which a supervisor reads them. */
export const ruleCodes = [
  'LARGE_VALUE',
  'STRUCTURING',
  'VELOCITY',
  'DORMANT_AWAKES',
  'ROUND_AMOUNTS',
  'DISPERSION',
  'CONCENTRATION',
] as const
export type RuleCode = (typeof ruleCodes)[number]

const strict = { additionalProperties: false } as const
/** Protocol units of the asset, decimal text: JSON's numbers end at 2^53. */
const Units = Type.String({ pattern: '^[1-9]\\d{0,19}$' })
const Count = Type.Integer({ minimum: 1, maximum: 1_000_000 })
/** A pseudonym lives for a month, so a longer window would see nothing more. */
const Days = Type.Integer({ minimum: 1, maximum: 31 })
const Percent = Type.Integer({ minimum: 1, maximum: 100 })

/** Thresholds of one asset. A rule that is left out is off. */
export const AssetRules = Type.Object(
  {
    /** Sent, or taken in, on one day in all: at least `perDay`. */
    largeValue: Type.Optional(Type.Object({ perDay: Units }, strict)),
    /**
     * `payments` payments, or days, within `days` days that each stay in the uppermost `bandPercent` per cent below
     * `below`, and together reach it.
     */
    structuring: Type.Optional(
      Type.Object({ below: Units, bandPercent: Percent, payments: Count, days: Days }, strict),
    ),
    /** At least `payments` payments within `days` days. */
    velocity: Type.Optional(Type.Object({ payments: Count, days: Days }, strict)),
    /** At least `sent` on a day that follows `quietDays` days without a transfer. */
    dormantAwakes: Type.Optional(Type.Object({ quietDays: Days, sent: Units }, strict)),
    /** At least `payments` payments within `days` days that are multiples of `unit` and at least `atLeast`. */
    roundAmounts: Type.Optional(
      Type.Object({ unit: Units, atLeast: Units, payments: Count, days: Days }, strict),
    ),
    /** Few notes in (at most `notesIn`), many payments out, `passedOnPercent` per cent of what came in or more. */
    dispersion: Type.Optional(
      Type.Object(
        { payments: Count, notesIn: Count, passedOnPercent: Percent, days: Days },
        strict,
      ),
    ),
    /** Many notes in, few payments out (at most `payments`), `passedOnPercent` per cent or more. */
    concentration: Type.Optional(
      Type.Object(
        { notesIn: Count, payments: Count, passedOnPercent: Percent, days: Days },
        strict,
      ),
    ),
  },
  strict,
)
export type AssetRules = Static<typeof AssetRules>

/** A version of the rules, for one deployment. */
export const RulesDocument = Type.Object(
  {
    type: Type.Literal('cinnabar.rules'),
    format: Type.Literal(1),
    version: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
    chainId: Type.String({ pattern: '^[1-9]\\d{0,77}$' }),
    rollup: Type.String({ pattern: '^0x[0-9a-f]{40}$' }),
    /** What the version is for and where its figures come from. */
    remark: Type.String({ maxLength: 2_000 }),
    /** By asset number. */
    assets: Type.Record(Type.String({ pattern: '^\\d{1,5}$' }), AssetRules),
  },
  strict,
)
export type RulesDocument = Static<typeof RulesDocument>

/** @throws {RulesRefusedError} with the first thing that is wrong. */
export function readRulesDocument(value: unknown): RulesDocument {
  const fault = Value.Errors(RulesDocument, value).First()
  if (fault !== undefined) {
    throw new RulesRefusedError({ reason: `${fault.path || 'it'}: ${fault.message}` })
  }
  const document = value as RulesDocument
  for (const [asset, rules] of Object.entries(document.assets)) {
    if (Number(asset) > 65_535 || String(Number(asset)) !== asset) {
      throw new RulesRefusedError({ reason: `${asset} is no asset number` })
    }
    for (const parameters of Object.values(rules)) {
      for (const [name, units] of Object.entries(parameters)) {
        if (typeof units !== 'string' || BigInt(units) < 1n << 64n) continue
        throw new RulesRefusedError({ reason: `${name} of asset ${asset} is beyond 64 bits` })
      }
    }
  }
  return document
}

/** Thresholds of an asset under a document; none where it names none. */
export function rulesOf(document: RulesDocument, asset: bigint): AssetRules {
  return document.assets[String(asset)] ?? {}
}
