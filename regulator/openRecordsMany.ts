import type { ChainEventOf, SettledTransfer } from '../l1/chainEvents.ts'
import {
  INVESTIGATION_MASKS,
  type InvestigationRecord,
  STATISTICS_MASKS,
  unmaskInvestigation,
  unmaskStatistics,
} from '../protocol/auditRecord.ts'
import type { Domain } from '../protocol/constants.ts'
import { bigintToBytes, isFieldElement } from '../protocol/field.ts'
import { NODE_BYTES, readNode, writeNode } from '../protocol/nodeStore.ts'
import type { Kernels } from '../prover/kernels.ts'
import type { AuditKeyRing } from './auditKeys.ts'
import {
  eitherKey,
  isOpened,
  openedTransfer,
  type OpenedTransfer,
  orMalformed,
  type RecordFault,
  type RecordKeys,
} from './openRecords.ts'

type BatchSettled = ChainEventOf<'batchSettled'>

/** x, then y, 32 bytes each, little endian: two inputs of a mask's hash as they are. */
const POINT_BYTES = 2 * NODE_BYTES
/** Opened together: enough for all cores, few enough that their bytes do not count. */
const TOGETHER = 8_192

/**
 * `openRecords` for many batches: equal results, with the points of each key multiplied together and the
 * masks hashed together, on all cores.
 *
 * @returns the opened transfers of each batch.
 */
export async function openRecordsMany(
  { kernels, keys }: { kernels: Kernels; keys: RecordKeys },
  batches: readonly BatchSettled[],
): Promise<OpenedTransfer[][]> {
  const transfers = batches.flatMap((batch) => batch.transfers)
  const opened = batches.map((): OpenedTransfer[] => [])
  let [batchAt, slotAt] = [0, 0]
  // The next stretch is computed while this one is unpacked.
  let coming = openHalves(kernels, keys, transfers.slice(0, TOGETHER))
  for (let at = 0; at < transfers.length; at += TOGETHER) {
    const halves = await coming
    coming = openHalves(kernels, keys, transfers.slice(at + TOGETHER, at + 2 * TOGETHER))
    for (let i = 0; i < TOGETHER && at + i < transfers.length; i++) {
      while (slotAt >= (batches[batchAt]?.transfers.length ?? Infinity))
        [batchAt, slotAt] = [batchAt + 1, 0]
      const batch = batches[batchAt]
      const transfer = batch?.transfers[slotAt++]
      if (batch === undefined || transfer === undefined) break
      const half = halves[i]
      if (half !== undefined) opened[batchAt]?.push(openedTransfer(batch, transfer, half))
    }
  }
  await coming
  return opened
}

/** What was opened of one transfer. */
type Half = Pick<OpenedTransfer, 'statistics' | 'investigation' | 'investigationKey'>

/** The masks of a transfer's record, or why there are none. */
type Pads = (i: number) => readonly bigint[] | RecordFault

function read<R>(
  pads: readonly bigint[] | RecordFault,
  unmask: (pads: readonly bigint[]) => R,
): R | RecordFault {
  return typeof pads === 'string' ? pads : orMalformed(() => unmask(pads))
}

async function openHalves(
  kernels: Kernels,
  keys: RecordKeys,
  transfers: readonly SettledTransfer[],
): Promise<Half[]> {
  const ephemerals = new Uint8Array(transfers.length * POINT_BYTES)
  transfers.forEach(({ publicInputs }, i) => {
    const [x, y] = publicInputs.ephemeral
    // What is not canonical stays (0, 0), which is no point either.
    if (!isFieldElement(x) || !isFieldElement(y)) return
    writeNode(ephemerals, i * POINT_BYTES, x)
    writeNode(ephemerals, i * POINT_BYTES + NODE_BYTES, y)
  })
  const domainsOf = ({ publicInputs }: SettledTransfer): readonly Domain[] =>
    INVESTIGATION_MASKS.slice(0, publicInputs.investigationCiphertext.length)
  const readInvestigation = (pads: Pads, i: number): InvestigationRecord | RecordFault =>
    read(pads(i), (masks) =>
      unmaskInvestigation(masks, transfers[i]?.publicInputs.investigationCiphertext ?? []),
    )
  const [statistics, withI] = await Promise.all([
    computePads({ kernels, ring: keys.statistics, ephemerals }, transfers, {
      keyOf: ({ publicInputs }) => publicInputs.auditKeyS,
      domainsOf: () => STATISTICS_MASKS,
    }),
    computePads({ kernels, ring: keys.investigation, ephemerals }, transfers, {
      keyOf: ({ publicInputs }) => publicInputs.auditKeyI,
      domainsOf,
    }),
  ])
  const underI = transfers.map((_, i) => readInvestigation(withI, i))
  // Few are above a threshold, so only what I does not open is multiplied by L.
  const withL = await computePads({ kernels, ring: keys.largeValue, ephemerals }, transfers, {
    keyOf: ({ publicInputs }) => publicInputs.auditKeyL,
    domainsOf,
    isWanted: (i) => !isOpened(underI[i] ?? 'keyMissing'),
  })
  return transfers.map(({ publicInputs }, i) => ({
    statistics: read(statistics(i), (pads) =>
      unmaskStatistics(pads, publicInputs.statisticsCiphertext),
    ),
    ...eitherKey(underI[i] ?? 'keyMissing', () => readInvestigation(withL, i)),
  }))
}

/** auditSecret·R of all transfers of each key, then the masks. */
async function computePads(
  {
    kernels,
    ring,
    ephemerals,
  }: { kernels: Kernels; ring: AuditKeyRing | undefined; ephemerals: Uint8Array },
  transfers: readonly SettledTransfer[],
  {
    keyOf,
    domainsOf,
    isWanted = () => true,
  }: {
    keyOf: (transfer: SettledTransfer) => readonly [bigint, bigint]
    domainsOf: (transfer: SettledTransfer) => readonly Domain[]
    /** Default: all. */
    isWanted?: (i: number) => boolean
  },
): Promise<Pads> {
  const pads = new Array<bigint[] | RecordFault>(transfers.length).fill('keyMissing')
  if (ring === undefined) return (i) => pads[i] ?? 'keyMissing'
  // An epoch lasts a month, so these are few.
  const places = new Map<bigint, number[]>()
  let last: { x: bigint; y: bigint; secret: bigint | undefined } | undefined
  transfers.forEach((transfer, i) => {
    if (!isWanted(i)) return
    const [x, y] = keyOf(transfer)
    if (last?.x !== x || last.y !== y) last = { x, y, secret: ring.secretOf({ x, y }) }
    const { secret } = last
    if (secret === undefined) return
    const known = places.get(secret)
    if (known === undefined) places.set(secret, [i])
    else known.push(i)
  })
  await Promise.all(
    [...places].map(async ([secret, indexes]) => {
      const scalar = bigintToBytes(secret, NODE_BYTES).reverse()
      const points = pick(ephemerals, indexes)
      const { points: shared, isValid } = await kernels.multiplyMany(points, scalar)
      indexes.forEach((index, i) => {
        pads[index] = isValid[i] === 1 ? [] : 'ephemeralInvalid'
      })
      const byDomain = new Map<Domain, number[]>()
      indexes.forEach((index, i) => {
        const transfer = transfers[index]
        if (transfer === undefined || isValid[i] !== 1) return
        for (const domain of domainsOf(transfer)) {
          const known = byDomain.get(domain)
          if (known === undefined) byDomain.set(domain, [i])
          else known.push(i)
        }
      })
      // Domain after domain, so that each record's masks come in the order of its words.
      for (const [domain, chosen] of byDomain) {
        const inputs = pick(shared, chosen)
        const hashes = await kernels.hashMany({ initialState: domain, arity: 2, inputs })
        chosen.forEach((at, i) => {
          const known = pads[indexes[at] ?? -1]
          if (typeof known === 'object') known.push(readNode(hashes, i * NODE_BYTES))
        })
      }
    }),
  )
  return (i) => pads[i] ?? 'keyMissing'
}

function pick(points: Uint8Array, indexes: readonly number[]): Uint8Array {
  const picked = new Uint8Array(indexes.length * POINT_BYTES)
  indexes.forEach((index, i) => {
    picked.set(points.subarray(index * POINT_BYTES, (index + 1) * POINT_BYTES), i * POINT_BYTES)
  })
  return picked
}
