import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { replaceFile } from '../../files/replaceFile.ts'
import { Hash, Index, read, SigningKey } from './bodies.ts'
import { type CommitteeFile, committeeId } from './committeeFile.ts'
import { AttestationInvalidError } from './errors.ts'
import {
  type DestructionReason,
  destructionReasons,
  type Journal,
  type JournalEntry,
  type JournalFact,
} from './journal.ts'
import type { HeldShare, MemberStore } from './memberStore.ts'
import { isSignedJson, signJson } from './signedJson.ts'

/** A member says that it destroyed its share. It cannot prove that no copy exists; it can be held to its word. */
export const DestructionAttestation = Type.Object(
  {
    type: Type.Literal('cinnabar.destruction'),
    version: Type.Literal(1),
    /** `committeeId`. */
    committee: Hash,
    /** Of the ceremony that made the share. */
    transcript: Hash,
    epoch: Type.Integer({ minimum: 0, maximum: 65_535 }),
    kind: Type.String(),
    member: Index,
    signingKey: SigningKey,
    reason: Type.Union(destructionReasons.map((reason) => Type.Literal(reason))),
    at: Type.String({ maxLength: 40 }),
    /** Hash of the destruction's entry in the member's journal. */
    journal: Hash,
    signature: Type.String({ pattern: '^0x[0-9a-f]{128}$' }),
  },
  { additionalProperties: false },
)
export type DestructionAttestation = Static<typeof DestructionAttestation>

/**
 * Destroys a share and says so, signed. The journal has it first, then the attestation is on the disk, then the share goes: a crash
 * in between leaves a share that its journal calls destroyed, which the member refuses to use, and which the next call destroys,
 * attesting the same.
 */
export async function destroyShare(
  { store, journal }: { store: MemberStore; journal: Journal },
  { file, member }: HeldShare,
  reason: DestructionReason,
  now = new Date(),
): Promise<DestructionAttestation> {
  const { transcript, epoch, kind, committee } = file
  if (!isDestroyed(journal, transcript)) {
    await journal.append([{ what: 'shareDestroyed', transcript, epoch, key: kind, reason }], now)
  }
  const attestation = attest({ store, journal }, { file, member })
  replaceFile(attestationPath(store, transcript), `${JSON.stringify(attestation, null, 2)}\n`)
  await store.destroyShare(file)
  const own = committee.members[member - 1]
  // The key that the share came sealed to, should it still be there: with it the ceremony's messages give the share again.
  if (own !== undefined) {
    await store.destroyPrepared({
      x: BigInt(own.encryptionKey.x),
      y: BigInt(own.encryptionKey.y),
    })
  }
  return attestation
}

/** From the journal's entry and nothing else that changes: whoever asks again gets the same. */
function attest(
  { store, journal }: { store: MemberStore; journal: Journal },
  { file: { transcript, epoch, kind, committee }, member }: Pick<HeldShare, 'file' | 'member'>,
): DestructionAttestation {
  const { at, hash, fact } = destructionOf(journal, transcript)!
  const unsigned = {
    type: 'cinnabar.destruction' as const,
    version: 1 as const,
    committee: committeeId(committee),
    ...{ transcript, epoch, kind, member, signingKey: store.signingKey, reason: fact.reason, at },
    journal: hash,
  }
  const { signingSecret } = store.identity
  return { ...unsigned, signature: signJson('cinnabar.destruction', unsigned, signingSecret) }
}

/** What the member attested of a share that is gone. */
export async function attestationOf(
  store: MemberStore,
  transcript: string,
): Promise<DestructionAttestation | undefined> {
  if (read(Hash, transcript) === undefined) return undefined
  try {
    const text = await readFile(attestationPath(store, transcript), 'utf8')
    return read(DestructionAttestation, JSON.parse(text))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Beside the journal: nothing in it is secret. */
export function attestationPath({ dir }: MemberStore, transcript: string): string {
  return join(dir, `destroyed-${transcript}.json`)
}

type Destruction = JournalEntry & {
  readonly fact: Extract<JournalFact, { what: 'shareDestroyed' }>
}

/** The journal's entry of a destruction. */
export function destructionOf({ entries }: Journal, transcript: string): Destruction | undefined {
  return entries.find(
    (entry): entry is Destruction =>
      entry.fact.what === 'shareDestroyed' && entry.fact.transcript === transcript,
  )
}

/** Whether the member's journal says that a share is destroyed. */
export function isDestroyed(journal: Journal, transcript: string): boolean {
  return destructionOf(journal, transcript) !== undefined
}

export type ClosedState = {
  /** Members who say that their share is destroyed, ascending. */
  readonly destroyed: readonly number[]
  /** Members of whom nothing is known. */
  readonly left: number
  /** Fewer than t shares are left: the key's records stay closed, if those members say the truth. */
  readonly isClosed: boolean
}

/**
 * What attestations say about one committee of a key.
 *
 * @throws {AttestationInvalidError} for one that is not a member's own, or of another committee.
 */
export function readAttestations(
  { committee, transcript }: CommitteeFile,
  attestations: readonly unknown[],
): ClosedState {
  const destroyed = new Set<number>()
  for (const value of attestations) {
    const attestation = read(DestructionAttestation, value)
    if (attestation === undefined) {
      throw new AttestationInvalidError({ reason: 'it has not the form of one' })
    }
    const { signature, ...unsigned } = attestation
    const signingKey = committee.members[attestation.member - 1]?.signingKey
    if (attestation.committee !== committeeId(committee) || attestation.transcript !== transcript) {
      throw new AttestationInvalidError({ reason: 'it is of another committee' })
    }
    if (
      signingKey === undefined ||
      signingKey !== attestation.signingKey ||
      !isSignedJson('cinnabar.destruction', unsigned, { signature, signingKey })
    ) {
      throw new AttestationInvalidError({ reason: 'it is not signed by the member that it names' })
    }
    destroyed.add(attestation.member)
  }
  const left = committee.members.length - destroyed.size
  return {
    destroyed: [...destroyed].sort((a, b) => a - b),
    left,
    isClosed: left < committee.threshold,
  }
}
