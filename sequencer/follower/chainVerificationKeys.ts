import type { CircuitName } from '../../protocol/constants.ts'
import { countPublicInputs } from '../../protocol/publicInputs.ts'
import { checkVerificationKey } from '../../prover/checkVerificationKey.ts'
import { domainPositionOf, keyFromRegisteredWords } from '../../prover/registeredWords.ts'
import type { VerificationKey } from '../../prover/verificationKey.ts'
import type { AnnouncedKey } from './keyHistory.ts'

type Hex = `0x${string}`

export type ChainVerificationKeysParameters = {
  /** alpha, beta and gamma, which all keys share for good. */
  readCommon: () => Promise<readonly bigint[]>
  /** The words that were registered under an announcement, checked against its hash. */
  readKey: (key: AnnouncedKey) => Promise<readonly bigint[]>
}

export type ChainVerificationKey = {
  /** Of all public inputs but the domain, whose share is part of it. */
  readonly verificationKey: VerificationKey
  /** Where the domain stands among the public inputs; −1 where a circuit has none. */
  readonly domainPosition: number
}

/** Verification keys as the base chain has them: nothing of this machine decides what is accepted. */
export class ChainVerificationKeys {
  readonly #parameters: ChainVerificationKeysParameters
  /** By hash: another history of the chain may have another key under the same number. */
  readonly #known = new Map<Hex, Promise<ChainVerificationKey>>()
  #common: Promise<readonly bigint[]> | undefined

  constructor(parameters: ChainVerificationKeysParameters) {
    this.#parameters = parameters
  }

  /** @throws {VerificationKeyError} where anybody could forge under the key. */
  get(circuit: CircuitName, key: AnnouncedKey): Promise<ChainVerificationKey> {
    let known = this.#known.get(key.keyHash)
    if (known === undefined) {
      known = this.#read(circuit, key)
      this.#known.set(key.keyHash, known)
      // A node that did not answer is asked again.
      known.catch(() => this.#known.delete(key.keyHash))
    }
    return known
  }

  async #read(circuit: CircuitName, key: AnnouncedKey): Promise<ChainVerificationKey> {
    const { readCommon, readKey } = this.#parameters
    this.#common ??= readCommon().catch((error: unknown) => {
      this.#common = undefined
      throw error
    })
    const verificationKey = keyFromRegisteredWords(await this.#common, await readKey(key))
    const domainPosition = domainPositionOf(circuit)
    const publicSignals = countPublicInputs(circuit) - (domainPosition === -1 ? 0 : 1)
    await checkVerificationKey(verificationKey, { publicSignals })
    return { verificationKey, domainPosition }
  }
}
