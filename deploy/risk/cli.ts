import { type Command, InvalidArgumentError } from 'commander'
import { createChainClient } from '../../l1/client.ts'
import { readRiskFacts } from './readRiskFacts.ts'
import { showRiskSheet } from './showRiskSheet.ts'
import { riskSheet } from './riskSheet.ts'

type Options = { rpc: string; rollup: `0x${string}`; fromBlock: bigint; json?: boolean }

/** Adds `cinnabar risk`. */
export function register(program: Command): void {
  program
    .command('risk')
    .description('Check what a deployment promises against its contracts.')
    .requiredOption('--rpc <url>', 'JSON-RPC of the base chain')
    .requiredOption('--rollup <address>', 'the Rollup contract', parseAddress)
    .option('--from-block <number>', 'block of the deployment, or before', parseBlock, 0n)
    .option('--json', 'print an object')
    .addHelpText(
      'after',
      `
Ends with 1 when a promise does not hold.

Example:
  $ cinnabar risk --rpc http://127.0.0.1:8545 --rollup 0x…`,
    )
    .action(async ({ rpc, rollup, fromBlock, json }: Options) => {
      const client = createChainClient({ rpcUrl: rpc })
      const facts = await readRiskFacts(client, { rollup, fromBlock })
      const sheet = riskSheet(facts)
      if (json === true) {
        console.log(JSON.stringify({ ...sheet, facts }, bigintText, 2))
      } else {
        console.log(
          `Rollup ${rollup} on chain ${String(facts.chainId)}, block ${String(facts.block)}.\n`,
        )
        console.log(showRiskSheet(sheet))
      }
      if (!sheet.holds) process.exitCode = 1
    })
}

/** Whole numbers of any size as decimal text. */
function bigintText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

function parseAddress(text: string): `0x${string}` {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) {
    throw new InvalidArgumentError('Write 0x and 40 hex digits.')
  }
  return text.toLowerCase() as `0x${string}`
}

function parseBlock(text: string): bigint {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Write a whole number.')
  return BigInt(text)
}
