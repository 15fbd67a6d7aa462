import { constants } from 'node:fs'
import { access, mkdir, statfs } from 'node:fs/promises'
import { addressOfKey } from '../../api/index.ts'
import { createChainClient } from '../../l1/client.ts'
import { type ChainDeployment, readDeployment } from '../../l1/deployment.ts'
import { readFarmKey } from '../../prover/farm/farmKeyFile.ts'
import { deriveFarmKey, type FarmKey } from '../../prover/farm/sealedBox.ts'
import { bytesToHex, hexToBytes } from '../../protocol/field.ts'
import { type KeyOptions, readKeys } from '../keyOptions.ts'
import { checkAccount, checkBond, checkNode, checkRemovals } from './checkBaseChain.ts'
import { checkDatabase } from './checkDatabase.ts'
import { checkFarm, checkKeysHere } from './checkProving.ts'
import { type Finding, Findings } from './findings.ts'

type Hex = `0x${string}`

/** As `cinnabar sequencer start` is given them. */
export type DiagnoseOptions = KeyOptions & {
  rpc: string
  deployment: string
  databaseUrl: string | undefined
  stateDir: string
  farmKey?: string
  farmPublicKey?: Uint8Array
  provers: number
  removals?: string
}

const LEAST_FREE_BYTES = 2 ** 30

/**
 * Looks at all that a sequencer needs, without changing anything but an empty state directory. What one look needs of
 * another that failed is passed over: the first finding is the one to begin with. No finding holds a secret.
 */
export async function diagnose(
  options: DiagnoseOptions,
  { now = new Date() }: { now?: Date } = {},
): Promise<Finding[]> {
  const findings = new Findings()
  const deployment = await findings.attempt('deployment', async () => {
    const read = await readDeployment(options.deployment)
    findings.ok('deployment', `Rollup ${read.contracts.rollup} on chain ${String(read.chainId)}.`)
    return read
  })
  const keys = await checkKeys(findings, options)
  await checkStateDirectory(findings, options.stateDir)

  const chain = await checkChain(findings, { rpc: options.rpc, deployment, now })
  const receiptSigner = keys?.receiptSigner
  const database = await checkStore(findings, options, { deployment, receiptSigner, now })
  if (chain !== undefined && keys !== undefined) {
    const { account } = keys
    await checkAccount(findings, { ...chain, account, weiPerDay: database?.weiPerDay })
    await checkBond(findings, { ...chain, receiptSigner: keys.receiptSigner })
  }
  if (chain !== undefined && options.removals !== undefined) {
    await checkRemovals(findings, { ...chain, path: options.removals })
  }
  await checkKeysHere(findings, chain)
  if (database?.isMigrated === true && options.databaseUrl !== undefined) {
    await checkFarm(findings, { url: options.databaseUrl, provers: options.provers })
  }
  return findings.list
}

type OwnKeys = { account: Hex; receiptSigner: Hex }

/** @returns the addresses of who settles and who signs receipts. */
async function checkKeys(
  findings: Findings,
  options: DiagnoseOptions,
): Promise<OwnKeys | undefined> {
  const { farmKey: farmFile } = options
  const farmKey: FarmKey | undefined =
    farmFile === undefined
      ? undefined
      : await findings.attempt('farm key', () => readFarmKey(farmFile))
  return findings.attempt('keys', async () => {
    const { account, receiptPrivateKey } = await readKeys(options, farmKey)
    const derived = deriveFarmKey(hexToBytes(receiptPrivateKey)).publicKey
    const told = options.farmPublicKey ?? farmKey?.publicKey ?? derived
    if (options.provers === 0 && options.farmPublicKey === undefined) {
      findings.fail(
        'keys',
        'With --provers 0 nobody here can open the jobs, and no farm key is named.',
        'Give --farm-public-key, which cinnabar prover keygen printed.',
      )
    } else {
      const where = options.l1Signer === undefined ? 'a key here' : 'a key service'
      findings.ok(
        'keys',
        `Settles as ${account.address.toLowerCase()} (${where}); jobs are sealed to ${bytesToHex(told)}.`,
      )
    }
    return {
      account: account.address.toLowerCase() as Hex,
      receiptSigner: addressOfKey(hexToBytes(receiptPrivateKey)),
    }
  })
}

async function checkStateDirectory(findings: Findings, directory: string): Promise<void> {
  await findings.attempt('state directory', async () => {
    try {
      await mkdir(directory, { recursive: true })
      await access(directory, constants.R_OK | constants.W_OK | constants.X_OK)
    } catch {
      findings.fail(
        'state directory',
        `${directory} may not be written to.`,
        'Make it the service’s own (chown), or name another with --state-dir. What was in it is rebuilt.',
      )
      return
    }
    const { bavail, bsize } = await statfs(directory)
    const free = bavail * bsize
    const gib = (free / 2 ** 30).toFixed(1)
    if (free < LEAST_FREE_BYTES) {
      findings.warn(
        'disk',
        `${gib} GiB are free where the state stands.`,
        'Make room: without it the state stays in memory and is rebuilt at the next start.',
      )
    } else findings.ok('state directory', `Writable, ${gib} GiB free.`)
  })
}

async function checkChain(
  findings: Findings,
  { rpc, deployment, now }: { rpc: string; deployment: ChainDeployment | undefined; now: Date },
): Promise<
  { client: ReturnType<typeof createChainClient>; deployment: ChainDeployment } | undefined
> {
  if (deployment === undefined) return undefined
  const client = createChainClient({ rpcUrl: rpc, timeoutMs: 10_000 })
  return (await checkNode(findings, { client, deployment, now }))
    ? { client, deployment }
    : undefined
}

async function checkStore(
  findings: Findings,
  { databaseUrl }: DiagnoseOptions,
  rest: { deployment: ChainDeployment | undefined; receiptSigner: Hex | undefined; now: Date },
): ReturnType<typeof checkDatabase> {
  if (databaseUrl !== undefined) return checkDatabase(findings, { url: databaseUrl, ...rest })
  findings.warn(
    'database',
    'None was named; a start would use an embedded one.',
    'For anything but play, give --database-url, DATABASE_URL or DATABASE_URL_FILE.',
  )
  return undefined
}
