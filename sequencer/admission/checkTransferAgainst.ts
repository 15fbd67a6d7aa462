import { unpackWord } from '../../protocol/words.ts'
import { type ChainView, currentValues } from '../chainView.ts'
import type { SealedState } from '../state/sealedState.ts'
import type { Statement } from '../transfer.ts'
import {
  AssetUnknownError,
  FeeTooHighError,
  FeeTooLowError,
  NotReadyError,
  NullifierSpentError,
  StaleDayError,
  StaleEpochError,
  StaleIdentityRootError,
  StalePolicyRootError,
  UnknownAnchorError,
} from './errors.ts'

export type StatefulContext = {
  readonly view: ChainView | undefined
  readonly state: Pick<SealedState, 'noteRootOf' | 'isSpent'>
  readonly now: Date
}

/**
 * What of a statement depends on state, and changes: S1's anchor, S2's current values, fees' assets, and
 * the nullifier against the sealed chain. Asked at admission and again at sealing.
 *
 * @throws {TransferRefusedError | NotReadyError}
 */
export function checkTransferAgainst(
  { view, state, now }: StatefulContext,
  { publicInputs, anchorBatch }: Statement,
): void {
  const current = view === undefined ? undefined : currentValues(view, now)
  if (view === undefined || current === undefined) {
    throw new NotReadyError({ what: 'audit keys in force on the base chain' })
  }
  // S1: a sealed batch's root, so that its number is below that of any batch sealed later.
  if (state.noteRootOf(anchorBatch) !== publicInputs.anchor) {
    throw new UnknownAnchorError({ anchor: publicInputs.anchor, anchorBatch })
  }
  // S2
  const { identityRoot, policyRoot, day, epoch } = current
  if (publicInputs.identityRoot !== identityRoot) {
    throw new StaleIdentityRootError({ expected: identityRoot, actual: publicInputs.identityRoot })
  }
  if (publicInputs.policyRoot !== policyRoot) {
    throw new StalePolicyRootError({ expected: policyRoot, actual: publicInputs.policyRoot })
  }
  if (publicInputs.day !== day) throw new StaleDayError({ expected: day, actual: publicInputs.day })
  const fee = unpackWord('fee', publicInputs.fee)
  const { auditKeyS, auditKeyI, auditKeyL } = epoch
  if (
    fee.epoch !== epoch.epoch ||
    publicInputs.auditKeyS[0] !== auditKeyS.x ||
    publicInputs.auditKeyS[1] !== auditKeyS.y ||
    publicInputs.auditKeyI[0] !== auditKeyI.x ||
    publicInputs.auditKeyI[1] !== auditKeyI.y ||
    publicInputs.auditKeyL[0] !== auditKeyL.x ||
    publicInputs.auditKeyL[1] !== auditKeyL.y
  ) {
    throw new StaleEpochError({ expected: epoch.epoch, actual: fee.epoch })
  }
  // S3
  const assetOf = (id: bigint) => {
    const asset = view.assets.find((listed) => listed.asset === id)
    if (asset === undefined) throw new AssetUnknownError({ asset: id })
    return asset
  }
  if (fee.amount !== 0n) {
    const { maxFee } = assetOf(fee.asset)
    if (fee.amount > maxFee) throw new FeeTooHighError({ maximum: maxFee, fee: fee.amount })
  }
  const withdrawal = unpackWord('withdrawal', publicInputs.withdrawal)
  if (withdrawal.amount !== 0n) assetOf(withdrawal.asset)
  if (state.isSpent(publicInputs.nullifier)) throw new NullifierSpentError()
}

export type MinimumFees = ReadonlyMap<bigint, bigint>

/**
 * The operator's own rule, asked at admission only. A fee of 0 names no asset, so it passes only where no
 * asset has a minimum.
 *
 * @throws {FeeTooLowError}
 */
export function checkMinimumFee(minimumFees: MinimumFees, { publicInputs }: Statement): void {
  const { amount, asset } = unpackWord('fee', publicInputs.fee)
  if (amount === 0n) {
    const isFree = [...minimumFees.values()].every((minimum) => minimum === 0n)
    if (!isFree) throw new FeeTooLowError({ minimum: undefined, fee: amount })
    return
  }
  const minimum = minimumFees.get(asset) ?? 0n
  if (amount < minimum) throw new FeeTooLowError({ minimum, fee: amount })
}
