// `cinnabar setup …` over small circuits: those of the ceremony's tests, or the ones that the first argument
// names the folder of. Run as a process of its own, as the parties of a ceremony run theirs.
import { Command } from 'commander'

import { readRegisteredKeys } from '../../cli/readRegisteredKeys.ts'
import { BaseError } from '../../protocol/errors.ts'
import { register } from '../../prover/ceremony/cli.ts'
import { ceremonyWorkspaceOf } from './ceremonies.ts'

const program = new Command('cinnabar')
const [mainDirectory] = process.argv[2] === 'setup' ? [] : process.argv.splice(2, 1)
register(program, { readRegisteredKeys }, ceremonyWorkspaceOf(mainDirectory))
try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof BaseError)) throw error
  console.error(`${error.message}\n(${error.code})`)
  process.exitCode = 1
}
