import type { CircuitInputs } from '../../prover/witnessCalculator.ts'

type Nested = bigint | readonly Nested[]

/** A batch circuit's inputs as JSON text: integers as decimal text. They are public, all of them. */
export function encodeCircuitInputs(inputs: Readonly<Record<string, Nested>>): string {
  return JSON.stringify(inputs, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
}

export function decodeCircuitInputs(stored: unknown): CircuitInputs {
  const decode = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(decode) : BigInt(value as string)
  return Object.fromEntries(
    Object.entries(stored as Record<string, unknown>).map(([name, value]) => [name, decode(value)]),
  ) as CircuitInputs
}
