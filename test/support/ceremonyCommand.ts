// `cinnabar setup …` over the small circuits of the ceremony's tests. Run as a process of its own, as the
// parties of a ceremony run theirs.
import { Command } from 'commander'

import { BaseError } from '../../protocol/errors.ts'
import { register } from '../../prover/ceremony/cli.ts'
import { ceremonyWorkspace } from './ceremonies.ts'

const program = new Command('cinnabar')
register(program, {}, ceremonyWorkspace)
try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof BaseError)) throw error
  console.error(`${error.message}\n(${error.code})`)
  process.exitCode = 1
}
