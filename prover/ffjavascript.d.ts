/** The part of ffjavascript 0.3 that prover/ uses; the package carries no types. */
declare module 'ffjavascript' {
  /** Points and field elements in Montgomery form, little endian, in wasm's own layout. */
  type Bytes = Uint8Array

  interface WasmField {
    readonly n8: number
    /** `w[k]` generates the subgroup of order 2^k. */
    readonly w: readonly Bytes[]
    readonly one: Bytes
    e(value: bigint | number): Bytes
    toObject(value: Bytes): bigint
    mul(one: Bytes, other: Bytes): Bytes
    eq(one: Bytes, other: Bytes): boolean
    fromRng(rng: ChaCha): Bytes
    batchToMontgomery(buffer: Bytes): Promise<Bytes>
  }

  interface WasmGroup {
    readonly F: { readonly n8: number }
    readonly g: Bytes
    readonly zero: Bytes
    readonly zeroAffine: Bytes
    fromObject(point: unknown): Bytes
    toObject(point: Bytes): unknown
    add(one: Bytes, other: Bytes): Bytes
    neg(point: Bytes): Bytes
    eq(one: Bytes, other: Bytes): boolean
    isZero(point: Bytes): boolean
    isValid(point: Bytes): boolean
    toAffine(point: Bytes): Bytes
    toJacobian(point: Bytes): Bytes
    /** Writes a point's coordinates, big endian and not in Montgomery form, as hashes take them. */
    toRprUncompressed(target: Bytes, offset: number, point: Bytes): void
    fromRng(rng: ChaCha): Bytes
    timesFr(point: Bytes, scalar: Bytes): Bytes
    timesScalar(point: Bytes, scalar: bigint): Bytes
    multiExpAffine(points: Bytes, scalars: Bytes): Promise<Bytes>
  }

  interface ThreadManager {
    readonly memory: WebAssembly.Memory
    readonly instance: WebAssembly.Instance
    readonly concurrency: number
    /** The program itself; only there in a single thread. */
    readonly code: Bytes
    queueAction(task: readonly unknown[]): Promise<Bytes[]>
  }

  interface Curve {
    readonly q: bigint
    readonly r: bigint
    readonly G1: WasmGroup
    readonly G2: WasmGroup
    readonly Fr: WasmField
    readonly Gt: { toObject(value: Bytes): unknown }
    readonly tm: ThreadManager
    readonly prePSize: number
    readonly preQSize: number
    pairing(one: Bytes, other: Bytes): Bytes
    /** Whether the product of the pairings of (G1, G2) pairs is one. */
    pairingEq(...points: Bytes[]): Promise<boolean>
    terminate(): Promise<void>
  }

  /** The stream of pseudo-random words that keys of ceremonies are drawn from. */
  export class ChaCha {
    constructor(seed: readonly number[])
  }

  /** `singleThread`: no worker threads; then `tm.instance` does all work in this thread. */
  export function buildBn128(singleThread?: boolean): Promise<Curve>
}
