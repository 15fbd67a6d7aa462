import { BaseError } from '../../protocol/errors.ts'

/** A file of the ceremony is cut short, damaged, or something else altogether. */
export class CeremonyFileError extends BaseError {
  override readonly name = 'CeremonyFileError'
  constructor({ path, reason, cause }: { path: string; reason: string; cause?: unknown }) {
    super(`A file of the ceremony cannot be used: ${reason}.`, {
      code: 'CEREMONY_FILE_INVALID',
      metaMessages: [
        `File: ${path}`,
        'Copy it again from whoever sent it, and compare its size and hash.',
      ],
      cause,
    })
  }
}

/** A file is well formed but not the one that its description names. */
export class CeremonyFileHashError extends BaseError {
  override readonly name = 'CeremonyFileHashError'
  constructor({ path, expected, actual }: { path: string; expected: string; actual: string }) {
    super('A file of the ceremony is not the one that its description names.', {
      code: 'CEREMONY_FILE_ALTERED',
      metaMessages: [
        `File:      ${path}`,
        `Expected:  ${expected}`,
        `Actual:    ${actual}`,
        'It was cut short or changed on the way. Copy it again from whoever sent it.',
      ],
    })
  }
}

/** Phase 1's file does not serve. */
export class PtauError extends BaseError {
  override readonly name = 'PtauError'
  constructor({
    path,
    reason,
    code,
    remedy,
  }: {
    path: string
    reason: string
    code:
      | 'PTAU_INVALID'
      | 'PTAU_NOT_PREPARED'
      | 'PTAU_WITHOUT_CONTRIBUTION'
      | 'PTAU_TOO_SMALL'
      | 'PTAU_NOT_IMPORTED'
      | 'PTAU_OTHER'
    remedy: string
  }) {
    super(`The powers of tau cannot be used: ${reason}.`, {
      code,
      metaMessages: [`File: ${path}`, remedy],
    })
  }
}

/** The transcript contradicts itself or is not in the one form that it may have. */
export class TranscriptError extends BaseError {
  override readonly name = 'TranscriptError'
  constructor({ path, reason }: { path: string; reason: string }) {
    super(`The transcript of the ceremony is not acceptable: ${reason}.`, {
      code: 'CEREMONY_TRANSCRIPT_INVALID',
      metaMessages: [
        `File: ${path}`,
        'Take the transcript as it was published. Do not use keys whose transcript was edited.',
      ],
    })
  }
}

/** Why a contribution is not taken; the last part of the code. */
export const contributionFaults = {
  STALE: 'it does not follow the last round: another one was taken before it, or it was sent again',
  REPLAYED: 'it is in the ceremony already',
  FOREIGN: 'it belongs to another ceremony',
  CIRCUIT: 'a key in it is for another circuit',
  ORDER: 'the contributions in it are not those of the ceremony in their order with one more',
  IDENTITY: 'it changes nothing: its secret is one',
  PROOF: 'it does not prove that its maker knew the secret',
  KEY: 'the key does not follow from the contributions',
  POINT: 'a point in it is off its curve or outside its subgroup',
  ATTESTATION: 'its attestation does not describe it',
  BEACON: 'the beacon in it is not the one stated',
} as const
export type ContributionFault = keyof typeof contributionFaults

export class ContributionError extends BaseError {
  override readonly name = 'ContributionError'
  readonly fault: ContributionFault
  constructor({
    fault,
    circuit,
    detail,
  }: {
    fault: ContributionFault
    circuit?: string
    detail?: string
  }) {
    super(`The contribution is refused: ${contributionFaults[fault]}.`, {
      code: `CONTRIBUTION_${fault}`,
      metaMessages: [
        ...(circuit === undefined ? [] : [`Circuit: ${circuit}`]),
        ...(detail === undefined ? [] : [`Detail:  ${detail}`]),
        fault === 'STALE' || fault === 'REPLAYED'
          ? 'Send the contributor the last round (`setup status` names it) and take what comes back.'
          : 'Do not take it. Ask the contributor to start again from the last round.',
      ],
    })
    this.fault = fault
  }
}

/** The ceremony is not at the step that was asked for. */
export class CeremonyStateError extends BaseError {
  override readonly name = 'CeremonyStateError'
  constructor({ reason, remedy }: { reason: string; remedy: string }) {
    super(`The ceremony is not ready for this: ${reason}.`, {
      code: 'CEREMONY_STATE',
      metaMessages: [remedy],
    })
  }
}

export class CeremonyOutputError extends BaseError {
  override readonly name = 'CeremonyOutputError'
  constructor({ path }: { path: string }) {
    super('The output exists already.', {
      code: 'CEREMONY_OUTPUT_EXISTS',
      metaMessages: [`Path: ${path}`, 'Name another one: a ceremony overwrites nothing.'],
    })
  }
}

export class CeremonyArgumentError extends BaseError {
  override readonly name = 'CeremonyArgumentError'
  constructor({ what, reason }: { what: string; reason: string }) {
    super(`The ${what} is not acceptable: ${reason}.`, {
      code: 'CEREMONY_ARGUMENT_INVALID',
      metaMessages: ['`cinnabar setup <command> --help` says what each argument is.'],
    })
  }
}

/** A check of finished keys failed: the keys must not be used. */
export class KeysNotVerifiedError extends BaseError {
  override readonly name = 'KeysNotVerifiedError'
  readonly check: string
  constructor({ check, reason, facts = [] }: { check: string; reason: string; facts?: string[] }) {
    super(`The keys do not verify: ${reason}.`, {
      code: 'CEREMONY_KEYS_NOT_VERIFIED',
      metaMessages: [`Check: ${check}`, ...facts, 'Do not use them.'],
    })
    this.check = check
  }
}
