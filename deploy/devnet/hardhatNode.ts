// The Hardhat base chain as a process: started by baseChain.ts, ended by its guard. It uses Hardhat's
// library and not `hardhat node`, which would load the project's configuration and log every call.
import { createHardhatRuntimeEnvironment } from 'hardhat/hre'
import type { BaseChainSettings } from './baseChain.ts'

const settings = JSON.parse(process.argv[2] ?? '') as BaseChainSettings

const hre = await createHardhatRuntimeEnvironment({
  networks: {
    devnet: {
      type: 'edr-simulated',
      chainType: 'l1',
      chainId: settings.chainId,
      hardfork: settings.hardfork,
      blockGasLimit: settings.blockGasLimit,
      initialDate: new Date(settings.startsAt * 1000),
      accounts: {
        mnemonic: settings.mnemonic,
        count: settings.accountCount,
        accountsBalance: BigInt(settings.balanceEther) * 10n ** 18n,
      },
      // As anvil does: a transaction that reverts is mined, and its sender gets the hash.
      throwOnTransactionFailures: false,
      mining: { auto: true, mempool: { order: 'fifo' } },
      loggingEnabled: false,
    },
  },
})
const server = await hre.network.createServer('devnet', '127.0.0.1', settings.port)
const { port } = await server.listen()
console.log(`Listening on 127.0.0.1:${port}`)
