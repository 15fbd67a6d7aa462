/**
 * circomlibjs's wasm Poseidon, and nothing else of that package. Its own entry point also loads
 * ethers 5 and a BLAKE hash that needs Node's Buffer and streams, which no browser has, and its
 * `exports` hide the one file that we want. Plain JavaScript, so that the path stands in one place
 * and the types beside it.
 */
export { buildPoseidon } from '../node_modules/circomlibjs/src/poseidon_wasm.js'
