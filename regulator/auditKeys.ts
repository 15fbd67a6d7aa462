import { type CurvePoint, mulBase8, SUBGROUP_ORDER } from '../protocol/babyjubjub.ts'
import { randomScalar } from '../protocol/committee/scalars.ts'
import type { RandomBytes } from '../protocol/memo.ts'

/** Which of an epoch's three keys. */
export const auditKeyKinds = ['statistics', 'investigation', 'largeValue'] as const
export type AuditKeyKind = (typeof auditKeyKinds)[number]

/**
 * One holder's audit key. The registry takes Q and computes A = 8·Q, so that A is in the subgroup
 * whatever Q was; the secret that opens records is the logarithm of A.
 */
export type AuditKey = {
  readonly kind: AuditKeyKind
  /** {scalar} 0 < registrationSecret < l: Q = registrationSecret·Base8. */
  readonly registrationSecret: bigint
  /** Q, as registered. */
  readonly registrationPoint: CurvePoint
  /** {scalar} 8·registrationSecret mod l: opens records. */
  readonly auditSecret: bigint
  /** A = auditSecret·Base8: the circuits' auditKeyS, auditKeyI or auditKeyL. */
  readonly auditKey: CurvePoint
}

export function auditKeyFromSecret(kind: AuditKeyKind, registrationSecret: bigint): AuditKey {
  const auditSecret = (registrationSecret * 8n) % SUBGROUP_ORDER
  return {
    kind,
    registrationSecret,
    registrationPoint: mulBase8(registrationSecret),
    auditSecret,
    auditKey: mulBase8(auditSecret),
  }
}

/** A fresh key. */
export function generateAuditKey(kind: AuditKeyKind, randomBytes: RandomBytes): AuditKey {
  return auditKeyFromSecret(kind, randomScalar(randomBytes))
}

/** The audit keys that one holder has, of several epochs. */
export type AuditKeyRing = {
  /** The secret of a public audit key; undefined when this holder does not have it. */
  secretOf(auditKey: CurvePoint): bigint | undefined
}

export function auditKeyRing(keys: readonly AuditKey[]): AuditKeyRing {
  const secrets = new Map(
    keys.map((key) => [`${key.auditKey.x},${key.auditKey.y}`, key.auditSecret]),
  )
  return { secretOf: ({ x, y }) => secrets.get(`${x},${y}`) }
}
