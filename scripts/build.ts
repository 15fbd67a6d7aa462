import { spawnSync } from 'node:child_process'
import { dirname, resolve } from 'node:path'

const root = dirname(import.meta.dirname)

const STEPS = [
  ['circuits and development keys', 'prover/setup/main.ts'],
  ['contracts', 'node_modules/hardhat/dist/src/cli.js', 'build'],
] as const

/**
 * Compiles circuits and contracts and makes development keys, where they are missing or out of date:
 * each takes a moment otherwise. Gives the name of what could not be built, or undefined.
 */
export function buildAll(say: (line: string) => void): string | undefined {
  for (const [what, script, ...args] of STEPS) {
    const started = performance.now()
    say(`Building ${what}`)
    const { status } = spawnSync(process.execPath, [resolve(root, script), ...args], {
      cwd: root,
      // What the steps print is progress, and stdout may be somebody's JSON.
      stdio: ['ignore', process.stderr.fd, 'inherit'],
    })
    if (status !== 0) return what
    say(`Built ${what} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  }
  return undefined
}
