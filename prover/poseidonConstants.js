/**
 * circomlibjs's constants in the optimised form, by width - 2. Plain JavaScript beside its types for the same reasons
 * as protocol/poseidonWasm.js.
 */
export { default as poseidonConstants } from '../node_modules/circomlibjs/src/poseidon_constants_opt.js'
