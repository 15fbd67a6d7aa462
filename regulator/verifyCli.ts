import { type Command, InvalidArgumentError } from 'commander'
import { createChainReader } from '../l1/chainReader.ts'
import { createChainClient } from '../l1/client.ts'
import { readDeployment } from '../l1/deployment.ts'
import { discoverDeployment } from '../l1/discoverDeployment.ts'
import { grantChain } from '../l1/grantChain.ts'
import { GrantInvalidError, verifyGrant, verifyReceipt } from '../protocol/grants/verify.ts'
import { describeBundle } from './bundle/describeBundle.ts'
import { BundleInvalidError } from './bundle/errors.ts'
import { verifyBundle } from './bundle/verifyBundle.ts'
import { readJson } from './committeeCli.ts'
import { describeGrant, describeReceipt } from './describeGrant.ts'
import { amountFormatter } from './options.ts'
import type { ChainSource } from './orders/openingChain.ts'

type VerifyOptions = {
  rpc: string
  deployment?: string
  rollup?: string
  confirmations: number
  json?: true
}

/** What holds: facts for machines, lines for people. */
type Verified = { readonly facts: Record<string, unknown>; readonly lines: readonly string[] }

/** `cinnabar verify`: the same as `cinnabar regulator verify`, for whoever was given a file. */
export function register(program: Command): void {
  registerVerify(program)
}

/** Adds `verify`: a bundle, grant or receipt, held against the chain and nothing else. */
export function registerVerify(parent: Command): void {
  parent
    .command('verify <file>')
    .description('Check a disclosure bundle, viewing grant or receipt with the base chain alone.')
    .requiredOption('--rpc <url>', 'node of the base chain; your own, if you doubt others')
    .option('--deployment <file>', 'deployment file: the rollup that you mean')
    .option('--rollup <address>', 'address of the rollup that you mean')
    .option('--confirmations <number>', 'blocks that everything must have', Number, 1)
    .option('--json', 'machine-readable answer')
    .addHelpText(
      'after',
      `
Which of them the file is, it says itself. Without --deployment or --rollup, the rollup that it names is taken: compare its
address. The answer says what is proved and what is not. The exit status is 2 when the file does not hold.

Example:
  cinnabar verify receipt.json --rpc http://127.0.0.1:8545`,
    )
    .action(async (path: string, options: VerifyOptions) => {
      const value = await readJson(path)
      const client = createChainClient({ rpcUrl: options.rpc })
      const given =
        options.deployment === undefined ? undefined : await readDeployment(options.deployment)
      const meant = given?.rollup ?? options.rollup?.toLowerCase()
      const rollup = meant ?? fieldOf(value, 'rollup')
      if (typeof rollup !== 'string' || !/^0x[0-9a-f]{40}$/.test(rollup)) {
        throw new InvalidArgumentError('No rollup is named; use --rollup.')
      }
      const discovered = await discoverDeployment(client, rollup as `0x${string}`)
      // Symbols and decimals are no part of what is proved: without a deployment file amounts are in units.
      const deployment = { ...discovered, assets: given?.assets ?? discovered.assets }
      const source = { client, deployment, reader: createChainReader({ client, deployment }) }
      try {
        const isRollupGiven = meant !== undefined
        const { facts, lines } = await verify(source, value, { ...options, isRollupGiven })
        const answer = { holds: true, ...facts, rollup }
        if (options.json === true) process.stdout.write(`${JSON.stringify(answer, inText)}\n`)
        else for (const line of lines) process.stdout.write(`${line}\n`)
      } catch (error) {
        const isVerdict = error instanceof BundleInvalidError || error instanceof GrantInvalidError
        if (!isVerdict) throw error
        const { code, message } = error
        if (options.json === true) {
          process.stdout.write(`${JSON.stringify({ holds: false, code, message })}\n`)
        } else process.stdout.write(`${message}\n(${code})\n`)
        process.exitCode = 2
      }
    })
}

/** By what the file says it is; what says nothing of itself is held to be a bundle, and is none. */
async function verify(
  source: ChainSource,
  value: unknown,
  options: { confirmations: number; isRollupGiven: boolean },
): Promise<Verified> {
  const amounts = amountFormatter(source.deployment)
  const type = fieldOf(value, 'type')
  if (type === 'cinnabar.payment-receipt') {
    const verified = await verifyReceipt(grantChain(source, options), value)
    const { receipt, asset, amount, recipientIndex, day } = verified
    return {
      facts: {
        ...{ type, grantee: receipt.grantee, by: receipt.by.side, asset, amount },
        ...{ recipient: recipientIndex, day, batch: receipt.batch, slot: receipt.slot },
      },
      lines: describeReceipt(verified, { ...options, amounts }),
    }
  }
  if (type === 'cinnabar.viewing-grant') {
    const verified = await verifyGrant(grantChain(source, options), value)
    const { grant, sent, received, isComplete } = verified
    return {
      facts: {
        ...{ type, grantee: grant.grantee, identity: grant.authority.identityIndex },
        ...{ period: grant.period, isComplete },
        sent: sent.map(({ transfer: { batchNumber, slot }, statistics, investigation }) => ({
          ...{ batch: batchNumber, slot, statistics, investigation },
        })),
        received,
      },
      lines: describeGrant(verified, { ...options, amounts }),
    }
  }
  const verified = await verifyBundle(source, options, value)
  const { order, bundleHash, isDisclosed, missing, since, bundle } = verified
  return {
    facts: {
      ...{ order: order.number, state: order.state, bundleHash, isDisclosed },
      ...{ openings: bundle.openings.length, missing },
      since: since.map(({ act, time }) => ({ act, time })),
    },
    lines: describeBundle(verified, options),
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value
    ? (value as Record<string, unknown>)[name]
    : undefined
}

function inText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
