import { BaseError } from '../../protocol/errors.ts'

export class NativeBuildError extends BaseError {
  override readonly name = 'NativeBuildError'
  constructor({ firstLines }: { firstLines: readonly string[] }) {
    super('The native prover could not be compiled.', {
      code: 'NATIVE_BUILD_FAILED',
      metaMessages: [...firstLines, 'snarkjs makes the proofs meanwhile: CINNABAR_PROVER=snarkjs.'],
    })
  }
}

export class NativeProverMissingError extends BaseError {
  override readonly name = 'NativeProverMissingError'
  constructor() {
    super('CINNABAR_PROVER asks for the native prover, which is not built here.', {
      code: 'NATIVE_PROVER_MISSING',
      metaMessages: ['Install g++ and run `npm run setup`, or set CINNABAR_PROVER=snarkjs.'],
    })
  }
}

export class UnknownProverError extends BaseError {
  override readonly name = 'UnknownProverError'
  constructor({ found }: { found: string }) {
    super('CINNABAR_PROVER names no prover.', {
      code: 'PROVER_UNKNOWN',
      metaMessages: [`Found: ${found}`, 'It is `native` or `snarkjs`, or not set.'],
    })
  }
}

export class ProvingKeyFileError extends BaseError {
  override readonly name = 'ProvingKeyFileError'
  readonly reason: string
  constructor({ reason }: { reason: string }) {
    super(`The proving key's file is not acceptable: ${reason}.`, {
      code: 'PROVING_KEY_FILE_INVALID',
      metaMessages: ['Make the keys again: `npm run setup`.'],
    })
    this.reason = reason
  }
}

export class WitnessFileError extends BaseError {
  override readonly name = 'WitnessFileError'
  readonly reason: string
  constructor({ reason }: { reason: string }) {
    super(`The witness is not acceptable: ${reason}.`, {
      code: 'WITNESS_FILE_INVALID',
      metaMessages: ['Check that it was calculated for the circuit of this proving key.'],
    })
    this.reason = reason
  }
}

export class NativeProvingCancelledError extends BaseError {
  override readonly name = 'NativeProvingCancelledError'
  constructor() {
    super('Making the proof was cancelled.', { code: 'NATIVE_PROVING_CANCELLED' })
  }
}

export class NativeMemoryError extends BaseError {
  override readonly name = 'NativeMemoryError'
  constructor() {
    super('There is not enough memory for the native prover.', {
      code: 'NATIVE_PROVER_OUT_OF_MEMORY',
      metaMessages: ['Give the machine more memory, or prove fewer circuits on it.'],
    })
  }
}
