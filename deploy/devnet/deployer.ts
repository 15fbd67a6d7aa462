import { ContractFactory, JsonRpcProvider, NonceManager, type Signer, Wallet } from 'ethers'
import { loadArtifact } from '../contracts/artifacts.ts'

/** A signer on a development chain; `close` ends its polling. */
export type Deployer = { readonly signer: Signer; close(): void }

/** Development chains mine at once; ethers' default of 4 s would be most of a deployment. */
const POLLING_MS = 20

/** ethers on a development chain, whose blocks come at once and whose state tests move under its feet. */
export function devnetProvider({
  rpcUrl,
  chainId,
}: {
  rpcUrl: string
  chainId: number
}): JsonRpcProvider {
  return new JsonRpcProvider(rpcUrl, chainId, {
    staticNetwork: true,
    pollingInterval: POLLING_MS,
    // By default each call waits 10 ms for others to go with it. Calls of one moment still go together, in order:
    // ethers, which waits for a block after it asked for a receipt, would miss the block otherwise.
    batchStallTime: 0,
    // Nothing is remembered between calls.
    cacheTimeout: -1,
  })
}

export function connectDeployer({
  rpcUrl,
  chainId,
  privateKey,
}: {
  rpcUrl: string
  chainId: number
  privateKey: `0x${string}`
}): Deployer {
  const provider = devnetProvider({ rpcUrl, chainId })
  return {
    signer: new Wallet(privateKey, provider),
    close: () => {
      provider.destroy()
    },
  }
}

/** Deploys a token for play and gives `baseAmount` of it to each holder. */
export async function deployTestToken(
  signer: Signer,
  {
    name,
    symbol,
    decimals,
    holders,
    baseAmount,
  }: {
    name: string
    symbol: string
    decimals: number
    holders: readonly `0x${string}`[]
    baseAmount: bigint
  },
): Promise<`0x${string}`> {
  const { abi, bytecode } = loadArtifact('TestToken')
  const factory = new ContractFactory(abi, bytecode, new NonceManager(signer))
  const token = await factory.deploy(name, symbol, decimals)
  await token.waitForDeployment()
  for (const holder of holders) {
    const sent = (await token.getFunction('mint')(holder, baseAmount)) as {
      wait(): Promise<unknown>
    }
    await sent.wait()
  }
  return (await token.getAddress()).toLowerCase() as `0x${string}`
}
