import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openKernels } from '../../prover/kernels.ts'
import { kernelHasher } from '../../sequencer/state/kernelHasher.ts'
import { LmdbStateStore } from '../../sequencer/state/lmdbStateStore.ts'
import { largeState } from '../largeState.ts'
import type { Row, Suite } from '../row.ts'

/** Nullifier leaves; each comes with four note leaves. */
const SIZES = [
  { count: 10_000, label: '10k' },
  { count: 100_000, label: '100k' },
  { count: 1_000_000, label: '1M' },
  { count: 10_000_000, label: '10M' },
]
/** Full batches of 16 that are applied to each. */
const BATCHES = { native: 256, portable: 8 } as const

type Measured = {
  openSeconds: number
  insertsPerSecond: number
  pathsPerSecond: number
  memoryMiB: number
  residentMiB: number
}

/**
 * What a sequencer's state costs against its size, in files of its own and a process of its own: opening it,
 * inserting nullifiers with their notes, reading paths, memory, disk. What was just written is in the
 * system's cache, as it is on a machine with memory to spare.
 */
export const suite: Suite = {
  name: 'state',
  summary:
    'trees of up to ten million nullifiers and four times as many notes (CINNABAR_BENCH_QUICK=1: one)',
  plots: [
    {
      title: 'Insertions against tree size, batches of 16',
      x: { label: 'nullifiers in the tree' },
      y: { label: 'insertions', unit: '1/s' },
    },
    {
      name: 'open',
      title: 'Opening a state against tree size',
      x: { label: 'nullifiers in the tree' },
      y: { label: 'time', unit: 's' },
    },
  ],
  headlines: [
    'state.insertsPerSecondAt10M',
    'state.portableInsertsPerSecondAt10M',
    'state.openSecondsAt10M',
    'state.memoryMiBAt10M',
    'state.diskBytesPerNullifierAt10M',
    'state.pathsPerSecondAt10M',
  ],
  async run(say) {
    const rows: Row[] = []
    const kernels = openKernels()
    // Without native code, hashing ten million leaves alone takes an hour.
    const isQuick = process.env['CINNABAR_BENCH_QUICK'] === '1' || kernels.kind !== 'native'
    for (const { count: size, label } of isQuick ? SIZES.slice(0, -1) : SIZES) {
      const directory = mkdtempSync(join(tmpdir(), 'cinnabar-bench-state-'))
      try {
        say(`${label}: building`)
        const started = performance.now()
        const store = await LmdbStateStore.open({
          directory,
          domain: 1n,
          hasher: kernelHasher(kernels),
        })
        await store.load(largeState(size, kernels), kernels)
        await store.close()
        const buildSeconds = (performance.now() - started) / 1_000
        const bytes = statSync(join(directory, 'data.mdb')).size
        const kinds =
          kernels.kind === 'native' ? (['native', 'portable'] as const) : (['portable'] as const)
        for (const kind of kinds) {
          say(`${label}: inserting, ${kind} hashes`)
          const measured = await measure(directory, kind)
          const prefix = kind === 'native' ? 'inserts' : 'portableInserts'
          rows.push({
            name: `state.${prefix}PerSecondAt${label}`,
            value: measured.insertsPerSecond,
            unit: '1/s',
            size,
            series: `${kind} hashes`,
          })
          if (kind !== kinds[0]) continue
          rows.push(
            {
              name: `state.openSecondsAt${label}`,
              value: measured.openSeconds,
              unit: 's',
              size,
              plot: 'open',
            },
            { name: `state.memoryMiBAt${label}`, value: measured.memoryMiB, unit: 'MiB' },
            { name: `state.residentMiBAt${label}`, value: measured.residentMiB, unit: 'MiB' },
            { name: `state.pathsPerSecondAt${label}`, value: measured.pathsPerSecond, unit: '1/s' },
          )
        }
        rows.push(
          { name: `state.diskBytesPerNullifierAt${label}`, value: bytes / size, unit: 'B' },
          { name: `state.buildSecondsAt${label}`, value: buildSeconds, unit: 's' },
        )
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    }
    return rows
  },
}

async function measure(directory: string, kind: 'native' | 'portable'): Promise<Measured> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, '../stateChild.ts'),
    ...[directory, kind, String(BATCHES[kind]), kind],
  ])
  return JSON.parse(stdout) as Measured
}
