import { type PossessionContext, provePossession } from '../protocol/auditKeyPossession.ts'
import { formatField } from '../protocol/field.ts'
import type { RandomBytes } from '../protocol/memo.ts'
import type { AuditKey } from './auditKeys.ts'
import { encodePoint } from './committee/bodies.ts'
import type { Registration } from './committee/possessionRounds.ts'

/** A single holder's registration of its key: the file that a committee's members make together. */
export function registerAuditKey(
  { kind, auditSecret, registrationPoint }: AuditKey,
  {
    randomBytes,
    ...place
  }: Omit<PossessionContext, 'kind'> & { readonly randomBytes: RandomBytes },
): Registration {
  const { r, s } = provePossession({ ...place, kind }, { auditSecret, randomBytes })
  return {
    type: 'cinnabar.key-registration',
    version: 1,
    ...{ chainId: String(place.chainId), registry: place.registry, epoch: Number(place.epoch) },
    kind,
    q: encodePoint(registrationPoint),
    r: encodePoint(r),
    s: formatField(s),
  }
}
