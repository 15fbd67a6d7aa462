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
  readonly signal: string
  readonly reason: string
  constructor({ circuit, signal, reason }: { circuit: string; signal: string; reason: string }) {
    super(`An input of the circuit ${circuit} is not acceptable: ${reason}.`, {
      code: 'CIRCUIT_INPUT_INVALID',
      metaMessages: [`Signal: ${signal}`],
    })
    this.signal = signal
    this.reason = reason
  }
}

export class CircuitProgramError extends BaseError {
  override readonly name = 'CircuitProgramError'
  readonly reason: string
  constructor({ circuit, reason }: { circuit: string; reason: string }) {
    super(`The witness program of the circuit ${circuit} failed: ${reason}.`, {
      code: 'CIRCUIT_PROGRAM_FAILED',
      metaMessages: ['Build the circuit again: `npm run setup`.'],
    })
    this.reason = reason
  }
}

export class KeysNotFoundError extends BaseError {
  override readonly name = 'KeysNotFoundError'
  /** `where`: the variable that names directories of keys, where one is set. */
  constructor({ circuit, hash, where }: { circuit: string; hash: string; where?: string }) {
    super(`The circuit ${circuit} has no proving and verification keys.`, {
      code: 'KEYS_NOT_FOUND',
      metaMessages: [
        `Circuit hash: ${hash}`,
        where === undefined
          ? `For development, run \`npm run setup -- ${circuit}\`.`
          : `No ceremony of the directories in ${where} made keys for these sources: add one, or check out its version.`,
      ],
    })
  }
}

export class KeysMismatchError extends BaseError {
  override readonly name = 'KeysMismatchError'
  /** `where`: the variable that names directories of keys, where one is set. */
  constructor({ circuit, hash, where }: { circuit: string; hash: string; where?: string }) {
    super(`The keys of the circuit ${circuit} are not what their description says.`, {
      code: 'KEYS_MISMATCH',
      metaMessages: [
        `Circuit hash: ${hash}`,
        where === undefined
          ? 'Remove the circuit from .cinnabar/circuits and run `npm run setup`.'
          : `Copy the directory in ${where} again, and verify it with \`cinnabar setup verify\`.`,
      ],
    })
  }
}

export class InsecureKeysError extends BaseError {
  override readonly name = 'InsecureKeysError'
  constructor({ circuit }: { circuit: string }) {
    super(`The keys of the circuit ${circuit} are insecure development keys.`, {
      code: 'KEYS_INSECURE',
      metaMessages: [
        'Anybody can forge proofs under them.',
        'Production needs keys from a ceremony: name their directory in CINNABAR_KEYS (docs/ceremony.md).',
        'For development, leave CINNABAR_ENV and NODE_ENV unset.',
      ],
    })
  }
}

export class VerificationKeyError extends BaseError {
  override readonly name = 'VerificationKeyError'
  constructor({ reason }: { reason: string }) {
    super(`The verification key is not acceptable: ${reason}.`, {
      code: 'VERIFICATION_KEY_INVALID',
      metaMessages: [
        'Do not deploy it. Export it again from the proving key and compare its hash.',
      ],
    })
  }
}

export class ProvingCancelledError extends BaseError {
  override readonly name = 'ProvingCancelledError'
  constructor({ circuit }: { circuit: string }) {
    super(`Proving ${circuit} was cancelled.`, { code: 'PROVING_CANCELLED' })
  }
}

export class ProverClosedError extends BaseError {
  override readonly name = 'ProverClosedError'
  constructor() {
    super('The prover is closed.', {
      code: 'PROVER_CLOSED',
      metaMessages: ['Start the process again.'],
    })
  }
}

export class ProverWorkerError extends BaseError {
  override readonly name = 'ProverWorkerError'
  constructor({ circuit, exit }: { circuit: string; exit: string }) {
    super(`The worker process ended while it proved ${circuit}.`, {
      code: 'PROVER_WORKER_ENDED',
      metaMessages: [
        `Exit: ${exit}`,
        'The next job gets a new worker. If it happens again, look for a lack of memory.',
      ],
    })
  }
}

export class ProvingFailedError extends BaseError {
  override readonly name = 'ProvingFailedError'
  constructor({ circuit, reason }: { circuit: string; reason: string }) {
    super(`No valid proof of ${circuit} could be made: ${reason}.`, {
      code: 'PROVING_FAILED',
      metaMessages: ['Check that the keys belong to the circuit: `npm run setup`.'],
    })
  }
}

export class KernelCancelledError extends BaseError {
  override readonly name = 'KernelCancelledError'
  constructor() {
    super('The calculation was cancelled.', { code: 'KERNEL_CANCELLED' })
  }
}
