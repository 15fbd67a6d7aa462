import { hashAppealFile, isAppealSigned } from '../api/appeals.ts'
import type { Appeal, AppealAnswer, AppealDecision } from '../api/identityFiles.ts'
import { bytesToHex, formatField } from '../protocol/field.ts'
import type { RandomBytes } from '../protocol/memo.ts'
import { AppealRefusedError } from './errors.ts'
import { entryOf, type RegistrarEntry, type RegistrarState } from './registrar.ts'

/**
 * The entry that an appeal is about. Anybody can put a hash on the base chain; what counts is a text that the owner signed.
 *
 * @throws {AppealRefusedError | UnknownIdentityError}
 */
export function checkAppeal(state: RegistrarState, appeal: Appeal): RegistrarEntry {
  const { index, domain, authority } = appeal
  if (domain !== formatField(state.domain)) {
    throw new AppealRefusedError({ index, reason: 'it is for another deployment' })
  }
  const entry = entryOf(state, index)
  if (authority.ownerKey !== entry.offer.ownerKey || !isAppealSigned(appeal)) {
    throw new AppealRefusedError({ index, reason: "its index's owner did not sign it" })
  }
  return entry
}

/** What the registrar says to an appeal. That it says so, the base chain shows by the answer's hash. */
export function makeAppealAnswer(
  appeal: Appeal,
  {
    decision,
    text,
    randomBytes,
  }: { decision: AppealDecision; text: string; randomBytes: RandomBytes },
): AppealAnswer {
  const { index, domain } = appeal
  if (text.trim() === '')
    throw new AppealRefusedError({ index, reason: 'the answer has no reasons' })
  return {
    type: 'cinnabar.appeal-answer',
    version: 1,
    domain,
    index,
    appeal: hashAppealFile(appeal),
    decision,
    text,
    salt: bytesToHex(randomBytes(32)),
  }
}
