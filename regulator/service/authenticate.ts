import { createHash } from 'node:crypto'
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose'
import type { Account, Credential } from '../store/account.ts'
import type { Connection } from '../store/database.ts'
import { findAccount } from '../store/findAccount.ts'
import {
  AccountUnknownError,
  AuthenticationInvalidError,
  AuthenticationMissingError,
  IdentityProviderUnavailableError,
} from './errors.ts'

/** Only signatures: a shared secret would let this service make tokens that it then believes. */
const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'ES384', 'PS256', 'PS384', 'RS256', 'RS384']
const CLOCK_TOLERANCE_SECONDS = 30
/** A stolen token ends by itself, whatever the issuer wrote into it. */
const MAX_TOKEN_AGE = '1h'

export type OidcSettings = {
  readonly issuer: string
  /** This service, as the issuer knows it. */
  readonly audience: string
  /** The issuer's keys: where they are, or themselves. */
  readonly jwks: URL | JSONWebKeySet
}

/** What a request shows of who makes it. */
export type Presented = {
  /** DER of a client certificate that a trusted authority issued; TLS has shown that its key is there. */
  readonly certificate: Uint8Array | undefined
  /** The authorization header. */
  readonly authorization: string | undefined
}

export type Authenticate = (connection: Connection, presented: Presented) => Promise<Account>

/**
 * Who makes a request: by client certificate, by bearer token, or by both when they are the same account's. The
 * roles are this service's own; what a token says of roles is not looked at.
 *
 * @throws {AuthenticationMissingError | AuthenticationInvalidError | AccountUnknownError |
 * IdentityProviderUnavailableError} from what it returns.
 */
export function createAuthenticate(oidc: OidcSettings | undefined): Authenticate {
  const verify = oidc === undefined ? undefined : tokenVerifier(oidc)
  return async (connection, { certificate, authorization }) => {
    const credentials: Credential[] = []
    if (certificate !== undefined) {
      const fingerprint = createHash('sha256').update(certificate).digest('hex')
      credentials.push({ kind: 'certificate', fingerprint })
    }
    if (authorization !== undefined) {
      const [, token] = /^Bearer ([\w.~+/=-]+)$/i.exec(authorization) ?? []
      if (token === undefined || verify === undefined) {
        throw new AuthenticationInvalidError({ reason: 'no bearer token that is taken here' })
      }
      credentials.push(await verify(token))
    }
    let account: Account | undefined
    for (const credential of credentials) {
      const found = await findAccount(connection, credential)
      if (found === undefined || found.disabledAt !== undefined) throw new AccountUnknownError()
      if (account !== undefined && account.id !== found.id) {
        throw new AuthenticationInvalidError({
          reason: 'certificate and token are of two accounts',
        })
      }
      account = found
    }
    if (account === undefined) throw new AuthenticationMissingError()
    return account
  }
}

function tokenVerifier({ issuer, audience, jwks }: OidcSettings) {
  const keys = jwks instanceof URL ? createRemoteJWKSet(jwks) : createLocalJWKSet(jwks)
  return async (token: string): Promise<Credential> => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        ...{ issuer, audience, algorithms: ALGORITHMS, maxTokenAge: MAX_TOKEN_AGE },
        ...{ clockTolerance: CLOCK_TOLERANCE_SECONDS, requiredClaims: ['exp', 'iat', 'sub'] },
      })
      if (payload.sub === undefined || payload.sub === '') {
        throw new AuthenticationInvalidError({ reason: 'the token has no subject' })
      }
      return { kind: 'oidc', issuer, subject: payload.sub }
    } catch (error) {
      if (error instanceof AuthenticationInvalidError) throw error
      const isTheirs =
        error instanceof errors.JOSEError &&
        !(error instanceof errors.JWKSTimeout) &&
        error.code !== 'ERR_JOSE_GENERIC'
      // What jose says of a token names no part of it.
      if (isTheirs) throw new AuthenticationInvalidError({ reason: error.message })
      throw new IdentityProviderUnavailableError({ cause: error })
    }
  }
}
