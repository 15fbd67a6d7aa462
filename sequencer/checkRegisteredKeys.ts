import type { ChainClient } from '../l1/client.ts'
import { getVerificationKeys } from '../l1/verificationKeys.ts'
import { CIRCUIT_IDS, type CircuitName } from '../protocol/constants.ts'
import { BaseError } from '../protocol/errors.ts'
import type { Prover } from '../prover/prover.ts'
import { commonWords, domainPositionOf, registeredWords } from '../prover/registeredWords.ts'
import type { VerificationKey } from '../prover/verificationKey.ts'
import { VerificationKeyMismatchError } from './errors.ts'

/**
 * Compares every key that is here with the active one in the rollup's VerifierRegistry. With others the
 * sequencer would admit what cannot be settled, or refuse what can. A circuit whose key is not here, or has none
 * active, is passed over: batches of such a size are not sealed.
 *
 * @throws {VerificationKeyMismatchError | BaseChainUnavailableError}
 */
export async function checkRegisteredKeys({
  client,
  rollup,
  prover,
}: {
  client: ChainClient
  rollup: `0x${string}`
  prover: Pick<Prover, 'verificationKey'>
}): Promise<void> {
  const { domain, common, blobs } = await getVerificationKeys(client, rollup)
  for (const circuit of Object.keys(CIRCUIT_IDS) as CircuitName[]) {
    const key = keyHere(prover, circuit)
    const blob = blobs[circuit]
    if (key === undefined || blob === undefined) continue
    const isEqual =
      String(commonWords(key)) === String(common) &&
      String(registeredWords(key, domain, domainPositionOf(circuit))) === String(blob)
    if (!isEqual) throw new VerificationKeyMismatchError({ circuit })
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
