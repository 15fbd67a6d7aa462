import { createRequire } from 'node:module'
import hardhatEthers from '@nomicfoundation/hardhat-ethers'
import { defineConfig } from 'hardhat/config'

const require = createRequire(import.meta.url)

// Accounts, block gas limit and hardfork of the node itself are set by deploy/devnet/hardhatNode.ts, so
// that both base-chain clients get the same ones from one place.
export default defineConfig({
  plugins: [hardhatEthers],
  solidity: {
    // The compiler is the pinned `solc` package: named by path, so that nothing is ever downloaded.
    version: '0.8.37',
    path: require.resolve('solc/soljson.js'),
    preferWasm: true,
    settings: {
      // 1,000,000 favours gas per call over bytecode size: settle runs for years, deployment once.
      optimizer: { enabled: true, runs: 1_000_000 },
      viaIR: true,
      evmVersion: 'cancun',
    },
  },
  paths: { sources: 'contracts', artifacts: 'artifacts', cache: 'cache' },
})
