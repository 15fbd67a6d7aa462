// What tests compare with. The protocol itself has what `poseidonModule/build.js` takes of it.
declare module 'circomlibjs' {
  export type WasmField = {
    e(value: bigint | Uint8Array): Uint8Array
    toObject(element: Uint8Array): bigint
  }
  export type Poseidon = {
    (inputs: bigint[], initialState?: Uint8Array | bigint, outputs?: number): Uint8Array
    F: WasmField
  }
  export function buildPoseidon(): Promise<Poseidon>
  /** Plain JavaScript, from the reference's constants and without its optimisations. */
  export function buildPoseidonReference(): Promise<Poseidon>
  export type Eddsa = {
    F: WasmField
    verifyPoseidon(
      message: Uint8Array,
      signature: { R8: [Uint8Array, Uint8Array]; S: bigint },
      publicKey: [Uint8Array, Uint8Array],
    ): boolean
  }
  export function buildEddsa(): Promise<Eddsa>
  export type BabyJub = {
    F: WasmField
    Base8: [Uint8Array, Uint8Array]
    order: bigint
    subOrder: bigint
    addPoint(
      one: [Uint8Array, Uint8Array],
      other: [Uint8Array, Uint8Array],
    ): [Uint8Array, Uint8Array]
    mulPointEscalar(point: [Uint8Array, Uint8Array], scalar: bigint): [Uint8Array, Uint8Array]
    inSubgroup(point: [Uint8Array, Uint8Array]): boolean
    inCurve(point: [Uint8Array, Uint8Array]): boolean
  }
  export function buildBabyjub(): Promise<BabyJub>
}
