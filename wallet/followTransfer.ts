import type { SettledTransfer } from '../l1/chainEvents.ts'
import { deriveNullifier } from '../protocol/account.ts'
import type { InvestigationRecord } from '../protocol/auditRecord.ts'
import type { Keys } from '../protocol/keys.ts'
import { rebuildNextAccount } from '../protocol/rebuildAccount.ts'
import type { AccountRecord, SpendInput, SpendOutput, SpendRecord } from './ledger.ts'

export type FollowedTransfer = {
  /** The account after the transfer. */
  readonly record: AccountRecord
  readonly spend: Omit<SpendRecord, 'settledAt'>
}

/**
 * One step along an account's chain, from keys and public data alone: no memo is needed, and it does
 * not matter which device made the transfer. undefined when it cannot be followed.
 */
export function followTransfer(
  keys: Keys,
  record: AccountRecord,
  transfer: Pick<SettledTransfer, 'kind' | 'publicInputs' | 'firstLeafIndex'>,
): FollowedTransfer | undefined {
  const { kind, publicInputs, firstLeafIndex } = transfer
  const rebuilt = rebuildNextAccount({
    keys,
    previous: record.account,
    isGenesis: record.leafIndex === undefined,
    publicInputs,
  })
  if (rebuilt === undefined) return undefined
  const { account, statistics, investigation, fee, withdrawal } = rebuilt
  const { nullifier, outputs, memoHash, day } = publicInputs
  const payments: SpendOutput[] = [
    { slot: 1, amount: statistics.amount1, recipientIndex: investigation.recipient1 },
    { slot: 2, amount: statistics.amount2, recipientIndex: investigation.recipient2 },
    { slot: 3, amount: statistics.amount3, recipientIndex: investigation.recipient3 },
  ]
  return {
    record: {
      asset: record.asset,
      account,
      leafIndex: firstLeafIndex,
      nullifier: deriveNullifier(keys.nullifierKey, outputs[0]),
    },
    spend: {
      ...{ kind, asset: record.asset, nonce: record.account.nonce, day, fee },
      ...{ nullifier, outputs, memoHash, firstLeafIndex },
      amountIn: statistics.amountIn,
      inputs: inputsOf(investigation),
      payments: payments.filter(({ amount }) => amount > 0n),
      ...(withdrawal.amount === 0n ? {} : { withdrawal }),
    },
  }
}

/** Recorded as leaf index + 1, 0 where a slot is unused. */
function inputsOf(record: InvestigationRecord): SpendInput[] {
  const { input1, input2 = 0n, input3 = 0n, input4 = 0n, input5 = 0n, input6 = 0n } = record
  return [input1, input2, input3, input4, input5, input6]
    .filter((input) => input !== 0n)
    .map((input) => ({ leafIndex: input - 1n }))
}
