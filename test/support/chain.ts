export {
  devAccounts,
  startBaseChain as startChain,
  type BaseChain,
  type BaseChainClient,
  type DevAccount,
} from '../../deploy/devnet/baseChain.ts'
