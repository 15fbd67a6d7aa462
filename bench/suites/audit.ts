import { type Kernels, openKernels, openPortableKernels } from '../../prover/kernels.ts'
import { auditKeyFromSecret, auditKeyRing } from '../../regulator/auditKeys.ts'
import { isOpened, openRecords } from '../../regulator/openRecords.ts'
import { followChain } from '../../regulator/readChain.ts'
import { syntheticChain } from '../../test/support/syntheticChain.ts'
import type { Row, Suite } from '../row.ts'

/** Two a transfer: statistics and investigation. */
const SIZES = [1_000, 10_000, 100_000]
const MILLION = 1_000_000
/** Opened one by one, for comparison. */
const ONE_BY_ONE = 300

const s = auditKeyFromSecret('statistics', 11n)
const i = auditKeyFromSecret('investigation', 12n)
const keys = { statistics: auditKeyRing([s]), investigation: auditKeyRing([i]) }

/**
 * How fast supervisors read a settled chain: both records of each transfer opened, unpacked and checked against
 * each other and the notes. Making the chain up is not counted.
 */
export const suite: Suite = {
  name: 'audit',
  summary: 'records that supervisors open and check in a second',
  plots: [
    {
      title: 'Supervision against chain length',
      x: { label: 'records' },
      y: { label: 'time', unit: 's' },
    },
  ],
  headlines: [
    'audit.recordsPerSecond',
    'audit.millionRecordsSeconds',
    'audit.portableRecordsPerSecond',
    'audit.recordsOpenedPerSecond',
    'audit.memoryMiB',
  ],
  async run(say) {
    const rows: Row[] = []
    const isFull = process.env['CINNABAR_BENCH_FULL'] === '1'
    const native = openKernels()
    const kinds: [string, Kernels, number[]][] = [
      ['portable', openPortableKernels(), isFull ? [...SIZES, MILLION] : SIZES],
    ]
    if (native.kind === 'native') kinds.unshift(['native', native, [...SIZES, MILLION]])
    for (const [series, kernels, sizes] of kinds) {
      for (const size of sizes) {
        say(`${series}: ${size.toLocaleString('en')} records`)
        const { seconds, memory } = await measure(kernels, native, size)
        rows.push({
          ...{ name: `audit.${series}SecondsAt${size}`, value: seconds, unit: 's', size, series },
        })
        if (size !== sizes.at(-1)) continue
        const isFirst = series === kinds[0]?.[0]
        const speed = { value: size / seconds, unit: 'records/s' }
        if (isFirst) rows.push({ name: 'audit.recordsPerSecond', ...speed })
        if (isFirst && size === MILLION) {
          rows.push({ name: 'audit.millionRecordsSeconds', value: seconds, unit: 's' })
        }
        if (isFirst) rows.push({ name: 'audit.memoryMiB', value: memory, unit: 'MiB' })
        if (series === 'portable') rows.push({ name: 'audit.portableRecordsPerSecond', ...speed })
      }
    }
    say('one by one')
    rows.push(await measureOneByOne(native))
    return rows
  },
}

async function measure(kernels: Kernels, generator: Kernels, size: number) {
  const chain = await syntheticChain({
    kernels: generator,
    transfers: size / 2,
    auditKeys: { statistics: s, investigation: i },
  })
  let [memory, opened] = [0, 0]
  const started = performance.now()
  const { findings } = await followChain(
    chain,
    {
      ...{ fromBlock: 1n, kernels, ...keys },
      onProgress: () => {
        memory = Math.max(memory, process.memoryUsage().rss / 2 ** 20)
      },
    },
    (_batch, transfers) => {
      for (const { statistics, investigation } of transfers) {
        opened += Number(isOpened(statistics)) + Number(isOpened(investigation))
      }
    },
  )
  const seconds = (performance.now() - started) / 1_000 - chain.generatorSeconds
  if (opened !== size || findings.length > 0)
    throw new Error('the records do not open as they should')
  return { seconds, memory }
}

async function measureOneByOne(generator: Kernels): Promise<Row> {
  const chain = await syntheticChain({
    kernels: generator,
    transfers: ONE_BY_ONE,
    auditKeys: { statistics: s, investigation: i },
  })
  const { number } = await chain.getHead()
  const events = await chain.getEvents({ from: 1n, to: number })
  const started = performance.now()
  for (const event of events) if (event.type === 'batchSettled') openRecords(event, keys)
  const seconds = (performance.now() - started) / 1_000
  return {
    name: 'audit.recordsOpenedPerSecond',
    value: (2 * ONE_BY_ONE) / seconds,
    unit: 'records/s',
  }
}
