import { Type, type TObject, type TProperties } from '@sinclair/typebox'

/** An object with no other members: an unknown member is a client's mistake and is refused. */
export function Closed<P extends TProperties>(properties: P, options: object = {}): TObject<P> {
  return Type.Object(properties, { ...options, additionalProperties: false })
}

/** A string of the form 0x…, with a pattern that says which. */
function Hex(pattern: string, description?: string) {
  return Type.Unsafe<`0x${string}`>(
    Type.String({ pattern, ...(description === undefined ? {} : { description }) }),
  )
}

/** The one textual form of field elements: 0x and 64 hex digits, canonical (below r). */
export const FieldHex = Hex(
  '^0x[0-9a-f]{64}$',
  'Field element: 0x and 64 lower-case hex digits, below the BN254 scalar order.',
)
/** 32 bytes that are no field element: hashes and statement ids. */
export const Bytes32Hex = Hex('^0x[0-9a-f]{64}$', '32 bytes as 0x and 64 lower-case hex digits.')
export const AddressHex = Hex('^0x[0-9a-fA-F]{40}$', 'Base-chain address.')
/** r, s, v (27 or 28). */
export const SignatureHex = Hex('^0x[0-9a-f]{130}$', 'ECDSA signature of 65 bytes: r, s, v.')
export function BytesHex(length: number) {
  return Hex(`^0x[0-9a-f]{${String(2 * length)}}$`, `${String(length)} bytes as lower-case hex.`)
}
/** Protocol units, u64, decimal: JSON numbers end at 2^53. */
export const AmountText = Type.String({
  pattern: '^(0|[1-9][0-9]{0,19})$',
  description: 'Amount in protocol units (u64), decimal.',
})
export const WeiText = Type.String({
  pattern: '^(0|[1-9][0-9]{0,38})$',
  description: 'Wei, decimal.',
})
/** Counts, indexes and numbers that stay below 2^53 for the life of a deployment. */
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
export const AssetId = Type.Integer({ minimum: 0, maximum: 65_535 })
export const DayNumber = Type.Integer({
  minimum: 0,
  maximum: 65_535,
  description: 'Unix day (UTC).',
})
/** A, B, C of a Groth16 proof as the contract takes them: B's coordinates imaginary part first. */
export const ProofHex = Type.Array(Hex('^0x[0-9a-f]{64}$'), {
  minItems: 8,
  maxItems: 8,
  description: 'Groth16 proof: A.x, A.y, B.x (imaginary, real), B.y (imaginary, real), C.x, C.y.',
})
