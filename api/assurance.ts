import { Type, type Static } from '@sinclair/typebox'
import { Bytes32Hex, Closed, Count } from './primitives.ts'

/**
 * How sure it is that a sealed transfer stays.
 *
 *   included ──settled──▶ committed ──finalityDepth blocks──▶ final
 *       ▲                     │                                 │
 *       └───────── reorg ─────┴──────────── reorg ──────────────┘
 */
export const assuranceLevels = [
  /** In a batch that a sequencer has signed; nothing on the base chain holds it to that yet. */
  'included',
  /** Settled in a base-chain block that a reorganisation may still take back. */
  'committed',
  /** Under so many blocks that the service's operator calls it final, its receipt looked at again there. */
  'final',
] as const
export type AssuranceLevel = (typeof assuranceLevels)[number]

/** Spec: docs/spec/sequencer-api.md#assurance. */
export const Assurance = Closed({
  level: Type.Union(assuranceLevels.map((level) => Type.Literal(level))),
  /** From `committed` on: the base-chain block that it counts on. */
  l1Block: Type.Optional(Closed({ number: Count, hash: Bytes32Hex })),
  /** Blocks that hold it, its own included. */
  confirmations: Type.Optional(Count),
  finalityDepth: { ...Count, description: 'Blocks, its own included, that make it final.' },
})
export type Assurance = Static<typeof Assurance>
