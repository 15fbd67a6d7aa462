import { deriveFarmKey } from '../prover/farm/sealedBox.ts'
import { bytesToHex, hexToBytes } from '../protocol/field.ts'
import { KeyReusedError } from './errors.ts'

type Hex = `0x${string}`

/** Private keys by duty; undefined where another holds it, or nobody. */
export type Duties = {
  /** Signs and pays for settle calls. */
  'base-chain': Hex | undefined
  /** Signs receipts and anchors. */
  receipt: Hex | undefined
  /** Opens the jobs of the farm. */
  farm: Hex | undefined
}

/**
 * One key, one duty: whoever gets hold of one must not hold another with it, and a signature for one purpose can
 * never be passed off as one for another.
 *
 * @throws {KeyReusedError}
 */
export function checkDuties(duties: Duties): void {
  const seen = new Map<string, string>()
  for (const [duty, key] of Object.entries(duties)) {
    if (key === undefined) continue
    const other = seen.get(key.toLowerCase())
    if (other !== undefined) throw new KeyReusedError({ duties: [other, duty] })
    seen.set(key.toLowerCase(), duty)
  }
  const { receipt, farm } = duties
  // A farm key on other machines that follows from the receipt key would be the receipt key's copy.
  if (receipt !== undefined && farm !== undefined) {
    const derived = bytesToHex(deriveFarmKey(hexToBytes(receipt)).secretKey)
    if (derived === farm.toLowerCase()) throw new KeyReusedError({ duties: ['receipt', 'farm'] })
  }
}
