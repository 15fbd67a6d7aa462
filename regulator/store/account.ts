/** What somebody may do. */
export const roles = ['analyst', 'officer', 'approver', 'auditor'] as const
export type Role = (typeof roles)[number]

export type Account = {
  readonly id: string
  readonly roles: readonly Role[]
  readonly disabledAt?: Date
}

/** What proves that somebody is an account. */
export type Credential =
  | {
      readonly kind: 'certificate'
      /** Lower-case hex SHA-256 of the certificate's DER. */
      readonly fingerprint: string
    }
  | { readonly kind: 'oidc'; readonly issuer: string; readonly subject: string }

export function credentialValue(credential: Credential): string {
  return credential.kind === 'certificate'
    ? credential.fingerprint
    : `${credential.issuer} ${credential.subject}`
}
