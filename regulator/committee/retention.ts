import type { Epoch } from '../../l1/reads.ts'
import type { Member } from './advanceCeremony.ts'
import { type DestructionAttestation, destroyShare, destructionOf } from './destroyShare.ts'

/**
 * Destroys the shares of epochs that ended so long ago. An epoch ends when the next one starts; a key that was scheduled for no
 * epoch, and the present one, are kept. What it destroys cannot be opened any more once fewer than t members are left.
 *
 * @param today Unix day.
 */
export async function applyRetention(
  member: Member,
  {
    epochs,
    today,
    retentionDays,
    now = new Date(),
  }: { epochs: readonly Epoch[]; today: bigint; retentionDays: number; now?: Date },
): Promise<DestructionAttestation[]> {
  const attestations: DestructionAttestation[] = []
  for (const held of await member.store.shares()) {
    const next = epochs.find(({ epoch }) => epoch === BigInt(held.file.epoch) + 1n)
    if (next === undefined || next.startDay + BigInt(retentionDays) > today) continue
    attestations.push(await destroyShare(member, held, 'retention', now))
  }
  return attestations
}

/** Finishes destructions that a crash interrupted after the journal had them, also of nonces that were taken. */
export async function finishDestructions(member: Member): Promise<void> {
  await member.store.destroyTaken()
  for (const held of await member.store.shares()) {
    const entry = destructionOf(member.journal, held.file.transcript)
    if (entry !== undefined) await destroyShare(member, held, entry.fact.reason)
  }
}
