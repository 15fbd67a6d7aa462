// `cinnabar <role> …`: each role's commands live in the role's own folder and are loaded only when that
// role is asked for, so that a wallet does not wait for the sequencer's dependencies.
import { existsSync, readFileSync } from 'node:fs'
import { Command } from 'commander'
import { BaseError } from '../protocol/errors.ts'
import type { SetupCliHost } from '../prover/ceremony/cli.ts'

type Role = { summary: string; module: string }
/** Adds the role's command, of the role's name, to `program`. */
type RoleModule = { register(program: Command, host: Host): void }
/** What a role may need and must not import: the devnet ranks above it. */
type Host = {
  startPostgres(parameters: { dataDir: string }): Promise<{ url: string; stop(): Promise<void> }>
  readRegisteredKeys: NonNullable<SetupCliHost['readRegisteredKeys']>
}

const roles: Record<string, Role> = {
  wallet: {
    summary: 'Hold, receive and pay private money.',
    module: '../wallet/cli.ts',
  },
  regulator: {
    summary: 'Read what the supervisory keys may open, and check the settled chain.',
    module: '../regulator/cli.ts',
  },
  registrar: {
    summary: 'Admit, re-tier, freeze and unfreeze identities.',
    module: '../regulator/registrarCli.ts',
  },
  committee: {
    summary: 'Hold an audit key among several members, and answer under orders.',
    module: '../regulator/committeeCli.ts',
  },
  verify: {
    summary: 'Check a disclosure bundle, viewing grant or receipt with the base chain alone.',
    module: '../regulator/verifyCli.ts',
  },
  prover: {
    summary: 'Make proofs for a sequencer: a worker of its farm.',
    module: '../prover/farm/cli.ts',
  },
  sequencer: {
    summary: 'Run the service that admits, seals, proves and settles.',
    module: '../sequencer/cli.ts',
  },
  takeover: {
    summary: 'Settle in the operator’s place, once it has missed a deadline or fallen silent.',
    module: '../sequencer/takeover/cli.ts',
  },
  risk: {
    summary: 'Check what a deployment promises against its contracts.',
    module: '../deploy/risk/cli.ts',
  },
  follow: {
    summary: 'Rebuild and check everything from the base chain, and serve it.',
    module: '../sequencer/follower/cli.ts',
  },
  doctor: {
    summary: 'Say what is wrong with a sequencer’s set-up, and what to do.',
    module: '../sequencer/doctor/cli.ts',
  },
  setup: {
    summary: 'Make keys for production in a ceremony of several parties, and verify them.',
    module: '../prover/ceremony/cli.ts',
  },
}

const isInstalled = ({ module }: Role) => existsSync(new URL(module, import.meta.url))

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string }

const program = new Command('cinnabar')
  .description('Cinnabar, a supervised private rollup.')
  .version(version)
  .showHelpAfterError()

const host: Host = {
  startPostgres: async (parameters) => {
    const { startEmbeddedPostgres } = await import('../deploy/devnet/postgres.ts')
    return startEmbeddedPostgres(parameters)
  },
  readRegisteredKeys: async (parameters) => {
    const { readRegisteredKeys } = await import('./readRegisteredKeys.ts')
    return readRegisteredKeys(parameters)
  },
}

const wanted = process.argv[2] === 'help' ? process.argv[3] : process.argv[2]
for (const [name, role] of Object.entries(roles).filter(([, role]) => isInstalled(role))) {
  if (name === wanted) ((await import(role.module)) as RoleModule).register(program, host)
  else program.command(name).description(role.summary)
}

try {
  await program.parseAsync()
} catch (error) {
  // Ours say what happened, with facts and a remedy; a stack is for what we did not foresee.
  if (!(error instanceof BaseError)) throw error
  console.error(`${error.message}\n(${error.code})`)
  process.exitCode = 1
}
