import { BaseError } from '../protocol/errors.ts'

export class AcceptanceMismatchError extends BaseError {
  override readonly name = 'AcceptanceMismatchError'
  constructor({ index, field }: { index: number; field: string }) {
    super('The acceptance is not for the leaf that was offered.', {
      code: 'REGISTRAR_ACCEPTANCE_MISMATCH',
      metaMessages: [
        `Identity index: ${index}`,
        `Differs in: ${field}`,
        'Ask the person to accept the offer again, unchanged.',
      ],
    })
  }
}

export class RegistrationProofInvalidError extends BaseError {
  override readonly name = 'RegistrationProofInvalidError'
  constructor({ index }: { index: number }) {
    super('The registration proof does not verify.', {
      code: 'REGISTRAR_PROOF_INVALID',
      metaMessages: [`Identity index: ${index}`, 'Ask the person to accept the offer again.'],
    })
  }
}

export class UnknownIdentityError extends BaseError {
  override readonly name = 'UnknownIdentityError'
  constructor({ index }: { index: number }) {
    super('This registrar keeps no identity with that index.', {
      code: 'REGISTRAR_IDENTITY_UNKNOWN',
      metaMessages: [
        `Identity index: ${index}`,
        'List the indexes with `cinnabar registrar list`.',
      ],
    })
  }
}

export class IdentityStateError extends BaseError {
  override readonly name = 'IdentityStateError'
  constructor({ index, state, wanted }: { index: number; state: string; wanted: string }) {
    super(`The identity is ${state}, so it cannot be ${wanted}.`, {
      code: 'REGISTRAR_IDENTITY_STATE',
      metaMessages: [`Identity index: ${index}`],
    })
  }
}

export class OwnerKnownError extends BaseError {
  override readonly name = 'OwnerKnownError'
  constructor({ index }: { index: number }) {
    super('The request is from an owner key that already has an identity.', {
      code: 'REGISTRAR_OWNER_KNOWN',
      metaMessages: [
        `Identity index: ${index}`,
        'One owner key has one index; changes are made to that one.',
      ],
    })
  }
}

export class WrongDeploymentError extends BaseError {
  override readonly name = 'WrongDeploymentError'
  constructor({ what }: { what: string }) {
    super(`The ${what} is for another deployment.`, {
      code: 'REGULATOR_WRONG_DEPLOYMENT',
      metaMessages: ['Make it again for this deployment.'],
    })
  }
}

export class RegistryRootMismatchError extends BaseError {
  override readonly name = 'RegistryRootMismatchError'
  constructor({ computed, onChain }: { computed: string; onChain: string }) {
    super("The registry's root does not follow from its published updates.", {
      code: 'REGISTRY_ROOT_MISMATCH',
      metaMessages: [
        `Computed:  ${computed}`,
        `On chain:  ${onChain}`,
        'Read the chain again from the first block; if it stays so, alert the operator.',
      ],
    })
  }
}

export class FileUnreadableError extends BaseError {
  override readonly name = 'FileUnreadableError'
  constructor({ path, reason }: { path: string; reason: string }) {
    super('A file cannot be read.', {
      code: 'REGULATOR_FILE_UNREADABLE',
      metaMessages: [`File: ${path}`, `Reason: ${reason}`],
    })
  }
}
