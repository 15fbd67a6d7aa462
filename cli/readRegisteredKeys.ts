import { createChainClient } from '../l1/client.ts'
import { getVerificationKeys } from '../l1/verificationKeys.ts'
import type { RegisteredKeys } from '../prover/ceremony/verifyKeys.ts'

/** The look at the base chain that `cinnabar setup verify` is lent: `prover/` must not have it itself. */
export function readRegisteredKeys({
  rpcUrl,
  rollup,
}: {
  rpcUrl: string
  rollup: `0x${string}`
}): Promise<RegisteredKeys> {
  return getVerificationKeys(createChainClient({ rpcUrl }), rollup)
}
