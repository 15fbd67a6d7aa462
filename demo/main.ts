import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { baseChainClientFromEnvironment } from '../deploy/devnet/baseChain.ts'
import { BaseError } from '../protocol/errors.ts'
import { buildAll } from '../scripts/build.ts'
import { Report } from './report.ts'
import { tellStory } from './story.ts'

const { values } = parseArgs({
  options: { json: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
})
if (values.help === true) {
  console.log(`Usage: npm run demo -- [--json FILE]

Runs the whole system on this machine, with real proofs, and tells what happens: a base chain, an
embedded Postgres, a sequencer; people, payments, batches, settlement, supervision, a withdrawal, a
restored wallet.

  --json FILE              writes the figures there as well
  CINNABAR_L1=anvil        uses anvil as the base chain instead of Hardhat's node
  DATABASE_URL=postgres:…  uses that Postgres instead of the embedded one

The first run compiles circuits and makes development keys, which takes some minutes.`)
  process.exit(0)
}

const failed = buildAll((line) => {
  process.stderr.write(`${line}\n`)
})
if (failed !== undefined) {
  console.error(`The ${failed} could not be built, so there is nothing to show.`)
  process.exit(1)
}
const interruption = new AbortController()
process.once('SIGINT', () => {
  interruption.abort(new Error('interrupted'))
})
const client = baseChainClientFromEnvironment()
console.log(`Cinnabar, on ${client}`)
const report = new Report(client)
try {
  await tellStory(report, interruption.signal)
} catch (error) {
  if (error instanceof BaseError) console.error(`\n${error.message}\n(${error.code})`)
  else console.error(error)
  process.exit(1)
}
const { figures } = report
console.log(`
${String(figures.transfersSettled)} transfers in ${String(figures.batchesSettled)} batches, ${String(figures.refusals.length)} refusals, in ${String(Math.round(figures.seconds['total'] ?? 0))} seconds.
Next: \`npm start\` leaves this network running for you to play with; docs/ says how it works.`)
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`)
const isGood =
  figures.conservation &&
  figures.withdrawalPaid &&
  figures.recoveredFromSeed &&
  figures.bundleVerified &&
  figures.followerAgrees
process.exit(isGood ? 0 : 1)
