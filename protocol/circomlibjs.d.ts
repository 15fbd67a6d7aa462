declare module "circomlibjs" {
  export type WasmField = {
    e(value: bigint | Uint8Array): Uint8Array;
    toObject(element: Uint8Array): bigint;
  };
  export type Poseidon = {
    (
      inputs: bigint[],
      initialState?: Uint8Array | bigint,
      outputs?: number,
    ): Uint8Array;
    F: WasmField;
  };
  export function buildPoseidon(): Promise<Poseidon>;
  export type Eddsa = {
    F: WasmField;
    verifyPoseidon(
      message: Uint8Array,
      signature: { R8: [Uint8Array, Uint8Array]; S: bigint },
      publicKey: [Uint8Array, Uint8Array],
    ): boolean;
  };
  export function buildEddsa(): Promise<Eddsa>;
  export function buildBabyjub(): Promise<unknown>;
}
