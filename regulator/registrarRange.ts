import { getRegistrarLimits, listRegistrars } from '../l1/registrars.ts'
import { RegistrarRangeUnknownError } from './errors.ts'
import type { Connection } from './options.ts'
import type { IndexRange } from './registrar.ts'

/**
 * The range that governance gave a registrar on the base chain.
 *
 * @param account default: the only one that has a range.
 * @throws {RegistrarRangeUnknownError}
 */
export async function readRange(
  connection: Pick<Connection, 'client' | 'deployment'>,
  account?: `0x${string}`,
): Promise<IndexRange> {
  const all =
    account === undefined
      ? await listRegistrars(connection)
      : [await getRegistrarLimits(connection, account)]
  const [range, ...others] = all.filter(({ firstIndex, endIndex }) => firstIndex < endIndex)
  if (range === undefined) {
    throw new RegistrarRangeUnknownError({
      reason: account === undefined ? 'no account has a range' : `${account} has none`,
    })
  }
  if (others.length > 0) {
    throw new RegistrarRangeUnknownError({ reason: 'several accounts have one; name yours' })
  }
  return { firstIndex: range.firstIndex, endIndex: range.endIndex }
}
