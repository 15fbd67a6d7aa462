// Applies batches to a stored state until it is killed. Prints a number after each flush.
import { extend, openStored } from './stateBatches.ts'

const [directory = '', chain = '', perFlush = '1'] = process.argv.slice(2)
const { state, discarded, failures } = await openStored(directory)
process.stdout.write(`opened ${String(state.head.batchNumber)} ${discarded ?? 'kept'}\n`)
for (;;) {
  extend(state, chain, Number(perFlush))
  state.flush()
  const [failure] = failures.splice(0)
  const code = (failure as { code?: string } | undefined)?.code ?? 'flushed'
  process.stdout.write(`${code} ${String(state.head.batchNumber)}\n`)
  // Lets the output go, and the timers run.
  await new Promise((resolve) => setImmediate(resolve))
}
