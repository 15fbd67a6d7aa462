import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BaseError } from '../protocol/errors.ts'
import type { AuditKey } from '../regulator/auditKeys.ts'
import { initialRegistrarState } from '../regulator/registrar.ts'
import { createSealedFile } from '../regulator/sealedFile.ts'
import { buildAll } from '../scripts/build.ts'
import { startSequencer } from '../sequencer/startSequencer.ts'
import { accountRoles, type Devnet, startDevnet } from './devnet.ts'
import { PASSPHRASE } from './person.ts'

const CHAIN_PORT = 8545
const SEQUENCER_PORT = 8600
/** Long enough to fill a batch by hand, short enough not to bore. */
const BATCH_AGE_MS = 5_000

const { values } = parseArgs({
  options: {
    'chain-port': { type: 'string', default: String(CHAIN_PORT) },
    port: { type: 'string', default: String(SEQUENCER_PORT) },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})
if (values.help === true) {
  console.log(`Usage: npm start -- [--chain-port N] [--port N] [--json]

Runs a base chain, an embedded Postgres, the contracts and a sequencer until Ctrl-C, and prints the URLs
and keys for play. Nothing of it outlives the run.

  --chain-port N      port of the base chain's node (${String(CHAIN_PORT)})
  --port N            port of the sequencer (${String(SEQUENCER_PORT)})
  --json              prints one line of JSON instead of text
  CINNABAR_L1=anvil   uses anvil as the base chain instead of Hardhat's node`)
  process.exit(0)
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}
const failed = buildAll(say)
if (failed !== undefined) {
  say(`The ${failed} could not be built, so nothing was started.`)
  process.exit(1)
}

const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      resolve()
    })
})
const closers: (() => Promise<void>)[] = []
try {
  const devnet = await startDevnet({
    onProgress: say,
    ports: { chain: port(values['chain-port']) },
  })
  closers.push(() => devnet.stop())
  const database = await devnet.postgres.createDatabase()
  closers.push(() => database.drop())
  const sequencer = await startSequencer({
    deployment: devnet.deployment,
    rpcUrl: devnet.chain.rpcUrl,
    databaseUrl: database.url,
    l1PrivateKey: devnet.accounts.sequencer.privateKey,
    receiptPrivateKey: devnet.accounts.sequencer.privateKey,
    feeRecipient: devnet.accounts.feeRecipient.address,
    batchAgeMs: BATCH_AGE_MS,
    pollMs: 500,
    prover: devnet.prover,
    port: port(values.port),
    onFatal: (error) => {
      say(error.message)
      process.exitCode = 1
      process.kill(process.pid, 'SIGTERM')
    },
  })
  closers.push(() => sequencer.stop())
  const files = await writePlayFiles(devnet)
  if (values.json === true) {
    console.log(
      JSON.stringify({
        baseChain: devnet.chain.rpcUrl,
        sequencer: sequencer.url,
        deployment: devnet.deploymentFile,
        ...files,
        passphrase: PASSPHRASE,
        accounts: devnet.accounts,
      }),
    )
  } else {
    console.log(describe(devnet, sequencer.url, files))
  }
  await interrupted
  say('\nStopping.')
} catch (error) {
  if (error instanceof BaseError) say(`${error.message}\n(${error.code})`)
  else console.error(error)
  process.exitCode = 1
} finally {
  for (const close of closers.reverse()) await close()
}
say('Stopped; nothing is left running.')
process.exit()

type PlayFiles = {
  statisticsKey: string
  investigationKey: string
  largeValueKey: string
  registrar: string
}

/** What the commands ask for: audit keys, a registrar's folder, base-chain keys. */
async function writePlayFiles(devnet: Devnet): Promise<PlayFiles> {
  const { dir, deployment, accounts } = devnet
  const keyFile = async (key: AuditKey): Promise<string> => {
    const path = join(dir, `${key.kind}.key.json`)
    const { kind, registrationSecret } = key
    await createSealedFile(path, PASSPHRASE, { kind, registrationSecret })
    return path
  }
  const registrar = join(dir, 'registrar')
  await mkdir(registrar, { mode: 0o700 })
  await createSealedFile(
    join(registrar, 'registrar.json'),
    PASSPHRASE,
    initialRegistrarState(deployment.domain),
  )
  for (const role of accountRoles) {
    await writeFile(join(dir, `${role}.key`), `${accounts[role].privateKey}\n`, { mode: 0o600 })
  }
  const { statisticsKey, investigationHolder } = devnet
  if (investigationHolder === undefined) throw new TypeError('unreachable: started with a holder')
  return {
    statisticsKey: await keyFile(statisticsKey),
    investigationKey: await keyFile(investigationHolder),
    largeValueKey: await keyFile(devnet.largeValueKey),
    registrar,
  }
}

function describe({ chain, deploymentFile, accounts, dir }: Devnet, url: string, files: PlayFiles) {
  const width = Math.max(...accountRoles.map((role) => role.length))
  const keys = accountRoles
    .map(
      (role) => `  ${role.padEnd(width)}  ${accounts[role].address}  ${accounts[role].privateKey}`,
    )
    .join('\n')
  const common = `--rpc ${chain.rpcUrl} --deployment ${deploymentFile}`
  return `
Cinnabar is running. Keys and passphrase are for play: everybody knows them.

  base chain   ${chain.rpcUrl}  (${chain.client}, chain ${String(chain.chainId)})
  sequencer    ${url}  (${url}/openapi.json)
  deployment   ${deploymentFile}
  passphrase   ${PASSPHRASE}

${keys}

Each key is in a file ${dir}/<name>.key as well. Try, in another terminal:

  export CINNABAR_PASSPHRASE='${PASSPHRASE}'
  npx cinnabar wallet create --help
  npx cinnabar registrar root ${common}
  npx cinnabar registrar list --dir ${files.registrar}
  npx cinnabar regulator read ${common} \\
    --statistics-key ${files.statisticsKey} --investigation-key ${files.investigationKey} \\
    --large-value-key ${files.largeValueKey}

Ctrl-C stops everything.`
}

function port(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0 || number > 65_535) {
    say(`${text} is not a port. See npm start -- --help.`)
    process.exit(1)
  }
  return number
}
