/**
 * circomlibjs's wasm Poseidon as a module of its own: its field and its rounds, without the curve that it is otherwise
 * built into. Plain JavaScript, so that the paths into packages without types stand in one place. Only
 * `npm run generate` runs it: it takes a second.
 */
import { ModuleBuilder } from 'wasmbuilder'
import { buildPoseidonWasm } from '../../node_modules/circomlibjs/src/poseidon_wasm.js'
import buildF1m from '../../node_modules/wasmcurves/src/build_f1m.js'
import { FIELD_ORDER } from '../constants.ts'

/** What `poseidon_wasm.js` calls the functions of its field. */
const FIELD_PREFIX = 'frm'
const PAGE_BYTES = 65_536

/** The module imports `env.memory` of `pages`: what its own data needs, and 64 KiB more. */
export function buildPoseidonModule() {
  const module = new ModuleBuilder()
  buildF1m(module, FIELD_ORDER, FIELD_PREFIX, 'int')
  buildPoseidonWasm(module)
  const pages = Math.ceil(module.free / PAGE_BYTES) + 1
  module.setMemory(pages)
  return { code: Uint8Array.from(module.build()), pages }
}
