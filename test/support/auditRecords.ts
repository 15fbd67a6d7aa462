import {
  derivePseudonym,
  deriveTraceTag,
  maskInvestigation,
  maskStatistics,
} from '../../protocol/auditRecord.ts'
import { type CurvePoint, mulBase8, mulPoint } from '../../protocol/babyjubjub.ts'
import { deriveTraceKey } from '../../protocol/keys.ts'
import type { TransferPublicInputs } from '../../protocol/publicInputs.ts'
import { packWord } from '../../protocol/words.ts'

export type Subject = { readonly index: bigint; readonly traceSecret: bigint }

export type RecordParameters = {
  readonly auditKeyS: CurvePoint
  readonly auditKeyI: CurvePoint
  /** Key that the investigation record is for: I, or L (T11). */
  readonly recordKey?: CurvePoint
  readonly sender: Subject
  readonly recipients?: readonly bigint[]
  readonly amounts?: readonly bigint[]
  readonly asset?: bigint
  readonly nonce: bigint
  /** {scalar} */
  readonly ephemeralSecret: bigint
}

/** The supervisory part of a transfer (T8 to T11), as its circuit computes it. */
export function anAuditRecord({
  auditKeyS,
  auditKeyI,
  recordKey = auditKeyI,
  sender,
  recipients = [],
  amounts = [],
  asset = 1n,
  nonce,
  ephemeralSecret,
}: RecordParameters): Pick<
  TransferPublicInputs,
  'traceTag' | 'ephemeral' | 'statisticsCiphertext' | 'investigationCiphertext'
> {
  const traceKey = deriveTraceKey(sender.traceSecret, auditKeyI)
  const { x, y } = mulBase8(ephemeralSecret)
  const [amount1 = 0n, amount2 = 0n, amount3 = 0n] = amounts
  const [recipient1 = 0n, recipient2 = 0n, recipient3 = 0n] = recipients
  const [s0 = 0n, s1 = 0n] = maskStatistics(mulPoint(auditKeyS, ephemeralSecret), [
    packWord('statistics0', {
      pseudonym: derivePseudonym(traceKey, 0n),
      amountIn: 0n,
      notesIn: 0n,
    }),
    packWord('statistics1', {
      ...{ asset, amount1, amount2, amount3, tier: 1n, jurisdiction: 156n },
    }),
  ])
  return {
    traceTag: deriveTraceTag(traceKey, asset, nonce),
    ephemeral: [x, y],
    statisticsCiphertext: [s0, s1],
    investigationCiphertext: maskInvestigation(mulPoint(recordKey, ephemeralSecret), [
      packWord('investigation0', {
        ...{ sender: sender.index, recipient1, recipient2, recipient3, input1: 0n, nonce },
      }),
    ]),
  }
}
