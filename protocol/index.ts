/** All that the protocol offers; other folders import from here or from a file by name. */
export {
  type Account,
  commitAccount,
  deriveAccountBlinding,
  deriveGenesisNullifier,
  deriveNullifier,
  genesisAccount,
  packAccountWord,
} from './account.ts'
export { type Address, type AddressPrefix, decodeAddress, encodeAddress } from './address.ts'
export { type AppliedBatch, applyBatch } from './applyBatch.ts'
export {
  AMOUNT_BITS,
  AmountNotWholeUnitsError,
  AmountOutOfRangeError,
  type Asset,
  baseAmountOf,
  unitsOf,
} from './asset.ts'
export {
  AUDIT_KEY_KIND,
  possessionChallenge,
  type PossessionContext,
  type PossessionProof,
  provePossession,
} from './auditKeyPossession.ts'
export {
  type BondClaimContext,
  bondClaimChallenge,
  type NullifierAbsence,
  nullifierTreeOf,
  proveBondClaim,
  proveNullifierAbsence,
} from './bondClaim.ts'
export {
  deriveEphemeralSecret,
  derivePseudonym,
  deriveTraceTag,
  INVESTIGATION_MASKS,
  type InvestigationRecord,
  maskInvestigation,
  maskStatistics,
  openInvestigation,
  openOwnInvestigation,
  openStatistics,
  sharedPoint,
  STATISTICS_MASKS,
  type StatisticsRecord,
  unmaskInvestigation,
  unmaskStatistics,
} from './auditRecord.ts'
export {
  addPoints,
  BASE8,
  checkScalar,
  checkSubgroupPoint,
  clearCofactor,
  type CurvePoint,
  decompressPoint,
  isOnCurve,
  isSubgroupPoint,
  mulBase8,
  mulPoint,
  packPoint,
  unpackPoint,
} from './babyjubjub.ts'
export {
  type Batch,
  type BatchDeposit,
  batchPosition,
  type BatchSlot,
  compareSlots,
  type FilledSlot,
  fillSlots,
  isLiveSlot,
  slotKindId,
  type SlotOutputs,
  sortSlots,
} from './batch.ts'
export {
  BatchDepositError,
  BatchDuplicateNullifierError,
  BatchNullifierNotSpentError,
  BatchOrderError,
  BatchSizeError,
} from './batchErrors.ts'
export {
  type BatchCircuitInputs,
  batchCircuitInputs,
  type BatchWitness,
  batchWitness,
  type DepositWitness,
  type SlotWitness,
} from './batchWitness.ts'
export {
  batchPublicInputs,
  type BatchTransition,
  batchWords,
  challengeRho,
  countBatchWords,
  evaluateWords,
  spongeWords,
} from './batchWords.ts'
export { buildBatch, type BuiltBatch } from './buildBatch.ts'
export { buildTransfer, type BuiltTransfer, type TransferIntent } from './buildTransfer.ts'
export { dayOf, formatMinute, formatTime, monthOf, parseIsoDay } from './calendar.ts'
export { canonicalBytes, canonicalJson, type Json } from './canonicalJson.ts'
export { checkBatchStatement } from './checkBatchStatement.ts'
export { checkRegistrationStatement } from './checkRegistrationStatement.ts'
export { checkRegistryStatement } from './checkRegistryStatement.ts'
export { checkTransferStatement } from './checkTransferStatement.ts'
export {
  combineWord,
  type CompletedTransfer,
  completeTransfer,
  computeNextState,
  computeNullifier,
  isSameOwner,
} from './completeTransfer.ts'
export {
  BATCH_CIRCUITS,
  type BatchCircuit,
  CIRCUIT_IDS,
  type CircuitName,
  DEFAULT_SETTLE_WINDOW_SECONDS,
  DEPOSIT_CIPHERTEXT_BYTES,
  DEPOSITS_PER_SLOT,
  DESTINATION_KIND,
  type Domain,
  DOMAINS,
  domainTag,
  FIELD_ORDER,
  IDENTITY_STATUS,
  MAX_SUSPENSION_DAYS,
  IDENTITY_TREE_DEPTH,
  INITIAL_SLOT_COUNT,
  MEMO_BYTES,
  MEMO_NONCE_BYTES,
  NOTE_CIPHERTEXT_BYTES,
  NOTE_PLAINTEXT_BYTES,
  NOTE_TREE_DEPTH,
  NOTES_OUT,
  NULLIFIER_BITS,
  NULLIFIER_TREE_DEPTH,
  OUTPUTS_PER_SLOT,
  POLICY_TREE_DEPTH,
  PROTOCOL_VERSION,
  PUBLIC_INPUTS,
  REGISTRY_MODE,
  SCALAR_BITS,
  SECONDS_PER_DAY,
  SLOT_KIND,
  SPONGE_RATE,
  SUBGROUP_ORDER,
  TRANSFER_CIRCUITS,
  type TransferCircuit,
  TREE_ARITY,
  USER_MEMO_BYTES,
  type WordName,
  WORDS,
} from './constants.ts'
export {
  buildDeposit,
  type BuiltDeposit,
  checkDeposit,
  commitDeposit,
  type Deposit,
  DepositEmptyError,
  DepositRecipientError,
  openDepositNote,
  packDepositWord,
} from './deposit.ts'
export { type Deployment, deploymentDomain, keccak248 } from './domain.ts'
export { type EddsaSignature, signEddsa, verifyEddsa } from './eddsa.ts'
export {
  BaseError,
  type BaseErrorParameters,
  InvalidAddressError,
  InvalidEncodingError,
  InvalidPointError,
  InvalidScalarError,
  NonCanonicalFieldElementError,
  OutOfRangeError,
  StatementError,
  TreeFullError,
} from './errors.ts'
export {
  bigintToBytes,
  type Branded,
  bytesToBigint,
  bytesToField,
  bytesToHex,
  checkBits,
  concatBytes,
  FieldElement,
  fieldToBytes,
  fitsBits,
  formatField,
  hexToBytes,
  isFieldElement,
  lowBits,
  reduce,
} from './field.ts'
export {
  type Destination,
  destinationChangeMessage,
  destinationFields,
  hashDestination,
  hashIdentity,
  isIdentityInForce,
  type Identity,
  packIdentity,
} from './identity.ts'
export {
  deriveKeys,
  deriveOwnerKey,
  deriveTraceKey,
  traceKeyOf,
  deriveTracePoint,
  deriveTraceSecret,
  InvalidMnemonicError,
  type Keys,
  type Owner,
  seedFromMnemonic,
  seedFromSignatures,
  SignaturesDifferError,
} from './keys.ts'
export {
  type Interval,
  type LowerEnds,
  MemoryLowerEnds,
  NULLIFIER_LIMIT,
  OverlayLowerEnds,
} from './lowerEnds.ts'
export {
  encodeUserMemo,
  findSealedSlots,
  hashMemo,
  isDepositSealed,
  type MemoEntry,
  type NotePlaintext,
  openDeposit,
  openMemoSlot,
  openWithShared,
  type RandomBytes,
  sealDeposit,
  sealMemo,
} from './memo.ts'
export {
  GROUP_BYTES,
  MemoryNodes,
  NODE_BYTES,
  type NodeStore,
  OverlayNodes,
  readNode,
  writeNode,
} from './nodeStore.ts'
export { commitNote, commitToRecipient, deriveRecipient, type Note } from './note.ts'
export { notePrf, type NotePrfParameters } from './notePrf.ts'
export {
  ForkOutdatedError,
  hashInterval,
  NullifierRangeError,
  NullifierSpentError,
  NullifierTree,
  type NullifierTreeOptions,
  type SlotOpening,
} from './nullifierTree.ts'
export {
  derivePassphraseKey,
  openBox,
  type PassphraseBox,
  type PassphraseCost,
  type PassphraseKey,
  passphraseKeyOf,
  sealBox,
  setPassphraseCost,
  WrongPassphraseError,
} from './passphraseBox.ts'
export { buildPolicyTree, hashPolicy, type Policy } from './policy.ts'
export { hash, hashFrom } from './poseidon.ts'
export {
  type BatchPublicInputs,
  countPublicInputs,
  publicInputsFromArray,
  type PublicInputsOf,
  publicInputsToArray,
  type RegistrationPublicInputs,
  type RegistryPublicInputs,
  type TransferPublicInputs,
} from './publicInputs.ts'
export {
  rebuildNextAccount,
  type RebuildNextAccountParameters,
  type RebuiltAccount,
} from './rebuildAccount.ts'
export {
  buildRegistration,
  type RegistrationCircuitInputs,
  RegistrationMismatchError,
  registrationToCircuitInputs,
  type RegistrationWitness,
} from './registration.ts'
export {
  buildRegistryUpdate,
  type BuildRegistryUpdateParameters,
  checkDestinationConsent,
  consentToDestination,
  type DestinationConsent,
  hasIdentityRanges,
  type IdentityTerms,
  type RegistryCircuitInputs,
  RegistryConsentError,
  RegistryFieldFixedError,
  RegistryLeafMismatchError,
  RegistryLeafOccupiedError,
  type RegistryMode,
  RegistryStatusUnknownError,
  RegistryTermsRefusedError,
  type RegistryLimits,
  registryToCircuitInputs,
  type RegistryUpdate,
  type RegistryWitness,
  termsOf,
} from './registry.ts'
export { revertBatch, type RevertibleBatch } from './revertBatch.ts'
export {
  forkState,
  initialState,
  memoryStores,
  mergeState,
  openState,
  type RollupState,
  type StateStores,
} from './rollupState.ts'
export {
  type IdentityFile,
  openIdentity,
  SEALED_IDENTITY_BYTES,
  sealIdentity,
} from './sealedIdentity.ts'
export {
  type CircuitSignals,
  type CircuitSignalValue,
  countInputSlots,
  type InputWitness,
  type NoteWitness,
  pathOfLone,
  type Payment,
  type TransferContext,
  type TransferInput,
  transferToCircuitInputs,
  type TransferWitness,
  type WithdrawalIntent,
} from './transfer.ts'
export {
  AccountCapExceededError,
  AccountExhaustedError,
  DailyLimitExceededError,
  DayBeforeAccountError,
  ExitDestinationError,
  ExitIncreasesBalanceError,
  ForeignAccountError,
  ForeignInputError,
  InputBelowCursorError,
  InsufficientBalanceError,
  InvalidAmountError,
  InvalidWithdrawalRecipientError,
  MissingPolicyError,
  MustExitError,
  StaleWitnessError,
  TooManyInputsError,
  TooManyPaymentsError,
  TransferLimitExceededError,
} from './transferErrors.ts'
export {
  emptyRoot,
  hashNode,
  type MerklePath,
  MerkleTree,
  type MerkleTreeOptions,
  nullPath,
  pathToCircuitInputs,
  rootAfter,
  rootOf,
} from './tree.ts'
export { portableHasher, type TreeHasher } from './treeHasher.ts'
export { packWithdrawal, unpackWithdrawal, type Withdrawal } from './withdrawal.ts'
export { packWord, unpackWord, type WordFields } from './words.ts'
