import { BaseError } from '../protocol/errors.ts'
import type { ErrorBody } from './errorBody.ts'

export class IdentityFileError extends BaseError {
  override readonly name = 'IdentityFileError'
  constructor({ type, where, reason }: { type: string; where: string; reason: string }) {
    super(`The file is not a valid ${type} file.`, {
      code: 'IDENTITY_FILE_INVALID',
      metaMessages: [`At: ${where}`, `Reason: ${reason}`, 'Ask its author to write it again.'],
    })
  }
}

/** The sequencer answered with an error; `code` is the sequencer's own. */
export class ApiRequestError extends BaseError {
  override readonly name: string = 'ApiRequestError'
  readonly httpStatus: number
  constructor({ httpStatus, body }: { httpStatus: number; body: ErrorBody }) {
    super(body.message, { code: body.code, metaMessages: body.details })
    this.httpStatus = httpStatus
  }
}

/** The sequencer has no room, and still had none when the client's patience ended; `code` is the sequencer's. */
export class ApiBusyError extends ApiRequestError {
  override readonly name = 'ApiBusyError'
  constructor({ body, waitedMs }: { body: ErrorBody; waitedMs: number }) {
    const waited = `Waited: ${String(Math.round(waitedMs / 1000))} s`
    super({ httpStatus: 429, body: { ...body, details: [...body.details, waited] } })
  }
}

export class ApiUnreachableError extends BaseError {
  override readonly name = 'ApiUnreachableError'
  constructor({ url, reason, cause }: { url: string; reason: string; cause?: unknown }) {
    super('The sequencer did not answer.', {
      code: 'API_UNREACHABLE',
      metaMessages: [
        `Address: ${url}`,
        `Reason: ${reason}`,
        'Check the address, or try again later: nothing was lost, a submission may be repeated.',
      ],
      cause,
    })
  }
}

export class ApiResponseError extends BaseError {
  override readonly name = 'ApiResponseError'
  constructor({ url, where, reason }: { url: string; where: string; reason: string }) {
    super('The answer is not one that a sequencer of this version gives.', {
      code: 'API_RESPONSE_INVALID',
      metaMessages: [
        `Address: ${url}`,
        `At: ${where}`,
        `Reason: ${reason}`,
        'Check that the address is a sequencer of this deployment.',
      ],
    })
  }
}

export class SignatureInvalidError extends BaseError {
  override readonly name = 'SignatureInvalidError'
  constructor({ what, sequencer }: { what: string; sequencer: string }) {
    super(`The ${what} is not signed by the sequencer.`, {
      code: 'API_SIGNATURE_INVALID',
      metaMessages: [`Expected signer: ${sequencer}`, 'Do not rely on it; keep it as evidence.'],
    })
  }
}
