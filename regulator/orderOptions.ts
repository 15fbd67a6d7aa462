import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { privateKeyToAccount } from 'viem/accounts'
import { fileTransactionStore } from '../l1/transactionStore.ts'
import { auditKeyKinds } from './auditKeys.ts'
import { connect } from './options.ts'
import type { Actor } from './orders/orderActions.ts'
import { isLegalBasis } from './orders/legalBases.ts'

// What the commands about orders share.

export type ChainOptions = { rpc: string; deployment: string }
export type ActorOptions = ChainOptions & { keyFile: string; dir: string }
export type Source = Awaited<ReturnType<typeof connect>>

export function withChain(command: Command): Command {
  return command
    .requiredOption('--rpc <url>', 'node of the base chain')
    .requiredOption('--deployment <file>', 'deployment file')
}

export function withActor(command: Command): Command {
  return withChain(command)
    .requiredOption('--key-file <file>', 'file with the base-chain key of who acts')
    .requiredOption('--dir <folder>', 'folder of orders and transactions; confidential')
}

export function keyOption(): Option {
  return new Option('--key <kind...>', 'which ciphertexts may be opened')
    .choices(auditKeyKinds)
    .default([...auditKeyKinds])
}

export async function actorOf(options: ActorOptions): Promise<{ actor: Actor; source: Source }> {
  const source = await connect(options)
  await mkdir(options.dir, { recursive: true, mode: 0o700 })
  const key = (await readFile(options.keyFile, 'utf8')).trim() as `0x${string}`
  const account = privateKeyToAccount(key)
  const store = fileTransactionStore(join(options.dir, `transactions-${account.address}.json`))
  return { source, actor: { ...source, account, store } }
}

export function print(answer: object): void {
  const text = JSON.stringify(answer, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
  process.stdout.write(`${text}\n`)
}

export function integer(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

/** A code of docs/spec/legal-bases.md, or of the deployment's own table. */
export function legalBasis(text: string): number {
  const code = integer(text)
  if (isLegalBasis(code)) return code
  throw new InvalidArgumentError('No table has this code: see docs/spec/legal-bases.md.')
}

export function orderNumber(text: string): bigint {
  if (!/^[1-9]\d{0,18}$/.test(text)) throw new InvalidArgumentError('An order has a number from 1.')
  return BigInt(text)
}
