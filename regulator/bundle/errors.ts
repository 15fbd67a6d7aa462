import { BaseError } from '../../protocol/errors.ts'

export const bundleFaults = [
  'BUNDLE_MALFORMED',
  'BUNDLE_CHAIN_OTHER',
  'BUNDLE_ORDER_DIFFERS',
  'BUNDLE_HISTORY_DIFFERS',
  'BUNDLE_CASE_DIFFERS',
  'BUNDLE_SCOPE_DIFFERS',
  'BUNDLE_ANNOUNCEMENT_DIFFERS',
  'BUNDLE_COMMITTEE_INVALID',
  'BUNDLE_OPENING_REFUSED',
  'BUNDLE_RECORD_DIFFERS',
  'BUNDLE_SIGNATURE_INVALID',
  'BUNDLE_PARTIAL_INVALID',
  'BUNDLE_PLAINTEXT_DIFFERS',
  'BUNDLE_NOT_AS_DISCLOSED',
] as const
export type BundleFault = (typeof bundleFaults)[number]

/** A bundle that does not prove what it says. */
export class BundleInvalidError extends BaseError {
  override readonly name = 'BundleInvalidError'
  override readonly code: BundleFault
  constructor({
    code,
    where,
    reason,
  }: {
    code: BundleFault
    /** Part of the bundle. */
    where: string
    reason: string
  }) {
    super(`The bundle does not hold: ${reason}.`, {
      code,
      metaMessages: [
        `Where: ${where}`,
        'It was changed after it was made, or was never right. Do not rely on any of it.',
      ],
    })
    this.code = code
  }
}
