// Deploys the contracts: node deploy/contracts/main.ts --rpc URL --key-file FILE --config FILE --json FILE
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { JsonRpcProvider, Wallet } from 'ethers'
import { writeDeployment } from '../../l1/deployment.ts'
import { BaseError } from '../../protocol/errors.ts'
import { circuitsWithKeys, loadKeys } from '../../prover/loadKeys.ts'
import { deployContracts } from './deploy.ts'
import { readConfig } from './readConfig.ts'
import type { VerificationKeys } from './checkVerificationKeys.ts'

const USAGE = `Usage: node deploy/contracts/main.ts --rpc URL --key-file FILE --config FILE --json FILE

Deploys all contracts with the verification keys of the present circuits and writes where they stand.

  --rpc URL        JSON-RPC of the base chain
  --key-file FILE  private key of the deploying account, 0x and 64 hex digits
  --config FILE    assets, audit keys, policies, roles and delays (deploy/contracts/README.md)
  --json FILE      where the deployment is written`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rpc: { type: 'string' },
      'key-file': { type: 'string' },
      config: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const { rpc, 'key-file': keyFile, config, json } = values
  if (values.help === true) {
    console.log(USAGE)
    return 0
  }
  if (rpc === undefined || keyFile === undefined || config === undefined || json === undefined) {
    console.error(USAGE)
    return 2
  }
  const provider = new JsonRpcProvider(rpc, undefined, { cacheTimeout: -1 })
  try {
    const keys = circuitsWithKeys().map((name) => [name, loadKeys(name)] as const)
    const plan = readConfig(await readFile(config, 'utf8'), (length) => randomBytes(length))
    const signer = new Wallet((await readFile(keyFile, 'utf8')).trim(), provider)
    const deployment = await deployContracts({
      signer,
      verificationKeys: Object.fromEntries(
        keys.map(([name, { verificationKey }]) => [name, verificationKey]),
      ) as VerificationKeys,
      areKeysInsecure: keys.some(([, { info }]) => info.insecure),
      ...plan,
      onProgress: (line) => {
        console.error(line)
      },
    })
    await writeDeployment(json, deployment)
    console.error(`written to ${json}`)
    return 0
  } finally {
    provider.destroy()
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof BaseError)) throw error
  console.error(`${error.message}\n(${error.code})`)
  process.exitCode = 1
}
