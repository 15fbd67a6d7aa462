import { BaseError } from '../protocol/errors.ts'

/**
 * The inputs satisfy no valid statement. `location` is what circom says of the failing assertion
 * (templates and lines); it never holds a value.
 */
export class WitnessUnsatisfiedError extends BaseError {
  override readonly name = 'WitnessUnsatisfiedError'
  readonly location: readonly string[]
  constructor({ circuit, location }: { circuit: string; location: readonly string[] }) {
    super(`The inputs do not satisfy the circuit ${circuit}.`, {
      code: 'WITNESS_UNSATISFIED',
      metaMessages: [...location, 'Check the statement with its plain-code twin for the clause.'],
    })
    this.location = location
  }
}

export class CircuitInputError extends BaseError {
  override readonly name = 'CircuitInputError'
  constructor({ circuit, signal, reason }: { circuit: string; signal: string; reason: string }) {
    super(`An input of the circuit ${circuit} is not acceptable: ${reason}.`, {
      code: 'CIRCUIT_INPUT_INVALID',
      metaMessages: [`Signal: ${signal}`],
    })
  }
}

export class CircuitProgramError extends BaseError {
  override readonly name = 'CircuitProgramError'
  constructor({ circuit, reason }: { circuit: string; reason: string }) {
    super(`The witness program of the circuit ${circuit} failed: ${reason}.`, {
      code: 'CIRCUIT_PROGRAM_FAILED',
      metaMessages: ['Build the circuit again: `npm run setup`.'],
    })
  }
}
