import type { ChainClient } from '../l1/client.ts'
import { getVerificationKeys, type RegisteredVerificationKeys } from '../l1/verificationKeys.ts'
import { CIRCUIT_IDS, type CircuitName } from '../protocol/constants.ts'
import { BaseError } from '../protocol/errors.ts'
import type { Prover } from '../prover/prover.ts'
import { commonWords, domainPositionOf, registeredWords } from '../prover/registeredWords.ts'
import type { VerificationKey } from '../prover/verificationKey.ts'
import { VerificationKeyMismatchError } from './errors.ts'

/**
 * What a key that is here is to the rollup's VerifierRegistry. `sunset`: it was replaced, and what was proved for it can
 * be settled still.
 */
export type KeyStanding = 'active' | 'sunset' | 'other'

/** By circuit, of the keys that are here. One whose circuit has none active, or a stopped one, is passed over. */
export function compareKeys(
  { domain, common, blobs, sunsetBlobs }: RegisteredVerificationKeys,
  prover: Pick<Prover, 'verificationKey'>,
): Map<CircuitName, KeyStanding> {
  const standings = new Map<CircuitName, KeyStanding>()
  for (const circuit of Object.keys(CIRCUIT_IDS) as CircuitName[]) {
    const key = keyHere(prover, circuit)
    if (key === undefined) continue
    const words = String(registeredWords(key, domain, domainPositionOf(circuit)))
    const isOfSetUp = String(commonWords(key)) === String(common)
    const is = (blob: readonly bigint[] | undefined) => isOfSetUp && words === String(blob)
    if (is(blobs[circuit])) standings.set(circuit, 'active')
    else if (is(sunsetBlobs[circuit])) standings.set(circuit, 'sunset')
    else if (blobs[circuit] !== undefined) standings.set(circuit, 'other')
  }
  return standings
}

/**
 * Compares every key that is here with the active one in the rollup's VerifierRegistry. With others the
 * sequencer would admit what cannot be settled, or refuse what can. A circuit whose key is not here, or has none
 * active, is passed over: batches of such a size are not sealed.
 *
 * @param mayBeInSunset a key that was replaced passes too: what was sealed under it is proved and settled, and
 * KeyWatcher sees to it that no more is.
 * @throws {VerificationKeyMismatchError | BaseChainUnavailableError}
 */
export async function checkRegisteredKeys({
  client,
  rollup,
  prover,
  mayBeInSunset = false,
}: {
  client: ChainClient
  rollup: `0x${string}`
  prover: Pick<Prover, 'verificationKey'>
  mayBeInSunset?: boolean
}): Promise<void> {
  for (const [circuit, standing] of compareKeys(
    await getVerificationKeys(client, rollup),
    prover,
  )) {
    const passes = standing === 'active' || (mayBeInSunset && standing === 'sunset')
    if (!passes) throw new VerificationKeyMismatchError({ circuit })
  }
}

function keyHere(
  prover: Pick<Prover, 'verificationKey'>,
  circuit: CircuitName,
): VerificationKey | undefined {
  try {
    return prover.verificationKey(circuit)
  } catch (error) {
    if (error instanceof BaseError) return undefined
    throw error
  }
}
