/** What every error of ours carries: a stable code, one sentence, the facts, and what to do. */
export type BaseErrorParameters = {
  /** Stable, upper snake case, e.g. `TX_UNKNOWN_ANCHOR`. Clients branch on it; never reuse one. */
  code: string
  /** Facts as `Name: value` and, last, the remedy as a sentence. Never a private value. */
  metaMessages?: readonly string[]
  cause?: unknown
}

/** Parent of every error that this project throws on purpose. */
export class BaseError extends Error {
  override readonly name: string = 'BaseError'
  readonly code: string
  readonly shortMessage: string
  readonly metaMessages: readonly string[]

  constructor(shortMessage: string, { code, metaMessages = [], cause }: BaseErrorParameters) {
    super([shortMessage, ...metaMessages].join('\n'), cause === undefined ? undefined : { cause })
    this.code = code
    this.shortMessage = shortMessage
    this.metaMessages = metaMessages
  }

  /** The first error of the cause chain for which `matches` holds, or the last one of the chain. */
  walk(matches: (error: unknown) => boolean): unknown {
    let current: unknown = this
    while (!matches(current) && current instanceof Error && current.cause !== undefined) {
      current = current.cause
    }
    return current
  }
}

export class NonCanonicalFieldElementError extends BaseError {
  override readonly name = 'NonCanonicalFieldElementError'
  constructor() {
    super('The value is not a canonical field element.', {
      code: 'FIELD_NOT_CANONICAL',
      metaMessages: ['It must be an integer of at least 0 and below the BN254 scalar order.'],
    })
  }
}

export class OutOfRangeError extends BaseError {
  override readonly name = 'OutOfRangeError'
  constructor({ what, bits }: { what: string; bits: number }) {
    super(`The ${what} does not fit its ${bits} bits.`, {
      code: 'VALUE_OUT_OF_RANGE',
      metaMessages: [`It must be an integer of at least 0 and below 2^${bits}.`],
    })
  }
}

export class InvalidPointError extends BaseError {
  override readonly name = 'InvalidPointError'
  constructor({ what, reason }: { what: string; reason: string }) {
    super(`The ${what} is not an acceptable Baby Jubjub point: ${reason}.`, {
      code: 'POINT_INVALID',
      metaMessages: ['Use a point on the curve, in the prime-order subgroup, not the identity.'],
    })
  }
}

export class InvalidScalarError extends BaseError {
  override readonly name = 'InvalidScalarError'
  constructor({ what }: { what: string }) {
    super(`The ${what} is not an acceptable scalar.`, {
      code: 'SCALAR_INVALID',
      metaMessages: ['It must be above 0 and below 2^250, which is below the subgroup order.'],
    })
  }
}

export class InvalidAddressError extends BaseError {
  override readonly name = 'InvalidAddressError'
  constructor({ reason }: { reason: string }) {
    super(`The address cannot be read: ${reason}.`, {
      code: 'ADDRESS_INVALID',
      metaMessages: ['Ask the payee for the address again and copy it whole.'],
    })
  }
}

export class InvalidEncodingError extends BaseError {
  override readonly name = 'InvalidEncodingError'
  constructor({ what, reason }: { what: string; reason: string }) {
    super(`The ${what} cannot be decoded: ${reason}.`, {
      code: 'ENCODING_INVALID',
    })
  }
}

/** A statement's clause does not hold. The message names the clause and never a witness value. */
export class StatementError extends BaseError {
  override readonly name = 'StatementError'
  readonly clause: string
  constructor({
    statement,
    clause,
    reason,
  }: {
    statement: string
    clause: string
    reason: string
  }) {
    super(`The ${statement} statement does not hold: ${clause}, ${reason}.`, {
      code: `STATEMENT_${clause}`,
      metaMessages: [`Clause: ${clause} in docs/spec/${statement}.md`],
    })
    this.clause = clause
  }
}

export class TreeFullError extends BaseError {
  override readonly name = 'TreeFullError'
  constructor({ depth }: { depth: number }) {
    super('The tree has no room for another leaf.', {
      code: 'TREE_FULL',
      metaMessages: [`Depth: ${depth}`],
    })
  }
}
