import { BaseError } from '../../protocol/errors.ts'

export class BaseChainStartError extends BaseError {
  override readonly name = 'BaseChainStartError'
  constructor({ client, reason, output }: { client: string; reason: string; output: string[] }) {
    super(`The ${client} base chain did not start: ${reason}.`, {
      code: 'DEVNET_BASE_CHAIN_START_FAILED',
      metaMessages: [
        ...output.map((line) => `Output: ${line}`),
        'Free the port it names, or leave the port out so that a free one is taken.',
      ],
    })
  }
}

export class UnknownBaseChainClientError extends BaseError {
  override readonly name = 'UnknownBaseChainClientError'
  constructor({ client }: { client: string }) {
    super(`There is no base-chain client named ${JSON.stringify(client)}.`, {
      code: 'DEVNET_BASE_CHAIN_CLIENT_UNKNOWN',
      metaMessages: ['Set CINNABAR_L1 to hardhat or anvil, or leave it out for hardhat.'],
    })
  }
}

export class BaseChainRequestError extends BaseError {
  override readonly name = 'BaseChainRequestError'
  constructor({ method, reason }: { method: string; reason: string }) {
    super(`The base chain refused ${method}: ${reason}.`, {
      code: 'DEVNET_BASE_CHAIN_REQUEST_FAILED',
    })
  }
}

export class PostgresStartError extends BaseError {
  override readonly name = 'PostgresStartError'
  constructor({
    reason,
    output = [],
    remedy,
    cause,
  }: {
    reason: string
    output?: readonly string[]
    remedy: string
    cause?: unknown
  }) {
    super(`Postgres did not start: ${reason}.`, {
      code: 'DEVNET_POSTGRES_START_FAILED',
      metaMessages: [...output.map((line) => `Output: ${line}`), remedy],
      cause,
    })
  }
}
