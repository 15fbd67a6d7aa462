/** The wasm module, base64: 0.8 MB, of which all but a few thousand bytes are Poseidon's constants. */
export const code: string
/** Of 64 KiB, of the memory that it imports. */
export const pages: number
