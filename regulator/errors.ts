import { BaseError } from '../protocol/errors.ts'
import { formatTime } from '../protocol/calendar.ts'

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
  readonly isMissing: boolean
  constructor({
    path,
    reason,
    isMissing = false,
  }: {
    path: string
    reason: string
    isMissing?: boolean
  }) {
    super('A file cannot be read.', {
      code: 'REGULATOR_FILE_UNREADABLE',
      metaMessages: [`File: ${path}`, `Reason: ${reason}`],
    })
    this.isMissing = isMissing
  }
}

export class FileExistsError extends BaseError {
  override readonly name = 'FileExistsError'
  constructor({ path }: { path: string }) {
    super('There is a file of that name already.', {
      code: 'REGULATOR_FILE_EXISTS',
      metaMessages: [`File: ${path}`, 'Name another, or move it away: nothing is written over it.'],
    })
  }
}

export class AuditKeyKindError extends BaseError {
  override readonly name = 'AuditKeyKindError'
  constructor({ path, kind, wanted }: { path: string; kind: string; wanted: string }) {
    super('The file has an audit key of another kind.', {
      code: 'REGULATOR_KEY_KIND',
      metaMessages: [`File: ${path}`, `Kind: ${kind}`, `Needed: ${wanted}`],
    })
  }
}

export class FolderInUseError extends BaseError {
  override readonly name = 'FolderInUseError'
  constructor({ dir, pid }: { dir: string; pid: number }) {
    super('Another process works with this folder.', {
      code: 'REGULATOR_FOLDER_IN_USE',
      metaMessages: [`Folder: ${dir}`, `Process: ${String(pid)}`, 'Stop it first.'],
    })
  }
}

export class WrongDatabaseError extends BaseError {
  override readonly name = 'WrongDatabaseError'
  constructor({ expected, actual }: { expected: string; actual: string }) {
    super('The database belongs to another deployment.', {
      code: 'REGULATOR_WRONG_DATABASE',
      metaMessages: [
        `Expected: ${expected}`,
        `Found:    ${actual}`,
        'Name another database: each deployment has its own.',
      ],
    })
  }
}

/** The contract would refuse this registrar's update. */
export class RegistrarLimitError extends BaseError {
  override readonly name = 'RegistrarLimitError'
  constructor({ index, reason }: { index: number; reason: string }) {
    super(`This registrar cannot write to the identity index: ${reason}.`, {
      code: 'REGISTRAR_LIMIT',
      metaMessages: [
        `Index: ${String(index)}`,
        'Governance sets ranges, tier caps and quotas (IdentityRegistry.setRegistrar).',
      ],
    })
  }
}

export class RegistrarRangeFullError extends BaseError {
  override readonly name = 'RegistrarRangeFullError'
  constructor({ firstIndex, endIndex }: { firstIndex: number; endIndex: number }) {
    super('Every index of this registrar’s range was offered.', {
      code: 'REGISTRAR_RANGE_FULL',
      metaMessages: [
        `Range: ${String(firstIndex)} to before ${String(endIndex)}`,
        'Governance gives a longer one (cinnabar registrar set); then take it over with `cinnabar registrar range`.',
      ],
    })
  }
}

export class RegistrarRangeUnknownError extends BaseError {
  override readonly name = 'RegistrarRangeUnknownError'
  constructor({ reason }: { reason: string }) {
    super('The base chain does not say which indexes are this registrar’s.', {
      code: 'REGISTRAR_RANGE_UNKNOWN',
      metaMessages: [
        `Reason: ${reason}`,
        'Give --account; governance gives it a range with `cinnabar registrar set`. Or say one with --range.',
      ],
    })
  }
}

export class GovernanceMissingError extends BaseError {
  override readonly name = 'GovernanceMissingError'
  constructor({ account, act }: { account: string; act: string }) {
    super(`The account may not ${act}.`, {
      code: 'GOVERNANCE_MISSING',
      metaMessages: [`Account: ${account}`, 'It is done with a key of the governance role.'],
    })
  }
}

/** A freeze that the registry would not take, or that nobody could answer for. */
export class FreezeTermsError extends BaseError {
  override readonly name = 'FreezeTermsError'
  constructor({ reason }: { reason: string }) {
    super(`The freeze cannot be made so: ${reason}.`, {
      code: 'REGISTRAR_FREEZE_REFUSED',
      metaMessages: ['Give --days, --reason and --basis; renew before the last day.'],
    })
  }
}

/** An appeal that is not the owner's, or cannot be answered so. */
export class AppealRefusedError extends BaseError {
  override readonly name = 'AppealRefusedError'
  constructor({ index, reason }: { index: number; reason: string }) {
    super(`The appeal cannot be answered: ${reason}.`, {
      code: 'REGISTRAR_APPEAL_REFUSED',
      metaMessages: [
        `Identity index: ${String(index)}`,
        'See what is on record with `cinnabar registrar appeals list`.',
      ],
    })
  }
}

/** A change of destination that no order can allow, or that the order does not. */
export class DestinationPlanError extends BaseError {
  override readonly name = 'DestinationPlanError'
  constructor({ reason }: { reason: string }) {
    super(`The change of destination cannot be used: ${reason}.`, {
      code: 'REGISTRAR_DESTINATION_REFUSED',
      metaMessages: [
        'Plan it again with `cinnabar registrar destination plan`, and have it ordered.',
      ],
    })
  }
}

/** A person's consent that is not good for its leaf as it stands. */
export class DestinationConsentError extends BaseError {
  override readonly name = 'DestinationConsentError'
  constructor({
    index,
    reason,
    remedy = 'Have the person sign it again with `cinnabar wallet identity move`, and announce that.',
  }: {
    index: number
    reason: string
    remedy?: string
  }) {
    super(`The consent to another destination cannot be used: ${reason}.`, {
      code: 'REGISTRAR_CONSENT_REFUSED',
      metaMessages: [`Identity index: ${String(index)}`, remedy],
    })
  }
}

export class DestinationNotAnnouncedError extends BaseError {
  override readonly name = 'DestinationNotAnnouncedError'
  constructor({ index }: { index: number }) {
    super('The change of destination is not announced on the base chain.', {
      code: 'REGISTRAR_DESTINATION_NOT_ANNOUNCED',
      metaMessages: [
        `Identity index: ${String(index)}`,
        'Announce it with `cinnabar registrar destination announce`.',
      ],
    })
  }
}

export class DestinationTooSoonError extends BaseError {
  override readonly name = 'DestinationTooSoonError'
  constructor({ index, allowedFrom, now }: { index: number; allowedFrom: bigint; now: bigint }) {
    super('The timelock of the change of destination is not over.', {
      code: 'REGISTRAR_DESTINATION_TOO_SOON',
      metaMessages: [
        `Identity index:   ${String(index)}`,
        `Can be made from: ${formatTime(allowedFrom)}`,
        `Settlement clock: ${formatTime(now)}`,
        'Run the command again then; the announcement stands.',
      ],
    })
  }
}
