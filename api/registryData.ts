import { Type, type Static } from '@sinclair/typebox'
import { MAX_LEAVES_PER_PAGE } from './batches.ts'
import { AmountText, AssetId, Closed, Count, FieldHex } from './primitives.ts'

export const IdentityLeafRange = Closed({
  from: { ...Count, default: 0, description: 'Lowest identity index.' },
  count: Type.Integer({ minimum: 1, maximum: MAX_LEAVES_PER_PAGE, default: 1024 }),
})
/** Non-zero leaves of the identity tree, ascending by index. */
export const IdentityLeafPage = Closed({
  version: Count,
  root: FieldHex,
  leaves: Type.Array(Closed({ index: Count, leaf: FieldHex })),
  /** Where the next page starts; absent on the last one. */
  next: Type.Optional(Count),
})
export type IdentityLeafPage = Static<typeof IdentityLeafPage>

export const PolicyBody = Closed({
  tier: Type.Integer({ minimum: 0, maximum: 255 }),
  asset: AssetId,
  perTransfer: AmountText,
  perDay: AmountText,
  accountCap: AmountText,
  /** Above this sum of a day, investigation records are for key L. */
  reportAbove: AmountText,
})
/** The current policies in tree order, from leaf 0. */
export const PolicyList = Closed({
  version: Count,
  root: FieldHex,
  policies: Type.Array(PolicyBody),
})
export type PolicyList = Static<typeof PolicyList>
