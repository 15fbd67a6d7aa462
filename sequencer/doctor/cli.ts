import { type Command, InvalidArgumentError } from 'commander'
import { findDatabaseUrl } from '../../prover/farm/databaseUrl.ts'
import { parseFarmPublicKey } from '../../prover/farm/farmKeyFile.ts'
import { addKeyOptions } from '../keyOptions.ts'
import { diagnose, type DiagnoseOptions } from './diagnose.ts'
import type { Finding } from './findings.ts'

type DoctorOptions = Omit<DiagnoseOptions, 'databaseUrl'> & { databaseUrl?: string; json?: true }

/** Adds `cinnabar doctor`. */
export function register(program: Command): void {
  const doctor = program
    .command('doctor')
    .description('Say what is wrong with a sequencer’s set-up, and what to do.')
    .requiredOption('--rpc <url>', 'JSON-RPC of the base chain')
    .requiredOption('--deployment <file>', 'deployment file of the rollup')
    .option('--database-url <url>', 'Postgres; default: DATABASE_URL, else DATABASE_URL_FILE')
    .option('--state-dir <dir>', 'where the trees are kept', '.cinnabar/sequencer-state')
  addKeyOptions(doctor)
    .option('--provers <number>', 'proofs that the sequencer makes at once itself', parseCount, 1)
    .option('--farm-key <file>', 'key of the farm')
    .option('--farm-public-key <hex>', 'its public half, for --provers 0', parseFarmPublicKey)
    .option('--removals <file>', 'orders that had memos removed')
    .option('--json', 'JSON')
    .addHelpText(
      'after',
      `
Takes the options that \`cinnabar sequencer start\` takes, and looks; it starts nothing, sends nothing and
changes nothing. Never prints a key or a password.

Exit status: 0 nothing is wrong (warnings are shown), 1 something is.

Example:
  $ cinnabar doctor --rpc http://127.0.0.1:8545 --deployment deployment.json`,
    )
    .action(async ({ json, ...options }: DoctorOptions) => {
      const findings = await diagnose({
        ...options,
        databaseUrl: findDatabaseUrl(options.databaseUrl),
      })
      const status = findings.some((finding) => finding.status === 'failure') ? 'failing' : 'ok'
      if (json) console.log(JSON.stringify({ status, findings }, null, 2))
      else {
        for (const finding of findings) console.log(describeFinding(finding))
        console.log(status === 'ok' ? 'Nothing is wrong.' : 'Begin with the first FAILURE.')
      }
      // Connections to the base chain may linger; nothing of ours is under way.
      process.exitCode = status === 'ok' ? 0 : 1
    })
}

const labels = { ok: 'ok     ', warning: 'WARNING', failure: 'FAILURE' } as const

function describeFinding({ check, status, what, remedy }: Finding): string {
  const line = `${labels[status]}  ${check}: ${what}`
  return remedy === undefined ? line : `${line}\n         → ${remedy}`
}

function parseCount(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('Write a whole number.')
  return Number(text)
}
