import { AnchorParameters, SignedAnchor } from './anchors.ts'
import { BatchPage, BatchRange, LeafPage, LeafRange } from './batches.ts'
import { IdentityLeafPage, IdentityLeafRange, PolicyList } from './registryData.ts'
import { StatusBody } from './status.ts'
import {
  TransferAdmitted,
  TransferParameters,
  TransferState,
  TransferSubmission,
} from './transfers.ts'

/** Every route of the public interface: server, client and OpenAPI document are made from this. */
export const routes = {
  submitTransfer: {
    method: 'POST',
    path: '/v1/transfers',
    summary: 'Submit a proved transfer; the same statement may be submitted again at any time',
    body: TransferSubmission,
    status: 202,
    response: TransferAdmitted,
  },
  getTransfer: {
    method: 'GET',
    path: '/v1/transfers/:id',
    summary: 'Where a transfer is: received, admitted, sealed, settled or rejected',
    parameters: TransferParameters,
    status: 200,
    response: TransferState,
  },
  getStatus: {
    method: 'GET',
    path: '/v1/status',
    summary: 'The deployment, the newest batches and the values a statement must carry now',
    status: 200,
    response: StatusBody,
  },
  getLatestAnchor: {
    method: 'GET',
    path: '/v1/anchors/latest',
    summary: 'The newest signed anchor',
    status: 200,
    response: SignedAnchor,
  },
  getAnchor: {
    method: 'GET',
    path: '/v1/anchors/:batch',
    summary: 'The signed anchor of a batch',
    parameters: AnchorParameters,
    status: 200,
    response: SignedAnchor,
  },
  getBatches: {
    method: 'GET',
    path: '/v1/batches',
    summary: 'Sealed batches by range, with every note ciphertext',
    query: BatchRange,
    status: 200,
    response: BatchPage,
  },
  getLeaves: {
    method: 'GET',
    path: '/v1/leaves',
    summary: 'Leaves of the note tree by range',
    query: LeafRange,
    status: 200,
    response: LeafPage,
  },
  getIdentityLeaves: {
    method: 'GET',
    path: '/v1/identity-leaves',
    summary: 'Leaves of the identity tree by range',
    query: IdentityLeafRange,
    status: 200,
    response: IdentityLeafPage,
  },
  getPolicies: {
    method: 'GET',
    path: '/v1/policies',
    summary: 'The current policies in tree order',
    status: 200,
    response: PolicyList,
  },
} as const
export type RouteName = keyof typeof routes
