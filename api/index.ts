export { AnchorParameters, NOBODY, SignedAnchor } from './anchors.ts'
export { hashAppealFile, isAppealSigned } from './appeals.ts'
export {
  BatchBody,
  BatchPage,
  BatchRange,
  type BatchStage,
  batchStages,
  LeafPage,
  LeafRange,
  MAX_BATCHES_PER_PAGE,
  MAX_LEAVES_PER_PAGE,
} from './batches.ts'
export {
  type ApiClient,
  createApiClient,
  type CreateApiClientParameters,
  type Range,
} from './client.ts'
export { Assurance, type AssuranceLevel, assuranceLevels } from './assurance.ts'
export { answerConnectionError, answerExpectation } from './connectionErrors.ts'
export { requestTimers } from './requestTimers.ts'
export { ErrorBody } from './errorBody.ts'
export {
  ApiBusyError,
  ApiRequestError,
  ApiResponseError,
  ApiUnreachableError,
  IdentityFileError,
  SignatureInvalidError,
} from './errors.ts'
export {
  Appeal,
  AppealAnswer,
  type AppealDecision,
  appealDecisions,
  DestinationBody,
  DestinationConsentFile,
  formatIdentityFile,
  IdentityAcceptance,
  type IdentityFileType,
  IdentityOffer,
  IdentityRequest,
  parseIdentityFile,
} from './identityFiles.ts'
export { IdentityLeafPage, IdentityLeafRange, PolicyBody, PolicyList } from './registryData.ts'
export { type RouteName, routes } from './routes.ts'
export {
  decodeBatchBody,
  encodeBatchBody,
  encodeSubmission,
  type SealedBatch,
  type SealedDeposit,
  type SealedTransfer,
  transferLeaves,
} from './sealedBatch.ts'
export { computeStatementId, hashStatement } from './statementId.ts'
export { HealthBody, StatusBody } from './status.ts'
export {
  Receipt,
  TransferAdmitted,
  TransferParameters,
  TransferState,
  type TransferStatus,
  transferStatuses,
  TransferSubmission,
} from './transfers.ts'
export {
  addressOfKey,
  ANCHOR_TYPE,
  BOND_OWNER_TYPE,
  hashAnchor,
  hashBondOwner,
  hashReceipt,
  RECEIPT_TYPE,
  signDigest,
  type SigningDomain,
  verifyAnchor,
  verifyReceipt,
} from './typedData.ts'
