import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { SimulatedKeys } from '../../test/support/simulatedKeys.ts'
import { aSubmission } from '../../test/support/sequencers.ts'

/**
 * Writes submissions that a sequencer of test/support/sequencers.ts admits, one a line, with proofs
 * simulated under keys whose secrets are known: verifying one costs what verifying a real one does, and
 * ten thousand real ones would take an hour to make.
 */
export async function writeStatements(
  path: string,
  { keys, count, label }: { keys: Pick<SimulatedKeys, 'prove'>; count: number; label: string },
): Promise<void> {
  const file = createWriteStream(path)
  for (let i = 0; i < count; i++) {
    const submission = aSubmission(`${label} ${String(i)}`)
    const proof = keys
      .prove('transfer', submission.publicInputs.map(BigInt))
      .map((word) => `0x${word.toString(16).padStart(64, '0')}`)
    if (!file.write(`${JSON.stringify({ ...submission, proof })}\n`)) {
      await once(file, 'drain')
    }
  }
  file.end()
  await finished(file)
}
