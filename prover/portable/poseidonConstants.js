/**
 * circomlibjs's constants of Poseidon, and nothing else of that package, which a worker thread cannot
 * load. Plain JavaScript, so that the path stands in one place and the types beside it.
 */
export { default } from '../../node_modules/circomlibjs/src/poseidon_constants_opt.js'
