import type { RegisteredVerificationKeys } from '../l1/verificationKeys.ts'
import { BATCH_CIRCUITS, type BatchCircuit, type CircuitName } from '../protocol/constants.ts'
import type { Prover } from '../prover/prover.ts'
import { keyFromRegisteredWords } from '../prover/registeredWords.ts'
import { NotReadyError } from './admission/errors.ts'
import { compareKeys, type KeyStanding } from './checkRegisteredKeys.ts'
import { Loop, type LoopReporter } from './loop.ts'
import type { SunsetKeys } from './settlement/findSunsetProofs.ts'

export type KeyWatcherParameters = {
  getKeys: () => Promise<RegisteredVerificationKeys>
  prover: Pick<Prover, 'verificationKey'>
  intervalMs: number
  reporter: LoopReporter
  /** Others are outdated than before. */
  onChange: (outdated: readonly CircuitName[]) => void
}

/** What users prove: without the active keys of these nothing is admitted. */
const ADMITTED = ['transfer', 'collect'] as const

/**
 * Knows which keys of this machine are the base chain's, so that nothing is admitted or sealed under one that was
 * replaced; and which replaced ones are usable still, so that what was proved for them is settled
 * (docs/spec/verifier-registry.md).
 */
export class KeyWatcher extends Loop {
  override readonly name = 'key watcher'
  readonly #parameters: KeyWatcherParameters
  #known: { text: string; standings: Map<CircuitName, KeyStanding>; sunset: SunsetKeys } | undefined

  constructor(parameters: KeyWatcherParameters) {
    super({ intervalMs: parameters.intervalMs, reporter: parameters.reporter })
    this.#parameters = parameters
  }

  override async tick(): Promise<void> {
    await this.refresh()
  }

  /** @returns whether the base chain's keys are others than they were. */
  async refresh(): Promise<boolean> {
    const { getKeys, prover, onChange } = this.#parameters
    const registered = await getKeys()
    const { domain, common, blobs, sunsetBlobs } = registered
    const text = [common, ...Object.entries(blobs), ...Object.entries(sunsetBlobs)].join(' ')
    if (text === this.#known?.text) return false
    const before = this.outdated
    const isFirst = this.#known === undefined
    const keys = new Map(
      Object.entries(sunsetBlobs).map(([circuit, words]) => [
        circuit as CircuitName,
        keyFromRegisteredWords(common, words),
      ]),
    )
    const standings = compareKeys(registered, prover)
    this.#known = { text, standings, sunset: { domain, keys } }
    if (String(this.outdated) !== String(before)) onChange(this.outdated)
    return !isFirst
  }

  /** Sizes whose key is here and active, smallest first; undefined before the first look. */
  get batchCircuits(): BatchCircuit[] | undefined {
    const standings = this.#known?.standings
    if (standings === undefined) return undefined
    return (Object.keys(BATCH_CIRCUITS) as BatchCircuit[])
      .filter((circuit) => standings.get(circuit) === 'active')
      .sort((a, b) => BATCH_CIRCUITS[a].size - BATCH_CIRCUITS[b].size)
  }

  /** Replaced keys, of whatever machine, that the contract takes still. */
  get sunset(): SunsetKeys | undefined {
    return this.#known?.sunset
  }

  /** Circuits for want of whose active key nothing is admitted: those of users, or every size of batch. */
  get outdated(): CircuitName[] {
    const standings = this.#known?.standings
    const isOutdated = (circuit: CircuitName) =>
      standings?.get(circuit) === 'sunset' || standings?.get(circuit) === 'other'
    const sizes = this.batchCircuits?.length === 0 ? Object.keys(BATCH_CIRCUITS) : []
    return [...ADMITTED, ...(sizes as BatchCircuit[])].filter(isOutdated)
  }

  /** @throws {NotReadyError} where what is promised now might be proved for a key that was replaced. */
  check(): void {
    const { outdated } = this
    if (outdated.length === 0) return
    throw new NotReadyError({ what: `the active verification key of ${outdated.join(', ')}` })
  }
}
