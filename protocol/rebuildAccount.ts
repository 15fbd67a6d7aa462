import {
  type Account,
  commitAccount,
  deriveAccountBlinding,
  deriveGenesisNullifier,
  deriveNullifier,
} from './account.ts'
import {
  deriveEphemeralSecret,
  type InvestigationRecord,
  openOwnInvestigation,
  openStatistics,
  type StatisticsRecord,
} from './auditRecord.ts'
import { type CurvePoint, mulBase8, mulPoint } from './babyjubjub.ts'
import { InvalidEncodingError } from './errors.ts'
import { fitsBits } from './field.ts'
import { type Keys } from './keys.ts'
import { type TransferPublicInputs } from './publicInputs.ts'
import { unpackWord } from './words.ts'

export type RebuildNextAccountParameters = {
  readonly keys: Pick<Keys, 'nullifierKey'>
  /** The account before the transfer; `genesisAccount` when it is not opened yet. */
  readonly previous: Account
  readonly isGenesis: boolean
  readonly publicInputs: TransferPublicInputs
}

export type RebuiltAccount = {
  readonly account: Account
  /** The transfer's own records, unmasked with e. */
  readonly statistics: StatisticsRecord
  readonly investigation: InvestigationRecord
  /** Fee and withdrawal in protocol units; recipient 0 where nothing is withdrawn. */
  readonly fee: bigint
  readonly withdrawal: { readonly amount: bigint; readonly recipient: bigint }
}

/**
 * The account after one of its own transfers, from keys and settled data alone, also where every
 * memo is noise: e follows from nullifierKey and public values (T9), it unmasks the own records,
 * and they hold amounts, inputs and nonce. What counted towards the day's limit is not in a record, so
 * the few possibilities are tried against outputs[0].
 *
 * Spec: docs/spec/account.md#rebuilding. The data must be that of a verified transfer.
 *
 * @returns undefined when the transfer is not the one that spends `previous`.
 */
export function rebuildNextAccount({
  keys: { nullifierKey },
  previous,
  isGenesis,
  publicInputs,
}: RebuildNextAccountParameters): RebuiltAccount | undefined {
  const { nullifier, outputs, day } = publicInputs
  const { owner, asset } = previous
  const expected = isGenesis
    ? deriveGenesisNullifier(nullifierKey, owner, asset)
    : deriveNullifier(nullifierKey, commitAccount(previous))
  if (nullifier !== expected) return undefined

  const ephemeralSecret = deriveEphemeralSecret(nullifierKey, nullifier, outputs)
  const ephemeral = mulBase8(ephemeralSecret)
  if (publicInputs.ephemeral[0] !== ephemeral.x || publicInputs.ephemeral[1] !== ephemeral.y) {
    return undefined
  }
  const records = openOwnRecords(publicInputs, ephemeralSecret)
  if (records === undefined) return undefined
  const { statistics, investigation } = records
  if (statistics.asset !== asset || investigation.nonce !== previous.nonce) return undefined

  const fee = unpackWord('fee', publicInputs.fee).amount
  const { amount: withdrawn, recipient } = unpackWord('withdrawal', publicInputs.withdrawal)
  const amounts = [statistics.amount1, statistics.amount2, statistics.amount3]
  const balance =
    previous.balance + statistics.amountIn - amounts.reduce((a, b) => a + b, 0n) - withdrawn - fee
  const next = {
    owner,
    asset,
    balance,
    nonce: previous.nonce + 1n,
    cursor: cursorAfter(previous.cursor, investigation),
    day,
    blinding: deriveAccountBlinding(nullifierKey, nullifier, [outputs[1], outputs[2], outputs[3]]),
  }
  const spentBefore = day === previous.day ? previous.spentToday : 0n
  for (const counted of possibleCounts(amounts, withdrawn)) {
    const account = { ...next, spentToday: spentBefore + counted }
    if (!isAccount(account) || commitAccount(account) !== outputs[0]) continue
    return {
      account,
      statistics,
      investigation,
      fee,
      withdrawal: { amount: withdrawn, recipient },
    }
  }
  return undefined
}

function openOwnRecords(
  publicInputs: TransferPublicInputs,
  ephemeralSecret: bigint,
): { statistics: StatisticsRecord; investigation: InvestigationRecord } | undefined {
  const share = ([x, y]: readonly [bigint, bigint]): CurvePoint =>
    mulPoint({ x, y }, ephemeralSecret)
  const { auditKeyS, statisticsCiphertext } = publicInputs
  // No record of ours under these keys: the caller gave keys of another epoch.
  const statistics = orUndefined(() => openStatistics(share(auditKeyS), statisticsCiphertext))
  if (statistics === undefined) return undefined
  const investigation = openOwnInvestigation(ephemeralSecret, publicInputs)?.record
  return investigation === undefined ? undefined : { statistics, investigation }
}

function orUndefined<R>(open: () => R): R | undefined {
  try {
    return open()
  } catch (error) {
    if (error instanceof InvalidEncodingError) return undefined
    throw error
  }
}

/** Inputs are recorded as leaf index + 1, in ascending order, 0 where a slot is unused. */
function cursorAfter(cursor: bigint, record: InvestigationRecord): bigint {
  const { input1, input2 = 0n, input3 = 0n, input4 = 0n, input5 = 0n, input6 = 0n } = record
  return [input1, input2, input3, input4, input5, input6].reduce(
    (last, input) => (input === 0n ? last : input),
    cursor,
  )
}

/**
 * What a transfer may have counted: nothing in an exit, else the withdrawal and each note that was
 * not to oneself.
 */
function possibleCounts(amounts: readonly bigint[], withdrawn: bigint): Set<bigint> {
  const sums = amounts.reduce(
    (soFar, amount) => soFar.flatMap((sum) => [sum + amount, sum]),
    [withdrawn],
  )
  return new Set([...sums, 0n])
}

function isAccount({ balance, nonce, cursor, spentToday }: Account): boolean {
  return (
    fitsBits(balance, 64) && fitsBits(nonce, 32) && fitsBits(cursor, 37) && fitsBits(spentToday, 64)
  )
}
