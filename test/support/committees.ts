import { randomBytes } from 'node:crypto'
import { mulBase8 } from '../../protocol/babyjubjub.ts'
import type { Ceremony, Committee, Member } from '../../protocol/committee/ceremony.ts'
import { deal, hashDealing, openShare, type Dealing } from '../../protocol/committee/dealing.ts'
import { combineShares, finishCeremony } from '../../protocol/committee/finishCeremony.ts'
import { randomScalar } from '../../protocol/committee/scalars.ts'

export const random = (count: number): Uint8Array => new Uint8Array(randomBytes(count))

/** A member with the secret of its encryption key. */
export type Insider = Member & { readonly encryptionSecret: bigint }

export function insiders(count: number): Insider[] {
  return Array.from({ length: count }, (_, i) => {
    const encryptionSecret = randomScalar(random)
    return { index: i + 1, encryptionSecret, encryptionKey: mulBase8(encryptionSecret) }
  })
}

/** Without the secrets, as everybody sees them. */
export function inPublic(members: readonly Insider[]): Member[] {
  return members.map(({ index, encryptionKey }) => ({ index, encryptionKey }))
}

export function aCeremony(
  members: readonly Insider[],
  threshold: number,
  rest: Partial<Ceremony> = {},
): Ceremony {
  return {
    purpose: `test ${String(randomScalar(random))}`,
    threshold,
    members: inPublic(members),
    ...rest,
  }
}

export function announce(dealings: readonly Dealing[]): Map<number, Uint8Array> {
  return new Map(dealings.map((dealing) => [dealing.dealer, hashDealing(dealing)]))
}

/** Every member's share from dealings that are all right. */
export function collectShares(
  ceremony: Ceremony,
  members: readonly Insider[],
  dealings: readonly Dealing[],
  qualified: readonly number[],
): bigint[] {
  return members.map((member) => {
    const shares = new Map<number, bigint>()
    for (const dealing of dealings) {
      const share = openShare(ceremony, dealing, member)
      if (share !== undefined) shares.set(dealing.dealer, share)
    }
    return combineShares(ceremony, { qualified }, shares)
  })
}

/** A committee that was made in an honest ceremony, with all its members' shares. */
export function aCommittee(
  count: number,
  threshold: number,
): { committee: Committee; members: Insider[]; shares: bigint[]; ceremony: Ceremony } {
  const members = insiders(count)
  const ceremony = aCeremony(members, threshold)
  const dealings = members.map(({ index }) =>
    deal(ceremony, { dealer: index, randomBytes: random }),
  )
  const { committee, qualified } = finishCeremony(ceremony, {
    announced: announce(dealings),
    dealings,
    complaints: [],
  })
  return {
    committee,
    members,
    ceremony,
    shares: collectShares(ceremony, members, dealings, qualified),
  }
}
