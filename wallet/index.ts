export { acceptIdentity, type AcceptedIdentity, requestIdentity } from './acceptIdentity.ts'
export { type AmountUnit, formatAmount, parseAmount } from './amounts.ts'
export { type Balance, computeBalances } from './balance.ts'
export {
  type BaseChainDependencies,
  claim,
  deposit,
  reclaim,
  resumeDeposits,
  transactionStore,
} from './baseChainMoney.ts'
export { type BondPayment, claimBond, type ClaimBondDependencies } from './claimBond.ts'
export { makeDepositNote } from './depositNote.ts'
export { forceEntry, type ForcedQueueAccess } from './forceEntry.ts'
export { makeGrant, makePayeeReceipt, makePayerReceipt } from './grants.ts'
export { buildHistory, type HistoryEntry, type HistoryKind, historyKinds } from './history.ts'
export { destinationFromBody, destinationToBody, openOwnIdentity } from './identity.ts'
export { type JournalEntry, type JournalStage, journalStages } from './journal.ts'
export { findAccount, type Ledger, pendingNotes } from './ledger.ts'
export { moveDestination } from './moveDestination.ts'
export {
  collect,
  exit,
  type ForcedPayDependencies,
  type PayDependencies,
  type PayOptions,
  type PayPhase,
  payPhases,
  type PayProgress,
  send,
  withdraw,
} from './pay.ts'
export { readSealed, type SealedView } from './readSealed.ts'
export { prepareStatement, type PreparedStatement, proveStatement } from './makeStatement.ts'
export { resumeJournal } from './submitJournal.ts'
export { syncSettled, type SyncSettledResult } from './syncSettled.ts'
export {
  createWallet,
  getAddress,
  newMnemonic,
  openWallet,
  type Wallet,
  type WalletDeployment,
} from './wallet.ts'
