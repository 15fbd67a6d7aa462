import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deploymentDomain } from '../../protocol/domain.ts'
import { type Kernels, openKernels, openPortableKernels } from '../../prover/kernels.ts'
import { recordedDeployment } from '../../test/support/recordedChain.ts'
import { syntheticChain } from '../../test/support/syntheticChain.ts'
import { syncSettled } from '../../wallet/syncSettled.ts'
import { createWallet, openWallet } from '../../wallet/wallet.ts'
import type { Row, Suite } from '../row.ts'

const LEAVES_PER_TRANSFER = 64 / 15
const SIZES = [1_000, 10_000, 100_000]
const MILLION = 1_000_000
const passphrase = 'correct horse battery'
const mnemonic = 'test test test test test test test test test test test junk'

/**
 * How fast a wallet reads a settled chain in which one transfer of a thousand pays it. Making the chain up is
 * not counted; opening the wallet, files and their safe writing are.
 */
export const suite: Suite = {
  name: 'sync',
  summary: 'notes that a wallet reads in a second (CINNABAR_BENCH_FULL=1: a million portably too)',
  plots: [
    {
      title: 'Wallet sync against chain length',
      x: { label: 'notes' },
      y: { label: 'time', unit: 's' },
    },
  ],
  headlines: [
    'sync.notesPerSecond',
    'sync.millionNotesSeconds',
    'sync.portableNotesPerSecond',
    'sync.memoryMiB',
    'sync.reopenMilliseconds',
  ],
  async run(say) {
    const rows: Row[] = []
    const isFull = process.env['CINNABAR_BENCH_FULL'] === '1'
    const kinds: [string, Kernels, number[]][] = [
      ['portable', openPortableKernels(), isFull ? [...SIZES, MILLION] : SIZES],
    ]
    const native = openKernels()
    if (native.kind === 'native') kinds.unshift(['native', native, [...SIZES, MILLION]])
    for (const [series, kernels, sizes] of kinds) {
      for (const size of sizes) {
        say(`${series}: ${size.toLocaleString('en')} notes`)
        const { seconds, leaves, memory, reopenMs } = await measure(kernels, native, size)
        rows.push({
          name: `sync.${series}SecondsAt${size}`,
          value: seconds,
          unit: 's',
          size,
          series,
        })
        if (size !== sizes.at(-1)) continue
        const isFirst = series === kinds[0]?.[0]
        const speed = { value: leaves / seconds, unit: 'notes/s' }
        if (isFirst) rows.push({ name: 'sync.notesPerSecond', ...speed })
        if (isFirst && size === MILLION) {
          rows.push({ name: 'sync.millionNotesSeconds', value: seconds, unit: 's' })
        }
        if (series === 'portable') rows.push({ name: 'sync.portableNotesPerSecond', ...speed })
        if (isFirst) {
          rows.push({ name: 'sync.memoryMiB', value: memory, unit: 'MiB' })
          rows.push({ name: 'sync.reopenMilliseconds', value: reopenMs, unit: 'ms' })
        }
      }
    }
    return rows
  },
}

async function measure(kernels: Kernels, generator: Kernels, size: number) {
  const dir = join(mkdtempSync(join(tmpdir(), 'cinnabar-sync-')), 'wallet')
  const deployment = recordedDeployment
  const wallet = await createWallet({ kernels }, { dir, passphrase, deployment, mnemonic })
  try {
    if (wallet.domain !== deploymentDomain(deployment)) throw new Error('another deployment')
    const chain = await syntheticChain({
      kernels: generator,
      transfers: Math.ceil(size / LEAVES_PER_TRANSFER),
      payee: { keys: wallet.keys, identityIndex: 20n },
    })
    let memory = 0
    const started = performance.now()
    await syncSettled(
      { wallet, chain },
      {
        confirmations: 0n,
        onProgress: () => {
          memory = Math.max(memory, process.memoryUsage().rss / 2 ** 20)
        },
      },
    )
    const seconds = (performance.now() - started) / 1_000 - chain.generatorSeconds
    const { notes } = wallet.state.ledger
    if (notes.length !== chain.payments) throw new Error('not all payments were found')
    wallet.close()
    // Most of it derives the key from the passphrase.
    const reopening = performance.now()
    const again = await openWallet({ kernels }, { dir, passphrase, deployment })
    const reopenMs = performance.now() - reopening
    if (again.state.ledger.notes.length !== chain.payments) throw new Error('the ledger was lost')
    again.close()
    return { seconds, leaves: chain.leaves, memory, reopenMs }
  } finally {
    rmSync(join(dir, '..'), { recursive: true, force: true })
  }
}
