import { BaseError } from '../../protocol/errors.ts'

export class VerificationKeyRefusedError extends BaseError {
  override readonly name = 'VerificationKeyRefusedError'
  constructor({ circuit, reason, code }: { circuit: string; reason: string; code: string }) {
    super(`The verification key of ${circuit} is refused: ${reason}.`, {
      code,
      metaMessages: [
        `Circuit:  ${circuit}`,
        'Deploy with the keys of one set-up, as it wrote them. Anybody could forge under this one.',
      ],
    })
  }
}

export class ArtifactsMissingError extends BaseError {
  override readonly name = 'ArtifactsMissingError'
  constructor({ contract, cause }: { contract: string; cause: unknown }) {
    super(`The contract ${contract} is not compiled.`, {
      code: 'DEPLOY_ARTIFACTS_MISSING',
      metaMessages: ['Run npx hardhat build.'],
      cause,
    })
  }
}

export class AddressPredictionError extends BaseError {
  override readonly name = 'AddressPredictionError'
  constructor({
    contract,
    expected,
    actual,
  }: {
    contract: string
    expected: string
    actual: string
  }) {
    super(`The contract ${contract} came to stand at another address than predicted.`, {
      code: 'DEPLOY_ADDRESS_UNEXPECTED',
      metaMessages: [
        `Expected:  ${expected}`,
        `Actual:    ${actual}`,
        'Send nothing else from the deploying account meanwhile, and deploy again.',
      ],
    })
  }
}

export class DeploymentTransactionError extends BaseError {
  override readonly name = 'DeploymentTransactionError'
  constructor({ step, cause }: { step: string; cause: unknown }) {
    super(`A transaction of the deployment failed: ${step}.`, {
      code: 'DEPLOY_TRANSACTION_FAILED',
      cause,
    })
  }
}

export class InsecureKeysOnChainError extends BaseError {
  override readonly name = 'InsecureKeysOnChainError'
  constructor({ chainId }: { chainId: bigint }) {
    super('Development keys are refused on this chain.', {
      code: 'DEPLOY_KEYS_INSECURE',
      metaMessages: [
        `Chain id:  ${String(chainId)}`,
        'Anybody can forge proofs under them. Use the keys of a ceremony, or a chain of id 31337.',
      ],
    })
  }
}

/** Several registrars, and nothing says which indexes are whose. */
export class RegistrarLimitsMissingError extends BaseError {
  override readonly name = 'RegistrarLimitsMissingError'
  constructor({ account }: { account: string }) {
    super('A registrar has no limits.', {
      code: 'DEPLOY_REGISTRAR_LIMITS_MISSING',
      metaMessages: [
        `Account: ${account}`,
        'Give each registrar its indexes, tier cap and daily quota in `registrars`.',
      ],
    })
  }
}

export class DeployConfigError extends BaseError {
  override readonly name = 'DeployConfigError'
  constructor({ where, reason, cause }: { where: string; reason: string; cause?: unknown }) {
    super(`The deployment's configuration cannot be used: ${where} ${reason}.`, {
      code: 'DEPLOY_CONFIG_INVALID',
      metaMessages: ['See deploy/contracts/README.md for an example.'],
      cause,
    })
  }
}
