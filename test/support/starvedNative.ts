// The native prover in a process whose address space is limited once all its threads are there. Prints how each call ended.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { loadNative } from '../../prover/native/index.ts'

const MEBIBYTE = 2 ** 20
const [sparsePath = '', keyPath = '', witnessPath = ''] = process.argv.slice(2)
const native = loadNative()!
const key = await native.loadKey(keyPath)
const witness = readFileSync(witnessPath)
await native.prove(key, witness)
await native.kernels.findSubgroupPoints(0, new Uint8Array(64))
const large = new Uint8Array(512 * MEBIBYTE)

const [, size] = /VmSize:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))!
// Room for the file that is mapped, and not for the tables of its domain.
const limit = Number(size) * 1_024 + (256 + 128) * MEBIBYTE
execFileSync('prlimit', ['--pid', String(process.pid), `--as=${String(limit)}`])

/** Kernels throw what they cannot begin; the rest rejects. */
const codeOf = async (call: () => Promise<unknown>) => {
  try {
    await call()
    return 'none'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}
console.log(
  JSON.stringify({
    key: await codeOf(() => native.loadKey(sparsePath)),
    witness: await codeOf(() => native.prove(key, large)),
    kernel: await codeOf(() => native.kernels.findSubgroupPoints(0, large)),
    afterwards: await codeOf(() => native.prove(key, witness)),
  }),
)
