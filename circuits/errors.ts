import { BaseError } from '../protocol/errors.ts'

export class UnknownCircuitError extends BaseError {
  override readonly name = 'UnknownCircuitError'
  constructor({ circuit, known }: { circuit: string; known: readonly string[] }) {
    super(`There is no circuit named ${circuit}.`, {
      code: 'CIRCUIT_UNKNOWN',
      metaMessages: [`Known: ${known.length === 0 ? 'none' : known.join(', ')}`],
    })
  }
}

export class CircuitNotBuiltError extends BaseError {
  override readonly name = 'CircuitNotBuiltError'
  constructor({ circuit, hash }: { circuit: string; hash: string }) {
    super(`The circuit ${circuit} is not compiled in its present form.`, {
      code: 'CIRCUIT_NOT_BUILT',
      metaMessages: [`Circuit hash: ${hash}`, `Run \`npm run setup -- ${circuit}\`.`],
    })
  }
}

export class CircuitCompilationError extends BaseError {
  override readonly name = 'CircuitCompilationError'
  constructor({ circuit, output }: { circuit: string; output: readonly string[] }) {
    super(`The circuit ${circuit} does not compile.`, {
      code: 'CIRCUIT_COMPILATION_FAILED',
      metaMessages: output,
    })
  }
}

export class CircuitIncludeError extends BaseError {
  override readonly name = 'CircuitIncludeError'
  constructor({ file, include }: { file: string; include: string }) {
    super(`${file} includes a file that cannot be found.`, {
      code: 'CIRCUIT_INCLUDE_NOT_FOUND',
      metaMessages: [
        `Include: ${include}`,
        'Includes are looked for beside the file, in circuits/src and in node_modules.',
      ],
    })
  }
}

export class ConstraintCountError extends BaseError {
  override readonly name = 'ConstraintCountError'
  constructor({ differences }: { differences: readonly string[] }) {
    super('The constraint counts are not the pinned ones.', {
      code: 'CIRCUIT_CONSTRAINT_COUNT',
      metaMessages: [
        ...differences,
        'If the change is meant, write the new counts to circuits/constraints.json and to circuits/README.md.',
      ],
    })
  }
}

export class MalformedR1csError extends BaseError {
  override readonly name = 'MalformedR1csError'
  constructor({ reason }: { reason: string }) {
    super(`The constraint file cannot be read: ${reason}.`, {
      code: 'R1CS_MALFORMED',
      metaMessages: ['Remove the circuit from .cinnabar/circuits and run `npm run setup`.'],
    })
  }
}
