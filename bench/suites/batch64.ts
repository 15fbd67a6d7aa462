import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { circuitPaths } from '../../circuits/locateCircuit.ts'
import type { VerificationKeys } from '../../deploy/contracts/checkVerificationKeys.ts'
import { bytesToHex } from '../../protocol/field.ts'
import { BATCH_CIRCUITS, type BatchCircuit } from '../../protocol/constants.ts'
import { dayOf } from '../../protocol/calendar.ts'
import { buildBatch } from '../../protocol/buildBatch.ts'
import { initialState } from '../../protocol/rollupState.ts'
import { circuitsWithKeys, loadKeys } from '../../prover/loadKeys.ts'
import { proofToWords } from '../../prover/proof.ts'
import { createProver, type Prover } from '../../prover/prover.ts'
import { eventsOf, send } from '../../test/support/expectRevert.ts'
import { sampleInputs } from '../../test/support/sampleInputs.ts'
import {
  ETH_ASSET,
  ETH_UNIT,
  SettleBuilder,
  settle,
  startTestRollup,
} from '../../test/support/settlement.ts'
import { median, type Row, type Suite } from '../row.ts'

const RUNS = 3
const circuits = Object.keys(BATCH_CIRCUITS) as BatchCircuit[]

/**
 * A full batch of each size beside the others: proof, gas for each transfer, and one real batch of 64 settled. The
 * circuit of 64 is made on demand (`npm run setup -- batch-64`); without its key its rows are left out.
 */
export const suite: Suite = {
  name: 'batch64',
  summary: 'batches of 4, 16 and 64: proofs, gas a transfer, and a real one of 64 settled',
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
      rows.push(...(await proofRows(prover, say)), await settleReal(prover, say))
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

/** A batch of 64 that takes a deposit, proved and settled under real keys. */
async function settleReal(prover: Prover, say: (line: string) => void): Promise<Row> {
  say('batch-64: a real proof, settled')
  const verificationKeys = Object.fromEntries(
    circuitsWithKeys().map((name) => [name, loadKeys(name).verificationKey]),
  ) as VerificationKeys
  const rollup = await startTestRollup({ verificationKeys })
  try {
    const vault = rollup.contract('vault')
    const entryFee: bigint = await vault['entryFee']?.()
    const amount = 500n
    const recipient = 1n << 200n
    const ciphertext = bytesToHex(new Uint8Array(92).fill(1))
    const receipt = await send(
      vault,
      ...(['deposit', ETH_ASSET, amount * ETH_UNIT, recipient, ciphertext] as const),
      { value: amount * ETH_UNIT + entryFee },
    )
    const id = eventsOf(receipt, vault, 'DepositQueued')[0]?.['id'] as bigint
    const feeRecipient = rollup.operator.address.toLowerCase() as `0x${string}`
    const { domain } = rollup.deployment
    const built = buildBatch(
      initialState(),
      {
        circuit: 'batch-64',
        batchNumber: 1n,
        feeRecipient: BigInt(feeRecipient),
        slots: [],
        deposits: [{ asset: ETH_ASSET, amount, recipient }],
      },
      { domain },
    )
    const { proof } = await prover.prove('batch-64', built.circuitInputs)
    const day = dayOf(await rollup.now())
    const [identityVersion] = await rollup.contract('identityRegistry')['current']?.()
    const [policyVersion] = await rollup.contract('policyRegistry')['current']?.()
    const { gasUsed } = await settle(rollup, {
      contexts: [{ identityVersion, policyVersion, day }],
      batches: [
        {
          circuit: 'batch-64',
          batchNumber: 1n,
          feeRecipient,
          newNoteRoot: built.applied.newNoteRoot,
          newNullifierRoot: built.applied.newNullifierRoot,
          depositIds: [id],
          c: built.publicInputs.c,
          proof: proofToWords(proof),
          slots: [],
        },
      ],
    })
    const [batchNumber, slotCount, noteRoot] = await rollup.contract('rollup')['state']?.()
    assert.deepEqual([batchNumber, slotCount, noteRoot], [1n, 128n, built.applied.newNoteRoot])
    return { name: 'batch64.realSettleGasWithoutTransfers', value: Number(gasUsed), unit: 'gas' }
  } finally {
    await rollup.stop()
  }
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
