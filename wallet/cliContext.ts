import { readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { type Command, Option } from 'commander'
import { type ApiClient, createApiClient } from '../api/index.ts'
import type { ChainReader } from '../l1/chainEvents.ts'
import { createChainReader } from '../l1/chainReader.ts'
import { type ChainClient, checkDeployment, createChainClient } from '../l1/client.ts'
import { type ChainDeployment, type DeployedAsset, readDeployment } from '../l1/deployment.ts'
import type { TransactionAccount } from '../l1/submitTransaction.ts'
import { createTransactionAccount } from '../l1/transactionAccount.ts'
import { BaseError } from '../protocol/errors.ts'
import { createProver, type Prover } from '../prover/prover.ts'
import { formatAmount, parseAmount } from './amounts.ts'
import { OptionError, UnknownAssetError } from './errors.ts'
import { resumeJournal } from './submitJournal.ts'
import { readSealed } from './readSealed.ts'
import { syncSettled } from './syncSettled.ts'
import { createWallet, openWallet, type Wallet } from './wallet.ts'

/** Options that every wallet command has. */
export type CommonOptions = {
  dir: string
  deployment?: string
  rpc?: string
  sequencer?: string
  passphraseFile?: string
  json?: true
}

export function addCommonOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--dir <folder>', 'folder of the wallet')
        .env('CINNABAR_WALLET')
        .default(join(homedir(), '.cinnabar', 'wallet'), '~/.cinnabar/wallet'),
    )
    .addOption(new Option('--deployment <file>', 'deployment file').env('CINNABAR_DEPLOYMENT'))
    .addOption(new Option('--rpc <url>', 'node of the base chain').env('CINNABAR_RPC'))
    .addOption(new Option('--sequencer <url>', 'the sequencer').env('CINNABAR_SEQUENCER'))
    .option(
      '--passphrase-file <file>',
      'file with the passphrase (else CINNABAR_PASSPHRASE, else asked)',
    )
    .option('--json', 'answer and errors as JSON on stdout')
}

/** What a command may use, made when first asked for, and closed at its end. */
export class CliContext {
  readonly options: CommonOptions
  #deployment: ChainDeployment | undefined
  #wallet: Wallet | undefined
  #client: ChainClient | undefined
  #prover: Prover | undefined

  constructor(options: CommonOptions) {
    this.options = options
  }

  async deployment(): Promise<ChainDeployment> {
    const file = this.options.deployment
    if (file === undefined) {
      throw new OptionError({
        option: '--deployment',
        reason: 'name the deployment file, here or in CINNABAR_DEPLOYMENT',
      })
    }
    this.#deployment ??= await readDeployment(file)
    return this.#deployment
  }

  async wallet(): Promise<Wallet> {
    if (this.#wallet !== undefined) return this.#wallet
    const deployment = await this.deployment()
    const passphrase = await readPassphrase(this.options)
    this.#wallet = await openWallet({}, { dir: this.options.dir, passphrase, deployment })
    return this.#wallet
  }

  /** Makes the wallet that `wallet()` then opens. */
  async create(mnemonic: string): Promise<void> {
    const deployment = await this.deployment()
    const passphrase = await readNewPassphrase(this.options)
    this.#wallet = await createWallet(
      {},
      { dir: this.options.dir, passphrase, deployment, mnemonic },
    )
  }

  /** Brought up to the base chain where a node is named, else as it was. */
  currentWallet(): Promise<Wallet> {
    return this.options.rpc === undefined ? this.wallet() : this.syncedWallet()
  }

  async client(): Promise<ChainClient> {
    if (this.#client !== undefined) return this.#client
    const rpcUrl = this.options.rpc
    if (rpcUrl === undefined) {
      throw new OptionError({
        option: '--rpc',
        reason: 'name a node of the base chain, here or in CINNABAR_RPC',
      })
    }
    const deployment = await this.deployment()
    const client = createChainClient({ rpcUrl, chainId: deployment.chainId })
    await checkDeployment(client, deployment)
    this.#client = client
    return client
  }

  async view(): Promise<{ client: ChainClient; deployment: ChainDeployment }> {
    return { client: await this.client(), deployment: await this.deployment() }
  }

  async chain(): Promise<ChainReader> {
    return createChainReader(await this.view())
  }

  api(): ApiClient {
    const url = this.options.sequencer
    if (url === undefined) {
      throw new OptionError({
        option: '--sequencer',
        reason: 'name the sequencer, here or in CINNABAR_SEQUENCER',
      })
    }
    return createApiClient({ url })
  }

  prover(): Prover {
    this.#prover ??= createProver()
    return this.#prover
  }

  /** The wallet, brought up to the base chain. */
  async syncedWallet(): Promise<Wallet> {
    const wallet = await this.wallet()
    await syncSettled(
      { wallet, chain: await this.chain() },
      {
        onProgress: ({ block, lastBlock, secondsLeft }) => {
          const left = secondsLeft === undefined ? '' : `, about ${String(secondsLeft)} s left`
          this.say(`… base chain read up to block ${String(block)} of ${String(lastBlock)}${left}`)
        },
      },
    )
    return wallet
  }

  /** Sends what was proved before a crash, and asks about what was sent. */
  async resume(wallet: Wallet, { trustSequencer = false } = {}): Promise<void> {
    const connection = { wallet, api: this.api() }
    // The signing key is known after this, which receipts are checked with.
    await readSealed(connection, { trustSequencer })
    await resumeJournal(connection)
  }

  /** Progress goes to stderr: stdout is the answer. */
  say(line: string): void {
    process.stderr.write(`${line}\n`)
  }

  /** The answer: text for people, or the same facts as JSON. */
  answer(facts: Record<string, unknown>, lines: readonly string[]): void {
    process.stdout.write(
      this.options.json === true ? `${formatJson(facts)}\n` : `${lines.join('\n')}\n`,
    )
  }

  async close(): Promise<void> {
    this.#wallet?.close()
    await this.#prover?.close()
  }
}

/** Runs a command with a context that is closed whatever happens. */
export async function run(
  options: CommonOptions,
  work: (context: CliContext) => Promise<void>,
): Promise<void> {
  const context = new CliContext(options)
  try {
    await work(context)
  } catch (error) {
    if (!(error instanceof BaseError) || options.json !== true) throw error
    const { code, shortMessage: message, metaMessages: details } = error
    process.stdout.write(`${formatJson({ error: { code, message, details } })}\n`)
    process.exitCode = 1
  } finally {
    await context.close()
  }
}

/** From the file, the environment, or the keyboard; never from an argument: those are listed. */
async function readPassphrase({ passphraseFile }: CommonOptions): Promise<string> {
  if (passphraseFile !== undefined) {
    return readFileOf('--passphrase-file', passphraseFile).replace(/\r?\n$/, '')
  }
  return process.env['CINNABAR_PASSPHRASE'] ?? (await askHidden('Passphrase: '))
}

/** The same for a new one, which is asked for twice. */
async function readNewPassphrase(options: CommonOptions): Promise<string> {
  const isAsked =
    options.passphraseFile === undefined && process.env['CINNABAR_PASSPHRASE'] === undefined
  const passphrase = await readPassphrase(options)
  if (isAsked && (await askHidden('Once more: ')) !== passphrase) {
    throw new OptionError({ option: 'passphrase', reason: 'the two are not the same' })
  }
  return passphrase
}

/** Asks at the terminal without showing what is typed. */
export async function askHidden(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new OptionError({
      option: 'passphrase',
      reason: 'there is no terminal to ask at; use CINNABAR_PASSPHRASE or --passphrase-file',
    })
  }
  process.stderr.write(question)
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done()
    },
  })
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true })
  const answer = await new Promise<string>((resolve) => {
    reader.question('', resolve)
  })
  reader.close()
  process.stderr.write('\n')
  return answer
}

/** The base-chain key that pays deposits and gas. */
export function readAccount(file: string | undefined): TransactionAccount {
  const text =
    file === undefined ? process.env['CINNABAR_L1_KEY'] : readFileOf('--l1-key-file', file)
  const key = text?.trim()
  if (key === undefined || !/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new OptionError({
      option: '--l1-key-file',
      reason: 'it, or CINNABAR_L1_KEY, must hold a private key as 0x and 64 hex digits',
    })
  }
  return createTransactionAccount(key as `0x${string}`)
}

export function readFileOf(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new OptionError({ option, reason: `${file} cannot be read` })
  }
}

export type FileOptions = CommonOptions & { out?: string }

/** To the file that was named, else to stdout. */
export function give(
  context: CliContext,
  { out }: FileOptions,
  { file, facts }: { file: string; facts: Record<string, unknown> },
): void {
  if (out === undefined) {
    context.answer(facts, [file.trimEnd()])
    return
  }
  writeFileOf('--out', out, file)
  context.answer({ file: out }, [`Written to ${out}.`])
}

export function writeFileOf(option: string, file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600 })
  } catch {
    throw new OptionError({ option, reason: `${file} cannot be written` })
  }
}

/** An asset by its symbol or id. */
export function findAsset(
  { assets }: Pick<ChainDeployment, 'assets'>,
  text: string,
): DeployedAsset {
  const found = assets.find(
    ({ asset, symbol }) => symbol.toLowerCase() === text.toLowerCase() || String(asset) === text,
  )
  if (found === undefined) {
    throw new UnknownAssetError({ asset: text, known: assets.map(({ symbol }) => symbol) })
  }
  return found
}

/** `12.5` as protocol units. */
export function readAmount(asset: DeployedAsset, text: string): bigint {
  return parseAmount(asset, text)
}

/** `12.5 ETH`. */
export function showAmount(
  { assets }: Pick<ChainDeployment, 'assets'>,
  asset: bigint,
  amount: bigint,
): string {
  const known = assets.find((candidate) => candidate.asset === asset)
  if (known === undefined) return `${String(amount)} units of asset ${String(asset)}`
  return `${formatAmount(known, amount)} ${known.symbol}`
}

function formatJson(facts: unknown): string {
  return JSON.stringify(
    facts,
    (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    2,
  )
}
