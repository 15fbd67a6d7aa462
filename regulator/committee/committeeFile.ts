import { sha256 } from '@noble/hashes/sha2.js'
import { type Static, Type } from '@sinclair/typebox'
import { canonicalBytes } from '../../protocol/canonicalJson.ts'
import { checkCommittee, type Committee } from '../../protocol/committee/ceremony.ts'
import { BaseError } from '../../protocol/errors.ts'
import { bytesToHex } from '../../protocol/field.ts'
import { CommitteeBody, decodeCommittee, Hash, read } from './bodies.ts'
import { CeremonyDescription } from './description.ts'
import { CommitteeFileInvalidError } from './errors.ts'

const { chainId, registry, epoch, kind } = CeremonyDescription.properties

/** What a ceremony made, for everybody: the key, who has shares, and where it is registered. No secret. */
export const CommitteeFile = Type.Object(
  {
    type: Type.Literal('cinnabar.committee'),
    version: Type.Literal(1),
    chainId,
    registry,
    epoch,
    kind,
    committee: CommitteeBody,
    /** Of the ceremony (K5). */
    transcript: Hash,
  },
  { additionalProperties: false },
)
export type CommitteeFile = Static<typeof CommitteeFile>

/** @throws {CommitteeFileInvalidError} unless any t of its share keys make its public key. */
export function readCommitteeFile(value: unknown): CommitteeFile {
  const file = read(CommitteeFile, value)
  if (file === undefined) {
    throw new CommitteeFileInvalidError({ reason: 'it has not the form of one' })
  }
  readCommitteeBody(file.committee)
  return file
}

/** @throws {CommitteeFileInvalidError} */
export function readCommitteeBody(body: CommitteeBody): Committee {
  const committee = decodeCommittee(body)
  try {
    const { threshold, members } = committee
    const isCounted =
      threshold <= members.length && members.every(({ index }, i) => index === i + 1)
    if (!isCounted) throw new CommitteeFileInvalidError({ reason: 'its members are not 1 … n' })
    checkCommittee(committee)
  } catch (error) {
    if (!(error instanceof BaseError)) throw error
    throw new CommitteeFileInvalidError({ reason: error.shortMessage })
  }
  return committee
}

/** 32 bytes that name a committee: its key, threshold, and members with their names and keys. */
export function committeeId(body: CommitteeBody): `0x${string}` {
  return bytesToHex(sha256(canonicalBytes(body)))
}
