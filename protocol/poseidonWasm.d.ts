/** Elements in the wasm's own representation: 32 bytes, Montgomery form. */
export type WasmField = {
  e(value: bigint | Uint8Array): Uint8Array
  toObject(element: Uint8Array): bigint
}

export type Poseidon = {
  (inputs: bigint[], initialState?: Uint8Array | bigint, outputs?: number): Uint8Array
  F: WasmField
}

/** Loads the wasm, on one thread. */
export function buildPoseidon(): Promise<Poseidon>
