import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

import { type Command, InvalidArgumentError } from 'commander'

import { circuitNames } from '../../circuits/locateCircuit.ts'
import { PUBLIC_INPUTS, type CircuitName } from '../../protocol/constants.ts'
import {
  acceptContribution,
  applyBeacon,
  beginCeremony,
  ceremonyStatus,
  contribute,
  finishCeremony,
} from './ceremony.ts'
import { CeremonyArgumentError } from './errors.ts'
import { defaultCeremonyWorkspace, importPtau } from './importPtau.ts'
import type { CeremonyWorkspace } from './importPtau.ts'
import { powersNeeded } from './powersNeeded.ts'
import { endCeremony } from './snarkjsProgress.ts'
import { hashTranscript, isClosed } from './transcript.ts'
import type { Transcript } from './transcript.ts'
import { verifyKeys } from './verifyKeys.ts'
import type { RegisteredKeys } from './verifyKeys.ts'

/** What the command line can lend: a look at the base chain, which this folder must not have itself. */
export type SetupCliHost = {
  readRegisteredKeys?: (parameters: {
    rpcUrl: string
    rollup: `0x${string}`
  }) => Promise<RegisteredKeys>
}

type Common = { json?: true }
/** Prints one object for programs or lines for people, and what to do next. */
type Report = (result: object, lines: readonly string[], next?: string) => void

/** Adds `cinnabar setup …`. Tests bring a workspace with small circuits. */
export function register(
  program: Command,
  host: SetupCliHost = {},
  workspace: CeremonyWorkspace = defaultCeremonyWorkspace,
): void {
  const setup = program
    .command('setup')
    .description('Make keys for production in a ceremony of several parties, and verify them.')
    .addHelpText(
      'after',
      `
A ceremony, step by step (docs/ceremony.md):
  coordinator   import-ptau, begin
  contributor   contribute          each on a machine of their own, one after the other
  coordinator   accept              after each
  coordinator   beacon, finish      when the announced random value is out
  everybody     verify

For development, \`npm run setup\` makes insecure keys in seconds.`,
    )

  const onProgress = (line: string): void => {
    process.stderr.write(`${line}\n`)
  }
  const reporter =
    ({ json }: Common): Report =>
    (result, lines, next) => {
      if (json === true) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
      else {
        for (const line of lines) console.log(line)
        if (next !== undefined) console.log(`\nNext: ${next}`)
      }
    }
  const step = (name: string, summary: string): Command =>
    setup
      .command(name)
      .description(summary)
      .option('--json', 'print one JSON object; progress goes to standard error either way')

  step('import-ptau', 'Verify the powers of tau of a phase 1 and note their hash.')
    .argument('<file>', 'prepared for phase 2, such as powersOfTau28_hez_final_18.ptau')
    .action(async (file: string, options: Common) => {
      await ending(async () => {
        const info = await importPtau(file, { workspace, onProgress })
        const needed = powersNeeded(circuitNames, workspace.circuits)
        const lines = [
          `${basename(file)}: valid, 2^${info.power} powers, ${info.contributions} contributions`,
          `BLAKE2b: ${info.hash}`,
          info.published === null
            ? 'This hash is not among the published ones known here: compare it with its source yourself.'
            : `This is the published ${info.published}.`,
          ...Object.entries(needed).map(([name, power]) =>
            power === undefined
              ? `${name}: not compiled here yet, so its need is not known`
              : `${name}: needs 2^${power}${power > info.power ? ', MORE THAN THERE ARE' : ''}`,
          ),
        ]
        reporter(options)(
          { ...info, needed },
          lines,
          `cinnabar setup begin --ptau ${file} --out ceremony`,
        )
      })
    })

  step('begin', 'Compile circuits and start phase 2 for them.')
    .argument('[circuit...]', 'default: all circuits of the protocol', [...circuitNames])
    .requiredOption('--ptau <file>', 'imported before')
    .requiredOption('--out <dir>', 'the ceremony’s directory, made here')
    .action(async (circuits: string[], options: Common & { ptau: string; out: string }) => {
      await ending(async () => {
        const transcript = await beginCeremony({
          circuits,
          ptauPath: options.ptau,
          directory: options.out,
          workspace,
          onProgress,
        })
        reporter(options)(
          statusOf(transcript),
          describe(transcript),
          `publish ${options.out}/transcript.json and the beacon you will use, and send ${options.out}/0000 to the first contributor`,
        )
      })
    })

  step('contribute', 'Contribute to the round in IN and write what goes back to OUT.')
    .argument('<in>', 'directory of a round, from the coordinator')
    .argument('<out>', 'made here; goes back to the coordinator')
    .requiredOption('--name <name>', 'public, for ever')
    .option(
      '--type-entropy',
      'read a line from standard input and mix it in; the operating system’s randomness is always in it',
    )
    .action(
      async (
        input: string,
        output: string,
        options: Common & { name: string; typeEntropy?: true },
      ) => {
        await ending(async () => {
          const extraEntropy = options.typeEntropy === true ? await readLine() : ''
          const round = await contribute({
            input,
            output,
            name: options.name,
            extraEntropy,
            onProgress,
          })
          reporter(options)(
            round,
            [
              `Round ${round.round} by ${round.name}`,
              ...Object.entries(round.keys).map(
                ([circuit, { contribution }]) => `${circuit}: contribution ${contribution}`,
              ),
              `Attestation hash: ${round.hash}`,
            ],
            `publish the attestation hash, send ${output} to the coordinator, and switch this machine off`,
          )
        })
      },
    )

  step('accept', 'Check what a contributor sent, in full, and make it the last round.')
    .argument('<dir>', 'the ceremony’s directory')
    .argument('<contribution>', 'what the contributor sent')
    .requiredOption('--ptau <file>', 'the file that the ceremony began with')
    .action(async (directory: string, contribution: string, options: Common & { ptau: string }) => {
      await ending(async () => {
        const transcript = await acceptContribution({
          directory,
          contribution,
          ptauPath: options.ptau,
          onProgress,
        })
        const { next } = ceremonyStatus(directory)
        reporter(options)(
          statusOf(transcript),
          describe(transcript),
          `send ${next ?? directory} to the next contributor, or close with \`cinnabar setup beacon\``,
        )
      })
    })

  step('beacon', 'Close the ceremony with a random value that nobody could know before.')
    .argument('<dir>', 'the ceremony’s directory')
    .requiredOption('--ptau <file>', 'the file that the ceremony began with')
    .requiredOption('--hash <hex>', '32 bytes, published after the last contribution')
    .option('--iterations <n>', 'SHA-256 is applied 2^n times, 10 to 24', parseWhole, 10)
    .requiredOption('--source <text>', 'what the hash is, as it was announced')
    .action(
      async (
        directory: string,
        options: Common & { ptau: string; hash: string; iterations: number; source: string },
      ) => {
        await ending(async () => {
          const { hash, iterations, source, ptau } = options
          const transcript = await applyBeacon({
            directory,
            ptauPath: ptau,
            beacon: { hash, iterations, source },
            onProgress,
          })
          reporter(options)(
            statusOf(transcript),
            describe(transcript),
            `cinnabar setup finish ${directory} --out keys`,
          )
        })
      },
    )

  step('finish', 'Export the keys of a closed ceremony for publication and use.')
    .argument('<dir>', 'the ceremony’s directory')
    .requiredOption('--out <dir>', 'made here: keys and transcript')
    .action(async (directory: string, options: Common & { out: string }) => {
      await ending(async () => {
        const transcript = await finishCeremony({ directory, output: options.out, onProgress })
        reporter(options)(
          statusOf(transcript),
          describe(transcript),
          `cinnabar setup verify ${options.out} --ptau FILE, publish ${options.out}, and use it with CINNABAR_KEYS=${options.out} CINNABAR_ENV=production`,
        )
      })
    })

  step('verify', 'Verify finished keys from the sources here, and a deployment’s if one is named.')
    .argument('<dir...>', 'keys and transcript; several where circuits were added later')
    .requiredOption('--ptau <file>', 'the file that the ceremony began with')
    .option('--rpc <url>', 'JSON-RPC of a base chain')
    .option('--rollup <address>', 'the rollup whose registered keys are compared', parseAddress)
    .action(
      async (
        directories: string[],
        options: Common & { ptau: string; rpc?: string; rollup?: `0x${string}` },
      ) => {
        await ending(async () => {
          const { rpc, rollup, ptau } = options
          const registered = await readRegistered(host, rpc, rollup)
          const verified = await verifyKeys({
            directories,
            ptauPath: ptau,
            domainPositionOf,
            workspace,
            onProgress,
            ...(registered === undefined ? {} : { registered }),
          })
          const lines = verified.ceremonies.flatMap((ceremony) => [
            `Transcript: ${ceremony.transcriptHash}`,
            `Contributors: ${ceremony.contributors.join(', ')}`,
            `Beacon: ${ceremony.beacon.hash} (${ceremony.beacon.source})`,
            ...ceremony.circuits.map(
              ({ name, verificationKeyHash }) => `${name}: verified, key ${verificationKeyHash}`,
            ),
          ])
          const chain =
            registered === undefined
              ? 'No deployment was compared: name one with --rpc and --rollup.'
              : `Registered on the base chain and equal: ${verified.registered.join(', ')}.`
          const sunset = verified.inSunset.map(
            (name) =>
              `A REPLACED KEY of ${name} is usable until its sunset ends: verify it too, at the version it was made for.`,
          )
          reporter(options)(
            verified,
            [...lines, chain, ...sunset],
            'compare contributors’ published attestation hashes with the transcript, and the beacon with its source',
          )
        })
      },
    )

  step('status', 'Say where a ceremony stands.')
    .argument('<dir>', 'the ceremony’s directory')
    .action((directory: string, options: Common) => {
      const { transcript, next } = ceremonyStatus(directory)
      reporter(options)(
        { ...statusOf(transcript), next: next ?? null },
        describe(transcript),
        next === undefined
          ? `cinnabar setup finish ${directory} --out keys`
          : `send ${next} to the next contributor`,
      )
    })
}

/** snarkjs' threads would keep the process alive for ever. */
async function ending(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } finally {
    await endCeremony()
  }
}

function statusOf(transcript: Transcript): object {
  const { ptau, circuits, rounds, verificationKeys } = transcript
  return {
    transcriptHash: hashTranscript(transcript),
    isClosed: isClosed(transcript),
    ptau,
    circuits,
    rounds: rounds.map(({ round, kind, name, hash, beacon }) => ({
      round,
      kind,
      name,
      hash,
      ...(beacon === undefined ? {} : { beacon }),
    })),
    ...(verificationKeys === undefined ? {} : { verificationKeys }),
  }
}

function describe(transcript: Transcript): string[] {
  const { ptau, circuits, rounds, verificationKeys } = transcript
  return [
    `Powers of tau: 2^${ptau.power}, ${ptau.published ?? 'not a published file'}, BLAKE2b ${ptau.hash.slice(0, 16)}…`,
    ...circuits.map(
      ({ name, constraints, power, circuitHash }) =>
        `${name}: ${constraints} constraints, 2^${power} rows, sources ${circuitHash.slice(0, 16)}…`,
    ),
    ...rounds.map(
      ({ round, name, hash, beacon }) =>
        `Round ${round}: ${name}${beacon === undefined ? '' : ` (${beacon.source})`}, attestation ${hash}`,
    ),
    ...Object.entries(verificationKeys ?? {}).map(
      ([name, hash]) => `${name}: verification key ${hash}`,
    ),
    `Transcript: ${hashTranscript(transcript)}${isClosed(transcript) ? ', closed' : ', open'}`,
  ]
}

async function readRegistered(
  host: SetupCliHost,
  rpcUrl: string | undefined,
  rollup: `0x${string}` | undefined,
): Promise<RegisteredKeys | undefined> {
  if (rpcUrl === undefined && rollup === undefined) return undefined
  if (rpcUrl === undefined || rollup === undefined || host.readRegisteredKeys === undefined) {
    throw new CeremonyArgumentError({
      what: 'deployment',
      reason: '--rpc and --rollup belong together',
    })
  }
  return host.readRegisteredKeys({ rpcUrl, rollup })
}

/** Which public signal is the deployment's domain. */
function domainPositionOf(circuit: string): number {
  let position = 0
  for (const [name, count] of PUBLIC_INPUTS[circuit as CircuitName] ?? []) {
    if (name === 'domain') return position
    position += count
  }
  return -1
}

/** One line, not shown where it is typed. */
async function readLine(): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const isTerminal = process.stdin.isTTY
  if (isTerminal) process.stderr.write('Type some random text and press Enter (it is not shown): ')
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTerminal })
  try {
    for await (const line of lines) {
      if (line !== '') return line
    }
  } finally {
    lines.close()
    if (isTerminal) process.stderr.write('\n')
  }
  throw new CeremonyArgumentError({ what: 'typed text', reason: 'there was none' })
}

function parseWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

function parseAddress(text: string): `0x${string}` {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError('It must be an address.')
  return text.toLowerCase() as `0x${string}`
}
