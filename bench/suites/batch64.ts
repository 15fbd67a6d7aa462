import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { type ApiClient, createApiClient, decodeBatchBody } from '../../api/index.ts'
import { circuitPaths } from '../../circuits/locateCircuit.ts'
import { type Devnet, startDevnet } from '../../demo/devnet.ts'
import { getSettledState } from '../../l1/reads.ts'
import { bytesToHex } from '../../protocol/field.ts'
import { BATCH_CIRCUITS, type BatchCircuit } from '../../protocol/constants.ts'
import { circuitsWithKeys } from '../../prover/loadKeys.ts'
import { createProver, type Prover } from '../../prover/prover.ts'
import { defaultLimits } from '../../sequencer/server/limits.ts'
import { startSequencer } from '../../sequencer/startSequencer.ts'
import { type LivePayer, provePayment, registerPayer } from '../../test/support/livePayers.ts'
import { sampleInputs } from '../../test/support/sampleInputs.ts'
import { SettleBuilder, settle, startTestRollup } from '../../test/support/settlement.ts'
import { waitFor } from '../../test/support/waitFor.ts'
import { median, type Row, type Suite } from '../row.ts'

const RUNS = 3
const circuits = Object.keys(BATCH_CIRCUITS) as BatchCircuit[]

/**
 * A full batch of each size beside the others: proof, gas for each transfer, and one real batch of 64 settled. The
 * circuit of 64 is made on demand (`npm run setup -- batch-64`); without its key its rows are left out.
 */
export const suite: Suite = {
  name: 'batch64',
  summary:
    'batches of 4, 16 and 64: proofs, gas a transfer, and a full one of 64 settled with real proofs',
  plots: [
    {
      title: 'Gas a transfer against the size of a full batch, one batch in a call',
      x: { label: 'transfers in the batch' },
      y: { label: 'gas a transfer', scale: 'linear' },
    },
    {
      name: 'proof',
      title: 'Seconds of a proof against the transfers in a full batch',
      x: { label: 'transfers in the batch' },
      y: { label: 'proof', unit: 's' },
    },
  ],
  async run(say) {
    const rows = await gasRows(say)
    if (!circuitsWithKeys().includes('batch-64')) {
      say('batch-64 has no key here: npm run setup -- batch-64 makes it')
      return rows
    }
    const prover = createProver()
    try {
      rows.push(...(await proofRows(prover, say)), ...(await settleReal(say)))
    } finally {
      await prover.close()
    }
    return rows
  },
}

/** Simulated proofs, whose gas is that of real ones. */
async function gasRows(say: (line: string) => void): Promise<Row[]> {
  const rollup = await startTestRollup()
  try {
    const builder = new SettleBuilder(rollup, 'batch64')
    const rows: Row[] = []
    // What is written for the first time only.
    await settle(rollup, await builder.call([{ slots: [{}] }]))
    for (const circuit of circuits) {
      const { transferSlots } = BATCH_CIRCUITS[circuit]
      say(`${circuit}: settling ${String(transferSlots)} transfers`)
      const slots = Array.from({ length: transferSlots }, () => ({}))
      const call = await builder.call([{ circuit, slots }])
      const { gasUsed } = await settle(rollup, call)
      rows.push({
        name: `${compact(circuit)}.settleGasPerTransfer`,
        value: Number(gasUsed) / transferSlots,
        unit: 'gas',
        size: transferSlots,
      })
      if (circuit === 'batch-64') {
        rows.push({ name: 'batch64.settleGas', value: Number(gasUsed), unit: 'gas' })
      }
    }
    return rows
  } finally {
    await rollup.stop()
  }
}

async function proofRows(prover: Prover, say: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = []
  for (const circuit of circuits) {
    const inputs = sampleInputs(circuit)
    const proofs: number[] = []
    const witnesses: number[] = []
    for (let run = 0; run <= RUNS; run++) {
      say(`${circuit}: proof ${String(run)} of ${String(RUNS)}`)
      // The prover verifies what it has made before it answers.
      const { timings } = await prover.prove(circuit, inputs)
      if (run === 0) continue
      proofs.push(timings.proofMs / 1000)
      witnesses.push(timings.witnessMs / 1000)
    }
    const { transferSlots } = BATCH_CIRCUITS[circuit]
    const name = compact(circuit)
    rows.push(
      { name: `${name}.witnessSeconds`, value: median(witnesses), unit: 's' },
      {
        name: `${name}.proveSeconds`,
        value: median(proofs),
        unit: 's',
        size: transferSlots,
        plot: 'proof',
      },
      {
        name: `${name}.provedTransfersPerSecond`,
        value: transferSlots / median(proofs),
        unit: 'transfers/s',
      },
    )
  }
  const { zkeyPath, r1csPath } = circuitPaths('batch-64')
  rows.push(
    { name: 'batch64.provingKeyMegabytes', value: statSync(zkeyPath).size / 1e6, unit: 'MB' },
    { name: 'batch64.r1csMegabytes', value: statSync(r1csPath).size / 1e6, unit: 'MB' },
    { name: 'batch64.proverPeakMegabytes', value: peakOfChildren(), unit: 'MB' },
  )
  return rows
}

/**
 * 63 transfers with proofs of their own, through a sequencer into one batch of 64, proved and settled under real keys. Each opens
 * an account: what a transfer proves, costs and occupies does not depend on what it pays.
 */
async function settleReal(say: (line: string) => void): Promise<Row[]> {
  const { transferSlots } = BATCH_CIRCUITS['batch-64']
  const devnet = await startDevnet({ onProgress: () => undefined })
  try {
    const assets = devnet.deployment.assets.map(({ asset }) => asset)
    const payers = await registerPayers(devnet, Math.ceil(transferSlots / assets.length), say)
    const accounts = payers.flatMap((payer) => assets.map((asset) => ({ payer, asset })))
    // It reads all registrations before it takes the first transfer.
    const running = await startSequencer({
      deployment: devnet.deployment,
      rpcUrl: devnet.chain.rpcUrl,
      databaseUrl: devnet.postgres.url,
      l1PrivateKey: devnet.accounts.sequencer.privateKey,
      receiptPrivateKey: bytesToHex(randomBytes(32)),
      feeRecipient: devnet.accounts.feeRecipient.address,
      // Longer than all proofs take: the batch is sealed when it is full.
      batchAgeMs: 3_600_000,
      pollMs: 100,
      prover: devnet.prover,
      limits: { ...defaultLimits, requestsPerMinute: 100_000 },
    })
    try {
      const api = createApiClient({ url: running.url })
      return await settleFull(devnet, api, accounts.slice(0, transferSlots), say)
    } finally {
      await running.stop()
    }
  } finally {
    await devnet.stop()
  }
}

async function registerPayers(
  devnet: Devnet,
  count: number,
  say: (line: string) => void,
): Promise<LivePayer[]> {
  const payers: LivePayer[] = []
  for (let index = 1; payers.length < count; index++) {
    say(`registering payer ${String(index)} of ${String(count)}`)
    payers.push(
      await registerPayer(devnet, { name: `payer ${String(index)}`, index: BigInt(index) }),
    )
  }
  return payers
}

async function settleFull(
  devnet: Devnet,
  api: ApiClient,
  accounts: readonly { payer: LivePayer; asset: bigint }[],
  say: (line: string) => void,
): Promise<Row[]> {
  const count = accounts.length
  let id = ''
  for (const [i, { payer, asset }] of accounts.entries()) {
    say(`transfer ${String(i + 1)} of ${String(count)}`)
    const { submission } = await provePayment(devnet, api, payer, { asset })
    id = (await api.submitTransfer(submission)).id
  }
  say('batch-64: sealed, proved and settled')
  const { l1Transaction, batchNumber } = await waitFor(
    'settled batch of 64',
    async () => {
      const state = await api.getTransfer(id)
      return state.status === 'settled' ? state : undefined
    },
    { timeoutMs: 300_000 },
  )
  const { batches } = await api.getBatches()
  const batch = batches
    .map(decodeBatchBody)
    .find((each) => each.batchNumber === BigInt(batchNumber ?? 0))
  assert.deepEqual([batch?.circuit, batch?.transfers.length], ['batch-64', count])
  const settled = await getSettledState(devnet)
  assert.equal(batch?.noteRoot, settled.noteRoot)
  const { gasUsed } = await devnet.client.getTransactionReceipt({
    hash: l1Transaction as `0x${string}`,
  })
  return [
    { name: 'batch64.realSettleGas', value: Number(gasUsed), unit: 'gas' },
    { name: 'batch64.realSettleGasPerTransfer', value: Number(gasUsed) / count, unit: 'gas' },
  ]
}

/** Of this process and the prover's, where the system says so. */
function peakOfChildren(): number {
  const children = `/proc/self/task/${String(process.pid)}/children`
  if (!existsSync(children)) return Number.NaN
  const peaks = readFileSync(children, 'utf8')
    .trim()
    .split(' ')
    .filter((pid) => pid !== '')
    .map((pid) => /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  return Math.max(...peaks.map((kibibytes) => (Number(kibibytes ?? 0) * 1024) / 1e6))
}

/** batch-16 → batch16, as figures are named. */
function compact(name: string): string {
  return name.replace('-', '')
}
