import { CIRCUIT_IDS, type CircuitName } from '../../protocol/constants.ts'

type Hex = `0x${string}`

/** Where something stands in the base chain. */
export type ChainPosition = { readonly blockNumber: bigint; readonly logIndex: number }

/** An event in the life of a verification key, in chain order. */
export type KeyEvent = ChainPosition & {
  readonly circuitId: number
  readonly version: number
} & (
    | { readonly kind: 'announced'; readonly keyHash: Hex }
    /** `until`: clock time until which the key before it may be used. */
    | { readonly kind: 'activated'; readonly until: bigint }
    | { readonly kind: 'retired' }
    /** `until`: block time at which the stop lapses, if the clock, which stands still with it, does not run before. */
    | { readonly kind: 'stopped'; readonly until: bigint }
  )

/** A key as it was announced. */
export type AnnouncedKey = {
  /** 1 for the first key that the registry was given, of whatever circuit. */
  readonly ordinal: number
  readonly version: number
  readonly keyHash: Hex
}

export type KeyQuestion = {
  readonly circuit: CircuitName
  readonly isSunset: boolean
  readonly at: ChainPosition
  /** Of the block. */
  readonly blockTime: bigint
  /** Of the settlement clock. */
  readonly clockTime: bigint
  readonly isClockStopped: boolean
}

/**
 * The key that proofs of a circuit of settlement had to be for at a place in the chain; undefined where none could be used.
 * Twin: contracts/VerifierRegistry.sol keyBlob.
 */
export function findUsableKey(
  events: readonly KeyEvent[],
  { circuit, isSunset, at, blockTime, clockTime, isClockStopped }: KeyQuestion,
): AnnouncedKey | undefined {
  const announced = new Map<number, AnnouncedKey>()
  const retired = new Set<number>()
  const stoppedUntil = new Map<number, bigint>()
  let [active, sunset, sunsetUntil, ordinal] = [0, 0, 0n, 0]
  for (const event of events) {
    if (!isBefore(event, at)) break
    if (event.kind === 'announced') ordinal += 1
    if (event.circuitId !== CIRCUIT_IDS[circuit]) continue
    const { version } = event
    switch (event.kind) {
      case 'announced':
        announced.set(version, { ordinal, version, keyHash: event.keyHash })
        break
      case 'activated':
        ;[sunset, sunsetUntil, active] = [active, event.until, version]
        break
      case 'retired':
        retired.add(version)
        break
      case 'stopped':
        stoppedUntil.set(version, event.until)
        break
    }
  }
  const version = isSunset ? sunset : active
  const isUsable =
    !retired.has(version) &&
    !(isClockStopped && blockTime < (stoppedUntil.get(version) ?? 0n)) &&
    (!isSunset || clockTime <= sunsetUntil)
  return isUsable ? announced.get(version) : undefined
}

function isBefore(one: ChainPosition, other: ChainPosition): boolean {
  return (
    one.blockNumber < other.blockNumber ||
    (one.blockNumber === other.blockNumber && one.logIndex < other.logIndex)
  )
}
