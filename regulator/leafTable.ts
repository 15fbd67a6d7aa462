/** A note as the records name it. Amount and recipient are undefined where no key at hand shows them. */
export type Leaf = {
  readonly asset: bigint
  readonly amount: bigint | undefined
  readonly recipient: bigint | undefined
}

/** Leaves of a segment: consecutive ones, since batches fill the tree from the left. */
const SEGMENT = 4_096

const IS_THERE = 1
const HAS_AMOUNT = 2
const HAS_RECIPIENT = 4
const IS_TAKEN = 8

type Segment = {
  /** Protocol units, u64. */
  readonly amounts: BigUint64Array
  readonly recipients: Uint32Array
  readonly assets: Uint16Array
  readonly states: Uint8Array
}

/** Leaves by index and whether they were taken in, in 15 bytes each: a Map takes ten times as much. */
export class LeafTable {
  readonly #segments = new Map<number, Segment>()

  get(index: bigint): Leaf | undefined {
    const { segment, at } = this.#find(index)
    if (segment === undefined) return undefined
    const state = segment.states[at] ?? 0
    if ((state & IS_THERE) === 0) return undefined
    return {
      asset: BigInt(segment.assets[at] ?? 0),
      amount: (state & HAS_AMOUNT) === 0 ? undefined : segment.amounts[at],
      recipient: (state & HAS_RECIPIENT) === 0 ? undefined : BigInt(segment.recipients[at] ?? 0),
    }
  }

  /** Replaces what stood there; a leaf that was taken in stays so. */
  set(index: bigint, { asset, amount, recipient }: Leaf): void {
    const { number, segment: known, at } = this.#find(index)
    const segment = known ?? emptySegment()
    if (known === undefined) this.#segments.set(number, segment)
    segment.assets[at] = Number(asset)
    segment.amounts[at] = amount ?? 0n
    segment.recipients[at] = Number(recipient ?? 0n)
    segment.states[at] =
      IS_THERE |
      ((segment.states[at] ?? 0) & IS_TAKEN) |
      (amount === undefined ? 0 : HAS_AMOUNT) |
      (recipient === undefined ? 0 : HAS_RECIPIENT)
  }

  /** Marks a leaf that is there. @returns whether it was taken in before. */
  take(index: bigint): boolean {
    const { segment, at } = this.#find(index)
    const state = segment?.states[at] ?? 0
    if (segment !== undefined) segment.states[at] = state | IS_TAKEN
    return (state & IS_TAKEN) !== 0
  }

  #find(index: bigint): { number: number; segment: Segment | undefined; at: number } {
    const at = Number(index % BigInt(SEGMENT))
    const number = Number(index / BigInt(SEGMENT))
    return { number, segment: this.#segments.get(number), at }
  }
}

function emptySegment(): Segment {
  return {
    amounts: new BigUint64Array(SEGMENT),
    recipients: new Uint32Array(SEGMENT),
    assets: new Uint16Array(SEGMENT),
    states: new Uint8Array(SEGMENT),
  }
}
