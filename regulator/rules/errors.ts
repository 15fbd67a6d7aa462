import { BaseError } from '../../protocol/errors.ts'

export class RulesRefusedError extends BaseError {
  override readonly name = 'RulesRefusedError'
  constructor({ reason }: { reason: string }) {
    super('The rules cannot be used.', {
      code: 'RULES_REFUSED',
      metaMessages: [`Reason: ${reason}`, 'Correct the document and sign it again.'],
    })
  }
}

export class RulesSignatureError extends BaseError {
  override readonly name = 'RulesSignatureError'
  constructor({ signer }: { signer: string }) {
    super('The rules are not signed by a signer that is trusted here.', {
      code: 'RULES_SIGNATURE_INVALID',
      metaMessages: [
        `Named signer: ${signer}`,
        'Sign with `cinnabar regulator rules sign`, and name the signer with --rules-signer.',
      ],
    })
  }
}

export class RulesOlderError extends BaseError {
  override readonly name = 'RulesOlderError'
  constructor({ version, newest }: { version: number; newest: number }) {
    super('A version of the rules as new as this one is there already.', {
      code: 'RULES_OLDER',
      metaMessages: [
        `Version: ${version}`,
        `Newest:  ${newest}`,
        'Give the document a higher version and sign it again.',
      ],
    })
  }
}

export class RulesMissingError extends BaseError {
  override readonly name = 'RulesMissingError'
  constructor() {
    super('No version of the rules is there yet.', {
      code: 'RULES_MISSING',
      metaMessages: ['Accept one with `cinnabar regulator rules accept FILE`.'],
    })
  }
}
