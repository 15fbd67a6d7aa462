import type { ChainEvent, SettledDeposit, SettledTransfer } from '../l1/chainEvents.ts'
import type { CurvePoint } from '../protocol/babyjubjub.ts'
import { DEPOSIT_CIPHERTEXT_BYTES, MEMO_BYTES } from '../protocol/constants.ts'
import { bigintToBytes, isFieldElement } from '../protocol/field.ts'
import type { Keys } from '../protocol/keys.ts'
import type { Kernels } from '../prover/kernels.ts'
import { WorkerPool } from '../prover/portable/workerPool.ts'
import { POINT_BYTES, readPoint, runTrial, type TrialRequest, writePoint } from './trialTasks.ts'

/** What carries a ciphertext: compared by identity. */
export type Sealed = SettledTransfer | Pick<SettledDeposit, 'recipient' | 'ciphertext'>

/** A memo or deposit that opens: the point that opens it, and which of a memo's slots. */
export type Found = { readonly shared: CurvePoint; readonly slots: readonly (1 | 2 | 3)[] }

/** All ciphertexts of a stretch were tried; those that are not here do not open. */
export type Trials = ReadonlyMap<Sealed, Found>

/** Tried together. Large enough for all cores, small enough that their bytes do not count. */
const TOGETHER = 4_096
/** Fewer are tried in this thread: others would have to start first. */
const INLINE = 64

const SLOTS = [1, 2, 3] as const

let pool: WorkerPool<TrialRequest, Uint8Array> | undefined

function run(request: TrialRequest, count: number): Promise<Uint8Array> {
  if (count <= INLINE) return Promise.resolve(runTrial(request))
  pool ??= new WorkerPool(new URL('./trialWorker.ts', import.meta.url), {})
  return pool.run(request)
}

/**
 * Tries every memo and deposit of the events with the viewing key: all multiplications together, then the
 * tags, on all cores. Gives the same notes as `openTransferNotes` and `openDepositNote` one by one: whether
 * a point is in the subgroup is asked of those alone that open something, since the others change nothing
 * whatever they are.
 */
export async function tryCiphertexts(
  { kernels, viewingKey }: { kernels: Kernels } & Pick<Keys, 'viewingKey'>,
  events: readonly ChainEvent[],
): Promise<Trials> {
  const scalar = bigintToBytes(viewingKey, 32).reverse()
  const transfers = events.flatMap((event) =>
    event.type === 'batchSettled' ? event.transfers : [],
  )
  const deposits = events.flatMap((event): (Sealed & { ciphertext: Uint8Array })[] => {
    if (event.type === 'depositQueued') return [event]
    return event.type === 'batchSettled' ? [...event.deposits] : []
  })
  const opening: Opening[] = []
  const tried: Promise<void>[] = []
  for (let at = 0; at < transfers.length; at += TOGETHER) {
    const part = transfers.slice(at, at + TOGETHER)
    const { ephemerals, memos } = encodeTransfers(part)
    const { points: shared } = await kernels.multiplyMany(ephemerals, scalar)
    // The next multiplications run while the tags are looked at.
    tried.push(
      ...cut(part.length).map(async ([from, to]) => {
        const masks = await run(
          {
            kind: 'memos',
            memos: memos.slice(from * MEMO_BYTES, to * MEMO_BYTES),
            ephemerals: ephemerals.slice(from * POINT_BYTES, to * POINT_BYTES),
            shared: shared.slice(from * POINT_BYTES, to * POINT_BYTES),
          },
          to - from,
        )
        masks.forEach((mask, i) => {
          const sealed = part[from + i]
          if (mask === 0 || sealed === undefined) return
          const slots = SLOTS.filter((slot) => (mask & (1 << (slot - 1))) !== 0)
          const ephemeral = readPoint(ephemerals, from + i)
          opening.push({ sealed, ephemeral, shared: readPoint(shared, from + i), slots })
        })
      }),
    )
  }
  const readable = deposits.filter(
    ({ ciphertext }) => ciphertext.length === DEPOSIT_CIPHERTEXT_BYTES,
  )
  for (let at = 0; at < readable.length; at += TOGETHER) {
    opening.push(...(await tryDeposits(kernels, scalar, readable.slice(at, at + TOGETHER))))
  }
  await Promise.all(tried)
  return keepSubgroup(kernels, opening)
}

type Opening = Found & { readonly sealed: Sealed; readonly ephemeral: CurvePoint }

async function tryDeposits(
  kernels: Kernels,
  scalar: Uint8Array,
  deposits: readonly (Sealed & { ciphertext: Uint8Array })[],
): Promise<Opening[]> {
  const opening: Opening[] = []
  await Promise.all(
    cut(deposits.length).map(async ([from, to]) => {
      const part = deposits.slice(from, to)
      const ciphertexts = new Uint8Array(part.length * DEPOSIT_CIPHERTEXT_BYTES)
      part.forEach(({ ciphertext }, i) => ciphertexts.set(ciphertext, i * DEPOSIT_CIPHERTEXT_BYTES))
      const ephemerals = await run({ kind: 'depositPoints', ciphertexts }, part.length)
      const { points: shared } = await kernels.multiplyMany(ephemerals, scalar)
      const found = await run({ kind: 'deposits', ciphertexts, shared }, part.length)
      part.forEach((sealed, i) => {
        if (found[i] !== 1) return
        const ephemeral = readPoint(ephemerals, i)
        opening.push({ sealed, ephemeral, shared: readPoint(shared, i), slots: [] })
      })
    }),
  )
  return opening
}

async function keepSubgroup(kernels: Kernels, opening: readonly Opening[]): Promise<Trials> {
  const points = new Uint8Array(opening.length * POINT_BYTES)
  opening.forEach(({ ephemeral }, i) => writePoint(points, i, ephemeral))
  const isInSubgroup = await kernels.areSubgroupPoints(points)
  return new Map(
    opening.flatMap(({ sealed, shared, slots }, i) =>
      isInSubgroup[i] === 1 ? [[sealed, { shared, slots }] as const] : [],
    ),
  )
}

function encodeTransfers(transfers: readonly SettledTransfer[]): {
  ephemerals: Uint8Array
  memos: Uint8Array
} {
  const ephemerals = new Uint8Array(transfers.length * POINT_BYTES)
  const memos = new Uint8Array(transfers.length * MEMO_BYTES)
  transfers.forEach(({ publicInputs, memo }, i) => {
    const [x, y] = publicInputs.ephemeral
    // What is not canonical stays (0, 0), which is no point either.
    if (isFieldElement(x) && isFieldElement(y)) writePoint(ephemerals, i, { x, y })
    memos.set(memo.subarray(0, MEMO_BYTES), i * MEMO_BYTES)
  })
  return { ephemerals, memos }
}

/** Ranges of a few hundred, so that all threads get some. */
function cut(count: number): [from: number, to: number][] {
  const size = 512
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => [
    i * size,
    Math.min(count, (i + 1) * size),
  ])
}
