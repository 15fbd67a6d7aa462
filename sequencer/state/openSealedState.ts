import { openKernels } from '../../prover/kernels.ts'
import type { Database } from '../store/database.ts'
import { StateTakenError } from './errors.ts'
import { kernelHasher } from './kernelHasher.ts'
import { openStateStore } from './lmdbStateStore.ts'
import { type Restoration, rebuildState, restoreState } from './restoreState.ts'
import { SealedState } from './sealedState.ts'
import { MemoryStateStore } from './stateStore.ts'

export type OpenSealedStateParameters = {
  database: Database
  /** The deployment's. */
  domain: bigint
  /** Where the state is kept; undefined: in memory, rebuilt at every start. */
  directory: string | undefined
  /** Another process took the directory: what is read from it can no longer be trusted. */
  onTaken: (error: Error) => void
}

export type SealedStateListener = {
  /** Something went wrong with the state's directory; nothing is lost by it. */
  onFailure: (error: unknown) => void
  onRestored: (restoration: Restoration) => void
}

export type OpenedSealedState = {
  readonly state: SealedState
  /** What it took to open it. */
  readonly restoration: Restoration
  /** Tells what happened so far, and from then on at once. */
  listen(listener: SealedStateListener): void
}

/**
 * Opens the state and brings it up to the database.
 *
 * @throws {StateDirectoryError | StateInconsistentError}
 */
export async function openSealedState({
  database,
  domain,
  directory,
  onTaken,
}: OpenSealedStateParameters): Promise<OpenedSealedState> {
  const hasher = kernelHasher(openKernels())
  const { store, discarded }: Awaited<ReturnType<typeof openStateStore>> =
    directory === undefined
      ? { store: new MemoryStateStore(hasher) }
      : await openStateStore({ directory, domain, hasher })

  let listener: SealedStateListener | undefined
  const early: ((listener: SealedStateListener) => void)[] = []
  const tell = (event: (listener: SealedStateListener) => void) => {
    if (listener === undefined) early.push(event)
    else event(listener)
  }
  const state: SealedState = new SealedState(store, {
    onFlushFailure(error) {
      tell(({ onFailure }) => {
        onFailure(error)
      })
      if (error instanceof StateTakenError) onTaken(error)
    },
    async onDamaged(error) {
      tell(({ onFailure }) => {
        onFailure(error)
      })
      const rebuilt = await rebuildState(database, state, error.what)
      tell(({ onRestored }) => {
        onRestored(rebuilt)
      })
    },
  })
  try {
    const restored = await restoreState(database, state)
    state.flush()
    const restoration =
      discarded === undefined ? restored : { ...restored, rebuiltBecause: discarded }
    tell(({ onRestored }) => {
      onRestored(restoration)
    })
    return {
      state,
      restoration,
      listen(listening) {
        listener = listening
        for (const event of early.splice(0)) event(listening)
      },
    }
  } catch (error) {
    await state.close()
    throw error
  }
}
