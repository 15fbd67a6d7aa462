import { readFile } from 'node:fs/promises'
import { type ChainClient, checkDeployment, createChainClient } from '../l1/client.ts'
import { createChainReader } from '../l1/chainReader.ts'
import type { ChainReader } from '../l1/chainEvents.ts'
import { type ChainDeployment, readDeployment } from '../l1/deployment.ts'
import { BaseError } from '../protocol/errors.ts'
import {
  type AuditKey,
  type AuditKeyKind,
  type AuditKeyRing,
  auditKeyFromSecret,
  auditKeyRing,
} from './auditKeys.ts'
import { AuditKeyKindError, FileUnreadableError } from './errors.ts'
import { openSealedFile } from './sealedFile.ts'
import type { AmountFormatter } from './report.ts'

export class PassphraseMissingError extends BaseError {
  override readonly name = 'PassphraseMissingError'
  constructor() {
    super('A passphrase is needed to open the file.', {
      code: 'REGULATOR_PASSPHRASE_MISSING',
      metaMessages: [
        'Set CINNABAR_PASSPHRASE, or name a file that holds it with --passphrase-file.',
      ],
    })
  }
}

/** From --passphrase-file, else from CINNABAR_PASSPHRASE. Never from an argument: those are listed. */
export async function readPassphrase(file: string | undefined): Promise<string> {
  if (file !== undefined) {
    const text = await readFile(file, 'utf8').catch(() => {
      throw new FileUnreadableError({ path: file, reason: 'it cannot be opened' })
    })
    return text.replace(/\r?\n$/, '')
  }
  const passphrase = process.env['CINNABAR_PASSPHRASE']
  if (passphrase === undefined || passphrase === '') throw new PassphraseMissingError()
  return passphrase
}

export type Connection = {
  readonly client: ChainClient
  readonly reader: ChainReader
  readonly deployment: ChainDeployment
}

/** Opens the deployment file and checks that the node serves that chain. */
export async function connect(options: { rpc: string; deployment: string }): Promise<Connection> {
  const deployment = await readDeployment(options.deployment)
  const client = createChainClient({ rpcUrl: options.rpc })
  await checkDeployment(client, deployment)
  return { client, deployment, reader: createChainReader({ client, deployment }) }
}

/** What an audit-key file holds, sealed under a passphrase. */
export type AuditKeyFile = { readonly kind: AuditKeyKind; readonly registrationSecret: bigint }

export async function openAuditKey(path: string, passphrase: string): Promise<AuditKey> {
  const { value } = await openSealedFile<AuditKeyFile>(path, passphrase)
  return auditKeyFromSecret(value.kind, value.registrationSecret)
}

/**
 * One kind of key from its files, of as many epochs as there are; the key of a record is found by the public key that it
 * was made for.
 *
 * @throws {AuditKeyKindError} when a file has a key of another kind: left out in silence it would look like a key that is missing.
 */
export async function openAuditKeys(
  kind: AuditKeyKind,
  files: readonly string[],
  { passphraseFile }: { passphraseFile?: string },
): Promise<AuditKeyRing> {
  if (files.length === 0) return auditKeyRing([])
  const passphrase = await readPassphrase(passphraseFile)
  return auditKeyRing(
    await Promise.all(
      files.map(async (path) => {
        const key = await openAuditKey(path, passphrase)
        if (key.kind !== kind) throw new AuditKeyKindError({ path, kind: key.kind, wanted: kind })
        return key
      }),
    ),
  )
}

/** `1.25 ETH`: whole units of the base chain's asset, all digits that are not trailing zeros. */
export function amountFormatter(deployment: ChainDeployment): AmountFormatter {
  return (asset, amount) => {
    const known = deployment.assets.find((candidate) => candidate.asset === asset)
    if (known === undefined) return `${String(amount)} units of asset ${String(asset)}`
    const base = amount * known.unit
    const scale = 10n ** BigInt(known.decimals)
    const fraction = (base % scale).toString().padStart(known.decimals, '0').replace(/0+$/, '')
    const whole = (base / scale).toString()
    return `${fraction === '' ? whole : `${whole}.${fraction}`} ${known.symbol}`
  }
}

/** Progress and closing remarks go to stderr: stdout is the answer. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
