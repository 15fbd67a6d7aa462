/**
 * What an order may rest on, by the code that stands on the base chain. Grounds and not citations: which article of which law
 * each is in a jurisdiction, its regulator publishes. Spec: docs/spec/legal-bases.md.
 */
export const legalBases: ReadonlyMap<number, string> = new Map([
  [1, 'criminal investigation'],
  [2, 'inquiry into money laundering'],
  [3, 'terrorist financing or sanctions'],
  [4, 'verification of a large-value report'],
  [5, 'tax'],
  [6, 'civil proceedings or enforcement'],
  [7, 'insolvency or inheritance'],
  [8, 'examination of a supervised institution'],
  [9, 'request or consent of the subject'],
  [10, 'danger to life, or of harm that cannot be undone'],
  [11, 'correction of an earlier order'],
])

/** From here on codes are a deployment's own. */
export const FIRST_OWN_LEGAL_BASIS = 1_000

/** Whether an order may be filed with it: not with one that no table has. */
export function isLegalBasis(code: number): boolean {
  return legalBases.has(code) || (code >= FIRST_OWN_LEGAL_BASIS && code <= MAX_CODE)
}
/** Two bytes on the base chain. */
const MAX_CODE = 65_535

/** `1, criminal investigation`; of a code that no table here has, the code and that it is not ours. */
export function describeLegalBasis(code: number): string {
  const name = legalBases.get(code)
  if (name !== undefined) return `${String(code)}, ${name}`
  return code < FIRST_OWN_LEGAL_BASIS
    ? `${String(code)}, which no table has`
    : `${String(code)}, of this deployment’s own table`
}
